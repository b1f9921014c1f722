#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# lint.sh - tools that read sources; they must find nothing
#
#   build-aux/lint.sh SOURCE BUILD
#
# clang-tidy (.clang-tidy), cppcheck, shellcheck, ruff (artifacts/ruff.toml), mandoc, codespell and
# check-words.sh. A tool that is not installed is skipped, with a message. Environment: RUFF,
# PYTHON, JOBS.

set -u
source=$1
build=$(cd "$2" && pwd)
cd "$source" || exit 1
jobs=${JOBS:-$(nproc)}
failures=0

say()
{
    printf 'lint: %s\n' "$*"
}

# look TOOL WHAT COMMAND...: runs COMMAND, which succeeds if TOOL finds nothing.
look()
{
    tool=$1 what=$2
    shift 2
    if ! command -v "$tool" >/dev/null; then
        say "$what: skipped, $tool is not installed"
    elif "$@"; then
        say "$what: $tool finds nothing"
    else
        say "$what: $tool has findings"
        failures=$((failures + 1))
    fi
}

# The defines that make passes: for stubs, one variant; for level files, a processor without special
# instructions.
cat >"$build/lint.h" <<'END'
#define HAVE_CONFIG_H 1
#define _GNU_SOURCE 1
#define DEFAULT_LIBTORCH ""
#define STUB_CACHED 1
#define STUB_MINOR 9
END
{
    cat "$build/lint.h"
    echo '#define LEVEL portable'
    echo '#define VECTOR_BYTES 16'
    echo '#define BYTES_AHEAD 0'
    echo '#define VECTOR_LOADS "runtime/loads_portable.h"'
} >"$build/lint-level.h"

level_sources()
{
    sed -n '/^RUNTIME_LEVEL/,/^$/s/.*\(src.*[.]c\).*/\1/p' src/runtime/local.mk
}

other_sources()
{
    find src tests -name '*.c' ! -name 'level*.c' ! -name nfc_tables.c | sort
}

# tidy_with HEADER: checks the files named on standard input.
tidy_with()
{
    xargs -P "$jobs" -I '{}' clang-tidy --quiet '--warnings-as-errors=*' '{}' -- \
        -std=gnu11 -I"$build" -Isrc -include "$build/$1" 2>/dev/null
}

tidy()
{
    level_sources | tidy_with lint-level.h && other_sources | tidy_with lint.h
}

# cppcheck_with HEADER FILE...: cppcheck does not know functions that never return. In figures.c an
# array is filled by its names, in sampling.c a sum is never 0, in merge.c a key that is found tells
# a place; cursor.h is a syntax error to version 2.10. One job, unlike several, does not see that
# what loads_portable.h transposes was filled, and that check_runtime.c passes NULL only where it is
# not read.
cppcheck_with()
{
    header=$1
    shift
    cppcheck --quiet --error-exitcode=1 --std=c11 -j "$jobs" \
        --enable=warning,performance,portability --inline-suppr \
        '-Ddie(...)=abort()' '-Ddie_errno(...)=abort()' '-Ddie_usage(...)=abort()' \
        --suppress=missingIncludeSystem --suppress=uninitvar:src/timing/figures.c \
        --suppress=invalidFunctionArg:src/model/sampling.c \
        --suppress=arrayIndexOutOfBoundsCond:src/text/bpe/merge.c \
        --suppress=internalAstError:src/text/split/cursor.h \
        --suppress=ctuArrayIndex:src/runtime/loads_portable.h \
        --suppress=ctunullpointer:tests/unit/check_runtime.c \
        --include="$build/$header" -I"$build" -Isrc "$@"
}

check_c()
{
    # Names have no blanks.
    # shellcheck disable=SC2046
    cppcheck_with lint-level.h $(level_sources) && cppcheck_with lint.h $(other_sources)
}

check_shell()
{
    # SC1091: tests create the files of examples. SC2094: warns about two commands in a row. SC2015:
    # in A && B || C, B never fails here.
    # shellcheck disable=SC2046
    shellcheck -x -e SC1091,SC2015,SC2094 bootstrap .ci/run \
        $(find build-aux contrib tests -name '*.sh' | sort)
}

# In its own folder, the file is found by default, and its settings for folders apply.
check_python()
{
    "$RUFF" check --quiet --no-cache artifacts &&
        "$RUFF" check --quiet --no-cache --config artifacts/ruff.toml contrib src tests &&
        check_loading
}

# Checkpoints are loaded in one place, which never runs their code.
check_loading()
{
    ! grep -rn 'from_pretrained(' --include='*.py' --include='*.sh' \
        --include='*.mk' --include='aoti-*' artifacts contrib src tests |
        grep -v '^artifacts/aoti_artifacts/pretrained.py:'
}

# Wording, line lengths, and sizes of files and functions.
check_words()
{
    sh build-aux/check-words.sh
}

# "nown" comes from "\nown", "Nd" is a macro of mdoc, "O_WRONLY" is a flag, "Nam" is in Vietnam.
check_spelling()
{
    # Names have no blanks.
    # shellcheck disable=SC2046
    codespell --builtin clear,rare,en-GB_to_en-US --ignore-words-list nam,nd,nown,wronly \
        $(sh build-aux/check-words.sh --list)
}

check_pages()
{
    ! mandoc -T lint -W warning man/*.[1-9] | grep .
}

: "${RUFF:=$(command -v ruff || dirname "${PYTHON:-/usr/bin/python3}")}"
[ ! -d "$RUFF" ] || RUFF=$RUFF/ruff
look clang-tidy 'C' tidy
look cppcheck 'C' check_c
look shellcheck 'shell' check_shell
look "$RUFF" 'Python' check_python
look mandoc 'manual' check_pages
look sh 'words' check_words
look codespell 'spelling' check_spelling
[ "$failures" -eq 0 ]
