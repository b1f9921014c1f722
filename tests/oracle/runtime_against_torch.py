#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The builtin runtime against libtorch's and Hugging Face eager: the same ids at every level of
the CPU and with any number of threads; without opening a library of torch; and in a root folder
that holds the program, the libraries of the distribution and nothing else."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from reference import DEMO, FORWARD, build, compare, fail, forward, greedy, need, prompts_of_text

need("torch", "transformers")

import torch
from aoti_artifacts import pretrained

NEW_IDS = 32
PROMPTS = 100
LOGITS_IDS = 6
THREADS = 3
DLOPENED = ("libgomp.so.1", "libsleef.so.3", "libgcc_s.so.1")


def levels():
    """Return the names that AOTI_CPU may have on this machine."""
    environment = os.environ | {"AOTI_CPU": "?"}
    command = [FORWARD, "--runtime=builtin", build("demo"), os.devnull]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    return re.search("this CPU can do: (.*)", result.stderr)[1].split()


def without_torch(package, prompts, expected):
    """Compare, and check that no file of torch was opened."""
    if shutil.which("strace") is None:
        print("SKIP: no strace")
        return
    line = " ".join(map(str, prompts[0])) + "\n"
    command = ["strace", "-f", "-e", "trace=open,openat", FORWARD, "-n", str(NEW_IDS), package]
    result = subprocess.run(command, input=line, capture_output=True, text=True)
    if "ptrace" in result.stderr and result.returncode != 0:
        print("SKIP: strace may not trace")
        return
    compare("traced", prompts[:1], [[int(word) for word in result.stdout.split()]], expected[:1])
    opened = re.findall(r'open(?:at)?\(.*?"([^"]*)"', result.stderr)
    for file in opened:
        if re.search("torch|c10|python", Path(file).name):
            fail(f"{file} was opened")
    print(f"traced: {len(opened)} files, none of torch")


def copy_with_libraries(root):
    """Copy the program and everything that it loads below ROOT."""
    shutil.copy(FORWARD, root / "aoti-forward")
    listed = subprocess.run(["ldd", FORWARD], capture_output=True, text=True, check=True).stdout
    cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout
    files = re.findall(r"(/\S+) \(0x", listed)
    for name in DLOPENED:
        files += re.findall(rf"{re.escape(name)} \(.*x86-64.*\) => (\S+)", cache)[:1]
    for file in files:
        target = root / file.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)


def alone(package, prompts, expected):
    """Compare in a root folder without Python and torch."""
    with tempfile.TemporaryDirectory(prefix="aoti-oracle.") as folder:
        root = Path(folder)
        copy_with_libraries(root)
        shutil.copy(package, root / "demo.pt2")
        (root / "proc").mkdir()
        script = (
            'mount --rbind /proc "$1/proc" && echo ready >&2 && '
            f'exec chroot "$1" /aoti-forward -n {NEW_IDS} /demo.pt2'
        )
        command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", folder]
        line = " ".join(map(str, prompts[0])) + "\n"
        environment = os.environ | {"LD_LIBRARY_PATH": ":".join(library_folders(root))}
        result = subprocess.run(
            command, input=line, capture_output=True, text=True, env=environment
        )
    if "ready" not in result.stderr:
        print(f"SKIP: no root folder of its own: {result.stderr.strip()}")
        return
    if result.returncode != 0:
        fail(f"alone: status {result.returncode}: {result.stderr}")
    compare("alone", prompts[:1], [[int(word) for word in result.stdout.split()]], expected[:1])


def library_folders(root):
    """Return where the copied libraries are inside ROOT, which has no loader cache."""
    return sorted({"/" + str(file.parent.relative_to(root)) for file in root.rglob("*.so*")})


def openmp_of(package, line, runtime, **environment):
    """Return the OpenMP libraries and threads of a process that has answered a line."""
    command = [FORWARD, "--threads", str(THREADS), f"--runtime={runtime}", "-n", "4", package]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    ) as process:
        process.stdin.write(line)
        process.stdin.flush()
        if not process.stdout.readline().strip():
            fail(f"{runtime}: no answer")
        folder = Path("/proc", str(process.pid))
        files = {words[5] for words in map(str.split, (folder / "maps").open()) if len(words) > 5}
        threads = int(re.search(r"Threads:\s*(\d+)", (folder / "status").read_text())[1])
    return {file for file in files if re.match(r"lib[gi]?omp", Path(file).name)}, threads


def one_pool(package, prompt):
    """The builtin kernels, the graphs and libtorch share one OpenMP, without extra threads."""
    line = " ".join(map(str, prompt)) + "\n"
    for runtime in ("builtin", "torch"):
        files, threads = openmp_of(package, line, runtime)
        print(f"{runtime}: {threads} threads of {' '.join(files)}")
        if len(files) != 1 or not 1 < threads <= THREADS:
            fail(f"{runtime}: one OpenMP with at most {THREADS} threads was expected")
    # Some wheels of torch contain a libgomp under another name, which graphs then bind to.
    renamed = Path(files.pop()).read_bytes().replace(b"libgomp.so.1\0", b"libgomx.so.1\0")
    with tempfile.TemporaryDirectory(prefix="aoti-oracle.") as folder:
        library, told = Path(folder, "libgomx.so.1"), Path(folder, "told")
        library.write_bytes(renamed)
        preload = {"LD_PRELOAD": str(library), "LD_DEBUG": "bindings", "LD_DEBUG_OUTPUT": str(told)}
        _, threads = openmp_of(package, line, "builtin", **preload)
        text = "".join(path.read_text() for path in Path(folder).glob("told.*"))
        bound = re.findall(r" to (\S+) \[0\]: normal symbol `GOMP_parallel'", text)
        if threads != THREADS or set(bound) != {str(library)}:
            fail(f"libgomp by another name: {threads} threads, of {bound}")
    print(f"libgomp by another name: {threads} threads")


def main():
    torch.set_num_threads(1)
    model = pretrained.load_model(DEMO, torch.float32).eval()
    stop_ids = {model.config.eos_token_id}
    prompts = prompts_of_text(PROMPTS, seed=9)
    expected = [greedy(model, prompt, NEW_IDS, stop_ids) for prompt in prompts]
    package = build("demo")
    count = ["-n", str(NEW_IDS)]

    compare("torch", prompts, forward(package, prompts, "--runtime=torch", *count), expected)
    for level in levels():
        os.environ["AOTI_CPU"] = level
        compare(level, prompts, forward(package, prompts, "--runtime=builtin", *count), expected)
        del os.environ["AOTI_CPU"]
    for threads in ("2", "3"):
        options = ["--runtime=builtin", "--threads", threads, *count]
        compare(f"{threads} threads", prompts, forward(package, prompts, *options), expected)
    options = ["--runtime=builtin", "--bucket-pad", "-n", str(LOGITS_IDS)]
    answers = forward(build("demo-static"), prompts, *options)
    compare("logits form", prompts, answers, [answer[:LOGITS_IDS] for answer in expected])
    one_pool(package, max(prompts, key=len))
    without_torch(package, prompts, expected)
    alone(package, prompts, expected)


if __name__ == "__main__":
    main()
