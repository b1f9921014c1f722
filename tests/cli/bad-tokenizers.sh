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
refuses_ 'an empty file is no tokenizer'
printf 'hello\n' >bad.json
returns_ 3 aoti-tokenize -t bad.json /dev/null
grep -q '^aoti-tokenize: bad.json: ' err || fail_ 'the file is not named'
head -c 100 "$tok" >bad.json
refuses_ 'not JSON: ends too early'
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
refuses_ "'truncation' is set in the file: use --truncate instead"
edited 's/"type":"TemplateProcessing"/"type":"RobertaProcessing"/'
refuses_ "unknown post-processor 'RobertaProcessing'"
edited 's/^"Ġthe":\([0-9]*\)/"Ġthe":5/'
returns_ 3 aoti-tokenize -t bad.json /dev/null
grep -q 'id 5 is given to two tokens' err || fail_ 'a duplicate id passes'
edited 's/^"Ġthe":\([0-9]*\)/"Ġthe":3000000000/'
returns_ 3 aoti-tokenize -t bad.json /dev/null
grep -q "'Ġthe' is 3000000000, not from 0 to " err || fail_ 'an id above 2^31 passes'
edited 's/^"Ġthe":\([0-9]*\)/"Ġthe":-1/'
returns_ 3 aoti-tokenize -t bad.json /dev/null
edited '0,/^"Ġthe":\([0-9]*\)/s//"Ġnone":\1/'
returns_ 3 aoti-tokenize -t bad.json /dev/null
grep -q "merges\[[0-9]*\]: 'Ġthe' is not in the vocabulary" err || fail_ 'a missing token passes'
