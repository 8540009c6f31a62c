#!/bin/bash
# tests/run must not call green what is not: each way to fail is planted, and
# is counted as a failure.  Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

count=0
failed=0

# expect NAME SUM STATUS: what tests/run says of $work/test_planted.sh.
expect() {
    tests/run files build "$work/test_planted.sh" >"$work/output" 2>&1
    status=$?
    count=$((count + 1))
    if [ "$(tail -n 1 "$work/output")" = "$2" ] && [ "$status" -eq "$3" ]; then
        echo "ok $count - $1"
    else
        failed=$((failed + 1))
        echo "not ok $count - $1"
        sed 's/^/# /' "$work/output"
    fi
}

plant() {
    cat >"$work/test_planted.sh"
}

plant <<<'printf "1..2\nok 1\nok 2 - b\n"'
expect "two that pass" "2 passed, 0 failed" 0
plant <<<'true'
expect "a program without TAP is one check" "1 passed, 0 failed" 0
plant <<<'exit 3'
expect "an exit status" "0 passed, 1 failed" 1
plant <<<'printf "1..2\nok 1\nnot ok 2\n"; exit 1'
expect "one not ok" "1 passed, 1 failed" 1
plant <<<'printf "1..2\nok 1\nnot ok 2 # TO""DO later\n"'
expect "one not ok that is excused" "1 passed, 1 failed" 1
plant <<<'printf "1..2\nok 1\nok 2\n"; exit 1'
expect "all ok, yet an exit status" "2 passed, 1 failed" 1
plant <<<'printf "1..3\nok 1\nok 2\n"'
expect "fewer than planned" "2 passed, 1 failed" 1
plant <<<'printf "ok 1\nok 2\n"'
expect "no plan" "2 passed, 1 failed" 1
plant <<<'printf "1..2\nok 1 # skip no tool\nok 2\n"'
expect "a skipped one does not count" "1 passed, 0 failed" 0
plant <<<'printf "1..1\nok 1 # skip no tool\n"'
expect "nothing but skipped is nothing" "0 passed, 0 failed" 1
plant <<<'printf "1..1\nok 1\n"; kill -SEGV $$'
expect "a crash" "1 passed, 1 failed" 1
plant <<<'# tests/run: limit=1
printf "1..1\nok 1\n"; sleep 20'
expect "a time limit" "1 passed, 1 failed" 1
plant <<<'printf "1..1\nok 1\n"; sleep 20 &'
expect "a process left behind" "1 passed, 1 failed" 1
plant <<<'printf "1..1\nok 1\n"
log=${ASAN_OPTIONS#log_path=}
echo "ERROR: a report" >"${log%%:*}.7"'
expect "a sanitizer report of a process that it started" \
    "1 passed, 1 failed" 1
tests/run files build >"$work/output" 2>&1
[ $? -eq 1 ] && [ "$(tail -n 1 "$work/output")" = "0 passed, 0 failed" ]
status=$?
count=$((count + 1))
if [ "$status" -eq 0 ]; then
    echo "ok $count - no test at all is a failure"
else
    failed=$((failed + 1))
    echo "not ok $count - no test at all is a failure"
fi

echo "1..$count"
[ "$failed" -eq 0 ]
