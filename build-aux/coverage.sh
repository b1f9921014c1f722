#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# coverage.sh - the share of src/ that the tests run
#
#   build-aux/coverage.sh SOURCE WORK [TESTS]   builds in the folder WORK, which is emptied first
#
# The report is WORK/report/index.html; a summary goes to standard output. Torch is not used, so
# tests that need it are skipped. Without TESTS, all tests of "make check" run.

set -eu

source=$(cd "$1" && pwd)
rm -rf "$2"
mkdir -p "$2/report"
cd "$2"
tests=${3-}

"$source/configure" --quiet CFLAGS='-O0 -g --coverage' CXXFLAGS='-O0 -g --coverage' >configure.log
make -s -j "$(nproc)" >make.log 2>&1
status=0
make check ${tests:+"TESTS=$tests"} >check.log 2>&1 || status=$?
grep -E '^# (PASS|SKIP|FAIL):' check.log | tr -s '\n ' ' '
echo
[ "$status" -eq 0 ] || echo "coverage: tests failed, see $PWD/check.log" >&2

# The runtime is compiled for several processors: a line counts if any of them ran it.
if command -v gcovr >/dev/null; then
    gcovr --root "$source" --filter "$source/src/" --object-directory . \
        --gcov-ignore-parse-errors --html-details report/index.html --txt report/summary .
    sed -n '/^TOTAL/p' report/summary
elif command -v lcov >/dev/null; then
    lcov --quiet --capture --directory . --output-file report/all.info
    lcov --quiet --extract report/all.info "$source/src/*" --output-file report/src.info
    genhtml --quiet --output-directory report report/src.info
    lcov --summary report/src.info 2>&1
else
    echo 'coverage: neither gcovr nor lcov is installed' >&2
    exit 1
fi
echo "coverage: $PWD/report/index.html"
exit "$status"
