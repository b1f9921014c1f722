# SPDX-License-Identifier: BSD-2-Clause
"""The three modes of contrib/benchmark.sh give the same ids for the demo model, and all figures."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from reference import BUILD, SOURCE, build, fail, need

need("torch", "transformers")

MODES = ("compile_preload", "compile_no_preload", "eager")
REQUESTS = 20


def summaries(report):
    """Return the summaries in a report."""
    events = (json.loads(line) for line in report.read_text().splitlines())
    return [event for event in events if event["event"] == "summary"]


def check(mode, summary):
    """Fail if a run of a mode did not give what it should."""
    if summary["problem"] or summary["answers"] != REQUESTS:
        fail(f"{mode}: {summary['answers']} answers, {summary['problem']}")
    missing = [name for name, value in summary.items() if value is None and name != "evicted"]
    if set(missing) - {"problem"}:
        fail(f"{mode}: without {missing}")
    told = sum(stage["seconds"] for stage in summary["stages"])
    if not 0 < told <= summary["ttft_cold_start_seconds"] * 1.01 + 0.02:
        fail(f"{mode}: stages of {told} s in {summary['ttft_cold_start_seconds']} s")


def main():
    package = build("demo")
    with tempfile.TemporaryDirectory(prefix="aoti-oracle.") as folder:
        command = [SOURCE / "contrib/benchmark.sh", "--num-requests", str(REQUESTS)]
        command += ["--repeats", "1", "--results", folder, "--package", package]
        environment = os.environ | {"PYTHON": sys.executable, "AOTI_BUILD_DIR": str(BUILD)}
        result = subprocess.run(command, env=environment, capture_output=True, text=True)
        if result.returncode != 0:
            fail(f"benchmark.sh: status {result.returncode}: {result.stderr}")
        print(result.stdout)
        hashes = set()
        for mode in MODES:
            for summary in summaries(Path(folder) / f"{mode}.json"):
                check(mode, summary)
                hashes.add(summary["ids_sha256"])
    if len(hashes) != 1 or f"ids are the same: {hashes.pop()}" not in result.stdout:
        fail("the modes give different ids")


if __name__ == "__main__":
    main()
