#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The examples of the manual that need a model print what it says. They find the demo's tokenizer as
# "demo" and its package as demo.pt2.

# shellcheck disable=SC1091,SC2154
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need_torch
need_built aoti-forward
make -s -C "$AOTI_BUILD_DIR" demo.pt2 || exit 99
ln -s "$AOTI_BUILD_DIR/demo.pt2" demo.pt2
cp -r "$source_dir/artifacts/demo" demo

for page in aoti-forward.1 aoti-package.5 aoti-utils.7; do
    needed=$(sed -n 's/^\.\\" test: needs //p' "$source_dir/man/$page")
    # shellcheck disable=SC2086
    need $needed
    awk -f "$source_dir/tests/cli/manual-examples.awk" "$source_dir/man/$page" >examples
    ran=0
    # shellcheck disable=SC1091
    . ./examples
    [ "$ran" -gt 0 ] || fail "no examples in $page"
    echo "$ran examples of $page"
done
