#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# aoti-time with commands that misbehave, and with invalid input of its own.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need jq python3
printf '1\n2\n3\n' >requests

# expect_report STATUS MESSAGE ANSWERS COMMAND...: what was measured is reported all the same.
expect_report()
{
    status=$1 text=$2 answers=$3
    shift 3
    rm -f report
    expect_status "$status" timeout 60 aoti-time -q -r requests --json report "$@"
    expect_message "$text" "$@"
    got=$(jq -r 'select(.event == "summary") | .answers' report)
    [ "$got" = "$answers" ] || fail "$got answers reported, not $answers: $*"
    jq -r 'select(.event == "summary") | .problem' report | grep -q . || fail 'no problem reported'
}

# A command that cannot be started.
expect_error 127 'no-such-command: No such file or directory' \
    aoti-time -r requests -- no-such-command
echo text >file
expect_error 126 './file: Permission denied' aoti-time -r requests -- ./file

# A command that dies: by a status, by a signal, within an answer or between two.
expect_report 1 'sh: exited with status 7 after 1 of 3 answers' 1 -- \
    sh -c 'read x; echo 5; read x; exit 7'
expect_report 1 'sh: killed by signal 9 (Killed) after 1 of 3 answers, in the middle of one' 1 -- \
    sh -c 'read x; echo 5; read x; printf "6 7 "; kill -9 $$'
[ "$(jq -c 'select(.event == "request") | [.complete, .new_tokens]' report | tr '\n' ' ')" = \
    '[true,1] [false,2] ' ] || fail "what was cut off: $(cat report)"
expect_report 1 'sh: exited with status 3 after 3 of 3 answers' 3 -- sh -c 'cat; exit 3'
expect_report 3 'sh:2:2: stream ended inside a sequence' 1 -- \
    sh -c 'read x; echo 5; read x; printf 6'
expect_report 1 'sh: exited with status 0 after 1 of 3 answers' 1 -- \
    sh -c 'read x; echo 5'

# A command that does not write a token stream.
expect_report 3 "sh:2:3: expected a decimal token id, not 'x'" 1 -- \
    sh -c 'read x; echo 5; read x; echo "6 x"; sleep 60'
expect_report 3 'sh:1:1: expected a decimal token id, not byte 0x00' 0 -- \
    sh -c 'printf "\000"; sleep 60'
expect_report 3 'sh:1:10: token id above 2147483647' 0 -- sh -c 'echo 2147483648; sleep 60'
grep -q 'token id above 2147483647$' err || fail "more than the reason: $(cat err)"
expect_report 3 'sh:1:11: token id has more than 10 digits' 0 -- \
    sh -c 'echo 00000000001; sleep 60'

# A command that answers too many lines, at the end or midway.
expect_report 3 'sh: more answers than requests (3 sent)' 3 -- sh -c 'cat; echo 4'
expect_report 3 'sh: more answers than requests (1 sent)' 1 -- \
    sh -c 'read x; printf "1\n2\n"; sleep 60'

# A command that never answers, or never ends.
expect_report 1 'sleep: timed out: no output for 0.2 seconds after 0 answers' 0 --timeout 0.2 -- sleep 60
expect_report 1 'sh: timed out: no output for 0.2 seconds after 3 answers' 3 --timeout 0.2 -- \
    sh -c 'cat; sleep 60'
# ... even one that ignores SIGTERM.
expect_report 1 'timed out: no output for 0.2 seconds' 0 --timeout 0.2 -- \
    sh -c 'trap "" TERM; sleep 60; sleep 60'

# A command that closes its input or its output early.
expect_report 1 'sh: closed its input after 1 of 3 answers' 1 -- \
    sh -c 'read x; exec <&-; echo 5; sleep 60'
expect_report 1 'sh: closed its output after 1 of 3 answers' 1 -- \
    sh -c 'read x; echo 5; exec >&-; sleep 60'

# A report file that cannot be opened is reported before the first run.
expect_error 1 'no/report: No such file or directory' \
    aoti-time -r requests --json no/report -- touch ran
[ ! -e ran ] || fail 'a run before the report file was looked at'
if [ -e /dev/full ]; then
    expect_error 1 '/dev/full: No space left on device' \
        sh -c 'exec aoti-time -q -r requests --json /dev/full -- cat >/dev/null'
    expect_error 1 '(stdout): No space left on device' \
        sh -c 'exec aoti-time -q -r requests -- cat >/dev/full'
fi
expect_error 1 '(stdout): Bad file descriptor' sh -c 'exec aoti-time -q -r requests -- cat >&-'

# Requests.
expect_error 1 'nothing: No such file or directory' aoti-time -r nothing -- cat
: >empty
expect_error 3 'empty: no requests' aoti-time -r empty -- cat
printf '1 2\n3' >cut-off
expect_error 3 'cut-off:2:2: stream ended inside a sequence' aoti-time -r cut-off -- cat
echo '1 -2' >signed
expect_error 3 "signed:1:3: expected a decimal token id, not '-'" aoti-time -r signed -- cat

# As a filter.
expect_status 3 sh -c 'printf "1 2" | aoti-time -q'
expect_message '(stdin):1:4: stream ended inside a sequence'
expect_status 3 sh -c 'echo 1 a | aoti-time -q'
expect_message "(stdin):1:3: expected a decimal token id, not 'a'"

# Usage.
expect_error 2 'missing operand: COMMAND' aoti-time --requests requests
expect_error 2 '--compare requires at least two reports' aoti-time --compare report
expect_error 2 "invalid argument '-1' for --timeout: expected a number from 0.001 to 1e+09" aoti-time --timeout -1 -- cat
expect_error 2 "invalid argument '0' for --repeats: expected an integer from 1 to 1000000" \
    aoti-time --repeats 0 -- cat
expect_error 2 "invalid argument 'x' for --note: expected NAME=VALUE" aoti-time --note x -- cat
expect_error 1 'no-file: No such file or directory' aoti-time -r requests --package no-file -- cat
expect_error 1 'no-file: No such file or directory' aoti-time -r requests --evict no-file -- cat

# Ctrl-C: the report so far, the command terminated, and death by the signal. The environment may
# ignore the signal, as nohup(1) does and shells do for background jobs.
cat >interrupt.py <<'END'
import os, signal, subprocess, sys, time
number = getattr(signal, sys.argv[1])
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
first = child.stdout.readline()  # an answer is there
child.send_signal(number)
sys.exit(0 if child.wait(30) == -number and first == b"5\n" else 1)
END
for name in SIGINT SIGTERM SIGHUP; do
    python3 interrupt.py $name aoti-time -r requests --json report -- \
        sh -c 'echo $$ >pid; read x; echo 5; read x; printf "6 "; sleep 60' 2>err || fail "$name: $(cat err)"
    grep -q '^sh: 1 run, 1 answer, ' err || fail "$name: no table: $(cat err)"
    [ "$(jq -r 'select(.event == "summary") | .answers' report)" = 1 ] || fail "$name: no report"
    kill -0 "$(cat pid)" 2>/dev/null && fail "$name: the command lives on"
done

# A closed output: the command is terminated, and aoti-time ends silently.
{
    timeout 60 aoti-time -q -r requests -- sh -c 'echo $$ >pid; while echo 1; do :; done' 2>err
    echo $? >status
} | head -1 >out
case $(cat status) in
141) [ ! -s err ] || fail "complains of SIGPIPE: $(cat err)" ;;
3) grep -q 'more answers than requests' err || fail "status 3: $(cat err)" ;;
*) fail "status $(cat status) after SIGPIPE" ;;
esac
yes 1 | { timeout 60 aoti-time -q 2>err; echo $? >status; } | head -1 >out
[ "$(cat status)" = 141 ] || fail "status $(cat status) after SIGPIPE"
[ ! -s err ] || fail "complains of SIGPIPE: $(cat err)"
exit 0
