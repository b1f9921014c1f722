#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-distributions.sh - a tarball on bare systems, as users and packagers meet it
#
#   build-aux/check-distributions.sh TARBALL WORK SUITE...     the folder WORK is emptied first
#
# SUITE is a release of Debian or Ubuntu. On each, with only the packages that README lists:
# configure, make, make check, make install, make installcheck, an answer by a pipeline. Then the
# .debs with only their Build-Depends, installed on a system without a compiler, where they answer
# too and pass autopkgtest. Then make check with each gcc from 12 on and each clang of the release,
# or with AOTI_COMPILERS. Warnings are errors. AOTI_PARTS selects parts: "hand debs compilers".
#
# Builds run as an ordinary user without a network, in their own namespaces: however the script
# ends, nothing stays mounted or running.
#
# Bare systems are made once by debootstrap, below AOTI_ROOTS, and copied; remove one to renew it.
# Packages come from apt's configured sources, or from AOTI_DEBIAN_MIRROR and AOTI_UBUNTU_MIRROR.
# AOTI_DEMO is a demo.pt2 to answer with; without it, text goes to ids and back. Status 77 if
# nothing can be done.

set -eu

say()
{
    printf 'check-distributions: %s\n' "$*"
}

# fail MESSAGE: reports the failure of one suite and ends its subshell.
fail()
{
    say "$suite: $*"
    exit 1
}

# skip MESSAGE: leaves this suite without a result.
skip()
{
    say "$suite: skipped: $*"
    exit 77
}

suite=all
[ "$(id -u)" -eq 0 ] || skip 'chroot needs root'
for tool in debootstrap unshare; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done

tarball=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
name=$(basename "$tarball" .tar.xz)
version=${name#aoti-utils-}
rm -rf "$2"
mkdir -p "$2"
work=$(cd "$2" && pwd)
shift 2
roots=${AOTI_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/aoti-utils/roots}
jobs=$(nproc)
tar -C "$work" -xf "$tarball"
source=$work/$name

# --- Bare systems ----------------------------------------------------------------------------

# find_mirror: sets origin, and mirror to the source of its packages, or to nothing.
find_mirror()
{
    case $suite in
    bookworm | trixie | forky | sid | stable | testing | unstable)
        origin=Debian mirror=${AOTI_DEBIAN_MIRROR-} ;;
    *) origin=Ubuntu mirror=${AOTI_UBUNTU_MIRROR-} ;;
    esac
    # apt-get's variable.
    # shellcheck disable=SC2016
    [ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' "Origin: $origin" "Label: $origin" | head -1)
    mirror=${mirror%/}
}

# enter ROOT USER NETWORK COMMAND...: runs COMMAND in ROOT; NETWORK is yes or no.
enter()
{
    root=$1 user=$2 network=--net
    [ "$3" = no ] || network=
    shift 3
    # One word or none; the inner shell expands the variables.
    # shellcheck disable=SC2086,SC2016
    unshare --mount --pid --fork --kill-child $network sh -euc '
        root=$1 user=$2
        shift 2
        mount -t proc proc "$root/proc"
        mount -t tmpfs -o mode=755 tmpfs "$root/dev"
        for device in null zero full random urandom tty; do
            : >"$root/dev/$device"
            mount --bind "/dev/$device" "$root/dev/$device"
        done
        mkdir -m 1777 "$root/dev/shm"
        mkdir "$root/dev/pts"
        mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
        ln -s pts/ptmx "$root/dev/ptmx"
        ln -s /proc/self/fd "$root/dev/fd"
        for number in 0:stdin 1:stdout 2:stderr; do
            ln -s "fd/${number%:*}" "$root/dev/${number#*:}"
        done
        ip link set lo up 2>/dev/null || :
        exec chroot --userspec="$user" "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            HOME=/build LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"' \
        sh "$root" "$user" "$@" </dev/null
}

# install ROOT ARGUMENT...: runs apt-get with the arguments in the root.
install()
{
    root=$1
    shift
    enter "$root" root yes apt-get -q -y --no-install-recommends "$@"
}

# made ROOT WANTED: succeeds if ROOT exists and was made for WANTED.
made()
{
    [ -e "$1.wanted" ] && [ "$2" = "$(cat "$1.wanted")" ]
}

# make_bare: runs debootstrap.
make_bare()
{
    bare=$roots/$suite
    made "$bare" bare && return
    rm -rf "$bare" "$bare.wanted"
    say "$suite: debootstrap"
    debootstrap --variant=minbase "$suite" "$bare" "$mirror" >"$log" 2>&1 ||
        fail "debootstrap: see $log"
    case $mirror in # Ubuntu's libraries, such as sentencepiece, are in universe.
    *ubuntu*) echo "deb $mirror $suite main universe" >"$bare/etc/apt/sources.list" ;;
    esac
    # A mirror may hold the release of a certain day.
    echo 'Acquire::Check-Valid-Until "false";' >"$bare/etc/apt/apt.conf.d/any-day"
    install "$bare" update >>"$log" 2>&1 || fail "apt-get update: see $log"
    mkdir "$bare/build"
    echo bare >"$bare.wanted"
}

# make_root NAME WANTED ARGUMENT...: makes the bare system plus the packages given to apt-get.
make_root()
{
    built=$roots/$suite-$1 wanted=$2
    shift 2
    made "$built" "$wanted" && return
    rm -rf "$built" "$built.wanted"
    cp -a --reflink=auto "$bare" "$built"
    mkdir -p "$built/build/debian"
    cp "$source/contrib/debian/control" "$built/build/debian"
    say "$suite: apt-get $*"
    install "$built" "$@" >>"$log" 2>&1 || fail "apt-get $*: see $log"
    install "$built" clean
    rm -rf "$built/build"
    printf '%s\n' "$wanted" >"$built.wanted"
}

# copy ROOT: sets root to a fresh copy with the unpacked tarball in /build.
copy()
{
    root=$roots/$suite.run
    rm -rf "$root"
    cp -a --reflink=auto "$1" "$root"
    mkdir -p "$root/build"
    cp "$tarball" "$root/build"
    [ -z "${AOTI_DEMO-}" ] || cp "$AOTI_DEMO" "$root/build/demo.pt2"
    tar -C "$root/build" -xf "$tarball"
    chown -R 65534:65534 "$root/build"
}

# build_with CONFIGURE-ARGUMENTS GOALS: configures, builds and tests in the folder b.
build_with()
{
    build "mkdir b && cd b && ../configure --enable-werror $1 && make -s -j$jobs && $2" && return
    cat "$root/build/$name/b/test-suite.log" >>"$log" 2>/dev/null || :
    return 1
}

# build COMMAND: runs COMMAND by sh as an ordinary user in the source folder; output goes to log.
build()
{
    enter "$root" 65534:65534 no sh -euc "cd /build/$name; $1" >"$log" 2>&1
}

# --- The parts -------------------------------------------------------------------------------

tests_passed()
{
    sed -n 's/^# \(TOTAL\|PASS\|SKIP\|FAIL\|ERROR\): */\1 /p' "$log" | tr '\n' ' '
}

# answer FOLDER: checks that the programs in FOLDER of the root answer.
answer()
{
    # shellcheck disable=SC2016 # the inner shell's variables
    enter "$root" 65534:65534 no sh -euc '
        PATH=$1:$PATH tokenizer=$2
        cd /build
        if [ ! -e demo.pt2 ]; then
            printf "12 + 30 =" | aoti-tokenize -t "$tokenizer" | aoti-decode -t "$tokenizer"
        else
            printf "12 + 30 =" | aoti-tokenize -t "$tokenizer" | aoti-forward -n 8 demo.pt2 |
                aoti-decode -t "$tokenizer"
        fi' sh "$1" "/build/$name/artifacts/demo" >"$log.answer" ||
        fail "no answer by $1"
    wanted='12 + 30 ='
    [ -z "${AOTI_DEMO-}" ] || wanted=' 42'
    [ "$(cat "$log.answer")" = "$wanted" ] || fail "by $1: '$(cat "$log.answer")', not '$wanted'"
    say "$suite: $1 answers '$wanted'"
}

# hand: builds as README says.
hand()
{
    # A list of words.
    # shellcheck disable=SC2086
    make_root readme "$packages" install $packages
    copy "$roots/$suite-readme"
    log=$work/$suite-hand.log
    build_with --prefix=/build/installed "make -j$jobs check install installcheck" ||
        fail "by hand: $(tests_passed)see $log"
    say "$suite: by hand, $(enter "$root" root no gcc --version | head -1): $(tests_passed)"
    answer /build/installed/bin
}

# debs: builds and tests the packages.
debs()
{
    make_root control "$(cat "$source/contrib/debian/control")" build-dep /build
    copy "$roots/$suite-control"
    log=$work/$suite-debs.log
    build "cp ../$name.tar.xz ../aoti-utils_$version.orig.tar.xz && cp -r contrib/debian debian &&
        DEB_BUILD_OPTIONS='${AOTI_DEB_OPTIONS-}' dpkg-buildpackage -us -uc" ||
        fail ".debs: $(tests_passed)see $log"
    say "$suite: dpkg-buildpackage: $(tests_passed)"
    mkdir -p "$work/$suite-debs"
    cp "$root"/build/*.deb "$work/$suite-debs"
    copy "$bare"
    log=$work/$suite-install.log
    cp -r "$work/$suite-debs" "$root/build/debs"
    rm -f "$root"/build/debs/*-dbgsym_*
    enter "$root" root yes sh -c 'apt-get -q update &&
        apt-get -q -y --no-install-recommends install /build/debs/*.deb' >"$log" 2>&1 ||
        fail "installing .debs: see $log"
    answer /usr/bin
    cp -r "$source/contrib/debian" "$root/build/$name/debian"
    install "$root" install autopkgtest >>"$log" 2>&1 || fail "installing autopkgtest: see $log"
    # shellcheck disable=SC2016 # the inner shell's variable
    enter "$root" root yes sh -c 'autopkgtest /build/debs/*.deb "$1" -- null' \
        sh "/build/$name" >>"$log" 2>&1 || fail "autopkgtest: see $log"
    say "$suite: autopkgtest: $(sed '1,/@ summary/d' "$log" | tr -s ' \n' ' ')"
}

# compilers: builds and tests with each compiler.
compilers()
{
    list=${AOTI_COMPILERS:-$(enter "$bare" root no apt-cache pkgnames |
        grep -xE '(gcc|clang)-(1[2-9]|[2-9][0-9])' | sort -V | tr '\n' ' ')}
    more=$(printf '%s' "$list" | tr ' ' '\n' | sed -n 's/^gcc/g++/p' | tr '\n' ' ')
    # A list of words.
    # shellcheck disable=SC2086
    make_root compilers "$packages $list" install $packages $list $more
    for compiler in $list; do
        case $compiler in
        gcc*) cxx=g++-${compiler#*-} ;;
        *) cxx=clang++-${compiler#*-} ;;
        esac
        copy "$roots/$suite-compilers"
        log=$work/$suite-$compiler.log
        build_with "CC=$compiler CXX=$cxx" "make -j$jobs check" ||
            fail "$compiler: $(tests_passed)see $log"
        say "$suite: $compiler: $(tests_passed)"
    done
}

one_suite()
{
    log=$work/$suite.log
    find_mirror
    [ -n "$mirror" ] ||
        skip "apt's configuration names no archive of $origin: set AOTI_${origin}_MIRROR"
    wget -q -T 20 -t 1 -O /dev/null "$mirror/dists/$suite/Release" ||
        skip 'its archive cannot be reached'
    mkdir -p "$roots"
    packages=$(sed -n 's/^    apt-get install //p' "$source/README" | tr '\n' ' ')
    make_bare
    for part in ${AOTI_PARTS:-hand debs compilers}; do
        case $part in
        hand) hand ;;
        debs) debs ;;
        compilers) compilers ;;
        *) fail "AOTI_PARTS: invalid part '$part': expected hand, debs or compilers" ;;
        esac
    done
    rm -rf "$roots/$suite.run"
}

status=0 judged=0
for suite in "$@"; do
    got=0
    (one_suite) || got=$?
    case $got in
    0) judged=$((judged + 1)) ;;
    77) ;;
    *) status=1 judged=$((judged + 1)) ;;
    esac
done
[ "$judged" -gt 0 ] || exit 77
exit "$status"
