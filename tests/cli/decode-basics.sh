#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The output of aoti-decode, and what it refuses.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
tok=$data/bytes.json

# ids_of TEXT: the ids of TEXT, which has printf's escapes, without the end of the line.
ids_of()
{
    # shellcheck disable=SC2059
    printf "$1" | aoti-tokenize -t "$tok" --no-bos
}

the=$(ids_of the)
euro=$(ids_of '\342\202\254' | cut -d' ' -f1)
expect_status 0 sh -c "echo '0 $the 1' | aoti-decode -t '$tok'"
expect_stdout 'the'
expect_status 0 sh -c "echo '0 $the 1' | aoti-decode -t '$tok' --keep-special"
expect_stdout '<|begin_of_text|>the<|end_of_text|>'
expect_status 0 sh -c "printf '%s\n\n%s\n' $the $the | aoti-decode -t '$tok'"
expect_stdout 'thethe'
expect_status 0 sh -c "printf '%s\n\n%s\n' $the $the | aoti-decode -t '$tok' -l"
expect_stdout 'the\n\nthe\n'
expect_status 0 sh -c "printf '%s\n\n%s\n' $the $the | aoti-decode -t '$tok' -z"
expect_stdout 'the\0\0the\0'
expect_status 0 aoti-decode -t "$tok" /dev/null
expect_stdout ''
expect_status 0 sh -c "echo $the >a; echo $the >b; aoti-decode -t '$tok' a b"
expect_stdout 'thethe'

# An incomplete character is written as it is at the end.
expect_status 0 sh -c "echo $euro | aoti-decode -t '$tok'"
ids_of '\342\202\254' | tr ' ' '\n' | head -1 >first
if [ ! -s out ]; then fail 'an incomplete character was lost'; fi

# Characters are written whole: a reader never sees the beginning of one.
mkfifo pipe
aoti-decode -t "$tok" <pipe >live 2>err &
decoder=$!
exec 3>pipe
printf '%s ' "$the" >&3
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -s live ] && break
    sleep 0.1
done
printf 'the' >wanted
expect_same wanted live
first=$(ids_of '\360\220\215\210' | cut -d' ' -f1)
rest=$(ids_of '\360\220\215\210' | cut -d' ' -f2-)
printf '%s ' "$first" >&3
sleep 0.3
expect_same wanted live
printf '%s\n' "$rest" >&3
exec 3>&-
wait "$decoder" || fail "status $? of a live decoder"
printf 'the\360\220\215\210' >wanted
expect_same wanted live

# A writer that died, and invalid ids.
expect_status 3 sh -c "printf '%s %s' $the $the | aoti-decode -t '$tok'"
expect_stdout 'the'
expect_stderr "aoti-decode: (stdin):1:$((2 * ${#the} + 2)): stream ended inside a sequence"
expect_status 3 sh -c "printf '%s \n%s 999999 %s\n' $the $the $the | aoti-decode -t '$tok'"
expect_stdout 'thethe'
expect_stderr "aoti-decode: (stdin):2:$((${#the} + 2)): token id 999999 is not in the vocabulary"
# The column of an id that was read in one block with many others.
many=$(yes "$the" | head -n 200 | tr '\n' ' ')
expect_status 3 sh -c "printf '%s999999 %s\n' '$many' '$many' | aoti-decode -t '$tok' >/dev/null"
expect_stderr "aoti-decode: (stdin):1:$((${#many} + 1)): token id 999999 is not in the vocabulary"
for bad in -1 +1 0x1 1,2 1.5 4294967296 2147483648 99999999999999999999 a; do
    expect_status 3 sh -c "echo '$bad' | aoti-decode -t '$tok'"
    expect_stdout ''
done
# An id has at most ten digits, even if a block of the reader holds nothing else.
for digits in 11 64 72 200 100000; do
    expect_status 3 sh -c "printf '%0${digits}d\\n' 7 | timeout 10 aoti-decode -t '$tok'"
    expect_stdout ''
    expect_stderr 'aoti-decode: (stdin):1:1: token id has more than 10 digits'
done
expect_status 0 sh -c "printf '%010d\\n' $the | aoti-decode -t '$tok'"
expect_stdout 'the'
expect_status 0 sh -c "echo $the | aoti-decode -t '$tok' - -"
expect_stdout 'the'
expect_status 2 aoti-decode
expect_stderr "aoti-decode: missing option: --tokenizer
Try 'aoti-decode --help' for more information."
expect_status 1 aoti-decode -t "$tok" missing
