#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Quantized packages compute what their integers say; and the deviation from the model.

    quantized_graphs.py [CASE...]

Hugging Face's model is given the weights that the integers stand for, made here from the
checkpoint as aoti-package(5) tells it; the package has to continue prompts with the same ids by
libtorch's operators and by ours at every level of the CPU. Then the logits are compared with those
of the checkpoint itself, and for the demo model the perplexity of stories that it never saw.
With AOTI_LONG=1 in the environment there are more cases.
"""

from __future__ import annotations

import copy
import math
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cached_graphs import (
    ARTIFACTS,
    FORWARD,
    LONG,
    CachedModel,
    Case,
    Reference,
    difference,
    make_checkpoint,
    pretrained,
    random_prompts,
    run,
    torch,
)

DEMO = ARTIFACTS / "demo"
PROMPTS = 12
TOKENS = 32
STORIES = 200
STORY_SEED = 20261123  # not the seed of the training text
LENGTH = 40
GROUP_SIZE = 64  # inputs that share a scale, of 4-bit weights


@dataclass(frozen=True)
class QuantizedCase:
    """A scheme and a checkpoint: a random one of the architecture, or the demo model."""

    scheme: str
    architecture: str | None = None
    dtype: str = "float32"
    group_size: int = GROUP_SIZE
    head: str = "int8"

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options of aoti-build."""
        size = ("--group-size", str(self.group_size)) if self.group_size != GROUP_SIZE else ()
        head = ("--quantize-head", self.head) if self.head != "int8" else ()
        return ("--quantize", self.scheme, *size, *head)


CASES = {
    "int8-demo": QuantizedCase("int8"),
    "int8-qwen2": QuantizedCase("int8", "qwen2"),
    "int8-llama-bfloat16": QuantizedCase("int8", "llama", "bfloat16"),
    "int4-demo": QuantizedCase("int4"),
    "int4-qwen2": QuantizedCase("int4", "qwen2"),
    "int4-llama-bfloat16": QuantizedCase("int4", "llama", "bfloat16"),
    "int8-mistral": QuantizedCase("int8", "mistral"),
    "int8-qwen3": QuantizedCase("int8", "qwen3"),
    "int4-demo-128": QuantizedCase("int4", group_size=128),
    "int4-demo-32": QuantizedCase("int4", group_size=32),
    "int4-head": QuantizedCase("int4", head="int4"),
    "int4-head-llama-bfloat16": QuantizedCase("int4", "llama", "bfloat16", head="int4"),
    "int4-head-qwen3": QuantizedCase("int4", "qwen3", head="int4"),
    "int4-mistral": QuantizedCase("int4", "mistral"),
    "int4-qwen3": QuantizedCase("int4", "qwen3"),
}
SHORT_CASES = ("int8-demo", "int8-qwen2", "int4-demo-128", "int4-llama-bfloat16", "int4-head")

# The tolerance for logits of a scheme, relative to their norm, and for the perplexity of the
# stories, as a factor.
LARGEST_ERROR = {"int8": 0.04, "int4": 0.4}
LARGEST_DIFFERENCE = 0.03  # of log-probabilities, between two ways to round to bfloat16
LARGEST_PERPLEXITY = {"int8": 1.005, "int4": 1.05}


def int8_values(weight: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return a weight quantized to 8 bits: integers times a scale for each row."""
    scale = (weight.abs().amax(dim=1, keepdim=True) / 127).to(dtype).float()
    return (weight / scale).round().clamp(-127, 127) * scale


def int4_values(weight: torch.Tensor, dtype: torch.dtype, size: int) -> torch.Tensor:
    """Return a weight quantized to 4 bits."""
    outputs, inputs = weight.shape
    groups = weight.view(outputs, -1, size)
    low, high = (edge(dim=2, keepdim=True) for edge in (groups.amin, groups.amax))
    scale = ((high - low) / 15).to(dtype).float()
    zero = (low + 8 * scale).to(dtype).float()
    integers = ((groups - zero) / scale + 8).round().clamp(0, 15)
    return ((integers - 8) * scale + zero).view(outputs, inputs)


def quantized_model(
    model: torch.nn.Module, case: QuantizedCase, dtype: torch.dtype
) -> torch.nn.Module:
    """Return a copy of the model with the weights that the scheme's integers represent."""
    changed = copy.deepcopy(model)
    head = changed.lm_head.weight.detach().clone()
    for module in changed.model.modules():
        if isinstance(module, torch.nn.Linear):
            weight = module.weight.data
            if case.scheme == "int4" and weight.shape[1] % case.group_size == 0:
                module.weight.data = int4_values(weight, dtype, case.group_size)
            else:
                module.weight.data = int8_values(weight, dtype)
    # The embedding of a tied head does not change.
    if case.head == "int4":
        head = int4_values(head, dtype, case.group_size)
    else:
        head = int8_values(head, dtype)
    changed.lm_head.weight = torch.nn.Parameter(head)
    return changed


def levels(package: Path) -> list[str]:
    """Return the values of AOTI_CPU for this machine."""
    environment = os.environ | {"AOTI_CPU": "?"}
    command = [FORWARD, "--runtime=builtin", package, os.devnull]
    result = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    return re.search("this CPU can do: (.*)", result.stderr)[1].split()


def forward(package: Path, lines: str, *options: str, level: str = "") -> list[list[str]]:
    """Return the words of aoti-forward's answers, line by line."""
    result = subprocess.run(
        [FORWARD, *options, package],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"AOTI_CPU": level},
    )
    return [line.split() for line in result.stdout.splitlines()]


def ids_complaint(package: Path, model: torch.nn.Module, vocabulary: int) -> str | None:
    """Return where the package's ids differ from the model's, None if they never do."""
    meta = {"vocab_size": vocabulary, "cache": {"length": 128}}
    prompts = random_prompts(meta, PROMPTS, TOKENS)
    reference = Reference(model)
    expected = [reference.generate(prompt, TOKENS) for prompt in prompts]
    lines = "".join(" ".join(map(str, prompt)) + "\n" for prompt in prompts)
    options = ("--ignore-eos", "-n", str(TOKENS))
    runs = {"torch": forward(package, lines, "--runtime=torch", *options)}
    for level in levels(package):
        runs[level] = forward(package, lines, "--runtime=builtin", *options, level=level)
    for name, answers in runs.items():
        for prompt, answer, wanted in zip(prompts, answers, expected, strict=True):
            ids = [int(word) for word in answer]
            complaint = difference(name, reference, prompt, ids, wanted)
            if complaint:
                return complaint
    return None


def scores_complaint(package: Path, vocabulary: int) -> str | None:
    """Return where the builtin operators' log-probabilities differ from libtorch's, else None.

    Ids of narrow types may differ where two are as good as each other.
    """
    meta = {"vocab_size": vocabulary, "cache": {"length": 128}}
    prompts = random_prompts(meta, PROMPTS, TOKENS)
    lines = "".join(" ".join(map(str, prompt)) + "\n" for prompt in prompts)
    wanted = forward(package, lines, "--runtime=torch", "--score")
    for level in levels(package):
        scores = forward(package, lines, "--runtime=builtin", "--score", level=level)
        for prompt, ours, theirs in zip(prompts, scores, wanted, strict=True):
            pairs = zip(ours, theirs, strict=True)
            worst = max((abs(float(a) - float(b)) for a, b in pairs), default=0)
            if not worst <= LARGEST_DIFFERENCE:
                return f"{level}: a prompt of {len(prompt)} ids: scores differ by {worst}"
    return None


def refusal_complaint(package: Path) -> str | None:
    """Return a complaint if libtorch may misread 4-bit weights, else None.

    Without vector instructions its operator expects another layout than with any.
    """
    for runtime, wanted in (("torch", 4), ("builtin", 0)):
        result = subprocess.run(
            [FORWARD, f"--runtime={runtime}", "-n", "1", package],
            input="1 2\n",
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"ATEN_CPU_CAPABILITY": "default"},
        )
        lines = result.stderr.splitlines()
        if result.returncode != wanted or len(lines) != (wanted != 0):
            return f"blocks, {runtime}: status {result.returncode}, not {wanted}: {lines}"
        if wanted and "4-bit weights in blocks of" not in lines[0]:
            return f"blocks, {runtime}: {lines[0]}"
    return None


def logits_of(package: Path, ids: torch.Tensor) -> torch.Tensor:
    """Return the package's logits after each id except the first, by torch's loader."""
    model = CachedModel(package)
    caches = model.new_caches()
    rows = [model.step(ids[:2].tolist(), 0, caches)]
    rows += [model.step([int(ids[i])], i, caches) for i in range(2, len(ids))]
    return torch.cat(rows)


def relative_error(logits: torch.Tensor, expected: torch.Tensor) -> float:
    """Return the norm of the difference relative to the expected norm."""
    return ((logits - expected).norm() / expected.norm()).item()


def story_lines() -> str:
    """Return ids of stories that the demo model was not trained on, one story a line."""
    command = [sys.executable, DEMO / "text.py", "stories", "--count", str(STORIES)]
    command += ["--seed", str(STORY_SEED)]
    stories = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    tokenizer = pretrained.load_tokenizer(DEMO)
    ids = tokenizer(stories.splitlines())["input_ids"]
    return "".join(" ".join(map(str, line)) + "\n" for line in ids)


def perplexity(package: Path, lines: str) -> float:
    """Return the perplexity of the package, on average over the lines."""
    words = [word for line in forward(package, lines, "--score") for word in line]
    return math.exp(-sum(map(float, words)) / len(words))


def build(checkpoint: Path, case: QuantizedCase, package: Path) -> None:
    """Build a package of the checkpoint."""
    run(
        ARTIFACTS / "aoti-build", "--model-id", checkpoint, "--package-path", package,
        "--device", "cpu", "--dtype", case.dtype, "--max-seq-len", "128", *case.options,
    )  # fmt: skip


def inspect_complaint(case: QuantizedCase, package: Path) -> str | None:
    """Return what --inspect fails to print about the scheme, None if it prints everything."""
    command = [FORWARD, "--inspect", package]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next(line for line in text.splitlines() if line.startswith("quantization: "))
    wanted = f", head of {case.head.removeprefix('int')} bits"
    return None if line.endswith(wanted) else f"--inspect: {line!r} does not end in {wanted!r}"


def quality_complaint(
    case: QuantizedCase, checkpoint: Path, package: Path, exact: torch.nn.Module
) -> tuple[str, str | None]:
    """Return the package's deviation from the model, and a complaint if it is too large."""
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(exact.config.vocab_size, (LENGTH,), generator=generator)
    with torch.no_grad():
        expected = exact(ids[None]).logits[0, 1:]
    error = relative_error(logits_of(package, ids), expected)
    report, bad = f"logits off by {error:.1e}", None
    if error > LARGEST_ERROR[case.scheme]:
        bad = f"at most {LARGEST_ERROR[case.scheme]} was expected"
    if case.architecture is None:
        lines = story_lines()
        with tempfile.TemporaryDirectory() as directory:
            plain = Path(directory, "plain.pt2")
            build(checkpoint, QuantizedCase("none"), plain)
            before, after = perplexity(plain, lines), perplexity(package, lines)
        report += f", perplexity {after:.4f} for {before:.4f} ({after / before:.4f} times)"
        if after / before > LARGEST_PERPLEXITY[case.scheme]:
            bad = f"at most {LARGEST_PERPLEXITY[case.scheme]} times was expected"
    return report, bad


def check(case: QuantizedCase, directory: Path) -> tuple[str, str | None]:
    """Return a report on the case, and a complaint, or None."""
    checkpoint, package = DEMO, directory / "package.pt2"
    if case.architecture is not None:
        checkpoint = directory / "checkpoint"
        make_checkpoint(Case(case.architecture), checkpoint)
    build(checkpoint, case, package)
    exact = pretrained.load_model(checkpoint, torch.float32).eval()
    exact.generation_config.eos_token_id = None
    bad = inspect_complaint(case, package)
    if case.dtype == "float32":
        model = quantized_model(exact, case, torch.float32)
        bad = bad or ids_complaint(package, model, exact.config.vocab_size)
    else:
        bad = bad or scores_complaint(package, exact.config.vocab_size)
    if case.scheme == "int4":
        bad = bad or refusal_complaint(package)
    report, complaint = quality_complaint(case, checkpoint, package, exact)
    return report, bad or complaint


def main() -> int:
    """Run the cases and return the exit status."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the models are too small to share out
    torch.set_num_threads(1)
    bad = 0
    for name in sys.argv[1:] or (CASES if LONG else SHORT_CASES):
        with tempfile.TemporaryDirectory() as directory:
            report, complaint = check(CASES[name], Path(directory))
        bad += complaint is not None
        print(
            f"{'not ok' if complaint else 'ok'} {name}: {complaint or 'the same answers'}, {report}",
            flush=True,
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
