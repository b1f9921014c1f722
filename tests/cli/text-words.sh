# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests of the text programs, with the words of init.sh and a few more: these note a
# failure and go on, so that one run shows all that is wrong.
# shellcheck shell=sh disable=SC2034

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
LC_ALL=C
export LC_ALL
data=$source_dir/tests/data
failures=0
trap 'status=$?; cd /; rm -rf "$work"; [ $status -ne 0 ] || [ $failures -eq 0 ] || exit 1' EXIT

# fail_ TEXT: notes a failure.
fail_() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# returns_ STATUS COMMAND...: the command's status; its output goes to ./out and ./err.
returns_() {
    wanted=$1
    shift
    "$@" >out 2>err
    got=$?
    if [ "$got" -ne "$wanted" ]; then
        fail_ "status $got instead of $wanted: $*"
        sed 's/^/    /' err
    fi
}

# compare_ WANTED GOT: two files are the same.
compare_() {
    if ! cmp -s "$1" "$2"; then
        fail_ "$1 and $2 differ"
        diff "$1" "$2" | head -20
    fi
}

# says_ TEXT: ./err is one line, TEXT.
says_() {
    printf '%s\n' "$1" >wanted
    compare_ wanted err
}

# gives_ TEXT: ./out is TEXT, with the escapes of printf.
gives_() {
    # shellcheck disable=SC2059
    printf "$1" >wanted
    compare_ wanted out
}
