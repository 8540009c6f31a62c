#!/bin/bash
# tests/run: limit=900
# Plants a fault of each kind in a copy of the tree and shows that layers.sh
# fails and names it; an untouched copy passes.  Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

copy=$work/house
mkdir "$copy"
tar -cf - --exclude='./build*' --exclude=./.git --exclude=./demo-out . |
    tar -xf - -C "$copy" || exit 1
cd "$copy" || exit 1

count=0
failed=0

result() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        failed=$((failed + 1))
        echo "not ok $count - $2"
        sed 's/^/# /' "$work/output"
    fi
}

build() {
    make -s -k -j2 CFLAGS=-g0 WERROR= all >"$work/make" 2>&1
}

# caught NAME TEXT: layers.sh fails and says TEXT.
caught() {
    if tests/lint/layers.sh build >"$work/output" 2>&1; then
        result 1 "$1"
    else
        grep -qF -- "$2" "$work/output"
        result $? "$1"
    fi
}

# plant_line NAME FILE LINE TEXT: a line before the first of FILE; no build.
plant_line() {
    [ -e "$2" ] || return 0
    cp -p "$2" "$work/kept"
    { echo "$3" && cat "$work/kept"; } >"$2"
    caught "$1" "$4"
    cp -p "$work/kept" "$2"
}

# plant_code NAME FILE CODE TEXT: code behind the last line of FILE, built.
plant_code() {
    [ -e "$2" ] || return 0
    cp -p "$2" "$work/kept"
    echo "$3" >>"$2"
    build
    caught "$1" "$4"
    cp "$work/kept" "$2"
}

first() {
    for file in "$@"; do
        if [ -e "$file" ]; then
            echo "$file"
            return
        fi
    done
}

build
tests/lint/layers.sh build >"$work/output" 2>&1
result $? "the tree as it is passes"

# ---- includes ----
plant_line "base includes wire" proto/base/bytes.c \
    '#include "proto/wire/frame.h"' \
    'proto/base/bytes.c includes proto/wire/frame.h'
plant_line "wire includes trust" proto/wire/frame.c \
    '#include "proto/trust/identity.h"' \
    'proto/wire/frame.c includes proto/trust/identity.h'
plant_line "trust includes blind" proto/trust/identity.c \
    '#include "proto/blind/hpke.h"' \
    'proto/trust/identity.c includes proto/blind/hpke.h'
plant_line "the kernel includes blind" broker/kernel/kernel.h \
    '#include "proto/blind/letter.h"' \
    'broker/kernel/kernel.h includes proto/blind/letter.h'
plant_line "the kernel includes a loop" broker/kernel/kernel.h \
    '#include "broker/loop.h"' \
    'broker/kernel/kernel.h includes broker/loop.h'
plant_line "the store includes client" broker/store/store.h \
    '#include "client/include/sein.h"' \
    'broker/store/store.h includes client/include/sein.h'
cli=$(first client/cli/[!m]*.c client/cli/*.c)
plant_line "cli includes the inside of lib" "${cli:-none}" \
    '#include "client/lib/keystore.h"' "$cli includes client/lib/keystore.h"
plant_line "cli includes trust" "${cli:-none}" \
    '#include "proto/trust/directory.h"' \
    "$cli includes proto/trust/directory.h"
lib=$(first client/lib/*.c)
plant_line "lib includes the broker" "${lib:-none}" \
    '#include "broker/store/store.h"' "$lib includes broker/store/store.h"
govern=$(first client/govern/*.c)
plant_line "govern includes lib" "${govern:-none}" \
    '#include "client/lib/keystore.h"' "$govern includes client/lib/keystore.h"
plant_line "sein.h includes ours" client/include/sein.h \
    '#include "proto/base/ids.h"' \
    'client/include/sein.h includes proto/base/ids.h'
plant_line "an include that climbs" proto/wire/frame.c \
    '#include "../base/bytes.h"' 'proto/wire/frame.c includes ../base/bytes.h'
plant_line "proto includes a clock" proto/wire/frame.c \
    '#include <time.h>' 'proto/wire/frame.c includes <time.h>'
plant_line "a second user of msgpack" proto/wire/frame.c \
    '#include <msgpack.h>' 'proto/wire/frame.c includes <^msgpack>'
plant_line "sqlite in proto" proto/wire/frame.c \
    '#include <sqlite3.h>' 'proto/wire/frame.c includes <^sqlite3>'
plant_line "code includes tests" proto/wire/frame.c \
    '#include "tests/support/vectors.h"' \
    'proto/wire/frame.c includes tests/support/vectors.h'

# ---- symbols ----
plant_code "wire calls blind" proto/wire/frame.c \
    'extern int sein_hpke_seal(void); int planted(void); int planted(void) { return sein_hpke_seal(); }' \
    'wire.a uses sein_hpke_seal of blind.a'
broker=$(first broker/kernel/*.c broker/store/*.c broker/*.c)
plant_code "the broker calls blind" "${broker:-none}" \
    'extern int sein_hpke_seal(void); int planted(void); int planted(void) { return sein_hpke_seal(); }' \
    'broker.a uses sein_hpke_seal of blind.a'
if [ -e broker/main.c ]; then
    cp -p Makefile "$work/makefile"
    sed -i 's|^BROKER_AR := |&$(B)/lib/blind.a |' Makefile
    plant_code "seinhuisd links blind" broker/main.c \
        'extern int sein_hpke_seal(void); int planted(void); int planted(void) { return sein_hpke_seal(); }' \
        'seinhuisd contains sein_hpke_seal of blind.a'
    cp "$work/makefile" Makefile
fi
plant_line "the keyholder includes the inbox" client/keyholder/house.h \
    '#include "client/lib/inbox.h"' \
    'client/keyholder/house.h includes client/lib/inbox.h'
plant_code "the keyholder opens letters" client/keyholder/main.c \
    'extern int sein_letter_open(void); int planted(void); int planted(void) { return sein_letter_open(); }' \
    'sein-keyholder contains sein_letter_open of blind.a'
plant_code "the keyholder sees handles" client/keyholder/main.c \
    'extern int sein_handle_from_address(void); int planted(void); int planted(void) { return sein_handle_from_address(); }' \
    'sein-keyholder contains sein_handle_from_address of blind.a'
plant_code "libsein shows too much" "${lib:-none}" \
    '__attribute__((visibility("default"))) int sein_planted(void); int sein_planted(void) { return 1; }' \
    'shows sein_planted'

# ---- what symbols need ----
plant_code "proto opens a file" proto/base/bytes.c \
    'extern int open(const char *, int, ...); int planted(void); int planted(void) { return open("x", 0); }' \
    'proto/base takes open'
plant_code "proto reads the clock" proto/wire/frame.c \
    'extern long time(long *); long planted(void); long planted(void) { return time((long *)0); }' \
    'proto/wire takes time'
plant_code "proto prints" proto/blind/hkdf.c \
    'extern int printf(const char *, ...); void planted(int); void planted(int i) { (void)printf("%d", i); }' \
    'proto/blind takes'
plant_code "proto keeps a global" proto/wire/frame.c \
    'extern int planted; int planted;' 'proto/wire keeps planted'
plant_code "proto keeps a static" proto/wire/frame.c \
    'int planted(void); int planted(void) { static int calls; return ++calls; }' \
    'proto/wire keeps calls'
kernel=$(first broker/kernel/*.c)
plant_code "the kernel reads the clock" "${kernel:-none}" \
    'extern long time(long *); long planted(void); long planted(void) { return time((long *)0); }' \
    'broker/kernel takes time'

echo "1..$count"
[ "$failed" -eq 0 ]
