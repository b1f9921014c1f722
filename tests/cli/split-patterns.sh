#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Regular expressions and lists of pre-tokenizers: the words that they make, shown by the pairs that
# are merged in them, and refused expressions, with the place. tokenizers 0.22.2 gives these ids.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"

# All pairs of a, b, 1 and space are merged: a word of two is one id, across words there are two.
vocabulary='{"<unk>":0,"a":1,"b":2,"1":3," ":4,"aa":5,"ab":6,"ba":7,"11":8,"1a":9,"a1":10," a":11,"a ":12}'
merges='[["a","a"],["a","b"],["b","a"],["1","1"],["1","a"],["a","1"],[" ","a"],["a"," "]]'

# made PRE-TOKENIZER...: writes t.json.
made()
{
    list=
    for one in "$@"; do
        list=$list${list:+,}$one
    done
    cat >t.json <<END
{"added_tokens": [], "normalizer": null, "decoder": null,
 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [$list]},
 "model": {"type": "BPE", "unk_token": "<unk>", "vocab": $vocabulary, "merges": $merges}}
END
}

# split PATTERN [BEHAVIOR [INVERT]]: a Split by a regular expression, written as JSON has it.
split()
{
    printf '{"type":"Split","pattern":{"Regex":"%s"},"behavior":"%s","invert":%s}' "$1" \
        "${2-Isolated}" "${3-false}"
}

# tokenizes TEXT IDS, compiled as well.
tokenizes()
{
    printf '%s' "$1" >text
    expect_status 0 aoti-tokenize -t t.json text
    expect_stdout "$2\n"
    rm -f t.compiled
    expect_status 0 aoti-tokenize -t t.json --compile t.compiled
    expect_status 0 aoti-tokenize -t t.compiled text
    expect_stdout "$2\n"
}

# refused PATTERN BYTE WHY
refused()
{
    made "$(split "$1")"
    expect_status 3 aoti-tokenize -t t.json /dev/null
    expect_stderr "aoti-tokenize: t.json: pattern of pre-tokenizer, byte $2: $3: $(echo "$1" | sed 's/\\\\/\\/g')"
}

made "$(split '[a-z]+')"
tokenizes 'aa11a a' '5 8 1 4 1'
made "$(split '\\d' Removed)"
tokenizes 'aa11a a' '5 1 11'
made "$(split '\\d' Removed true)"
tokenizes 'aa11a a' '3 3'
made "$(split '\\s' MergedWithNext)"
tokenizes 'a a a' '1 11 11'
made "$(split '\\s' MergedWithPrevious)"
tokenizes 'a a a' '12 12 1'
made "$(split '1' Contiguous)"
tokenizes 'a11a1a' '1 8 1 3 1'
made "$(split '\\d{1,3}+')"
tokenizes '11111' '8 8 3'
made "$(split 'a(?=b)|(?i:B)a|\\p{Nd}++')"
tokenizes 'abaaab11' '1 7 1 1 2 8'
made "$(split '[\\w&&[^b]]+?')" "$(split 'b*a')"
tokenizes 'aabab11a' '1 1 2 1 2 3 3 1'
made '{"type":"Digits","individual_digits":false}' '{"type":"WhitespaceSplit"}'
tokenizes 'a11 a1 a' '1 8 1 3 1'
made '{"type":"CharDelimiterSplit","delimiter":"b"}'
tokenizes 'aabaa' '5 5'
made '{"type":"Split","pattern":{"String":"ab"},"behavior":"Isolated","invert":false}'
tokenizes 'aaba.b' '1 6 1 0 2'

refused '(?<=a)b' 1 'lookbehind is not supported'
refused 'a\\bb' 2 'this escape is not supported'
refused '^a' 1 'the beginning of a line is not supported'
refused 'a|b*' 1 'an expression that may match nothing'
refused '(a*)*b' 5 'what may be empty is repeated without a limit'
refused 'a(b' 2 'a group without an end'
refused 'ab)' 3 'a parenthesis without its other'
refused '[a-' 1 'a class without an end'
refused '[b-a]' 3 'not a range'
refused '\\p{Klingon}a' 2 'an unknown property'
refused '(?i:graß)' 8 'letters beyond ASCII in any case are not supported'
refused '(?i:ss)' 6 'ss, st, ff, fi and fl in any case are not supported'
refused '(?x:a)' 1 'this kind of group is not supported'
exit 0
