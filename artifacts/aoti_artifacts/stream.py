# SPDX-License-Identifier: BSD-2-Clause
"""The token stream of aoti-stream(5): one sequence of decimal ids a line, flushed id by id."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .diagnostics import bad_input, failed

LARGEST_ID = 2**31 - 1
DIGITS_MAX = 10
_SEPARATORS = b" \t"


def _complaint(source: str, line: int, column: int, why: str) -> Exception:
    return bad_input(f"{source}:{line}:{column}", why)


def _describe(byte: int) -> str:
    return f"'{chr(byte)}'" if 0x20 < byte < 0x7F else f"byte 0x{byte:02x}"


def parse_line(text: bytes, source: str, number: int) -> list[tuple[int, int]]:
    """Return the ids of one line, each with the column where it starts."""
    ids: list[tuple[int, int]] = []
    value, start = 0, 0
    for column, byte in enumerate(text, 1):
        if 0x30 <= byte <= 0x39:
            start = start or column
            if column - start == DIGITS_MAX:
                raise _complaint(source, number, start, f"id of more than {DIGITS_MAX} digits")
            value = value * 10 + byte - 0x30
            if value > LARGEST_ID:
                raise _complaint(source, number, start, f"id above {LARGEST_ID}")
        elif byte in _SEPARATORS:
            if start:
                ids.append((value, start))
            value, start = 0, 0
        else:
            raise _complaint(source, number, column, f"{_describe(byte)} in a token stream")
    if start:
        ids.append((value, start))
    return ids


def read_sequences(file: BinaryIO, source: str, vocabulary: int) -> Iterator[list[int]]:
    """Yield the sequences of a stream as they arrive; refuse anything else."""
    number = 0
    while line := file.readline():
        number += 1
        ids = parse_line(line.removesuffix(b"\n"), source, number)
        if not line.endswith(b"\n"):
            raise _complaint(source, number, len(line) + 1, "stream ended inside a sequence")
        for token, column in ids:
            if token >= vocabulary:
                why = f"token id {token} out of range (vocabulary has {vocabulary})"
                raise _complaint(source, number, column, why)
        yield [token for token, _ in ids]


class StreamWriter:
    """Writes a token stream; every id is written at once, with the space or newline after it."""

    def __init__(self, descriptor: int) -> None:
        self._file = io.FileIO(descriptor, "wb")
        self._open = False

    def put(self, token: int, *, last: bool) -> None:
        """Write one id and a space, or a newline after the last id of a sequence."""
        self._write(b"%d\n" % token if last else b"%d " % token)
        self._open = not last

    def end(self) -> None:
        """End a sequence that is empty or whose last id was not marked as such."""
        self._write(b"\n")
        self._open = False

    @property
    def inside_sequence(self) -> bool:
        """Return true if the current sequence still lacks its newline."""
        return self._open

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[self._file.write(data) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise failed("standard output", error.strerror or str(error)) from error


@dataclass(frozen=True)
class Streams:
    """The input and output of a program."""

    input: BinaryIO
    writer: StreamWriter


def _duplicate(descriptor: int, name: str) -> int:
    try:
        return os.dup(descriptor)
    except OSError as error:
        raise failed(name, error.strerror or str(error)) from error


def claim() -> Streams:
    """Take standard input and output away from the libraries.

    What they print goes to standard error, and what they read is empty.
    """
    source = _duplicate(0, "standard input")
    answers = _duplicate(1, "standard output")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Streams(open(source, "rb"), StreamWriter(answers))
