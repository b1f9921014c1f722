#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What aoti-decode writes, and when it refuses.

. "$AOTI_SOURCE_DIR/tests/cli/text-words.sh"
tok=$data/bytes.json

# ids of TEXT, with printf's escapes, without the line's end.
ids_of() {
    # shellcheck disable=SC2059
    printf "$1" | aoti-tokenize -t "$tok" --no-bos
}

the=$(ids_of the)
euro=$(ids_of '\342\202\254' | cut -d' ' -f1)
returns_ 0 sh -c "echo '0 $the 1' | aoti-decode -t '$tok'"
gives_ 'the'
returns_ 0 sh -c "echo '0 $the 1' | aoti-decode -t '$tok' --keep-special"
gives_ '<|begin_of_text|>the<|end_of_text|>'
returns_ 0 sh -c "printf '%s\n\n%s\n' $the $the | aoti-decode -t '$tok'"
gives_ 'thethe'
returns_ 0 sh -c "printf '%s\n\n%s\n' $the $the | aoti-decode -t '$tok' -l"
gives_ 'the\n\nthe\n'
returns_ 0 sh -c "printf '%s\n\n%s\n' $the $the | aoti-decode -t '$tok' -z"
gives_ 'the\0\0the\0'
returns_ 0 aoti-decode -t "$tok" /dev/null
gives_ ''
returns_ 0 sh -c "echo $the >a; echo $the >b; aoti-decode -t '$tok' a b"
gives_ 'thethe'

# The beginning of a character is written at the end, as it is.
returns_ 0 sh -c "echo $euro | aoti-decode -t '$tok'"
ids_of '\342\202\254' | tr ' ' '\n' | head -1 >first
if [ ! -s out ]; then fail_ 'an incomplete character was lost'; fi

# Characters come whole: a reader never sees the beginning of one.
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
compare_ wanted live
first=$(ids_of '\360\220\215\210' | cut -d' ' -f1)
rest=$(ids_of '\360\220\215\210' | cut -d' ' -f2-)
printf '%s ' "$first" >&3
sleep 0.3
compare_ wanted live
printf '%s\n' "$rest" >&3
exec 3>&-
wait "$decoder" || fail_ "status $? of a live decoder"
printf 'the\360\220\215\210' >wanted
compare_ wanted live

# A writer that died, and ids that are none.
returns_ 3 sh -c "printf '%s %s' $the $the | aoti-decode -t '$tok'"
gives_ 'the'
says_ "aoti-decode: (stdin):1:$((2 * ${#the} + 2)): stream ended inside a sequence"
returns_ 3 sh -c "printf '%s \n%s 999999 %s\n' $the $the $the | aoti-decode -t '$tok'"
gives_ 'thethe'
says_ "aoti-decode: (stdin):2:$((${#the} + 2)): token id 999999 is not in the vocabulary"
# The place of one that was read with many others.
many=$(yes "$the" | head -n 200 | tr '\n' ' ')
returns_ 3 sh -c "printf '%s999999 %s\n' '$many' '$many' | aoti-decode -t '$tok' >/dev/null"
says_ "aoti-decode: (stdin):1:$((${#many} + 1)): token id 999999 is not in the vocabulary"
for bad in -1 +1 0x1 1,2 1.5 4294967296 2147483648 99999999999999999999 a; do
    returns_ 3 sh -c "echo '$bad' | aoti-decode -t '$tok'"
    gives_ ''
done
# An id has at most ten digits, also where a block of the reader holds nothing else.
for digits in 11 64 72 200 100000; do
    returns_ 3 sh -c "printf '%0${digits}d\\n' 7 | timeout 10 aoti-decode -t '$tok'"
    gives_ ''
    says_ 'aoti-decode: (stdin):1:1: token id has more than 10 digits'
done
returns_ 0 sh -c "printf '%010d\\n' $the | aoti-decode -t '$tok'"
gives_ 'the'
returns_ 0 sh -c "echo $the | aoti-decode -t '$tok' - -"
gives_ 'the'
returns_ 2 aoti-decode
says_ "aoti-decode: missing option: --tokenizer
Try 'aoti-decode --help' for more information."
returns_ 1 aoti-decode -t "$tok" missing
