#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Naming the sockets of a board without a mux: `usbroute map` on a simulated board whose firmware says nothing about its ports.
# USBROUTE_BIN names the directory with the programs.

setup() {
    load board
    board=$USBROUTE_BIN/../machines/amd-a520m
    preamble <<'SCRIPT'
# `usbroute map` in the background, with nothing named (or with the daemon's own configuration): process $map, what it says in the file story, typed into descriptor 3.
map_begins() { # [own|daemon]
    local options=(--config own/usbroute.toml)
    if [ "${1:-own}" = daemon ]; then options=(); fi
    mkdir -p own
    touch own/usbroute.toml
    rm -f answers story
    mkfifo answers
    usbroute map "${options[@]}" < answers > story 2>&1 &
    map=$!
    exec 3> answers
    wait_for 'done>' story
}
asked() { wait_for "$1" story; } # PATTERN
# Types it, and waits for what follows.
answer() { # TEXT PATTERN
    printf '%s\n' "$1" >&3
    asked "$2"
}
map_ends() {
    echo 'done' >&3
    exec 3>&-
    wait "$map"
}
SCRIPT
}

@test "a USB 2 and a USB 3 stick in one socket make one connector with both halves, by device.function" {
    inside --board "$board" <<'SCRIPT'
map_begins
sim plug rear-4 disk as stick; sim settle
asked 'name? \[rear-1\]'
answer rear-4 'the SuperSpeed half of rear-4 was not learned: plug a USB 3 stick into the same socket'
grep -F 'usb = ["00:08.1/00.3 4"]' own/connectors.toml
sim unplug stick; sim plug rear-4 superspeed-disk as stick; sim settle
asked 'the kernel guesses, from equal numbers, that this is the SuperSpeed half of rear-4'
asked 'name? \[rear-4\]'
answer '' 'rear-4 has both halves now'
[ "$(grep -c '^\[connector' own/connectors.toml)" = 1 ]
grep -F 'usb = ["00:08.1/00.3 4", "00:08.1/00.3 ss4"]' own/connectors.toml
# A socket that has no other half: nothing is missed.
sim plug front-3 disk as other; sim settle
asked 'on 0000:02:00.0/5'
answer front-3 'front-3 it is'
map_ends
asked 'learned: rear-4, 00:08.1/00.3 4, 00:08.1/00.3 ss4'
not grep 'not learned: the' story
usbroute config check --config own/usbroute.toml > said 2>&1
not grep 'half' said
SCRIPT
}

@test "what map has learned the daemon has at once, and moves" {
    inside --board "$board" <<'SCRIPT'
sed -i '/^\[connector.rear-4\]/,/^$/d' "$USBROUTE_CONFIG"
sim guest start windows; sim settle
start
not usbroute move rear-4 --to windows 2> said
grep 'rear-4' said
map_begins daemon
sim plug rear-4 disk as stick; sim settle
asked 'name? \[rear-[0-9]*\]'
answer rear-4 'rear-4 it is'
sim unplug stick; sim settle
map_ends
asked 'usbrouted: '
not grep 'has not taken it over' story
cat story
usbroute status | grep '^rear-4 '
sim plug rear-4 webcam; sim settle
usbroute move rear-4 --to windows 2> said
has "$(place 082d)" 'usbfs usbfs usbfs usbfs'
stop
SCRIPT
}

@test "where only one half is known, map, config check, status and move say what stays, and the next map completes it" {
    inside --board "$board" <<'SCRIPT'
map_begins
sim plug rear-4 disk as stick; sim settle
asked 'name? \[rear-1\]'
answer rear-4 'rear-4 it is'
map_ends
asked 'not learned: the SuperSpeed half of rear-4; moving rear-4 would leave a USB 3 device in it behind'
usbroute config check --config own/usbroute.toml > said 2>&1
grep -F 'connector rear-4: its SuperSpeed half is not known, so a USB 3 device in it is not moved; `usbroute map` learns it' said
grep -F '(the kernel guesses, from equal numbers, that it is 00:08.1/00.3 ss4)' said
# The daemon with that half alone.
sed -i 's|"0000:30:00.3/4", "0000:30:00.3/ss4"|"0000:30:00.3/4"|' "$USBROUTE_CONFIG"
sim guest start windows; sim settle
start
usbroute status | grep 'one half: *rear-4 (its SuperSpeed half is not known; `usbroute map` learns it)'
usbroute move rear-4 --to windows 2> said
[ "$(grep -c 'the SuperSpeed half of rear-4 is not known, so a USB 3 device in it stays' said)" = 1 ]
usbroute undo 2> said
not grep 'SuperSpeed half' said
stop
# The kernel's guess, for who has no such stick.
sim unplug stick; sim settle
map_begins
answer 'pair rear-4' "rear-4 has both halves now; that is the kernel's guess"
map_ends
usbroute config check --config own/usbroute.toml > said 2>&1
not grep 'half' said
SCRIPT
}

@test "what comes up behind a hub is a socket of that hub, which is named first; both are written at once" {
    inside --board "$board" <<'SCRIPT'
sim plug rear-4 hub; sim settle
map_begins
sim plug rear-4.2 disk as stick; sim settle
asked 'this is port 2 of the hub GenesysLogic USB2.0 Hub (05e3:0608): name the hub?'
asked 'name of the hub? \[hub-1\]'
answer 'a desk' 'no: write one NAME for the hub'
answer host 'no: host means an owner'
answer desk 'name? \[desk-2\]'
not test -e own/connectors.toml
answer '' 'desk-2 it is'
grep -F 'usb = ["desk/2"]' own/connectors.toml
grep -A1 -F '[hub.desk]' own/connectors.toml | grep -F 'id = "05e3:0608"'
sim plug rear-4.4 mouse; sim settle
asked 'name? \[desk-4\]'
# In another socket it is the same hub.
answer skip 'done>'
sim unplug rear-4; sim plug front-3 hub; sim settle
asked 'on 0000:02:00.0/5'
echo skip >&3
sim plug front-3.2 disk as again; sim settle
asked 'is already desk-2'
map_ends
usbroute config check --config own/usbroute.toml | grep '1 hub'
SCRIPT
}

@test "of two hubs of one model map asks what tells this one apart, and a stop before the name changes nothing" {
    inside --board "$board" <<'SCRIPT'
sim plug rear-4 hub; sim plug front-3 hub; sim settle
map_begins
sim plug rear-4.2 disk as stick; sim settle
asked 'name of the hub'
answer desk 'there is another hub of this model at 1-5: neither has a serial number of its own'
answer serial 'no: no serial number tells the two apart; type at, or skip'
answer at 'name? \[desk-2\]'
kill -TERM "$map"
exec 3>&-
wait "$map"
grep 'nothing was changed' story
not test -e own/connectors.toml
sim unplug stick; sim settle
map_begins
sim plug rear-4.2 disk as stick; sim settle
asked 'name of the hub'
answer desk 'serial or at? \[at\]'
answer '' 'name? \[desk-2\]'
answer '' 'desk-2 it is'
map_ends
grep -F 'at = "00:08.1/00.3 4"' own/connectors.toml
usbroute config check --config own/usbroute.toml > said 2>&1
not grep 'could be the hub' said
SCRIPT
}
