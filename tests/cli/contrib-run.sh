#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# contrib/run.sh passes a prompt through the three programs, and its options to aoti-forward.
. "$AOTI_SOURCE_DIR/tests/cli/init.sh"
need python3
need_built aoti-forward
AOTI_LIBTORCH=$stub
export AOTI_LIBTORCH
make_package static static.pt2
tokenizer=$source_dir/tests/data/bytes.json

# A copy, because run.sh prefers the programs in the build folder beside it.
mkdir contrib && cp "$source_dir/contrib/run.sh" contrib

# The stub has 64 ids, so the prompt must be one of the first bytes of the vocabulary.
run="contrib/run.sh --package-path static.pt2 --tokenizer $tokenizer"
# The words of $run are words.
# shellcheck disable=SC2086
expect_status 0 $run --bucket-pad --prompt '!' --max-new-tokens 1
[ -s out ] || fail 'no answer'
cp out answer
# shellcheck disable=SC2086
printf '!' | $run --max-new-tokens 1 --bucket-pad >out || fail 'a prompt by standard input'
cmp -s out answer || fail 'another answer to the same prompt'
# shellcheck disable=SC2086
expect_status 3 $run --prompt '!'
grep -q 'pass --bucket-pad' err || fail "no reason given: $(cat err)"
expect_error 2 "option '--prompt' requires an argument" contrib/run.sh --prompt
exit 0
