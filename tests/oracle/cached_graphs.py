#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The cached graphs, run by torch and by aoti-forward, against Hugging Face: greedy ids, for every
architecture.

    cached_graphs.py [--prompts N] [--tokens N] [CASE...]

Every case is a tiny random checkpoint. Its package is built, opened by torch's own loader, given
the tensors of its weights member, and must continue random prompts as generate() does; so must
aoti-forward, for more of them. Among them are prompts of one id, prompts in two calls of prefill,
and sliding windows. Without arguments some cases run; with AOTI_LONG=1 in the environment all, with
500 prompts each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts"
FORWARD = Path(os.environ.get("AOTI_BUILD_DIR", "build")) / "aoti-forward"
LONG = os.environ.get("AOTI_LONG", "") == "1"
TIE = 1e-5  # logits this close, relative to the largest, are equal in float32
SHORT_CASES = ("llama-llama3-rope", "mistral", "qwen2", "qwen3")
SKIPPED = 77

try:
    import torch
    from safetensors.torch import load
    from torch._inductor.package import load_package

    sys.path.insert(0, str(ARTIFACTS))
    from aoti_artifacts import pretrained
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(SKIPPED)


@dataclass(frozen=True)
class Case:
    """A checkpoint to test: its architecture, and what is unusual in its config."""

    architecture: str
    changes: dict[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    build_options: tuple[str, ...] = ()


LLAMA3_SCALING = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
SLIDING = ["sliding_attention"] * 2
CASES = {
    "llama": Case("llama"),
    "llama-llama3-rope": Case("llama", {"rope_scaling": LLAMA3_SCALING}),
    "llama-linear-rope": Case("llama", {"rope_scaling": {"type": "linear", "factor": 2.0}}),
    "llama-yarn-rope": Case("llama", {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}),
    "llama-sharded": Case("llama", {}, ("--shards", "3")),
    "llama-half": Case("llama", {}, ("--dtype", "float16")),
    "llama-short-cache": Case("llama", {}, (), ("--max-seq-len", "100")),
    # The architecture's name does not matter, and a padding id of -1 means none.
    "mistral": Case("mistral", {"architectures": ["LlamaForCausalLM"], "pad_token_id": -1}),
    "ministral": Case(
        "mistral", {"model_type": "ministral", "layer_types": ["full_attention", *SLIDING]}
    ),
    "mistral-no-window": Case("mistral", {"sliding_window": None}),
    "qwen2": Case("qwen2"),
    "qwen2-window": Case(
        "qwen2", {"use_sliding_window": True, "sliding_window": 24, "max_window_layers": 1}
    ),
    "qwen3": Case("qwen3"),
}


def run(*command: str | Path) -> None:
    """Run a program of the artifacts folder, without output unless it fails."""
    result = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise RuntimeError(f"{command[0]}: status {result.returncode}: {result.stderr}")


def make_checkpoint(case: Case, directory: Path) -> None:
    """Write the case's checkpoint."""
    random_llama = ARTIFACTS / "random-llama"
    architecture = ("--architecture", case.architecture)
    run(random_llama, "--dtype", "float32", *architecture, *case.options, directory)
    path = directory / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | case.changes
    path.write_text(json.dumps(config), encoding="utf-8")


class CachedModel:
    """A package of the cached form, driven by torch's own loader."""

    def __init__(self, package: Path) -> None:
        with zipfile.ZipFile(package) as archive:
            prefix = archive.namelist()[0].split("/")[0]
            self.meta = json.loads(archive.read(f"{prefix}/extra/aoti-utils/meta.json"))
            weights = load(archive.read(f"{prefix}/{self.meta['weights']['member']}"))
        self.graphs = {}
        for description in self.meta["graphs"]:
            torch_name = description["member"].split("/")[2]
            graph = load_package(str(package), torch_name)
            wanted = {fqn: weights[fqn] for fqn in graph.get_constant_fqns()}
            graph.load_constants(wanted, check_full_update=True, user_managed=True)
            self.graphs[description["name"]] = graph
        self.weights = weights
        self.chunk = self.meta["sequence"]["max"]

    def new_caches(self) -> list[torch.Tensor]:
        """Return empty caches, filled with NaN, so that reading unused positions is noticed."""
        cache = self.meta["cache"]
        shape = (1, cache["kv_heads"], cache["length"], cache["head_dim"])
        dtype = getattr(torch, cache["dtype"])
        return [torch.full(shape, float("nan"), dtype=dtype) for _ in range(2 * cache["layers"])]

    def step(self, ids: list[int], start: int, caches: list[torch.Tensor]) -> torch.Tensor:
        """Return the logits after these ids; the first one has position `start`."""
        name = "decode" if len(ids) == 1 else "prefill"
        positions = torch.arange(start, start + len(ids))
        span = torch.zeros(start + len(ids), dtype=torch.int64)
        return self.graphs[name](torch.tensor([ids]), positions, span, *caches)

    def generate(self, prompt: list[int], count: int, split: int) -> list[int]:
        """Continue the prompt greedily; its first `split` ids form a call of their own."""
        caches = self.new_caches()
        if split:
            self.step(prompt[:split], 0, caches)
        logits = self.step(prompt[split:], split, caches)
        answer: list[int] = []
        while True:
            answer.append(int(logits[0].argmax()))
            if len(answer) == count:
                return answer
            logits = self.step(answer[-1:], len(prompt) + len(answer) - 1, caches)


@dataclass(frozen=True)
class Reference:
    """A model of transformers that provides the expected ids."""

    model: torch.nn.Module

    def generate(self, prompt: list[int], count: int) -> list[int]:
        """Continue a prompt with generate()."""
        ids = torch.tensor([prompt])
        answer = self.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=count,
            do_sample=False,
            eos_token_id=None,
            disable_compile=True,
            pad_token_id=0,
        )
        return answer[0, len(prompt) :].tolist()

    def is_tie(self, ids: list[int], one: int, other: int) -> bool:
        """Return true if either id may follow within the precision of float32."""
        with torch.no_grad():
            logits = self.model(torch.tensor([ids])).logits[0, -1]
        return bool((logits[one] - logits[other]).abs() <= TIE * logits.abs().max())


def forward_answers(package: Path, prompts: list[list[int]], count: int) -> list[list[int]]:
    """Return aoti-forward's answers to the prompts."""
    lines = "".join(" ".join(map(str, prompt)) + "\n" for prompt in prompts)
    command = [FORWARD, "--ignore-eos", "-n", str(count), package]
    result = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [[int(word) for word in line.split()] for line in result.stdout.splitlines()]


def difference(
    who: str, reference: Reference, prompt: list[int], answer: list[int], wanted: list[int]
) -> str | None:
    """Return how an answer differs from the expected one, None if it does not.

    After a tie of the reference's logits, which rounding decides, the answers may differ.
    """
    if answer == wanted:
        return None
    same = next(i for i in range(len(wanted)) if answer[i] != wanted[i])
    if reference.is_tie(prompt + wanted[:same], answer[same], wanted[same]):
        print(f"# {who}: a tie after {same} of {len(wanted)} ids", flush=True)
        return None
    return f"{who}: a prompt of {len(prompt)} ids: differs after {same} of {len(wanted)} ids"


def random_prompts(meta: dict[str, Any], count: int, tokens: int) -> list[list[int]]:
    """Return prompts of 1 to 40 random ids, with room for that many more tokens."""
    generator = torch.Generator().manual_seed(7)
    longest = min(40, meta["cache"]["length"] - tokens - 1)
    return [
        torch.randint(meta["vocab_size"], (1 + number % longest,), generator=generator).tolist()
        for number in range(count)
    ]


def compare(case: Case, directory: Path, count: int, tokens: int) -> str | None:
    """Return a complaint about the case, None if it passes."""
    checkpoint, package = directory / "checkpoint", directory / "package.pt2"
    make_checkpoint(case, checkpoint)
    run(
        ARTIFACTS / "aoti-build", "--model-id", checkpoint, "--package-path", package,
        "--device", "cpu", "--dtype", "float32", *case.build_options,
    )  # fmt: skip
    model = CachedModel(package)
    prompts = random_prompts(model.meta, count, tokens)
    reference = Reference(pretrained.load_model(checkpoint, torch.float32).eval())
    for number, (prompt, answer) in enumerate(
        zip(prompts, forward_answers(package, prompts, tokens), strict=True)
    ):
        wanted = reference.generate(prompt, tokens)
        complaint = difference("aoti-forward", reference, prompt, answer, wanted)
        if complaint is None and number < 10:
            split = len(prompt) // 2 if number % 3 == 2 else 0
            answer = model.generate(prompt, tokens, split)
            complaint = difference("torch's loader", reference, prompt, answer, wanted)
        if complaint is not None:
            return complaint
    return None


def main() -> int:
    """Run the cases and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--prompts", type=int, default=500 if LONG else 40)
    parser.add_argument("--tokens", type=int, default=64)
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the models are too small to share out
    torch.set_num_threads(1)
    bad = 0
    for name in arguments.cases or (CASES if LONG else SHORT_CASES):
        with tempfile.TemporaryDirectory() as directory:
            complaint = compare(CASES[name], Path(directory), arguments.prompts, arguments.tokens)
        bad += complaint is not None
        print(
            f"{'not ok' if complaint else 'ok'} {name}: {complaint or 'the same ids'}", flush=True
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
