# SPDX-License-Identifier: BSD-2-Clause
"""Checks the C++ compiler before it is needed: its name, its library, the instructions it uses."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from .diagnostics import failed, first_line

_PROBE = """\
#include <stdexcept>
#include <string>
extern "C" int probe(const char* text) {
    try { return std::stoi(std::string(text)); } catch (const std::exception&) { return -1; }
}
"""

# The architecture level for each instruction set that Inductor vectorizes for.
_LEVELS = {
    ("x86_64", "avx512"): "x86-64-v4",
    ("x86_64", "avx2"): "x86-64-v3",
    ("x86_64", "default"): "x86-64",
    ("aarch64", "asimd"): "armv8-a",
    ("aarch64", "default"): "armv8-a",
}
_MACRO = re.compile(r"#define (\w+) 1")
_X86_FEATURE = re.compile(
    r"__(SSE3|SSSE3|SSE4_1|SSE4_2|POPCNT|LZCNT|BMI|BMI2|FMA|F16C|AVX\w*|AMX\w*|"
    r"VAES|GFNI|SHA|PCLMUL|VPCLMULQDQ|SSE4A)__"
)
# Macros of compilers for Arm, and the names in /proc/cpuinfo.
_ARM_FEATURES = {
    "__ARM_NEON": "asimd",
    "__ARM_FEATURE_AES": "aes",
    "__ARM_FEATURE_ATOMICS": "atomics",
    "__ARM_FEATURE_BF16_VECTOR_ARITHMETIC": "bf16",
    "__ARM_FEATURE_COMPLEX": "fcma",
    "__ARM_FEATURE_CRC32": "crc32",
    "__ARM_FEATURE_DOTPROD": "asimddp",
    "__ARM_FEATURE_FP16_SCALAR_ARITHMETIC": "fphp",
    "__ARM_FEATURE_FP16_VECTOR_ARITHMETIC": "asimdhp",
    "__ARM_FEATURE_JCVT": "jscvt",
    "__ARM_FEATURE_MATMUL_INT8": "i8mm",
    "__ARM_FEATURE_QRDMX": "asimdrdm",
    "__ARM_FEATURE_SHA2": "sha2",
    "__ARM_FEATURE_SVE": "sve",
    "__ARM_FEATURE_SVE2": "sve2",
}


def _run(command: list[str]) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment
    ).stdout


def find() -> str:
    """Return the C++ compiler that Inductor will use."""
    from torch._inductor import cpp_builder, exc

    try:
        return cpp_builder.get_cpp_compiler()
    except exc.InvalidCxxCompiler as error:
        name = os.environ.get("CXX", "g++")
        raise failed(name, "no such C++ compiler; install one or set CXX") from error


def check_library(compiler: str) -> None:
    """Refuse a compiler whose shared objects do not share the C++ library with libtorch."""
    with tempfile.TemporaryDirectory(prefix="aoti-build-") as directory:
        source, output = Path(directory, "probe.cpp"), Path(directory, "probe.so")
        source.write_text(_PROBE, encoding="ascii")
        try:
            _run([compiler, "-shared", "-fPIC", "-o", str(output), str(source)])
            needed = _run(["readelf", "-d", str(output)])
        except FileNotFoundError as error:
            raise failed(str(error.filename), "not found; a C++ compiler needs binutils") from error
        except subprocess.CalledProcessError as error:
            why = first_line(RuntimeError(error.stderr))
            raise failed(compiler, f"cannot build a shared object: {why}") from error
    if "[libstdc++.so.6]" not in needed:
        raise failed(
            compiler,
            "does not link libstdc++ dynamically, so its packages would crash when loaded; "
            "set CXX to another compiler",
        )


def version(compiler: str) -> str:
    """Return the first line in which the compiler names itself."""
    return _run([compiler, "--version"]).splitlines()[0].strip()


def choose_instructions() -> None:
    """Let Inductor trust the processor's report of its instructions.

    Otherwise it compiles and loads a trial for each set, for ten seconds in all, and falls back
    to slow code where loading is forbidden (a temporary folder mounted noexec).

    Its code for SVE is for vectors of exactly 256 bits, which few processors with SVE have and no
    name of a feature tells: on Arm it is to write NEON, which all have.
    """
    from torch._inductor import config, cpu_vec_isa

    config.cpp.vec_isa_ok = True
    if platform.machine() == "aarch64":
        cpu_vec_isa.valid_vec_isa_list = lambda: [cpu_vec_isa.VecNEON()]


def instruction_set() -> str:
    """Return the instruction set that Inductor vectorizes for, such as avx512."""
    from torch._inductor import cpu_vec_isa

    words = str(cpu_vec_isa.pick_vec_isa()).split()
    return words[0] if words and words[0] != "INVALID_VEC_ISA" else "default"


def architecture_flag() -> str:
    """Return the -march value for packages: the level that the instruction set implies."""
    return _LEVELS.get((platform.machine(), instruction_set()), "native")


def features(compiler: str) -> list[str]:
    """Return the processor features that the compiled code may use.

    Those of x86 are named as GCC names them, those of Arm as Linux does.
    """
    from torch._inductor import cpu_vec_isa

    isa = cpu_vec_isa.pick_vec_isa()
    flags = [f"-march={architecture_flag()}", *(isa.build_arch_flags().split() if isa else [])]
    macros = _MACRO.findall(_run([compiler, *flags, "-dM", "-E", "-x", "c++", os.devnull]))
    names = [name[2:-2].lower() for name in macros if _X86_FEATURE.fullmatch(name)]
    return sorted({*names, *(_ARM_FEATURES[name] for name in macros if name in _ARM_FEATURES)})


def _portable_command(command: str) -> str:
    """Return a compiler's command with flags that keep folder names out of its result.

    Messages of the code name source files, and so does the table of local symbols, which nothing
    needs. What Inductor calls a source depends on the folder that it is in; of several that match,
    the last map counts. The weights, which come from assembly that does not say so, need no
    executable stack, which newer systems refuse.
    """
    import torch

    words = shlex.split(command)
    names = {str(Path(torch.__file__).parent): "torch"}
    for source in words:
        if source.endswith((".cpp", ".c", ".S")):
            names[source] = Path(source).name.partition(".")[2]
    maps = [f"-ffile-prefix-map={path}={name}" for path, name in names.items()]
    linking = ["-s", "-Wl,-z,noexecstack"] if "-shared" in words else []
    return shlex.join([*words, *maps, *linking])


@contextmanager
def portable_code() -> Iterator[None]:
    """Compile so that the same bytes come out on every machine that has the instructions.

    A package says which instruction set it needs; with -march=native, for exactly this processor,
    that would not be the truth.
    """
    from torch._inductor import config, cpp_builder

    choose, run = cpp_builder._get_optimization_cflags, cpp_builder.run_compile_cmd
    march = architecture_flag()

    def flags(*arguments: object, **options: object) -> tuple[list[str], list[str]]:
        cflags, ldflags = choose(*arguments, **options)
        return [f"march={march}" if flag == "march=native" else flag for flag in cflags], ldflags

    def compile_portably(command: str, cwd: str) -> None:
        run(_portable_command(command), cwd)

    settings = {"cpp.march": march} if hasattr(config.cpp, "march") else {}
    with (
        config.patch(settings),
        mock.patch.object(cpp_builder, "_get_optimization_cflags", flags),
        mock.patch.object(cpp_builder, "run_compile_cmd", compile_portably),
    ):
        yield
