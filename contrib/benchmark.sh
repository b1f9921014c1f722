#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# benchmark.sh - the same requests to a model compiled before, compiled on the spot, and eager
#
#   compile_preload     aoti-forward over a package that is there
#   compile_no_preload  aoti-build, then aoti-forward, both inside the time that is measured
#   eager               aoti-eager: Hugging Face transformers, uncompiled
#
# Each mode is run by aoti-time, which takes the time from the start of the process; the reports go
# to RESULTS/MODE.json, the tables to standard error, the comparison to standard output.

set -eu
here=$(cd "$(dirname "$0")" && pwd)

usage()
{
    cat <<END
Usage: benchmark.sh [OPTION]...
Options:
  --model DIR           checkpoint with its tokenizer (default: the demo model)
  --package FILE        compiled before; built when it is missing
                        (default: RESULTS/NAME-OF-MODEL.pt2)
  --build-options WORDS for aoti-build (default: --max-seq-len 512)
  --device DEVICE       cpu or cuda (default: cpu)
  --prompts FILE        text to ask, a line a request (default: the demo's sums and stories)
  --num-requests N      (default: 100)
  --repeats R           fresh processes of each mode (default: 2)
  --max-new-tokens N    ids of an answer, at most (default: 32)
  --modes WORDS         (default: compile_preload compile_no_preload eager)
  --results DIR         (default: artifacts/results)
  --evict               drop package and checkpoint from the page cache before each run
Environment: AOTI_BUILD_DIR, where the programs were built (default: build, beside contrib; where
there is none they are looked up in PATH); PYTHON, the interpreter with torch and transformers.
END
}

model=$here/../artifacts/demo package='' build_options='--max-seq-len 512' device=cpu prompts=''
count=100 repeats=2 limit=32 modes='compile_preload compile_no_preload eager'
results=artifacts/results evict=no
while [ $# -gt 0 ]; do
    case $1 in
    --evict) evict=yes; shift; continue ;;
    --help) usage; exit 0 ;;
    --model | --package | --build-options | --device | --prompts | --num-requests | --repeats | \
        --max-new-tokens | --modes | --results)
        [ $# -ge 2 ] || { echo "benchmark.sh: option '$1' requires an argument" >&2; exit 2; } ;;
    *) echo "benchmark.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
    esac
    case $1 in
    --model) model=$2 ;;
    --package) package=$2 ;;
    --build-options) build_options=$2 ;;
    --device) device=$2 ;;
    --prompts) prompts=$2 ;;
    --num-requests) count=$2 ;;
    --repeats) repeats=$2 ;;
    --max-new-tokens) limit=$2 ;;
    --modes) modes=$2 ;;
    --results) results=$2 ;;
    esac
    shift 2
done
for mode in $modes; do
    case $mode in compile_preload | compile_no_preload | eager) ;;
    *) echo "benchmark.sh: unknown mode '$mode'" >&2; exit 2 ;;
    esac
done

# The programs and the interpreter of a build folder, or those that are installed.
build=${AOTI_BUILD_DIR:-$here/../build}
python=${PYTHON:-python3}
if [ -e "$build/Makefile" ]; then
    PATH=$build:$PATH
    python=${PYTHON:-$(sed -n 's/^PYTHON = //p' "$build/Makefile")}
    build_program=$here/../artifacts/aoti-build eager_program=$here/../artifacts/aoti-eager
else
    build_program=$(command -v aoti-build) eager_program=$(command -v aoti-eager)
fi

mkdir -p "$results"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/aoti-benchmark.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# build_package FILE: its caches begin empty, for a build that finds its work done measures nothing.
# shellcheck disable=SC2086
build_package()
{
    TORCHINDUCTOR_CACHE_DIR=$(mktemp -d "$scratch/cache.XXXXXX") "$python" "$build_program" \
        --model-id "$model" --package-path "$1" --device "$device" $build_options </dev/null >&2
}

package=${package:-$results/$(basename "$(cd "$model" && pwd)").pt2}
[ -e "$package" ] || case $modes in *compile_preload*) build_package "$package" ;; esac

if [ -z "$prompts" ]; then
    prompts=$scratch/prompts
    "$python" "$here/../artifacts/demo/text.py" prompts --count "$count" >"$prompts"
fi
aoti-tokenize -t "$model" --lines "$prompts" >"$scratch/requests"
versions=$("$python" - <<'END'
from importlib.metadata import version
print("--note", "torch=" + version("torch"), "--note", "transformers=" + version("transformers"))
END
)

# The compiling mode is one command, which tells the time of its build as a stage of its own.
cat >"$scratch/compile-and-run" <<'END'
set -e
scratch=$1 stats=$2 limit=$3
shift 3
TORCHINDUCTOR_CACHE_DIR=$(mktemp -d "$scratch/cache.XXXXXX")
export TORCHINDUCTOR_CACHE_DIR
begin=$(date +%s.%N)
"$@" --package-path "$scratch/on-the-spot.pt2" </dev/null >&2
end=$(date +%s.%N)
aoti-forward --max-new-tokens "$limit" --stats "$scratch/after-build" "$scratch/on-the-spot.pt2"
echo "$begin $end" | awk '{
    printf "{\"event\": \"stage\", \"stage\": \"build\", \"seconds\": %.6f, \"bytes\": 0}\n", $2 - $1
}' | cat - "$scratch/after-build" >"$stats"
END

# time_mode MODE FILE_OPTIONS COMMAND...; of the files, --package ones are read for every id.
time_mode()
{
    mode=$1 files=$2
    shift 2
    # The names of files have no blanks: they were looked at above.
    # shellcheck disable=SC2086
    aoti-time --label "$mode" --requests "$scratch/requests" --num-requests "$count" \
        --repeats "$repeats" --json "$results/$mode.json" --stats "$scratch/stats" $versions \
        --bandwidth $files -- "$@" >"$scratch/$mode.ids"
}

# file_options FILE...: what aoti-time is told of the files that hold the weights.
file_options()
{
    for file in "$@"; do
        case $file in
        *[[:space:]]*) echo "benchmark.sh: $file: file name contains white space" >&2; exit 2 ;;
        esac
        printf -- '--package %s ' "$file"
        [ $evict = no ] || printf -- '--evict %s ' "$file"
    done
}

package_options=$(file_options "$package")
model_options=$(file_options "$model"/*.safetensors)
reports=
for mode in $modes; do
    case $mode in
    compile_preload)
        time_mode "$mode" "$package_options" \
            aoti-forward --max-new-tokens "$limit" --stats "$scratch/stats" "$package" ;;
    compile_no_preload)
        # shellcheck disable=SC2086
        time_mode "$mode" "$model_options" \
            sh "$scratch/compile-and-run" "$scratch" "$scratch/stats" "$limit" \
            "$python" "$build_program" --model-id "$model" --device "$device" $build_options ;;
    eager)
        time_mode "$mode" "$model_options" \
            "$python" "$eager_program" --max-new-tokens "$limit" --stats "$scratch/stats" \
            --device "$device" "$model" ;;
    esac
    reports="$reports $mode.json"
done

cd "$results"
# shellcheck disable=SC2086
set -- $reports
[ $# -lt 2 ] || aoti-time --compare "$@"
