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

@test "a question is listed and answered, and what is no answer is refused" {
    inside --board "$board" <<'SCRIPT'
with_rules <<'RULES'
[rule.cameras]
match = { id = "046d:082d" }
ask = ["windows", "host"]
RULES
until_so 'usbroute answer | grep -F "$webcam "'
usbroute answer --json | jq -e '.schema == 1 and (.questions | length == 1) and .questions[0].connector == "rear-4"
    and .questions[0].answers == ["windows", "host"] and .questions[0].seconds <= 60'
usbroute status | grep -F 'nobody yet: windows or host?'
usbroute completion words -- answer "" > words; grep -q "^$webcam" words; grep -q '^windows' words
usbroute completion words -- answer "$webcam" "" > words; [ "$(cut -f1 words | sort | tr '\n' ' ')" = 'host windows ' ]
ends_with 6 usbroute answer nobody-such; grep 'rule cameras offers windows or host' err
ends_with 2 usbroute answer --always
spare=rear-1 watch_into events
usbroute answer rear-4 windows
has "$webcam" "$taken"
wait_for "^question rear-4 $webcam answered windows " events
ends_with 6 usbroute answer "$webcam" host; grep 'windows has it, because it was moved by its name' err
usbroute answer > said; [ "$(cat said)" = 'no question is open' ]
[ "$(usbroute answer --json)" = '{"schema":1,"questions":[]}' ]
usbroute undo
wait_for "^question rear-4 $webcam asked windows,host 60s " events
sim unplug rear-4; sim settle
wait_for "^question rear-4 $webcam gone " events
kill $watcher; wait $watcher || true
stop
SCRIPT
}

@test "an answer for ever writes its rule, and the daemon has it; one that counts the same stops it" {
    inside --board "$board" <<'SCRIPT'
with_rules <<'RULES'
[rule.cameras]
match = { interface = "video" }
ask = ["windows", "host"]
RULES
rules=${USBROUTE_CONFIG%/*}/rules.toml
until_so 'usbroute answer | grep -F "$webcam "'
usbroute answer windows --always --dry-run > said; grep 'from now on' said; [ ! -e "$rules" ]
usbroute answer windows --always
has "$webcam" "$taken"
grep '^to = "windows"$' "$rules"; grep 'id = "046d:082d"' "$rules"
usbroute config check
# It is plugged in again, and nobody is asked; the choice by hand would say so, too, so that is taken back first.
usbroute undo
has "$webcam" "$taken"
usbroute why "$webcam" | grep 'by rule device-046d-082d'
sim unplug rear-4; sim settle; sim plug rear-4 webcam; sim settle
until_so '[ -n "$(place 082d)" ]'; webcam=$(place 082d)
has "$webcam" "$taken"
# The same device again: its rule is replaced.
sed -i 's/^to = "windows"/ask = ["windows", "host"]/' "$rules"; reload
until_so 'usbroute answer | grep -F "$webcam "'
usbroute answer host --always
[ "$(grep -c '^.rule' "$rules")" = 1 ]; grep '^to = "host"$' "$rules"
stop
SCRIPT
}

@test "an answer for ever that another rule contradicts, or that cannot be kept" {
    inside --board "$board" <<'SCRIPT'
with_rules <<'RULES'
[rule.cameras]
match = { interface = "video" }
ask = ["windows", "host"]
RULES
rules=${USBROUTE_CONFIG%/*}/rules.toml
until_so 'usbroute answer | grep -F "$webcam "'
cp "$USBROUTE_CONFIG" kept.toml
usbroute plan answer windows | grep -F "$webcam"
usbroute answer windows --always --dry-run --json > plan.json
jq -r '.rule | "[rule.mine]\nmatch = { id = \"\(.id)\"" + (if .serial then ", serial = \"\(.serial)\"" else ", socket = \"\(.socket)\"" end) + " }\nto = \"host\""' \
    plan.json >> "$USBROUTE_CONFIG"
ends_with 6 usbroute answer windows --always
grep 'rules.toml:[0-9]' err; grep 'usbroute.toml:[0-9].*count the same' err
[ ! -e "$rules" ]
usbroute answer | grep -F "$webcam " # it is still open
cp kept.toml "$USBROUTE_CONFIG"
# What has more than rules is left as it is.
echo '[guest.other]
qmp = "/run/usbroute/other.qmp"' > "$rules"
ends_with 6 usbroute answer windows --always; grep 'has more than rules' err
rm "$rules"
# A place where nobody can write, whoever asks.
mkdir "$rules"
ends_with 5 usbroute answer windows --always > said
grep 'to = "windows"' out
has "$webcam" "$taken"
stop
SCRIPT
}

@test "an answer that is on trial writes no rule" {
    inside --board "$board" <<'SCRIPT'
with_rules <<'RULES'
[rule.cameras]
match = { interface = "video" }
ask = ["windows", "host"]
RULES
rules=${USBROUTE_CONFIG%/*}/rules.toml
until_so 'usbroute answer | grep -F "$webcam "'
usbroute move rear-1 --to windows --revert-after 60
ends_with 5 usbroute answer windows --always
grep 'the rule was not kept: the move is on trial' err; grep 'to = "windows"' out
has "$webcam" "$taken"
[ ! -e "$rules" ]
stop
SCRIPT
}

@test "the host's only keyboard is given by no answer without a yes" {
    inside --board "$board" <<'SCRIPT'
with_rules <<'RULES'
[rule.keyboards]
match = { id = "046d:c31c" }
ask = ["windows", "host"]
RULES
keyboard=$(place c31c)
until_so 'usbroute answer | grep -F "$keyboard "'
not grep usbfs <<< "$(drivers "$keyboard")"
ends_with 6 usbroute answer windows; grep 'only keyboard' err
usbroute answer | grep -F "$keyboard "
usbroute answer windows --yes
until_so 'grep usbfs <<< "$(drivers "$keyboard")"'
stop
SCRIPT
}
