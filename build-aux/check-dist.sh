#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-dist.sh - the output of "make dist" for the last commit, and whether a user can build it
#
#   build-aux/check-dist.sh SOURCE WORK        the folder WORK is emptied first
#
# Two clones, one with another umask, time zone and locale, give the same bytes; so does the
# unpacked tarball. It has the files of git and those made by the autotools. Built with a program
# prefix it passes installcheck, and uninstalling leaves nothing.

set -eu

say()
{
    printf 'check-dist: %s\n' "$*"
}

fail()
{
    say "$*"
    exit 1
}

# tarball_of FOLDER: configures and packs it; prints the name of the tarball.
tarball_of()
{
    mkdir "$1/build"
    cd "$1/build"
    [ -x ../configure ] || (cd .. && autoreconf -i) >../autoreconf.log 2>&1
    ../configure --quiet >configure.log
    make -s dist >dist.log
    ls "$PWD"/*.tar.xz
}

# A user's Python leaves compiled files.
unset PYTHONDONTWRITEBYTECODE
source=$(cd "$1" && pwd)
rm -rf "$2"
mkdir -p "$2"
work=$(cd "$2" && pwd)
cd "$work"

[ -e "$source/.git" ] || fail "$source is no clone: nothing to compare with"
git clone -q "$source" one
(umask 077 && git clone -q "$source" two)
# The age of a clone does not matter, only its commit.
find two -type f -exec touch -d '2001-01-01' {} +
first=$(tarball_of "$work/one")
second=$(umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 tarball_of "$work/two")
cmp "$first" "$second" || fail 'two clones give two tarballs'
say "two clones give the same $(basename "$first"): $(sha256sum <"$first" | cut -c 1-16)..."

# --- Its content -----------------------------------------------------------------------------

tar -xf "$first"
name=$(basename "$first" .tar.xz)
(cd "$name" && find . -type f | sed 's|^\./||' | sort) >packed
git -C one ls-files | sort >tracked
comm -13 tracked packed >added
comm -23 tracked packed >left_out
cat >added.wanted <<'END'
Makefile.in
aclocal.m4
build-aux/ar-lib
build-aux/compile
build-aux/config.guess
build-aux/config.sub
build-aux/depcomp
build-aux/install-sh
build-aux/missing
build-aux/test-driver
config.h.in
configure
END
printf '.gitignore\n' >left_out.wanted
diff added.wanted added || fail 'not in git, but packed (>), or the other way round (<)'
diff left_out.wanted left_out || fail 'in git, but not packed (>)'
find "$name" -perm /022 | grep . && fail 'writable for others'
say "it holds what git holds, and $(wc -l <added) files of the autotools"

# --- Building it -----------------------------------------------------------------------------

third=$(tarball_of "$work/$name")
cmp "$first" "$third" || fail 'packed again, it is another tarball'
say 'unpacked and packed again, it is the same'

cd "$work/$name/build"
../configure --quiet --prefix="$work/installed" --program-prefix=x- >configure.log
make -s -j "$(nproc)" >make.log 2>&1 || fail "make: see $PWD/make.log"
make -s install >install.log 2>&1 || fail "make install: see $PWD/install.log"
for file in bin/x-aoti-forward share/man/man1/x-aoti-time.1 \
    share/zsh/site-functions/_x-aoti-decode; do
    [ -e "$work/installed/$file" ] || fail "no $file"
done
make -s installcheck >installcheck.log 2>&1 || fail "make installcheck: see $PWD/installcheck.log"
make -s uninstall >uninstall.log 2>&1
find "$work/installed" -type f | grep . && fail 'left by make uninstall'
say 'with a program prefix it installs, passes installcheck, and uninstalls'
