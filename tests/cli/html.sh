#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make html renders all pages, and their links lead to pages that exist.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need mandoc
{ "${MAKE:-make}" -s -C "$AOTI_BUILD_DIR" html >log 2>&1 && cd "$AOTI_BUILD_DIR/html"; } || {
    cat log
    fail 'make html'
    exit 1
}
for page in "$source_dir"/man/*.[1-9]; do
    file=$(basename "$page").html
    grep -q '</html>' "$file" || fail "$file is not whole"
    grep -o 'href="[^"#][^"#]*' "$file" | cut -c 7- | sort -u >"$work/links"
    while read -r link; do
        case $link in
        https://manpages.debian.org/*aoti-*) fail "$file: $link is a page of ours" ;;
        https://*) ;;
        *) [ -s "$link" ] || fail "$file: $link is not there" ;;
        esac
    done <"$work/links"
done
cmp -s index.html aoti-utils.7.html || fail 'the index is not the tour'
exit 0
