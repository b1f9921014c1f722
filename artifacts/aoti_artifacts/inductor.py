# SPDX-License-Identifier: BSD-2-Clause
"""Compiles an exported program with AOTInductor, in a folder that is gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import compiler
from .archive import PackageWriter
from .diagnostics import failed, first_line

if TYPE_CHECKING:
    from torch.export import ExportedProgram

# A package holds the code and torch's description of it, not the sources: they name this machine.
_PACKAGED = (".so", ".json")


@contextmanager
def workspace() -> Iterator[Path]:
    """Give Inductor a private cache: no build depends on what another one left behind."""
    with tempfile.TemporaryDirectory(prefix="aoti-build-") as directory:
        previous = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = directory
        try:
            yield Path(directory)
        finally:
            if previous is None:
                del os.environ["TORCHINDUCTOR_CACHE_DIR"]
            else:
                os.environ["TORCHINDUCTOR_CACHE_DIR"] = previous


def compile_program(program: ExportedProgram, name: str, options: dict[str, Any]) -> list[Path]:
    """Return the files of the compiled graph that belong into the package."""
    import torch._inductor

    arguments, keywords = program.example_inputs
    settings = {"aot_inductor.package": True, **options}
    try:
        with compiler.fixed_architecture():
            files = torch._inductor.aot_compile(
                program.module(), arguments, keywords, options=settings
            )
    except OSError:
        raise
    except Exception as error:
        raise failed(f"compiling graph {name}", first_line(error)) from error
    return [Path(file) for file in files if str(file).endswith(_PACKAGED)]


def add_graph(writer: PackageWriter, name: str, files: list[Path]) -> str:
    """Add a compiled graph to the archive and return the member that is its shared object."""
    shared_objects = [file for file in files if file.suffix == ".so"]
    assert len(shared_objects) == 1, f"{name}: {len(shared_objects)} shared objects"
    for file in files:
        writer.add_file(f"data/aotinductor/{name}/{file.name}", file)
    return f"data/aotinductor/{name}/{shared_objects[0].name}"
