#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Exhausted memory: the program continues with the right answer, or reports it in one line and exits
# with status 1. It never crashes, answers incorrectly or blames a file.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
LC_ALL=C
export LC_ALL
"${CC:-cc}" -O1 -shared -fPIC -o failing.so "$source_dir/tests/fault/failing_malloc.c" \
    2>/dev/null && LD_PRELOAD=./failing.so true 2>/dev/null ||
    skip 'allocations cannot be made to fail with this C library'
! LD_PRELOAD=./failing.so aoti-tokenize --version 2>&1 | grep -q AddressSanitizer ||
    skip 'the address sanitizer has an allocator of its own'
data=$source_dir/tests/data
step=41
[ "${AOTI_LONG-}" != 1 ] || step=1

# calls COMMAND...: prints the number of allocations.
calls()
{
    FAIL_COUNT=count LD_PRELOAD=$work/failing.so "$@" <in >/dev/null 2>&1
    cat count
}

# judge WHERE STATUS: checks a run whose answer is in the file got.
judge()
{
    case $2 in
    0) cmp -s got wanted || fail "another answer, status 0: $1" ;;
    1) if [ "$(grep -c . err)" -ne 1 ] ||
        ! grep -Eqi 'memory exhausted|cannot allocate memory|out of memory' err; then
        fail "status 1, but: $(head -c 300 err): $1"
    fi ;;
    *) fail "status $2: $(head -c 300 err): $1" ;;
    esac
}

# survives COMMAND...: whichever allocation fails, alone or with all later ones. Allocations before
# main, by libraries that initialize themselves, are skipped.
survives()
{
    "$@" <in >wanted || fail "without a fault: $*"
    first=$(($(calls "$1" --version) + 1)) last=$(calls "$@")
    [ "$last" -gt "$first" ] || fail "allocations are not counted: $first, $last: $*"
    for rest in '' 1; do
        at=$first
        while [ "$at" -le "$last" ]; do
            env ${rest:+FAIL_REST=1} FAIL_AT=$at LD_PRELOAD="$work/failing.so" "$@" \
                <in >got 2>err
            judge "allocation $at${rest:+ and all after it} of $*" $?
            at=$((at + step))
        done
    done
}

printf 'the cat, 12 + 3\n' >in
survives aoti-tokenize -t "$data/bytes.json"
survives aoti-tokenize -t "$data/bytes.json" --compile /dev/stdout
survives aoti-tokenize -t "$data/bpe.model"
survives aoti-tokenize -t "$data/unigram.model"
printf '[{"role":"user","content":"a"}]' >in
survives aoti-tokenize -t "$data/chat.json" --chat qwen3 --messages
echo '5 6 7' >in
survives aoti-decode -t "$data/bytes.json"
if command -v python3 >/dev/null && [ -x "$AOTI_BUILD_DIR/aoti-forward" ]; then
    AOTI_LIBTORCH=$stub
    export AOTI_LIBTORCH
    for form in cached logits; do
        make_package $form $form.pt2
        survives aoti-forward --inspect $form.pt2
    done
fi

# Limits of the address space, from less than the program needs to more.
limited()
{
    "$@" <in >wanted || fail "without a limit: $*"
    for limit in $(seq 2000 "$((30 * step))" 60000); do
        # shellcheck disable=SC3045
        (ulimit -v "$limit" && exec "$@") <in >got 2>err
        status=$?
        # 127 comes from the loader of shared libraries, 137 from exec, before the program begins.
        [ $status -eq 127 ] || [ $status -eq 137 ] ||
            judge "ulimit -v $limit: $*" "$status"
    done
}
limited aoti-decode -t "$data/bytes.json"
