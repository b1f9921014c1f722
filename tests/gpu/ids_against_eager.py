#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Packages built for this machine's GPU give the ids of Hugging Face's model on it, in float32.

Runs the demo model and tiny random ones of each architecture, with recorded steps, single kernels
and logits that pass through the host; the demo model also tuned by Inductor, and in the logits
form.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("AOTI_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get("AOTI_BUILD_DIR", "."))
PROMPTS, NEW_IDS = 40, 24
SKIPPED = 77

sys.path.insert(0, str(SOURCE / "artifacts"))


def run(*command: str | Path, **options: object) -> str:
    """Return the output of a command, which must succeed."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **options
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}: {done.stderr}")
    return done.stdout


def build(model: Path, package: Path, *options: str) -> None:
    """Build a package for the GPU, with a cache short enough to be filled."""
    program = SOURCE / "artifacts" / "aoti-build"
    run(sys.executable, program, "--model-id", model, "--package-path", package,
        "--device", "cuda", "--max-seq-len", "256", *options)  # fmt: skip


def prompts(vocabulary: int) -> list[list[int]]:
    """Return prompts from one id to more than attention's chunks hold."""
    draw = random.Random(1)
    lengths = [1, 2, 3, 7, 16, 33, 64, 100, 150]
    return [
        [draw.randrange(vocabulary) for _ in range(draw.choice(lengths))] for _ in range(PROMPTS)
    ]


def eager_ids(model: Path, inputs: list[list[int]]) -> list[list[int]]:
    """Return the greedy ids of transformers."""
    import torch
    from aoti_artifacts import pretrained

    network = pretrained.load_model(model, torch.float32, attn_implementation="eager")
    network = network.cuda().eval()
    answers = []
    for ids in inputs:
        tokens = torch.tensor([ids]).cuda()
        with torch.no_grad():
            output = network.generate(
                tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=NEW_IDS,
                do_sample=False, eos_token_id=None, pad_token_id=0,
            )  # fmt: skip
        answers.append(output[0, len(ids) :].tolist())
    return answers


def our_ids(package: Path, inputs: list[list[int]], *options: str) -> list[list[int]]:
    """Return the answers of aoti-forward."""
    text = "".join(" ".join(map(str, ids)) + "\n" for ids in inputs)
    output = run(BUILD / "aoti-forward", "--ignore-eos", "-n", str(NEW_IDS), *options, package,
                 input=text)  # fmt: skip
    return [[int(word) for word in line.split()] for line in output.splitlines()]


def check(model: Path, package: Path, ways: dict[str, list[list[str]]]) -> None:
    """Compare a model's ids for several ways to build its package and to run it."""
    import json

    vocabulary = json.loads((model / "config.json").read_text())["vocab_size"]
    inputs = prompts(vocabulary)
    expected = eager_ids(model, inputs)
    for built, runs in ways.items():
        build(model, package, "--dtype", "float32", *built.split())
        for options in runs:
            found = our_ids(package, inputs, *options)
            wrong = sum(left != right for left, right in zip(expected, found, strict=True))
            print(f"{model.name} {built} {options}: {wrong} of {len(inputs)} answers differ",
                  flush=True)  # fmt: skip
            if wrong:
                sys.exit(1)


def main() -> None:
    """Run all comparisons."""
    try:
        import torch
    except ImportError:
        print("skipped: there is no torch")
        sys.exit(SKIPPED)
    if not torch.cuda.is_available():
        print("skipped: there is no GPU")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = {"": [[], ["--no-cuda-graph"], ["--logprobs", os.devnull]]}
        demo = SOURCE / "artifacts" / "demo"
        models = [demo]
        for architecture in ("qwen2", "qwen3", "mistral"):
            models.append(folder / architecture)
            run(sys.executable, SOURCE / "artifacts" / "random-llama", models[-1],
                "--architecture", architecture, "--dtype", "float32")  # fmt: skip
        for model in models:
            check(model, folder / f"{model.name}.pt2", plain)
        check(demo, folder / "other.pt2", {
            "--form logits --dynamic-seq-len": [[]],
            "--form logits --example-seq-len 256": [["--bucket-pad"]],
            "--max-autotune": [[], ["--no-cuda-graph"]],
        })  # fmt: skip
        if subprocess.run(["which", "compute-sanitizer"], capture_output=True).returncode == 0:
            run("compute-sanitizer", "--error-exitcode", "1", BUILD / "aoti-forward",
                "--ignore-eos", "-n", "20", folder / "demo.pt2", input="5 6 7 8 9\n")  # fmt: skip
            print("compute-sanitizer: nothing found")


if __name__ == "__main__":
    main()
