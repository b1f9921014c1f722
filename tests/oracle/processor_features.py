#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The features that a package says its code uses, for x86 and Arm processors.

For the other kind of processor, the compiler is a stub that prints macros, or a cross compiler if
one is installed. On this machine, the names must be known to aoti-forward.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

from reference import fail, need

need("torch")

from aoti_artifacts import compiler
from torch._inductor import cpu_vec_isa

MACROS = {
    "aarch64": "__ARM_NEON __ARM_FEATURE_DOTPROD __ARM_FEATURE_MATMUL_INT8 __ARM_FEATURE_CLZ "
    "__ARM_FEATURE_BF16_VECTOR_ARITHMETIC __ARM_FEATURE_SVE __ARM_FEATURE_SVE2 __SSE_H",
    "x86_64": "__SSE3__ __AVX2__ __AVX512BF16__ __AMX_TILE__ __SSE3 __FMA4 __CRC32__",
}
NAMES = {
    "aarch64": ["asimd", "asimddp", "bf16", "i8mm", "sve", "sve2"],
    "x86_64": ["amx_tile", "avx2", "avx512bf16", "sse3"],
}
INSTRUCTIONS = {
    "aarch64": (cpu_vec_isa.VecNEON, "asimd", "armv8-a", ["asimd"]),
    "x86_64": (cpu_vec_isa.VecAVX2, "avx2", "x86-64-v3", None),
}


def printing(folder: Path, macros: str) -> str:
    """Make a compiler that prints these macros, whatever its arguments."""
    lines = "".join(f"#define {name} 1\\n" for name in macros.split())
    program = folder / "c++"
    program.write_text(f"#!/bin/sh\nprintf '{lines}#define __ARM_ARCH 8\\n'\n")
    program.chmod(0o755)
    return str(program)


def check_machine(machine: str, folder: Path) -> None:
    """Check what is chosen and reported on such a machine."""
    isa, name, level, features = INSTRUCTIONS[machine]
    with (
        mock.patch("platform.machine", lambda: machine),
        mock.patch.object(cpu_vec_isa, "valid_vec_isa_list", lambda: [isa()]),
    ):
        compiler.choose_instructions()
        if (compiler.instruction_set(), compiler.architecture_flag()) != (name, level):
            fail(f"{machine}: {compiler.instruction_set()}, {compiler.architecture_flag()}")
        found = compiler.features(printing(folder, MACROS[machine]))
        if found != NAMES[machine]:
            fail(f"{machine}: {found} where {NAMES[machine]} are expected")
        real = shutil.which(f"{machine}-linux-gnu-g++")
        if real and features is not None and compiler.features(real) != features:
            fail(f"{real}: {compiler.features(real)}")
    print(f"ok {machine}: {', '.join(found)}{'' if real else ' (no such compiler here)'}")


def check_vectors_of_one_length() -> None:
    """Inductor's code for SVE, which only supports 256 bits, is not chosen."""
    with (
        mock.patch("platform.machine", lambda: "aarch64"),
        mock.patch.object(cpu_vec_isa, "valid_vec_isa_list", lambda: [cpu_vec_isa.VecSVE256()]),
    ):
        compiler.choose_instructions()
        if not isinstance(cpu_vec_isa.pick_vec_isa(), cpu_vec_isa.VecNEON):
            fail(f"{cpu_vec_isa.pick_vec_isa()!r} is chosen")
    print("ok aarch64: NEON on a processor with SVE")


def check_here() -> None:
    """All features of this machine's code are in Linux's list of its features."""
    result = subprocess.run(["grep", "-m1", "-iE", "^(flags|features)", "/proc/cpuinfo"],
                            capture_output=True, text=True, check=True)  # fmt: skip
    known = {word.replace("_", "") for word in result.stdout.split(":")[1].split()}
    synonyms = {"sse3": "pni", "lzcnt": "abm", "bmi": "bmi1", "pclmul": "pclmulqdq", "sha": "shani"}
    compiler.choose_instructions()
    features = compiler.features(compiler.find())
    for name in features:
        if synonyms.get(name, name.replace("_", "")) not in known:
            fail(f"{name} is no feature of this machine")
    print(f"ok {platform.machine()}, here: {', '.join(features)}")


def main() -> int:
    """Check both kinds of processors, and this one."""
    check_here()
    with tempfile.TemporaryDirectory(prefix="aoti-oracle.") as folder:
        for machine in INSTRUCTIONS:
            check_machine(machine, Path(folder))
    check_vectors_of_one_length()
    return 0


if __name__ == "__main__":
    sys.exit(main())
