#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# A guest that libvirt runs: the real daemon on the simulated board, and a helper that plays libvirt and takes devices from the
# simulated kernel. USBROUTE_BIN names the directory with the programs.

setup() {
    load board
    board=$USBROUTE_BIN/../machines/amd-a520m
    preamble <<'SCRIPT'
spare=rear-2
export USBROUTE_LIBVIRT_DIR=$BATS_TEST_TMPDIR/lv
mkdir -p "$USBROUTE_LIBVIRT_DIR"
sed -i 's/^qmp = .*/libvirt = "win11"/' "$USBROUTE_CONFIG"
mkfifo orders
helper() { # has its domain's states from what `order` says
    python3 "$BATS_TEST_DIRNAME/libvirt_helper.py" "$USBROUTE_LIBVIRT_DIR/socket" < orders >> asked 2> helper.log 3>&- & helper=$!
    exec 7> orders
    until_so 'listens "$USBROUTE_LIBVIRT_DIR/socket"'
}
order() { printf '%s\n' "$*" >&7; }
helper_dies() {
    exec 7>&-
    kill "$helper" 2> /dev/null || true
    wait "$helper" 2> /dev/null || true
    rm -f "$USBROUTE_LIBVIRT_DIR/socket"
}
# A webcam in rear-4, a domain that runs, and the daemon.
with_a_webcam() {
    sim plug rear-4 webcam; sim settle
    helper
    order state win11 running
    start
    until_so 'usbroute status --json | jq -e "has(\"silent\") | not"'
    webcam=$(place 082d)
    at_home=$(drivers "$webcam")
    away=$(sed 's/[^ ]\+/usbfs/g' <<< "$at_home")
}
SCRIPT
}

@test "a webcam goes to a domain of libvirt's and comes home" {
    inside --board "$board" <<'SCRIPT'
with_a_webcam
usbroute plan move rear-4 --to windows > plan
grep -F "virsh -c qemu:///system attach-device 'win11' --live --file /dev/stdin" plan
usbroute move rear-4 --to windows
has "$webcam" "$away"
[ "$(owner rear-4)" = windows ]
usbroute status -v | grep 'rear-4: libvirt is asked for each device'
usbroute status --json | jq -e '.connectors[] | select(.name == "rear-4") | .given_by == "libvirt"'
usbroute why rear-4 | grep 'by libvirt'
usbroute undo
has "$webcam" "$at_home"
[ "$(owner rear-4)" = host ]
grep '^attach win11 ua-usbroute-' asked
grep '^detach win11 ua-usbroute-' asked
stop; helper_dies
SCRIPT
}

@test "what is plugged into a domain's socket is the domain's, also after its helper or the daemon was started anew" {
    inside --board "$board" <<'SCRIPT'
with_a_webcam
usbroute move rear-4 --to windows
for round in plug helper daemon; do
    sim unplug rear-4; sim settle
    until_so '[ -z "$(place 082d)" ]'
    if [ $round = helper ]; then
        helper_dies
        until_so 'usbroute status --json | jq -e ".silent[0].code == \"no-helper\""'
        helper
        order state win11 running
    fi
    if [ $round = daemon ]; then crash; start; fi
    sim plug rear-4 webcam; sim settle
    until_so '[ -n "$(place 082d)" ]'
    has "$(place 082d)" "$away"
done
stop; helper_dies
SCRIPT
}

@test "a domain that is shut off leaves everything to the host, and has it again when it runs" {
    inside --board "$board" <<'SCRIPT'
with_a_webcam
usbroute move rear-4 --to windows
has "$webcam" "$away"
order state win11 shut-off
has "$webcam" "$at_home"
until_so 'usbroute status | grep "windows does not run"'
order state win11 running
has "$webcam" "$away"
stop; helper_dies
SCRIPT
}

@test "doctor, config check and status say what is missing between usbrouted and the domain" {
    inside --board "$board" <<'SCRIPT'
code() { usbroute doctor --json | jq -r '.findings[] | select(.code | startswith("libvirt-")) | .code'; }
usbroute config check 2> said
grep -F 'no usbroute-libvirt listens for qemu:///system, so windows is given nothing; start it: sudo systemctl enable --now usbroute-libvirt.socket' said
[ "$(code)" = libvirt-no-helper ]
start
usbroute doctor > said || true
grep 'sudo systemctl enable --now usbroute-libvirt.socket' said
[ "$(code)" = libvirt-no-helper ]
helper
until_so '[ "$(code)" = libvirt-no-domain ]'
until_so 'usbroute status | grep "libvirt has no domain win11 at qemu:///system"'
order lose Connection refused
until_so '[ "$(code)" = libvirt-no-libvirt ]'
order state win11 running
order find
until_so '[ -z "$(code)" ]'
grep 'libvirt has no domain win11' "$log"
stop; helper_dies
SCRIPT
}

@test "a plug starts a domain that is off, and the domain has the device" {
    inside --board "$board" <<'SCRIPT'
sed -i 's/^libvirt = .*/&\non_plug = "start"/' "$USBROUTE_CONFIG"
helper
order state win11 shut-off
start
until_so 'usbroute status --json | jq -e "has(\"silent\") | not"'
watch_into events
usbroute move rear-4 --to windows
not grep '^start' asked
sim plug rear-4 webcam; sim settle
until_so '[ -n "$(place 082d)" ]'
has "$(place 082d)" 'usbfs usbfs usbfs usbfs'
[ "$(grep -c '^start win11' asked)" -eq 1 ]
wait_for 'windows was started by a plug into rear-4' events
usbroute status | grep 'windows was started by a plug into rear-4'
usbroute status --json | jq -e '.by_plug == [{"guest": "windows", "code": "started", "what": .by_plug[0].what}]'
# Shut off with the device plugged in, it stays off.
order state win11 shut-off
until_so 'usbroute status | grep "windows does not run"'
[ "$(grep -c '^start win11' asked)" -eq 1 ]
kill "$watcher"; stop; helper_dies
SCRIPT
}

@test "a loose cable does not start it without end, and a command has it count anew" {
    inside --board "$board" <<'SCRIPT'
sed -i 's/^libvirt = .*/&\non_plug = "start"/' "$USBROUTE_CONFIG"
helper
order state win11 shut-off
start
until_so 'usbroute status --json | jq -e "has(\"silent\") | not"'
usbroute move rear-4 --to windows
anew() {
    if [ -n "$(place 082d)" ]; then sim unplug rear-4; sim settle; fi
    until_so '[ -z "$(place 082d)" ]'
    order state win11 shut-off
    until_so 'usbroute status | grep "windows does not run"'
    sim plug rear-4 webcam; sim settle
    until_so '[ -n "$(place 082d)" ]'
}
for times in 1 2 3; do anew; until_so "[ \"\$(grep -c '^start win11' asked)\" -eq $times ]"; has "$(place 082d)" 'usbfs usbfs usbfs usbfs'; done
anew
until_so 'usbroute status | grep "windows is not started again by a plug: it was 3 times in 10 minutes"'
usbroute why rear-4 | grep 'is not started again by a plug'
usbroute doctor --json | jq -e '.findings[] | select(.code == "not-started-by-plug")'
[ "$(grep -c '^start win11' asked)" -eq 3 ]
usbroute move rear-4 --to windows
anew
has "$(place 082d)" 'usbfs usbfs usbfs usbfs'
stop; helper_dies
SCRIPT
}

@test "a plug has a paused domain go on; with on_plug = ask whoever watches is told what to type" {
    inside --board "$board" <<'SCRIPT'
sed -i 's/^libvirt = .*/&\non_plug = "resume"/' "$USBROUTE_CONFIG"
helper
order state win11 paused
start
until_so 'usbroute status --json | jq -e "has(\"silent\") | not"'
usbroute move rear-4 --to windows
sim plug rear-4 webcam; sim settle
until_so 'usbroute status | grep "windows was resumed by a plug into rear-4"'
grep '^resume win11' asked
sed -i 's/^on_plug = .*/on_plug = "ask"/' "$USBROUTE_CONFIG"
reload
order state win11 shut-off
sim unplug rear-4; sim settle
until_so 'usbroute status | grep "windows does not run"'
usbroute watch --exec 'printf "%s\n" "$USBROUTE_EVENT" >> wanted' > events & watcher=$!
until_so "sim plug $spare mouse; sees_all; sim unplug $spare; sees_all; grep -q ' $spare ' events"
sim plug rear-4 webcam; sim settle
wait_for "guest-wanted rear-4 windows .* windows does not run: virsh -c qemu:///system start 'win11'" wanted
not grep '^start' asked
kill "$watcher"; stop; helper_dies
SCRIPT
}
