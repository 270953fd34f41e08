#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Claims of ports on the simulated board, by the real system calls: what comes into a claimed port, and how the host gets it
# back. USBROUTE_BIN names the directory with the programs.

setup() {
    load board
    preamble <<'SCRIPT'
devices=/sys/bus/usb/devices
hub=/dev/bus/usb/003/001
driver() { basename "$(readlink "$devices/$1/driver" || echo none)"; }
node() { printf '/dev/bus/usb/%03d/%03d' "$(cat "$devices/$1/busnum")" "$(cat "$devices/$1/devnum")"; }
# A claimer in the background, process $claimer; `ask LINE ANSWER`.
begin_claims() { # NODE
    rm -f wishes; mkfifo wishes
    : > answers
    python3 "$BATS_TEST_DIRNAME/usb_claimer.py" "$1" < wishes > answers 2>&1 & claimer=$!
    exec 5> wishes
    asked=0
}
ask() {
    echo "$1" >&5
    asked=$((asked + 1))
    until_so '[ "$(wc -l < answers)" -ge "$asked" ]'
    if [ "$(tail -n 1 answers)" != "$2" ]; then echo "$1: $(tail -n 1 answers)"; return 1; fi
}
asks_once() { # NODE LINE: the answer of a claimer that ends at once
    echo "$2" | python3 "$BATS_TEST_DIRNAME/usb_claimer.py" "$1"
}
SCRIPT
}

@test "the contract of nodes holds for the real system calls" {
    [ -x "$USBROUTE_BIN/clis" ] || skip "the unit tests are not built"
    inside <<'SCRIPT'
clis --gtest_filter='*UsbNodesContract*' > tests 2>&1 || { cat tests; exit 1; }
grep 'PASSED.* 14 tests' tests
SCRIPT
}

@test "what comes into a claimed port has its node and no driver, until it is configured and released" {
    inside <<'SCRIPT'
begin_claims "$hub"
ask 'claim 7' ok
[ "$(asks_once "$hub" 'claim 7')" = EBUSY ]
[ "$(asks_once "$hub" 'claim 99')" = EINVAL ]
[ "$(asks_once "$hub" 'release 7')" = ENOENT ]
sim plug rear-5 keyboard; sim settle
[ -z "$(cat $devices/3-7/bConfigurationValue)" ]
[ ! -e $devices/3-7:1.0 ]
sim show > shown
grep '3-7 .*keyboard-2 (Logitech USB Keyboard), not configured' shown
grep "port 7 of usb3 is claimed by process $claimer" shown

ask "open $(node 3-7)" ok
ask 'connect 0' EHOSTUNREACH
ask 'configure 5' EINVAL
ask 'configure 1' ok
[ "$(cat $devices/3-7/bConfigurationValue)" = 1 ]
[ "$(driver 3-7:1.0)" = none ]
ask 'connect 0' ok
echo 3-7:1.1 > /sys/bus/usb/drivers_probe
sim settle
[ "$(driver 3-7:1.0)" = none ]; [ "$(driver 3-7:1.1)" = none ]

# The claim is of the hub's node, which the claimer keeps open.
exec 5>&-
wait $claimer
until_so '[ "$(asks_once "$hub" "claim 7")" = ok ]'
[ "$(asks_once "$(node 3-7)" 'connect 0')" = ok ]
[ "$(driver 3-7:1.0)" = usbhid ]; [ "$(driver 3-7:1.1)" = none ]
[ -n "$(ls $devices/3-7:1.0/*/input)" ]
SCRIPT
}

@test "a claim ends when its claimer is killed, and what was there before keeps its drivers" {
    inside <<'SCRIPT'
begin_claims "$hub"
ask 'claim 3' ok
[ "$(driver 3-3:1.0)" = usbhid ]
kill -9 $claimer; wait $claimer || true
until_so '! sim show | grep -q "is claimed"'
sim unplug rear-1; sim plug rear-1 keyboard; sim settle
[ "$(driver 3-3:1.0)" = usbhid ]
SCRIPT
}

@test "a hub in a claimed port carries nothing until it is configured, and then its ports can be claimed" {
    # What is behind the hub arrives three seconds after its driver: its port is claimed before, however busy the machine is.
    inside --delay 3000 <<'SCRIPT'
begin_claims "$hub"
ask 'claim 7' ok
sim plug rear-5 hub; sim settle
[ "$(cat $devices/3-7/maxchild)" = 0 ]
[ ! -e $devices/3-7.1 ]
[ "$(asks_once "$(node 3-7)" 'claim 1')" = EINVAL ]
ask 'release 7' ok
ask "open $(node 3-7)" ok
ask 'configure 1' ok
ask 'claim 1' ok
[ "$(driver 3-7:1.0)" = hub ]
sim settle
[ "$(cat $devices/3-7/maxchild)" = 4 ]
[ -e $devices/3-7.1 ]; [ ! -e $devices/3-7.1:1.0 ]
[ "$(driver 3-7.3:1.0)" = ftdi_sio ]
SCRIPT
}

@test "events come in the kernel's order, and usbfs has none of its own" {
    inside <<'SCRIPT'
udevadm monitor --udev --subsystem-match=usb > events 2>&1 & events=$!
until_so 'ls "$USBROUTE_SIM"/listeners/* > /dev/null 2>&1'
told() { sed -n 's|^UDEV *\[[^]]*\] *\([a-z]*\) .*/\([^/]*\) (usb)$|\1 \2|p' events | tr '\n' ' '; }
begin_claims "$hub"
ask 'claim 7' ok
sim plug rear-5 keyboard; sim settle
until_so '[ "$(told)" = "add 3-7 bind 3-7 " ]'
ask "open $(node 3-7)" ok
ask 'configure 1' ok
until_so '[ "$(told)" = "add 3-7 bind 3-7 change 3-7 add 3-7:1.0 add 3-7:1.1 " ]'
kill $events
SCRIPT
}

@test "after sleep the host has what a guest had, unless the port is claimed" {
    inside <<'SCRIPT'
monitor=$USBROUTE_SIM/run/windows.qmp
sed -i "s|^\[guest.windows\]|&\nqmp = \"$monitor\"|" "$USBROUTE_CONFIG"
sim guest start windows; sim settle
give() { # ID PORT
    printf '{"execute":"qmp_capabilities"}\n{"execute":"device_add","arguments":{"driver":"usb-host","id":"%s","bus":"xhci.0","hostbus":3,"hostport":"%s"}}\n' "$@" |
        python3 "$BATS_TEST_DIRNAME/qemu_dialogue.py" "$monitor"
}
begin_claims "$hub"
ask 'claim 7' ok
sim plug rear-5 keyboard; sim settle
ask "open $(node 3-7)" ok
ask 'configure 1' ok
give free 3; give claimed 7
[ "$(driver 3-3:1.0)" = usbfs ]; [ "$(driver 3-7:1.0)" = usbfs ]

sim resume; sim settle

[ "$(driver 3-3:1.0)" = usbhid ]; [ "$(driver 3-7:1.0)" = none ]
printf '%s\n' '{"execute":"qmp_capabilities"}' 'true /machine/peripheral/free attached' 'true /machine/peripheral/claimed attached' |
    python3 "$BATS_TEST_DIRNAME/qemu_dialogue.py" "$monitor"
SCRIPT
}

@test "what connects to a node's socket and talks nonsense disturbs nobody" {
    inside <<'SCRIPT'
socket=$USBROUTE_SIM/ioctl$hub
head -c 100000 /dev/urandom | timeout 5 nc -N -U "$socket" > /dev/null || true
printf 'abc' | timeout 5 nc -N -U "$socket" > /dev/null || true
python3 - "$socket" <<'PYTHON'
import socket, struct, sys
for words in ((1, 0x80045518, 0), (1, 0x80045518, 4096), (7, 0, 0), (8, 0, 0), (2, 0, 0), (1, 0xffffffffffffffff, 1)):
    line = socket.socket(socket.AF_UNIX)
    line.connect(sys.argv[1])
    line.sendall(struct.pack("LLL", *words))
    line.settimeout(10)
    line.recv(1024)
    line.close()
PYTHON
begin_claims "$hub"
ask 'claim 7' ok
SCRIPT
}
