#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# contrib/cluster/slurm.sh: the tasks of an array, killing one, and joining their
# answers. Slurm's only part here is to set a variable.

. "$AOTI_SOURCE_DIR/tests/cluster/words.sh"
split --version 2>/dev/null | grep -q GNU || skip 'split is not of the GNU coreutils'
make_requests 201 >requests
answers requests >wanted

# task K COMMAND...: task K of 7.
task()
{
    SLURM_ARRAY_TASK_ID=$1
    export SLURM_ARRAY_TASK_ID
    shift
    "$slurm" -p 7 requests answers "$@"
}

# The words of $worker are words.
# shellcheck disable=SC2086
for number in 6 0 1 3 5; do
    task $number $worker 2>err || { cat err; fail "task $number"; }
done
# Task 2 is killed after some answers; task 4 leaves some out.
# shellcheck disable=SC2086
expect_status 1 task 2 sh -c '"$@" | head -5; kill -9 $$' sh $worker
expect_status 1 task 4 head -5
grep -q 'part 4: found 5 answers, expected ' err || fail 'the reason is not told'
expect_error 1 'missing parts; submit again with --array=2,4' \
    "$slurm" -p 7 -J requests answers
[ ! -e answers ] || fail 'half of the answers'

# The whole array again: finished tasks are not repeated.
cat >notes-itself <<'END'
#!/bin/sh
echo "$SLURM_ARRAY_TASK_ID" >>noted
exec "$@"
END
chmod +x notes-itself
# shellcheck disable=SC2086
for number in 0 1 2 3 4 5 6; do
    task $number ./notes-itself $worker 2>err || { cat err; fail "task $number, again"; }
done
printf '2\n4\n' | cmp - noted || fail 'other parts than 2 and 4 were done again'
expect_status 0 "$slurm" -p 7 -J requests answers
cmp wanted answers || fail 'not the answers, once and in order'
[ "$(find answers.parts -type f | wc -l)" -eq 7 ] || fail 'something is left beside the parts'

# More tasks than records, and invalid command lines.
printf '1\n2\n' >requests
rm -rf answers*
# shellcheck disable=SC2086
for number in 0 1 2 3 4 5 6; do
    task $number $worker || fail "task $number of two records"
done
expect_status 0 "$slurm" -p 7 -J requests answers
answers requests | cmp - answers || fail 'other answers of two records'
expect_error 2 'task 7 of 7 parts' task 7 cat
SLURM_ARRAY_TASK_ID='' expect_error 2 'SLURM_ARRAY_TASK_ID is not set' "$slurm" -p 7 a b cat
expect_error 2 "invalid argument 'x' for -p: expected the number of parts" "$slurm" -p x a b cat
exit 0
