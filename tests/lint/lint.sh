#!/bin/bash
# lint.sh BUILD_DIR - the house style, as far as a machine can see it.  Prints
# TAP; what was found follows each `not ok`.  Files that did not change since
# they passed are not analysed again (BUILD_DIR/lint keeps their hashes).
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build}
cache=$build/lint
mkdir -p "$cache" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8

flags=(-std=c17 -D_POSIX_C_SOURCE=200809L '-DSEIN_VERSION="0"'
    -DSEIN_TEST_BUILD -I.)
export FLAGS="${flags[*]}" CACHE=$cache

count=0
failed=0

# report NAME FILE: one result; FILE holds what was found.
report() {
    count=$((count + 1))
    if [ -s "$2" ]; then
        failed=$((failed + 1))
        echo "not ok $count - $1"
        sed 's/^/# /' "$2"
    else
        echo "ok $count - $1"
    fi
}

# files PATTERN...: what is ours, by name; not what was built or left behind.
files() {
    find . \( -name .git -o -name 'build*' -o -name demo-out \
        -o -name node_modules -o -name __pycache__ \) -prune \
        -o -type f -print | sed 's|^\./||' | sort |
        while read -r file; do
            for pattern; do
                # shellcheck disable=SC2254  # a pattern it is
                case ${file##*/} in
                $pattern) echo "$file" && break ;;
                esac
            done
        done
}

files '*.c' '*.h' >"$work/code"
files '*.c' >"$work/sources"
files '*.h' | grep -v '/error_list\.h$' >"$work/headers"
files '*' | while read -r file; do
    case $file in
    *.sh | *.bats) echo "$file" ;;
    *) head -c 64 "$file" | head -n 1 | tr -d '\0' |
        grep -qE '^#!.*(/|env )(ba)?sh' && echo "$file" ;;
    esac
done >"$work/scripts"
files '*' | while read -r file; do
    case $file in
    *.py) echo "$file" ;;
    *) head -c 64 "$file" | head -n 1 | tr -d '\0' |
        grep -q '^#!.*python3' && echo "$file" ;;
    esac
done >"$work/pythons"

# ---- form --------------------------------------------------------------------

xargs clang-format-14 --dry-run --Werror <"$work/code" >"$work/found" 2>&1
grep -E '(error|warning):' "$work/found" | cut -d: -f1 | sort | uniq -c |
    awk '{ print $2 ": " $1 " places differ from clang-format" }' \
        >"$work/format"
report "clang-format" "$work/format"

grep -nE "\b(strcpy|strcat|v?sprintf|ato[ifl]|atoll|strtok|alloca|gets)[ ]*\(" \
    $(cat "$work/code") /dev/null >"$work/found"
report "no call of strcpy, strcat, sprintf, atoi, strtok, alloca or gets" \
    "$work/found"

{
    cat "$work/code" "$work/scripts" "$work/pythons"
    echo Makefile
} | grep -v '^tests/lint/lint\.sh$' |
    xargs grep -nwE 'TODO|FIXME|XXX' /dev/null >"$work/found"
report "nothing is left for later" "$work/found"

grep -nE 'NOLINT(NEXTLINE)?(\([^)]*\))?[ ]*(\*/)?$|cppcheck-suppress [a-zA-Z_]+[ ]*(\*/)?$' \
    $(cat "$work/code") /dev/null >"$work/found"
report "what is suppressed says why" "$work/found"

# A guard is SEIN_ and the path.
while read -r header; do
    guard=SEIN_$(echo "$header" | tr 'a-z/.-' 'A-Z___')
    case $header in
    client/include/sein.h) guard=SEIN_H ;;
    esac
    if ! grep -qx "#ifndef $guard" "$header"; then
        echo "$header: the guard is not $guard"
    fi
done <"$work/headers" >"$work/found"
report "every header is guarded by its path" "$work/found"

while read -r source; do
    header=${source%.c}.h
    if [ -e "$header" ] &&
        ! grep -m 1 '^#include "' "$source" | grep -qF "\"$header\""; then
        echo "$source: its own header does not come first"
    fi
done <"$work/sources" >"$work/found"
report "every source includes its own header first" "$work/found"

# ---- headers alone -----------------------------------------------------------

alone() {
    for header; do
        echo "#include \"$header\"" |
            gcc $FLAGS -Wall -Wextra -Werror -fsyntax-only -x c - 2>&1 |
            sed "s|^|$header: |"
    done
}
export -f alone
xargs -P2 -n8 bash -c 'alone "$@"' alone <"$work/headers" >"$work/found"
report "every header compiles alone" "$work/found"

: >"$work/found"
if [ -e client/include/sein.h ]; then
    echo '#include "client/include/sein.h"' |
        clang-14 -x c++ -std=c++17 -I. -Wall -Wextra -Werror -fsyntax-only - \
            >"$work/found" 2>&1
fi
report "sein.h is C++ too" "$work/found"

# ---- analysis ----------------------------------------------------------------

# key TOOL FILE: a hash of all that decides what the tool says of the file.
key() {
    {
        echo "$1 $FLAGS"
        cat .clang-tidy
        gcc $FLAGS -MM "$2" 2>/dev/null | tr -d '\\' | tr ' ' '\n' |
            grep '\.[ch]$' | sort | xargs cat
    } | sha256sum | cut -d' ' -f1
}

# analyse SOURCE...: clang-tidy and gcc's analyser; remembered when clean.
analyse() {
    for source; do
        hash=$(key analyse "$source")
        [ -e "$CACHE/$hash" ] && continue
        {
            clang-tidy-14 --quiet "$source" -- $FLAGS 2>/dev/null
            # The analyser of gcc 12 follows a test's setjmp badly, and after
            # a memcpy into a struct forgets what the struct owns: leaks are
            # for the sanitizer to find.
            case $source in
            tests/*) ;;
            *) gcc $FLAGS -O1 -fanalyzer -Wno-analyzer-malloc-leak -c \
                -o /dev/null "$source" 2>&1 ;;
            esac
        } >"$CACHE/$$.out"
        if [ -s "$CACHE/$$.out" ]; then
            cat "$CACHE/$$.out"
        else
            : >"$CACHE/$hash"
        fi
        rm -f "$CACHE/$$.out"
    done
}
export -f key analyse
xargs -P2 -n1 bash -c 'analyse "$@"' analyse <"$work/sources" |
    awk '!/^[^ ].*: (error|warning):/ { if (show) print; next }
        { show = !seen[$0]++; if (show) print }' >"$work/found"
report "clang-tidy and gcc -fanalyzer" "$work/found"

mkdir -p "$cache/cppcheck"
# NULL is a pointer in POSIX, also behind variable arguments; compound literals
# behind ?: are beyond the parser of 2.10.
cppcheck -q -j2 --std=c11 -I. -DSEIN_TEST_BUILD '-DSEIN_VERSION="0"' \
    --enable=warning,performance,portability --inline-suppr \
    --suppress=varFuncNullUB --suppress=internalAstError \
    --cppcheck-build-dir="$cache/cppcheck" --file-list="$work/sources" \
    >"$work/found" 2>&1
report "cppcheck" "$work/found"

# ---- scripts and pages -------------------------------------------------------

while read -r script; do
    case $script in
    *.bats) continue ;;
    esac
    bash -n "$script" 2>&1
done <"$work/scripts" >"$work/found"
report "every shell script parses" "$work/found"

/usr/bin/python3 - $(cat "$work/pythons") >"$work/found" 2>&1 <<'PYTHON'
import sys
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as source:
        try:
            compile(source.read(), path, "exec")
        except SyntaxError as error:
            print(f"{path}:{error.lineno}: {error.msg}")
PYTHON
report "every Python script parses" "$work/found"

: >"$work/found"
# scdoc leaves paragraph macros behind that do nothing.
for page in "$build"/man/*.[1-8]; do
    [ -e "$page" ] && mandoc -Tlint -W warning "$page" 2>&1 |
        grep -v 'skipping paragraph macro' >>"$work/found"
done
report "the man pages are well-formed" "$work/found"

echo "1..$count"
[ "$failed" -eq 0 ]
