#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh - one prompt through a package, text in, text out
#
#   contrib/run.sh [--package-path FILE] [--tokenizer FILE|DIR] [--prompt TEXT] [OPTION]...
#
# Further options go to aoti-forward(1), --bucket-pad and --max-new-tokens among them.
# Without --prompt the prompt is standard input.

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

# The ids are kept in a variable so that a failure of the tokenizer or the model is not hidden by
# the programs behind it.
ids=$(give_prompt | aoti-tokenize -t "$tokenizer")
answer=$(printf '%s\n' "$ids" | aoti-forward "$@" "$package")
printf '%s\n' "$answer" | aoti-decode -l -t "$tokenizer"
