#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# slurm.sh - answer a file of records by an array of Slurm jobs, then join the answers in order
#
#   sbatch --array=0-31 contrib/cluster/slurm.sh -p 32 requests answers aoti-forward model.pt2
#   contrib/cluster/slurm.sh -p 32 -J requests answers
#
# Task K of the array answers part K of the 32, into answers.parts/K-of-32, which is there only when
# it is whole. Submitted again, an array does the parts that are missing; -J says which these are.
#SBATCH --job-name=aoti-forward
#SBATCH --ntasks=1

set -eu

usage()
{
    cat <<'END'
Usage: slurm.sh -p PARTS REQUESTS ANSWERS COMMAND [ARG]...    (by sbatch --array=0-...)
   or: slurm.sh -p PARTS -J REQUESTS ANSWERS
Answer one part of the file REQUESTS, or join all answers (-J) to the file ANSWERS.

Exit status: 0 done, 1 COMMAND failed or parts are missing, 2 usage.
END
}

die()
{
    echo "slurm.sh: $*" >&2
    exit "${status:-1}"
}

parts='' join=no
while getopts hJp: option; do
    case $option in
    h) usage; exit 0 ;;
    J) join=yes ;;
    p) parts=$OPTARG ;;
    *) status=2 die "try 'slurm.sh -h' for help" ;;
    esac
done
shift $((OPTIND - 1))
case $parts in
'' | *[!0-9]* | 0) status=2 die "invalid argument '$parts' for -p: expected the number of parts" ;;
esac
[ $# -ge 2 ] || status=2 die 'missing operand: REQUESTS ANSWERS'
requests=$1 answers=$2
shift 2

# part K: the file of its answers.
part()
{
    printf '%s.parts/%05d-of-%05d\n' "$answers" "$1" "$parts"
}

answer_part()
{
    made=$(part "$1")
    shift
    [ ! -e "$made" ] || { echo "slurm.sh: $made: already answered" >&2; return; }
    mkdir -p "$answers.parts"
    half=$made.$$
    trap 'rm -f "$half" "$half.requests"' EXIT
    # Parts are of whole lines, and the same for whoever asks. split counts from 1.
    split -n "l/$((task + 1))/$parts" "$requests" >"$half.requests"
    "$@" <"$half.requests" >"$half" || die "part $task: '$1' exited with status $?"
    answered=$(wc -l <"$half") asked=$(wc -l <"$half.requests")
    [ "$answered" -eq "$asked" ] ||
        die "part $task: found $answered answers, expected $asked"
    mv "$half" "$made"
}

join_parts()
{
    missing=
    for task in $(seq 0 $((parts - 1))); do
        [ -e "$(part "$task")" ] || missing=$missing${missing:+,}$task
    done
    [ -z "$missing" ] || die "missing parts; submit again with --array=$missing"
    for task in $(seq 0 $((parts - 1))); do
        cat "$(part "$task")"
    done >"$answers.new"
    answered=$(wc -l <"$answers.new") asked=$(wc -l <"$requests")
    [ "$answered" -eq "$asked" ] ||
        die "$answers.parts: found $answered answers, expected $asked as in $requests"
    mv "$answers.new" "$answers"
}

if [ $join = yes ]; then
    join_parts
    exit 0
fi
[ $# -gt 0 ] || status=2 die 'missing operand: COMMAND'
task=${SLURM_ARRAY_TASK_ID-}
case $task in
'' | *[!0-9]*) status=2 die 'not an array task: SLURM_ARRAY_TASK_ID is not set' ;;
esac
[ "$task" -lt "$parts" ] || status=2 die "task $task of $parts parts: expected 0 to $((parts - 1))"
answer_part "$task" "$@"
