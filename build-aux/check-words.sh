#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-words.sh - check the wording and the layout of sources and pages
#
#   build-aux/check-words.sh [FILE|DIR]...     print each violation; exit 1 if there is one
#   build-aux/check-words.sh --list            list the files that are checked by default
#
# Without operands, checks the files and folders in $clean below, from the top of the source tree.
#
#   phrases    none of those in the table below, whose last column says what to write instead
#   columns    at most 100
#   files      fewer than 500 lines
#   functions  fewer than 60 lines between braces in the first column (C, shell, awk)
#   pages      no nested quotes when rendered by mandoc
#
# Generated files, which say "Do not edit" at the top, are skipped. Tests are checked for phrases
# only.

set -u
clean='src/common src/model src/runtime src/text src/timing
    src/aoti-tokenize.c src/aoti-decode.c src/aoti-time.c src/aoti-forward.c src/local.mk man
    contrib/benchmark.sh contrib/build.sh contrib/compare.sh contrib/run.sh contrib/cluster
    contrib/completions.awk contrib/aoti-plot build-aux/check-words.sh
    README HACKING NEWS CONTRIBUTING SECURITY PACKAGERS
    artifacts/aoti_artifacts artifacts/aoti-build artifacts/aoti-eager artifacts/experiment.mk
    tests/bench tests/cli tests/cluster tests/fault tests/fuzz tests/oracle tests/timing
    tests/unit/check_[cmprt]*.c tests/packages.py tests/python.sh tests/stub/README'
columns=100 file_lines=500 function_lines=60

# Extended regular expressions, matched without regard to case. A comment starts with // or #.
phrases()
{
    cat <<'END'
(//|#) what (is|was|the|a|an|it|they)\>	start with a verb: Returns, Writes
(//|#) whether\>	Returns true if
(//|#) as [a-z_]+[(,]	Like name()
^ *(//|#) of (the|a|an|all|each|it|which)\>	name the thing
(//|#) has [a-z_]+ [a-z]+(ed|n|t)\>	Makes, Calls
\<behind\>	after
\<anew\>	again
\<of which\>	split the sentence
\<(are|is|with|has|by|than) those of\>	name the thing
\<(lent|lends|lend)\>	owned by, borrowed
\<gives? back\>	frees, restores
\<is to be had\>	see
\<no good\>	invalid
\<for want of\>	without
\<lest\>	so that ... not
\<(is|are) none of\>	state what was found and expected
\<(is|are) no (token|number|file|package|tokenizer|stream|text|character|control)	is not a
\<must be of type\>	expected ..., found ...
\<was there before\>	duplicate
\<(a|one|each) piece\>	token, block or chunk; "piece" is for sentencepiece
\<vocabulary has not\>	not in the vocabulary
\<needs an argument\>	requires an argument
\<runtime .own.	builtin runtime
END
}

tab=$(printf '\t')

list()
{
    # $clean is a list of words.
    # shellcheck disable=SC2086
    [ $# -gt 0 ] || set -- $clean
    find "$@" -type f ! -name '*.pyc' ! -path tests/cli/check-words.sh | sort |
    while IFS= read -r file; do
        head -n 3 "$file" | grep -q 'Do not edit' || printf '%s\n' "$file"
    done
}

# check_phrases FILE: ignores the table in this file, "there is no text", which is plain English,
# and "piece" where sentencepiece is the subject.
check_phrases()
{
    case $1 in *sentencepiece* | */unigram*) exempt=' piece\>' ;; *) exempt='no phrase' ;; esac
    sed -e '/^phrases()/,/^}/s/.*//' -e 's/[Tt]here \(is\|are\|was\|were\) no/there: no/g' "$1" \
        >"$scratch/text"
    while IFS=$tab read -r pattern advice; do
        case $pattern in *"$exempt"*) continue ;; esac
        grep -inE -e "$pattern" "$scratch/text" | while IFS=: read -r number text; do
            printf '%s: "%s": write: %s\n' "$number" "$text" "$advice"
        done
    done <"$scratch/phrases"
}

check_layout()
{
    LC_ALL=C awk -v columns="$columns" -v file_lines="$file_lines" \
        -v function_lines="$function_lines" '
        {
            line = $0
            gsub(/[\200-\277]/, "", line)  # the bytes of UTF-8 that begin no character
        }
        length(line) > columns {
            print FNR ": line of " length(line) " columns, expected at most " columns
        }
        /^\{/ { start = FNR }
        /^}/ && start {
            if (FNR - start - 1 >= function_lines)
                print start ": function of " FNR - start - 1 " lines, expected fewer than " \
                    function_lines
            start = 0
        }
        END {
            if (FNR >= file_lines)
                print FNR ": file of " FNR " lines, expected fewer than " file_lines
        }' "$1"
}

check_page()
{
    command -v mandoc >/dev/null || return 0
    # shellcheck disable=SC1112
    mandoc -Tutf8 "$1" 2>/dev/null | LC_ALL=C.UTF-8 col -b |
        sed -n '/””\|““\|’’\|‘‘/s/^ */rendered: nested quotes: /p'
}

check_file()
{
    check_phrases "$1"
    case $1 in tests/*) ;; *) check_layout "$1" ;; esac
    case $1 in *.[1-9]) check_page "$1" ;; esac
}

if [ "${1-}" = --list ]; then
    list
    exit 0
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/aoti-words.XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
phrases >"$scratch/phrases"
list "$@" >"$scratch/files"
while IFS= read -r file; do
    check_file "$file" | sed "s|^|$file:|" >>"$scratch/found"
done <"$scratch/files"
cat "$scratch/found"
[ ! -s "$scratch/found" ]
