#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-deb.sh - Debian packages of a tarball: built twice, compared, and checked by lintian
#
#   build-aux/check-deb.sh TARBALL WORK        the folder WORK is emptied first
#
# The first build runs the tests; the second uses another folder, time zone, locale and umask.
# Status 77 if Debian's tools are missing.

set -eu

say()
{
    printf 'check-deb: %s\n' "$*"
}

fail()
{
    say "$*"
    exit 1
}

for tool in dpkg-buildpackage dpkg-deb dh lintian; do
    command -v "$tool" >/dev/null || { say "skipped: $tool is not installed"; exit 77; }
done

tarball=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
name=$(basename "$tarball" .tar.xz)
version=${name#aoti-utils-}
rm -rf "$2"
mkdir -p "$2"
work=$(cd "$2" && pwd)
cd "$work"

# build FOLDER [ENVIRONMENT]...: builds packages of the tarball in the folder.
build()
{
    folder=$1
    shift
    mkdir -p "$folder"
    cp "$tarball" "$folder/aoti-utils_$version.orig.tar.xz"
    tar -C "$folder" -xf "$tarball"
    cp -r "$folder/$name/contrib/debian" "$folder/$name/debian"
    (cd "$folder/$name" && env "$@" dpkg-buildpackage -us -uc) >"$folder/log" 2>&1 ||
        fail "dpkg-buildpackage: see $work/$folder/log"
}

build first LC_ALL=C
grep -E '^# (PASS|SKIP|FAIL):' first/log | tr -s '\n ' ' ' && echo
grep -q "^aoti-utils ($version-" "first/$name/debian/changelog" ||
    fail "debian/changelog is not of $version"
lintian --fail-on error,warning first/*.changes || fail 'lintian has findings'
say 'lintian finds neither errors nor warnings'

(umask 077 && build another/place/to/build TZ=Pacific/Auckland LC_ALL=C.UTF-8 \
    DEB_BUILD_OPTIONS='nocheck parallel=1')
for package in first/*.deb; do
    cmp "$package" "another/place/to/build/$(basename "$package")" ||
        fail 'two builds give two packages'
done
say "two builds give the same $(find first -name '*.deb' | wc -l) packages"

# --- Their content ---------------------------------------------------------------------------

# depends PACKAGE: prints the libraries that it depends on.
depends()
{
    dpkg-deb -f "first/$1_$version"-*.deb Depends
}
depends aoti-utils | grep -q torch && fail 'aoti-utils wants torch'
for library in libgomp libsleef; do # loaded at run time
    depends aoti-utils-forward | grep -q $library ||
        fail "aoti-utils-forward does not want $library"
done
for file in first/*.deb; do
    dpkg-deb -c "$file" | awk '$1 !~ /^d/ && $6 !~ /build-id/ { print $6 }'
done | sort | uniq -d | grep . && fail 'in two packages'
for program in tokenize:utils decode:utils time:utils forward:utils-forward build:utils-build \
    eager:utils-build; do
    package=aoti-${program#*:} program=aoti-${program%:*}
    dpkg-deb -c "first/${package}_$version"-*.deb >list
    for file in "bin/$program" "share/man/man1/$program.1.gz" \
        "share/bash-completion/completions/$program" \
        "share/zsh/vendor-completions/_$program" \
        "share/fish/vendor_completions.d/$program.fish"; do
        grep -q " ./usr/$file\$" list || fail "$package lacks $file"
    done
done
say 'each program is in its package, with its page and completions'
