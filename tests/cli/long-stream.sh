#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A long text goes through aoti-tokenize | aoti-decode unchanged and in bounded memory: 200 MB, or
# as many megabytes as AOTI_STREAM_MB says (make check-long: 5000).

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
megabytes=${AOTI_STREAM_MB:-200}
kilobytes=100000 # of address space, the programs' own included

{
    cat "$source_dir"/src/*/*.[ch] "$data"/*.json
    head -c 30000 /dev/zero | tr '\0' ' '
    seq 5000
} >text

generate()
{
    while cat text 2>/dev/null; do :; done | head -c "${megabytes}000000"
}

through()
{
    # Not every shell limits memory; those that do not measure less here.
    # shellcheck disable=SC3045
    ulimit -v "$kilobytes" 2>/dev/null
    aoti-tokenize -t "$1" | aoti-decode -t "$1"
}

# Most shells can.
# shellcheck disable=SC3045
ulimit -v >/dev/null 2>&1 || echo 'this shell cannot limit memory'
"$AOTI_BUILD_DIR/aoti-tokenize" --version >/dev/null
generate | cksum >wanted
for tok in "$data/bytes.json" "$data/characters.json"; do
    generate | (through "$tok") | cksum >got
    # ▁ is a space to the second, so that the text comes back with those changed.
    if [ "$tok" = "$data/bytes.json" ]; then
        expect_same wanted got
    else
        generate | sed 's/▁/ /g' | cksum >wanted
        expect_same wanted got
    fi
    [ "$megabytes" -gt 1000 ] && break
done

# The same for one word, of 20 MB, that nothing cuts.
tok=$data/bytes.json
word()
{
    while echo thetimeofday; do :; done 2>/dev/null | tr -d '\n' | head -c 20000000
}
word | cksum >wanted
word | (through "$tok") | cksum >got
expect_same wanted got
exit 0
