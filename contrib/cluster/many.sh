#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# many.sh - answer a stream of records on several machines, each once and in order
#
#   contrib/cluster/many.sh [OPTION]... -S HOST[,HOST]... COMMAND [ARG]... <requests >answers
#
#   contrib/cluster/many.sh -S one,two,three -n 64 aoti-forward /data/model.pt2 <requests >answers
#
# A thin layer over GNU parallel, which says more (parallel(1)). COMMAND answers each line with a
# line, as aoti-forward does; it, and the files it names, are on all machines. What a machine was
# given and did not finish, because it died or lost its network, another does again.

set -eu

usage()
{
    cat <<'END'
Usage: many.sh [OPTION]... -S HOST[,HOST]... COMMAND [ARG]...
Answer the records of standard input on several machines, each once and in order.

Options:
  -S HOSTS      names for ssh, a comma between them; N/HOST runs N COMMANDs there,
                and : is this machine
  -n N          records for each start of COMMAND (default: 32)
  -r N          machines that a record is tried on (default: 5)
  -s SSH        instead of "ssh -o BatchMode=yes ...": must notice a lost machine
  -h            print this help and exit

Exit status: 0 all answered, 1 some records were not, 2 usage.
END
}

die()
{
    echo "many.sh: $*" >&2
    exit 2
}

hosts='' records=32 tries=5
ssh='ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3'
while getopts hn:r:S:s: option; do
    case $option in
    h) usage; exit 0 ;;
    n) records=$OPTARG ;;
    r) tries=$OPTARG ;;
    S) hosts=$OPTARG ;;
    s) ssh=$OPTARG ;;
    *) die "try 'many.sh -h' for help" ;;
    esac
done
shift $((OPTIND - 1))
[ -n "$hosts" ] || die 'missing option: -S HOSTS'
[ $# -gt 0 ] || die 'missing operand: COMMAND'
parallel --version 2>/dev/null | grep -q '^GNU parallel' || die 'GNU parallel is not installed'

# Machines of one processor group are all there is to -j1: a COMMAND takes a machine for itself.
# Answers that a failed COMMAND began with are held back, so that a record has all of them or none.
# The word after -c is for the machine's shell, which is this one whoever logs in there: parallel
# asks the machine's $SHELL otherwise, and where that is not set, answers nothing and succeeds.
PARALLEL_SHELL=/bin/sh
export PARALLEL_SHELL
# shellcheck disable=SC2016
parallel --plain --will-cite --pipe -N "$records" --keep-order --jobs 1 --retries "$tries" \
    --sshlogin "$hosts" --ssh "$ssh" --quote \
    sh -c 'answers=$("$@" && echo .) && printf %s "${answers%.}"' many.sh "$@" || {
    echo "many.sh: some records were not answered in $tries tries" >&2
    exit 1
}
