#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Start-up, prefill and decode of one package of the cached form, by everything that can run it.

    forward_bench.py PACKAGE [--model-id DIR] [--prompt N] [--tokens N] [--rounds N] [--only NAMES]

Runners: aoti-forward with the builtin runtime, the same with libtorch, torch's own loader in Python
(aoti_load_package and a greedy loop), and, if the checkpoint is given, Hugging Face eager through
aoti-eager. They run in turn, A B A B, each as a new process that answers one line of random ids;
medians count. A line of JSON for every run goes to stdout, a table with ratios to stderr. Ids are
compared: a speed with different ids is marked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("AOTI_BUILD_DIR", "build")).resolve()
SOURCE = Path(os.environ.get("AOTI_SOURCE_DIR", HERE.parents[1]))
COLUMNS = ("first_id_seconds", "setup_seconds", "prefill_per_second", "decode_per_second",
           "anonymous_mb")


def parser():
    result = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    result.add_argument("package", type=Path)
    result.add_argument("--model-id", type=Path, help="the checkpoint, for Hugging Face eager")
    result.add_argument("--prompt", type=int, default=128, help="ids of the prompt")
    result.add_argument("--tokens", type=int, default=32, help="ids of the answer")
    result.add_argument("--rounds", type=int, default=3)
    result.add_argument("--only", help="runners to take, separated by commas")
    return result


def commands(arguments, stats):
    """Return the command of each runner."""
    count = ["-n", str(arguments.tokens), "--stats", stats]
    forward = [BUILD / "aoti-forward", "--ignore-eos", *count]
    found = {
        "builtin": [*forward, "--runtime=builtin", arguments.package],
        "torch": [*forward, "--runtime=torch", arguments.package],
        "python": [sys.executable, HERE / "python_runner.py", *count, arguments.package],
    }
    if arguments.model_id is not None:
        dtype = json.loads(metadata(arguments.package)).get("dtype", "float32")
        program = [sys.executable, SOURCE / "artifacts/aoti-eager", "--ignore-eos"]
        found["eager"] = [*program, "--dtype", dtype, *count, arguments.model_id]
    if arguments.only is not None:
        found = {name: found[name] for name in arguments.only.split(",")}
    return {name: list(map(str, command)) for name, command in found.items()}


def metadata(package):
    with zipfile.ZipFile(package) as archive:
        name = next(n for n in archive.namelist() if n.endswith("extra/aoti-utils/meta.json"))
        return archive.read(name)


def anonymous_mb(process):
    """Return the private memory of a running process in MB."""
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(text.split("RssAnon:")[1].split()[0]) / 1000


def run(command, line, stats):
    """Run one process over the line and return the measurements."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(line.encode())
    process.stdin.flush()
    output = process.stdout.read(1)
    first = time.monotonic() - begin
    output += process.stdout.readline()
    memory = anonymous_mb(process)
    process.stdin.close()
    if process.wait() != 0:
        sys.exit(f"{command[0]}: status {process.returncode}")
    events = [json.loads(text) for text in Path(stats).read_text(encoding="utf-8").splitlines()]
    request = next(event for event in events if event["event"] == "request")
    prefill = request.get("prefill_seconds", request.get("first_token_seconds"))
    ids = output.split()
    return {
        "first_id_seconds": first,
        "setup_seconds": first - prefill,
        "stages": {e["stage"]: e["seconds"] for e in events if e["event"] == "stage"},
        "prefill_per_second": request["prompt_tokens"] / prefill,
        "decode_per_second": (len(ids) - 1) / request["decode_seconds"] if len(ids) > 1 else None,
        "anonymous_mb": memory,
        "read_gb_per_second": None,
        "ids": hashlib.sha256(b" ".join(ids)).hexdigest()[:12],
    }


def read_rate(package):
    """Return how fast memory delivers the package's bytes now, in GB/s."""
    program = BUILD / "read_rate"
    if not program.exists():
        return None
    return float(subprocess.run([program, package], capture_output=True, check=True).stdout)


def weights_bytes(package):
    with zipfile.ZipFile(package) as archive:
        return max(info.file_size for info in archive.infolist())


def table(package, results):
    """Print medians, and their ratios to the first runner."""
    say = lambda *words: print(*words, file=sys.stderr, flush=True)
    say(f"{package}: {package.stat().st_size} bytes")
    say(f"{'':8}" + "".join(f"{name:>20}" for name in COLUMNS) + f"{'ids':>14}")
    medians = {
        name: [statistics.median(run[column] or 0 for run in runs) for column in COLUMNS]
        for name, runs in results.items()
    }
    first = next(iter(medians))
    for name, runs in results.items():
        shares = [r["decode_per_second"] * weights_bytes(package) / 1e9 / r["read_gb_per_second"]
                  for r in runs if r["read_gb_per_second"] and r["decode_per_second"]]
        if shares:  # the bytes of an embedding that is not the head as well count too
            share = 100 * statistics.median(shares)
            say(f"{name}: decode reads {share:.0f} % of what memory gives")
    for name, values in medians.items():
        say(f"{name:8}" + "".join(f"{value:20.4g}" for value in values)
            + f"{results[name][0]['ids']:>14}")
    for name, values in medians.items():
        if name != first:
            ratios = (a / b if b else float("nan") for a, b in zip(medians[first], values))
            say(f"{first + '/' + name:8}"[:14] + "".join(f"{ratio:19.3g}x" for ratio in ratios))
    for name, stages in ((name, runs[0]["stages"]) for name, runs in results.items()):
        if stages:
            say(f"{name}: " + ", ".join(f"{k} {1e3 * v:.1f} ms" for k, v in stages.items()))


def main():
    arguments = parser().parse_args()
    vocabulary = json.loads(metadata(arguments.package))["vocab_size"]
    chance = random.Random(1)
    line = " ".join(str(chance.randrange(vocabulary)) for _ in range(arguments.prompt)) + "\n"
    results = {}
    with tempfile.TemporaryDirectory(prefix="aoti-bench.") as folder:
        stats = str(Path(folder) / "stats")
        for round_number in range(arguments.rounds):
            for name, command in commands(arguments, stats).items():
                result = run(command, line, stats)
                result["read_gb_per_second"] = read_rate(arguments.package)
                results.setdefault(name, []).append(result)
                print(json.dumps({"runner": name, "round": round_number, **result}), flush=True)
    table(arguments.package, results)


if __name__ == "__main__":
    main()
