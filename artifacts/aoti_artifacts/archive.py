# SPDX-License-Identifier: BSD-2-Clause
"""Writes the PT2 archive: a ZIP of stored, aligned members, hashed with SHA-256 while written."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MEMBER_ALIGNMENT = 64
PAGE_ALIGNMENT = 4096
EXTRA_PREFIX = "extra/aoti-utils/"
META_MEMBER = EXTRA_PREFIX + "meta.json"
# Not below extra/: PyTorch's loader reads every member there as UTF-8 text and fails.
WEIGHTS_MEMBER = "data/weights/weights.safetensors"

_PADDING_ID = 0x4246  # "FB", the extra field that PyTorch itself uses for padding
_LARGE = 2_000_000_000  # members of this size or more get a ZIP64 header
_CHUNK = 1 << 22
_PIECE = 1 << 24  # larger members are also hashed in pieces, for readers with threads

# Members that PyTorch's own writer adds to every archive of this kind.
_STANDARD_MEMBERS = {
    "archive_format": b"pt2",
    "archive_version": b"0",
    ".data/version": b"6\n",
    "byteorder": b"little",
}


def file_chunks(path: Path) -> Iterator[bytes]:
    """Yield the contents of a file, block by block."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


class Digests:
    """SHA-256 of a member and, if it is large, of each of its pieces."""

    def __init__(self) -> None:
        self.size = 0
        self._whole = hashlib.sha256()
        self._piece = hashlib.sha256()
        self._pieces: list[str] = []

    def update(self, chunk: bytes | memoryview) -> None:
        """Add the next bytes."""
        self._whole.update(chunk)
        view = memoryview(chunk)
        while view.nbytes:
            room = _PIECE - self.size % _PIECE
            self._piece.update(view[:room])
            self.size += min(room, view.nbytes)
            view = view[room:]
            if self.size % _PIECE == 0:
                self._end_piece()

    def _end_piece(self) -> None:
        self._pieces.append(self._piece.hexdigest())
        self._piece = hashlib.sha256()

    def describe(self) -> dict[str, Any]:
        """Return the member's entry for meta.json."""
        entry: dict[str, Any] = {"sha256": self._whole.hexdigest(), "size": self.size}
        if self.size > _PIECE:
            if self.size % _PIECE:
                self._end_piece()
            entry |= {"piece_size": _PIECE, "pieces": self._pieces}
        return entry


class PackageWriter:
    """A PT2 archive being written; `members` describes what it holds so far."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.members: dict[str, dict[str, Any]] = {}
        self._prefix = prefix
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)
        for name, content in _STANDARD_MEMBERS.items():
            self.add_bytes(name, content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add a member with this content."""
        self.add_stream(name, len(content), [content])

    def add_file(self, name: str, path: Path) -> None:
        """Add a copy of a file."""
        self.add_stream(name, path.stat().st_size, file_chunks(path))

    def add_stream(
        self,
        name: str,
        size: int,
        chunks: Iterable[bytes | memoryview],
        alignment: int = MEMBER_ALIGNMENT,
    ) -> None:
        """Add a member of `size` bytes; its data starts at a multiple of `alignment`."""
        info = zipfile.ZipInfo(f"{self._prefix}/{name}")
        info.external_attr = 0o644 << 16
        info.file_size = size
        info.compress_size = info.CRC = 0
        zip64 = size >= _LARGE
        info.extra = self._padding(info, zip64, alignment)
        digests = Digests()
        with self._zip.open(info, "w", force_zip64=zip64) as member:
            assert self._zip.fp is not None and self._zip.fp.tell() % alignment == 0
            for chunk in chunks:
                digests.update(chunk)
                member.write(chunk)
        assert digests.size == size, f"{name}: {digests.size} bytes where {size} were announced"
        self.members[name] = digests.describe()

    def _padding(self, info: zipfile.ZipInfo, zip64: bool, alignment: int) -> bytes:
        """Return an extra field that aligns the start of the member's data."""
        assert self._zip.fp is not None
        bare = self._zip.fp.tell() + len(info.FileHeader(zip64))
        length = -(bare + 4) % alignment
        return struct.pack("<HH", _PADDING_ID, length) + bytes(length)
