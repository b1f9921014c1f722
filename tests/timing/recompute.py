# SPDX-License-Identifier: BSD-2-Clause
"""Recomputes every figure of the summaries from the request lines, by the formulas of aoti-
time(1)."""

import hashlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = Path(os.environ["AOTI_BUILD_DIR"])
STAND_IN = BUILD / "stand-in"

# Name, requests, arguments of aoti-time, command. `cat` answers a whole line at once.
CASES = [
    ("one", "1 2\n", [], [STAND_IN, "ids=1"]),
    ("several", "1 2\n3\n\n", ["-R", "3", "-n", "8"], [STAND_IN, "ids=30", "gap=1", "ready=20"]),
    ("many", "5 6 7\n" * 300, ["-R", "2"], ["cat"]),
    ("two at once", "1\n" * 20, ["--concurrency", "2"], [STAND_IN, "ids=3", "first=2"]),
    ("not ready", "1\n2\n", ["--no-ready"], [STAND_IN, "ids=2"]),
    ("package", "1\n2\n", ["--bandwidth", "--package", STAND_IN], [STAND_IN, "ids=9", "gap=1"]),
    ("dies", "1\n2\n", [], ["sh", "-c", "read x; echo 1 2; read x; printf '3 4 '; kill -9 $$"]),
]


def quotient(dividend, divisor):
    """Divide, or return None if the divisor is missing or zero."""
    return dividend / divisor if divisor else None


def percentile(values, percent, least):
    """Return the nearest-rank percentile, or None if there are too few values."""
    if len(values) < least:
        return None
    return sorted(values)[max(math.ceil(percent / 100 * len(values)), 1) - 1]


def average(requests):
    """Return the mean time of whole answers and their rate."""
    whole = [request for request in requests if request["complete"]]
    times = [request["end_seconds"] - request["sent_seconds"] for request in whole]
    rate = quotient(sum(request["new_tokens"] for request in whole), sum(times))
    return (sum(times) / len(times), rate) if times else (None, None)


def intervals(requests):
    """Return the times between ids of the same answer."""
    for request in requests:
        times = [at for at, ids in request["arrivals"] for _ in range(ids)]
        yield from (b - a for a, b in zip(times, times[1:], strict=False))


def after_ready(requests, ready):
    """Return the time from readiness to the first id."""
    for request in requests:
        first = request["first_token_seconds"]
        if ready is not None and first is not None and first >= ready:
            return first - max(ready, request["sent_seconds"])
    return None


def figures(requests, summary):
    """Return every figure that follows from the request lines."""
    gaps = list(intervals(requests))
    long = [request for request in requests if request["new_tokens"] > 1]
    spans = sum(request["arrivals"][-1][0] - request["arrivals"][0][0] for request in long)
    decode = quotient(sum(request["new_tokens"] - 1 for request in long), spans)
    ids = sum(request["new_tokens"] for request in requests)
    mean, rate = average(requests)
    tail_mean, tail_rate = average(requests[1:])
    package, bandwidth = summary["package_bytes"], summary["read_bandwidth_bytes_per_second"]
    share = package * decode / bandwidth if package and bandwidth and decode else None
    return {
        "ttft_cold_start_seconds": requests[0]["first_token_seconds"],
        "ttft_after_ready_seconds": after_ready(requests, summary["ready_seconds"]),
        "mean": mean,
        "tail_mean": tail_mean,
        "tokens_per_second_all": rate,
        "tail_tokens_per_second": tail_rate,
        "end_to_end_tokens_per_second": ids / summary["total_script"],
        "decode_tokens_per_second": decode,
        "inter_token_latency_p50_seconds": percentile(gaps, 50, 1),
        "inter_token_latency_p90_seconds": percentile(gaps, 90, 1),
        "inter_token_latency_p99_seconds": percentile(gaps, 99, 100),
        "inter_token_latency_max_seconds": max(gaps, default=None),
        "read_bandwidth_share": share,
        "new_tokens": ids,
        "requests": len(requests),
        "answers": sum(request["complete"] for request in requests),
    }


# Figures measured otherwise; the ranges of the last event include them.
GIVEN = ["total_script", "peak_rss_bytes", "cpu_seconds", "package_bytes"]
GIVEN += ["read_bandwidth_bytes_per_second"]


def same(got, wanted):
    """Compare numbers that were written with nine decimals."""
    if got is None or wanted is None:
        return got is None and wanted is None
    return math.isclose(got, wanted, rel_tol=1e-4, abs_tol=2e-9)


def check(name, wanted, event):
    """Report every figure of the event that differs from the recomputed one."""
    wrong = [key for key, value in wanted.items() if not same(event[key], value)]
    for key in wrong:
        print(f"FAIL: {name}: {key} is {event[key]}, recomputed {wanted[key]}")
    return not wrong


def check_hashes(name, requests, summary, output):
    """Compare the digests with the ids that were passed on."""
    lines = output.split(b"\n")
    good = hashlib.sha256(output).hexdigest() == summary["ids_sha256"]
    for request, line in zip(requests, lines, strict=False):
        digest = hashlib.sha256(line + b"\n").hexdigest() if request["complete"] else None
        good = good and digest == request["ids_sha256"]
    if not good:
        print(f"FAIL: {name}: a digest is not that of the output")
    return good


def check_ranges(name, summaries, event):
    """Compare the last event with the summaries."""
    good = True
    for key, got in event["figures"].items():
        values = [summary[key] for summary in summaries if summary[key] is not None]
        wanted = {"min": min(values, default=None), "max": max(values, default=None)}
        wanted["median"] = statistics.median(values) if values else None
        good = check(f"{name}: {key}", wanted, got) and good
    missing = set(event["figures"]) - {*figures_known(summaries[0]), *GIVEN}
    if missing:
        print(f"FAIL: {name}: nothing recomputes {sorted(missing)}")
    return good and not missing


def figures_known(summary):
    """Return the names of the figures that figures() computes."""
    return [key for key in figures([dict(DUMMY)], summary) if key in summary]


DUMMY = {
    "first_token_seconds": None,
    "sent_seconds": 0,
    "end_seconds": None,
    "complete": False,
    "new_tokens": 0,
    "arrivals": [],
}


def run(name, requests, arguments, command, report):
    """Run one case and check its report."""
    result = subprocess.run(
        [BUILD / "aoti-time", "-q", "--json", report, *arguments, "--", *command],
        input=requests.encode(),
        stdout=subprocess.PIPE,
    )
    events = [json.loads(line) for line in report.read_text().splitlines()]
    summaries = [event for event in events if event["event"] == "summary"]
    good = result.returncode == (1 if name == "dies" else 0)
    for summary in summaries:
        lines = [e for e in events if e["event"] == "request" and e["repeat"] == summary["repeat"]]
        good = check(f"{name}, run {summary['repeat']}", figures(lines, summary), summary) and good
        if len(summaries) == 1 and name != "dies":
            good = check_hashes(name, lines, summary, result.stdout) and good
    good = check_ranges(name, summaries, events[-1]) and good
    print(f"{name}: {len(events)} events, {'as recomputed' if good else 'WRONG'}")
    return good


def main():
    with tempfile.TemporaryDirectory(prefix="aoti-test.") as folder:
        report = Path(folder) / "report"
        results = [run(*case, report) for case in CASES]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
