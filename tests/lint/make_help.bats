# What `make help` says, and that it is true.

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || exit 1
}

@test "make help lists every promised target with a line of its own" {
    run make -s help
    [ "$status" -eq 0 ]
    for target in all test check demo bench layers lint fuzz install clean help
    do
        grep -qE "^  $target +[a-zA-Z]" <<<"$output"
    done
}

@test "every target of make help can be made" {
    for target in $(make -s help | awk '{ print $1 }'); do
        make -n "$target" >/dev/null
    done
}

@test "help needs no tool and no package" {
    run env PKG_CONFIG=false CC=false make -s help
    [ "$status" -eq 0 ]
    [ -n "$output" ]
}

@test "every script that a target calls is there and can be run" {
    for script in $(grep -oE '^	(deploy|tests)/[a-z/.-]+' Makefile | sort -u)
    do
        [ ! -d "${script%/*}" ] || [ -x "$script" ]
    done
}

@test "README names no file and no target that is not there" {
    for path in $(grep -oE '\b(proto|broker|client|tests|deploy)/[a-zA-Z_/.-]*' \
        README.md); do
        [ -e "$path" ]
    done
    for target in $(grep -oE '^    make [a-z]+|`make [a-z]+' README.md |
        awk '{ print $NF }'); do
        make -n "$target" >/dev/null
    done
}

@test "install-deps.sh refuses what it does not know" {
    run deploy/install-deps.sh everything
    [ "$status" -eq 64 ]
    run deploy/install-deps.sh
    [ "$status" -eq 64 ]
}

@test "install-deps.sh does nothing when all is there" {
    run deploy/install-deps.sh test
    [ "$status" -eq 0 ]
    [ "$output" = "install-deps: all that 'test' needs is installed" ]
}
