#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# gpu.sh PACKAGE - speed of a cached package on a GPU: start by stages, first id, prompts, decoding
# near the beginning and the end of the cache, greedy and drawn, medians of five. Prompts are random
# ids below the package's vocabulary. For the share of the memory rate, divide the rate of a copy,
# or that of nvidia-smi, by the bytes of the weights. Build the package while nothing else uses the
# GPU: Inductor times its kernels to choose among them, and another choice is 2 to 3 % slower.
set -eu
package=$1
build=${AOTI_BUILD_DIR:-.}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

vocabulary=$("$build/aoti-forward" --inspect "$package" | sed -n 's/^vocabulary: //p')
# Each length has other ids: a request reuses what it shares with the previous one.
prompt()
{
    awk -v n="$1" -v v="$vocabulary" \
        'BEGIN { srand(n); for (i = 0; i < n; i++) printf "%d ", int(rand() * v); print "" }'
}
prompt 128 >"$folder/128"
prompt 100 >"$folder/100"
prompt 512 >"$folder/512"
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
run drawn -n 100 --temperature 0.8 --top-p 0.95 "$package" "$folder/100"
for n in 128 512 1900; do
    run "prompt-$n" -n 1 "$package" "$folder/100" "$folder/$n"
done

nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null || echo "no GPU's name"
median='sort | .[length / 2 | floor]'
jq -rs '[.[] | select(.event == "stage")] | group_by(.stage)[] |
    "start, \(.[0].stage): \([.[].seconds] | '"$median"' * 1000) ms"' "$folder/start"
jq -rs '[.[] | select(.prompt_tokens == 100 and .event == "request") | .prefill_seconds] |
    "first id of a later request, 100 ids of prompt: \('"$median"' * 1000) ms"' "$folder/again"
for n in 128 512 1900; do
    jq -rs --argjson n "$n" '[.[] | select(.event == "request" and .prompt_tokens == $n) |
        .prompt_tokens / .prefill_seconds] |
        "prompt of \($n): \('"$median"' | floor) ids a second"' "$folder/prompt-$n"
done
for name in again early late drawn; do
    jq -rs --arg name "$name" '[.[] | select(.event == "request") |
        (.generated_tokens - 1) / .decode_seconds] |
        "decoding, \($name): \('"$median"') ids a second"' "$folder/$name"
done
