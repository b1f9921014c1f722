#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# compare.sh - the cold start of the three modes: 2 fresh processes of each, 1 request
#
# Options are those of benchmark.sh and override what is given here.

exec "$(dirname "$0")/benchmark.sh" --num-requests 1 --repeats 2 --evict \
    --results artifacts/results/cold "$@"
