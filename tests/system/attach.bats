#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Sockets of a board without a mux: the real daemon claims ports of the simulated kernel and gives devices to a simulated
# guest's QEMU. USBROUTE_BIN names the directory with the programs.

setup() {
    load board
    board=$USBROUTE_BIN/../machines/amd-a520m
    preamble <<'SCRIPT'
spare=rear-2
# A webcam in rear-4, a guest that runs, and the daemon.
with_a_webcam() {
    sim plug rear-4 webcam; sim guest start windows; sim settle
    start
    webcam=$(place 082d)
    at_home=$(drivers "$webcam")
    away=$(sed 's/[^ ]\+/usbfs/g' <<< "$at_home")
}
SCRIPT
}

@test "a webcam goes to the guest and comes home, by the same words as with a mux" {
    inside --board "$board" <<'SCRIPT'
with_a_webcam
usbroute move rear-4 --to windows
has "$webcam" "$away"
[ "$(owner rear-4)" = windows ]
usbroute undo
has "$webcam" "$at_home"
[ "$(owner rear-4)" = host ]
stop
SCRIPT
}

@test "doctor names the next step until a guest has a device, and each leads to the next" {
    inside --board "$board" <<'SCRIPT'
next() { usbroute doctor --json | jq -r .next_step; }
usbroute doctor > said
grep 'can move USB sockets between host and guests' said
cp "$USBROUTE_CONFIG" with-all
sed -i '/^qmp = /d' "$USBROUTE_CONFIG"
next | grep -F 'write qmp = "/run/usbroute/windows.qmp" into [guest.windows]'
sed -i '/^\[connector/,/^$/d; /^\[profile.desk/,/^$/d; s/, "desk-in-windows"//' "$USBROUTE_CONFIG"
next | grep 'usbroute map'
cp with-all "$USBROUTE_CONFIG"
next | grep 'sudo usbrouted'
sim guest start windows; sim settle
start
move=$(next)
[[ "$move" == "usbroute move "*" --to windows" ]]
$move
[ "$(owner "$(cut -d ' ' -f 3 <<< "$move")")" = windows ]
again=$(next)
[[ "$again" == "usbroute move "*" --to windows" && "$again" != "$move" ]]
stop
SCRIPT
}

@test "what is plugged into a guest's socket is the guest's, and is again after the next plug" {
    inside --board "$board" <<'SCRIPT'
sim guest start windows; sim settle
start
watch_into watch
usbroute move rear-4 --to windows 2> said
wait_for 'moved windows=rear-4' watch
for round in 1 2; do
    sim plug rear-4 webcam; sim settle
    until_so '[ -n "$(place 082d)" ]'
    has "$(place 082d)" 'usbfs usbfs usbfs usbfs'
    until_so "[ \$(grep -c 'given rear-4 windows HD Pro Webcam C920' watch) = $round ]"
    sim unplug rear-4; sim settle
    until_so '[ -z "$(place 082d)" ]'
done
kill $watcher
usbroute status | grep '^rear-4 *windows *-$'
stop
SCRIPT
}

@test "a guest that ends, or is killed, leaves everything to the host, and has it again when it is back" {
    inside --board "$board" <<'SCRIPT'
with_a_webcam
usbroute move rear-4 --to windows
has "$webcam" "$away"
for way in quit kill; do
    sim guest $way windows; sim settle
    has "$webcam" "$at_home"
    [ "$(owner rear-4)" = windows ]
    sim guest start windows; sim settle
    has "$webcam" "$away"
done
# What settles by itself in a moment is no warning.
[ "$(grep -c 'no connection' "$log" || true)" = 0 ]
stop
SCRIPT
}

@test "a daemon that was killed is followed by one that finds all in order, and deletes what has no device" {
    inside --board "$board" <<'SCRIPT'
with_a_webcam
usbroute move rear-4 --to windows
has "$webcam" "$away"
crash
start
until_so 'usbroute --socket "$USBROUTE_SOCKET" status --json | jq -e ".connectors[] | select(.name == \"rear-4\" and .owner == \"windows\")"'
[ "$(drivers "$webcam")" = "$away" ]
# Pulled out while no daemon ran: the object is a ghost, and the next device has the same place.
crash
sim unplug rear-4; sim plug rear-4 serial; sim settle
serial=$(place 6001)
[ "$serial" = "$webcam" ]
start
has "$serial" usbfs
usbroute move rear-4 --to host
has "$serial" ftdi_sio
stop
SCRIPT
}

@test "the host's only keyboard stays when it is plugged into a guest's socket, and goes when another one comes" {
    inside --board "$board" <<'SCRIPT'
sim guest start windows; sim settle
start
ends_with 6 usbroute move rear-1 --to windows; grep "rear-1 holds the host's only keyboard" err
usbroute move rear-4 --to windows
sim unplug rear-1; sim settle
sim plug rear-4 keyboard; sim settle
until_so '[ -n "$(place c31c)" ]'
has "$(place c31c)" 'usbhid usbhid'
wait_for 'stays with the host, which has no other keyboard' "$log"
sim plug rear-1 keyboard; sim settle
has 3-4 'usbfs usbfs'
stop
SCRIPT
}

@test "a disk that the host uses is never given by itself, and goes when it is asked for" {
    inside --board "$board" <<'SCRIPT'
sim plug rear-4 disk; sim settle
disk=$(basename "$(readlink -f /sys/block/sdc)")
sim mount "${disk}1" /mnt/stick
start
ends_with 6 usbroute move rear-4 --to windows; grep "rear-4 holds disk $disk, which the host uses" err
sim umount /mnt/stick
usbroute move rear-4 --to windows
[ "$(drivers 3-4)" = usb-storage ] # windows does not run
sim mount "${disk}1" /mnt/stick
sim guest start windows; sim settle
wait_for "disk $disk stays with the host, which uses it" "$log"
[ "$(drivers 3-4)" = usb-storage ]
sim umount /mnt/stick
usbroute move rear-4 --to windows
has 3-4 usbfs
stop
SCRIPT
}

@test "what is behind a hub goes, and the hub stays" {
    inside --board "$board" <<'SCRIPT'
sim guest start windows; sim settle
start
usbroute move rear-4 --to windows
sim plug rear-4 hub; sim settle
has 3-4 hub
sim plug rear-4.2 webcam; sim settle
has 3-4.2 'usbfs usbfs usbfs usbfs'
[ "$(drivers 3-4)" = hub ]
usbroute move rear-4 --to host
until_so '[ "$(drivers 3-4.2)" != "usbfs usbfs usbfs usbfs" ]'
not grep -q usbfs <<< "$(drivers 3-4.2)"
stop
SCRIPT
}

@test "a trial that nobody confirms brings the devices home" {
    inside --board "$board" <<'SCRIPT'
with_a_webcam
usbroute move rear-4 --to windows --revert-after 1s
wait_for 'trial reverted' "$log"
has "$webcam" "$at_home"
[ "$(owner rear-4)" = host ]
stop
SCRIPT
}

@test "a device that the host's driver has taken back in its sleep is given again" {
    inside --board "$board" <<'SCRIPT'
with_a_webcam
usbroute move rear-4 --to windows
has "$webcam" 'usbfs usbfs usbfs usbfs'
sim resume; sim settle
sleep 0.1
has "$webcam" 'usbfs usbfs usbfs usbfs'
stop
SCRIPT
}

@test "from one guest to another, each device is with one of them" {
    inside --board "$board" <<'SCRIPT'
printf '[guest.bsd]\ncontrollers = ["0000:02:00.0"]\nqmp = "%s/run/bsd.qmp"\n' "$USBROUTE_SIM" >> "$USBROUTE_CONFIG"
sim plug rear-4 webcam; sim guest start windows; sim guest start bsd; sim settle
start
webcam=$(place 082d)
usbroute move rear-4 --to windows
has "$webcam" 'usbfs usbfs usbfs usbfs'
usbroute move rear-4 --to bsd
[ "$(owner rear-4)" = bsd ]
has "$webcam" 'usbfs usbfs usbfs usbfs'
sim guest quit windows; sim settle
has "$webcam" 'usbfs usbfs usbfs usbfs'
stop
SCRIPT
}

@test "what is parked is nobody's, and comes home" {
    inside --board "$board" <<'SCRIPT'
sim plug rear-4 webcam; sim settle
start
webcam=$(place 082d)
before=$(drivers "$webcam")
usbroute move rear-4 --to none
has "$webcam" "$(sed 's/[^ ]\+/none/g' <<< "$before")"
usbroute status | grep '^rear-4 *nobody'
sim unplug rear-4; sim plug rear-4 webcam; sim settle
until_so '[ -n "$(place 082d)" ]'
sleep 0.2
[ -z "$(drivers "$(place 082d)")" ]
usbroute move rear-4 --to host
has "$(place 082d)" "$before"
stop
SCRIPT
}

@test "a guest whose sockets are reserved leaves them to nobody" {
    inside --board "$board" <<'SCRIPT'
sed -i 's/^when_off = .*/when_off = "reserve"/' "$USBROUTE_CONFIG"
sim plug rear-4 webcam; sim guest start windows; sim settle
start
usbroute move rear-4 --to windows
webcam=$(place 082d)
has "$webcam" 'usbfs usbfs usbfs usbfs'
sim guest kill windows; sim settle
has "$webcam" 'none none none none'
sleep 0.7
[ "$(drivers "$webcam")" = 'none none none none' ]
sim guest start windows; sim settle
has "$webcam" 'usbfs usbfs usbfs usbfs'
stop
SCRIPT
}

@test "toggle has the desk in the guest and back, with one word" {
    inside --board "$board" <<'SCRIPT'
sim guest start windows; sim settle
start
control toggle | grep '^ok desk-in-windows windows=rear-1,rear-2'
has "$(place c31c)" 'usbfs usbfs'
control toggle | grep '^ok all-host'
has "$(place c31c)" 'usbhid usbhid'
usbroute plan toggle > plan; cat plan
grep -F '"execute":"device_add"' plan
stop
SCRIPT
}

@test "a daemon that was killed in the middle of a move is followed by one that has all as before" {
    inside --board "$board" <<'SCRIPT'
with_a_webcam
usbroute move rear-4 --to windows
has "$webcam" 'usbfs usbfs usbfs usbfs'
usbroute undo
has "$webcam" "$at_home"
crash
# The journal of one that was killed right before it wrote that the move had ended.
grep '^begin' "$USBROUTE_STATE_DIR/journal" | head -n 1 >> "$USBROUTE_STATE_DIR/journal"
start
wait_for '"move rear-4 to windows" was interrupted: its sockets are for whom they were before' "$log"
[ "$(owner rear-4)" = host ]
has "$webcam" "$at_home"
usbroute move rear-4 --to windows
has "$webcam" 'usbfs usbfs usbfs usbfs'
stop
SCRIPT
}

@test "the nodes that claim ports are left with the service manager before it is told that the daemon is ready" {
    inside --board "$board" <<'SCRIPT'
python3 "$BATS_TEST_DIRNAME/service_side.py" kept "$PWD/left" usbrouted >> "$log" 2>&1 < /dev/null & manager=$!
until_so answers
wait_for ready left
[ "$(grep -c '^usbroute-hub 1$' left)" -ge 2 ] # two buses at the least
[ "$(tail -n 1 left)" = ready ]
usbroute move rear-4 --to windows 2> said # nothing is claimed for a guest that is off
sim guest start windows; sim settle
until_so "sim show | grep 'is claimed by process'"
kill "$manager"
wait "$manager"
not grep 'is claimed by process' <(sim show) # nobody has kept a copy
SCRIPT
}

@test "status and why say what a guest's socket waits for" {
    inside --board "$board" <<'SCRIPT'
wait_of() { usbroute status --json | jq -r ".connectors[] | select(.name == \"$1\") | .waits // [] | map(.code) | join(\" \")"; }
start
usbroute move rear-4 --to windows 2> said
[ "$(wait_of rear-4)" = guest-off ]
[ -z "$(wait_of rear-3)" ]
usbroute status > shown
grep "^waits: rear-4: windows does not run: what is plugged in is the host's until it does" shown
sim guest start windows; sim plug rear-4 webcam; sim settle
webcam=$(place 082d)
has "$webcam" 'usbfs usbfs usbfs usbfs'
until_so '[ -z "$(wait_of rear-4)" ]'
[ "$(usbroute status --json | jq -r '.connectors[] | select(.name == "rear-4") | .given_by')" = descriptor ]
usbroute status -v | grep '^given: rear-4: usbrouted opens the device and passes it on'
# By the place of a device, too.
[ "$(usbroute why "$webcam" --json | jq -r .connector.name)" = rear-4 ]
stop
SCRIPT
}

@test "without the right to open a node QEMU opens it, from the first move on" {
    inside --board "$board" <<'SCRIPT'
sim plug rear-4 webcam; sim guest start windows; sim settle
chmod 1777 "$USBROUTE_SIM"; chmod -R a+rX "$USBROUTE_SIM"; chmod 666 "$USBROUTE_SIM/run/windows.qmp"
chown -R nobody "$USBROUTE_STATE_DIR" "$USBROUTE_LASTING_DIR"
start --user nobody
webcam=$(place 082d)
wait_for 'guest windows has come' "$log"
usbroute move rear-4 --to windows
has "$webcam" 'usbfs usbfs usbfs usbfs'
grep 'QEMU has to open .* itself' "$log"
usbroute status | grep 'given: rear-4: usbrouted may not open a device node there: QEMU looks at the port itself, which takes up to 2 s'
usbroute why rear-4 | grep 'QEMU looks at the port itself'
[ "$(usbroute status --json | jq -r '.connectors[] | select(.name == "rear-4") | .given_by')" = place ]
[ "$(usbroute status --json | jq -r '.connectors[] | select(.name == "rear-3") | .given_by')" = null ]
usbroute undo
has "$webcam" 'uvcvideo uvcvideo snd-usb-audio snd-usb-audio'
stop
SCRIPT
}

@test "nothing is given through a monitor whose place is anybody's" {
    inside --board "$board" <<'SCRIPT'
mkdir "$USBROUTE_SIM/open"; chmod 1777 "$USBROUTE_SIM/open"
sed -i 's|^qmp = .*|qmp = "'"$USBROUTE_SIM"'/open/windows.qmp"|' "$USBROUTE_CONFIG"
with_a_webcam
wait_for 'any user of this machine can make .*/open/windows.qmp, so no device is given through it' "$log"
usbroute move rear-4 --to windows 2> said; cat said
[ "$(drivers "$webcam")" = "$at_home" ]
stop
SCRIPT
}

@test "a plug has a paused QEMU go on, and nothing else does" {
    inside --board "$board" <<'SCRIPT'
sed -i 's/^qmp = .*/&\non_plug = "resume"/' "$USBROUTE_CONFIG"
monitor=$(sed -n 's/^qmp = "\(.*\)"/\1/p' "$USBROUTE_CONFIG")
says() { printf '{"execute":"qmp_capabilities"}\n%s\n' "$1" | python3 "$BATS_TEST_DIRNAME/qemu_dialogue.py" "$monitor"; }
sim guest start windows; sim settle
says '{"execute":"stop"}'
start
usbroute move rear-4 rear-2 --to windows
until_so 'usbroute status --json | jq -e "[.connectors[].waits // [] | length] | add == 0"'
usbroute status --json | jq -e 'has("by_plug") | not'
sim plug rear-4 webcam; sim settle
until_so 'usbroute status | grep "windows was resumed by a plug into rear-4"'
until_so '[ -n "$(place 082d)" ]'
has "$(place 082d)" 'usbfs usbfs usbfs usbfs'
crash
says '{"execute":"query-status"}' | grep '"status": "running"'
SCRIPT
}
