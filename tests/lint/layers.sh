#!/bin/bash
# layers.sh BUILD_DIR - proves the direction of every dependency, three ways:
# by include path, by the symbols of what was built, and by what those symbols
# need.  Prints TAP; each fault names the file or archive and what it uses.
#
#   base < wire < trust < blind
#   broker uses base, wire, trust; client/lib uses all of proto
#   client/cli uses client/include/sein.h and proto/base
#   client/govern uses proto, and client/cli its public header
#   client/keyholder uses proto and the connection of client/lib
#   nobody knows tests, except in a build for tests
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build}
lib=$build/lib
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

count=0
failed=0

# report NAME FILE: one result; FILE holds the faults, one a line.
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

# ---- by include path ---------------------------------------------------------

# "file kind name guarded" for every include; guarded is 1 within an #if that
# names SEIN_TEST_BUILD.
list_includes() {
    find proto broker client tests -name '*.[ch]' 2>/dev/null | sort |
        xargs awk '
        FNR == 1 { depth = 0; inside = 0 }
        /^[ \t]*#[ \t]*if/ {
            depth++
            if (!inside && /SEIN_TEST_BUILD/ && !/ifndef|!/)
                inside = depth
        }
        /^[ \t]*#[ \t]*(else|elif)/ { if (inside == depth) inside = 0 }
        /^[ \t]*#[ \t]*endif/ {
            if (inside == depth) inside = 0
            depth--
        }
        match($0, /^[ \t]*#[ \t]*include[ \t]*["<][^">]*/) {
            text = substr($0, RSTART, RLENGTH)
            sub(/^[ \t]*#[ \t]*include[ \t]*/, "", text)
            kind = substr(text, 1, 1) == "<" ? "system" : "ours"
            print FILENAME, kind, substr(text, 2), inside ? 1 : 0
        }'
}

# What each room may include of ours: the first row that fits a file counts.
cat >"$work/rooms" <<'ROOMS'
^proto/base/                 ^proto/base/
^proto/wire/                 ^proto/(base|wire)/
^proto/trust/                ^proto/(base|wire|trust)/
^proto/blind/                ^proto/(base|wire|trust|blind)/
^broker/kernel/              ^(proto/(base|wire|trust)/|broker/kernel/|broker/store/store[.]h$|broker/(failpoint|receipts|retention)[.]h$)
^broker/store/               ^(proto/(base|wire|trust)/|broker/store/)
^broker/                     ^(proto/(base|wire|trust)/|broker/)
^client/include/             ^$
^client/lib/                 ^(proto/|client/lib/|client/include/sein[.]h$)
^client/cli/(main|cmd_directory[a-z_]*)[.]c$  ^(proto/base/|client/cli/|client/include/sein[.]h$|client/govern/govern[.]h$)
^client/cli/                 ^(proto/base/|client/cli/|client/include/sein[.]h$)
^client/govern/              ^(proto/|client/govern/)
^client/keyholder/           ^(proto/|client/keyholder/|client/lib/(link|keystore|files|lock|clock)[.]h$|client/include/sein[.]h$)
^tests/                      ^(proto|broker|client|tests)/
ROOMS

list_includes >"$work/includes"

awk -v rooms="$work/rooms" '
    BEGIN {
        while ((getline < rooms) > 0) { files[++n] = $1; allowed[n] = $2 }
    }
    $2 == "ours" && $3 ~ /^tests\// && $1 !~ /^tests\// {
        if (!$4)
            print $1 " includes " $3 " outside of a build for tests"
        next
    }
    $2 == "ours" {
        for (i = 1; i <= n && $1 !~ files[i]; i++) { }
        if (i > n)
            print $1 " stands in no room of the house"
        else if ($3 !~ allowed[i])
            print $1 " includes " $3
    }' "$work/includes" >"$work/faults"
report "every include follows the rooms" "$work/faults"

awk '$3 ~ /(^|\/)\.\.(\/|$)/ { print $1 " includes " $3 }' "$work/includes" \
    >"$work/faults"
report "no include climbs with ../" "$work/faults"

# Includes of proto: what C has without input, output, clock and threads.
pure='^((assert|inttypes|limits|stdalign|stdbool|stddef|stdint|stdlib|string)[.]h|sodium([.]h|/.*)|utf8proc[.]h|msgpack.*)$'
awk -v pure="$pure" '
    $2 == "system" && ($1 ~ /^proto\// || $1 ~ /^broker\/kernel\//) &&
        $3 !~ pure { print $1 " includes <" $3 ">" }' "$work/includes" \
    >"$work/faults"
report "proto and the kernel include nothing of the outside" "$work/faults"

# only_in HEADER WHAT PATTERN: outside of tests, HEADER is included by at most
# one file for each PATTERN, and by no file that fits none.
only_in() {
    header=$1
    shift
    awk -v header="$header" '
        $2 == "system" && $3 ~ header && $1 !~ /^tests\// { print $1 }
        ' "$work/includes" | sort -u >"$work/users"
    : >"$work/faults"
    for pattern in "$@"; do
        grep -E "$pattern" "$work/users" >"$work/hits"
        if [ "$(wc -l <"$work/hits")" -gt 1 ]; then
            sed "s|\$| includes <$header>, which one file of $pattern may|" \
                "$work/hits" >>"$work/faults"
        fi
        grep -Ev "$pattern" "$work/users" >"$work/rest"
        mv "$work/rest" "$work/users"
    done
    sed "s|\$| includes <$header>|" "$work/users" >>"$work/faults"
}
only_in '^msgpack' '^proto/wire/'
report "one file includes <msgpack.h>" "$work/faults"
only_in '^sqlite3' '^broker/store/' '^client/lib/' '^client/keyholder/'
report "one file a room includes <sqlite3.h>" "$work/faults"

# ---- by symbol ---------------------------------------------------------------

# defined ARCHIVE..., needed ARCHIVE...: names, sorted.
defined() {
    nm --defined-only --extern-only "$@" 2>/dev/null |
        awk 'NF == 3 { print $3 }' | sort -u
}
needed() {
    nm --undefined-only "$@" 2>/dev/null | awk 'NF == 2 { print $2 }' | sort -u
}

: >"$work/faults"
for shelf in base wire trust blind; do
    [ -s "$lib/$shelf.a" ] || echo "$lib/$shelf.a was not built" \
        >>"$work/faults"
done
if [ -e broker/main.c ] && [ ! -x "$build/bin/seinhuisd" ]; then
    echo "$build/bin/seinhuisd was not built" >>"$work/faults"
fi
report "there is something to look at" "$work/faults"

for shelf in base wire trust blind broker client connection govern cli \
    keyholder; do
    defined "$lib/$shelf.a" >"$work/has.$shelf"
done

# shelf_uses SHELF ALLOWED...: what SHELF needs of ours is in itself or ALLOWED.
shelf_uses() {
    shelf=$1
    needed "$lib/$shelf.a" >"$work/needs"
    for other in base wire trust blind broker client govern cli keyholder; do
        case " $* " in
        *" $other "*) continue ;;
        esac
        comm -12 "$work/needs" "$work/has.$other" |
            sed "s|^|$shelf.a uses |; s|\$| of $other.a|"
    done
}
{
    shelf_uses base
    shelf_uses wire base
    shelf_uses trust base wire
    shelf_uses blind base wire trust
    shelf_uses broker base wire trust
    shelf_uses client base wire trust blind
    shelf_uses govern base wire trust blind
    shelf_uses cli base client govern
    shelf_uses connection base wire trust connection client
    shelf_uses keyholder base wire trust blind client
} >"$work/faults"
report "every archive uses only those left of it" "$work/faults"

# The broker cannot open what it carries: nothing of blind is in the program.
nm --defined-only "$lib/blind.a" 2>/dev/null |
    awk 'NF == 3 && $3 ~ /^sein_/ { print $3 }' | sort -u >"$work/blind"
: >"$work/faults"
if [ -x "$build/bin/seinhuisd" ]; then
    nm "$build/bin/seinhuisd" | awk '{ print $NF }' | sort -u >"$work/program"
    if [ "$(wc -l <"$work/program")" -lt 50 ]; then
        echo "$build/bin/seinhuisd has lost its symbols" >>"$work/faults"
    fi
    comm -12 "$work/blind" "$work/program" |
        sed 's|^|seinhuisd contains |; s|$| of blind.a|' >>"$work/faults"
fi
[ -s "$work/blind" ] || echo "blind.a shows no symbols" >>"$work/faults"
report "seinhuisd contains no symbol of proto/blind" "$work/faults"

# The keyholder evaluates what it cannot see: no handle, no letter.
: >"$work/faults"
if [ -e client/keyholder/main.c ]; then
    program=$build/bin/sein-keyholder
    nm "$program" 2>/dev/null | awk '{ print $NF }' | sort -u >"$work/program"
    if [ "$(wc -l <"$work/program")" -lt 50 ]; then
        echo "$program was not built, or has lost its symbols" >>"$work/faults"
    fi
    grep -E '^sein_(handle|letter)_' "$work/blind" |
        comm -12 - "$work/program" |
        sed 's|^|sein-keyholder contains |; s|$| of blind.a|' >>"$work/faults"
    # Of libsein it has what connects, and nothing that opens or keeps.
    comm -23 "$work/has.client" "$work/has.connection" |
        comm -12 - "$work/program" |
        sed 's|^|sein-keyholder contains |; s|$| of client/lib|' \
            >>"$work/faults"
    comm -23 <(needed "$lib/connection.a") <(cat "$work"/has.{base,wire,trust,connection} | sort -u) |
        grep -E '^(sein_|localdb_|home_)' |
        sed 's|^|connection.a needs |' >>"$work/faults"
    if objdump -p "$program" 2>/dev/null | grep -q 'NEEDED.*libsein'; then
        echo "sein-keyholder is linked with libsein.so" >>"$work/faults"
    fi
fi
report "sein-keyholder sees no handle and opens no letter" "$work/faults"

# libsein shows what sein.h declares, and nothing else.
: >"$work/faults"
for shared in "$lib"/libsein.so.*; do
    [ -e "$shared" ] || continue
    nm -D --defined-only "$shared" | awk '{ print $NF }' | sort -u |
        while read -r symbol; do
            grep -qw -- "$symbol" client/include/sein.h ||
                echo "$shared shows $symbol"
        done >>"$work/faults"
done
report "libsein shows only what sein.h declares" "$work/faults"

# ---- by undefined symbols ----------------------------------------------------

# What proto and the kernel may take from outside of the house: memory, text
# and sorting of C, and the libraries that compute.
libc='(__stack_chk_fail|__assert_fail|__fdelt_chk|_GLOBAL_OFFSET_TABLE_)'
libc="$libc|mem(chr|cmp|cpy|move|set|rchr|mem)|str(len|nlen|cmp|ncmp|chr|rchr|spn|cspn|pbrk|str)"
libc="$libc|__(mem(cpy|move|set)|str(ncpy))_chk|malloc|calloc|realloc|free|qsort|bsearch"
libc="$libc|abort"
# (a sein_ name that no shelf has yet is a matter for the linker)
outside="^($libc|sein_[a-z0-9_]*|(crypto|sodium|randombytes)_[a-z0-9_]*|utf8proc_[a-z0-9_]*|msgpack_[a-z0-9_]*)\$"

# takes NAME FILES...: symbols of FILES that no shelf has and nobody allowed.
takes() {
    name=$1
    shift
    needed "$@" | comm -23 - <(sort -u "$work"/has.* <(defined "$@")) |
        grep -Ev "$outside" | sed "s|^|$name takes |"
}
for shelf in base wire trust blind; do
    takes "proto/$shelf" "$lib/$shelf.a"
done >"$work/faults"
report "proto opens nothing, waits for nothing, prints nothing" "$work/faults"

# The kernel, and what it calls of the broker.
kernel=("$build"/obj/broker/kernel/*.o)
for object in receipts retention; do
    object=$build/obj/broker/$object.o
    [ -e "$object" ] && kernel+=("$object")
done
: >"$work/faults"
if [ -e "${kernel[0]}" ]; then
    takes "broker/kernel" "${kernel[@]}" >"$work/faults"
fi
report "the kernel opens nothing, waits for nothing" "$work/faults"

# Tables are const: what can be written at run time lies in .data, .bss, COMMON
# or thread storage; const tables with addresses lie in .data.rel.ro.
writable() {
    objdump -t "$@" 2>/dev/null | awk '
        / O / || /COM/ {
            for (i = 2; i <= NF; i++)
                if ($i ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ &&
                    $i !~ /^\.data\.rel\.ro/)
                    print $NF " (" $i ")"
        }'
}
for shelf in base wire trust blind; do
    writable "$lib/$shelf.a" | sed "s|^|proto/$shelf keeps |"
done >"$work/faults"
if [ -e "${kernel[0]}" ]; then
    writable "${kernel[@]}" | sed 's|^|broker/kernel keeps |' >>"$work/faults"
fi
report "proto and the kernel keep no globals" "$work/faults"

echo "1..$count"
[ "$failed" -eq 0 ]
