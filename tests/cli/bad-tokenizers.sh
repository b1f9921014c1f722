#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tokenizer files that are no good: one line that names the file, status 3, in little time.

. "$AOTI_SOURCE_DIR/tests/cli/text-words.sh"
tok=$data/bytes.json

# refuses_ MESSAGE: ./bad.json is refused with it.
refuses_() {
    returns_ 3 timeout 10 aoti-tokenize -t bad.json /dev/null
    gives_ ''
    says_ "aoti-tokenize: bad.json: $1"
}

# edited SED-SCRIPT: writes bad.json.
edited() {
    sed "$1" "$tok" >bad.json
    cmp -s "$tok" bad.json && fail_ "nothing was changed by $1"
}

printf '' >bad.json
refuses_ 'empty file'
printf 'hello\n' >bad.json
returns_ 3 aoti-tokenize -t bad.json /dev/null
grep -q '^aoti-tokenize: bad.json: ' err || fail_ 'the file is not named'
head -c 100 "$tok" >bad.json
refuses_ "not JSON: line 8: premature end of input near '\"<|begin_'"
# What JSON has not is refused, whatever the library's version.
not_json_() {
    # shellcheck disable=SC2059
    printf "$1" >bad.json
    refuses_ "not JSON: line $2"
}
not_json_ '{"model":\n[NaN]}' "2: invalid token near 'NaN'"
not_json_ '[Infinity]' "1: invalid token near 'Infinity'"
not_json_ '[1e999]' "1: real number overflow near '1e999'"
not_json_ '[99999999999999999999]' "1: too big integer near '99999999999999999999'"
not_json_ '{} x' "1: end of file expected near 'x'"
not_json_ '{"a":1,}' "1: string or '}' expected near '}'"
not_json_ "{'a':1}" "1: string or '}' expected near '''"
not_json_ '[1] // a' "1: end of file expected near '/'"
not_json_ '"\377"' "1: unable to decode byte 0xff near '\"'"
not_json_ '"\355\240\200"' "1: unable to decode byte 0xed near '\"'"
printf '[]' >bad.json
returns_ 3 aoti-tokenize -t bad.json /dev/null
printf '{}' >bad.json
refuses_ "'model' is missing"
head -c 10000000 /dev/zero | tr '\0' '[' >bad.json
returns_ 3 timeout 10 aoti-tokenize -t bad.json /dev/null

edited 's/"type":"BPE"/"type":"WordPiece"/'
refuses_ "unknown model 'WordPiece'"
edited 's/"normalizer":null/"normalizer":{"type":"Lowercase"}/'
refuses_ "unknown normalizer 'Lowercase'"
edited 's/"dropout":null/"dropout":0.1/'
refuses_ "'dropout' makes tokens random"
edited 's/"continuing_subword_prefix":null/"continuing_subword_prefix":"##"/'
refuses_ "unknown continuing_subword_prefix '##'"
edited 's/"truncation":null/"truncation":{"max_length":5}/'
printf 'the the the the the the' >text
aoti-tokenize -t "$tok" text >wanted-ids
returns_ 0 aoti-tokenize -t bad.json text
compare_ wanted-ids out
says_ 'aoti-tokenize: warning: bad.json: truncation to 5 ids in the file is not applied: see --truncate'
returns_ 0 aoti-decode -t bad.json wanted-ids
[ -s err ] && fail_ 'truncation is a matter of aoti-decode'
edited 's/"padding":null/"padding":{"strategy":"BatchLongest","pad_to_multiple_of":8}/'
refuses_ "'padding' to a multiple of a length is set in the file"
edited 's/"type":"TemplateProcessing"/"type":"RobertaProcessing"/'
refuses_ "unknown post-processor 'RobertaProcessing'"
edited 's/^"Ġthe":\([0-9]*\)/"Ġthe":5/'
returns_ 3 aoti-tokenize -t bad.json /dev/null
grep -q 'id 5 is given to two tokens' err || fail_ 'a duplicate id passes'
edited 's/^"Ġthe":\([0-9]*\)/"Ġthe":3000000000/'
returns_ 3 aoti-tokenize -t bad.json /dev/null
grep -q "'Ġthe': expected an integer from 0 to [0-9]*, found 3000000000" err || fail_ 'an id above 2^31 passes'
edited 's/^"Ġthe":\([0-9]*\)/"Ġthe":-1/'
returns_ 3 aoti-tokenize -t bad.json /dev/null
edited '0,/^"Ġthe":\([0-9]*\)/s//"Ġnone":\1/'
returns_ 3 aoti-tokenize -t bad.json /dev/null
grep -q "merges\[[0-9]*\]: 'Ġthe' is not in the vocabulary" err || fail_ 'a missing token passes'

# Much nesting, and merges that lead nowhere or back.
head -c 100000000 /dev/zero | tr '\0' '{' >bad.json
returns_ 3 timeout 10 aoti-tokenize -t bad.json /dev/null
head -c 100000000 /dev/zero | tr '\0' '[' | sed 's/^/{"a":/' >bad.json
returns_ 3 timeout 20 aoti-tokenize -t bad.json /dev/null
rm -f bad.json
small='{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"ba":3,"aba":4},"merges":MERGES},
"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
"decoder":{"type":"ByteLevel"}}'
with_merges() {
    printf '%s' "$small" | sed "s/MERGES/$1/" >bad.json
}
with_merges '["a b","b a","ab a","a ba"]'
printf 'ababa' >text
returns_ 0 timeout 10 aoti-tokenize -t bad.json text
gives_ '2 4\n'
with_merges '["a b","b b"]'
refuses_ "merges[1]: 'bb' is not in the vocabulary"
with_merges '["a b","c a"]'
refuses_ "merges[1]: 'c' is not in the vocabulary"
with_merges '["ab"]'
refuses_ "merges[0]: 'ab' is not two tokens and a space"
with_merges '[["a"]]'
refuses_ 'merges[0] is not a pair of strings'
with_merges '[["","a"]]'
refuses_ 'merges[0]: a part is empty'
with_merges '{}'
refuses_ "'merges': expected an array, found an object"

# Rank files.
refuses_rank_() {
    # shellcheck disable=SC2059
    printf "$1" >bad.json
    returns_ 3 timeout 10 aoti-tokenize -t bad.json --pattern gpt2 /dev/null
    gives_ ''
    says_ "aoti-tokenize: bad.json$2"
}
refuses_rank_ 'IQ== 0\nIg== 0\n' ':2: the rank was there before'
refuses_rank_ 'IQ== 0\nIQ== 1\n' ':2: the token was there before'
refuses_rank_ 'IQ== 0\nIg= 1\n' ':2: the token is not in base64'
refuses_rank_ 'IQ== 0\nIg== \n' ':2: no rank'
refuses_rank_ 'IQ== 0\nIg== 1x\n' ':2: the rank is no decimal number'
refuses_rank_ 'IQ== 0\nIg== 99999999999999999999\n' ':2: the rank is too high'
refuses_rank_ 'IQ== 0\nIg==\n' ':2: expected a token in base64, a space and a rank'
printf 'IQ== 0\r\nIg== 1\r\n\r\n\n' >bad.json
returns_ 3 aoti-tokenize -t bad.json /dev/null
says_ 'aoti-tokenize: bad.json: a rank file of an unknown vocabulary: name its --pattern'
printf '!"!' >text
returns_ 0 aoti-tokenize -t bad.json --pattern gpt2 text
gives_ '0 1 0\n'

# Models of sentencepiece: <unk> and "a", and what stands in their place or behind them.
unknown='\n\011\n\005<unk>\030\002'
letter='\n\010\n\001a\025\000\000\200\277'
refuses_model_() {
    # shellcheck disable=SC2059
    printf "$1" >bad.json
    refuses_ "$2"
}
# shellcheck disable=SC2059
printf "$unknown$letter" >model
printf 'aa a' >text
returns_ 0 aoti-tokenize -t model text
gives_ '0 1 1 0 1\n'
refuses_model_ "$unknown\n\010\n\001a" 'not a whole sentencepiece model'
refuses_model_ "$unknown" 'no pieces, or too many'
refuses_model_ "$unknown\n\010\n\001a\025\000\000\200\377" 'piece 1 has no finite score'
refuses_model_ "$unknown$letter$letter" 'piece 2 was there before'
refuses_model_ "$unknown$letter\032\006\022\004\000\004\000\000" 'its characters map is broken'
{
    # shellcheck disable=SC2059
    printf "$unknown$letter\032\210\010\022\205\010\000\004\000\000"
    head -c 1024 /dev/zero | tr '\0' '\377'
    printf '\000'
} >bad.json
refuses_ 'its characters map leads out of itself'
