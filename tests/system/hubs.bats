#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Sockets of hubs that have a name, what is expected in a socket, and places by device.function, on a simulated board without a mux.
# USBROUTE_BIN names the directory with the programs.

setup() {
    load board
    board=$USBROUTE_BIN/../machines/amd-a520m
    preamble <<'SCRIPT'
has_guest() { until_so "grep -q usbfs <<< \"\$(drivers $1)\""; } # PLACE: a guest has a part of it
missing() { usbroute status --json | jq -r ".connectors[] | select(.name == \"$1\") | .missing"; }
configure() { cat >> "$USBROUTE_CONFIG"; }
# The hub that comes with a gamepad in port 1 and a serial adapter in port 3.
a_desk='
[connector.desk-3]
usb = ["desk/3"]
[hub.desk]
id = "05e3:0608"'
SCRIPT
}

@test "a socket of a hub is the guest's wherever the hub is plugged in, and without the hub it says that it has no place" {
    inside --board "$board" <<'SCRIPT'
configure <<< "$a_desk"
sim guest start windows; sim settle
usbroute config check | grep 'ok: .* 1 hub'
usbroute config check 2>&1 | grep -F 'the hub desk (05e3:0608) is not plugged in: desk-3 has no place now'
start
[ "$(missing desk-3)" = 'the hub desk (05e3:0608) is not plugged in' ]
usbroute move desk-3 --to windows 2> said
grep -F 'the hub desk (05e3:0608) is not plugged in: nothing can be in desk-3 until it is' said
[ "$(owner desk-3)" = windows ]
sim plug rear-4 hub; sim settle
has 3-4.3 usbfs
not grep -q usbfs <<< "$(drivers 3-4.1)"
[ "$(missing desk-3)" = null ]
sim unplug rear-4; sim settle
until_so '[ "$(missing desk-3)" != null ]'
usbroute why desk-3 | grep 'no place now: the hub desk'
sim plug front-3 hub; sim settle
has 1-5.3 usbfs
usbroute undo
has 1-5.3 ftdi_sio
stop
SCRIPT
}

@test "what is in a socket of a hub does not go with the socket in which the hub is" {
    inside --board "$board" <<'SCRIPT'
configure <<< "$a_desk"
sim plug rear-4 hub; sim guest start windows; sim settle
start
usbroute move rear-4 --to windows
has_guest 3-4.1
[ "$(drivers 3-4.3)" = ftdi_sio ]
[ "$(owner desk-3)" = host ]
usbroute move desk-3 --to windows
has 3-4.3 usbfs
usbroute move rear-4 --to host
until_so 'not grep -q usbfs <<< "$(drivers 3-4.1)"'
[ "$(drivers 3-4.3)" = usbfs ]
stop
SCRIPT
}

@test "of two hubs of one model neither is meant, both places are said, and at tells them apart" {
    inside --board "$board" <<'SCRIPT'
configure <<< "$a_desk"
sim plug rear-4 hub; sim plug front-3 hub; sim guest start windows; sim settle
start
usbroute move desk-3 --to windows
missing desk-3 | grep -F 'could be the hub at 1-5 and 3-4, so neither is'
[ "$(drivers 3-4.3)" = ftdi_sio ]
configure <<< 'at = "00:08.1/00.3 4"'
reload
has 3-4.3 usbfs
[ "$(drivers 1-5.3)" = ftdi_sio ]
stop
SCRIPT
}

@test "only what is expected goes to the guest, by a command and by a plug" {
    inside --board "$board" <<'SCRIPT'
sed -i '/^\[connector.rear-4\]/a expect = "0403:6001"' "$USBROUTE_CONFIG"
sim plug rear-4 webcam; sim guest start windows; sim settle
start
at_home=$(drivers 3-4)
ends_with 6 usbroute move rear-4 --to windows --yes
grep -F 'rear-4 holds' err; grep -F '0403:6001 is expected there' err
ends_with 6 usbroute move rear-4 --to windows --json
[ "$(jq -r .code err)" = not-expected ]
sim unplug rear-4; sim settle
usbroute move rear-4 --to windows
sim plug rear-4 webcam; sim settle
wait_for '0403:6001 is expected there' "$log"
has 3-4 "$at_home"
sim unplug rear-4; sim plug rear-4 serial; sim settle
has 3-4 usbfs
stop
SCRIPT
}

@test "a place by device.function is the place that its address names, and config check finds it in both forms" {
    inside --board "$board" <<'SCRIPT'
sed -i 's|"0000:30:00.3/4", "0000:30:00.3/ss4"|"00:08.1/00.3 4", "00:08.1/00.3 ss4"|' "$USBROUTE_CONFIG"
sim plug rear-4 webcam; sim guest start windows; sim settle
usbroute config show | grep -F 'usb = ["00:08.1/00.3 4", "00:08.1/00.3 ss4"]'
start
usbroute move rear-4 --to windows
has 3-4 'usbfs usbfs usbfs usbfs'
crash
start
[ "$(owner rear-4)" = windows ]
usbroute undo
stop
configure <<< '[connector.again]
usb = ["0000:30:00.3/4"]'
ends_with 1 usbroute config check
grep -F 'already belongs to rear-4' err
SCRIPT
}
