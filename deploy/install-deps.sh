#!/bin/sh
# install-deps.sh runtime|build|demo|test - install what Seinhuis needs from Debian.
#
#   runtime  the libraries that the programs are linked with
#   build    compiler, headers, man page writer
#   demo     build, and the shell of SQLite that shows what the broker knows
#   test     build, and everything that `make test` uses
#
# For Debian 12.  Needs root or sudo only when something is missing; then it
# prints what it installs.  Nothing is upgraded, no server is started.
set -eu

runtime='libzmq5 libsodium23 libmsgpackc2|libmsgpack-c2 libsqlite3-0 libjansson4
libutf8proc2|libutf8proc3 libinih1'

build='gcc libc6-dev make pkgconf|pkg-config libzmq3-dev libsodium-dev
libmsgpack-dev|libmsgpack-c-dev libsqlite3-dev libjansson-dev libutf8proc-dev
libinih-dev scdoc'

test='git libcmocka-dev bats clang-14 clang-format-14 clang-tidy-14
libclang-rt-14-dev cppcheck mandoc python3 python3-zmq python3-msgpack
python3-cryptography python3-hypothesis sqlite3 procps nodejs npm'

usage() {
    echo "usage: deploy/install-deps.sh runtime|build|demo|test" >&2
    exit 64
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

known() {
    apt-cache show --no-all-versions "$1" 2>/dev/null | grep -q '^Package:'
}

# have A|B: one of the names is installed, or provided by what is installed.
have() {
    # Node.js of another origin brings npm along, and keeps Debian's away.
    case $1 in
    nodejs | npm) command -v "${1%js}" >/dev/null 2>&1 && return 0 ;;
    esac
    for name in $(echo "$1" | tr '|' ' '); do
        if installed "$name"; then
            return 0
        fi
    done
    return 1
}

# pick A|B: the first name that this release knows, else the first name.
pick() {
    for name in $(echo "$1" | tr '|' ' '); do
        if known "$name"; then
            echo "$name"
            return 0
        fi
    done
    echo "${1%%|*}"
}

[ $# -eq 1 ] || usage
case $1 in
runtime) wanted=$runtime ;;
build) wanted=$build ;;
demo) wanted="$build sqlite3" ;;
test) wanted="$build $test" ;;
*) usage ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "install-deps: this is not Debian; install what these packages" \
        "hold and call make directly:" >&2
    echo "$wanted" >&2
    exit 69
fi

missing=
for item in $wanted; do
    have "$item" || missing="$missing $item"
done
if [ -z "$missing" ]; then
    echo "install-deps: all that '$1' needs is installed"
    exit 0
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "install-deps: missing:$missing" >&2
        echo "install-deps: run this as root: $0 $1" >&2
        exit 77
    fi
    as_root=sudo
fi

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

echo "install-deps: fetching the package lists"
apt update >/dev/null

packages=
for item in $missing; do
    packages="$packages $(pick "$item")"
done
echo "install-deps: installing$packages"

# A package that brings a server must not start it here.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

# shellcheck disable=SC2086  # a list of names
apt install -y --no-install-recommends $packages
echo "install-deps: done"
