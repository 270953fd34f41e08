#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

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
serve() { usbroute-bind --listen --user "$(id -un)" 2>> bind.log & binder=$!; until_so '[ -S "$USBROUTE_BIND_SOCKET" ]'; }
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
ends_with 1 usbroute undo --timeout 30s
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

@test "killed at any moment of an apply the daemon comes to all of it or to nothing" {
    limit=200
    inside "${board[@]}" <<SCRIPT
$begun
for round in \$(seq 10); do
    usbroute apply three > /dev/null 2>&1 & client=\$!
    sleep "0.0\$round"
    kill -KILL \$daemon
    wait \$daemon || true
    wait \$client || true
    begin
    until_so '[ "\$(owners)" = "\$everything" ] || [ "\$(owners)" = "\$nothing" ]'
    case \$(owners) in
        "\$everything") until_so is_given; until_so '[ "\$(disk)" = usbfs ]' ;;
        *) until_so is_back; until_so '[ "\$(disk)" = usb-storage ]' ;;
    esac
    owners >> ends
    usbroute move rear-2 card-1 slot-1 slot-2 --to host
    until_so '[ "\$(owners)" = "\$nothing" ] && is_back && [ "\$(disk)" = usb-storage ]'
done
sort ends | uniq -c
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
