# SPDX-License-Identifier: BSD-2-Clause
"""Shared by the oracle tests: paths, prompts, and greedy ids by the reference."""

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the models are too small to share out

SOURCE = Path(os.environ["AOTI_SOURCE_DIR"])
BUILD = Path(os.environ["AOTI_BUILD_DIR"])
DEMO = SOURCE / "artifacts/demo"
FORWARD = BUILD / "aoti-forward"

sys.path.insert(0, str(SOURCE / "artifacts"))  # aoti_artifacts, to load models by


def skip(reason):
    """End the test as skipped."""
    print(f"SKIP: {reason}")
    sys.exit(77)


def need(*modules):
    """Skip the test if one of the modules is not installed."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            skip(f"no Python module {module}")


def fail(reason):
    """End the test as failed."""
    print(f"FAIL: {reason}")
    sys.exit(1)


def build(name):
    """Build a package of the demo model unless it exists; return its path."""
    subprocess.run(["make", "-s", "-C", BUILD, f"{name}.pt2"], check=True)
    return BUILD / f"{name}.pt2"


def forward(package, prompts, *options):
    """Return aoti-forward's answers: a list of ids for each prompt."""
    lines = "".join(" ".join(map(str, prompt)) + "\n" for prompt in prompts)
    result = subprocess.run(
        [FORWARD, *options, package], input=lines, capture_output=True, text=True
    )
    if result.returncode != 0:
        fail(f"aoti-forward: status {result.returncode}: {result.stderr}")
    answers = [[int(word) for word in line.split()] for line in result.stdout.splitlines()]
    if len(answers) != len(prompts):
        fail(f"{len(answers)} answers to {len(prompts)} prompts")
    return answers


def prompts_of_text(count, seed=0):
    """Return prompts as people would write them, of many lengths, by the demo's tokenizer."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(DEMO / "tokenizer.json"))
    chance = random.Random(seed)
    words = "Once upon a time the bear and a small red goat 12 + 30 = 7 wanted to sing".split()
    texts = (" ".join(chance.choices(words, k=chance.randint(1, 24))) for _ in range(count))
    return [tokenizer.encode(text).ids for text in texts]


def greedy(model, prompt, count, stop_ids):
    """Return Hugging Face's greedy ids after a prompt; the stop id, if reached, is the last."""
    import torch

    with torch.no_grad():
        ids = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.int64),
            max_new_tokens=count,
            do_sample=False,
            eos_token_id=list(stop_ids) or None,
            pad_token_id=0,
            disable_compile=True,
        )
    return ids[0, len(prompt) :].tolist()


def compare(name, prompts, answers, expected):
    """Fail at the first answer that differs from the expected one."""
    for prompt, answer, wanted in zip(prompts, answers, expected, strict=True):
        if answer != wanted:
            fail(f"{name}: after {prompt}: {answer}, the reference has {wanted}")
    print(f"{name}: {len(prompts)} prompts, {sum(map(len, answers))} ids, none differs")
