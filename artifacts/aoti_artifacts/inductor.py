# SPDX-License-Identifier: BSD-2-Clause
"""Compiles an exported program with AOTInductor in a temporary folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from . import compiler, libraries
from .archive import PackageWriter
from .diagnostics import failed, first_line

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.nn import Module

# A package holds the code and torch's description of it, but not the sources, which name this
# machine. Torch finds the description by the name of the wrapper's source, so an empty source is
# added. Members are renamed, because Inductor's names depend on the folder of its files.
_PACKAGED = (".wrapper.so", ".wrapper_metadata.json")
_WRAPPER_SOURCE = ".wrapper.cpp"
_SOURCE_NOTICE = b"// The source of this graph is not in the package.\n"


@contextmanager
def workspace() -> Iterator[Path]:
    """Give Inductor a private cache, so that builds do not depend on each other.

    All temporary files of the build go there, including the compiler's, so that none remains.
    Kernels for GPUs do not record the names of these files.
    """
    with tempfile.TemporaryDirectory(prefix="aoti-build-", ignore_cleanup_errors=True) as directory:
        settings = {
            "TORCHINDUCTOR_CACHE_DIR": directory,
            "TMPDIR": directory,
            "TRITON_DISABLE_LINE_INFO": "1",
        }
        with (
            mock.patch.dict(os.environ, settings),
            mock.patch.object(tempfile, "tempdir", directory),
        ):
            yield Path(directory)


def export_program(
    what: str, module: Module, arguments: tuple[Any, ...], hint: str = "", **options: Any
) -> ExportedProgram:
    """Return the graph of a module; `what` and `hint` are for error messages."""
    import torch

    try:
        with torch.no_grad(), libraries.silence():
            return torch.export.export(module, arguments, **options)
    except Exception as error:
        raise failed(what, first_line(error) + hint) from error


def tuning(device: str) -> dict[str, Any]:
    """Return settings with which Inductor tries kernels and keeps the fastest.

    On a processor, products remain library calls. Inductor's C++ template splits a product among as
    many threads as the build had; with fewer threads, parts are silently left out. It also wants
    weights in a layout of its own, as constants of the graph.
    """
    settings: dict[str, Any] = {"max_autotune": True, "coordinate_descent_tuning": True}
    if device == "cpu":
        settings["max_autotune_gemm_backends"] = "ATEN"
    return settings


def compile_program(program: ExportedProgram, name: str, options: dict[str, Any]) -> list[Path]:
    """Return the files of the compiled graph, everything that Inductor wrote."""
    import torch._inductor

    arguments, keywords = program.example_inputs
    # Precompiled headers need openssl(1), and a folder that outlives the build.
    settings = {
        "aot_inductor.package": True,
        "aot_inductor.precompile_headers": False,
        **options,
    }
    try:
        with compiler.portable_code(), libraries.silence():
            files = torch._inductor.aot_compile(
                program.module(), arguments, keywords, options=settings
            )
    except OSError:
        raise
    except Exception as error:
        raise failed(f"compiling graph {name}", first_line(error)) from error
    return [Path(file) for file in files]


def add_graph(writer: PackageWriter, name: str, files: list[Path]) -> str:
    """Add a compiled graph to the archive and return the name of its shared object."""
    stem = f"data/aotinductor/{name}/{name}"
    for ending in _PACKAGED:
        (file,) = (file for file in files if file.name.endswith(ending))
        writer.add_file(f"{stem}{ending}", file)
    writer.add_bytes(f"{stem}{_WRAPPER_SOURCE}", _SOURCE_NOTICE)
    return f"{stem}{_PACKAGED[0]}"
