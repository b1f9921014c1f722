# SPDX-License-Identifier: BSD-2-Clause
"""Files that appear whole or not at all: written beside their place, renamed when all are done."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from .diagnostics import failed, signals_held_back


class PendingFiles:
    """A set of output files; leaving the block without `commit` removes what was written."""

    def __init__(self) -> None:
        self._pending: list[tuple[Path, Path]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for temporary, _ in self._pending:
            temporary.unlink(missing_ok=True)

    def create(self, final: Path) -> Path:
        """Make an empty file beside `final` and return the path to write to."""
        if final.is_dir():
            raise failed(str(final), "is a directory")
        try:
            descriptor, name = tempfile.mkstemp(
                prefix=f".{final.name}.", suffix=".partial", dir=final.parent
            )
        except OSError as error:
            raise failed(str(final.parent), error.strerror or str(error)) from error
        os.close(descriptor)
        self._pending.append((Path(name), final))
        return Path(name)

    def commit(self) -> None:
        """Give every file its name, with the permissions that the user's mask allows."""
        mask = os.umask(0)
        os.umask(mask)
        for temporary, _ in self._pending:
            temporary.chmod(0o666 & ~mask)
            _flush_to_disk(temporary)
        with signals_held_back():
            for temporary, final in self._pending:
                temporary.replace(final)
            self._pending.clear()


def _flush_to_disk(path: Path) -> None:
    """Have the file on disk, and no longer in memory in the small pages that writing made."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
