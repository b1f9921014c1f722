#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Some thousand damaged tokenizer files and texts, made from the small tokenizers of the tests.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
ASAN_OPTIONS=detect_leaks=0 # memory is not freed when a file is refused midway
export ASAN_OPTIONS
aoti-tokenize -t "$data/bytes.json" --compile bytes.aoti
aoti-tokenize -t "$data/characters.json" --compile characters.aoti
printf 'IQ== 0\nYQ== 1\nYg== 2\nYWI= 3\nIGE= 4\nIA== 5\n' >ranks
"$AOTI_BUILD_DIR/fuzz_text" "$data/bytes.json" "$data/characters.json" bytes.aoti characters.aoti \
    ranks "$data/bpe.model" "$data/unigram.model" || fail "status $?"
