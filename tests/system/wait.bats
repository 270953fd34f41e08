#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# `usbroute wait`, in scripts, units and hooks that start a guest: the real daemon on simulated boards. USBROUTE_BIN names the
# directory with the programs.

setup() {
    load board
    plain=$USBROUTE_BIN/../machines/amd-a520m
    export EXAMPLES=$BATS_TEST_DIRNAME/../../examples
}

@test "it waits until what is in a socket is with whom the socket is for, and no longer" {
    inside --board "$plain" <<'SCRIPT'
spare=rear-2
ends_with 3 usbroute wait --for 300ms
sim plug rear-4 webcam; sim settle
start
usbroute wait rear-4 rear-1
usbroute move rear-4 --to windows
ends_with 7 usbroute wait rear-4 --for 300ms
grep 'after 300 ms: rear-4: windows does not run' err
ends_with 7 usbroute wait --for 300ms
usbroute wait rear-1
usbroute wait rear-4 --for 1m & waiting=$!
sim guest start windows
wait $waiting
[ "$(drivers "$(place 082d)")" = 'usbfs usbfs usbfs usbfs' ]
usbroute wait
ends_with 4 usbroute wait rear-77
ends_with 2 usbroute wait --for soon
ends_with 2 usbroute wait --direct
ends_with 7 usbroute wait --json rear-4 --start-of windows rear-1 --for 300ms
grep 'not-there-yet' err
stop
SCRIPT
}

@test "it waits for a daemon that is still starting" {
    inside --board "$plain" <<'SCRIPT'
usbroute wait --for 1m & waiting=$!
start
wait $waiting
stop
SCRIPT
}

@test "before a guest starts its controllers are on vfio-pci, and the sockets that are named are its own" {
    inside <<'SCRIPT'
start
ends_with 7 usbroute wait --start-of windows --for 300ms
grep '0000:00:1d.0 has ehci-pci, and not vfio-pci: sudo usbroute guest bind windows' err
ends_with 4 usbroute wait --start-of nobody
grep 'there is no guest nobody' err
give_ehcis
usbroute wait --start-of windows
ends_with 7 usbroute wait --start-of windows rear-5 --for 300ms
grep 'rear-5 belongs to host, and not to windows: usbroute move rear-5 --to windows' err
usbroute move rear-5 --to windows --yes
usbroute wait --start-of windows rear-5
stop
SCRIPT
}

@test "a domain whose start usbrouted has asked for starts through libvirt's hook, and nobody waits in a circle" {
    inside --board "$plain" <<'SCRIPT'
spare=rear-2
export USBROUTE_LIBVIRT_DIR=$BATS_TEST_TMPDIR/lv USBROUTE_GATE_DOMAIN=win11 USBROUTE_GATE_LIMIT=30s
mkdir -p "$USBROUTE_LIBVIRT_DIR"
sed -i '/^controllers = /d; s/^qmp = .*/libvirt = "win11"\non_plug = "start"/' "$USBROUTE_CONFIG"
mkfifo orders
# While its hook runs, this libvirt answers nobody.
python3 "$BATS_TEST_DIRNAME/libvirt_helper.py" "$USBROUTE_LIBVIRT_DIR/socket" < orders > asked 2> helper.log 3>&- & helper=$!
exec 7> orders
until_so 'listens "$USBROUTE_LIBVIRT_DIR/socket"'
echo "state win11 shut-off" >&7
echo "hook $EXAMPLES/libvirt/gate" >&7
start
until_so 'usbroute status --json | jq -e "has(\"silent\") | not"'
usbroute move rear-4 --to windows
sim plug rear-4 webcam; sim settle
until_so '[ -n "$(place 082d)" ]'
has "$(place 082d)" 'usbfs usbfs usbfs usbfs'
# In this order, with nothing asked of libvirt while its hook ran.
grep -A 2 '^start win11' asked > order
[ "$(xargs < order)" = 'start win11 hook begins hook ends 0' ]
# A hook that says no keeps the domain off, and usbrouted says why.
echo "state win11 shut-off" >&7
until_so 'usbroute status | grep "windows does not run"'
printf '#!/bin/sh\necho not today >&2\nexit 7\n' > no; chmod +x no
echo "hook $PWD/no" >&7
sim unplug rear-4; sim settle
until_so '[ -z "$(place 082d)" ]'
sim plug rear-4 webcam; sim settle
until_so 'usbroute status --json | jq -e ".by_plug[0].code == \"failed\""'
usbroute status | grep 'windows was not started by the plug into rear-4: libvirt refused; libvirt says: Hook script execution failed: not today'
usbroute doctor --json | jq -e '.findings[] | select(.code == "not-started-by-plug")'
usbroute why rear-4 | grep 'was not started by the plug'
stop
exec 7>&-
wait "$helper" || true
SCRIPT
}

@test "the hook lets other phases and other guests pass, and asks nobody" {
    for call in "other prepare begin" "win10 started begin" "win10 release end"; do
        # shellcheck disable=SC2086 # words
        PATH=/usr/bin:/bin run "$EXAMPLES/libvirt/gate" $call - <<< '<domain/>'
        [ "$status" -eq 0 ]
        [ -z "$output" ]
    done
    # Only asked of usbrouted, which is not there: 3, and the guest does not start.
    PATH=$USBROUTE_BIN:/usr/bin:/bin USBROUTE_SOCKET=$BATS_TEST_TMPDIR/none USBROUTE_CONFIG=$BATS_TEST_DIRNAME/../golden/guest/desk/usbroute.toml \
        USBROUTE_GATE_LIMIT=300ms run "$EXAMPLES/libvirt/gate" win10 prepare begin - <<< '<domain/>'
    echo "$output"
    [ "$status" -eq 3 ]
}

@test "systemd takes the drop-in" {
    command -v systemd-analyze > /dev/null || skip "systemd-analyze is not installed"
    mkdir -p "$BATS_TEST_TMPDIR/machine.service.d"
    printf '[Service]\nExecStart=/bin/true\n' > "$BATS_TEST_TMPDIR/machine.service"
    printf '[Service]\nExecStart=/bin/true\n' > "$BATS_TEST_TMPDIR/usbrouted.service"
    # Where the programs of this build are.
    sed "s,/usr/bin/usbroute,$USBROUTE_BIN/usbroute," "$EXAMPLES/systemd/usbroute-gate.conf" > "$BATS_TEST_TMPDIR/machine.service.d/usbroute-gate.conf"
    run systemd-analyze verify --man=no "$BATS_TEST_TMPDIR/machine.service"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$(grep -v '^$' <<< "$output" | grep machine.service || true)" ]
    line=$(sed -n 's/^ExecStartPre=+//p' "$BATS_TEST_TMPDIR/machine.service.d/usbroute-gate.conf")
    ends_with 3 env USBROUTE_SOCKET="$BATS_TEST_TMPDIR/none" USBROUTE_CONFIG="$BATS_TEST_DIRNAME/../golden/guest/desk/usbroute.toml" ${line/30s/300ms}
}
