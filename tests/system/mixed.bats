#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# A board with the mux and a card in it: one profile has sockets that go by the mux and one whose devices QEMU is given.

setup() {
    load board
    preamble <<'SCRIPT'
cat >> "$USBROUTE_CONFIG" <<TOML

[profile.mixed]
windows = ["rear-2", "card-1"]
TOML
usbrouted 2> log & daemon=$!
until_so 'usbroute status > /dev/null 2>&1'
sim guest start windows
wait_for 'guest windows has come' log
# Who has the socket of each means: front-1 comes home with the profile, for it was the guest's.
owners() { usbroute status | awk '$1 ~ /^(rear-2|front-1|card-1)$/ { printf "%s=%s ", $1, $2 }'; }
nothing='rear-2=host front-1=windows card-1=host '
everything='rear-2=windows front-1=host card-1=windows '
driver() { basename "$(readlink /sys/bus/usb/devices/5-1:1.0/driver)"; }
[ "$(owners)" = "$nothing" ]
SCRIPT
    board=(--board "$USBROUTE_BIN/../machines/z97-with-card")
}

@test "one profile goes by the mux and by QEMU, and undo takes back both" {
    inside "${board[@]}" <<'SCRIPT'
usbroute plan apply mixed | tee plan
grep 'XUSB2PR 0x3ffe -> 0x3ff7' plan
grep '"execute":"device_add"' plan
usbroute apply mixed
[ "$(owners)" = "$everything" ]
[ "$(driver)" = usbfs ]
usbroute status | grep 'profile mixed'
usbroute undo
[ "$(owners)" = "$nothing" ]
[ "$(driver)" = usb-storage ]
SCRIPT
}

@test "a trial of both ends with both" {
    inside "${board[@]}" <<'SCRIPT'
usbroute apply mixed --revert-after 1s
[ "$(owners)" = "$everything" ]
wait_for 'trial reverted' log
until_so '[ "$(owners)" = "$nothing" ]'
until_so '[ "$(driver)" = usb-storage ]'
SCRIPT
}

@test "a guest that dies gives back both, and gets back what is not wires when it returns" {
    inside "${board[@]}" <<'SCRIPT'
usbroute apply mixed
sim guest kill windows
wait_for 'guest windows is gone' log
until_so '[ "$(driver)" = usb-storage ]'
usbroute status | grep -E '^rear-2 +host '
SCRIPT
}

@test "killed at any moment of an apply the daemon comes to all of it or to nothing" {
    inside "${board[@]}" <<'SCRIPT'
for round in $(seq 12); do
    usbroute apply mixed > /dev/null 2>&1 & client=$!
    sleep "0.0$round"
    kill -KILL $daemon
    wait $daemon || true
    wait $client || true
    usbrouted 2>> log & daemon=$!
    until_so 'usbroute status > /dev/null 2>&1'
    until_so '[ "$(owners)" = "$everything" ] || [ "$(owners)" = "$nothing" ]'
    case $(owners) in
        "$everything") until_so '[ "$(driver)" = usbfs ]' ;;
        *) until_so '[ "$(driver)" = usb-storage ]' ;;
    esac
    owners >> ends
    usbroute move rear-2 card-1 --to host
    usbroute move front-1 --to windows
    until_so '[ "$(owners)" = "$nothing" ] && [ "$(driver)" = usb-storage ]'
done
sort ends | uniq -c
SCRIPT
}
