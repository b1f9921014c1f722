#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Everything that aoti-forward refuses gets one line, the documented status, nothing on stdout, and no
# code of the package runs before it was checked.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need python3
need_built aoti-forward
AOTI_LIBTORCH=$stub
STUB_CONSTRUCTOR=$work/code-ran
export AOTI_LIBTORCH STUB_CONSTRUCTOR
for kind in static dynamic cached foreign; do
    make_package $kind $kind.pt2
done
printf '1\n' >one

# refuse KIND TEXT: the package is refused with TEXT and status 4 before its code is loaded.
refuse()
{
    make_package "$1" "$1.pt2"
    rm -f code-ran
    expect_error 4 "$1.pt2: $2" aoti-forward "$1.pt2" one
    [ ! -e code-ran ] || fail "$1: its code ran before it was refused"
}

# Usage.
expect_error 2 'missing operand: PACKAGE' aoti-forward
expect_error 2 "unknown option '--no-such'" aoti-forward --no-such
expect_error 2 "unknown option '-q'" aoti-forward -q
expect_error 2 "option '-n' requires an argument" aoti-forward -n
expect_error 2 "option '--echo=1' takes no argument" aoti-forward --echo=1
expect_error 2 "invalid argument 'x' for --max-new-tokens: expected an integer from 0 to 2147483647" aoti-forward -n x dynamic.pt2
expect_error 2 "from 0 to 2147483647" aoti-forward -n -1 dynamic.pt2
expect_error 2 "invalid argument '1.5' for --top-p: expected a number from 0 to 1" \
    aoti-forward --top-p 1.5 dynamic.pt2
expect_error 2 "invalid argument 'nan' for --temperature: expected a number from 0 to 1e+06" aoti-forward --temperature nan dynamic.pt2
expect_error 2 "--stop-sequence: no ids in ' '" aoti-forward --stop-sequence ' ' dynamic.pt2
expect_error 2 '--seq-len: dynamic.pt2 has metadata' aoti-forward --seq-len 4 dynamic.pt2 one
expect_error 2 '--score cannot be combined with' aoti-forward --score --echo dynamic.pt2 one

# Files.
expect_error 1 'none.pt2: No such file or directory' aoti-forward none.pt2
expect_error 1 'd: Is a directory' sh -c 'mkdir d; exec aoti-forward d'
expect_error 1 'none: No such file or directory' aoti-forward dynamic.pt2 none
expect_error 1 'd: Is a directory' aoti-forward dynamic.pt2 d
expect_error 1 'x/stats: No such file or directory' aoti-forward --stats x/stats dynamic.pt2
: >empty.pt2
expect_error 4 'empty.pt2: not a usable .pt2 package: empty file' aoti-forward empty.pt2
cp one text.pt2
expect_error 4 'text.pt2: not a usable .pt2 package: not a ZIP archive' aoti-forward text.pt2
mkfifo fifo.pt2
expect_error 1 'fifo.pt2: not a regular file' aoti-forward fifo.pt2

# A package truncated anywhere.
size=$(wc -c <dynamic.pt2)
for part in 1 2 3 4 5 6 7 8 9; do
    head -c $((size * part / 10)) dynamic.pt2 >cut.pt2
    expect_error 4 'cut.pt2: not a usable .pt2 package: truncated' aoti-forward cut.pt2 one
done
for bytes in 1 2 20 60; do
    head -c $((size - bytes)) dynamic.pt2 >cut.pt2
    expect_error 4 'cut.pt2: not a usable .pt2 package: truncated' aoti-forward cut.pt2 one
done

# Archives.
refuse compressed 'not a usable .pt2 package: compressed member'
refuse no-top-folder 'not a usable .pt2 package: member without a top-level folder'
refuse two-tops 'not a usable .pt2 package: unsafe member name'
refuse dot-dot 'not a usable .pt2 package: unsafe member name'
refuse absolute 'not a usable .pt2 package: unsafe member name'
refuse backslash 'not a usable .pt2 package: unsafe member name'
refuse control-byte 'not a usable .pt2 package: unsafe member name'
refuse no-graph 'no compiled graph'
refuse two-foreign-graphs 'no metadata and more than one graph'

# Metadata.
refuse meta-not-json 'not JSON'
refuse meta-other-format 'meta.json: format is not "aoti-utils"'
refuse meta-newer 'format version is 2, expected at most 1'
refuse meta-no-form "'form' is missing"
refuse meta-unknown-form "unknown form 'embedding', expected 'logits' or 'cached'"
refuse meta-wrong-type "'vocab_size': expected an integer, found a string"
refuse meta-missing-member 'metadata names data/none.so, which is not in the package'
refuse other-machine 'built for pdp11, this machine is '
refuse other-isa 'built for a CPU with avx9 (avx9), which this one lacks'
make_package other-device other-device.pt2
expect_error 5 'other-device.pt2: built for device tpu, expected cpu or cuda' aoti-forward other-device.pt2 one

# Code for other machines is refused whatever the metadata says, before libtorch is loaded.
refuse other-code 'built for *, 64 bits, little-endian; this program is for *, * bits, *-endian'
refuse other-pointers 'built for *, * bits, *-endian; this program is for *, * bits, *-endian'
make_package other-foreign-code other-foreign-code.pt2
AOTI_LIBTORCH=$work/nowhere expect_error 4 'built for *; this program is for *' \
    aoti-forward --seq-len 4 other-foreign-code.pt2 one

# --inspect describes all of these.
for kind in other-machine other-isa other-device other-code other-pointers other-foreign-code; do
    expect_status 0 aoti-forward --inspect "$kind.pt2"
    grep -q '^runtime: none here: built for ' out || fail "$kind: --inspect says: $(cat out)"
done
aoti-forward --inspect other-machine.pt2 | grep -qx 'machine: pdp11' || fail 'no machine'
aoti-forward --inspect other-isa.pt2 | grep -qx 'features: avx9' || fail 'no features'
aoti-forward --inspect other-device.pt2 | grep -qx 'device: tpu' || fail 'no device'
aoti-forward --inspect other-code.pt2 | grep -q '^graph: model, [0-9]* bytes, for .*endian$' ||
    fail 'no machine of the graph'

# Contents.
refuse flipped-graph 'damaged: data/aotinductor/model/graph.so has SHA-256 '
refuse flipped-weights 'damaged: data/weights/weights.safetensors has SHA-256 '
refuse no-weights 'metadata names data/weights/weights.safetensors, which is not in the package'
refuse huge-cache "'length'*"
refuse other-cache "graph 'prefill' takes k_0 of float32 \[1, 1, 17, 4\], but the cache is float32 \[1, 1, 17, 8\]"
refuse cache-of-other-dtype "graph 'prefill' takes k_0 of float32 *, but the cache is bfloat16 "
refuse other-layers "graph 'prefill' takes 5 inputs, but the cache implies 7"
refuse other-weight 'no weight weight, which a graph needs'
refuse other-dtype "weight weight is bfloat16 \[*\], but graph 'prefill' expects float32 \["
refuse other-size "weight weight is float32 \[8\], but graph 'prefill' expects float32 \[16\]"
refuse no-decode "no graph named 'decode'"
rm -f code-ran
expect_error 4 'foreign.pt2: no metadata: pass its length with --seq-len' \
    aoti-forward foreign.pt2 one
[ ! -e code-ran ] || fail 'code of a package of unknown length ran'
make_package not-elf not-elf.pt2
expect_error 4 'not an ELF file' aoti-forward --seq-len 4 not-elf.pt2 one
make_package truncated-elf truncated-elf.pt2
expect_error 4 'headers point outside the file' aoti-forward --seq-len 4 truncated-elf.pt2 one
# Digests agree, so the code itself is looked at. --inspect looks at it as well.
refuse segments-outside 'not a usable shared object: a segment outside the file'
expect_status 4 aoti-forward --inspect segments-outside.pt2
refuse needed-path 'not a usable shared object: needs a library by its path'
printf x | dd of=foreign.pt2 bs=1 seek=2000 conv=notrunc 2>/dev/null
expect_error 4 'damaged: checksum mismatch in data/aotinductor/model/graph.so' \
    aoti-forward --seq-len 4 foreign.pt2 one

# Only the loaded graph can tell.
make_package other-vocabulary other-vocabulary.pt2
expect_error 4 'graph returns 64 logits, but the metadata says 65' aoti-forward other-vocabulary.pt2 one

# Input.
refuse_input()
{
    printf '%b' "$1" >input
    expect_error 3 "input:$2" aoti-forward -n 1 "${3-dynamic.pt2}" input
}
refuse_input '64\n' '1:1: token id 64 out of range (vocabulary has 64)'
refuse_input '1 2 64\n' '1:5: token id 64'
refuse_input '-1\n' "1:1: expected a decimal token id, not '-'"
refuse_input '0x10\n' "1:2: expected a decimal token id, not 'x'"
refuse_input '99999999999\n' '1:1: token id above 2147483647'
refuse_input '1 \0033\n' '1:3: expected a decimal token id, not byte 0x1b'
refuse_input '1 2' '1:4: stream ended inside a sequence'
refuse_input '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n' '1:40: sequence too long: expected at most 16 ids'
refuse_input '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n' '1:40: sequence too long: expected at most 16 ids' \
    cached.pt2
refuse_input '1\n' '1: got 1 ids, expected exactly 16; pass --bucket-pad to pad' \
    static.pt2
expect_error 3 'one:1: got 1 ids and 17 new ones, but the context holds 16' \
    aoti-forward --bucket-pad -n 17 static.pt2 one

# Earlier lines are answered before a later one is refused.
printf '1\n64\n' >input
expect_status 3 aoti-forward -n 1 cached.pt2 input
[ "$(cat out)" = 4 ] || fail "the first line's answer: '$(cat out)'"

# A model that fails: the ids known so far are written, and the line is not ended.
STUB_FAIL_AT=2 expect_status 1 aoti-forward -n 3 dynamic.pt2 one
[ "$(cat out)" = '4 ' ] || fail "before the failure: '$(cat out)'"
expect_message 'dynamic.pt2: running the model failed'
STUB_NAN_AT=1 expect_error 1 "the model's output is not a number" aoti-forward dynamic.pt2 one

# libtorch.
AOTI_LIBTORCH=$work/nowhere expect_error 1 "nowhere/libtorch_cpu.so: cannot load libtorch" \
    aoti-forward dynamic.pt2 one
AOTI_LIBTORCH=$stub/old expect_error 1 'too old: torch 2.8, expected 2.9 or newer' \
    aoti-forward dynamic.pt2 one
AOTI_LIBTORCH=$work/nowhere expect_status 0 aoti-forward --inspect dynamic.pt2
exit 0
