#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The deviation of the cached graphs' logits in bfloat16 from Hugging Face's in float32."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cached_graphs import ARTIFACTS, CachedModel, Case, make_checkpoint, pretrained, run, torch

LARGEST_ERROR = 2e-2
PROMPTS = 8
LENGTH = 48
PREFILLED = 16


def load(directory: Path, dtype: torch.dtype) -> torch.nn.Module:
    """Return the checkpoint as a model of transformers."""
    return pretrained.load_model(directory, dtype).eval()


def cached_logits(model: CachedModel, ids: list[int]) -> torch.Tensor:
    """Return the logits after the prefilled part and after every later id."""
    caches = model.new_caches()
    rows = [model.step(ids[:PREFILLED], 0, caches)]
    rows += [
        model.step([token], position, caches)
        for position, token in enumerate(ids[PREFILLED:], PREFILLED)
    ]
    return torch.cat(rows)


@dataclass
class Deviation:
    """The deviation of rows of logits, and how often their best id differs."""

    squared_error: float = 0.0
    squared_norm: float = 0.0
    worst: float = 0.0
    agreed: int = 0
    rows: int = 0

    def add(self, logits: torch.Tensor, expected: torch.Tensor) -> None:
        """Add rows."""
        error, norm = (logits - expected).norm(dim=-1), expected.norm(dim=-1)
        self.squared_error += error.pow(2).sum().item()
        self.squared_norm += norm.pow(2).sum().item()
        self.worst = max(self.worst, (error / norm).max().item())
        self.agreed += int((logits.argmax(-1) == expected.argmax(-1)).sum())
        self.rows += len(expected)

    @property
    def relative(self) -> float:
        """Return the relative error of all rows together."""
        return (self.squared_error / self.squared_norm) ** 0.5

    def __str__(self) -> str:
        return (
            f"off by {self.relative:.1e}, the worst row by {self.worst:.1e}, "
            f"best id the same in {100 * self.agreed / self.rows:.1f} %"
        )


def measure(checkpoint: Path, package: Path) -> tuple[Deviation, Deviation]:
    """Return the deviations of the package and, for comparison, of transformers in bfloat16."""
    model = CachedModel(package)
    exact, eager = load(checkpoint, torch.float32), load(checkpoint, torch.bfloat16)
    generator = torch.Generator().manual_seed(11)
    deviations = Deviation(), Deviation()
    for _ in range(PROMPTS):
        ids = torch.randint(model.meta["vocab_size"], (LENGTH,), generator=generator)
        with torch.no_grad():
            expected, other = (m(ids[None]).logits[0, PREFILLED - 1 :] for m in (exact, eager))
        deviations[0].add(cached_logits(model, ids.tolist()), expected)
        deviations[1].add(other.float(), expected)
    return deviations


def main() -> int:
    """Build, measure, and return the exit status."""
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as name:
        checkpoint, package = Path(name, "checkpoint"), Path(name, "package.pt2")
        make_checkpoint(Case("llama"), checkpoint)
        run(
            ARTIFACTS / "aoti-build", "--model-id", checkpoint, "--package-path", package,
            "--device", "cpu", "--dtype", "bfloat16",
        )  # fmt: skip
        package_deviation, eager_deviation = measure(checkpoint, package)
    good = package_deviation.relative <= LARGEST_ERROR
    print(f"transformers in bfloat16: {eager_deviation}")
    print(f"{'ok' if good else 'not ok'} package in bfloat16: {package_deviation}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
