#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Controllers given to a guest and taken back: on recorded machines, and inside the simulated board, whose kernel binds
# what is written to its files. USBROUTE_BIN names the directory with the programs.

# No daemon is up. `refused CODE WORD...` wants exit 6 with that code, and nothing touched.
setup() {
    load board
    machine=$BATS_TEST_DIRNAME/../machines/z97e-itx-ac
    preamble <<'SCRIPT'
sys=$USBROUTE_SIM/sys # links and directories: the preloaded library does not send these there
driver() { if [ -e "/sys/bus/pci/devices/$1/driver" ]; then basename "$(readlink "/sys/bus/pci/devices/$1/driver")"; else echo none; fi; }
has() { # ADDRESS DRIVER
    if [ "$(driver "$1")" != "$2" ]; then echo "$1 is on $(driver "$1") and not on $2"; return 1; fi
}
refused() { # CODE COMMAND...
    local what=$1
    shift
    ends_with 6 "$@" --json
    grep -q "\"code\":\"$what\"" err
    has 0000:00:1d.0 ehci-pci; has 0000:00:1a.0 ehci-pci
}
SCRIPT
}

@test "list has a line for each guest, and is what guest alone says" {
    run usbroute guest --root "$machine"
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "windows  0000:00:1d.0 ehci-pci, 0000:00:1a.0 ehci-pci  the host has them" ]
    [ "$output" = "$(usbroute guest list --root "$machine")" ]
}

@test "list and show as JSON have a schema" {
    [ "$(usbroute guest --root "$machine" --json | jq -r '.schema, .guests[0].name, .guests[0].controllers[0].iommu_group')" = "1
windows
9" ]
    [ "$(usbroute guest show --root "$machine" --json | jq -r '.schema, .guest.state, .guest.controllers[1].reset')" = "1
with-host
flr" ]
}

@test "a verb, a name or an option that is not known says what was meant" {
    run usbroute guest bin --root "$machine"
    [ "$status" -eq 2 ]; [ "$output" = "usbroute: there is no guest bin; did you mean bind?" ]
    run usbroute guest show widnows --root "$machine"
    [ "$status" -eq 4 ]; [[ "$output" == *"did you mean windows?" ]]
    run usbroute guest release windows --yes --root "$machine"
    [ "$status" -eq 2 ]; [[ "$output" == *"does not take --yes"* ]]
    run usbroute guest bind --root "$machine"
    [ "$status" -eq 2 ]; [[ "$output" == *"needs a name: windows"* ]]
    run usbroute guest bind windows --boot --root "$machine"
    [ "$status" -eq 2 ]
}

@test "a recorded machine shows the steps and binds nothing" {
    run usbroute guest bind windows --root "$machine"
    [ "$status" -eq 6 ]; [[ "$output" == *"--dry-run shows the steps"* ]]
    run usbroute guest bind windows --dry-run --root "$machine"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"1. echo vfio-pci > /sys/bus/pci/devices/0000:00:1d.0/driver_override"* ]]
    [[ "$output" == *"2. echo 0000:00:1d.0 > /sys/bus/pci/drivers/ehci-pci/unbind"* ]]
    [[ "$output" == *"3. echo 0000:00:1d.0 > /sys/bus/pci/drivers_probe"* ]]
    [ "$(usbroute guest bind windows --dry-run --root "$machine" --json | jq '.steps | length')" = 6 ]
}

@test "bind gives both EHCIs, release takes them back, and each twice changes nothing" {
    inside <<'SCRIPT'
usbroute guest bind windows
has 0000:00:1d.0 vfio-pci; has 0000:00:1a.0 vfio-pci; has 0000:00:14.0 xhci_hcd
[ "$(cat /sys/bus/pci/devices/0000:00:1d.0/driver_override)" = vfio-pci ]
usbroute guest | grep '^windows .* given$'
usbroute guest show windows | grep 'It can receive now: rear-1, rear-2'
usbroute guest bind windows -v | grep '0000:00:1d.0: nothing to do'
usbroute guest release windows
has 0000:00:1d.0 ehci-pci; has 0000:00:1a.0 ehci-pci
[ -z "$(tr -d '\n' < /sys/bus/pci/devices/0000:00:1d.0/driver_override)" ]
usbroute guest release windows -v | grep '0000:00:1d.0: nothing to do'
[ "$(usbroute guest bind windows --json | jq -c .changed)" = '["0000:00:1d.0","0000:00:1a.0"]' ]
SCRIPT
}

@test "dry run touches nothing, and neither does a refusal" {
    inside <<'SCRIPT'
usbroute guest bind windows --dry-run | grep 'echo vfio-pci > /sys/bus/pci/devices/0000:00:1a.0/driver_override'
has 0000:00:1d.0 ehci-pci
[ "$(cat /sys/bus/pci/devices/0000:00:1d.0/driver_override)" = "(null)" ]
SCRIPT
}

@test "the host's only keyboard keeps its controller, until it is moved first or somebody says yes" {
    inside <<'SCRIPT'
usbroute --direct move rear-1 --to ehci; sim settle
refused last-keyboard usbroute guest bind windows
grep -- '--move-first' err
usbroute guest bind windows --move-first --dry-run | grep '1. usbroute move rear-1 --to xhci'
has 0000:00:1d.0 ehci-pci
usbroute --direct guest bind windows --move-first
has 0000:00:1d.0 vfio-pci
sim settle
usbroute --direct status | grep '^rear-1 *host *xHCI *Logitech USB Keyboard'
usbroute guest release windows
usbroute --direct move rear-1 --to ehci; sim settle
usbroute guest bind windows --yes
has 0000:00:1d.0 vfio-pci
SCRIPT
}

@test "a disk that the host uses keeps its controller" {
    inside <<'SCRIPT'
usbroute --direct move rear-4 --to ehci; sim settle
sim mount sdb1 /mnt/stick
refused disk-in-use usbroute guest bind windows
grep '/mnt/stick' err
sim umount /mnt/stick
usbroute guest bind windows
has 0000:00:1a.0 vfio-pci
SCRIPT
}

@test "a group with the sound card in it is not given, and the sentence names the card" {
    inside <<'SCRIPT'
ln -sfn ../../../kernel/iommu_groups/9 "$sys/devices/pci0000:00/0000:00:1b.0/iommu_group"
refused group-shared usbroute guest bind windows
grep '0000:00:1b.0 .*snd_hda_intel' err
usbroute guest show windows | grep 'in the way: the host uses it, by snd_hda_intel'
SCRIPT
}

@test "without an IOMMU, without vfio-pci, without the controller: each is said" {
    inside <<'SCRIPT'
mv "$sys/bus/pci/drivers/vfio-pci" "$sys/bus/pci/gone"
refused vfio-not-loaded usbroute guest bind windows
grep 'modprobe vfio-pci' err
mv "$sys/bus/pci/gone" "$sys/bus/pci/drivers/vfio-pci"
mv "$sys/devices/pci0000:00/0000:00:1a.0/iommu_group" "$sys/kept"
refused iommu-off usbroute guest bind windows
grep 'intel_iommu=on' err
mv "$sys/kept" "$sys/devices/pci0000:00/0000:00:1a.0/iommu_group"
echo 1 > /sys/bus/pci/devices/0000:00:1a.0/remove; sim settle
ends_with 6 usbroute guest bind windows --json; grep '"code":"controller-not-there"' err
has 0000:00:1d.0 ehci-pci
SCRIPT
}

@test "a process that has the group open keeps the host from taking it back" {
    unshare -m true 2> /dev/null || skip "needs root: it makes a /dev/vfio of its own"
    inside <<'SCRIPT'
usbroute guest bind windows
cat > private.sh <<'PRIVATE'
. "$BATS_TEST_DIRNAME/waiting.sh"
set -eu
mkdir old
mount --rbind /dev old
mount -t tmpfs none /dev
mkdir /dev/shm /dev/vfio
mount --rbind old/shm /dev/shm
for node in null urandom; do : > /dev/$node; mount --bind old/$node /dev/$node; done
: > /dev/vfio/9
sleep 60 3< /dev/vfio/9 > /dev/null 2>&1 & holder=$!
until_so '[ "$(readlink "/proc/$holder/fd/3")" = /dev/vfio/9 ] && [ "$(cat "/proc/$holder/comm")" = sleep ]'
usbroute guest | grep "running: process $holder (sleep)"
[ "$(usbroute guest show --json | jq -c '.holders_seen, .guest.controllers[0].holders[0].process')" = "true
$holder" ]
ends_with 6 usbroute guest release windows --json
kill $holder
grep '"code":"guest-running"' err; grep "process $holder (sleep) has IOMMU group 9 open" err
PRIVATE
unshare -m --propagation private bash private.sh
has 0000:00:1d.0 vfio-pci; has 0000:00:1a.0 vfio-pci
usbroute guest release windows
has 0000:00:1d.0 ehci-pci
SCRIPT
}

@test "the xHCI can be given, and it is said what that means" {
    inside <<'SCRIPT'
sim unplug rear-6; sim settle # a mounted disk
printf '[guest.mac]\ncontrollers = ["0000:00:14.0"]\n' > mac.toml
ends_with 6 usbroute guest bind mac --config mac.toml
usbroute guest bind mac --config mac.toml --yes 2> err
grep 'it can then move every socket at will, whatever usbroute does' err
has 0000:00:14.0 vfio-pci
usbroute guest release mac --config mac.toml
has 0000:00:14.0 xhci_hcd
SCRIPT
}

@test "at boot every guest that says so is bound, and late controllers are waited for" {
    inside <<'SCRIPT'
sed 's/^when_off.*/bind = "boot"/' "$USBROUTE_CONFIG" > boot.toml
echo 1 > /sys/bus/pci/devices/0000:00:1a.0/remove; sim settle
usbroute guest bind --boot --config boot.toml --timeout 10s & binder=$!
sleep 0.5 # it looks ten times a second, and nothing shows that
has 0000:00:1d.0 ehci-pci
echo 1 > /sys/bus/pci/rescan
wait $binder
has 0000:00:1d.0 vfio-pci; has 0000:00:1a.0 vfio-pci
usbroute guest bind --boot --config boot.toml
usbroute guest bind --boot 2>&1 | grep 'no guest in the configuration has bind = "boot"'
SCRIPT
}

@test "who may not write is told the line that may" {
    inside <<'SCRIPT'
chmod 0444 "$USBROUTE_SIM/sys/devices/pci0000:00/0000:00:1d.0/driver_override"
if [ "$(id -u)" -eq 0 ]; then
    chmod 0755 "$USBROUTE_SIM" "$BATS_TEST_TMPDIR"
    as() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
else
    as() { "$@"; }
fi
ends_with 5 as usbroute guest bind windows
grep 'as root: sudo usbroute guest bind windows' err
has 0000:00:1d.0 ehci-pci
SCRIPT
}
