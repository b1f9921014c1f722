#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# benchmark.sh - time the same requests with a compiled model, a model compiled first, and eager
#
#   compile_preload     aoti-forward with an existing package
#   compile_no_preload  aoti-build, then aoti-forward; the measured time includes both
#   eager               aoti-eager: Hugging Face transformers, not compiled
#
# aoti-time runs each mode and measures from the start of the process. Reports go to
# RESULTS/MODE.json, tables to standard error, the comparison to standard output.

set -eu
here=$(cd "$(dirname "$0")" && pwd)

usage()
{
    cat <<END
Usage: benchmark.sh [OPTION]...
Options:
  --model DIR           checkpoint, with its tokenizer (default: the demo model)
  --package FILE        compiled model; built if it does not exist
                        (default: RESULTS/NAME-OF-MODEL.pt2)
  --build-options WORDS options of aoti-build (default: --max-seq-len 512)
  --device DEVICE       cpu or cuda (default: cpu)
  --prompts FILE        requests, one per line of text
                        (default: sums and stories for the demo model)
  --num-requests N      number of requests (default: 100)
  --repeats N           runs of each mode, each in a fresh process (default: 2)
  --max-new-tokens N    maximum number of ids per answer (default: 32)
  --modes WORDS         modes to run (default: compile_preload compile_no_preload eager)
  --results DIR         directory for reports (default: artifacts/results)
  --evict               drop package and checkpoint from the page cache before each run
Environment: AOTI_BUILD_DIR, the build folder (default: build, next to contrib; without one, the
installed programs are used); PYTHON, an interpreter with torch and transformers.
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

# Uses the programs and the interpreter of a build folder, or the installed ones.
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

# build_package FILE: compiles with empty caches, since a build from caches would measure nothing.
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

# compile_no_preload is one command, which reports its build as a stage.
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
    printf "{\"event\": \"stage\", \"stage\": \"build\", "
    printf "\"seconds\": %.6f, \"bytes\": 0}\n", $2 - $1
}' | cat - "$scratch/after-build" >"$stats"
END

# time_mode MODE FILE_OPTIONS COMMAND...: measures COMMAND.
time_mode()
{
    mode=$1 files=$2
    shift 2
    # File names contain no white space: file_options checks them.
    # shellcheck disable=SC2086
    aoti-time --label "$mode" --requests "$scratch/requests" --num-requests "$count" \
        --repeats "$repeats" --json "$results/$mode.json" --stats "$scratch/stats" $versions \
        --bandwidth $files -- "$@" >"$scratch/$mode.ids"
}

# file_options FILE...: prints options of aoti-time for the files with the weights.
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
