#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-configure.sh - how configure reacts to what is missing, unusual or too old
#
#   build-aux/check-configure.sh SOURCE WORK        the folder WORK is emptied first
#
# Environment: AOTI_CONFIGURE_ARGS, for each run, and CC.

set -eu

fail()
{
    printf 'check-configure: %s\n' "$*"
    exit 1
}

source=$(cd "$1" && pwd)
rm -rf "$2"
mkdir -p "$2"
work=$(cd "$2" && pwd)
cd "$work"

# configure NAME ARGUMENT...: runs configure in a new folder NAME, which becomes the current one.
configure()
{
    name=$1
    shift
    mkdir "$work/$name"
    cd "$work/$name"
    # A list of words.
    # shellcheck disable=SC2086
    "$source/configure" ${AOTI_CONFIGURE_ARGS-} --without-cuda "$@" >log 2>&1
}

# expect NAME LINE ARGUMENT...: the summary has LINE, ignoring blanks.
expect()
{
    name=$1 line=$2
    shift 2
    configure "$name" "$@" || fail "$*: see $PWD/log"
    tr -s ' ' <log | grep -qxF " $line" || fail "$*: no line '$line' in $PWD/log"
}

# refused NAME TEXT ARGUMENT...: configure fails with TEXT.
refused()
{
    name=$1 text=$2
    shift 2
    ! configure "$name" "$@" || fail "not refused: $*"
    grep -q "$text" log || fail "$*: does not say '$text': $PWD/log"
}

# Libraries are the ones that pkg-config names, under any name.
expect found 'unit tests yes'
expect no-pkg-config 'unit tests yes' PKG_CONFIG=false
grep '^JANSSON_LIBS = *-ljansson' Makefile >/dev/null || fail 'without pkg-config: no jansson'

# A library that does not link counts as missing.
expect broken-check 'unit tests no' CHECK_LIBS=-lno-such-library
refused wanted-check 'check does not link' --with-check CHECK_LIBS=-lno-such-library
refused wanted-sentencepiece 'sentencepiece does not link' --with-sentencepiece \
    SENTENCEPIECE_LIBS=-lno-such-library

# A library that is too old counts as missing.
too_old()
{
    mkdir -p "$work/old-$1/openssl"
    printf '%s\n' "#include_next <$2>" "#undef $3" "#define $3 $4" >"$work/old-$1/$2"
    refused "too-old-$1" "$1, version" "CPPFLAGS=-I$work/old-$1"
}
too_old jansson jansson.h JANSSON_VERSION_HEX 0x020600
too_old libcrypto openssl/evp.h OPENSSL_VERSION_NUMBER 0x1010117fL
too_old zlib zlib.h ZLIB_VERNUM 0x1280

# A cross build uses the host's pkg-config, never the one of the machine it runs on.
mkdir "$work/tools"
# The tools expand these variables.
# shellcheck disable=SC2016
for tool in pkg-config pdp11-unknown-linux-gnu-pkg-config; do
    printf '%s\n' '#!/bin/sh' 'echo "$0 $*" >>"${0%/*}/asked"' 'exit 1' >"$work/tools/$tool"
    chmod +x "$work/tools/$tool"
done
(PATH=$work/tools:$PATH && configure cross --build=vax-unknown-linux-gnu \
    --host=pdp11-unknown-linux-gnu --without-python CC="${CC:-cc}" CXX="${CXX:-c++}") ||
    fail "cross: see $work/cross/log"
grep -q '/pdp11-unknown-linux-gnu-pkg-config ' "$work/tools/asked" ||
    fail "cross: the host's pkg-config was not asked"
! grep -q '/pkg-config ' "$work/tools/asked" || fail "cross: the build machine's pkg-config was asked"

# A packager's optimization does not apply to time-critical code; optimization for debugging does.
for words in '-O2:-O3' '-g -O2 -fstack-protector-strong:-O3' '-g -O0:' '-Os:'; do
    configure "flags-$(echo "$words" | tr -cd 'a-zO0-3')" CFLAGS="${words%:*}" || fail "see $PWD/log"
    [ "$(sed -n 's/^HOT_CFLAGS = *//p' Makefile)" = "${words#*:}" ] || fail "HOT_CFLAGS of $words"
done

# All optional parts left out: only text is built.
expect text 'aoti-forward no: --without-forward' --without-forward --without-python --without-sentencepiece \
    --without-check --prefix=/usr
for goal in all check "install DESTDIR=$work/text/to" "installcheck DESTDIR=$work/text/to"; do
    # A list of words.
    # shellcheck disable=SC2086
    make -s -j "$(nproc)" $goal >>log 2>&1 || fail "text alone: make $goal: see $PWD/log"
done
grep -q '^PASS: tests/cli/tokenize-basics.sh' log || fail "text alone: nothing tested: $PWD/log"
(cd to && find . -type f -name '*aoti-[a-z]*' | sed 's|.*/_*||; s|\..*||' | sort -u | tr '\n' ' ') >names
echo 'aoti-decode aoti-package aoti-stream aoti-time aoti-tokenize aoti-utils ' | tr -d '\n' |
    cmp -s - names || fail "text alone: installed are $(cat names)"
echo 'check-configure: all as expected'
