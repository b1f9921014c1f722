#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-machine.sh SOURCE FOLDER MACHINE... - builds for other machines and runs the tests there
#
# MACHINE is Debian's name, such as arm64. Debian's cross compiler builds in FOLDER/MACHINE, with
# the libraries of a root extracted by mmdebstrap and kept, and qemu's user mode runs the tests that
# need no torch. Nothing is installed, and root is not required. The last line for each machine
# gives the result. The status is 1 if one failed, 77 if none could be tried.
#
# Packages come from apt's configured sources, or from AOTI_DEBIAN_MIRROR. AOTI_SUITE names the
# release of Debian.

set -u
source=$(cd "$1" && pwd) || exit 1
mkdir -p "$2" || exit 1
folder=$(cd "$2" && pwd)
shift 2
# An emulator is slow.
export AOTI_KERNEL_ROUNDS="${AOTI_KERNEL_ROUNDS:-6}" CK_TIMEOUT_MULTIPLIER=10
cache=${XDG_CACHE_HOME:-$HOME/.cache}/aoti-utils/machines

# The packages that the tests need.
packages=libc6-dev,libgcc-s1,libjansson-dev,libsentencepiece-dev,libssl-dev,libstdc++6,zlib1g-dev,check

# describe MACHINE: sets the names that GCC and qemu use, and the release.
describe()
{
    suite=bookworm
    case $1 in
    arm64) host=aarch64-linux-gnu qemu=aarch64 ;;
    armhf) host=arm-linux-gnueabihf qemu=arm ;;
    i386) host=i686-linux-gnu qemu=i386 ;;
    ppc64el) host=powerpc64le-linux-gnu qemu=ppc64le ;;
    riscv64) host=riscv64-linux-gnu qemu=riscv64 suite=trixie ;;
    s390x) host=s390x-linux-gnu qemu=s390x ;;
    *)
        echo "check-machine.sh: unknown machine '$1'" >&2
        exit 2
        ;;
    esac
    suite=${AOTI_SUITE:-$suite}
    libraries=$host
    [ "$1" != i386 ] || libraries=i386-linux-gnu
}

# find_tools: sets emulator, or reports what is missing.
find_tools()
{
    missing=
    command -v "$host-gcc" >/dev/null || missing="$missing gcc-$host"
    command -v "$host-g++" >/dev/null || missing="$missing g++-$host"
    command -v mmdebstrap >/dev/null || missing="$missing mmdebstrap"
    emulator=$(command -v "qemu-$qemu" || command -v "qemu-$qemu-static") ||
        missing="$missing qemu-user"
    [ -z "$missing" ]
}

# make_root MACHINE: extracts the libraries to $root. Absolute links are redirected into the root;
# one of them is /lib, which newer releases turn into a link at installation.
make_root()
{
    root=$cache/$suite-$1
    [ "$(cat "$root/packages" 2>/dev/null)" != "$packages" ] || return 0
    # apt expands the format.
    # shellcheck disable=SC2016
    mirror=${AOTI_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Label: Debian' | head -1)}
    rm -rf "$root" && mkdir -p "$cache" &&
        mmdebstrap --quiet --variant=extract --architectures="$1" --include="$packages" \
            "$suite" "$root" "${mirror%/}" || return 1
    [ -e "$root/lib" ] || ln -s usr/lib "$root/lib"
    find "$root" -type l -lname '/*' | while read -r link; do
        ln -snf "$root$(readlink "$link")" "$link"
    done
    echo "$packages" >"$root/packages"
}

# build: builds everything for $host in the current folder.
build()
{
    PKG_CONFIG_LIBDIR=$root/usr/lib/$libraries/pkgconfig:$root/usr/share/pkgconfig \
        PKG_CONFIG_SYSROOT_DIR=$root "$source/configure" --quiet --host="$host" \
        CC="$host-gcc --sysroot=$root" CXX="$host-g++ --sysroot=$root" --enable-werror \
        --without-cuda && make -s -j "$(nproc)"
}

# check_levels CPU LEVEL...: the emulated CPU has these kernel levels, and they pass check_runtime.
check_levels()
{
    cpu=$1
    shift
    said=$(AOTI_CPU='?' AOTI_LIBTORCH=tests/stub "$emulator" -L "$root" -cpu "$cpu" \
        ./aoti-forward -n 1 cached.pt2 - 2>&1 </dev/null)
    [ "$said" = "aoti-forward: AOTI_CPU=?: this CPU can do: $*" ] || {
        echo "FAIL: levels of $cpu: not $*: $said"
        return 1
    }
    make -s check TESTS=check_runtime EMULATOR="$emulator -L $root -cpu $cpu" >levels.log 2>&1 || {
        cat check_runtime.log
        echo "FAIL: kernels of $cpu"
        return 1
    }
    echo "PASS: levels of $cpu: $*"
}

# run_tests MACHINE
run_tests()
{
    make -s -j "$(nproc)" check-emulated EMULATOR="$emulator -L $root" || return 1
    [ "$1" = arm64 ] || return 0
    python3 "$source/tests/packages.py" cached tests/stub/cached.so cached.pt2 &&
        check_levels cortex-a53 portable neon &&
        check_levels neoverse-n1 portable neon dotprod
}

# check MACHINE
check()
{
    describe "$1"
    if ! find_tools; then
        echo "SKIP: $1: not installed:$missing"
        return 77
    fi
    make_root "$1" || {
        echo "SKIP: $1: no packages of $suite for it"
        return 77
    }
    rm -rf "${folder:?}/$1" && mkdir "$folder/$1" && cd "$folder/$1" || return 1
    build && run_tests "$1" || {
        echo "FAIL: $1"
        return 1
    }
    forward=$(sed -n 's/^    aoti-forward  *//p' config.log)
    echo "PASS: $1: $suite, $("$host-gcc" --version | head -1), aoti-forward: $forward"
}

status=77
for machine in "$@"; do
    (check "$machine")
    case $? in
    0) [ "$status" -ne 77 ] || status=0 ;;
    77) ;;
    *) status=1 ;;
    esac
done
exit "$status"
