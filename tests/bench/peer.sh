#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# aoti-forward against llama.cpp: one random checkpoint of the 1b shape, run in turn.
#
#     peer.sh DIR
#
# DIR holds, or receives, everything that takes long: the unpacked source distribution of
# llama-cpp-python (it contains llama.cpp; pip download --no-deps --no-binary :all:
# llama-cpp-python), the build of its llama-bench, the checkpoint, its GGUF file and its package.
# Building takes 15 minutes of two CPUs and 10 GB. ROUNDS=3, SHAPE=1b, THREADS (default: all),
# PROMPT=128 and TOKENS=32 set what is run; TOKENS=0 leaves out the answer. QUANTIZE=int8 compares
# with Q8_0, int4 with Q4_0, none with BF16. With int4, HEAD=int4 gives aoti-forward a head of 4
# bits instead of 8; PEER_HEAD=q8_0 or q4_0 sets the type of llama.cpp's, which is Q6_K if
# llama-quantize chooses. RUN is put before each command: on a busy machine, "chrt -f 10" gives both
# all of the CPUs.
set -eu
: "${AOTI_BUILD_DIR:?}" "${AOTI_SOURCE_DIR:?}"
python=${PYTHON:-python3}
rounds=${ROUNDS:-3} shape=${SHAPE:-1b} threads=${THREADS:-$(nproc)} prompt=${PROMPT:-128}
tokens=${TOKENS:-32}
quantize=${QUANTIZE:-none} head=${HEAD:-} peer_head=${PEER_HEAD:-} run=${RUN:-}
dir=${1:?a folder to work in}
case $quantize in
none) suffix='' kind='' ;;
int8) suffix=-int8 kind=Q8_0 ;;
int4) suffix=-int4 kind=Q4_0 ;;
*)
    echo "$0: QUANTIZE=$quantize: none, int8 or int4" >&2
    exit 2
    ;;
esac
mkdir -p "$dir"
cd "$dir"

source=$(find . -maxdepth 4 -type d -path './llama_cpp_python-*/vendor/llama.cpp' | head -n 1)
[ -n "$source" ] || {
    echo "$0: unpack the source distribution of llama-cpp-python in $dir" >&2
    exit 2
}

if [ ! -x build/bin/llama-bench ]; then
    # GCC 12 drops the stores of the tile shapes before the instruction that reads them: AMX faults.
    # shellcheck disable=SC2016
    sed -i '/^ *__asm__/!s/^ *_tile_loadconfig(&tc);/__asm__ volatile("" : : "r"(\&tc) : "memory"); &/' \
        "$source/ggml/src/ggml-cpu/amx/mmq.cpp"
    cmake -S "$source" -B build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON \
        -DLLAMA_CURL=OFF -DBUILD_SHARED_LIBS=OFF -DLLAMA_BUILD_TESTS=OFF \
        -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_EXAMPLES=OFF >build.log
    cmake --build build -j "$threads" --target llama-bench llama-quantize >>build.log
fi
package=$shape$suffix${head:+-$head-head}.pt2
peer=$shape${kind:+-$kind}${peer_head:+-$peer_head-head}.gguf
[ -e "$shape" ] ||
    "$python" "$AOTI_SOURCE_DIR/artifacts/random-llama" --shape "$shape" "$shape"
[ -e "$package" ] ||
    "$python" "$AOTI_SOURCE_DIR/artifacts/aoti-build" --model-id "$shape" --dtype bfloat16 \
        --max-seq-len 2560 --device cpu --quantize "$quantize" \
        ${head:+--quantize-head "$head"} --package-path "$package"
[ -e "$shape.gguf" ] ||
    "$python" "$AOTI_SOURCE_DIR/tests/bench/to_gguf.py" "$source/gguf-py" "$shape" "$shape.gguf"
# A name that begins with a digit would be taken for a type. The head may be the embedding.
[ -e "$peer" ] ||
    build/bin/llama-quantize \
        ${peer_head:+--output-tensor-type "$peer_head" --token-embedding-type "$peer_head"} \
        "./$shape.gguf" "./$peer" "$kind" "$threads" >>build.log 2>&1

# Read both files first: pages of a file that was just written may be smaller in the page cache.
for file in "$package" "$peer"; do
    sync "$file"
    dd if="$file" iflag=nocache count=0 status=none
done

depths=0
[ "$tokens" -eq 0 ] || depths=0,$prompt
for round in $(seq "$rounds"); do
    # shellcheck disable=SC2086
    $run "$python" "$AOTI_SOURCE_DIR/tests/bench/forward_bench.py" "$package" --only builtin \
        --rounds 1 --prompt "$prompt" --tokens "$((tokens ? tokens : 1))" 2>/dev/null \
        >"own.$round.json"
    # shellcheck disable=SC2086
    $run build/bin/llama-bench -m "$peer" -p "$prompt" -n "$tokens" -d "$depths" -r 1 \
        -t "$threads" -o json >"peer.$round.json"
    echo "round $round of $rounds" >&2
done
"$python" - "$rounds" "$prompt" "$tokens" <<'END'
import json, statistics, sys

rounds, prompt, tokens = range(1, int(sys.argv[1]) + 1), int(sys.argv[2]), int(sys.argv[3])
own = [json.loads(open(f"own.{n}.json").readline()) for n in rounds]
peer = [json.load(open(f"peer.{n}.json")) for n in rounds]
phases = [("prefill", "n_prompt", 0), ("decode", "n_gen", prompt)]
for name, kind, depth in phases if tokens else phases[:1]:
    ours = [run[f"{name}_per_second"] for run in own]
    theirs = [next(e["avg_ts"] for e in run if e[kind] and e["n_depth"] == depth) for run in peer]
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(json.dumps({"what": name, "own": ours, "llama.cpp": theirs, "ratio": ratio}))
    print(f"{name}: aoti-forward {statistics.median(ours):.2f} tokens/s, llama.cpp "
          f"{statistics.median(theirs):.2f}, {ratio:.2f} times", file=sys.stderr)
END
