#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# aoti-tokenize | aoti-decode is the identity for any input in blocks of any size.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"

head -c 300000 /dev/urandom >random
cat "$source_dir"/src/text/*.c "$data"/*.json >text
head -c 100000 /dev/zero | tr '\0' 'a' >letters
head -c 100000 /dev/zero | tr '\0' ' ' >spaces
head -c 30000 /dev/zero >zeros
printf 'na\303\257ve \346\227\245\346\234\254\350\252\236 \360\237\230\200\n' >words

for file in text letters spaces zeros words; do
    for tok in "$data/bytes.json" "$data/characters.json"; do
        aoti-tokenize -t "$tok" <"$file" >ids || fail "tokenize $file"
        aoti-decode -t "$tok" <ids >back || fail "decode $file"
        if [ "$tok" = "$data/bytes.json" ] || ! grep -q '▁' "$file"; then expect_same "$file" back; fi
    done
done
aoti-tokenize -t "$data/bytes.json" --keep-bytes <random | aoti-decode -t "$data/bytes.json" >back
expect_same random back

# The ids do not depend on how the input is cut into blocks.
for tok in "$data/bytes.json" "$data/characters.json"; do
    cat words "$data/../cli/init.sh" | head -c 4000 >small
    aoti-tokenize -t "$tok" small >whole
    for size in 1 2 3 7; do
        dd if=small bs=$size 2>/dev/null | aoti-tokenize -t "$tok" | sed 's/ $//' >parts
        expect_same whole parts
    done
done

# An id is written as soon as it is certain, before the input ends.
mkfifo pipe
aoti-tokenize -t "$data/bytes.json" --no-bos <pipe >live &
tokenizer=$!
exec 3>pipe
printf 'the time ' >&3
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -s live ] && break
    sleep 0.1
done
printf 'the time' | aoti-tokenize -t "$data/bytes.json" --no-bos | tr '\n' ' ' >wanted
expect_same wanted live
exec 3>&-
wait "$tokenizer" || fail "status $? of a live tokenizer"
