#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""No program runs Python files of a checkpoint, or asks for permission to."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reference import SOURCE, fail, need

need("torch", "transformers")

from aoti_artifacts import pretrained

ARTIFACTS = SOURCE / "artifacts"
CONSENT = b"y\n1\n1\n5 6 7\n"
NEEDS_CODE = "requires its own Python code, which is never run"
UNKNOWN = {
    "architectures": ["InternLM2ForCausalLM"],
    "model_type": "internlm2",
    "auto_map": {
        "AutoConfig": "configuration_x.X",
        "AutoModelForCausalLM": "modeling_x.M",
        "AutoTokenizer": [None, "tokenization_x.T"],
    },
}
CONFIGURATION = """
from transformers import LlamaConfig
class X(LlamaConfig):
    model_type = "internlm2"
"""
MODELING = """
from transformers import LlamaForCausalLM
from .configuration_x import X
class M(LlamaForCausalLM):
    config_class = X
"""


@dataclass
class Checkpoint:
    """A checkpoint whose Python files, if they run, leave a mark."""

    directory: Path
    mark: Path

    def write_python(self, name: str, rest: str = "") -> None:
        """Add a file of Python."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"open({str(self.mark)!r}, 'a').write('{name} ')\n{rest}")

    def change_config(self, **changes: object) -> None:
        """Set keys of config.json."""
        path = self.directory / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def hostile(scratch: Path) -> Checkpoint:
    """Make a checkpoint with all kinds of Python that transformers knows how to run."""
    checkpoint = Checkpoint(scratch / "checkpoint", scratch / "mark")
    command = [sys.executable, ARTIFACTS / "random-llama", "--dtype", "float32"]
    subprocess.run([*command, checkpoint.directory], check=True, capture_output=True)
    checkpoint.write_python("configuration_x.py", CONFIGURATION)
    checkpoint.write_python("modeling_x.py", MODELING)
    checkpoint.write_python("tokenization_x.py")
    checkpoint.write_python("custom_generate/generate.py")
    return checkpoint


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    """Run a program whose input would be taken for consent."""
    command = [sys.executable, ARTIFACTS / program, *map(str, arguments)]
    return subprocess.run(command, input=CONSENT, capture_output=True, check=False)


def check_refusal(program: str, phrase: str, *arguments: object) -> None:
    """Check that a program says one line with the status of bad input, and nothing else."""
    result = run(program, *arguments)
    lines = result.stderr.decode().splitlines()
    complaints = [line for line in lines if not line.startswith(f"{program}: loading ")]
    if result.returncode != 3 or len(complaints) != 1 or phrase not in complaints[0]:
        fail(f"{program} {arguments}: status {result.returncode}: {lines}")
    if result.stdout:
        fail(f"{program}: {result.stdout!r} on standard output")


def build_arguments(checkpoint: Checkpoint, *options: str) -> tuple[object, ...]:
    package = checkpoint.mark.with_name("package.pt2")
    return (
        "--device", "cpu", "--model-id", checkpoint.directory, "--package-path", package, *options
    )  # fmt: skip


def check_code_is_needed(checkpoint: Checkpoint) -> None:
    """A kind of model that only the checkpoint's own code knows is refused."""
    checkpoint.change_config(**UNKNOWN)
    check_refusal("aoti-eager", NEEDS_CODE, "-n", "3", checkpoint.directory)
    for form in ("cached", "logits"):
        check_refusal("aoti-build", NEEDS_CODE, *build_arguments(checkpoint, "--form", form))


def check_code_is_offered(checkpoint: Checkpoint) -> None:
    """A kind that transformers knows is loaded by its own code, not by the checkpoint's."""
    checkpoint.change_config(auto_map=UNKNOWN["auto_map"])
    result = run("aoti-eager", "-n", "3", checkpoint.directory)
    if result.returncode != 3 or b"standard input:1:1: 'y'" not in result.stderr:
        fail(f"aoti-eager does not take its input for ids: {result.stderr!r}")
    config = pretrained.read_config(checkpoint.directory)
    if type(config).__module__ != "transformers.models.llama.configuration_llama":
        fail(f"the configuration is of {type(config).__module__}")


class Payload:
    """Unpickles by opening a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (str(self.mark), "w")


def check_pickle(checkpoint: Checkpoint) -> None:
    """Weights that are a pickle are not read."""
    (checkpoint.directory / "model.safetensors").unlink()
    with (checkpoint.directory / "pytorch_model.bin").open("wb") as file:
        pickle.dump(Payload(checkpoint.mark), file)
    check_refusal("aoti-eager", "has neither model.safetensors", checkpoint.directory)
    check_refusal("aoti-build", "has neither model.safetensors", *build_arguments(checkpoint))


def main() -> None:
    """Run all checks, each on a checkpoint of its own."""
    for check in (check_code_is_needed, check_code_is_offered, check_pickle):
        with tempfile.TemporaryDirectory() as scratch:
            checkpoint = hostile(Path(scratch))
            check(checkpoint)
            if checkpoint.mark.exists():
                fail(f"{check.__name__}: ran {checkpoint.mark.read_text() or 'a pickle'}")
            print(f"ok {check.__name__}: {check.__doc__}", flush=True)


if __name__ == "__main__":
    main()
