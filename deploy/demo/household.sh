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

# ---- who is met ---------------------------------------------------------------
silent=verslavingszorg # sees the notice, and answers nothing
# shellcheck disable=SC2034  # run uses it
late=sportclub         # gives its signal when the others have met

# each MEMBERS ARGUMENTS...: sein with these arguments as each of them, side by side
each() {
    local members=$1 member pids=() pid
    shift
    for member in $members; do
        home "$member" "$@" --quiet >/dev/null 2>"$dir/each.$member" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || fail "sein $1: $(cat "$dir"/each.*)"
    done
    rm -f "$dir"/each.*
}

# inboxes MEMBERS: what their desks have, in files of that name
inboxes() {
    local member
    mkdir -p "$dir/inbox"
    for member in $1; do
        home "$member" inbox --json --quiet --offline >"$dir/inbox/$member"
    done
}

# ask MEMBER SQL: of its notices, each a row of n with column notice
ask() {
    sqlite3 :memory: "CREATE TABLE n AS SELECT value AS notice FROM json_each(CAST(readfile('$dir/inbox/$1') AS TEXT), '\$.notices');
        $2"
}

# matches MEMBERS: every notice of each, as dir/matches.json
matches() {
    local member separator='{'
    for member in $1; do
        printf '%s\n  "%s": ' "$separator" "$member"
        ask "$member" "SELECT json_group_array(json_object('source_ids', json_extract(notice, '\$.source_ids'),
            'links', json_extract(notice, '\$.links'), 'labels', json_extract(notice, '\$.labels'))) FROM n;"
        separator=,
    done >"$dir/matches.json"
    echo '}' >>"$dir/matches.json"
}

# household MEMBER SQL: an expression of its notice about the household of the eighteen
household() {
    ask "$1" "SELECT $2 FROM n, json_each(notice, '\$.source_ids') AS s WHERE s.value = '${signal[$1]}';"
}
introduced="(SELECT count(*) FROM json_each(notice, '\$.parties') AS p WHERE json_extract(p.value, '\$.state') = 'introduced')"

accept() { # accept MEMBERS: they say yes to everybody around the household
    local member pids=() pid
    for member in $1; do
        home "$member" accept --circle jeugd --source_id "${signal[$member]}" --quiet >/dev/null 2>"$dir/each.$member" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || fail "sein accept: $(cat "$dir"/each.*)"
    done
    rm -f "$dir"/each.*
}

# tell MEMBER TEXT: a message to each whom it knows around the household, sealed one by one
tell() {
    local letter
    for letter in $(household "$1" "(SELECT group_concat(json_extract(value, '\$.introduction'), ' ')
        FROM json_each(notice, '\$.parties'))"); do
        home "$1" reply "$letter" "$2" --quiet >/dev/null
    done
}

heard() { # heard MEMBERS FROM TEXT
    local member
    each "$1" sync
    inboxes "$1"
    for member in $1; do
        [ "$member" = "$2" ] || grep -qF "$3" "$dir/inbox/$member" || fail "the message did not reach $member"
    done
}

# meet MEMBERS COUNT: they get and send what waits until each knows so many
meet() {
    local member known
    for _ in $(seq 8); do
        each "$1" sync
        inboxes "$1"
        known=yes
        for member in $1; do
            [ "$(household "$member" "$introduced")" = "$2" ] || known=
        done
        [ -z "$known" ] || return 0
    done
    for member in $1; do
        echo "$member knows $(household "$member" "$introduced") of $2" >&2
    done
    fail "not all who said yes were introduced"
}

# notice MEMBER: what its worker sees, in one line
notice() {
    household "$1" "'  $1: ' || json_array_length(notice, '\$.matches') || ' matches, een melding / one notice; '
        || (SELECT group_concat(value, ', ') FROM json_each(notice, '\$.labels')) || '; '
        || (SELECT group_concat(json_extract(value, '\$.own') || '-' || json_extract(value, '\$.peer'), ', ')
            FROM json_each(notice, '\$.links'))"
}

# story: what must be true of every inbox when all have met
story() {
    local member field found
    for member in "${eighteen[@]}"; do
        [ "$(household "$member" 1)" = 1 ] || fail "$member has not one notice about the household"
        found=$(ask "$member" "SELECT group_concat(s.value) FROM n, json_each(notice, '\$.source_ids') AS s
            WHERE s.value IN ('JGZ-30519', 'VZ2026-520', 'C3620', 'JGZ-30521');")
        [ -z "$found" ] || fail "$member has a notice about a neighbour, a shielded household or an institution: $found"
    done
    [ "$(household "$silent" "json_array_length(notice, '\$.parties')")" = 0 ] || fail "$silent was silent, and is introduced"
    for member in "${eighteen[@]}"; do
        ! grep -q "\"desk\":\"$(oin "${number_of[$silent]}")" "$dir/inbox/$member" || [ "$member" = "$silent" ] ||
            fail "$silent was silent, and $member knows of it"
    done
    for found in address-address person-person person-parent; do
        [[ "$(notice school) $(notice ggz)" == *$found* ]] || fail "nobody met by $found"
    done
    for member in school:VZ2026-521 jeugdhulp:C3621; do
        found=$(ask "${member%:*}" "SELECT json_extract(notice, '\$.links') FROM n, json_each(notice, '\$.source_ids') AS s
            WHERE s.value = '${member#*:}';")
        [ "$found" = '[{"own":"person","peer":"person"}]' ] ||
            fail "${member%:*} meets at the institution by $found, and not by the person alone"
    done
}
