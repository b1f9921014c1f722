# SPDX-License-Identifier: BSD-2-Clause
"""Checks every figure of aoti-time against a stub that logs what it did when: within 2 ms and 1 %.
Another process may delay both, so the best of several attempts counts."""

import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = Path(os.environ["AOTI_BUILD_DIR"])
ATTEMPTS = 8
REQUESTS = 3
IDS = 40
TIMES = {"ready": 250, "first": 60, "gap": 5}


def measure(folder):
    """Return the summary of aoti-time and the events logged by the stub."""
    log, report = folder / "log", folder / "report"
    log.unlink(missing_ok=True)
    settings = [f"{name}={value}" for name, value in TIMES.items()]
    command = [BUILD / "stand-in", *settings, f"ids={IDS}", f"log={log}"]
    subprocess.run(
        [BUILD / "aoti-time", "-q", "--json", report, "--", *command],
        input="1 2\n" * REQUESTS,
        text=True,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    events = [line.split() for line in log.read_text().splitlines()]
    summary = [json.loads(line) for line in report.read_text().splitlines()][-2]
    return summary, [(name, float(at)) for name, at in events]


def nearest_rank(values, percent):
    """Return the least value that at least PERCENT of the values do not exceed."""
    return sorted(values)[max(math.ceil(percent / 100 * len(values)), 1) - 1]


def expected(events):
    """Return each figure by the stub's own clock, and the time it is based on."""
    start = events[0][1]
    ready = next(at for name, at in events if name == "ready") - start
    end = events[-1][1] - start
    ids = [at - start for name, at in events if name == "id"]
    answers = [ids[i : i + IDS] for i in range(0, len(ids), IDS)]
    # A request is written as soon as the previous answer has ended.
    sent = [0, *(answer[-1] for answer in answers[:-1])]
    took = [answer[-1] - begin for answer, begin in zip(answers, sent, strict=True)]
    gaps = [b - a for answer in answers for a, b in itertools.pairwise(answer)]
    return {
        "ttft_cold_start_seconds": (ids[0], None),
        "ttft_after_ready_seconds": (ids[0] - ready, None),
        "ready_seconds": (ready, None),
        "mean": (sum(took) / len(took), None),
        "tail_mean": (sum(took[1:]) / len(took[1:]), None),
        "total_script": (end, None),
        "tokens_per_second_all": (len(ids) / sum(took), sum(took)),
        "tail_tokens_per_second": ((len(ids) - IDS) / sum(took[1:]), sum(took[1:])),
        "end_to_end_tokens_per_second": (len(ids) / end, end),
        "decode_tokens_per_second": (len(gaps) / sum(gaps), sum(gaps)),
        "inter_token_latency_p50_seconds": (nearest_rank(gaps, 50), None),
        "inter_token_latency_p90_seconds": (nearest_rank(gaps, 90), None),
        "inter_token_latency_p99_seconds": (nearest_rank(gaps, 99), None),
        "inter_token_latency_max_seconds": (max(gaps), None),
    }


def errors(summary, events):
    """Return the error of each figure as a fraction of the tolerance."""
    off = {}
    for name, (wanted, base) in expected(events).items():
        # The tolerance of a rate follows from that of the time it is based on.
        allowed = 2e-3 + 0.01 * wanted if base is None else wanted * (0.01 + 2e-3 / base)
        off[name] = abs(summary[name] - wanted) / allowed
    return off


def main():
    best = {}
    with tempfile.TemporaryDirectory(prefix="aoti-test.") as folder:
        for _ in range(ATTEMPTS):
            for name, error in errors(*measure(Path(folder))).items():
                best[name] = min(error, best.get(name, math.inf))
            if max(best.values()) <= 1:
                break
    for name, error in best.items():
        print(f"{name}: off by {100 * error:.1f} % of what is allowed")
    sys.exit(max(best.values()) > 1)


if __name__ == "__main__":
    main()
