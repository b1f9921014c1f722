#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What every program of the suite does alike: help, version, closed and full outputs.

. "$AOTI_SOURCE_DIR/tests/cli/text-words.sh"
tok=$data/bytes.json

# Programs that were not built are left out; filters are run as given, reading ./input.
programs=
for program in aoti-tokenize aoti-decode aoti-forward aoti-time; do
    [ -x "$AOTI_BUILD_DIR/$program" ] && programs="$programs $program"
done
run_filter() {
    case $1 in
    aoti-tokenize) aoti-tokenize -t "$tok" input ;;
    aoti-decode) aoti-decode -t "$tok" ids ;;
    *) return 77 ;;
    esac
}
cat "$data"/*.json "$data"/*.json "$data"/*.json "$data"/*.json "$data"/*.json >input
aoti-tokenize -t "$tok" input >ids || fail_ 'no ids to test with'

locale=$(locale -a 2>/dev/null | grep -im1 '^[a-z]*_.*utf') || locale=C.UTF-8
for program in $programs; do
    # --help and --version: stdout, nothing on stderr.
    for option in --help --version; do
        returns_ 0 "$program" "$option"
        [ -s out ] || fail_ "$program $option prints nothing"
        [ -s err ] && fail_ "$program $option prints to stderr"
        "$program" "$option" >/dev/full 2>err
        [ $? -eq 1 ] || fail_ "$program $option does not notice a full disk"
        "$program" "$option" >&- 2>err
        [ $? -eq 1 ] || fail_ "$program $option does not notice a closed stdout"
    done
    head -1 out >/dev/null
    "$program" --version | head -1 | grep -Eq "^$program \(aoti-utils\) [0-9]" ||
        fail_ "$program --version has another form"

    # Unknown options: status 2, nothing on stdout, and where to find help.
    returns_ 2 "$program" --no-such-option
    gives_ ''
    grep -q "Try '$program --help'" err || fail_ "$program does not name --help"
    returns_ 2 "$program" -@

    case $program in aoti-tokenize | aoti-decode) ;; *) continue ;; esac
    run_filter "$program" >/dev/full 2>err
    [ $? -eq 1 ] || fail_ "$program does not notice a full disk"
    printf '%s: (stdout): No space left on device\n' "$program" >wanted
    compare_ wanted err
    run_filter "$program" >&- 2>err
    [ $? -eq 1 ] || fail_ "$program does not notice a closed stdout"
    printf '%s: (stdout): Bad file descriptor\n' "$program" >wanted
    compare_ wanted err
    returns_ 1 sh -c "$program -t '$tok' <&-"
    says_ "$program: (stdin): Bad file descriptor"
    # A reader that has enough ends the writer silently.
    { run_filter "$program" 2>err; echo $? >status; } | head -c 10 >/dev/null
    [ "$(cat status)" -eq 141 ] || fail_ "$program: status $(cat status) after SIGPIPE"
    [ -s err ] && fail_ "$program complains of SIGPIPE"
    # The same input gives the same bytes in any locale.
    run_filter "$program" >one
    LC_ALL=$locale run_filter "$program" >two
    compare_ one two
done
