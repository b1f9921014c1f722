#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The manual is well formed, documents every option, and its examples print what it says.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
pages=$source_dir/man

if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$pages"/*.[1-9] >lint 2>&1
    [ -s lint ] && { fail 'mandoc -T lint'; cat lint; }
fi
if command -v groff >/dev/null; then
    for page in "$pages"/*.[1-9]; do
        groff -mdoc -Tutf8 -ww -z "$page" >lint 2>&1
        [ -s lint ] && { fail "groff $page"; cat lint; }
    done
fi
if command -v lexgrog >/dev/null; then
    lexgrog "$pages"/*.[1-9] >/dev/null || fail 'lexgrog cannot read NAME'
fi

# Long options in the help and in the page.
for program in aoti-tokenize aoti-decode aoti-forward aoti-time; do
    page=$pages/$program.1
    [ -x "$AOTI_BUILD_DIR/$program" ] && [ -f "$page" ] || continue
    "$program" --help | sed -n 's/^  \(-[a-zA-Z],\|   \) \(--[a-z0-9-]*\).*/\2/p' | sort -u >by_help
    sed -n '/^\.Sh OPTIONS/,/^\.Sh STDIN/s/^\.It.*Fl -\([a-z0-9-]*\).*/--\1/p' "$page" |
        sort -u >by_page
    expect_same by_help by_page
    "$program" --help | sed -n 's/^  \(-[a-zA-Z]\), \(--[a-z0-9-]*\).*/\1 \2/p' | sort >by_help
    sed -n '/^\.Sh OPTIONS/,/^\.Sh STDIN/s/^\.It Fl \([a-zA-Z]\) .*Fl -\([a-z0-9-]*\).*/-\1 --\2/p' \
        "$page" | sort >by_page
    expect_same by_help by_page
done

# The examples find the tokenizers of the tests under these names.
cp "$data/bytes.json" tokenizer.json
for page in "$pages"/aoti-tokenize.1 "$pages"/aoti-decode.1 "$pages"/aoti-stream.5 \
    "$pages"/aoti-time.1; do
    awk -f "$source_dir/tests/cli/manual-examples.awk" "$page" >examples
    ran=0
    . ./examples
    echo "$ran examples of $(basename "$page")"
done
