#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# gpu.sh PACKAGE - speed of a cached package on a GPU: start by stages, first id, decoding near the
# beginning and the end of the cache, medians of five. Prompts are random ids below the package's
# vocabulary. For the share of the memory rate, divide the rate of a copy, or that of nvidia-smi, by
# the bytes of the weights. Build the package while nothing else uses the GPU: Inductor times its
# kernels to choose among them, and another choice is 2 to 3 % slower.
set -eu
package=$1
build=${AOTI_BUILD_DIR:-.}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

vocabulary=$("$build/aoti-forward" --inspect "$package" | sed -n 's/^vocabulary: //p')
prompt()
{
    awk -v n="$1" -v v="$vocabulary" \
        'BEGIN { srand(3); for (i = 0; i < n; i++) printf "%d ", int(rand() * v); print "" }'
}
prompt 128 >"$folder/128"
prompt 100 >"$folder/100"
prompt 1900 >"$folder/1900"

# run NAME OPTIONS...: five runs; their stages and requests go to NAME.
run()
{
    name=$1
    shift
    for _ in 1 2 3 4 5; do
        "$build/aoti-forward" --ignore-eos --stats "$folder/stats" "$@" >"$folder/ids"
        cat "$folder/stats" >>"$folder/$name"
    done
}
run start -n 1 "$package" "$folder/128"
run again -n 200 "$package" "$folder/128" "$folder/100"
run early -n 100 "$package" "$folder/100"
run late -n 100 "$package" "$folder/1900"

nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null || echo "no GPU's name"
median='sort | .[length / 2 | floor]'
jq -rs '[.[] | select(.event == "stage")] | group_by(.stage)[] |
    "start, \(.[0].stage): \([.[].seconds] | '"$median"' * 1000) ms"' "$folder/start"
jq -rs '[.[] | select(.prompt_tokens == 100 and .event == "request") | .prefill_seconds] |
    "first id of a later request, 100 ids of prompt: \('"$median"' * 1000) ms"' "$folder/again"
for name in again early late; do
    jq -rs --arg name "$name" '[.[] | select(.event == "request") |
        (.generated_tokens - 1) / .decode_seconds] |
        "decoding, \($name): \('"$median"') ids a second"' "$folder/$name"
done
