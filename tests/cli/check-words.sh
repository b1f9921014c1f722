#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build-aux/check-words.sh finds each kind of violation, and none in the files it checks by default.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
check="sh $source_dir/build-aux/check-words.sh"

# finds TEXT FILE: FILE has exactly one violation, and its message is TEXT.
finds()
{
    # The words of $check are words.
    # shellcheck disable=SC2086
    expect_status 1 $check "$2"
    printf '%s\n' "$2:$1" | cmp -s - out || fail "'$(cat out)', not '$2:$1'"
}

# lines N TEXT: TEXT on N lines.
lines()
{
    yes "$2" | head -n "$1"
}

printf '// Returns the id after the space.\n// There is no text.\n' >good.c
# shellcheck disable=SC2086
expect_status 0 $check good.c
[ ! -s out ] || fail "a good file: $(cat out)"

printf 'int a;\n// Ids stand behind the space.\n' >phrase.c
finds '2: "// Ids stand behind the space.": write: after' phrase.c
printf '# Whether there is an id.\n' >first.sh
finds '1: "# Whether there is an id.": write: Returns true if' first.sh
printf '"it is no file: it is none"\n' >case.c
finds '1: ""it is no file: it is none"": write: is not a' case.c

printf '%0100d\n%0101d\n' 0 0 >columns.c
finds '2: line of 101 columns, expected at most 100' columns.c
{ printf '%097d' 0; echo '▁▁▁'; } >utf8.c
# shellcheck disable=SC2086
expect_status 0 $check utf8.c
{ echo '// Written by a.py. Do not edit.'; cat columns.c; } >generated.c
# shellcheck disable=SC2086
expect_status 0 $check generated.c
lines 499 x >long.c
# shellcheck disable=SC2086
expect_status 0 $check long.c
lines 500 x >long.c
finds '500: file of 500 lines, expected fewer than 500' long.c
{ echo 'int f(void)'; echo '{'; lines 59 '    g();'; echo '}'; } >function.c
# shellcheck disable=SC2086
expect_status 0 $check function.c
{ echo 'int f(void)'; echo '{'; lines 60 '    g();'; echo '}'; } >function.c
finds '2: function of 60 lines, expected fewer than 60' function.c

if command -v mandoc >/dev/null; then
    printf '.Dd November 29, 2026\n.Dt A 1\n.Os\n.Sh NAME\n.Nm a\n.Nd b\n.Sh DESCRIPTION\n' >page.1
    echo '.Pq Dq cpu , Dq cuda' >>page.1
    finds 'rendered: nested quotes: (“cpu, “cuda””)' page.1
fi

# The files checked by default.
cd "$source_dir" || exit 99
# shellcheck disable=SC2086
$check >"$work/out" || fail "$(cat "$work/out")"
[ "$($check --list | wc -l)" -gt 50 ] || fail 'hardly any files are checked'
exit 0
