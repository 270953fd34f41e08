#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Single devices on a board without a mux: by rules, and moved by their names. USBROUTE_BIN names the directory with the programs.

setup() {
    load board
    board=$USBROUTE_BIN/../machines/amd-a520m
    preamble <<'SCRIPT'
# A webcam in rear-4 and a guest that runs; rules from standard input, and the daemon.
with_rules() {
    cat >> "$USBROUTE_CONFIG"
    sim plug rear-4 webcam; sim guest start windows; sim settle
    start
    webcam=$(place 082d)
    taken='usbfs usbfs usbfs usbfs'
}
SCRIPT
}

@test "a rule takes a device out of a socket of the host, and only this one" {
    inside --board "$board" <<'SCRIPT'
with_rules <<'RULES'
[rule.cameras]
match = { interface = "video" }
to = "windows"
RULES
has "$webcam" "$taken"
[ "$(owner rear-4)" = host ]
usbroute status | grep -F "$webcam" | grep 'windows, by rule cameras'
usbroute why "$webcam" > said
grep 'for windows, by rule cameras: interface video, to windows' said
sim unplug rear-4; sim settle
until_so '[ -z "$(place 082d)" ]'
sim plug front-3 webcam; sim settle
until_so '[ -n "$(place 082d)" ]'
has "$(place 082d)" "$taken"
stop
SCRIPT
}

@test "what was taken home by its name stays home over plugs, the guest and the daemon" {
    inside --board "$board" <<'SCRIPT'
with_rules <<'RULES'
[rule.cameras]
match = { id = "046d:082d" }
to = "windows"
RULES
has "$webcam" "$taken"
usbroute move 046d:082d --to host
until_so 'not grep usbfs <<< "$(drivers "$webcam")"'
sim guest quit windows; sim settle; sim guest start windows; sim settle
crash; start
until_so 'usbroute why "$webcam" | grep "it was moved by its name"'
not grep usbfs <<< "$(drivers "$webcam")"
usbroute undo
has "$webcam" "$taken"
stop
SCRIPT
}

@test "what is equal is refused with both lines, and the daemon keeps the rules that it has" {
    inside --board "$board" <<'SCRIPT'
with_rules <<'RULES'
[rule.cameras]
match = { id = "046d:082d" }
to = "windows"
RULES
has "$webcam" "$taken"
cat >> "$USBROUTE_CONFIG" <<'RULES'
[rule.again]
match = { id = "046d:082d" }
to = "host"
RULES
not usbroute config check 2> said
grep 'rule.again.*rule.cameras.*count the same' said
kill -HUP "$daemon"
until_so "grep 'the old one stays in force' '$log'"
has "$webcam" "$taken"
stop
SCRIPT
}

@test "what is always the host's is not moved, and two alike are named by their places" {
    inside --board "$board" <<'SCRIPT'
with_rules <<'RULES'
[rule.mine]
match = { id = "046d:082d" }
to = "host"
always = true
RULES
ends_with 6 usbroute move "$webcam" --to windows > said
grep 'always stays with the host' said
ends_with 4 usbroute move 9999:9999 --to windows
stop
SCRIPT
}
