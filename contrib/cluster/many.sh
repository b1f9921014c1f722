#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# many.sh - answer a stream of records on several machines, in order and each once
#
#   contrib/cluster/many.sh [OPTION]... -S HOST[,HOST]... COMMAND [ARG]... <requests >answers
#
#   contrib/cluster/many.sh -S one,two,three -n 64 aoti-forward /data/model.pt2 <requests >answers
#
# A thin layer over GNU parallel; see parallel(1). COMMAND answers each line with a line, as
# aoti-forward does. COMMAND and its files must exist on all machines. Records that a machine did
# not answer, because it died or lost its network, are sent to another one.

set -eu

usage()
{
    cat <<'END'
Usage: many.sh [OPTION]... -S HOST[,HOST]... COMMAND [ARG]...
Answer the records of standard input on several machines, in order and each once.

Options:
  -S HOSTS      host names for ssh, separated by commas; N/HOST runs N COMMANDs at once,
                and : is this machine
  -n N          records for each run of COMMAND (default: 32)
  -r N          maximum number of tries for a record (default: 5)
  -s SSH        ssh command; it must notice a lost machine
                (default: ssh -o BatchMode=yes ...)
  -h            print this help and exit

Exit status: 0 success, 1 some records were not answered, 2 usage.
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

# --jobs 1: a COMMAND has a machine for itself, unless HOST is N/HOST.
# sh -c: prints the answers only if COMMAND succeeds, so that a try gives all answers or none.
# PARALLEL_SHELL: otherwise parallel uses $SHELL of the machine, and if that is not set it prints
# nothing and succeeds.
PARALLEL_SHELL=/bin/sh
export PARALLEL_SHELL
# shellcheck disable=SC2016
parallel --plain --will-cite --pipe -N "$records" --keep-order --jobs 1 --retries "$tries" \
    --sshlogin "$hosts" --ssh "$ssh" --quote \
    sh -c 'answers=$("$@" && echo .) && printf %s "${answers%.}"' many.sh "$@" || {
    echo "many.sh: some records were not answered in $tries tries" >&2
    exit 1
}
