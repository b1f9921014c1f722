# SPDX-License-Identifier: BSD-2-Clause
"""Puts the checkpoint's tokenizer into the package, so that `-t model.pt2` works by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .archive import PackageWriter
from .checkpoint import Checkpoint
from .diagnostics import say

SOURCE = "tokenizer.json"
SOURCE_MEMBER = "data/tokenizer/tokenizer.json"
COMPILED_MEMBER = "data/tokenizer/tokenizer.aoti"


def _compiler() -> str | None:
    """Return the aoti-tokenize beside the running program, or in PATH.

    If this program was installed with a prefix, so was that one.
    """
    here = Path(sys.argv[0]).resolve()
    folders = os.pathsep.join([str(here.parent), os.environ.get("PATH", "")])
    return shutil.which(here.name.replace("aoti-build", "aoti-tokenize"), path=folders)


def add(checkpoint: Checkpoint, writer: PackageWriter) -> None:
    """Add tokenizer.json, and its compiled form if aoti-tokenize is there to make it.

    A tokenizer that aoti-tokenize does not support is left out; the package is built all the same.
    """
    source = checkpoint.directory / SOURCE
    if not source.is_file():
        return
    program = _compiler()
    if program is None:
        writer.add_file(SOURCE_MEMBER, source)
        return
    with tempfile.TemporaryDirectory(prefix="aoti-build.") as folder:
        compiled = Path(folder) / "tokenizer.aoti"
        command = [program, "-t", str(source), "--compile", str(compiled)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            say(f"tokenizer left out of the package: {result.stderr.strip()}")
            return
        writer.add_file(SOURCE_MEMBER, source)
        writer.add_file(COMPILED_MEMBER, compiled)
