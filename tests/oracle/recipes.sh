#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The recipes artifacts/*.mk: from a model to a table; a second run repeats only what changed.

. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
make=${MAKE:-make}
"$make" --version 2>/dev/null | grep -q '^GNU Make [4-9]' || skip 'no GNU make 4'
unset MAKEFLAGS MFLAGS MAKELEVEL
recipes=$source_dir/artifacts

# plan RECIPE [VARIABLE=VALUE]...: what would be done, to the file plan.
plan()
{
    recipe=$1
    shift
    "$make" -n -f "$recipes/$recipe.mk" BUILD="$AOTI_BUILD_DIR" "$@" >plan 2>&1 ||
        { cat plan; fail "$recipe: no plan"; }
}

has()
{
    for word in "$@"; do
        grep -q -e "$word" plan || { cat plan; fail "$recipe does not do: $word"; }
    done
}

has_not()
{
    for word in "$@"; do
        ! grep -q -e "$word" plan || { cat plan; fail "$recipe does: $word"; }
    done
}

# --- Those of the hub, by what they would do -----------------------------------------------------

while read -r recipe model; do
    plan "$recipe"
    has "'$model' 'main'" aoti-build 'aoti-tokenize -l' aoti-eager 'aoti-time --compare'
done <<'END'
llama-3.2-1b meta-llama/Llama-3.2-1B
llama-3.2-1b-instruct meta-llama/Llama-3.2-1B-Instruct
llama-3.2-3b meta-llama/Llama-3.2-3B
llama-3.2-3b-instruct meta-llama/Llama-3.2-3B-Instruct
qwen2.5-instruct Qwen/Qwen2.5-0.5B-Instruct
smollm2-instruct HuggingFaceTB/SmolLM2-135M-Instruct
END
for file in "$recipes"/*.mk; do
    case ${file##*/} in local.mk | experiment.mk) continue ;; esac
    plan "$(basename "$file" .mk)"
    has aoti-build 'aoti-time --compare'
done

# --- Those that need no network, in earnest ------------------------------------------------------

need_torch
need_built aoti-forward

# cook RECIPE [VARIABLE=VALUE]...
cook()
{
    recipe=$1
    shift
    "$make" -f "$recipes/$recipe.mk" BUILD="$AOTI_BUILD_DIR" PYTHON="$PYTHON" OUT="$recipe" \
        NUM_REQUESTS=2 REPEATS=1 MAX_NEW_TOKENS=4 MODES='compiled eager' "$@" >cooked 2>&1 ||
        { cat cooked; fail "$recipe"; }
    for word in 'peak RSS' 'ids are the same'; do
        grep -q "$word" "$recipe/table" || { cat cooked; fail "$recipe: no '$word' in its table"; }
    done
}

# again [VARIABLE=VALUE]...: what the same recipe would do now.
again()
{
    plan "$recipe" PYTHON="$PYTHON" OUT="$recipe" NUM_REQUESTS=2 REPEATS=1 MAX_NEW_TOKENS=4 \
        MODES='compiled eager' "$@"
}

what_is_done_again()
{
    again
    has_not aoti-build aoti-time 'aoti-tokenize -l' random-llama
    again MAX_NEW_TOKENS=5
    has 'label compiled' 'label eager' aoti-time.--compare
    has_not aoti-build random-llama
    again BUILD_OPTIONS='--max-seq-len 256'
    has aoti-build 'label compiled' aoti-time.--compare
    has_not 'label eager' random-llama
    rm "$recipe/eager.json"
    again
    has 'label eager' aoti-time.--compare
    has_not aoti-build 'label compiled'
}

# The demo, with a package that is there; the long run compiles one of random weights.
"$make" -s -C "$AOTI_BUILD_DIR" demo.pt2 >&2 || exit 99
"$make" -s -f "$recipes/demo.mk" BUILD="$AOTI_BUILD_DIR" OUT=demo demo/build.settings \
    demo/checkpoint.settings || fail 'demo: no settings'
cp "$AOTI_BUILD_DIR/demo.pt2" demo/package.pt2
cook demo
! grep -q aoti-build cooked || fail 'demo: built a package that was there'
what_is_done_again
if [ -n "${AOTI_LONG-}" ]; then
    cook random
    what_is_done_again
    again DTYPE=float32
    has random-llama aoti-build 'label compiled'
fi
exit 0
