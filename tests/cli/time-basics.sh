#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# aoti-time sends requests line by line, passes answers on, and reports.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need jq python3

# figure FILE EVENT NAME: prints a member of the last such event of a report.
figure()
{
    jq -r "select(.event == \"$2\") | .$3" "$1" | tail -1
}

# expect_figure WANTED FILE EVENT NAME
expect_figure()
{
    got=$(figure "$2" "$3" "$4")
    [ "$got" = "$1" ] || fail "$4 of $3 is $got, not $1"
}

printf '1 2 3\n4 5\n\n' >requests

# Answers are passed on. Requests come from standard input or a file, one after the other.
expect_output '1 2 3\n4 5\n\n' aoti-time -q --requests requests -- cat
expect_output '1 2 3\n4 5\n\n' sh -c 'aoti-time -q cat <requests'
expect_output '1 2 3\n4 5\n\n1 2 3\n4 5\n' aoti-time -q -r requests -n 5 cat
expect_output '1 2 3\n1 2 3\n' aoti-time -q -r requests -n 1 -R 2 cat

# One event per request, one per run, and one for all runs.
aoti-time -q -r requests -n 4 -R 2 --label two --note torch=2.9.1 --json report -- cat >out ||
    fail 'two runs'
[ "$(jq -r .event report | tr '\n' ' ')" = \
    'request request request request summary request request request request summary repeats ' ] ||
    fail "events: $(jq -r .event report)"
[ "$(jq -r '.label' report | sort -u)" = two ] || fail 'label'
expect_figure 4 report summary answers
expect_figure 8 report summary new_tokens
expect_figure 2 report summary repeat
expect_figure 2.9.1 report summary notes.torch
expect_figure cat report summary 'command[0]'
expect_figure null report summary problem
expect_figure true report repeats ids_agree
expect_figure "$(head -4 out | sha256sum | cut -c 1-64)" report summary ids_sha256
expect_figure "$(head -4 out | sha256sum | cut -c 1-64)" report summary requests_sha256

# The digest covers the ids, not their spelling.
printf '1\n' | aoti-time -q --json report -- sh -c 'read x; printf " 01\t 2  \n"' >out || fail 'form'
expect_figure "$(echo 1 2 | sha256sum | cut -c 1-64)" report summary ids_sha256

# A request is written after the previous answer is complete; with --concurrency, earlier.
cat >slow <<'END'
read -r first
sleep 0.3
timeout 0.1 cat >ahead
echo 1
cat >>rest
echo 2
END
printf '7\n8\n' | aoti-time -q -- sh slow >out || fail 'slow'
[ ! -s ahead ] || fail 'a request came before the last was answered'
printf '7\n8\n' | aoti-time -q --concurrency 2 -- sh slow >out || fail 'slow, two at once'
[ "$(cat ahead)" = 8 ] || fail 'a second request did not come'

# Ready: COMMAND learns the descriptor from the environment, unless disabled.
cat >ready <<'END'
[ -z "${AOTI_READY_FD-}" ] || eval "echo >&$AOTI_READY_FD"
cat
END
echo 1 | aoti-time -q --json report -- sh ready >out || fail 'ready'
[ "$(figure report summary ready_seconds)" != null ] || fail 'not ready'
[ "$(figure report summary ttft_after_ready_seconds)" != null ] || fail 'no time after ready'
echo 1 | AOTI_READY_FD=77 aoti-time -q --no-ready --json report -- sh ready >out || fail 'no ready'
expect_figure null report summary ttft_after_ready_seconds

# Stages come from COMMAND's --stats; what an earlier run wrote is ignored.
echo '{"event": "stage", "stage": "old", "seconds": 9, "bytes": 1}' >stats
cat >staged <<'END'
cat
echo '{"event": "stage", "stage": "package", "seconds": 0.25, "bytes": 1000}' >>stats
echo 'no JSON' >>stats
echo '{"event": "request", "prefill_seconds": 0.5}' >>stats
echo '{"event": "request", "prefill_seconds": 0.7}' >>stats
END
echo 1 | aoti-time --stats stats --json report -- sh staged >out 2>err || fail 'stages'
[ "$(figure report summary 'stages | map(.stage + " " + (.seconds | tostring)) | join(", ")')" = \
    'package 0.250000000, prefill 0.500000000' ] ||
    [ "$(figure report summary 'stages | map(.stage) | join(", ")')" = 'package, prefill' ] ||
    fail "stages: $(figure report summary stages)"
expect_figure 1000 report summary package_bytes
grep -q '^    package  *250 ms' err || fail "no stages in the table: $(cat err)"

# The table goes to stderr; it has columns only for several runs.
aoti-time -r requests -- cat 2>err >out || fail 'table'
grep -q '^cat: 1 run, 3 answers, 5 ids$' err || fail "heading: $(cat err)"
grep -Eq '^  ttft_cold  +[0-9.]+ (us|ms|s) *$' err || fail "no ttft_cold: $(cat err)"
grep -q median err && fail 'a median of one'
aoti-time -r requests -R 3 --label mine -- cat 2>err >out || fail 'table of three'
grep -q '^mine: 3 runs' err || fail "heading: $(cat err)"
grep -q 'min *median *max' err || fail "no columns: $(cat err)"

# Bandwidth, and decode's share of it.
echo 1 | aoti-time -q --bandwidth --package slow --package ready --json report -- \
    sh -c 'read x; printf "1 "; sleep 0.01; echo 2' >out || fail 'bandwidth'
expect_figure "$(cat slow ready | wc -c)" report summary package_bytes
[ "$(figure report summary 'read_bandwidth_bytes_per_second > 1e8')" = true ] || fail 'bandwidth'
[ "$(figure report summary 'read_bandwidth_share > 0')" = true ] || fail 'share'

# The page cache is dropped, or a message says that it could not be.
head -c 1000000 /dev/zero >data
cat data >/dev/null
echo 1 | aoti-time -q --evict data --json report cat >out 2>err || fail 'evict'
case $(figure report summary evicted) in
true) [ ! -s err ] || fail "evicted, yet $(cat err)" ;;
false) grep -q -e '--evict data: ' err || fail 'not evicted, and not said' ;;
*) fail 'evict is not reported' ;;
esac

# Without COMMAND, aoti-time is a filter.
printf '1 2\n3\n' | aoti-time -q --json report >out || fail 'filter'
[ "$(cat out)" = '1 2
3' ] || fail 'the filter changes what it passes on'
expect_figure 2 report summary answers
expect_figure null report summary command
expect_figure null report summary requests_sha256

# Comparison.
aoti-time -q -r requests --label one --json one.json -- cat >out || fail one
aoti-time -q -r requests --label two --json two.json -- cat >out || fail two
aoti-time -q -r requests --label other --json other.json -- sed -u 's/5/6/' >out || fail other
aoti-time -q -r requests -n 2 --json fewer.json -- cat >out || fail fewer
expect_status 0 aoti-time --compare one.json two.json
grep -Eq '^ttft_cold .* x[0-9.]+$' out || fail "no ratio: $(cat out)"
grep -q '^ids are the same: ' out || fail 'same ids'
expect_status 0 aoti-time --compare one.json two.json other.json
grep -q '^ids differ between one and other, first in answer 2$' out || fail "ids: $(cat out)"
expect_error 3 'fewer.json: requests differ from one.json; cannot compare' \
    aoti-time --compare one.json fewer.json
expect_error 3 'report: no request digest; cannot compare' aoti-time --compare report one.json
expect_error 3 'requests: not JSON' aoti-time --compare one.json requests
head -1 one.json >cut.json
expect_error 3 'cut.json: no "summary" event' aoti-time --compare one.json cut.json

# A plot, if a plotting program is installed.
plot=$source_dir/contrib/aoti-plot
if command -v gnuplot >/dev/null; then
    for options in '-o plot.svg' '--percent -o plot.svg' ''; do
        # shellcheck disable=SC2086
        expect_status 0 python3 "$plot" one.json other.json $options
        [ ! -s err ] || fail "aoti-plot $options: $(cat err)"
    done
    grep -q 'Time to the first id' plot.svg || fail 'nothing in the plot'
    expect_status 1 python3 "$plot" requests
    grep -q '^aoti-plot: not a report' err || fail "aoti-plot: $(cat err)"
fi
exit 0
