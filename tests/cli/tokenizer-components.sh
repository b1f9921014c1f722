#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The order and combination of a tokenizer.json's components matter. Whatever would not run as in
# the reference is refused. The expected ids come from tokenizers 0.22.2.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"

replace='{"type":"Replace","pattern":{"String":" "},"content":"▁"}'
prepend='{"type":"Prepend","prepend":"▁"}'
low_line='{"type":"Replace","pattern":{"String":"▁"},"content":" "}'
strip='{"type":"Strip","content":" ","start":1,"stop":0}'
fallback='{"type":"ByteFallback"}'
fuse='{"type":"Fuse"}'
metaspace='{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}'
bytes='{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}'
plain_bytes='{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}'
gpt2='{"type":"Split","pattern":{"Regex":"'"'s|'t|'re|'ve|'m|'ll|'d| ?\\\\p{L}+| ?\\\\p{N}+| ?"
gpt2=$gpt2'[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false}'
# A vocabulary of 8: <unk> ▁ a ▁a b ▁b x ▁▁
vocabulary='{"<unk>":0,"▁":1,"a":2,"▁a":3,"b":4,"▁b":5,"x":6,"▁▁":7}'
merges='[["▁","a"],["▁","b"],["▁","▁"]]'

# made NORMALIZERS PRE-TOKENIZERS DECODERS [ADDED]: writes t.json. The arguments are lists of JSON
# objects.
made()
{
    cat >t.json <<END
{"added_tokens": [${4-}],
 "normalizer": {"type": "Sequence", "normalizers": [$1]},
 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [$2]},
 "decoder": {"type": "Sequence", "decoders": [$3]},
 "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true,
  "vocab": $vocabulary, "merges": $merges}}
END
}

# refused MESSAGE: both programs refuse t.json.
refused()
{
    expect_status 3 aoti-tokenize -t t.json /dev/null
    expect_stderr "aoti-tokenize: t.json: $1"
    expect_status 3 aoti-decode -t t.json /dev/null
    expect_stderr "aoti-decode: t.json: $1"
}

# tokenizes TEXT IDS: TEXT has printf's escapes.
tokenizes()
{
    # shellcheck disable=SC2059
    printf "$1" >text
    expect_status 0 aoti-tokenize -t t.json text
    expect_stdout "$2\n"
}

llama="$low_line,$fallback,$fuse,$strip"

# --- Normalizers ------------------------------------------------------------------------------

made "$prepend,$replace" '' "$llama"
tokenizes 'a b' '3 5'
made "$replace" '' "$llama"
tokenizes 'a b' '2 5'
made '{"type":"NFC"},'"$replace" '' "$llama"
tokenizes 'a b' '2 5'
made "$prepend" '' "$llama"
refused "normalizer 'Prepend' in an unsupported place"
made "$replace,$replace" '' "$llama"
refused "normalizer 'Replace' in an unsupported place"
made "$replace"',{"type":"NFC"}' '' "$llama"
refused "normalizer 'NFC' in an unsupported place"
made '{"type":"Lowercase"}' '' "$llama"
refused "unknown normalizer 'Lowercase'"
made '' '' "$llama"
refused 'the decoder turns U+2581 into spaces, but nothing turns spaces into it'

# --- Pre-tokenizers ---------------------------------------------------------------------------

gemma='{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}'
made "$replace" "$gemma" "$llama"
tokenizes 'a b' '2 5'
made '' "$metaspace" "$metaspace"
tokenizes 'a b' '3 5'
made "$prepend,$replace" "$gpt2" "$llama"
expect_status 3 aoti-tokenize -t t.json /dev/null
grep -q 'unknown pre-tokenizer after a normalizer that replaces spaces' err ||
    fail "spaces are looked for that are not there: $(cat err)"
made "$replace" "$bytes" '{"type":"ByteLevel"}'
expect_status 3 aoti-tokenize -t t.json /dev/null
grep -q 'unknown pre-tokenizer after a normalizer that replaces spaces' err ||
    fail "bytes of U+2581 are taken for a space: $(cat err)"
made '' "$bytes,$plain_bytes" '{"type":"ByteLevel"}'
expect_status 3 aoti-tokenize -t t.json /dev/null
grep -q 'unknown pre-tokenizer after another ByteLevel' err || fail "bytes of bytes: $(cat err)"
made '' "$metaspace,$bytes" '{"type":"ByteLevel"}'
refused "pre-tokenizer 'Metaspace' in an unsupported place"

# --- Decoders ---------------------------------------------------------------------------------

made "$prepend,$replace" '' "$llama"
expect_status 0 sh -c "echo 3 5 3 | aoti-decode -t t.json"
expect_stdout 'a b a'
made "$prepend,$replace" '' "$low_line,$fallback,$fuse"
expect_status 0 sh -c "echo 3 5 3 | aoti-decode -t t.json"
expect_stdout ' a b a'
made "$prepend,$replace" '' "$low_line,$fallback,$strip"
refused "decoder 'Strip' in an unsupported place"
made "$prepend,$replace" '' "$strip,$low_line,$fallback,$fuse"
refused "decoder 'Strip' in an unsupported place"
made '' "$metaspace" "$fallback,$fuse,$metaspace"
refused "decoder 'Metaspace' in an unsupported place"
made "$prepend,$replace" '' "$fallback,$low_line,$fuse"
refused "decoder 'Replace' in an unsupported place"

# --- Added tokens -----------------------------------------------------------------------------

# token CONTENT STRIP NORMALIZED: an added token; STRIP applies to both sides.
token()
{
    printf '{"id":60,"content":"%s","single_word":false,"lstrip":%s,"rstrip":%s,' "$1" "$2" "$2"
    printf '"normalized":%s,"special":false}' "$3"
}

# U+2581 is not white space.
made "$prepend,$replace" '' "$llama" "$(token '<x>' true true)"
tokenizes 'a <x> b' '3 8 5'
made "$replace" '' "$llama" "$(token '<x>' true true)"
tokenizes 'a <x> b' '2 1 8 5'
tokenizes 'a\n<x>\tb' '2 8 4'
# The id in the file is ignored: 8 is the next id after the vocabulary.
made "$prepend,$replace" '' "$llama" "$(token '<x>' false false)"
tokenizes 'a<x>' '3 8'
made "$prepend,$replace" '' "$llama" "$(token a false false),$(token '<x>' false false),\
$(token '<y>' false false)"
tokenizes '<y><x>a' '9 8 2'
vocabulary=$(echo "$vocabulary" | sed 's/"x":6/"x":8/')
made "$prepend,$replace" '' "$llama" "$(token '<x>' false false)"
refused "added token '<x>' gets id 8, which is taken"
vocabulary=$(echo "$vocabulary" | sed 's/"x":8/"x":6/')
made "$prepend,$replace" '' "$llama" "$(token '<x>' false false),$(token '<x>' false false)"
refused "duplicate added token '<x>'"
made '' "$metaspace" "$metaspace" "$(token '▁ab' false true)"
refused "added token '▁ab': unsupported spaces with Metaspace"
made '' "$metaspace" "$metaspace" "$(token ' x' false false)"
expect_status 0 sh -c "echo 8 5 | aoti-decode -t t.json"
expect_stdout ' x b'
