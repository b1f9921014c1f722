#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The output of aoti-tokenize for records, markers and counts.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
tok=$data/bytes.json

the=$(printf 'the' | aoti-tokenize -t "$tok" --no-bos)
bos=$(printf '' | aoti-tokenize -t "$tok")

printf '' >empty
printf 'the' >one
printf 'the\n\nthe' >lines
printf 'the\0\0the\0' >records

expect_status 0 aoti-tokenize -t "$tok" empty
expect_stdout "$bos\n"
expect_status 0 aoti-tokenize -t "$tok" --no-bos empty
expect_stdout '\n'
expect_status 0 aoti-tokenize -t "$tok" one
expect_stdout "$bos $the\n"
expect_status 0 aoti-tokenize -t "$tok" --no-bos -l lines
expect_stdout "$the\n\n$the\n"
expect_status 0 aoti-tokenize -t "$tok" --no-bos -z records
expect_stdout "$the\n\n$the\n"
expect_status 0 aoti-tokenize -t "$tok" -l empty
expect_stdout ''
expect_status 0 aoti-tokenize -t "$tok" -c -l lines
expect_stdout '2\n1\n2\n'
expect_status 0 aoti-tokenize -t "$tok" --count one empty one
expect_stdout '2\n1\n2\n'
expect_status 0 aoti-tokenize -t "$tok" one - one <empty
expect_stdout "$bos $the\n$bos\n$bos $the\n"
expect_status 0 aoti-tokenize -t "$tok" --eos one
expect_stdout "$bos $the 1\n"

# A directory that holds tokenizer.json.
mkdir model && cp "$tok" model/tokenizer.json
expect_status 0 aoti-tokenize -t model one
expect_stdout "$bos $the\n"

# Control tokens in the text are plain text unless requested.
printf 'the<|end_of_text|>the' >special
expect_status 0 aoti-tokenize -t "$tok" --no-bos --parse-special special
expect_stdout "$the 1 $the\n"
expect_status 0 aoti-tokenize -t "$tok" --no-bos special
if grep -qw 1 out; then fail 'a control token came out of text'; fi
aoti-decode -t "$tok" <out >back
expect_same special back

# Bytes that are not UTF-8.
printf 'a\377b\342\202' >broken
expect_status 0 aoti-tokenize -t "$tok" broken
aoti-decode -t "$tok" <out >back
printf 'a\357\277\275b\357\277\275' >wanted
expect_same wanted back
expect_status 0 aoti-tokenize -t "$tok" --keep-bytes broken
aoti-decode -t "$tok" <out >back
expect_same broken back
expect_status 3 aoti-tokenize -t "$tok" --strict broken
expect_stderr 'aoti-tokenize: broken: invalid UTF-8 at byte 1'
printf 'a\0b' >nul
expect_status 0 aoti-tokenize -t "$tok" --strict nul
aoti-decode -t "$tok" <out >back
expect_same nul back

# In a stream of records, offsets count from the start of the input, separators included.
printf 'a\nb\n\377' >records
expect_status 3 aoti-tokenize -t "$tok" -l --strict records
expect_stderr 'aoti-tokenize: records: invalid UTF-8 at byte 4'

# Missing options and files.
expect_status 2 aoti-tokenize one
expect_stderr "aoti-tokenize: missing option: --tokenizer
Try 'aoti-tokenize --help' for more information."
expect_status 2 aoti-tokenize -t "$tok" --wrong
expect_stdout ''
expect_status 2 aoti-tokenize -t "$tok" --chat llama one
expect_stderr "aoti-tokenize: invalid argument 'llama' for --chat: expected llama3, qwen2.5, qwen3, \
chatml, mistral, gemma or phi3
Try 'aoti-tokenize --help' for more information."
expect_status 2 aoti-tokenize -t "$tok" --pattern gpt one
expect_stderr "aoti-tokenize: invalid argument 'gpt' for --pattern: expected gpt2, llama3, qwen2, \
cl100k_base, o200k_base or tekken
Try 'aoti-tokenize --help' for more information."
expect_status 2 aoti-tokenize -t "$tok" --truncate 9223372036854775808 one
expect_status 0 aoti-tokenize -t "$tok" --truncate 9223372036854775807 one
expect_stdout "$bos $the\n"
expect_status 1 aoti-tokenize -t "$tok" missing
expect_stderr 'aoti-tokenize: missing: No such file or directory'
expect_status 1 aoti-tokenize -t missing one
expect_stderr 'aoti-tokenize: missing: No such file or directory'
expect_status 1 aoti-tokenize -t "$tok" model
expect_stderr 'aoti-tokenize: model: Is a directory'

# Printing tokens, and truncating sequences.
expect_status 0 aoti-tokenize -t "$tok" --id-of the
expect_stdout "$the\n"
expect_status 3 aoti-tokenize -t "$tok" --id-of 'no such token'
expect_stderr "aoti-tokenize: $tok: no token 'no such token'"
expect_status 0 aoti-tokenize -t "$tok" --vocab
[ "$(wc -l <out)" -eq 600 ] || fail "$(wc -l <out) tokens instead of 600"
grep -q "^$the	the	model\$" out || fail 'a token is missing from --vocab'
grep -q '^0	<|begin_of_text|>	special$' out || fail 'a special token is missing from --vocab'
printf 'the\n\377' >odd
expect_status 0 aoti-tokenize -t "$tok" --no-bos --pieces --keep-bytes odd
expect_stdout "$the\tthe\n$(aoti-tokenize -t "$tok" --id-of '
')\t\\\\n\n$(printf '\377' | aoti-tokenize -t "$tok" --no-bos --keep-bytes)\t\\\\xff\n\n"
expect_status 0 aoti-tokenize -t "$tok" --truncate 2 one lines
expect_stdout "$bos $the\n$bos $the\n"
expect_status 0 aoti-tokenize -t "$tok" --truncate 0 -c one
expect_stdout '0\n'

# Offsets are in bytes from the start of each sequence; markers cover nothing.
printf 'the\nh\303\251\344\270\255' >odd
# shellcheck disable=SC2059
id_of()
{
    printf "$1" | aoti-tokenize -t "$tok" --no-bos --keep-bytes
}
expect_status 0 aoti-tokenize -t "$tok" -l --eos --offsets odd
expect_stdout "$bos\t0\t0\n$the\t0\t3\n1\t3\t3\n\n$bos\t0\t0\n$(id_of h)\t0\t1\n$(id_of '\303\251')\t1\t3\n\
$(id_of '\344\270\255')\t3\t6\n1\t6\t6\n\n"
expect_status 0 aoti-tokenize -t "$tok" --truncate 2 --offsets --pieces one
expect_stdout "$bos\t0\t0\t<|begin_of_text|>\n$the\t0\t3\tthe\n\n"
# Parts of a character cover their bytes; tokens of U+FFFD cover all bytes that it replaces.
printf 'a\360\237\246\212a\342\202a' >odd
expect_status 0 aoti-tokenize -t "$tok" --no-bos --offsets odd
cut -f 2,3 out >spans
printf '0\t1\n1\t3\n3\t4\n4\t5\n5\t6\n6\t8\n6\t8\n6\t8\n8\t9\n\n' >wanted
expect_same wanted spans
expect_status 0 aoti-tokenize -t "$tok" --no-bos --keep-bytes --offsets odd
cut -f 2,3 out | sed -n '6,$p' >spans
printf '6\t7\n7\t8\n8\t9\n\n' >wanted
expect_same wanted spans
# A space put before the text covers nothing; U+2581 is a space of three bytes.
printf '  \342\226\201the' >odd
expect_status 0 aoti-tokenize -t "$data/characters.json" --no-bos --offsets odd
tail -n 2 out | cut -f 3 >spans
printf '8\n\n' >wanted
expect_same wanted spans
expect_status 2 aoti-tokenize -t "$tok" --offsets --chat llama3 one

printf '<|begin_of_text|>the' >twice
expect_status 0 aoti-tokenize -t "$tok" --parse-special twice
expect_stdout "$bos $bos $the\n"
expect_stderr 'aoti-tokenize: warning: twice: text starts with a second begin-of-sequence token; try --no-bos'

# Standard input may be named twice; it is empty the second time.
expect_status 0 sh -c "printf the | aoti-tokenize -t '$tok' --no-bos - -"
expect_stdout "$the\n\n"

# sentencepiece models that normalize, without the library; the wheel gives the same ids.
printf '\343\200\200the FIne \303\201ba\314\210 \357\254\201\177 ' >text
printf '<a><b> z\303\251\302\264 return  x\n' >>text
expect_status 0 aoti-tokenize -t "$data/unigram.model" text
expect_stdout '131 5 209 141 20 25 5 0 45 185 183 5 4 5 61 186 5 0 110 53\n'
expect_status 0 aoti-tokenize -t "$data/bpe.model" text
expect_stdout '270 350 553 530 525 524 200 134 551 593 277 531 524 4 524 590 594 524 209 134 483 355\n'
expect_status 3 aoti-tokenize -t "$data/unigram.model" --compile unigram.aoti
expect_stderr "aoti-tokenize: $data/unigram.model: cannot compile this kind of sentencepiece model"
