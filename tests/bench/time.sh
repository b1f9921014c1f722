#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The cost of aoti-time in a stream: the age of an id when its reader gets it (at most 50 us at the
# 99th percentile), and the rate of a command that writes as fast as pipes go (10 million ids per
# second). Most of the age is the time to wake one more process: cat(1) in the same place shows how
# much.

set -eu
PATH=$AOTI_BUILD_DIR:$PATH
ids=${1:-3000}

echo "An id every millisecond, its age when it arrives: directly, by cat, by aoti-time:"
for _ in 1 2 3; do
    stand-in stamp "ids=$ids" gap=1 | stand-in age
    stand-in stamp "ids=$ids" gap=1 | cat | stand-in age
    echo 1 | aoti-time -q -- stand-in stamp "ids=$ids" gap=1 | stand-in age
done

echo "20 million ids, as fast as they come; into a file, then by way of aoti-time:"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
stand-in flood ids=20000000 | wc -c
for _ in 1 2 3; do
    echo 1 | aoti-time -q --json "$report" -- stand-in flood ids=20000000 >/dev/null
    sed -n 's/.*"summary".*\("end_to_end_tokens_per_second": [0-9]*\).*/\1/p' "$report"
done
