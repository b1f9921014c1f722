# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests of contrib/cluster: requests for the stub graphs, and their answers.
# shellcheck shell=sh disable=SC2034

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need python3 awk
need_built aoti-forward
AOTI_LIBTORCH=$stub
export AOTI_LIBTORCH
many=$source_dir/contrib/cluster/many.sh
slurm=$source_dir/contrib/cluster/slurm.sh
make_package cached model.pt2

# make_requests N: prints distinct lines of one to five ids; every fiftieth line is empty.
make_requests()
{
    awk -v n="$1" 'BEGIN {
        for (i = 1; i <= n; i++) {
            line = i % 50 == 0 ? "" : i % 63 + 1
            for (j = 0; j < i % 5 && line != ""; j++)
                line = line " " int(i / 7 ^ j) % 63 + 1
            print line
        }
    }'
}

# answers FILE...: the answers of one process on this machine.
answers()
{
    aoti-forward -n 4 model.pt2 "$@"
}

# The command of a worker, whose machine does not have this environment. Each answer takes a while.
worker="env AOTI_LIBTORCH=$stub STUB_SLEEP_MS=2 $AOTI_BUILD_DIR/aoti-forward -n 4 $work/model.pt2"
