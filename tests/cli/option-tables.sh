#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# contrib/options, from which completions are made, matches the programs built here.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"

compared=0
for table in "$source_dir"/contrib/options/*; do
    program=$AOTI_BUILD_DIR/${table##*/}
    [ -x "$program" ] || continue
    "$program" --print-options >printed 2>err || {
        grep -q 'No such file\|not found\|bad interpreter' err && continue # no Python here
        fail "$program --print-options: $(cat err)"
    }
    diff "$table" printed || fail "$table is not what $program prints: run \"make option-tables\""
    compared=$((compared + 1))
done
[ "$compared" -ge 3 ] || fail "only $compared programs are built"
exit 0
