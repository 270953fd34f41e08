#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# The real daemon and command line inside the simulated board: real libudev, real sysfs paths, devices that move
# when the register is written. USBROUTE_BIN names the directory with the programs.

setup() {
    load board
    preamble <<< start
}

@test "the demo of make run moves a keyboard and a mouse there and back" {
    run usbroute-sim -- "$BATS_TEST_DIRNAME/../../tools/demo"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"ok desk-on-ehci ehci=rear-1,rear-2"* ]]
    [[ "$output" == *"rear-1: Logitech USB Keyboard arrives at 2-1.3 (EHCI #1)"* ]]
    [[ "$output" == *"rear-1: Logitech USB Keyboard arrives at 3-3 (xHCI)"* ]]
}

@test "the demo on a board without a mux gives a keyboard and a mouse to a guest and takes them back" {
    run usbroute-sim --board "$USBROUTE_BIN/../machines/amd-a520m" -- "$BATS_TEST_DIRNAME/../../tools/demo"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *'"execute":"device_add"'* ]]
    [[ "$output" == *"profile desk-in-windows"* ]]
    [[ "$output" == *"profile all-host"* ]]
}

@test "the examples of the help work as they stand there" {
    # Each line of it that begins a board of its own; from inside are the others.
    run usbroute-sim --help
    mapfile -t examples < <(grep -oE '^  usbroute-sim -d [^ ]+( [^ ]+)*' <<< "$output" | grep -v ' do ')
    [ "${#examples[@]}" -eq 1 ]
    read -ra words <<< "${examples[0]}"
    run "${words[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"profile all-host"* ]]
}

@test "a program that has the screen to itself is not written over, and r and Ctrl-L draw it anew" {
    export LC_ALL=C.UTF-8 TERM=xterm-256color SHELL=/bin/bash
    unset NO_COLOR TMUX
    tmux() { command tmux -L "sim-$$" -f /dev/null "$@"; }
    shown() { tmux capture-pane -p | grep -qF -e "$1"; }
    tmux new-session -d -x 80 -y 24 usbroute-sim
    until_so "shown 'exit ends the board'"
    tmux send-keys 'usbroute live' Enter
    until_so "shown '╔H rear-1'"
    tmux send-keys t
    until_so "shown 'Mouse (046d:c077) is at 2-1.4 now'"
    not shown 'leaves 3-3'
    not shown 'XUSB2PR'
    # Somebody else does write there.
    for key in r C-l; do
        printf '\033[Hsomething else' > "$(tmux display-message -p '#{pane_tty}')"
        until_so "shown 'something else'"
        tmux send-keys "$key"
        until_so "! shown 'something else'"
    done
    # At the prompt of the shell the board speaks again.
    tmux send-keys q
    until_so "! shown '╔H rear-1'"
    tmux send-keys 'usbroute toggle' Enter
    until_so "shown XUSB2PR"
    tmux kill-server
}

@test "a move is seen by sysfs, by status, and by whoever watches" {
    inside <<'SCRIPT'
watch_into watch
usbroute move rear-1 --to ehci
sim settle
[ "$(keyboard)" = 2-1.3 ]
usbroute status | grep '^rear-1 *host *EHCI *Logitech USB Keyboard'
wait_for 'verdict rear-1 confirmed' watch
grep 'moved ehci=rear-1' watch
kill $watcher
stop
SCRIPT
}

@test "a stick that is pulled and another that is plugged are known without asking twice" {
    inside <<'SCRIPT'
sim unplug rear-4; sim settle
usbroute status | grep '^rear-4 .*-$'
sim plug rear-4 webcam; sim settle
usbroute status | grep '^rear-4 *host *xHCI .*C920'
stop
SCRIPT
}

@test "a mounted disk stays, and goes when it is unmounted" {
    inside <<'SCRIPT'
sim mount sdb1 /mnt/stick
ends_with 6 usbroute move rear-4 --to ehci
usbroute status | grep '^rear-4 *host *xHCI.*/mnt/stick'
sim umount /mnt/stick
usbroute move rear-4 --to ehci; sim settle
stop
SCRIPT
}

@test "what was in a socket before a guest got it is said, and not when it is seen again" {
    inside <<'SCRIPT'
give_ehcis
usbroute apply desk-in-windows
sim settle
until_so "usbroute status | grep -q 'rear-1 .*windows .*last seen: Logitech USB Keyboard'"
usbroute why rear-1 | grep -q '^last seen there, before windows got it: Logitech USB Keyboard'
usbroute status --json | grep -q '"last_seen":"Logitech USB Optical Mouse"'
usbroute picture | grep -q 'last seen: '
usbroute apply all-host
sim settle
until_so "usbroute status | grep -q 'rear-1 .*host .*Logitech USB Keyboard'"
not grep -q last_seen <(usbroute status --json)
stop
SCRIPT
}

@test "a guest gets what it was given, and never the last keyboard" {
    inside <<'SCRIPT'
give_ehcis
usbroute move front-1 --to windows; sim settle
usbroute status | grep '^front-1 *windows *EHCI *last seen: Plantronics'
ends_with 6 usbroute move rear-1 --to windows; grep "the host's only keyboard" err
[ "$(keyboard)" = 3-3 ]
usbroute move rear-1 --to windows --yes; sim settle
[ -z "$(keyboard)" ]
usbroute move rear-1 --to host; sim settle
[ "$(keyboard)" = 3-3 ]
stop
SCRIPT
}

@test "a headset and a webcam have keys and are no keyboards; a second keyboard lets the first one go" {
    inside <<'SCRIPT'
sim driver 0000:00:1d.0 vfio-pci; sim driver 0000:00:1a.0 vfio-pci
sim plug rear-3 webcam; sim settle
ends_with 6 usbroute move rear-1 --to windows
grep 'Plantronics .Audio 628 USB (047f:c012) (only media keys, no letters)' err
grep "C920 (046d:082d) (only a camera's button)" err
sim unplug rear-2; sim plug rear-2 keyboard; sim settle
usbroute move rear-1 --to windows; sim settle
ends_with 6 usbroute move rear-2 --to windows; grep "rear-2 holds the host's only keyboard" err
stop
SCRIPT
}

@test "after sleep the wires come back, and undo still takes the move back" {
    inside <<'SCRIPT'
usbroute move rear-1 --to ehci; sim settle
sim resume
wait_for 'XUSB2PR was written by somebody else: 0x3ffb -> 0x3fff' "$log"
wait_for 'restore the routes: XUSB2PR 0x3fff -> 0x3ffb' "$log"
sim settle
[ "$(keyboard)" = 2-1.3 ]
usbroute status | grep '^rear-1 *host *EHCI'
usbroute undo; sim settle
[ "$(keyboard)" = 3-3 ]
stop
SCRIPT
}

@test "after sleep a daemon that shall only report leaves the wires where they are" {
    inside <<'SCRIPT'
printf '[routes]\non_drift = "report"\n' >> "$USBROUTE_CONFIG"
reload
usbroute move rear-1 --to ehci; sim settle
sim resume; sim settle
usbroute status | grep '^rear-1 *host *xHCI'
wait_for 'XUSB2PR was written by somebody else: 0x3ffb -> 0x3fff' "$log"
ends_with 6 usbroute undo
not grep 'restore the routes' "$log"
stop
SCRIPT
}

@test "the xHCI may leave the bus and come back" {
    inside <<'SCRIPT'
sim remove 0000:00:14.0; sim settle
ends_with 6 usbroute toggle; grep 'no xHCI controller' err
sim rescan; sim settle
usbroute toggle; sim settle
[ "$(keyboard)" = 2-1.3 ]
stop
SCRIPT
}

@test "hostile device strings reach no terminal and no watcher" {
    inside <<'SCRIPT'
watch_into watch
sim plug internal-2 hostile; sim settle
wait_for 'arrived internal-2' watch
{ usbroute status -v; usbroute --json status; usbroute plan move internal-2 --to ehci; cat watch "$log"; } > all
grep dead:beef all
not env LC_ALL=C grep -P '[\x00-\x08\x0b-\x1f\x7f\xff]' all
not grep '^ok all-host' all
kill $watcher
stop
SCRIPT
}

@test "a device that vanishes while it moves is said and changes nothing else" {
    inside <<'SCRIPT'
watch_into watch
sim unplug rear-1 &
usbroute move rear-1 --to ehci
wait $!
wait_for 'verdict rear-1' watch
not grep 'verdict rear-1 confirmed' watch
[ "$(setpci -s 00:14.0 d0.l)" = 00003ffb ]
usbroute status | grep '^rear-1 *host *EHCI *-'
kill $watcher
stop
SCRIPT
}

@test "killed at any moment of two hundred toggles the daemon finds its way on" {
    inside <<'SCRIPT'
for round in 1 2 3 4 5; do
    (for _ in $(seq 40); do printf 'toggle\n' | timeout 2 nc -N -U "$USBROUTE_SOCKET" > /dev/null 2>&1 || exit 0; done) & toggles=$!
    sleep "0.0$round"
    kill -9 "$daemon"; wait "$daemon" || :
    wait $toggles
    start
    value=$(setpci -s 00:14.0 d0.l)
    [ "$value" = 00003fff ] || [ "$value" = 00003ff3 ]
done
usbroute apply all-host; sim settle
[ "$(keyboard)" = 3-3 ]
stop
SCRIPT
}

@test "the command line works alone as well as through the daemon" {
    inside <<'SCRIPT'
usbroute --direct move rear-1 --to ehci; sim settle
[ "$(keyboard)" = 2-1.3 ]
usbroute status | grep '^rear-1 *host *EHCI'
usbroute undo; sim settle
[ "$(keyboard)" = 3-3 ]
stop
usbroute --direct toggle; sim settle
[ "$(keyboard)" = 2-1.3 ]
SCRIPT
}

@test "from an empty configuration to toggle: doctor, fourteen sockets named with fewer than forty keys, a profile" {
    preamble < /dev/null
    inside <<'SCRIPT'
: > empty.toml
usbroute doctor --config empty.toml
settings=$PWD/etc/usbroute.toml
"$BATS_TEST_DIRNAME/person.py" "$settings"
[ "$(grep -c '^mux_bit' etc/connectors.toml)" -eq 14 ]
[ "$(grep -c '^superspeed' etc/connectors.toml)" -eq 6 ]

cat > "$settings" <<'TOML'
[profile.all-host]
[profile.desk]
ehci = ["front-1", "rear-1"]
TOML
usbroute config check --config "$settings"
start --config "$settings"
usbroute toggle
[ "$(setpci -s 00:14.0 d0.l)" = 00003efd ] # bits 1 and 8: front-2 and rear-3 of the board
usbroute toggle
[ "$(setpci -s 00:14.0 d0.l)" = 00003fff ]
stop
SCRIPT
}

@test "map takes answers from a pipe, and tells its story as JSON" {
    inside <<'SCRIPT'
mkfifo answers
usbroute map --json --config etc/usbroute.toml < answers > story &
map=$!
exec 3> answers
wait_for '"event":"note"' story
sim plug rear-3 disk as stick
wait_for '"event":"question"' story
echo usb-key rear 2 1 >&3
wait_for '"event":"named","connector":"usb-key"' story
echo 'done' >&3
exec 3>&-
wait "$map"
grep -q '"bit":"8","side":"xhci"' story
grep -q 'mux_bit = 8' etc/connectors.toml
not grep -qv '^{.*}$' story
SCRIPT
}

@test "map says before the first question when names cannot be kept, and keeps them at Ctrl-C" {
    inside <<'SCRIPT'
usbroute map --config /proc/usbroute.toml < /dev/null > out 2>&1 && exit 1
grep -q 'cannot write /proc/connectors.toml' out
usbroute map --config no/such/usbroute.toml < /dev/null > out 2>&1 && exit 1
grep -q 'run it as root, or use --config' out
not test -e no
mkfifo answers
usbroute map --config ./usbroute.toml < answers > story 2>&1 &
map=$!
exec 3> answers
wait_for 'done>' story
sim plug rear-5 disk
wait_for 'name?' story
echo dac >&3
wait_for 'dac it is' story
kill -TERM "$map"
wait "$map"
grep -q 'saved in' story
grep -q 'connector.dac' connectors.toml
SCRIPT
}

@test "doctor finds the board fit and the register writable, and a recording of it answers alike" {
    inside <<'SCRIPT'
found() { usbroute doctor --try-write --json | jq -e --arg code "$1" 'any(.findings[]; .code == $code)' > /dev/null; }
usbroute doctor --json | jq -e '.works and .mux.family == "9-series" and .mux.state == "ready"' > /dev/null
found write-took
found daemon-running
record=$PWD/recorded
usbroute record "$record" > /dev/null
usbroute status --json | jq -S .connectors > "$record/live.json"
usbroute --root "$record" status --json | jq -S .connectors | cmp - "$record/live.json"

# what changes on the board changes the diagnosis
sim remove 0000:00:1a.0
found ehci-partly-hidden
sim remove 0000:00:1d.0
not usbroute doctor > /dev/null
[ "$(usbroute doctor --json | jq -r .mux.state)" = ehci-hidden ]
SCRIPT
}

@test "the picture of the README is what comes out now" {
    run "$BATS_TEST_DIRNAME/../../tools/make-picture" --bin "$USBROUTE_BIN" --check
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the session of the README is what comes out now" {
    run "$BATS_TEST_DIRNAME/../../tools/make-session" --bin "$USBROUTE_BIN" --check
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the picture shows panels, owners and no string that a device may have made up" {
    inside <<'SCRIPT'
sim plug internal-2 hostile; sim settle
usbroute picture > text
usbroute picture --svg picture.svg
LC_ALL=C usbroute picture > ascii
usbroute > status
cat text ascii
grep '^rear' text; grep 'H rear-1' text
# Whoever reads what is no terminal wants the table.
not grep 'H rear-1' status; grep '^rear-1 ' status
grep -F '+H rear-1 -' ascii
not env LC_ALL=C grep -P '[\x00-\x08\x0b-\x1f\x7f-\xff]' ascii
python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' picture.svg
grep -F 'dead:beef' picture.svg
not usbroute picture --svg "$USBROUTE_SIM/no/such/place.svg"
not usbroute picture --json --svg -
usbroute picture --json | grep -q '"panel":"rear"'
stop
SCRIPT
}

@test "the profile of the boot holds once, when the guest has been given its controllers" {
    inside <<'SCRIPT'
stop
rm -rf "$USBROUTE_STATE_DIR"/journal
printf '[routes]\nat_start = "desk-in-windows"\n' >> "$USBROUTE_CONFIG"
start
wait_for 'at_start: profile desk-in-windows waits' "$log"
[ "$(keyboard)" = 3-3 ]
sim driver 0000:00:1d.0 vfio-pci; sim driver 0000:00:1a.0 vfio-pci
wait_for 'start with desk-in-windows: XUSB2PR 0x3fff -> 0x3ff3, for at_start' "$log"
usbroute move rear-1 --to host; sim settle
stop; start
usbroute status | grep '^rear-1 *host'
stop
SCRIPT
}

@test "a recorded machine without a mux is played: devices come and go, and nothing moves" {
    preamble < /dev/null
    inside --board "$USBROUTE_BIN/../machines/amd-a520m" <<'SCRIPT'
usbroute --direct status > before
grep '^rear-1 *host *Logitech USB Keyboard' before
sim plug rear-4 webcam; sim plug 1-6 serial; sim settle
usbroute --direct status | grep '^rear-4 *host *HD Pro Webcam C920'
[ "$(cat /sys/bus/usb/devices/1-6/product)" = 'FT232R USB UART' ]
sim driver 0000:30:00.3 vfio-pci; sim settle
[ ! -e /sys/bus/usb/devices/usb3 ]
sim driver 0000:30:00.3 xhci_hcd; sim unplug rear-4; sim unplug 1-6; sim settle
usbroute --direct status | diff before -
not sim write d0 0 2> said; grep 'this board has no mux' said
not usbroute --direct move rear-1 --to ehci 2> said; grep 'rear-1 is on no wires that go to ehci' said
SCRIPT
}

@test "a hub takes what is plugged into it along" {
    inside <<'SCRIPT'
sim plug rear-5 hub; sim settle
sim plug rear-5.2 webcam; sim plug 3-9.2 serial as line; sim settle
usbroute status | grep '^rear-5 .*+2 behind a hub'
[ "$(cat /sys/bus/usb/devices/3-9.2/product)" = 'FT232R USB UART' ]
usbroute move rear-5 --to ehci; sim settle
[ "$(cat /sys/bus/usb/devices/1-1.3.2/product)" = 'HD Pro Webcam C920' ]
sim unplug rear-5.2; sim unplug line; sim settle
[ ! -e /sys/bus/usb/devices/1-1.3.2 ]; [ ! -e /sys/bus/usb/devices/3-9.2 ]
not sim plug rear-1.1 mouse 2> said; grep 'keyboard in rear-1 is not a hub' said
stop
SCRIPT
}

@test "every recorded machine is played, and status says what it says of the recording" {
    for machine in "$USBROUTE_BIN"/../machines/*/; do
        echo "$machine"
        # Profiles and guests' monitors of the board are made up, and with a monitor a socket without a mux can move; owners and
        # devices are not.
        seen='.connectors | map(if .usb != [] then del(.movable, .why_not) else . end)'
        usbroute --root "$machine" status --json | jq -S "$seen" > recorded.json
        usbroute-sim -q --board "$machine" -- usbroute --direct status --json | jq -S "$seen" > played.json
        diff recorded.json played.json
    done
}

@test "a board's directory is not below /dev, of which the board has its own" {
    run usbroute-sim --dir /dev/usbroute-sim-test -- true
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *"is below /dev"* ]]
    [ ! -e /dev/usbroute-sim-test ]
}

@test "what is no recorded machine is refused, and nothing is made" {
    for folder in "$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR" /; do
        run usbroute-sim --board "$folder" --dir "$BATS_TEST_TMPDIR/board" -- true
        echo "$output"
        [ "$status" -eq 2 ]
        [[ "$output" == "usbroute-sim: cannot play $folder: "* ]]
        [ ! -e "$BATS_TEST_TMPDIR/board" ]
    done
}
