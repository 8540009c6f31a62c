# shellcheck shell=bash
# The parts of the demo's town: what is done with a home, the governance, the
# broker and a keyholder.  deploy/demo/run reads this, and sets $dir (where all of
# it lies), $build and $fingerprint (of the governance).
# shellcheck disable=SC2154  # set there

sein=$build/bin/sein
seinhuisd=$build/bin/seinhuisd
holderd=$build/bin/sein-keyholder

fail() {
    echo "demo: $*" >&2
    exit 1
}

oin() { printf '000000990000%04d0000' "$1"; }

# value NAME FILE: of one member of a JSON document, as text
value() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$2"; }

# ---- what runs, and ends with the demo ----------------------------------------
broker_pid=
declare -A holder_pid=()

# await WORDS FILE PID TIMES: until the program has written it so often
await() {
    for _ in $(seq 400); do
        [ "$(grep -c "$1" "$2" 2>/dev/null)" -lt "$4" ] || return 0
        kill -0 "$3" 2>/dev/null || break
        sleep 0.05
    done
    cat "$2" >&2
    fail "did not see \"$1\" of a program that was started"
}

stop() { # stop PID
    [ -n "$1" ] || return 0
    kill -TERM "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
stop_broker() {
    stop "$broker_pid"
    broker_pid=
}
stop_all() {
    local name
    for name in "${!holder_pid[@]}"; do
        stop "${holder_pid[$name]}"
    done
    holder_pid=()
    stop_broker
}

start_broker() {
    "$seinhuisd" --dir "$dir/broker" >"$dir/broker.out" 2>&1 &
    broker_pid=$!
    await '^seinhuisd ready' "$dir/broker.out" "$broker_pid" 1
    rm -f "$dir/broker.out"
}

free_port() {
    local port
    for _ in $(seq 50); do
        port=$((20000 + RANDOM % 12000)) # below what connections out take
        if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    fail "found no free port on 127.0.0.1"
}

# ---- governance ---------------------------------------------------------------
govern() { "$sein" directory "$1" --folder "$dir/governance" "${@:2}"; }

publish() { # sign what the folder says, and hand it to the broker
    govern sign --key "$dir/keys/governor.key" --quiet >/dev/null
    mkdir -p "$dir/broker/incoming"
    cp "$dir"/governance/signed/*.dir "$dir/broker/incoming/"
    [ -z "$broker_pid" ] ||
        "$seinhuisd" --dir "$dir/broker" --admin reload >/dev/null
}

# ---- homes --------------------------------------------------------------------
home() { # home MEMBER ARGUMENTS...: sein as that member
    local member=$1
    shift
    "$sein" --home "$dir/home/$member" --key-file "$dir/keys/$member.key" --as "demo" "$@"
}

admit() { # admit MEMBER OIN OPTIONS...: a home that joins and is admitted
    local member=$1 oin=$2
    shift 2
    home "$member" init --oin "$oin" --name "$member" --quiet
    home "$member" join "$(cat "$dir/invitation")" --json >"$dir/join.json"
    govern admit "$(value request "$dir/join.json")" --quiet \
        --fingerprint "$(value fingerprint "$dir/join.json")" "$@" >/dev/null
    rm "$dir/join.json"
}

# ---- keyholders ---------------------------------------------------------------
holder() { "$holderd" --config "$dir/keyholder/$1/keyholder.conf" "${@:2}"; }

# make_holder NAME DESK: a sein-keyholder with its keys, admitted for that desk
make_holder() {
    local name=$1 desk=$2 folder=$dir/keyholder/$1 said
    (umask 077 && mkdir -p "$folder")
    cat >"$folder/keyholder.conf" <<CONF
[keyholder]
desk = $desk
name = $name
dir = data
key_file = $dir/keys/keyholder-$name.key
[broker]
invitation = $dir/invitation
CONF
    said=$(holder "$name" init)
    govern admit "$(grep '^seinhuis-join' <<<"$said")" --quiet \
        --fingerprint "$(sed -n 's/^fingerprint //p' <<<"$said")" >/dev/null
}

start_holder() { # start_holder NAME
    # The program itself, not the shell of a function: its id is what is stopped.
    "$holderd" --config "$dir/keyholder/$1/keyholder.conf" >"$dir/keyholder/$1/log" 2>&1 &
    holder_pid[$1]=$!
}
await_holders() { # await_holders TIMES: until they have all become ready so often
    local name
    for name in "${!holder_pid[@]}"; do
        await '^sein-keyholder ready' "$dir/keyholder/$name/log" \
            "${holder_pid[$name]}" "$1"
    done
}
