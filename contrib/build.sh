#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh - compile Llama 3.2 3B Instruct to one graph of static length
#
#   contrib/build.sh [OPTION]...    options of aoti-build(1); they override the ones below

set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../build:$PATH

mkdir -p artifacts
exec aoti-build --form logits \
    --model-id meta-llama/Llama-3.2-3B-Instruct \
    --package-path artifacts/llama3b_aotinductor.pt2 \
    --metadata-path artifacts/llama3b_aotinductor_meta.json \
    --example-seq-len 128 --no-dynamic-seq-len "$@"
