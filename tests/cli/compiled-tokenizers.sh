#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A compiled tokenizer behaves like its source; damage and age are detected.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
cat "$source_dir"/src/text/*.h "$data"/*.json >text

for name in bytes characters; do
    cp "$data/$name.json" "$name.json"
    expect_status 0 aoti-tokenize -t "$name.json" --compile "$name.aoti"
    expect_stdout ''
    aoti-tokenize -t "$name.json" text >wanted
    aoti-tokenize -t "$name.aoti" text >got 2>err
    expect_same wanted got
    aoti-tokenize -t "$name.json" --parse-special text >wanted
    aoti-tokenize -t "$name.aoti" --parse-special text >got 2>err
    expect_same wanted got
    aoti-decode -t "$name.json" --keep-special wanted >text.wanted
    aoti-decode -t "$name.aoti" --keep-special wanted >got
    expect_same text.wanted got
    [ -s err ] && fail 'a message for a good file'
done
aoti-tokenize -t bytes.json text >text.ids

# Other versions and damage: the source is read instead, with a warning.
cp bytes.aoti other.aoti
printf '\377' | dd of=other.aoti bs=1 seek=16 conv=notrunc 2>/dev/null
expect_status 0 aoti-tokenize -t other.aoti text
expect_stderr "aoti-tokenize: warning: other.aoti: compiled by another version: reading bytes.json instead"
expect_same text.ids out
mv bytes.json hidden.json
expect_status 3 aoti-tokenize -t other.aoti text
expect_stderr 'aoti-tokenize: other.aoti: compiled by another version'
mv hidden.json bytes.json
size=$(wc -c <bytes.aoti)
for at in 17 40 100 3000 $((size / 2)) $((size - 1)); do
    cp bytes.aoti other.aoti
    printf '\252' | dd of=other.aoti bs=1 seek="$at" conv=notrunc 2>/dev/null
    cmp -s bytes.aoti other.aoti && continue
    aoti-tokenize -t other.aoti text >got 2>err
    status=$?
    [ $status -eq 0 ] || [ $status -eq 3 ] || fail "status $status with byte $at changed"
    grep -q '^aoti-tokenize: ' err || fail "no message with byte $at changed"
    [ $status -eq 3 ] || expect_same text.ids got
done
for keep in 16 20 500 5000 $((size - 1)); do
    head -c "$keep" bytes.aoti >other.aoti
    aoti-tokenize -t other.aoti text >got 2>err
    status=$?
    [ $status -eq 0 ] || [ $status -eq 3 ] || fail "status $status with $keep bytes left"
    grep -q '^aoti-tokenize: ' err || fail "no message with $keep bytes left"
done
cp bytes.aoti other.aoti
printf '\252' | dd of=other.aoti bs=1 seek=3000 conv=notrunc 2>/dev/null
expect_status 0 aoti-tokenize -t other.aoti text
expect_stderr "aoti-tokenize: warning: other.aoti: damaged: reading bytes.json instead"
expect_same text.ids out

# A directory: the compiled form is used as long as it matches the file beside it.
mkdir model
cp bytes.json model/tokenizer.json
aoti-tokenize -t model --compile model/tokenizer.aoti
expect_status 0 aoti-tokenize -t model text
expect_same text.ids out
[ -s err ] && fail 'a message for a good directory'
mv model/tokenizer.json hidden
expect_status 0 aoti-tokenize -t model text
expect_same text.ids out
cp characters.json model/tokenizer.json
expect_status 0 aoti-tokenize -t model text
expect_stderr 'aoti-tokenize: warning: model/tokenizer.aoti: not made from model/tokenizer.json as it is now: not used'
aoti-tokenize -t characters.json text >wanted
expect_status 0 aoti-tokenize -t model text
expect_same wanted out

# The bytes depend on the content and name of the source, not on where and when it is read.
mkdir -p another/place
cp bytes.json another/place/bytes.json
touch -d 2001-01-01 another/place/bytes.json
(cd another/place && aoti-tokenize -t "$PWD/bytes.json" --compile bytes.aoti)
expect_same bytes.aoti another/place/bytes.aoti
grep -q "$work" another/place/bytes.aoti && fail 'a folder stands in a compiled tokenizer'
# The source is found beside it, wherever both are now.
cp other.aoti another/place/other.aoti
expect_status 0 aoti-tokenize -t another/place/other.aoti text
expect_stderr "aoti-tokenize: warning: another/place/other.aoti: damaged: reading another/place/bytes.json instead"

# A package: its compiled tokenizer, or its source. ZIP files are made by Python.
pack()
{
    python3 - "$@" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as package:
    package.writestr("model/version", "1")
    for pair in sys.argv[2:]:
        name, path = pair.split("=")
        with open(path, "rb") as member:
            info = zipfile.ZipInfo("model/data/tokenizer/" + name)
            used = package.fp.tell() + 30 + len(info.filename)
            pad = -(used + 4) % 64
            info.extra = b"FB" + pad.to_bytes(2, "little") + b" " * pad
            package.writestr(info, member.read())
END
}
if command -v python3 >/dev/null; then
    aoti-tokenize -t bytes.json --compile bytes.aoti
    pack both.pt2 tokenizer.json=bytes.json tokenizer.aoti=bytes.aoti
    expect_status 0 aoti-tokenize -t both.pt2 text
    expect_same text.ids out
    [ -s err ] && fail "a message for a good package: $(cat err)"
    aoti-decode -t both.pt2 text.ids >got
    expect_same text got
    pack source.pt2 tokenizer.json=bytes.json
    expect_status 0 aoti-tokenize -t source.pt2 text
    expect_same text.ids out
    pack old.pt2 tokenizer.json=bytes.json tokenizer.aoti=other.aoti
    expect_status 0 aoti-tokenize -t old.pt2 text
    expect_same text.ids out
    expect_stderr 'aoti-tokenize: warning: old.pt2: its compiled tokenizer: damaged: reading its source instead'
    pack none.pt2
    expect_status 3 aoti-tokenize -t none.pt2 text
    expect_stderr 'aoti-tokenize: none.pt2: package has no tokenizer'
fi

# Writing: all or nothing, but devices, pipes and links are kept.
aoti-tokenize -t bytes.json --compile /dev/stdout | cmp - bytes.aoti ||
    fail 'standard output does not get a compiled tokenizer'
mkfifo fifo
cat fifo >from-fifo &
expect_status 0 aoti-tokenize -t bytes.json --compile fifo
wait
expect_same bytes.aoti from-fifo
[ -p fifo ] || fail 'a pipe was replaced'
: >target
ln -s target link
expect_status 0 aoti-tokenize -t bytes.json --compile link
expect_same bytes.aoti target
[ -h link ] || fail 'a link was replaced'
ln -s /dev/full full
expect_status 1 aoti-tokenize -t bytes.json --compile full
expect_stderr 'aoti-tokenize: full: No space left on device'
[ -c /dev/full ] || fail 'a device was replaced'
expect_status 0 aoti-tokenize -t bytes.json --compile target
expect_same bytes.aoti target
expect_status 1 aoti-tokenize -t bytes.json --compile missing/file
expect_stderr 'aoti-tokenize: missing/file: No such file or directory'
expect_status 3 aoti-tokenize -t bytes.aoti --compile again
[ -e again ] && fail 'something was written'
expect_status 2 aoti-tokenize -t bytes.json --compile again text
