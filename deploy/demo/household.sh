# shellcheck shell=bash
# The household of the eighteen, which is in signalen.csv: its checks.
# deploy/demo/run reads this, after town.sh.
# shellcheck disable=SC2154  # what run sets

# row MEMBER SOURCE_ID: the fields of that row, in $field; nothing in it is quoted
row() {
    local line
    line=$(grep "^$1,$2," "$input") || fail "$1 has no row $2 in $input"
    IFS=, read -r -a field <<<"$line"
}

# handle MEMBER SOURCE_ID: the address of that row as it is compared
handle() {
    local field
    row "$1" "$2"
    "$sein" handle --json --postcode "${field[5]}" --huisnummer "${field[6]}" --huisletter "${field[7]}" \
        --huisnummertoevoeging "${field[8]}" >"$dir/handle.json"
    value canonical "$dir/handle.json"
    rm "$dir/handle.json"
}

# one_address: the eighteen write one address, each in its own way, and the house
# next door is another.
one_address() {
    local member field first='' other
    for member in "${eighteen[@]}"; do
        other=$(handle "$member" "${signal[$member]}")
        first=${first:-$other}
        [ "$other" = "$first" ] || fail "$member writes the address of the household as $other, not $first"
        row "$member" "${signal[$member]}"
        printf '%s|%s|%s|%s\n' "${field[@]:5:4}"
    done >"$dir/ways"
    [ "$(sort -u "$dir/ways" | wc -l)" = "${#eighteen[@]}" ] || fail "two of the eighteen write the address alike"
    echo "  $(shuf -n 5 --random-source="$dir/ways" "$dir/ways" | sed 's/  */ /g; s/|/ /g; s/ *$//; s/^/"/; s/$/"/' | paste -s -d ,) ..."
    rm "$dir/ways"
    first=$(handle "${eighteen[0]}" "${signal[${eighteen[0]}]}")
    [ "$(handle jgz JGZ-30519)" != "$first" ] || fail "the house next door has the household's address"
    echo "  ${#eighteen[@]} manieren, een adres / ways, one address: $first"
}

# unseen FOLDER...: nothing of the household stands there in the clear
unseen() {
    local field sign
    row school "${signal[school]}"
    for sign in "${field[5]}" "${field[10]//./}" "${field[11]}"; do
        ! grep -rqaF "$sign" "$@" || fail "something of the household stands in the clear in $*"
    done
}
