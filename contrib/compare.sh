#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# compare.sh - compare cold starts of the three modes: one request, two fresh processes each
#
# Accepts the options of benchmark.sh; they override the ones below.

exec "$(dirname "$0")/benchmark.sh" --num-requests 1 --repeats 2 --evict \
    --results artifacts/results/cold "$@"
