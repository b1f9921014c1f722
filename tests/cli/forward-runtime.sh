#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Which runtime is chosen, and the messages if none will do. The stub graphs need a function that
# only the stub of libtorch has.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need python3
need_built aoti-forward
AOTI_LIBTORCH=$stub
export AOTI_LIBTORCH
make_package cached cached.pt2
echo '1 2 3' >one

expect_status 0 aoti-forward -n 3 cached.pt2 one
mv out default
for runtime in auto torch; do
    expect_status 0 aoti-forward --runtime=$runtime -n 3 cached.pt2 one
    cmp out default || fail "other ids with --runtime=$runtime"
done
for threads in 1 3; do
    expect_status 0 aoti-forward --threads $threads -n 3 cached.pt2 one
    cmp out default || fail "other ids with --threads $threads"
done

wanted="builtin runtime: missing functions: aoti_torch_only_the_stub_has_it"
expect_error 4 "cached.pt2: $wanted" aoti-forward --runtime=builtin cached.pt2 one
expect_status 0 aoti-forward --inspect cached.pt2
grep -q '^runtime: torch, with builtin operators for [a-z0-9]*: the builtin runtime lacks aoti_torch_only' out ||
    fail "--inspect does not name the runtime: $(cat out)"

make_package int4 int4.pt2
wanted='int4, groups of 128 inputs, blocks of 64 outputs, head of 4 bits'
for words in 'cached: none' "int4: $wanted"; do
    expect_status 0 aoti-forward --inspect "${words%%:*}.pt2"
    grep -q "^quantization: ${words#*: }\$" out || fail "--inspect does not print: $words"
done
# The stub has no 4-bit operator whose layout could be probed.
expect_status 0 aoti-forward --runtime=torch -n 3 int4.pt2 one
cmp out default || fail 'other ids with 4 bits in the metadata'

expect_error 2 "invalid argument 'mine' for --runtime: expected auto, builtin or torch" \
    aoti-forward --runtime=mine cached.pt2 one
expect_error 2 '--threads' aoti-forward --threads 0 cached.pt2 one
AOTI_CPU=z80 expect_error 2 'AOTI_CPU=z80: this CPU can do: portable' \
    aoti-forward cached.pt2 one
AOTI_CPU=portable expect_status 0 aoti-forward -n 3 cached.pt2 one
cmp out default || fail "other ids with AOTI_CPU=portable"

# Inductor's objects ask for an executable stack. None is given or needed, and glibc 2.41 would
# refuse to load them.
make_package executable-stack stack.pt2
make_package dynamic dynamic.pt2
expect_status 0 aoti-forward -n 3 dynamic.pt2 one
mv out wanted
mkfifo requests answers
aoti-forward -n 3 stack.pt2 <requests >answers &
exec 3>requests 4<answers
cat one >&3
head -1 <&4 >got
grep '\[stack\]' "/proc/$!/maps" >stack
exec 3>&- 4<&-
wait $! || fail "status $? with an object that asks for an executable stack"
cmp wanted got || fail 'other ids with an object that asks for an executable stack'
grep -q ' rw-p ' stack || fail "the stack is executable: $(cat stack)"
exit 0
