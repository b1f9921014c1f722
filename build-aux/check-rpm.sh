#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-rpm.sh - rpm packages of a tarball, built by the spec in it
#
#   build-aux/check-rpm.sh TARBALL WORK        the folder WORK is emptied first
#
# If the system does not use rpm, the requirements of the spec cannot be checked and are assumed to
# be met. Status 77 if rpmbuild is not installed.

set -eu

say()
{
    printf 'check-rpm: %s\n' "$*"
}

fail()
{
    say "$*"
    exit 1
}

command -v rpmbuild >/dev/null || { say 'skipped: rpmbuild is not installed'; exit 77; }
tarball=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
rm -rf "$2"
mkdir -p "$2"
work=$(cd "$2" && pwd)
cd "$work"

lookup=--nodeps
if rpm -q --whatprovides rpm >/dev/null 2>&1; then
    lookup=
fi
# Words, or none.
# shellcheck disable=SC2086
rpmbuild $lookup --define "_topdir $work" --define "_smp_mflags -j2" -tb "$tarball" >log 2>&1 ||
    { tail -20 log; fail "rpmbuild: see $work/log"; }
for program in tokenize:utils decode:utils time:utils forward:utils-forward build:utils-build \
    eager:utils-build; do
    package=aoti-${program#*:} program=aoti-${program%:*}
    rpm -qlp RPMS/*/"$package"-[0-9]*.rpm >list 2>/dev/null
    grep -q "/bin/$program\$" list || fail "$package lacks $program"
done
say "made of the tarball: $(find RPMS -name '*.rpm' | wc -l) packages"
