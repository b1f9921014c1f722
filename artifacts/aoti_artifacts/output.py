# SPDX-License-Identifier: BSD-2-Clause
"""Output files that appear complete or not at all: written beside their place, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from .diagnostics import failed, signals_held_back


@dataclass(frozen=True)
class _PendingFile:
    """A file being written, and its final place."""

    temporary: Path
    final: Path
    written_through: bool  # not renamed: the final place is not a regular file

    def write_through(self) -> None:
        """Copy to the device or pipe."""
        try:
            with self.temporary.open("rb") as source, self.final.open("wb") as out:
                shutil.copyfileobj(source, out)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise failed(str(self.final), error.strerror or str(error)) from error
        self.temporary.unlink()


def _is_special(path: Path) -> bool:
    """Return true if a path names a device, a pipe or a descriptor."""
    if not path.exists():
        return False
    return not path.is_file() or path.absolute().parts[1] in ("dev", "proc")


class PendingFiles:
    """A set of output files; leaving the block without `commit` removes what was written."""

    def __init__(self) -> None:
        self._pending: list[_PendingFile] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for file in self._pending:
            file.temporary.unlink(missing_ok=True)

    def create(self, final: Path) -> Path:
        """Create an empty file that will become `final` and return the path to write to.

        It is created beside `final`, or beside its target if `final` is a link, which is kept.
        Devices, pipes and descriptors are kept, too, and written to at the end.
        """
        if final.is_dir():
            raise failed(str(final), "is a directory")
        special = _is_special(final)
        place = final if special else Path(os.path.realpath(final))
        folder = Path(tempfile.gettempdir()) if special else place.parent
        try:
            descriptor, name = tempfile.mkstemp(
                prefix=f".{place.name}.", suffix=".partial", dir=folder
            )
        except OSError as error:
            raise failed(str(folder), error.strerror or str(error)) from error
        os.close(descriptor)
        self._pending.append(_PendingFile(Path(name), place, special))
        return Path(name)

    def commit(self) -> None:
        """Rename every file to its final place, with the permissions of the user's umask."""
        mask = os.umask(0)
        os.umask(mask)
        renamed = [file for file in self._pending if not file.written_through]
        for file in renamed:
            file.temporary.chmod(0o666 & ~mask)
            _flush_to_disk(file.temporary)
        for file in self._pending:
            if file.written_through:
                file.write_through()
        with signals_held_back():
            for file in renamed:
                file.temporary.replace(file.final)
            self._pending.clear()


def _flush_to_disk(path: Path) -> None:
    """Write the file to disk, and drop it from the page cache, where writing made small pages."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
