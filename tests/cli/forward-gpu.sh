#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is said of packages for GPUs where there is none, and that other packages never ask for one.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need python3
AOTI_LIBTORCH=$stub
export AOTI_LIBTORCH
CUDA_VISIBLE_DEVICES=
export CUDA_VISIBLE_DEVICES
make_package cached cached.pt2
make_package cuda cuda.pt2
echo '1 2 3' >one

expect_status 0 aoti-forward --inspect cuda.pt2
grep -q '^device: cuda$' out || fail "--inspect does not tell the device: $(cat out)"
for options in '' '--device cuda' '--device cuda:1' '--runtime=torch'; do
    # The options are words.
    # shellcheck disable=SC2086
    expect_status 5 aoti-forward $options cuda.pt2 one
    grep -Eq 'cuda:[01]: no (CUDA driver|usable GPU|such GPU)|was built without CUDA' err ||
        fail "no reason why there is no GPU: $(cat err)"
    [ "$(wc -l <err)" -eq 1 ] || fail "more than a line: $(cat err)"
    [ ! -s out ] || fail "an answer without a GPU"
done
expect_error 2 "--device: 'gpu' is neither cuda nor cuda:N" aoti-forward --device gpu cuda.pt2 one
expect_error 2 "--device: cached.pt2 is for the CPU" aoti-forward --device cuda cached.pt2 one

if command -v strace >/dev/null; then
    strace -f -e trace=openat -o trace aoti-forward -n 2 cached.pt2 one >out || fail "strace"
    ! grep -q 'libcuda' trace || fail "a package for the CPU looks for CUDA"
fi
exit 0
