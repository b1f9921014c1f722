#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two builds of a checkpoint give the same bytes, which name no folder of the machine.

For the second build, the checkpoint, the program and the temporary folder are elsewhere and have
other times. With AOTI_LONG=1 in the environment both forms are built, otherwise only the logits
form.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from reference import BUILD, DEMO, SOURCE, fail, need

need("torch", "transformers")

import torch

FORMS = ("logits", "cached") if os.environ.get("AOTI_LONG") == "1" else ("logits",)
SMALL = ("--example-seq-len", "8", "--max-seq-len", "16", "--device", "cpu")


def build(form: str, folder: Path) -> Path:
    """Build in a new folder and return the package."""
    (folder / "temporary").mkdir(parents=True)
    shutil.copytree(SOURCE / "artifacts", folder / "program", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(DEMO, folder / "demo", copy_function=shutil.copy)
    command = [sys.executable, folder / "program/aoti-build", "--form", form, *SMALL,
               "--model-id", "demo", "--package-path", "package.pt2"]  # fmt: skip
    paths = {"TMPDIR": str(folder / "temporary"), "PATH": f"{BUILD}:{os.environ['PATH']}"}
    subprocess.run(command, cwd=folder, env=os.environ | paths, check=True)
    return folder / "package.pt2"


def check_stack(form: str, package: Path) -> None:
    """Check that no graph asks for an executable stack, which glibc 2.41 refuses."""
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            if name.endswith(".so"):
                command = ["readelf", "-lW", archive.extract(name, package.parent)]
                headers = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                (stack,) = (line for line in headers.splitlines() if "GNU_STACK" in line)
                if "RWE" in stack:
                    fail(f"{form}: {name} wants an executable stack")


def check(form: str, scratch: Path) -> None:
    """Build twice and compare; search for names of folders."""
    packages = [build(form, scratch / name) for name in ("one", "another-one")]
    data = packages[0].read_bytes()
    for place in (scratch, SOURCE, BUILD, Path(torch.__file__).parent, Path.home()):
        if len(place.parts) > 1 and os.fsencode(place) in data:
            fail(f"{form}: {place} stands in the package")
    for file in (packages[0], packages[0].with_name("package_meta.json")):
        if file.read_bytes() != (packages[1].parent / file.name).read_bytes():
            fail(f"{form}: {file.name} differs between two builds")
    check_stack(form, packages[0])
    if b"tokenizer.aoti" not in data:
        fail(f"{form}: no compiled tokenizer in the package")
    print(f"ok {form}: {len(data)} bytes, none differs")


def main() -> None:
    """Check each form."""
    for form in FORMS:
        with tempfile.TemporaryDirectory(prefix="aoti-oracle.") as scratch:
            check(form, Path(scratch))


if __name__ == "__main__":
    main()
