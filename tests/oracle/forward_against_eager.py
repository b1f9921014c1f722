# SPDX-License-Identifier: BSD-2-Clause
"""Greedy ids of aoti-forward against Hugging Face eager, for the demo model: 500 prompts in the
cached form, 200 in the logits form, static and dynamic, and some with a package written by torch
itself, without metadata. Other kinds of such packages are refused."""

import subprocess
import tempfile
from pathlib import Path

from reference import (
    DEMO,
    FORWARD,
    build,
    compare,
    fail,
    forward,
    greedy,
    need,
    prompts_of_text,
)

need("torch", "transformers")

import torch
from aoti_artifacts import pretrained

NEW_IDS = 64
LOGITS_PROMPTS = 200
LOGITS_IDS = 12  # the logits form is slow: each id costs a whole run


class Classic(torch.nn.Module):
    """(input_ids, attention_mask) -> logits, as in the logits form."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, use_cache=False
        ).logits


def plain_package(model, folder):
    """Write a package of static length by torch alone."""
    length = 48
    ids = torch.zeros(1, length, dtype=torch.int64)
    with torch.no_grad():
        exported = torch.export.export(Classic(model), (ids, torch.ones_like(ids)))
    path = str(Path(folder) / "plain.pt2")
    return torch._inductor.aoti_compile_and_package(exported, package_path=path), length


class Toy(torch.nn.Module):
    """The mean of the embeddings so far, times a head."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(64, 16)
        self.head = torch.nn.Linear(16, 64)

    def forward(self, input_ids, attention_mask):
        states = self.embedding(input_ids) * attention_mask[..., None]
        return self.head(states.cumsum(1) / attention_mask.cumsum(1).clamp(min=1)[..., None])


def refused_package(name, phrase, folder, dtype=torch.int64, **settings):
    """Check that another package written by torch alone is refused before it gives an id."""
    ids = torch.zeros(1, 16, dtype=dtype)
    with torch.no_grad():
        exported = torch.export.export(Toy().eval(), (ids, torch.ones_like(ids)))
    path = str(Path(folder) / "refused.pt2")
    options = {f"aot_inductor.{key}": value for key, value in settings.items()}
    torch._inductor.aoti_compile_and_package(
        exported, package_path=path, inductor_configs=options
    )
    command = [FORWARD, "--seq-len", "16", "--bucket-pad", path]
    result = subprocess.run(command, input="5 6 7\n", capture_output=True, text=True)
    last = result.stderr.splitlines()[-1:]
    if result.returncode != 4 or result.stdout or phrase not in " ".join(last):
        fail(f"{name}: status {result.returncode}, {result.stdout!r}, {last}")
    print(f"{name}: refused")


def main():
    torch.set_num_threads(1)
    model = pretrained.load_model(DEMO, torch.float32).eval()
    stop_ids = {model.config.eos_token_id}
    prompts = prompts_of_text(500)
    expected = [greedy(model, prompt, NEW_IDS, stop_ids) for prompt in prompts]
    compare("cached", prompts, forward(build("demo"), prompts, "-n", str(NEW_IDS)), expected)

    prompts = prompts[:LOGITS_PROMPTS]
    expected = [answer[:LOGITS_IDS] for answer in expected[:LOGITS_PROMPTS]]
    count = ["-n", str(LOGITS_IDS)]
    dynamic = forward(build("demo-dynamic"), prompts, *count)
    compare("dynamic", prompts, dynamic, expected)
    static = forward(build("demo-static"), prompts, "--bucket-pad", *count)
    compare("static", prompts, static, expected)

    with tempfile.TemporaryDirectory(prefix="aoti-oracle.") as folder:
        package, length = plain_package(model, folder)
        some = [(p, e[:4]) for p, e in zip(prompts, expected, strict=True) if len(p) + 4 <= length]
        short = [prompt for prompt, _ in some]
        options = ["--seq-len", str(length), "--bucket-pad", "-n", "4"]
        options += [option for stop in stop_ids for option in ("--stop-id", str(stop))]
        answers = forward(package, short, *options)
        compare("torch's own package", short, answers, [wanted for _, wanted in some])
        refused_package("int32 ids", "does not take int64 input_ids", folder, dtype=torch.int32)
        refused_package(
            "weights beside the graph", "graph holds no weights", folder,
            package_constants_in_so=False, package_constants_on_disk=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
