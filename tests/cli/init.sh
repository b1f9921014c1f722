# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests of the command line: a folder of their own, the programs in PATH, and
# words to say what is expected. The first expectation that is not met ends the test.
# shellcheck shell=sh disable=SC2034

set -u
PATH=$AOTI_BUILD_DIR:$PATH
source_dir=$AOTI_SOURCE_DIR
stub=$AOTI_BUILD_DIR/tests/stub
work=$(mktemp -d "${TMPDIR:-/tmp}/aoti-test.XXXXXX") || exit 99
trap 'cd /; rm -rf "$work"' EXIT
trap 'exit 99' INT TERM HUP
cd "$work" || exit 99
unset AOTI_READY_FD

fail()
{
    echo "FAIL: $*" >&2
    exit 1
}

skip()
{
    echo "SKIP: $*" >&2
    exit 77
}

need()
{
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

# expect_status STATUS COMMAND [ARG]...: its output goes to the files out and err.
expect_status()
{
    wanted=$1
    shift
    "$@" >out 2>err
    got=$?
    [ "$got" -eq "$wanted" ] || {
        cat err >&2
        fail "status $got, not $wanted: $*"
    }
}

# expect_error STATUS TEXT COMMAND [ARG]...: one line on stderr that holds TEXT, which may have
# the shell's wildcards, and nothing on stdout.
expect_error()
{
    status=$1 text=$2
    shift 2
    expect_status "$status" "$@"
    [ ! -s out ] || fail "something on stdout: $*"
    expect_message "$text" "$@"
}

# expect_message TEXT COMMAND...: what the last command said.
expect_message()
{
    text=$1
    shift
    message=$(cat err)
    # A usage error has a second line, which says where help is.
    [ "$(grep -cv "^Try '" err)" -eq 1 ] || fail "not one line on stderr: $message"
    # TEXT is a pattern.
    # shellcheck disable=SC2254
    case $message in
    *$text*) ;;
    *) fail "'$message' does not say '$text': $*" ;;
    esac
}

# expect_output TEXT COMMAND [ARG]...: success, and exactly this on stdout.
expect_output()
{
    text=$1
    shift
    expect_status 0 "$@"
    printf '%s\n' "$text" | cmp -s - out || fail "'$(cat out)', not '$text': $*"
}

# make_package KIND FILE: see tests/packages.py.
make_package()
{
    case $1 in
    cached | int4 | flipped-weights | no-weights | other-weight | other-dtype | other-size | \
        no-decode | other-layers | other-cache | cache-of-other-dtype | huge-cache) graph=cached.so ;;
    cuda) graph=cuda.so ;;
    *) graph=logits.so ;;
    esac
    python3 "$source_dir/tests/packages.py" "$1" "$stub/$graph" "$2" || exit 99
}
