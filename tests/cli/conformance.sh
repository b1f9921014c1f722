#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What all programs have in common: help, version, closed and full outputs.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
tok=$data/bytes.json

# Skips programs that were not built. Filters are run as given, reading ./input.
programs=
for program in aoti-tokenize aoti-decode aoti-forward aoti-time; do
    [ -x "$AOTI_BUILD_DIR/$program" ] && programs="$programs $program"
done
run_filter()
{
    case $1 in
    aoti-tokenize) aoti-tokenize -t "$tok" input ;;
    aoti-decode) aoti-decode -t "$tok" ids ;;
    *) return 77 ;;
    esac
}
cat "$data"/*.json "$data"/*.json "$data"/*.json "$data"/*.json "$data"/*.json >input
aoti-tokenize -t "$tok" input >ids || fail 'no ids to test with'

locale=$(locale -a 2>/dev/null | grep -im1 '^[a-z]*_.*utf') || locale=C.UTF-8
for program in $programs; do
    # --help and --version: stdout, nothing on stderr.
    for option in --help --version; do
        expect_status 0 "$program" "$option"
        [ -s out ] || fail "$program $option prints nothing"
        [ -s err ] && fail "$program $option prints to stderr"
        "$program" "$option" >/dev/full 2>err
        [ $? -eq 1 ] || fail "$program $option does not notice a full disk"
        "$program" "$option" >&- 2>err
        [ $? -eq 1 ] || fail "$program $option does not notice a closed stdout"
    done
    head -1 out >/dev/null
    "$program" --version | head -1 | grep -Eq "^$program \(aoti-utils\) [0-9]" ||
        fail "$program --version has another form"

    # Unknown options: status 2, nothing on stdout, and a pointer to the help.
    expect_status 2 "$program" --no-such-option
    expect_stdout ''
    grep -q "Try '$program --help'" err || fail "$program does not name --help"
    expect_status 2 "$program" -@

    case $program in aoti-tokenize | aoti-decode) ;; *) continue ;; esac
    run_filter "$program" >/dev/full 2>err
    [ $? -eq 1 ] || fail "$program does not notice a full disk"
    printf '%s: (stdout): No space left on device\n' "$program" >wanted
    expect_same wanted err
    run_filter "$program" >&- 2>err
    [ $? -eq 1 ] || fail "$program does not notice a closed stdout"
    printf '%s: (stdout): Bad file descriptor\n' "$program" >wanted
    expect_same wanted err
    expect_status 1 sh -c "$program -t '$tok' <&-"
    expect_stderr "$program: (stdin): Bad file descriptor"
    # A reader that has enough ends the writer silently.
    { run_filter "$program" 2>err; echo $? >status; } | head -c 10 >/dev/null
    [ "$(cat status)" -eq 141 ] || fail "$program: status $(cat status) after SIGPIPE"
    [ -s err ] && fail "$program complains of SIGPIPE"
    # The same input gives the same bytes in any locale.
    run_filter "$program" >one
    LC_ALL=$locale run_filter "$program" >two
    expect_same one two
done
