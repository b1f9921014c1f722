#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Messages about GPU packages on machines without a GPU; other packages never look for one; answers
# and failures on the stub GPU, see tests/stub/README.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need python3
need_built aoti-forward
AOTI_LIBTORCH=$stub
export AOTI_LIBTORCH
CUDA_VISIBLE_DEVICES=
export CUDA_VISIBLE_DEVICES
make_package cached cached.pt2
make_package cuda cuda.pt2
echo '1 2 3' >one

expect_status 0 aoti-forward --inspect cuda.pt2
grep -q '^device: cuda$' out || fail "--inspect does not name the device: $(cat out)"
for options in '' '--device cuda' '--device cuda:1' '--runtime=torch'; do
    # The options are words.
    # shellcheck disable=SC2086
    expect_status 5 aoti-forward $options cuda.pt2 one
    grep -Eq 'cuda:[01]: no (CUDA driver|usable GPU|such GPU)|was built without CUDA' err ||
        fail "no reason given: $(cat err)"
    [ "$(wc -l <err)" -eq 1 ] || fail "more than a line: $(cat err)"
    [ ! -s out ] || fail "an answer without a GPU"
done
expect_error 2 "invalid argument 'gpu' for --device: expected cuda or cuda:N" aoti-forward --device gpu cuda.pt2 one
expect_error 2 "--device: cached.pt2 is for the CPU" aoti-forward --device cuda cached.pt2 one

if command -v strace >/dev/null; then
    strace -f -e trace=openat -o trace aoti-forward -n 2 cached.pt2 one >out || fail "strace"
    ! grep -q 'libcuda' trace || fail "a package for the CPU looks for CUDA"
fi

# --- On the stub GPU -------------------------------------------------------------------------------

[ -e "$stub/cuda/libcuda.so.1" ] || exit 0 # built without CUDA
LD_LIBRARY_PATH=$stub/cuda
export LD_LIBRARY_PATH

# Lines of every length: prefill takes them in one chunk, in several, with one id left, and up to the
# last position of the cache. Some end by themselves, some are empty.
line=
for id in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    line="$line$id "
    printf '%s\n' "$line"
done >lines
printf '\n21\n10 10 32 10\n' >>lines
for options in '' '-n 1' '-n 3 --echo' '--ignore-eos' '--stop-id 7' '--stop-sequence 34,43'; do
    # The options are words.
    # shellcheck disable=SC2086
    aoti-forward $options cached.pt2 lines >wanted 2>/dev/null || fail "the CPU, $options"
    for more in '' --no-cuda-graph '--device cuda:0'; do
        # shellcheck disable=SC2086
        expect_status 0 aoti-forward $options $more cuda.pt2 lines
        cmp wanted out || fail "other answers than the CPU's with: $options $more"
    done
done
expect_status 0 aoti-forward --stats stats -n 3 cuda.pt2 one
grep -q '"device"' stats || fail "no time of the device: $(cat stats)"

# refused STATUS TEXT SETTING...: with these settings of the stub there is no answer, only TEXT.
refused()
{
    status=$1 text=$2
    shift 2
    expect_error "$status" "$text" env "$@" "$AOTI_BUILD_DIR/aoti-forward" -n 9 cuda.pt2 one
}
refused 5 'cuda:0: no such GPU: this machine has 0' STUB_CUDA_COUNT=0
expect_error 5 'cuda:3: no such GPU: this machine has 1' aoti-forward --device cuda:3 cuda.pt2 one
refused 4 'cuda.pt2: built for compute capability 9.0 or a later minor version, but cuda:0 (Stand-in) has 8.6' \
    STUB_CUDA_CAPABILITY=8.6
refused 4 'has 10.0' STUB_CUDA_CAPABILITY=10.0
refused 5 'MB of GPU memory for weights, caches and results, but only 99 MB are free on cuda:0 (Stand-in)' \
    STUB_CUDA_FREE=99999999
refused 1 'is not a number' STUB_NAN_AT=1
expect_status 0 env STUB_CUDA_CAPABILITY=9.1 "$AOTI_BUILD_DIR/aoti-forward" cuda.pt2 one

# A GPU lost in the middle: the ids answered so far are written, and the line is not ended.
whole=$(aoti-forward -n 9 cached.pt2 one)
for options in '' --no-cuda-graph; do
    # shellcheck disable=SC2086
    expect_status 5 env STUB_CUDA_LOST_AT=8 \
        "$AOTI_BUILD_DIR/aoti-forward" $options -n 9 cuda.pt2 one
    expect_message 'cuda:0: computing: the stand-in is lost (CUDA_ERROR_LAUNCH_FAILED)'
    [ -s out ] || fail "no ids before the end"
    case $whole in
    "$(cat out)"*) ;;
    *) fail "$(cat out) before the end, not $whole" ;;
    esac
    [ "$(wc -l <out)" -eq 0 ] || fail "the line of a lost GPU is ended"
done
exit 0
