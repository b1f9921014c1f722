#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Invalid tokenizer files: one line that names the file, status 3, quickly.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
tok=$data/bytes.json

# refuse MESSAGE: ./bad.json is refused with MESSAGE.
refuse()
{
    expect_status 3 timeout 10 aoti-tokenize -t bad.json /dev/null
    expect_stdout ''
    expect_stderr "aoti-tokenize: bad.json: $1"
}

# edited SED-SCRIPT: writes bad.json.
edited()
{
    sed "$1" "$tok" >bad.json
    cmp -s "$tok" bad.json && fail "nothing was changed by $1"
}

printf '' >bad.json
refuse 'empty file'
printf 'hello\n' >bad.json
expect_status 3 aoti-tokenize -t bad.json /dev/null
grep -q '^aoti-tokenize: bad.json: ' err || fail 'the file is not named'
head -c 100 "$tok" >bad.json
refuse "not JSON: line 8: premature end of input near '\"<|begin_'"
# Input that is not JSON is refused by any version of the library.
refuse_json()
{
    # shellcheck disable=SC2059
    printf "$1" >bad.json
    refuse "not JSON: line $2"
}
refuse_json '{"model":\n[NaN]}' "2: invalid token near 'NaN'"
refuse_json '[Infinity]' "1: invalid token near 'Infinity'"
refuse_json '[1e999]' "1: real number overflow near '1e999'"
refuse_json '[99999999999999999999]' "1: too big integer near '99999999999999999999'"
refuse_json '{} x' "1: end of file expected near 'x'"
refuse_json '{"a":1,}' "1: string or '}' expected near '}'"
refuse_json "{'a':1}" "1: string or '}' expected near '''"
refuse_json '[1] // a' "1: end of file expected near '/'"
refuse_json '"\377"' "1: unable to decode byte 0xff near '\"'"
refuse_json '"\355\240\200"' "1: unable to decode byte 0xed near '\"'"
printf '[]' >bad.json
expect_status 3 aoti-tokenize -t bad.json /dev/null
printf '{}' >bad.json
refuse "'model' is missing"
head -c 10000000 /dev/zero | tr '\0' '[' >bad.json
expect_status 3 timeout 10 aoti-tokenize -t bad.json /dev/null

edited 's/"type":"BPE"/"type":"WordPiece"/'
refuse "unknown model 'WordPiece'"
edited 's/"normalizer":null/"normalizer":{"type":"Lowercase"}/'
refuse "unknown normalizer 'Lowercase'"
edited 's/"dropout":null/"dropout":0.1/'
refuse "'dropout' is not supported: it makes tokens random"
edited 's/"continuing_subword_prefix":null/"continuing_subword_prefix":"##"/'
refuse "unknown continuing_subword_prefix '##'"
edited 's/"truncation":null/"truncation":{"max_length":5}/'
printf 'the the the the the the' >text
aoti-tokenize -t "$tok" text >wanted-ids
expect_status 0 aoti-tokenize -t bad.json text
expect_same wanted-ids out
expect_stderr 'aoti-tokenize: warning: bad.json: truncation to 5 ids in the file is not applied: see --truncate'
expect_status 0 aoti-decode -t bad.json wanted-ids
[ -s err ] && fail 'truncation is reported by aoti-decode'
edited 's/"padding":null/"padding":{"strategy":"BatchLongest","pad_to_multiple_of":8}/'
refuse "'padding' to a multiple of a length is not supported"
edited 's/"type":"TemplateProcessing"/"type":"RobertaProcessing"/'
refuse "unknown post-processor 'RobertaProcessing'"
edited 's/^"Ġthe":\([0-9]*\)/"Ġthe":5/'
expect_status 3 aoti-tokenize -t bad.json /dev/null
grep -q 'duplicate id 5, of token ' err || fail 'a duplicate id passes'
edited 's/^"Ġthe":\([0-9]*\)/"Ġthe":3000000000/'
expect_status 3 aoti-tokenize -t bad.json /dev/null
grep -q "'Ġthe': expected an integer from 0 to [0-9]*, found 3000000000" err || fail 'an id above 2^31 passes'
edited 's/^"Ġthe":\([0-9]*\)/"Ġthe":-1/'
expect_status 3 aoti-tokenize -t bad.json /dev/null
edited '0,/^"Ġthe":\([0-9]*\)/s//"Ġnone":\1/'
expect_status 3 aoti-tokenize -t bad.json /dev/null
grep -q "merges\[[0-9]*\]: 'Ġthe' is not in the vocabulary" err || fail 'a missing token passes'

# Deep nesting, and merges that are invalid or form a circle.
head -c 100000000 /dev/zero | tr '\0' '{' >bad.json
expect_status 3 timeout 10 aoti-tokenize -t bad.json /dev/null
head -c 100000000 /dev/zero | tr '\0' '[' | sed 's/^/{"a":/' >bad.json
expect_status 3 timeout 20 aoti-tokenize -t bad.json /dev/null
rm -f bad.json
small='{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"ba":3,"aba":4},"merges":MERGES},
"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
"decoder":{"type":"ByteLevel"}}'
with_merges()
{
    printf '%s' "$small" | sed "s/MERGES/$1/" >bad.json
}
with_merges '["a b","b a","ab a","a ba"]'
printf 'ababa' >text
expect_status 0 timeout 10 aoti-tokenize -t bad.json text
expect_stdout '2 4\n'
with_merges '["a b","b b"]'
refuse "merges[1]: 'bb' is not in the vocabulary"
with_merges '["a b","c a"]'
refuse "merges[1]: 'c' is not in the vocabulary"
with_merges '["ab"]'
refuse "merges[0]: 'ab' is not two tokens and a space"
with_merges '[["a"]]'
refuse 'merges[0] is not a pair of strings'
with_merges '[["","a"]]'
refuse 'merges[0]: a part is empty'
with_merges '{}'
refuse "'merges': expected an array, found an object"

# Rank files.
refuse_ranks()
{
    # shellcheck disable=SC2059
    printf "$1" >bad.json
    expect_status 3 timeout 10 aoti-tokenize -t bad.json --pattern gpt2 /dev/null
    expect_stdout ''
    expect_stderr "aoti-tokenize: bad.json$2"
}
refuse_ranks 'IQ== 0\nIg== 0\n' ':2: duplicate rank'
refuse_ranks 'IQ== 0\nIQ== 1\n' ':2: duplicate token'
refuse_ranks 'IQ== 0\nIg= 1\n' ':2: the token is not in base64'
refuse_ranks 'IQ== 0\nIg== \n' ':2: no rank'
refuse_ranks 'IQ== 0\nIg== 1x\n' ':2: the rank is not a decimal number'
refuse_ranks 'IQ== 0\nIg== 99999999999999999999\n' ':2: the rank is out of range'
refuse_ranks 'IQ== 0\nIg==\n' ':2: expected a token in base64, a space and a rank'
printf 'IQ== 0\r\nIg== 1\r\n\r\n\n' >bad.json
expect_status 3 aoti-tokenize -t bad.json /dev/null
expect_stderr 'aoti-tokenize: bad.json: rank file with an unknown vocabulary: pass --pattern'
printf '!"!' >text
expect_status 0 aoti-tokenize -t bad.json --pattern gpt2 text
expect_stdout '0 1 0\n'

# Models of sentencepiece: <unk> and "a", and models that differ in one place or have more after
# them.
unknown='\n\011\n\005<unk>\030\002'
letter='\n\010\n\001a\025\000\000\200\277'
refuse_model()
{
    # shellcheck disable=SC2059
    printf "$1" >bad.json
    refuse "$2"
}
# shellcheck disable=SC2059
printf "$unknown$letter" >model
printf 'aa a' >text
expect_status 0 aoti-tokenize -t model text
expect_stdout '0 1 1 0 1\n'
refuse_model "$unknown\n\010\n\001a" 'malformed sentencepiece model'
refuse_model "$unknown" 'no pieces, or too many'
refuse_model "$unknown\n\010\n\001a\025\000\000\200\377" 'piece 1: the score is not finite'
refuse_model "$unknown$letter$letter" 'duplicate piece 2'
refuse_model "$unknown$letter\032\006\022\004\000\004\000\000" 'malformed character map'
{
    # shellcheck disable=SC2059
    printf "$unknown$letter\032\210\010\022\205\010\000\004\000\000"
    head -c 1024 /dev/zero | tr '\0' '\377'
    printf '\000'
} >bad.json
refuse 'character map: offset out of range'
