#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Whole controllers into a running guest and out of it, inside the simulated board: its kernel binds what is written to its files, and a
# guest's QEMU takes functions on two root ports. USBROUTE_BIN names the directory with the programs.

setup() {
    load board
    preamble <<'SCRIPT'
monitor=$USBROUTE_SIM/run/windows.qmp
grep -q '^qmp = ' "$USBROUTE_CONFIG" || sed -i "s|^\[guest.windows\]|&\nqmp = \"$monitor\"|" "$USBROUTE_CONFIG"
driver() { if [ -e "/sys/bus/pci/devices/$1/driver" ]; then basename "$(readlink "/sys/bus/pci/devices/$1/driver")"; else echo none; fi; }
are_on() { # DRIVER: both EHCIs
    local address
    for address in 0000:00:1d.0 0000:00:1a.0; do
        if [ "$(driver "$address")" != "$1" ]; then echo "$address is on $(driver "$address") and not on $1"; return 1; fi
    done
}
in_guest() { usbroute guest show windows --json | jq -r '[.guest.controllers[].in_guest] | join(" ")'; }
# Until the daemon has a line to a guest that answers.
guest_runs() {
    sim guest start windows; sim settle
    until_so '[ "$(in_guest)" = "no no" ]'
}
SCRIPT
}

@test "assign gives both EHCIs to a guest that runs, unassign takes them out of it, and each twice changes nothing" {
    inside <<'SCRIPT'
start
guest_runs
usbroute guest assign windows --dry-run | grep 'device_add vfio-pci,host=0000:00:1d.0,id=usbroute-00-1d-0,bus=rp1'
are_on ehci-pci
usbroute guest assign windows -v > said
grep '^0000:00:1d.0: windows has it now' said; grep '^0000:00:1a.0: windows has it now' said
are_on vfio-pci
[ "$(in_guest)" = "yes yes" ]
usbroute guest assign windows -v | grep '0000:00:1d.0: nothing to do'
usbroute move rear-1 --to windows --yes
usbroute status | grep '^rear-1 *windows'
[ "$(usbroute guest unassign windows --json | jq -c .changed)" = '["0000:00:1d.0","0000:00:1a.0"]' ]
are_on ehci-pci
[ "$(in_guest)" = "no no" ]
usbroute guest unassign windows -v | grep '0000:00:1d.0: nothing to do'
SCRIPT
}

@test "nothing is rebound while the guest does not let go, and the next call goes on after a reset" {
    inside <<'SCRIPT'
start
guest_runs
usbroute guest assign windows
sim guest hang windows
ends_with 7 usbroute guest unassign windows --timeout 1s
grep 'windows has not let go of 0000:00:1d.0 in 1 s' err
grep 'nothing was rebound' err; grep 'system_reset in its monitor' err
grep 'sudo usbroute guest unassign windows. goes on then' err
are_on vfio-pci
[ "$(in_guest)" = "silent yes" ]
usbroute guest show windows --json | jq -r '.guest.notes[]' | grep 'windows was asked to let go of 0000:00:1d.0'
ends_with 6 usbroute guest assign windows
grep 'was asked to let go of 0000:00:1d.0' err
sim guest reset windows
until_so '[ "$(in_guest)" = "no yes" ]'
usbroute guest show windows --json | jq -r '.guest.notes[]' | grep '0000:00:1d.0 is on vfio-pci, and windows runs without it'
usbroute guest unassign windows
are_on ehci-pci
SCRIPT
}

@test "a guest that ends while it is waited for gives its controllers back" {
    inside <<'SCRIPT'
start
guest_runs
usbroute guest assign windows
sim guest hang windows
usbroute guest unassign windows --timeout 60s 2> err & waits=$!
until_so '[ "$(in_guest)" = "asked yes" ]'
sim guest kill windows
wait "$waits"
are_on ehci-pci
SCRIPT
}

@test "a command that is killed while it waits leaves what the next one finishes, and so does a daemon" {
    inside <<'SCRIPT'
start
guest_runs
usbroute guest assign windows
sim guest hang windows
usbroute guest unassign windows --timeout 60s 2> err & waits=$!
until_so '[ "$(in_guest)" = "asked yes" ]'
kill -9 "$waits"
crash
start
until_so '[ "$(in_guest)" = "yes yes" ]'
are_on vfio-pci
sim guest reset windows
until_so '[ "$(in_guest)" = "no yes" ]'
usbroute guest assign windows
[ "$(in_guest)" = "yes yes" ]
usbroute guest unassign windows
are_on ehci-pci
SCRIPT
}

@test "a guest that does not run, and one that nobody can ask, is refused with nothing touched" {
    inside <<'SCRIPT'
ends_with 3 usbroute guest assign windows
start
ends_with 6 usbroute guest assign windows --json
grep '"code":"guest-not-running"' err
are_on ehci-pci
sed -i '/^qmp = /d' "$USBROUTE_CONFIG"
reload
ends_with 6 usbroute guest assign windows --json
grep '"code":"no-monitor"' err
are_on ehci-pci
SCRIPT
}

@test "a guest without an empty root port is refused with the line that it lacks" {
    inside <<'SCRIPT'
start
guest_runs
usbroute guest assign windows
usbroute guest release windows || true
usbroute guest unassign windows
sed -i 's|^controllers = .*|controllers = ["0000:00:1d.0", "0000:00:1a.0", "0000:00:14.0"]|' "$USBROUTE_CONFIG"
reload
ends_with 6 usbroute guest assign windows --yes --json
grep '"code":"no-root-port"' err
grep -- '-device pcie-root-port,id=usbroute-rp1,chassis=201' err
are_on ehci-pci
SCRIPT
}

@test "only the control socket is asked, and a client that is not root may look" {
    inside <<'SCRIPT'
start
guest_runs
control 'assign windows look' | grep '^ok -- windows has no controller of the host; 2 of its root ports are free'
control 'assign windows' | grep '^error usage assign takes a guest'
control 'assign mac look' | grep '^error no-such-guest'
SCRIPT
}

@test "a guest whose controllers come while it runs gets root ports in its lines, and no controller" {
    sed 's|^\[guest.windows\]|&\nqmp = "/run/usbroute/windows.qmp"\nbind = "running"|' \
        "$BATS_TEST_DIRNAME/../machines/z97e-itx-ac/etc/usbroute/usbroute.toml" > "$BATS_TEST_TMPDIR/usbroute.toml"
    run usbroute -q --config "$BATS_TEST_TMPDIR/usbroute.toml" guest lines windows --qemu
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"-device pcie-root-port,id=usbroute-rp1,chassis=201"* ]]
    [[ "$output" == *"-device pcie-root-port,id=usbroute-rp2,chassis=202"* ]]
    [[ "$output" != *vfio-pci* ]]
}
