# SPDX-License-Identifier: BSD-2-Clause
"""aoti-eager: continue sequences of token ids with Hugging Face's own generate()."""

from __future__ import annotations

import argparse
import json
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from . import __version__, libraries, pretrained, stream
from .checkpoint import Checkpoint, open_checkpoint
from .diagnostics import OptionParser, bad_input, failed, usage

if TYPE_CHECKING:
    import torch

INPUT_NAME = "standard input"


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value


_count.__name__ = "number"


def _parser() -> argparse.ArgumentParser:
    parser = OptionParser(
        prog="aoti-eager",
        description="Continue each line of token ids, greedily, with Hugging Face's generate().",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("model", metavar="MODEL", help="checkpoint: a directory, or a model of the hub")
    # fmt: off
    add("-n", "--max-new-tokens", type=_count, default=128, metavar="N",
        help="write at most N new ids per line (default: %(default)s)")
    add("--stop-id", type=_count, action="append", default=[], metavar="ID",
        help="end a sequence with this id too; may be repeated")
    add("--ignore-eos", action="store_true", help="continue after the model's end-of-sequence ids")
    add("--echo", action="store_true", help="write the prompt's ids before the new ones")
    add("--ready-fd", type=_count, metavar="N",
        help="write a newline to this descriptor once the model is loaded")
    add("--stats", metavar="FILE", help="write times and counts to this file as JSON lines")
    add("--dtype", choices=libraries.DTYPES, help="(default: bfloat16 on cuda, float32 on cpu)")
    add("--device", metavar="cpu|cuda|cuda:N", help="(default: cuda if there is one, else cpu)")
    add("--version", action="version", version=f"aoti-eager (aoti-utils) {__version__}")
    # fmt: on
    return parser


@dataclass
class Answer:
    """Receives one sequence from generate() and passes it on; a transformers streamer."""

    writer: stream.StreamWriter
    stop_ids: frozenset[int]
    limit: int
    started: float
    first: float | None = None
    count: int = field(default=0, init=False)
    _prompt_seen: bool = field(default=False, init=False)

    def put(self, value: torch.Tensor) -> None:
        """Receive the prompt, which generate() passes first, or the next id."""
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        token = int(value.item())
        self.count += 1
        if self.first is None:
            self.first = time.monotonic()
        self.writer.put(token, last=token in self.stop_ids or self.count == self.limit)

    def end(self) -> None:
        """Note that generate() is done."""
        if self.writer.inside_sequence:
            self.writer.end()


class Stats:
    """A file of JSON lines, or nothing if no file was named."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file

    def write(self, **record: Any) -> None:
        """Write one record and flush it."""
        if self._file is not None:
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()


class EagerModel:
    """A loaded model with the rules that end its answers."""

    def __init__(self, checkpoint: Checkpoint, arguments: argparse.Namespace) -> None:
        import torch
        from transformers import GenerationConfig

        self.device = libraries.choose_device(arguments.device)
        dtype = libraries.choose_dtype(arguments.dtype, self.device)
        model = pretrained.load_model(checkpoint.directory, getattr(torch, dtype))
        end_ids = [] if arguments.ignore_eos else checkpoint.end_ids()
        self.stop_ids = frozenset([*end_ids, *arguments.stop_id])
        self.positions = checkpoint.positions
        self.model = model.to(self.device).eval()
        # Replaces the checkpoint's configuration, which may ask for sampling or for penalties.
        self.model.generation_config = GenerationConfig(
            do_sample=False,
            disable_compile=True,
            eos_token_id=sorted(self.stop_ids) or None,
            pad_token_id=0,
        )

    def limit(self, prompt: list[int], wanted: int, line: int) -> int:
        """Return how many ids may follow the prompt within the positions of the model."""
        if self.positions is None:
            return wanted
        if len(prompt) > self.positions:
            why = f"{len(prompt)} ids, but the model has {self.positions} positions"
            raise bad_input(f"{INPUT_NAME}:{line}", why)
        return min(wanted, self.positions - len(prompt))

    def generate(self, prompt: list[int], answer: Answer) -> None:
        """Continue the prompt, passing each id to the answer."""
        import torch

        ids = torch.tensor([prompt], device=self.device)
        with torch.no_grad():
            self.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=answer.limit,
                streamer=answer,
            )


def _ready_descriptor(arguments: argparse.Namespace) -> int | None:
    """Return the descriptor to announce readiness on, after checking that it is open."""
    descriptor = arguments.ready_fd
    name = "--ready-fd"
    if descriptor is None and "AOTI_READY_FD" in os.environ:
        name, text = "AOTI_READY_FD", os.environ["AOTI_READY_FD"]
        if not text.isdecimal():
            raise usage(f"{name}={text}: not a descriptor")
        descriptor = int(text)
    if descriptor is None:
        return None
    try:
        os.fstat(descriptor)
    except (OSError, OverflowError) as error:
        raise usage(f"{name} {descriptor}: not an open descriptor") from error
    return descriptor


def _announce(descriptor: int | None) -> None:
    if descriptor is None:
        return
    try:
        os.write(descriptor, b"\n")
        os.close(descriptor)
    except OSError as error:
        raise failed(f"descriptor {descriptor}", error.strerror or str(error)) from error


def _answer_line(
    model: EagerModel,
    prompt: list[int],
    line: int,
    arguments: argparse.Namespace,
    writer: stream.StreamWriter,
) -> dict[str, Any]:
    """Answer one line and return its statistics."""
    start = time.monotonic()
    limit = model.limit(prompt, arguments.max_new_tokens, line) if prompt else 0
    answer = Answer(writer, model.stop_ids, limit, start)
    if arguments.echo:
        for index, token in enumerate(prompt):
            writer.put(token, last=limit == 0 and index == len(prompt) - 1)
    if limit > 0:
        model.generate(prompt, answer)
    elif writer.inside_sequence or not (arguments.echo and prompt):
        writer.end()
    end = time.monotonic()
    first = answer.first or end
    return {
        "event": "request",
        "line": line,
        "prompt_tokens": len(prompt),
        "generated_tokens": answer.count,
        "prefill_seconds": round(first - start, 6),
        "decode_seconds": round(end - first, 6),
    }


def _serve(
    arguments: argparse.Namespace, ready: int | None, streams: stream.Streams, stats: Stats
) -> None:
    """Load the model and answer line by line."""
    start = time.monotonic()
    checkpoint = open_checkpoint(arguments.model)
    libraries.quiet()
    imported = time.monotonic()
    model = EagerModel(checkpoint, arguments)
    loaded = time.monotonic()
    for stage, seconds in (("import", imported - start), ("load", loaded - imported)):
        stats.write(event="stage", stage=stage, seconds=round(seconds, 6), bytes=0)
    _announce(ready)
    vocabulary = checkpoint.config["vocab_size"]
    sequences = stream.read_sequences(streams.input, INPUT_NAME, vocabulary)
    for line, prompt in enumerate(sequences, 1):
        stats.write(**_answer_line(model, prompt, line, arguments, streams.writer))


def main(argv: list[str]) -> None:
    """Run the program."""
    arguments = _parser().parse_args(argv)
    ready = _ready_descriptor(arguments)
    libraries.require("torch", "transformers")
    streams = stream.claim()
    with ExitStack() as stack:
        file = None
        if arguments.stats is not None:
            file = stack.enter_context(open(arguments.stats, "w", encoding="utf-8"))
        _serve(arguments, ready, streams, Stats(file))
