#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# The real usbrouted on a copy of a recorded machine. Needs USBROUTE_BIN, the directory with the programs.
# Each test starts its own daemons and ends those alone, by their process ids.

setup() {
    load machine
    on z97e-itx-ac
    control_alone
    registers=$machine/sys/bus/pci/devices/0000:00:14.0/config
    port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >> "$settings" <<TOML
[listen.windows]
unix = "/run/usbroute/windows.sock"
guest = "windows"
[listen.netcat]
tcp = "127.0.0.1:$port"
allow = ["toggle", "status"]
TOML
    chmod 644 "$settings"
}

client() { python3 "$BATS_TEST_DIRNAME/daemon_client.py" "$socket" "$@"; }
xusb2pr() { od -An -tx4 -j $((0xd0)) -N4 "$registers" | tr -d ' '; }
# Writes as another program would.
poke() { printf "$2" | dd of="$registers" bs=1 seek=$(($1)) conv=notrunc status=none; }

@test "toggles by a line of text, and writes the registers" {
    start
    [ "$(xusb2pr)" = 00003fff ]
    [ "$(say toggle)" = "ok desk-on-ehci ehci=rear-1,rear-2,front-1" ]
    [ "$(xusb2pr)" = 00003ff2 ]
    [ "$(say toggle)" = "ok all-host" ]
    [ "$(xusb2pr)" = 00003fff ]
}

# usbip's controller, the one of a system on a chip, and the test driver of the kernel: none has a PCI address.
add_controllers_without_an_address() {
    local bus=40 name
    for name in vhci_hcd.0 xhci-hcd.1.auto dummy_hcd.0; do
        local hub=sys/devices/platform/$name/usb$bus
        mkdir -p "$machine/$hub/$bus-1"
        printf '480\n' > "$machine/$hub/speed"; printf '8\n' > "$machine/$hub/maxchild"
        printf '1234\n' > "$machine/$hub/$bus-1/idVendor"; printf '5678\n' > "$machine/$hub/$bus-1/idProduct"
        ln -s "../../../../$hub" "$machine/sys/bus/usb/devices/usb$bus"
        ln -s "../../../../$hub/$bus-1" "$machine/sys/bus/usb/devices/$bus-1"
        bus=$((bus + 1))
    done
}
xhci_leaves() { mv "$machine/sys/bus/pci/devices/0000:00:14.0" "$dir/gone"; }
xhci_comes() { mv "$dir/gone" "$machine/sys/bus/pci/devices/0000:00:14.0"; }

@test "controllers without an address harm nothing, and the xHCI may leave and come back beside them" {
    add_controllers_without_an_address
    start
    [ "$(say toggle)" = "ok desk-on-ehci ehci=rear-1,rear-2,front-1" ]
    xhci_leaves
    for _ in 1 2 3; do
        [[ "$(say toggle)" == "refused no-mux "* ]]
        [[ "$(say status)" == ok* ]]
        touch "$machine/sys/bus/usb/devices/usb40/speed" # another look
    done
    xhci_comes
    [ "$(say toggle)" = "ok all-host" ]
    kill -0 "$daemon"
}

@test "a trial waits for an xHCI that has left, over a restart beside controllers without an address" {
    add_controllers_without_an_address
    start
    [[ "$(say 'move rear-1 ehci revert-after=1s')" == ok* ]]
    moved=$(xusb2pr)
    xhci_leaves
    until_so "grep -q 'trial delayed' $dir/log"
    kill -9 "$daemon"; wait "$daemon" || true
    start
    [[ "$(say status)" == ok* ]]
    xhci_comes
    until_so '[ "$(xusb2pr)" = 00003fff ]'
    [ "$moved" != 00003fff ]
}

@test "toggles by a line of JSON" {
    start
    [ "$(say '{"do":"toggle"}')" = '{"ok":true,"owners":{"ehci":["rear-1","rear-2","front-1"]},"profile":"desk-on-ehci"}' ]
}

@test "says who has what, in text and in JSON" {
    start
    [[ "$(say status)" == "ok all-host host=rear-1,"* ]]
    say '{"do":"status"}' | python3 -c 'import json, sys; s = json.load(sys.stdin)["status"]; assert s["schema"] == 1 and len(s["connectors"]) == 14'
    say '{"do":"regs"}' | python3 -c 'import json, sys; assert json.load(sys.stdin)["registers"]["controllers"]'
    say '{"do":"plan","plan":{"do":"toggle"}}' | python3 -c 'import json, sys; assert json.load(sys.stdin)["plan"]["steps"]'
    [[ "$(say regs)" == *"XUSB2PR=0x3fff XUSB2PRM=0x3fff"* ]]
    [[ "$(say 'plan toggle')" == "ok -- setpci -s 0000:00:14.0 "* ]]
    [ "$(xusb2pr)" = 00003fff ]
}

@test "moves, refuses and undoes" {
    start
    [ "$(say 'move front-1 to ehci')" = "ok ehci=front-1" ]
    [ "$(say 'move front-1 to ehci')" = "ok ehci=front-1 -- nothing to do" ]
    [ "$(say undo)" = "ok xhci=front-1" ]
    [[ "$(say 'move rear-6 ehci')" == "refused disk-in-use rear-6 holds disk sdc"* ]]
    [[ "$(say 'move front-1 windows')" == "refused guest-not-given "* ]]
    [[ "$(say 'move fron-1 ehci')" == "error no-such-connector "*"did you mean front-1?" ]]
    [ "$(xusb2pr)" = 00003fff ]
}

@test "what cannot be taken back is exit 8, with the line that recovers" {
    before=$(od -An -tx4 -j $((0xd0)) -N16 "$registers")
    # SuperSpeed is written, the wires are not, and SuperSpeed cannot be written back.
    FAILING_WRITES_AFTER=1 LD_PRELOAD="$USBROUTE_BIN/failing_writes.so" ASAN_OPTIONS=verify_asan_link_order=0 start
    run usbroute --socket "$socket" apply desk-on-ehci
    echo "$output"
    [ "$status" -eq 8 ]
    [[ "$output" == *"the change could not be taken back; to recover, as root: setpci -s 0000:00:14.0 d8.l="* ]]
    # Those lines, by hand.
    for word in $(grep -o 'd[08]\.l=[0-9a-f]*:[0-9a-f]*' <<< "$output"); do
        offset=0x${word%%.*}; rest=${word#*=}; value=0x${rest%:*}; mask=0x${rest#*:}
        now=0x$(od -An -tx4 -j $((offset)) -N4 "$registers" | tr -d ' ')
        poke "$offset" "$(printf '%08x' $(((now & ~mask) | value)) | sed 's/\(..\)\(..\)\(..\)\(..\)/\\x\4\\x\3\\x\2\\x\1/')"
    done
    [ "$(od -An -tx4 -j $((0xd0)) -N16 "$registers")" = "$before" ]
}

@test "answers bad lines and goes on" {
    start
    [ "$(say frob)" = "error not-a-command frob is not a command" ]
    [[ "$(say move)" == "error usage "* ]]
    [[ "$(say '{"do":"toggle","do":"undo"}')" == *'"code":"usage"'* ]]
    [ "$(say confirm)" = "ok -- there is no trial to confirm" ]
    [ "$(head -c 100000 /dev/zero | tr '\0' x | cat - <(printf '\ntoggle\n') | nc -N -U "$socket" | cut -d' ' -f1-2)" = \
      $'error not-a-command\nok desk-on-ehci' ]
    head -c 100000 /dev/urandom | nc -N -w 2 -U "$socket" >/dev/null
    [[ "$(say toggle)" == ok* ]]
}

@test "understands a line wherever it is cut" {
    start
    [ "$(client split 'plan move front-1 to ehci' | wc -l)" = 1 ]
    [[ "$(client split '{"do":"status"}')" == '{"ok":true,'* ]]
}

@test "answers every line of many that come in one piece" {
    start
    [ "$(client glued 500)" = "500 answers, 500 ok" ]
}

@test "lets others have their turn while one client floods" {
    start
    [ "$(client fair)" = ok ]
}

@test "closes the connection of a web page without an answer" {
    start
    answer=$(printf 'POST / HTTP/1.1\r\nHost: localhost\r\n\r\ntoggle\n' | nc -N -w 5 127.0.0.1 "$port")
    [ -z "$answer" ]
    grep -q "looks like HTTP" "$dir/log"
    [ "$(xusb2pr)" = 00003fff ]
}

@test "closes a TCP connection at its first foreign line" {
    start
    [ "$(printf 'frob\ntoggle\n' | nc -N -w 5 127.0.0.1 "$port")" = "error not-a-command frob is not a command" ]
    [ "$(xusb2pr)" = 00003fff ]
    [[ "$(printf 'undo\n' | nc -N -w 5 127.0.0.1 "$port")" == "error not-permitted "* ]]
}

@test "ends a plain netcat that only wanted to toggle" {
    start
    [ "$(timeout 5 nc 127.0.0.1 "$port" <<< toggle)" = "ok desk-on-ehci ehci=rear-1,rear-2,front-1" ]
}

# All verbs over TCP.
allow_everything_over_tcp() {
    sed -i '/^\[listen.netcat\]/,$s/^allow = .*/allow = ["status", "move", "apply", "toggle", "undo", "plan", "confirm"]/' "$settings"
}
over_tcp() { printf '%s\n' "$@" | nc -N -w 5 127.0.0.1 "$port"; }

@test "TCP lifts no guard, in whatever form it is asked to" {
    allow_everything_over_tcp
    start
    for line in 'toggle yes=1 force-disk=sdc revert-after=0' 'toggle yes=1' 'move rear-6 ehci force-disk=sdc' \
        'move front-2 ehci revert-after=0' 'plan toggle yes=1' '{"do":"toggle","yes":true}' \
        '{"do":"move","connectors":["rear-6"],"to":"ehci","force_disks":["sdc"]}' '{"do":"toggle","revert_after":0}' \
        '{"do":"plan","plan":{"do":"toggle","force_disks":["sdc"]}}' 'undo yes=1'; do
        answer=$(over_tcp "$line")
        echo "$line: $answer"
        [[ "$answer" == *not-permitted* && "$answer" == *'in [listen.netcat]'* ]]
    done
    [ "$(xusb2pr)" = 00003fff ]
    # The control socket has the rights, and a listener that was granted them too.
    [[ "$(say 'toggle yes=1 revert-after=0')" == ok* ]]
    [[ "$(say 'toggle yes=1 revert-after=0')" == ok* ]]
    sed -i '/^\[listen.netcat\]/a may = ["yes", "no-trial"]' "$settings"
    kill -HUP "$daemon"
    until_so 'grep -q "read again" "$dir/log"'
    [[ "$(over_tcp 'toggle yes=1 revert-after=0')" == ok* ]]
    [[ "$(over_tcp 'move rear-6 ehci force-disk=sdc')" == "error not-permitted "* ]]
}

@test "TCP does not lengthen and not confirm the trial of somebody else" {
    allow_everything_over_tcp
    start
    say 'move front-1 ehci revert-after=30s' | grep -q 'trial'
    [[ "$(over_tcp confirm)" == "error not-permitted listener netcat may not confirm this trial"* ]]
    answer=$(over_tcp 'move front-2 ehci revert-after=1h')
    echo "$answer"
    [[ "$answer" =~ in\ ([0-9]+)\ s\ unless\ confirmed ]]
    [ "${BASH_REMATCH[1]}" -le 30 ]
    [[ "$(say confirm)" == ok* ]]
    # Its own it may.
    over_tcp 'move rear-2 ehci revert-after=30s' | grep -q 'trial'
    [[ "$(over_tcp confirm)" == ok* ]]
}

@test "changes over TCP are counted over all connections, and questions do not use them up" {
    start
    client flood "$port" toggle 200 > "$dir/said"
    cat "$dir/said"
    read -r done busy < "$dir/said"
    [ "$done" -ge 20 ]
    [ "$done" -le 60 ]
    [ "$busy" -eq $((200 - done)) ]
    # One more may have become free in the meantime, but not one after the other.
    for _ in $(seq 30); do over_tcp toggle; done > "$dir/said"
    grep -E '^error busy more than 120 changes a minute came over listener netcat: nothing was done; try again in [0-9]+ s$' "$dir/said"
    over_tcp status | grep -q ^ok
    [[ "$(say toggle)" == ok* ]]
    sed -i '/^\[listen.netcat\]/a per_minute = 0' "$settings"
    kill -HUP "$daemon"
    until_so 'grep -q "read again" "$dir/log"'
    [ "$(client flood "$port" toggle 200)" = "200 0" ]
}

@test "is silent to noise on a guest's line, and serves the guest" {
    start
    guest=$machine/run/usbroute/windows.sock
    answer=$(printf '[    0.0] Linux version 6.1\r\ndebian login: \r\n{"x":1}\ntoggle\n' | nc -N -w 5 -U "$guest")
    [ "$answer" = "ok desk-on-ehci ehci=rear-1,rear-2,front-1" ]
    [[ "$(echo 'toggle yes=1' | nc -N -w 5 -U "$guest")" == "error not-permitted windows may not lift a guard"* ]]
    [[ "$(echo 'undo' | nc -N -w 5 -U "$guest")" == "error not-permitted "* ]]
    say '{"do":"status"}' | python3 -c 'import json, sys
line, = json.load(sys.stdin)["status"]["lines"]
assert (line["listener"], line["guest"], line["commands"], line["noise"], line["proven"]) == ("windows", "windows", 3, 3, False), line'
    usbroute --socket "$socket" status | grep -q '3 commands, 3 lines of noise'
}

@test "holds back a client that does not read" {
    start
    result=$(client slow)
    [ "$result" = "held back" ] || [ "$result" = closed ]
    [[ "$(say toggle)" == ok* ]]
}

@test "serves 32 clients of a listener and turns the others away" {
    start
    [ "$(client many 200)" = "served 32 busy 168" ]
    [[ "$(say toggle)" == ok* ]]
}

@test "is not disturbed by silent clients" {
    start
    for _ in 1 2 3; do
        sleep 30 | nc -U "$socket" 3>&- &
        pids+=($!)
    done
    [[ "$(say toggle)" == ok* ]]
}

@test "tells subscribers of moves, of drift and of devices" {
    start
    (printf 'subscribe\n'; exec sleep 20) 3>&- | nc -U "$socket" > "$dir/text" 3>&- &
    pids+=($!)
    (printf '{"do":"subscribe"}\n'; exec sleep 20) 3>&- | nc -U "$socket" > "$dir/json" 3>&- &
    pids+=($!)
    until_so "[ -s $dir/text ] && [ -s $dir/json ]"
    say toggle
    until_so "grep -qx 'event moved desk-on-ehci ehci=rear-1,rear-2,front-1' $dir/text"
    poke 0xd0 '\xff'
    until_so "grep -qx 'event drift XUSB2PR 0x3ff2 -> 0x3fff' $dir/text"
    rm -rf "$machine"/sys/devices/pci0000:00/0000:00:14.0/usb3/3-6 "$machine"/sys/bus/usb/devices/3-6
    until_so "grep -q 'event left rear-4 3-6 .*DataTraveler' $dir/text"
    until_so "grep -q '\"event\":\"left\"' $dir/json"
    until_so "grep -q '\"event\":\"moved\"' $dir/json"
    # Nothing moves in a recorded machine, and the daemon says so.
    until_so "grep -q 'event verdict rear-1 ' $dir/text"
}

@test "moves back what another program has moved, and not what a direct command has moved" {
    start
    [[ "$(say toggle)" == "ok desk-on-ehci"* ]]
    poke 0xd0 '\xff'
    until_so "grep -q 'restore the routes: XUSB2PR 0x3fff -> 0x3ff2' $dir/log"
    until_so '[ "$(xusb2pr)" = 00003ff2 ]'
    usbroute --root "$machine" --direct move rear-1 --to xhci
    until_so "grep -q 'written by somebody else: 0x3ff2 -> 0x3ff6' $dir/log"
    # What the daemon does about it, it does before the next answer.
    say status
    [ "$(xusb2pr)" = 00003ff6 ]
}

@test "never answers from a look that a change has made old" {
    start
    for i in 1 2 3 4 5; do
        mv "$machine"/sys/devices/pci0000:00/0000:00:14.0/usb3/3-6 "$dir/3-6"
        say '{"do":"status"}' > "$dir/said"
        not grep -q DataTraveler "$dir/said"
        mv "$dir/3-6" "$machine"/sys/devices/pci0000:00/0000:00:14.0/usb3/3-6
        say '{"do":"status"}' | grep -q DataTraveler
    done
}

@test "keeps the old configuration when the new one is wrong, and takes a right one" {
    start
    cp "$settings" "$dir/good"
    echo 'nonsense = 1' >> "$settings"
    kill -HUP "$daemon"
    until_so "grep -q 'the old one stays in force' $dir/log"
    grep -q "unknown key" "$dir/log"
    [[ "$(say toggle)" == "ok desk-on-ehci"* ]]

    sed 's/^profiles = .*/profiles = ["all-host"]/; /^\[listen.netcat\]/,$d' "$dir/good" > "$settings"
    kill -HUP "$daemon"
    until_so "grep -q 'configuration was read again' $dir/log"
    [[ "$(say 'toggle')" == "ok all-host"* ]]
    not nc -N -w 1 127.0.0.1 "$port" <<< toggle
}

@test "keeps its clients over a reload" {
    start
    mkfifo "$dir/lines"
    nc -N -U "$socket" < "$dir/lines" > "$dir/out" 3>&- &
    pids+=($!)
    exec 9> "$dir/lines"
    echo status >&9
    until_so "[ -s $dir/out ]"
    kill -HUP "$daemon"
    until_so "grep -q 'configuration was read again' $dir/log"
    echo toggle >&9
    until_so "[ \$(grep -c ^ok $dir/out) = 2 ]"
    exec 9>&-
}

@test "does not start with a wrong configuration or option" {
    echo 'nonsense = 1' >> "$settings"
    run usbrouted --root "$machine" --socket "$socket"
    [ "$status" = 78 ]
    [[ "$output" == *"unknown key"* ]]
    run usbrouted --frob
    [ "$status" = 64 ]
    run usbrouted --version
    [ "$status" = 0 ]
}

@test "ends at SIGTERM and takes its sockets along, whoever is connected" {
    start
    (printf 'subscribe\n'; exec sleep 20) 3>&- | nc -U "$socket" > "$dir/text" 3>&- &
    pids+=($!)
    until_so "[ -s $dir/text ]"
    say toggle
    kill -TERM "$daemon"
    wait "$daemon"
    [ ! -e "$socket" ]
    [ ! -e "$machine/run/usbroute/windows.sock" ]
}

@test "finds its way after being killed in the middle of a change" {
    start
    kill -KILL "$daemon"
    wait "$daemon" || true
    [ -S "$socket" ]
    # What it would leave: the change written down, the first of two registers written.
    printf 'usbroute-journal 3\nbegin move 0000:00:14.0 d:d:0 1:1:0 0 - - toggle to desk-on-ehci\n' > "$machine/run/usbroute/state/journal"
    poke 0xd8 '\x3e'
    start
    grep -q '"toggle to desk-on-ehci" was interrupted: it was half done and has been taken back' "$dir/log"
    [ "$(od -An -tx1 -j $((0xd8)) -N1 "$registers" | tr -d ' ')" = 3f ]
    [[ "$(say toggle)" == "ok desk-on-ehci"* ]]
}

@test "does not push another daemon off its socket" {
    start
    run usbrouted --root "$machine" --socket "$socket"
    [ "$status" = 1 ]
    [[ "$output" == *"another daemon is using $machine/run/usbroute/state; "* ]]
    # Nor one that keeps its state elsewhere.
    USBROUTE_STATE_DIR=$dir/elsewhere run usbrouted --root "$machine" --socket "$socket"
    [ "$status" = 1 ]
    [[ "$output" == *"another daemon answers there"* ]]
    [[ "$(say toggle)" == ok* ]]
}

@test "runs where the kernel shows only 64 bytes of the configuration space" {
    truncate -s 64 "$registers"
    start
    [[ "$(say toggle)" == "refused registers-unreadable "* ]]
    [[ "$(say status)" == ok* ]]
    [[ "$(say regs)" == *unreadable* ]]
    # It comes back: a machine whose firmware let go, or a daemon that was allowed more.
    cp "$machines/z97e-itx-ac/sys/bus/pci/devices/0000:00:14.0/config" "$registers"
    until_so "say toggle | grep -q '^ok'"
}

@test "runs on a machine without USB, and picks up what comes" {
    mv "$machine/sys" "$dir/sys"
    mkdir "$machine/sys"
    start
    [[ "$(say toggle)" == "refused no-mux "* ]]
    [ "$(say status | cut -d' ' -f1)" = ok ]
    rmdir "$machine/sys"
    mv "$dir/sys" "$machine/sys"
    until_so "say toggle | grep -q '^ok desk-on-ehci'"
}

@test "takes its socket from the service manager" {
    python3 "$BATS_TEST_DIRNAME/daemon_client.py" activate "$dir/given.sock" usbrouted --root "$machine" 2>>"$dir/log" 3>&- &
    pids+=($!)
    socket=$dir/given.sock
    until_so "say status | grep -q ^ok"
    [ ! -e "$machine/run/usbroute/control.sock" ]
    kill "${pids[0]}"
    wait "${pids[0]}"
    [ -S "$dir/given.sock" ]
}

@test "tells the service manager how it is" {
    for path in "$dir/notify.sock" "@usbroute-test-$$"; do
        said=$(python3 "$BATS_TEST_DIRNAME/daemon_client.py" notified "$path" usbrouted --root "$machine" --socket "$socket" 2>>"$dir/log")
        [ "$(tr '\n' ' ' <<< "$said")" = "READY=1 STATUS=serving RELOADING=1 READY=1 STATUS=serving STOPPING=1 exit 0 " ]
    done
}

@test "makes no wake-ups while nothing happens" {
    command -v strace >/dev/null || skip "strace is not here"
    start
    (printf 'subscribe\n'; exec sleep 20) 3>&- | nc -U "$socket" > "$dir/text" 3>&- &
    subscriber=$!
    until_so "[ -s $dir/text ]"
    say toggle
    # The devices of a recorded machine do not arrive, which is said after three seconds.
    for connector in rear-1 rear-2 front-1; do until_so "grep -q 'event verdict $connector ' $dir/text"; done
    kill "$subscriber"
    timeout 3 strace -f -o "$dir/calls" -p "$daemon" 2>/dev/null || true
    [ "$(grep -c 'epoll_wait.*=' "$dir/calls" || true)" -le 1 ]
    [ "$(grep -vc 'epoll' "$dir/calls" || true)" = 0 ]
}
