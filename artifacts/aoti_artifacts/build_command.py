# SPDX-License-Identifier: BSD-2-Clause
"""aoti-build: compile a checkpoint ahead of time into a package."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from . import __version__, compiler, inductor, libraries, metadata, tokenizer
from .archive import META_MEMBER, PackageWriter
from .checkpoint import Checkpoint, open_checkpoint
from .diagnostics import OptionParser, failed, say, usage
from .metadata import PackageDescription, Sequence
from .output import PendingFiles

DEFAULT_MODEL = "meta-llama/Llama-3.2-3B-Instruct"
DEFAULT_PACKAGE = Path("artifacts/llama3b_aotinductor.pt2")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


_positive.__name__ = "positive integer"


def _parser() -> argparse.ArgumentParser:
    parser = OptionParser(
        prog="aoti-build",
        description="Compile a Hugging Face checkpoint ahead of time into a package.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--model-id",
        default=DEFAULT_MODEL,
        metavar="ID|DIR",
        help="checkpoint: a directory, or a model of the Hugging Face hub (default: %(default)s)",
    )
    add(
        "--package-path",
        type=Path,
        default=DEFAULT_PACKAGE,
        metavar="FILE",
        help="package to write (default: %(default)s)",
    )
    add(
        "--metadata-path",
        type=Path,
        metavar="FILE",
        help="description to write beside it (default: the package's name, ending in _meta.json)",
    )
    add(
        "--form",
        choices=("cached", "logits"),
        default="cached",
        help="what the package computes (default: %(default)s)",
    )
    add(
        "--example-seq-len",
        type=_positive,
        default=128,
        metavar="N",
        help="positions to export with; the length of a static package (default: %(default)s)",
    )
    add(
        "--dynamic-seq-len",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="take sequences of any length within the range below (default: one length)",
    )
    add(
        "--min-seq-len",
        type=_positive,
        default=1,
        metavar="N",
        help="shortest sequence of a dynamic package (default: %(default)s)",
    )
    add(
        "--max-seq-len",
        type=_positive,
        default=2048,
        metavar="N",
        help="longest sequence of a dynamic package, length of the cache (default: %(default)s)",
    )
    add("--max-autotune", action="store_true", help="let Inductor search for faster kernels")
    add(
        "--device",
        metavar="cpu|cuda|cuda:N",
        help="device to compile for (default: cuda if there is one, else cpu)",
    )
    add("--dtype", choices=libraries.DTYPES, help="(default: bfloat16 on cuda, float32 on cpu)")
    add(
        "--quantize",
        choices=("none", "int8", "int4"),
        default="none",
        help="store the weights of the linear layers as integers (default: %(default)s)",
    )
    add(
        "--group-size",
        type=int,
        choices=(32, 64, 128, 256),
        help="with --quantize int4: inputs that share a scale (default: 64)",
    )
    add(
        "--quantize-head",
        choices=("int8", "int4"),
        help="with --quantize int4: storage of the head (default: int8)",
    )
    add("--version", action="version", version=f"aoti-build (aoti-utils) {__version__}")
    return parser  # fmt: skip


def _check_paths(arguments: argparse.Namespace) -> None:
    """Refuse output paths that cannot be written, before minutes are spent on the build."""
    package: Path = arguments.package_path
    if package.suffix != ".pt2":
        raise usage(f"--package-path {package}: the name of a package must end in .pt2")
    if arguments.metadata_path is None:
        arguments.metadata_path = package.with_name(f"{package.stem}_meta.json")
    if arguments.metadata_path.resolve() == package.resolve():
        raise usage(f"--metadata-path {package}: same file as the package")


def _sequence(arguments: argparse.Namespace, checkpoint: Checkpoint) -> Sequence:
    """Return the lengths that the package will take, limited by the model."""
    limit = checkpoint.positions or arguments.max_seq_len
    example = arguments.example_seq_len
    if not arguments.dynamic_seq_len:
        if example > limit:
            raise usage(f"--example-seq-len {example}: the model has {limit} positions")
        return Sequence(False, example, example)
    longest = min(arguments.max_seq_len, limit)
    if not arguments.min_seq_len <= example <= longest:
        raise usage(
            f"--example-seq-len {example}: not between {arguments.min_seq_len} and {longest}"
        )
    if arguments.min_seq_len == longest:
        raise usage(f"--min-seq-len {longest}: leaves only one length; use --no-dynamic-seq-len")
    return Sequence(True, arguments.min_seq_len, longest)


def _build_form(
    arguments: argparse.Namespace, checkpoint: Checkpoint, writer: PackageWriter
) -> PackageDescription:
    """Build the requested form into the archive."""
    if arguments.form == "logits":
        from . import logits_form

        options = logits_form.LogitsOptions(
            device=arguments.device,
            dtype=arguments.dtype,
            example_length=arguments.example_seq_len,
            sequence=_sequence(arguments, checkpoint),
            max_autotune=arguments.max_autotune,
        )
        return logits_form.build(checkpoint, options, writer)
    from . import cached_form
    from .quantization import choose

    return cached_form.build(
        checkpoint,
        cached_form.CachedOptions(
            device=arguments.device,
            dtype=arguments.dtype,
            longest=arguments.max_seq_len,
            max_autotune=arguments.max_autotune,
            scheme=choose(arguments.quantize, arguments.group_size, arguments.quantize_head),
        ),
        writer,
    )


def _write(arguments: argparse.Namespace, checkpoint: Checkpoint, cxx: str) -> None:
    """Build the package and its description; either both appear or neither."""
    with PendingFiles() as files:
        package = files.create(arguments.package_path)
        sidecar = files.create(arguments.metadata_path)
        try:
            text = _fill(arguments, checkpoint, cxx, package)
            sidecar.write_text(text, encoding="utf-8")
            files.commit()
        except OSError as error:
            name = error.filename or arguments.package_path
            raise failed(str(name), error.strerror or str(error)) from error


def _fill(arguments: argparse.Namespace, checkpoint: Checkpoint, cxx: str, package: Path) -> str:
    """Build the package into this file and return its description."""
    with PackageWriter(package, arguments.package_path.stem) as writer:
        description = _build_form(arguments, checkpoint, writer)
        tokenizer.add(checkpoint, writer)
        meta = metadata.describe(
            checkpoint, description, arguments.device, cxx, dict(writer.members)
        )
        text = json.dumps(meta, indent=1) + "\n"
        writer.add_bytes(META_MEMBER, text.encode())
    return text


def main(argv: list[str]) -> None:
    """Run the program."""
    arguments = _parser().parse_args(argv)
    start = time.monotonic()
    _check_paths(arguments)
    if arguments.form == "logits" and arguments.quantize != "none":
        raise usage(f"--quantize {arguments.quantize}: only for the cached form")
    if arguments.group_size is not None and arguments.quantize != "int4":
        raise usage(f"--group-size {arguments.group_size}: only with --quantize int4")
    if arguments.quantize_head is not None and arguments.quantize != "int4":
        raise usage(f"--quantize-head {arguments.quantize_head}: only with --quantize int4")
    libraries.require("torch", "transformers")
    checkpoint = open_checkpoint(arguments.model_id)
    if arguments.form == "logits":
        _sequence(arguments, checkpoint)
    libraries.quiet()
    arguments.device = libraries.choose_device(arguments.device)
    arguments.dtype = libraries.choose_dtype(arguments.dtype, arguments.device)
    with inductor.workspace():  # before the first module of Inductor, which may write there
        cxx = compiler.find()
        compiler.check_library(cxx)
        compiler.choose_instructions()
        _write(arguments, checkpoint, cxx)
    size = arguments.package_path.stat().st_size
    seconds = time.monotonic() - start
    say(f"{arguments.package_path}: {size / 1e6:.1f} MB in {seconds:.0f} s")
