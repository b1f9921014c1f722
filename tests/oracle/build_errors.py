#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bad input to aoti-build: one line, the right status, and no files left over."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts"
SKIPPED = 77

if any(find_spec(name) is None for name in ("torch", "transformers")):
    print("skipped: no torch or no transformers")
    sys.exit(SKIPPED)


sys.path.insert(0, str(ARTIFACTS))
from aoti_artifacts import diagnostics, output


@dataclass(frozen=True)
class Case:
    """A run that must fail: the damage to the checkpoint, the options, the status and a phrase."""

    name: str
    status: int
    phrase: str
    spoil: Callable[[Path], None] = lambda checkpoint: None
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def changed_config(**changes: object) -> Callable[[Path], None]:
    """Returns a function that sets keys of config.json; None removes a key."""

    def spoil(checkpoint: Path) -> None:
        path = checkpoint / "config.json"
        config = json.loads(path.read_text(encoding="utf-8")) | changes
        kept = {key: value for key, value in config.items() if value is not None}
        path.write_text(json.dumps(kept), encoding="utf-8")

    return spoil


def replaced(name: str, content: bytes | None) -> Callable[[Path], None]:
    """Returns a function that replaces the content of a file, or removes it."""

    def spoil(checkpoint: Path) -> None:
        if content is None:
            (checkpoint / name).unlink()
        else:
            (checkpoint / name).write_bytes(content)

    return spoil


def truncated(checkpoint: Path) -> None:
    """Truncate the weights in the middle."""
    path = checkpoint / "model.safetensors"
    os.truncate(path, path.stat().st_size // 2)


def renamed_tensor(old: bytes, new: bytes) -> Callable[[Path], None]:
    """Returns a function that replaces bytes of the weights' header by as many others."""
    assert len(old) == len(new)

    def spoil(checkpoint: Path) -> None:
        path = checkpoint / "model.safetensors"
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))

    return spoil


def extended(checkpoint: Path) -> None:
    """Add bytes to the weights."""
    with (checkpoint / "model.safetensors").open("ab") as file:
        file.write(bytes(100))


def sharded(index: bytes) -> Callable[[Path], None]:
    """Returns a function that replaces the weights by an index."""

    def spoil(checkpoint: Path) -> None:
        (checkpoint / "model.safetensors").unlink()
        (checkpoint / "model.safetensors.index.json").write_bytes(index)

    return spoil


def index_naming(file: str) -> Callable[[Path], None]:
    """Returns a function that replaces the weights by an index that names this file."""
    return sharded(json.dumps({"weight_map": {"model.norm.weight": file}}).encode())


LOGITS = ("--form", "logits")
NO_WEIGHTS = "model.safetensors"
INPUT_CASES = (
    Case("config missing", 3, "no config.json", replaced("config.json", None)),
    Case("config is not JSON", 3, "not JSON", replaced("config.json", b"{")),
    Case("config is a list", 3, "not a JSON object", replaced("config.json", b"[]")),
    Case("config nested deeply", 3, "not JSON", replaced("config.json", b"[" * 100000)),
    Case("no kind of model", 3, "model_type", changed_config(model_type=None)),
    Case("no vocabulary", 3, "vocab_size", changed_config(vocab_size=None)),
    Case("negative size", 3, "hidden_size", changed_config(hidden_size=-4)),
    Case(
        "model of another kind", 3, "--form logits", changed_config(model_type="gpt2"),
    ),
    Case("other activation", 3, "hidden_act", changed_config(hidden_act="gelu")),
    Case("end outside the vocabulary", 3, "eos_token_id",
         replaced("generation_config.json", b'{"eos_token_id": -1}')),
    Case("generation is not JSON", 3, "not JSON", replaced("generation_config.json", b"{")),
    Case("weights of another name", 3, "transformers_weights",
         changed_config(transformers_weights="other.safetensors")),
    Case("half of each head rotates", 3, "partial_rotary_factor",
         changed_config(partial_rotary_factor=0.5)),
    Case("rope of each kind of layer", 3, "transformers 5",
         changed_config(rope_parameters={"full_attention": {"rope_theta": 1e4}})),
    Case("rope is a list", 3, "rope_parameters", changed_config(rope_parameters=[1])),
    Case("adapter", 3, "merge it first", replaced("adapter_config.json", b"{}")),
    Case("quantized", 3, "quantized", changed_config(quantization_config={"bits": 4})),
    Case("other rope", 3, "rope_scaling", changed_config(
        rope_scaling={"rope_type": "longrope", "short_factor": [1.0] * 8,
                      "long_factor": [1.0] * 8, "original_max_position_embeddings": 64})),
    Case("heads do not divide", 3, "multiple", changed_config(num_key_value_heads=3)),
    Case("other sizes than stored", 3, "shape", changed_config(intermediate_size=96)),
    Case("more layers than stored", 3, "missing", changed_config(num_hidden_layers=4)),
    Case("no weights", 3, NO_WEIGHTS, replaced(NO_WEIGHTS, None)),
    Case("empty weights", 3, "truncated", replaced(NO_WEIGHTS, b"")),
    Case("weights of another kind", 3, "safetensors", replaced(NO_WEIGHTS, b"PK\3\4" * 100)),
    Case("truncated weights", 3, "truncated", truncated),
    Case("tensor renamed", 3, "missing", renamed_tensor(b"model.norm.", b"model.nurm.")),
    Case("head missing", 3, "tensor lm_head.weight is missing",
         changed_config(tie_word_embeddings=False), options=LOGITS),
    Case("bytes after the weights", 3, "100 bytes follow the last tensor", extended),
    Case("integer tensor", 3, "I32", renamed_tensor(b'"F32"', b'"I32"')),
    Case("shard missing", 3, "no such file", index_naming("model-9.safetensors")),
    Case("shard elsewhere", 3, "outside", index_naming("../model.safetensors")),
    Case("index is not JSON", 3, "not JSON", sharded(b"?")),
)  # fmt: skip
USAGE_CASES = (
    Case("unknown option", 2, "--fast", options=("--fast",)),
    Case("abbreviated option", 2, "--max-auto", options=("--max-auto",)),
    Case("unknown form", 2, "--form", options=("--form", "other")),
    Case("no positions", 2, "--max-seq-len", options=("--max-seq-len", "0")),
    Case("tiny cache", 2, "at least 8", options=("--max-seq-len", "4")),
    Case("not a number", 2, "--example-seq-len", options=("--example-seq-len", "many")),
    Case("longer than the model", 2, "512", options=(*LOGITS, "--example-seq-len", "513")),
    Case("outside the range", 2, "between 200",
         options=(*LOGITS, "--dynamic-seq-len", "--min-seq-len", "200")),
    Case("group of no size", 2, "--group-size", options=("--group-size", "48")),
    Case("head of no scheme", 2, "--quantize-head", options=("--quantize-head", "none")),
    Case("head of no groups", 2, "--quantize-head int4: 64 inputs do not divide into groups of 256",
         options=("--quantize", "int4", "--quantize-head", "int4", "--group-size", "256")),
    Case("no such device", 2, "--device", options=("--device", "abacus")),
    Case("compiler missing", 1, "compiler", environment={"CXX": "/nonexistent/c++"}),
)  # fmt: skip


@contextmanager
def scratch() -> Iterator[Path]:
    """Provide a folder with a fresh checkpoint in `checkpoint` and an empty `out`."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "out").mkdir()
        (directory / "tmp").mkdir()
        subprocess.run(
            [sys.executable, ARTIFACTS / "random-llama", "--dtype", "float32",
             directory / "checkpoint"],
            check=True, capture_output=True,
        )  # fmt: skip
        yield directory


def command(directory: Path, *options: str) -> list[str]:
    """Return the command that builds the checkpoint of a scratch folder."""
    return [
        sys.executable, str(ARTIFACTS / "aoti-build"), "--device", "cpu",
        "--model-id", str(directory / "checkpoint"),
        "--package-path", str(directory / "out" / "package.pt2"), *options,
    ]  # fmt: skip


def complaint_about(
    directory: Path, arguments: list[str], status: int, phrase: str, environment: dict[str, str]
) -> str | None:
    """Run a command that must fail in this way; return a complaint if it does not."""
    result = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(directory / "tmp"), **environment},
    )
    lines = result.stderr.splitlines()
    last = lines[-1] if lines else ""
    if result.returncode != status:
        return f"status {result.returncode}, not {status}: {last}"
    if result.stdout:
        return f"standard output has {result.stdout[:60]!r}"
    if "Traceback" in result.stderr or not all(line.startswith("aoti-build: ") for line in lines):
        return f"more than messages of its own: {result.stderr[-300:]!r}"
    if status == 3 and len(lines) > (1 if "logits" not in arguments else 2):
        return f"says it late: {lines[:-1]}"
    if phrase not in last:
        return f"does not say {phrase!r}: {last}"
    return left_behind(directory)


def left_behind(directory: Path) -> str | None:
    """Return a complaint if anything is in the output folders."""
    left = [*(directory / "out").iterdir(), *(directory / "tmp").iterdir()]
    return f"leaves {', '.join(path.name for path in left)}" if left else None


def check(case: Case) -> str | None:
    """Run one case and return a complaint, or None."""
    with scratch() as directory:
        case.spoil(directory / "checkpoint")
        arguments = command(directory, *case.options)
        return complaint_about(directory, arguments, case.status, case.phrase, case.environment)


def check_static_library() -> str | None:
    """A compiler that links libstdc++ statically is refused."""
    with scratch() as directory:
        compiler = directory / "static-c++"
        compiler.write_text('#!/bin/sh\nexec g++ -static-libstdc++ "$@"\n', encoding="ascii")
        compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
        return complaint_about(
            directory, command(directory), 1, "does not link", {"CXX": str(compiler)}
        )


def check_missing_checkpoint() -> str | None:
    """A checkpoint that does not exist, or is a file, is refused."""
    with scratch() as directory:
        for path, phrase in (("nowhere", "no such directory"), ("file", "not a directory")):
            (directory / "file").touch()
            arguments = command(directory, "--model-id", str(directory / path))
            if complaint := complaint_about(directory, arguments, 3, phrase, {}):
                return complaint
    return None


def check_outputs() -> str | None:
    """Output that cannot be written is detected before anything is compiled."""
    with scratch() as directory:
        for path, status, phrase in (
            (directory / "nowhere" / "package.pt2", 1, "No such file"),
            (directory / "package.bin", 2, "must end in .pt2"),
        ):
            arguments = command(directory, "--package-path", str(path))
            if complaint := complaint_about(directory, arguments, status, phrase, {}):
                return complaint
        package = str(directory / "out" / "package.pt2")
        arguments = command(directory, "--metadata-path", package)
        if complaint := complaint_about(directory, arguments, 2, "same file as the package", {}):
            return complaint
        arguments = command(directory, "--form", "logits", "--quantize", "int4")
        if complaint := complaint_about(directory, arguments, 2, "only for the cached form", {}):
            return complaint
        for option, value in (("--group-size", "128"), ("--quantize-head", "int4")):
            arguments = command(directory, "--quantize", "int8", option, value)
            phrase = f"{option} {value}: only with --quantize int4"
            if complaint := complaint_about(directory, arguments, 2, phrase, {}):
                return complaint
        folder = directory / "folder.pt2"
        folder.mkdir()
        arguments = command(directory, "--package-path", str(folder))
        return complaint_about(directory, arguments, 1, "is a directory", {})


def check_missing_libraries() -> str | None:
    """A missing Python package is reported, with the interpreter that lacks it."""
    with scratch() as directory:
        build = [sys.executable, "-S", *command(directory)[1:]]
        paths = {"PYTHONPATH": str(directory / "packages")}
        for package in ("torch", "transformers"):
            phrase = f"{package}: not installed for {sys.executable}: pip install {package}"
            if complaint := complaint_about(directory, build, 1, phrase, paths):
                return complaint
            (directory / "packages" / package).mkdir(parents=True)
            (directory / "packages" / package / "__init__.py").touch()
    return None


def written(*paths: Path) -> str | None:
    """Write to these paths as a build does; return the error, if any."""
    try:
        with output.PendingFiles() as files:
            for path in paths:
                files.create(path).write_text("new")
            files.commit()
    except diagnostics.Failure as error:
        return str(error)
    return None


def check_places() -> str | None:
    """Files and new names are replaced; links, pipes and devices stay and are written to."""
    with scratch() as directory:
        out = directory / "out"
        for name in ("file", "target"):
            (out / name).write_text("old")
        (out / "link").symlink_to("target")
        (out / "dangling").symlink_to("later")
        (out / "null").symlink_to(os.devnull)
        os.mkfifo(out / "pipe")
        with subprocess.Popen(["cat", out / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
            names = ("file", "link", "dangling", "null", "pipe")
            complaint = written(*(out / name for name in names))
            if complaint or reader.communicate()[0] != "new":
                return f"the pipe does not get it: {complaint}"
        for name, target in (("link", "target"), ("dangling", "later"), ("null", os.devnull)):
            if not (out / name).is_symlink() or os.readlink(out / name) != target:
                return f"{name} is no link to {target} any more"
        if any((out / name).read_text() != "new" for name in ("file", "target", "later")):
            return "a file does not hold what was written"
        if not (out / "pipe").is_fifo() or not Path(os.devnull).is_char_device():
            return "something was replaced"
        (out / "full").symlink_to("/dev/full")
        complaint = written(out / "file2", out / "full")
        if complaint != f"{out / 'full'}: No space left on device":
            return f"a full device: {complaint}"
        left = {path.name for path in out.iterdir()} - {*names, "target", "later", "full"}
        return f"leaves {left}" if left else None


def check_interrupt(number: int) -> str | None:
    """A signal during compilation ends the program by that signal, and leaves nothing."""
    with scratch() as directory:
        environment = {**os.environ, "TMPDIR": str(directory / "tmp")}
        # Background commands of a shell ignore SIGINT, and so would the program.
        with subprocess.Popen(
            command(directory),
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if "compiling" in line:
                    process.send_signal(number)
            process.wait()
        if process.returncode != -number:
            return f"status {process.returncode}, not by signal {number}"
        return left_behind(directory)


def main() -> int:
    """Run all cases and return the exit status."""
    checks: list[tuple[str, Callable[[], str | None]]] = [
        (case.name, lambda case=case: check(case)) for case in (*INPUT_CASES, *USAGE_CASES)
    ]
    checks += [
        ("checkpoint missing", check_missing_checkpoint),
        ("output impossible", check_outputs),
        ("libraries missing", check_missing_libraries),
        ("places of output", check_places),
        ("static C++ library", check_static_library),
        ("SIGTERM", lambda: check_interrupt(signal.SIGTERM)),
        ("SIGINT", lambda: check_interrupt(signal.SIGINT)),
    ]
    bad = 0
    for name, function in checks:
        complaint = function()
        bad += complaint is not None
        print(f"{'not ok' if complaint else 'ok'} {name}{': ' + complaint if complaint else ''}",
              flush=True)  # fmt: skip
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
