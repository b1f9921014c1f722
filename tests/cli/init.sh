# SPDX-License-Identifier: BSD-2-Clause
# Sourced by every shell test: a folder of its own, the programs in PATH, and the words below.
#
# A test states what it expects. An expectation that is not met is noted on stderr, with what was
# expected and what was found, and the test goes on: one run shows everything that is wrong. The
# test exits with
#
#   0    if every expectation was met,
#   1    if one was not,
#   77   if it was skipped (skip, need),
#   99   if its set-up is broken (abort).
#
# expect_status, expect_output and expect_error run a command; its output goes to the files out and
# err, where the next expectations look. The words use the variables want, found, ran and file.
# shellcheck shell=sh disable=SC2034

set -u
LC_ALL=C
export LC_ALL
PATH=$AOTI_BUILD_DIR:$PATH
source_dir=$AOTI_SOURCE_DIR
data=$source_dir/tests/data
stub=$AOTI_BUILD_DIR/tests/stub
scratch=$(mktemp -d "${TMPDIR:-/tmp}/aoti-test.XXXXXX") || exit 99
work=$scratch/work
mkdir "$work" && cd "$work" || exit 99
unset AOTI_READY_FD
ran=nothing

# Ends what the test started. A test may have its own.
clean_up()
{
    :
}

leave()
{
    status=$?
    [ ! -e "$scratch/failed" ] || [ "$status" -eq 99 ] || status=1
    clean_up
    cd /
    rm -rf "$scratch"
    exit "$status"
}
trap leave EXIT
trap 'exit 99' INT TERM HUP

# --- The end of a test ---------------------------------------------------------------------------

# fail TEXT...: notes a failure. The note is a file, since a pipeline's last command, too, is a
# subshell, whose variables are lost.
fail()
{
    echo "FAIL: $*" >&2
    : >"$scratch/failed"
}

# Bash calls this for a word that is neither a function nor a program: a misspelled expectation
# must not pass.
command_not_found_handle()
{
    fail "command not found: $1"
    return 127
}

# skip TEXT...: ends a test that cannot run here.
skip()
{
    echo "SKIP: $*" >&2
    exit 77
}

# abort TEXT...: ends a test whose set-up is broken.
abort()
{
    echo "ERROR: $*" >&2
    exit 99
}

# need PROGRAM...: skips the test where one of them is not installed.
need()
{
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

# need_built PROGRAM...: skips the test if configure left one of ours out.
need_built()
{
    for program in "$@"; do
        [ -x "$AOTI_BUILD_DIR/$program" ] || skip "$program is not built"
    done
}

# need_torch: skips the test unless the Python that configure was given has the reference.
need_torch()
{
    command -v "$PYTHON" >/dev/null || skip "configure found no Python"
    "$PYTHON" -c 'import torch, transformers' 2>/dev/null || skip "$PYTHON has no torch"
}

# --- Commands ------------------------------------------------------------------------------------

# expect_status STATUS COMMAND [ARG]...: the command exits with STATUS.
expect_status()
{
    want=$1
    shift
    ran=$*
    "$@" >out 2>err
    found=$?
    [ "$found" -eq "$want" ] || {
        fail "expected status $want, found $found: $ran"
        show err
    }
}

# expect_output TEXT COMMAND [ARG]...: the command succeeds and prints exactly TEXT, which has
# printf's escapes.
expect_output()
{
    text=$1
    shift
    expect_status 0 "$@"
    expect_stdout "$text"
}

# expect_error STATUS PATTERN COMMAND [ARG]...: the command exits with STATUS, prints nothing, and
# says why, see expect_message.
expect_error()
{
    status=$1 pattern=$2
    shift 2
    expect_status "$status" "$@"
    expect_stdout ''
    expect_message "$pattern"
}

# --- What the last command wrote -----------------------------------------------------------------

# expect_stdout TEXT: exactly TEXT, which has printf's escapes.
expect_stdout()
{
    # shellcheck disable=SC2059
    printf "$1" >"$scratch/stdout"
    cmp -s "$scratch/stdout" out || {
        fail "unexpected stdout: $ran"
        differ "$scratch/stdout" out
    }
}

# expect_stderr TEXT: the one line TEXT.
expect_stderr()
{
    printf '%s\n' "$1" >"$scratch/stderr"
    cmp -s "$scratch/stderr" err || {
        fail "unexpected stderr: $ran"
        differ "$scratch/stderr" err
    }
}

# expect_message PATTERN: one line that holds PATTERN, a pattern of the shell. The second line of a
# usage error, which says where help is, does not count.
expect_message()
{
    found=$(cat err)
    [ "$(grep -cv "^Try '" err)" -eq 1 ] ||
        fail "expected one line on stderr, found '$found': $ran"
    # shellcheck disable=SC2254
    case $found in
    *$1*) ;;
    *) fail "expected a message with '$1', found '$found': $ran" ;;
    esac
}

# --- Files and values ----------------------------------------------------------------------------

# expect_same WANTED FOUND: two files hold the same.
expect_same()
{
    cmp -s "$1" "$2" || {
        fail "$2 differs from $1"
        differ "$1" "$2"
    }
}

# expect_empty FILE...: the files are there and hold nothing.
expect_empty()
{
    for file in "$@"; do
        [ -e "$file" ] && [ ! -s "$file" ] || {
            fail "$file is not empty"
            show "$file"
        }
    done
}

# expect_match [-E] REGEX FILE: grep finds a line of FILE.
expect_match()
{
    grep -q "$@" || {
        fail "no line matches: $*"
        show_last "$@"
    }
}

# expect_no_match [-E] REGEX FILE: grep finds no line of FILE.
expect_no_match()
{
    grep -q "$@"
    [ $? -eq 1 ] || {
        fail "a line matches: $*"
        show_last "$@"
    }
}

# expect_equal WANTED FOUND WHAT...: two strings are the same.
expect_equal()
{
    want=$1 found=$2
    shift 2
    [ "$found" = "$want" ] || fail "$*: expected '$want', found '$found'"
}

# show FILE: its beginning, below a failure.
show()
{
    head -n 20 "$1" | sed 's/^/    /' >&2
}

# show_last ARG... FILE
show_last()
{
    for file in "$@"; do :; done
    show "$file"
}

# differ WANTED FOUND: what the second file lacks (-) and has (+), below a failure.
differ()
{
    diff -u "$1" "$2" | sed -n '3,22s/^/    /p' >&2
}

# --- Packages ------------------------------------------------------------------------------------

# make_package KIND FILE: see tests/packages.py.
make_package()
{
    case $1 in
    cached | int4 | flipped-weights | no-weights | other-weight | other-dtype | other-size | \
        no-decode | other-layers | other-cache | cache-of-other-dtype | huge-cache) graph=cached.so ;;
    cuda) graph=cuda.so ;;
    *) graph=logits.so ;;
    esac
    python3 "$source_dir/tests/packages.py" "$1" "$stub/$graph" "$2" ||
        abort "cannot make a package of kind $1"
}
