#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# A guest's QEMU on the simulated board: its monitor, the devices that it takes, and what is left of it. USBROUTE_BIN names the
# directory with the programs.

setup() {
    load board
    preamble <<'SCRIPT'
monitor=$USBROUTE_SIM/run/windows.qmp
grep -q '^qmp = ' "$USBROUTE_CONFIG" || sed -i "s|^\[guest.windows\]|&\nqmp = \"$monitor\"|" "$USBROUTE_CONFIG"
# Lines of qemu_dialogue.py, after the negotiation.
qmp() {
    { echo '{"execute":"qmp_capabilities"}'; cat; } | python3 "$BATS_TEST_DIRNAME/qemu_dialogue.py" "$monitor" > said 2>&1 || { cat said; return 1; }
    cat said
}
add() { # ID PORT PROPERTIES
    printf '{"execute":"device_add","arguments":{"driver":"usb-host","id":"%s","bus":"xhci.0","port":"%s",%s}}\n' "$@"
}
del() { printf '{"execute":"device_del","arguments":{"id":"%s"}}\nevent DEVICE_DELETED\n' "$1"; }
driver() { basename "$(readlink "/sys/bus/usb/devices/$1/driver" || echo none)"; }
node() { printf '/dev/bus/usb/%03d/%03d' "$(cat "/sys/bus/usb/devices/$1/busnum")" "$(cat "/sys/bus/usb/devices/$1/devnum")"; }
sim guest start windows; sim settle
SCRIPT
}

@test "the monitor answers as QEMU 7.2 does, where that can be had without USB" {
    command -v qemu-system-x86_64 > /dev/null || skip "qemu-system-x86_64 is not installed"
    qemu-system-x86_64 --version | grep -q 'version 7\.2\.' || skip "this is not QEMU 7.2"
    cat > dialogue <<'QMP'
{"execute":"query-status"}
{"execute":"qmp_capabilities"}
{"execute":"qmp_capabilities"}
{"execute":"query-status","id":7}
{"execute":"query-status","arguments":{"a":1}}
{"execute":"nonsense","id":{"a":[1,"b"]}}
{"exec":"x"}
{"execute":"query-status" "x"}
[1]
{"execute":7}
{"arguments":{}}
{"execute":"query-status","arguments":7}
{"execute":"qom-list"}
{"execute":"qom-list","arguments":{"path":7}}
{"execute":"qom-list","arguments":{"path":"/machine/peripheral"}}
{"execute":"qom-list","arguments":{"path":"/machine/peripheral/nosuch"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"front-1","bus":"xhci.0","port":"1","hostbus":250,"hostport":"1"}}
{"execute":"qom-list","arguments":{"path":"/machine/peripheral"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1","property":"attached"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/xhci","property":"p2"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/xhci","property":"p3"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/xhci","property":"type"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/xhci/xhci.0","property":"child[0]"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1","property":"hostbus"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1","property":"hostport"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1","property":"hostaddr"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1","property":"hostdevice"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1","property":"port"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1","property":"type"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1","property":"guest-reset"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1","property":"nosuch"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/nosuch","property":"attached"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/front-1"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"front-1","bus":"xhci.0","port":"2","hostbus":250,"hostport":"1"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"a","bus":"xhci.0","port":"1","hostbus":250,"hostport":"1"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"a","bus":"xhci.0","port":"16","hostbus":250,"hostport":"1"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"b","bus":"xhci.0","hostbus":250,"hostaddr":99}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"b","bus":"nosuch.0","hostbus":250,"hostaddr":99}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"b","bus":"xhci.0","nosuch":3}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"9b","bus":"xhci.0","hostbus":250,"hostport":"1"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"b","bus":"xhci.0","hostdevice":"/dev/bus/usb/250/099"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"b","bus":"xhci.0","hostdevice":"/dev/fdset/7"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"c","bus":"xhci.0","port":"4","hostbus":"zz","hostport":"1"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"c","bus":"xhci.0","port":"4","hostbus":-3,"hostport":"1"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"c","bus":"xhci.0","port":"4","hostbus":"250","hostport":1}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/c","property":"hostbus"}}
{"execute":"device_add","arguments":{"id":"d"}}
{"execute":"device_add","arguments":{"driver":"nosuch","id":"d"}}
{"execute":"device_del","arguments":{"id":"nosuch"}}
{"execute":"device_del","arguments":{}}
{"execute":"device_del","arguments":{"id":"front-1"}}
event DEVICE_DELETED
{"execute":"device_add","arguments":{"driver":"usb-host","id":"front-1","bus":"xhci.0","port":"1","hostbus":250,"hostport":"1"}}
{"execute":"add-fd","arguments":{"fdset-id":7}}
fd /dev/null {"execute":"add-fd","arguments":{"fdset-id":7,"opaque":"front-1"}}
fd /dev/null {"execute":"add-fd","arguments":{"fdset-id":7}}
fd /dev/null {"execute":"add-fd"}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"e","bus":"xhci.0","hostdevice":"/dev/fdset/7"}}
{"execute":"remove-fd","arguments":{"fdset-id":9}}
{"execute":"remove-fd","arguments":{"fdset-id":7,"fd":3}}
{"execute":"remove-fd","arguments":{"fdset-id":7}}
{"execute":"remove-fd","arguments":{}}
{"execute":"device_add","arguments":{"driver":"qemu-xhci","id":"usbroute0","bus":"rp1","p2":15,"p3":15}}
{"execute":"device_add","arguments":{"driver":"qemu-xhci","id":"usbroute1"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"f","bus":"usbroute0.0","port":"16","hostbus":250,"hostport":"1"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"f","bus":"usbroute0.0","port":"15","hostbus":250,"hostport":"1"}}
{"execute":"qom-list","arguments":{"path":"/machine/peripheral-anon"}}
{"execute":"device_add","arguments":{"driver":"usb-host","bus":"xhci.0","hostbus":250,"hostport":"1"}}
{"execute":"qom-list","arguments":{"path":"/machine/peripheral-anon"}}
{"execute":"stop"}
event STOP
{"execute":"query-status"}
{"execute":"cont"}
event RESUME
{"execute":"query-status"}
{"execute":"quit","id":"bye"}
event SHUTDOWN
QMP
    inside <<'SCRIPT'
python3 "$BATS_TEST_DIRNAME/qemu_dialogue.py" "$monitor" < dialogue > ours
until_so '[ ! -e "$monitor" ]'
$outside qemu-system-x86_64 -machine q35 -nodefaults -display none -m 64 -device qemu-xhci,id=xhci,p2=15,p3=15 \
    -device pcie-root-port,id=rp1,chassis=1 -device pcie-root-port,id=rp2,chassis=2 -qmp unix:theirs.qmp,server=on,wait=off 2> /dev/null &
until_so 'listens theirs.qmp'
$outside python3 "$BATS_TEST_DIRNAME/qemu_dialogue.py" theirs.qmp < dialogue > theirs
wait
diff theirs ours
SCRIPT
}

@test "a device that is given by its address is the guest's until it is taken back, and the picture says so" {
    inside <<'SCRIPT'
mouse=$(grep -l c077 /sys/bus/usb/devices/*/idProduct | head -n 1); mouse=$(basename "${mouse%/idProduct}")
udevadm monitor --udev --subsystem-match=usb > events 2>&1 & events=$!
until_so 'ls "$USBROUTE_SIM"/listeners/* > /dev/null 2>&1'
{
    add mouse 1 "\"hostbus\":3,\"hostaddr\":$(cat "/sys/bus/usb/devices/$mouse/devnum")"
    echo '{"execute":"qom-get","arguments":{"path":"/machine/peripheral/mouse","property":"attached"}}'
} | qmp
grep '"return": true' said
[ "$(driver "$mouse:1.0")" = usbfs ]
sim show | grep "$mouse .*mouse (Logitech USB Optical Mouse), of guest windows"
wait_for "unbind .*$mouse:1.0 (usb)" events
not grep -q "bind .*$mouse:1.0" <(grep -v unbind events)
del mouse | qmp
until_so "[ \"\$(driver $mouse:1.0)\" = usbhid ]"
wait_for "^UDEV.* bind .*$mouse:1.0 (usb)" events
sim show > shown; not grep 'of guest' shown
kill $events
SCRIPT
}

@test "QEMU that quits gives back what it has, and one that is killed leaves it without drivers" {
    inside <<'SCRIPT'
give() { add keyboard 1 '"hostbus":3,"hostport":"3"' | qmp; [ "$(driver 3-3:1.0)" = usbfs ]; [ "$(driver 3-3:1.1)" = usbfs ]; }
give
sim guest quit windows; sim settle
[ "$(driver 3-3:1.0)" = usbhid ]
[ ! -e "$monitor" ]

sim guest start windows; sim settle
give
sim guest kill windows; sim settle
[ "$(driver 3-3:1.0)" = none ]
[ ! -e /sys/bus/usb/devices/3-3:1.0/driver ]
sim show | grep '3-3 .*keyboard (Logitech USB Keyboard), without driver'
echo 3-3:1.0 > /sys/bus/usb/drivers_probe
until_so '[ "$(driver 3-3:1.0)" = usbhid ]'
[ "$(driver 3-3:1.1)" = none ]
not sim guest kill windows 2> said; grep 'guest windows does not run' said
SCRIPT
}

@test "a filter waits for its port, loses what is pulled and takes what comes; an address keeps a ghost" {
    inside <<'SCRIPT'
{
    add later 1 '"hostbus":3,"hostport":"7"'
    echo '{"execute":"qom-get","arguments":{"path":"/machine/peripheral/later","property":"attached"}}'
} | qmp
grep '"return": false' said
sim plug rear-5 webcam; sim settle
until_so '[ "$(driver 3-7:1.0)" = usbfs ]'
sim unplug rear-5
echo 'false /machine/peripheral/later attached' | qmp
sim plug rear-5 serial; sim settle
echo 'true /machine/peripheral/later attached' | qmp
[ "$(driver 3-7:1.0)" = usbfs ]

# One look can be forced; a device that is pulled is "attached" for good to an object with its address.
sim unplug rear-1; sim plug rear-1 mouse as other; sim settle
add ghost 2 "\"hostbus\":3,\"hostaddr\":$(cat /sys/bus/usb/devices/3-3/devnum)" | qmp
sim unplug other; sim plug rear-1 mouse as third; sim settle
echo '{"execute":"qom-get","arguments":{"path":"/machine/peripheral/ghost","property":"attached"}}' | qmp
grep '"return": true' said
[ "$(driver 3-3:1.0)" = usbhid ]
del ghost | qmp
[ "$(driver 3-3:1.0)" = usbhid ]

sim plug front-2 hub; sim settle
add hub 3 '"hostbus":3,"hostport":"2"' | qmp
echo '{"execute":"qom-get","arguments":{"path":"/machine/peripheral/hub","property":"attached"}}' | qmp
grep '"return": false' said
add behind 4 '"hostbus":3,"hostport":"2.1"' | qmp
[ "$(driver 3-2.1:1.0)" = usbfs ]
SCRIPT
}

@test "a descriptor that is passed is of the device that was opened, and of no other" {
    inside <<'SCRIPT'
sim plug rear-5 webcam; sim settle
node=$(node 3-7)
qmp <<QMP
fd $node {"execute":"add-fd","arguments":{"fdset-id":7,"opaque":"rear-5"}}
{"execute":"device_add","arguments":{"driver":"usb-host","id":"rear-5","bus":"xhci.0","port":"1","hostdevice":"/dev/fdset/7"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/rear-5","property":"attached"}}
QMP
tail -n 1 said | grep '"return": true'
[ "$(driver 3-7:1.0)" = usbfs ]; [ "$(driver 3-7:1.3)" = usbfs ]
{ del rear-5; echo '{"execute":"remove-fd","arguments":{"fdset-id":7}}'; } | qmp
[ "$(driver 3-7:1.0)" = uvcvideo ]

mkfifo later
qmp < later & dialogue=$!
exec 4> later
echo "fd $node {\"execute\":\"add-fd\",\"arguments\":{\"fdset-id\":8}}" >&4
until_so "grep -qs fdset-id said"
sim unplug rear-5; sim plug rear-5 webcam; sim settle
echo '{"execute":"device_add","arguments":{"driver":"usb-host","id":"old","bus":"xhci.0","hostdevice":"/dev/fdset/8"}}' >&4
exec 4>&-
wait $dialogue
grep 'failed to open host usb device /dev/fdset/8' said
[ "$(driver 3-7:1.0)" = uvcvideo ]
SCRIPT
}

@test "the daemon knows the guest by its monitor, and that it is gone when it is killed" {
    inside <<'SCRIPT'
give_ehcis
start
wait_for 'guest windows has come' "$log"
usbroute move front-1 --to windows; sim settle
sim guest kill windows; sim settle
until_so 'usbroute status | grep -q "^front-1 *host"'
grep 'guest windows is gone' "$log"
stop
SCRIPT
}

@test "on a board without a mux a socket's device goes to a guest through its claimed port, and back" {
    inside --board "$USBROUTE_BIN/../machines/amd-a520m" <<'SCRIPT'
claimer() { python3 "$BATS_TEST_DIRNAME/usb_claimer.py" "$1"; }
mkfifo wishes; claimer /dev/bus/usb/003/001 < wishes > answers & claimer=$!
exec 5> wishes
echo 'claim 4' >&5
wait_for '^ok' answers
sim plug rear-4 webcam; sim settle
[ ! -e /sys/bus/usb/devices/3-4:1.0 ]
[ "$(echo 'configure 1' | claimer "$(node 3-4)")" = ok ]
add rear-4 1 '"hostbus":3,"hostport":"4"' | qmp
[ "$(driver 3-4:1.0)" = usbfs ]
usbroute --direct status | grep '^rear-4 *host .*C920'
sim show | grep '^rear-4 *3-4 .*webcam (HD Pro Webcam C920), of guest windows'
del rear-4 | qmp
[ "$(driver 3-4:1.0)" = none ]
exec 5>&-; wait $claimer
sim show > shown; not grep claimed shown
[ "$(echo 'connect 0' | claimer "$(node 3-4)")" = ok ]
[ "$(driver 3-4:1.0)" = uvcvideo ]
SCRIPT
}

@test "a guest without a monitor is not started, and what to write where is said" {
    inside <<'SCRIPT'
not sim guest start windows 2> said; grep 'guest windows runs already, as process' said
sim guest quit windows; sim settle
not sim guest start nobody 2> said; grep 'there is no guest nobody; the configuration has: windows' said
sed -i '/^qmp/d' "$USBROUTE_CONFIG"
not sim guest start windows 2> said; grep "qmp = \"$monitor\"" said
sed -i 's|^\[guest.windows\]|&\nqmp = "/tmp/elsewhere.qmp"|' "$USBROUTE_CONFIG"
not sim guest start windows 2> said; grep 'outside of the board' said
SCRIPT
}
