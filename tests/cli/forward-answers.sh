#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The answers of aoti-forward with the stub graphs: after id I at position P comes (3 * I + P + 1)
# mod 64, and id 0 ends a sequence.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need python3
need_built aoti-forward
AOTI_LIBTORCH=$stub
export AOTI_LIBTORCH
for kind in static dynamic cached foreign; do
    make_package $kind $kind.pt2
done
printf '1\n' >one
printf '1 2\n\n5\n' >three

# Greedy answers: 1 -> 4 -> 14 -> 45 ...
expect_output '4 14 45\n' aoti-forward -n 3 dynamic.pt2 one
expect_output '4 14 45\n' aoti-forward -n 3 cached.pt2 one
expect_output '4\n' aoti-forward --bucket-pad static.pt2 one
expect_output '4 14 45\n' aoti-forward --bucket-pad -n 3 static.pt2 one
expect_output '4 14 45\n' aoti-forward --seq-len 1:16 -n 3 foreign.pt2 one
expect_output '4 14 45\n' aoti-forward --seq-len 16 --bucket-pad -n 3 foreign.pt2 one
expect_output '1 4 14\n' aoti-forward --echo -n 2 dynamic.pt2 one
expect_output '1\n' aoti-forward --echo -n 0 dynamic.pt2 one

# One line of output per line of input, empty for empty, in each form.
for package in dynamic.pt2 cached.pt2; do
    expect_output '8\n\n16\n' aoti-forward -n 1 $package three
    expect_output '4\n8\n\n16\n' aoti-forward -n 1 $package one three
done
expect_status 0 aoti-forward dynamic.pt2 /dev/null
[ ! -s out ] || fail 'an answer to nothing'

# Ends: the model's own id, other ids, runs of ids, a full context.
printf '10 10 32 10\n' >to-zero # 10 at position 3 -> 34, 34 -> 43, ...
expect_output '34 43 7\n' aoti-forward --stop-id 7 dynamic.pt2 to-zero
expect_output '34 43\n' aoti-forward --stop-sequence '34 43' dynamic.pt2 to-zero
expect_output '34 43\n' aoti-forward --stop-sequence 34,43 --stop-id 7 cached.pt2 to-zero
printf '21\n' >zero # 3 * 21 + 0 + 1 = 64
expect_output '0\n' aoti-forward dynamic.pt2 zero
expect_output '0 2 9\n' aoti-forward --ignore-eos -n 3 dynamic.pt2 zero
expect_status 0 aoti-forward --ignore-eos dynamic.pt2 to-zero
[ "$(wc -w <out)" -eq 13 ] || fail "not as many ids as the context holds: $(cat out)"
expect_message 'to-zero:1: stopped after 13 ids: context full (16)'
expect_status 0 aoti-forward --ignore-eos -n 13 cached.pt2 to-zero
[ ! -s err ] || fail "a message although the limit was reached: $(cat err)"

# Prompts of all lengths, also longer than one call of the prefill graph takes.
line=
for id in 1 2 3 4 5 6 7 8 9 10 11 12; do
    line="$line$id "
    printf '%s\n' "$line"
done >lengths
aoti-forward -n 1 dynamic.pt2 lengths >by-logits || fail 'lengths'
aoti-forward -n 1 cached.pt2 lengths >by-cache || fail 'lengths'
cmp by-logits by-cache || fail 'the forms disagree'

# The prefix that a line shares with the previous one is not computed again.
printf '1 2 3\n1 2 3 4\n9\n' >chat
aoti-forward -n 1 --stats stats cached.pt2 chat >out || fail 'chat'
[ "$(sed -n 's/.*"reused_tokens": \([0-9]*\).*/\1/p' stats | tr '\n' ' ')" = '0 3 0 ' ] ||
    fail "reuse: $(cat stats)"

# Scores and log-probabilities come from the same numbers: the greedy choice has the best.
printf '1 4 14\n' >sure
aoti-forward --score cached.pt2 sure >scores || fail 'score'
aoti-forward --score dynamic.pt2 sure | cmp -s - scores || fail 'scores differ'
[ "$(wc -w <scores)" -eq 2 ] || fail 'not one score for each id but the first'
aoti-forward -n 1 --logprobs probabilities dynamic.pt2 one >out || fail 'logprobs'
grep -q '^{"line": 1, "index": 0, "id": 4, "logprob": -0.00' probabilities || fail 'logprobs'

# Sampling: the same seed gives the same ids; --top-k 1 leaves no choice.
aoti-forward --temperature 50 --seed 7 -n 12 --ignore-eos dynamic.pt2 one >first
aoti-forward --temperature 50 --seed 7 -n 12 --ignore-eos cached.pt2 one | cmp -s - first ||
    fail 'the same seed gives other ids'
aoti-forward --temperature 50 --seed 8 -n 12 --ignore-eos dynamic.pt2 one | cmp -s - first &&
    fail 'another seed gives the same ids'
expect_output '4 14\n' aoti-forward --temperature 50 --top-k 1 -n 2 dynamic.pt2 one

# Ids are written as soon as they are known: the first arrives while the second takes 2 s.
mkfifo answer
STUB_SLEEP_MS=2000 aoti-forward -n 2 dynamic.pt2 one >answer &
forward=$!
exec 3<answer
first=$(dd bs=1 count=2 <&3 2>/dev/null)
[ "$first" = '4 ' ] || fail "first came '$first'"
kill -0 $forward || fail 'the first id came when all was done'
kill $forward
wait $forward
exec 3<&-

# A FIFO keeps the model loaded: each answer arrives before the next line is written.
mkfifo requests answers
aoti-forward -n 1 dynamic.pt2 <requests >answers &
exec 4>requests 5<answers
echo 1 >&4
read -r answer <&5
[ "$answer" = 4 ] || fail "answer '$answer'"
echo 2 >&4
read -r answer <&5
[ "$answer" = 7 ] || fail "answer '$answer'"
exec 4>&- 5<&-
wait $! || fail 'the end of a FIFO'

# --ready-fd: a newline on the descriptor, before any input.
mkfifo ready
aoti-forward --ready-fd 6 dynamic.pt2 6>ready </dev/null >out &
read -r line <ready || fail 'not ready'
wait $! || fail 'ready-fd'
AOTI_READY_FD=6 aoti-forward dynamic.pt2 6>announced </dev/null || fail 'AOTI_READY_FD'
[ "$(wc -c <announced)" -eq 1 ] || fail 'AOTI_READY_FD: no newline'

# No file is written or created, except for coverage counters.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    strace -f -o trace aoti-forward -n 3 cached.pt2 one >out || fail 'under strace'
    grep -E 'O_(WRONLY|RDWR|CREAT)|mkdir|unlink|rename' trace | grep -v '/dev/\|[.]gcda"' &&
        fail 'a file was opened for writing'
fi

# Output that cannot be written is an error.
if [ -e /dev/full ]; then
    expect_error 1 '(stdout): No space left on device' sh -c 'exec aoti-forward dynamic.pt2 one >/dev/full'
fi
expect_error 1 '(stdout): Bad file descriptor' sh -c 'exec aoti-forward dynamic.pt2 one >&-'
exit 0
