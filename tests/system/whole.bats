#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # what is said in single quotes is run later; `limit` is read by `inside`

# A board with the mux and two cards: one profile has sockets that go by the mux, one whose devices QEMU is given, and those of a card
# that goes whole. usbroute-bind listens by itself, as without systemd.

setup() {
    load board
    preamble <<'SCRIPT'
cat >> "$USBROUTE_CONFIG" <<TOML

[profile.three]
windows = ["rear-2", "card-1", "slot-1", "slot-2"]
TOML
export USBROUTE_BIND_SOCKET=$USBROUTE_SIM/run/bind.sock
serve() { usbroute-bind --listen --user "$(id -un)" 2>> bind.log & binder=$!; until_so 'listens "$USBROUTE_BIND_SOCKET"'; }
begin() {
    usbrouted 2>> log & daemon=$!
    until_so 'usbroute status > /dev/null 2>&1'
}
driver_of() { if [ -e "/sys/bus/pci/devices/$1/driver" ]; then basename "$(readlink "/sys/bus/pci/devices/$1/driver")"; else echo none; fi; }
owners() { usbroute status | awk '$1 ~ /^(rear-2|card-1|slot-1|slot-2)$/ { printf "%s=%s ", $1, $2 }'; }
disk() { basename "$(readlink /sys/bus/usb/devices/5-1:1.0/driver)"; }
# What the guest's machine has of the second card: "yes" or "no".
in_guest() { control 'assign windows look' | grep -q '0000:04:00.0' && echo yes || echo no; }
is_given() { [ "$(driver_of 0000:04:00.0)" = vfio-pci ] && [ "$(in_guest)" = yes ]; }
is_back() { [ "$(driver_of 0000:04:00.0)" = xhci_hcd ] && [ "$(in_guest)" = no ]; }
nothing='rear-2=host card-1=host slot-1=host slot-2=host '
everything='rear-2=windows card-1=windows slot-1=windows slot-2=windows '
guest_comes() { sim guest start windows; until_so 'control "assign windows look" | grep -q "root ports are free"'; }
SCRIPT
    board=(--board "$USBROUTE_BIN/../machines/z97-two-cards")
    begun='serve; begin; guest_comes; [ "$(owners)" = "$nothing" ]'
}

@test "one profile goes by three means, and undo takes back all of it" {
    inside "${board[@]}" <<SCRIPT
$begun
usbroute plan apply three | tee plan
grep 'XUSB2PR' plan
grep '"execute":"device_add"' plan
grep 'device_add vfio-pci,host=0000:04:00.0,id=usbroute-04-00-0' plan
usbroute apply three
[ "\$(owners)" = "\$everything" ]
is_given
[ "\$(disk)" = usbfs ]
usbroute status | grep 'profile three'
usbroute undo
[ "\$(owners)" = "\$nothing" ]
is_back
[ "\$(disk)" = usb-storage ]
usbroute apply three; is_given
usbroute move slot-1 slot-2 --to host; is_back
SCRIPT
}

@test "a trial of three means ends with all of them" {
    inside "${board[@]}" <<SCRIPT
$begun
usbroute apply three --revert-after 1s
is_given
wait_for 'trial reverted' log
until_so '[ "\$(owners)" = "\$nothing" ]'
until_so is_back
until_so '[ "\$(disk)" = usb-storage ]'
SCRIPT
}

@test "a part of the card is refused with what else goes, and so is anything without usbroute-bind" {
    inside "${board[@]}" <<SCRIPT
begin; guest_comes
ends_with 6 usbroute move slot-1 slot-2 --to windows --json
grep '"code":"no-binder"' err; grep 'usbroute-bind.socket' err
serve
ends_with 6 usbroute move slot-1 --to windows --json
grep '"code":"whole-controller"' err; grep 'usbroute move slot-1 slot-2 --to windows' err
ends_with 6 usbroute move slot-1 slot-2 --to none
[ "\$(owners)" = "\$nothing" ]
is_back
SCRIPT
}

@test "a card that the guest does not get has everything else go back" {
    inside "${board[@]}" <<SCRIPT
$begun
# Nobody answers any more: the card is the last to go.
kill "\$binder"; wait "\$binder" || true
ends_with 1 usbroute apply three
grep 'usbroute-bind is not running' err; grep 'the machine is as before' err
[ "\$(owners)" = "\$nothing" ]
is_back
[ "\$(disk)" = usb-storage ]
SCRIPT
}

@test "a guest that does not let go keeps the card and everything else, and has it again after a reset" {
    inside "${board[@]}" <<SCRIPT
$begun
usbroute apply three
sim guest hang windows
ends_with 7 usbroute undo --timeout 30s
grep 'windows has not let go of 0000:04:00.0' err; grep 'system_reset in its monitor' err
[ "\$(owners)" = "\$everything" ]
[ "\$(driver_of 0000:04:00.0)" = vfio-pci ]
[ "\$(disk)" = usbfs ]
sim guest reset windows
until_so is_given
usbroute undo
[ "\$(owners)" = "\$nothing" ]
is_back
SCRIPT
}

@test "a guest that ends leaves the card to the host, and has it again when it comes back" {
    inside "${board[@]}" <<SCRIPT
$begun
usbroute apply three
is_given
sim guest kill windows
wait_for 'guest windows is gone' log
until_so '[ "\$(driver_of 0000:04:00.0)" = xhci_hcd ]'
sim guest start windows
until_so is_given
SCRIPT
}

# The moments are others each time; which they were is printed, and each of them has to do.
@test "killed at any moment of a change, there or back, the daemon comes to all of it or to nothing" {
    limit=300
    inside "${board[@]}" <<SCRIPT
$begun
comes_to_one_side() {
    until_so '[ "\$(owners)" = "\$everything" ] || [ "\$(owners)" = "\$nothing" ]'
    case \$(owners) in
        "\$everything") until_so is_given; until_so '[ "\$(disk)" = usbfs ]' ;;
        *) until_so is_back; until_so '[ "\$(disk)" = usb-storage ]' ;;
    esac
    # Nothing is left to do, and nothing is said to wait.
    until_so '[ -z "\$(usbroute status --json | jq -r ".connectors[].waits[]?.code")" ]'
}
for round in \$(seq 16); do
    case \$(owners) in
        "\$nothing") wish='apply three' ;;
        *) wish='move rear-2 card-1 slot-1 slot-2 --to host' ;;
    esac
    usbroute \$wish > /dev/null 2>&1 & client=\$!
    moment=\$(printf '0.%03d' \$((RANDOM % 150)))
    sleep "\$moment"
    kill -KILL \$daemon
    code=0; wait \$daemon || code=\$?
    [ \$code -eq 137 ] # and by nothing else
    wait \$client || true
    begin
    comes_to_one_side
    echo "\$wish, killed after \$moment s: \$(owners)"
    # Half of the rounds begin where the one before has ended.
    if [ \$((round % 4)) -eq 0 ]; then
        usbroute \$wish > /dev/null
        comes_to_one_side
    fi
done
if grep -E 'bug|terminate|overflow' log; then exit 1; fi
SCRIPT
}

@test "killed between the guest's letting go and the host's drivers, the daemon sees to these" {
    inside "${board[@]}" <<SCRIPT
$begun
usbroute move card-1 --to windows
[ "\$(disk)" = usbfs ]
usbroute move card-1 --to host
[ "\$(disk)" = usb-storage ]
kill -KILL \$daemon; wait \$daemon || true
# Its journal and the device as they are at that moment: begun, and nobody's driver.
grep '^begin' "\$USBROUTE_STATE_DIR/journal" | tail -n 1 >> "\$USBROUTE_STATE_DIR/journal"
python3 - <<PYTHON
import fcntl, os, pathlib, struct
place = pathlib.Path("/sys/bus/usb/devices/5-1")
bus, number = (int((place / name).read_text()) for name in ("busnum", "devnum"))
node = os.open(f"/dev/bus/usb/{bus:03}/{number:03}", os.O_RDWR)
USBDEVFS_IOCTL, USBDEVFS_DISCONNECT = 0xC0105512, 0x5516
fcntl.ioctl(node, USBDEVFS_IOCTL, struct.pack("iiP", 0, USBDEVFS_DISCONNECT, 0))
PYTHON
[ ! -e /sys/bus/usb/devices/5-1:1.0/driver ]
begin
wait_for 'move card-1 to host" was interrupted' log
until_so '[ "\$(disk)" = usb-storage ]'
[ "\$(owners)" = "\$nothing" ]
SCRIPT
}

@test "a daemon without any right, confined, has root bind the card and bind it back" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    inside "${board[@]}" <<'SCRIPT'
chmod 1777 "$USBROUTE_SIM"; chmod -R a+rX "$USBROUTE_SIM"
chown -R nobody "$USBROUTE_STATE_DIR" "$USBROUTE_LASTING_DIR"
usbroute-bind --listen --user nobody 2>> bind.log &
until_so 'listens "$USBROUTE_BIND_SOCKET"'
usbrouted --user nobody 2>> log & daemon=$!
until_so 'usbroute status > /dev/null 2>&1'
sim guest start windows; sim settle
chmod 666 "$USBROUTE_SIM/run/windows.qmp"
until_so 'control "assign windows look" | grep -q "root ports are free"'
[ "$(stat -c %U "/proc/$daemon")" = nobody ] || [ "$(awk '/^Uid:/ { print $2 }' "/proc/$daemon/status")" = "$(id -u nobody)" ]
usbroute move slot-1 slot-2 --to windows
is_given
usbroute undo
is_back
SCRIPT
}

@test "usbroute-bind takes no disk from the host, and no group that has something else of its" {
    inside "${board[@]}" <<'SCRIPT'
serve
ask() { printf '%s\n' "$1" | nc -N -w 20 -U "$USBROUTE_BIND_SOCKET"; }
sim plug slot-2 disk; sim settle
partition=$(basename "$(find -L /sys/block/*/ -maxdepth 1 -name 'sd[d-z]1' 2> /dev/null | head -n 1)")
sim mount "$partition" /mnt/backup
ask 'give 0000:04:00.0' | tee answer
grep '^no refused disk-in-use 0000:04:00.0 has disk sd' answer
[ "$(driver_of 0000:04:00.0)" = xhci_hcd ]
sim umount /mnt/backup
# The controller of the host's own disk is in the same group from now on.
sata=$(dirname "$(grep -l 0x0106 /sys/bus/pci/devices/*/class)")
ln -sfn ../../../kernel/iommu_groups/16 "$USBROUTE_SIM/sys/devices/pci0000:00/$(basename "$sata")/iommu_group"
ask 'give 0000:04:00.0' | tee answer
grep "^no refused group-shared 0000:04:00.0 shares IOMMU group 16 with $(basename "$sata")" answer
[ "$(driver_of 0000:04:00.0)" = xhci_hcd ]
[ "$(cat /sys/bus/pci/devices/0000:04:00.0/driver_override)" != vfio-pci ]
SCRIPT
}

@test "usbroute-bind serves root and one user, whatever the mode of its socket" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    command -v setpriv > /dev/null || skip "setpriv is not installed"
    inside "${board[@]}" <<'SCRIPT'
doors=$(mktemp -d /tmp/usbroute-bind.XXXXXX); trap 'rm -r "$doors"' EXIT
chmod 755 "$doors"
export USBROUTE_BIND_SOCKET=$doors/bind.sock
ask_as() { printf 'give 0000:04:00.0\n' | $outside setpriv --reuid="$1" --regid="$1" --clear-groups nc -N -w 20 -U "$USBROUTE_BIND_SOCKET"; }
usbroute-bind --listen --user daemon 2>> bind.log & binder=$!
until_so 'listens "$USBROUTE_BIND_SOCKET"'
until_so '[ "$(stat -c "%a %U" "$USBROUTE_BIND_SOCKET")" = "600 daemon" ]'
if ask_as 65534 > answer 2>&1; then exit 1; fi
[ "$(driver_of 0000:04:00.0)" = xhci_hcd ]
chmod 666 "$USBROUTE_BIND_SOCKET"
# It is told no before it has asked, so that it may not get to read that.
ask_as 65534 > answer 2>&1 || true
not grep '^ok' answer
[ "$(driver_of 0000:04:00.0)" = xhci_hcd ]
$outside setpriv --reuid=65534 --regid=65534 --clear-groups nc -w 20 -U "$USBROUTE_BIND_SOCKET" < /dev/null > answer
grep '^no not-permitted not-permitted only root and daemon may ask' answer
[ "$(driver_of 0000:04:00.0)" = xhci_hcd ]
[ "$(ask_as "$(id -u daemon)")" = ok ]
[ "$(driver_of 0000:04:00.0)" = vfio-pci ]
SCRIPT
}

@test "usbroute-bind reads nobody's configuration but root's" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    inside "${board[@]}" <<'SCRIPT'
serve
ask() { printf '%s\n' "$1" | nc -N -w 20 -U "$USBROUTE_BIND_SOCKET"; }
chown nobody "$USBROUTE_CONFIG"
ask 'give 0000:04:00.0' | tee answer
grep '^no ' answer; not grep '^ok' answer
chown root "$USBROUTE_CONFIG"; chmod 666 "$USBROUTE_CONFIG"
ask 'give 0000:04:00.0' | tee answer
grep '^no ' answer; not grep '^ok' answer
[ "$(driver_of 0000:04:00.0)" = xhci_hcd ]
chmod 644 "$USBROUTE_CONFIG"
[ "$(ask 'give 0000:04:00.0')" = ok ]
SCRIPT
}

@test "usbroute-bind binds what root has named, for whoever may ask, and nothing else" {
    inside "${board[@]}" <<'SCRIPT'
serve
ask() { printf '%s\n' "$1" | nc -N -w 20 -U "$USBROUTE_BIND_SOCKET"; }
[ "$(usbroute-bind --show)" = '0000:04:00.0 windows xhci_hcd' ]
ask 'give 0000:03:00.0' | grep '^no refused not-named the configuration names 0000:03:00.0 in on_move of no guest'
ask 'give 0000:00:14.0' | grep '^no refused not-named'
ask 'give 0000:00:1d.0' | grep '^no refused not-named'
for line in 'give 04:00.0' 'give 0000:04:00.0 ' ' give 0000:04:00.0' 'give 0000:04:00.0;x' 'GIVE 0000:04:00.0' 'give ../../0000:04:00.0' 'bind 0000:04:00.0' give ''; do
    ask "$line" | grep '^no failed not-a-question say: give'
done
# More than a question is: it is hung up on.
if ask "$(printf 'x%.0s' $(seq 5000))" | grep '^ok'; then exit 1; fi
[ "$(driver_of 0000:04:00.0)" = xhci_hcd ]; [ "$(driver_of 0000:03:00.0)" = xhci_hcd ]
[ "$(ask 'give 0000:04:00.0')" = ok ]
[ "$(driver_of 0000:04:00.0)" = vfio-pci ]
[ "$(ask 'give 0000:04:00.0')" = ok ]
[ "$(ask 'take 0000:04:00.0')" = ok ]
[ "$(driver_of 0000:04:00.0)" = xhci_hcd ]
sed -i '/^on_move/d' "$USBROUTE_CONFIG"
ask 'give 0000:04:00.0' | grep '^no refused not-named'
SCRIPT
}
