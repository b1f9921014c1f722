#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh - answer one prompt: text in, text out
#
#   contrib/run.sh [--package-path FILE] [--tokenizer FILE|DIR] [--prompt TEXT] [OPTION]...
#
# Other options, such as --bucket-pad and --max-new-tokens, are passed to aoti-forward(1). Without
# --prompt, the prompt is standard input.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build:$PATH

die()
{
    echo "run.sh: $*" >&2
    exit 2
}

package=artifacts/llama3b_aotinductor.pt2
tokenizer=artifacts/llama3b
prompt_given=no
prompt=
count=$#
while [ "$count" -gt 0 ]; do
    word=$1
    shift
    count=$((count - 1))
    case $word in
    --package-path | --tokenizer | --prompt)
        [ "$count" -gt 0 ] || die "option '$word' requires an argument"
        case $word in
        --package-path) package=$1 ;;
        --tokenizer) tokenizer=$1 ;;
        --prompt) prompt=$1 prompt_given=yes ;;
        esac
        shift
        count=$((count - 1))
        ;;
    *) set -- "$@" "$word" ;; # kept for aoti-forward, in order
    esac
done

give_prompt()
{
    if [ "$prompt_given" = yes ]; then
        printf '%s' "$prompt"
    else
        cat
    fi
}

# Keeps the ids in variables: in a pipeline, a failure of the tokenizer or the model would be hidden
# by the status of the last program.
ids=$(give_prompt | aoti-tokenize -t "$tokenizer")
answer=$(printf '%s\n' "$ids" | aoti-forward "$@" "$package")
printf '%s\n' "$answer" | aoti-decode -l -t "$tokenizer"
