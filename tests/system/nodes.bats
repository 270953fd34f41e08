#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Who may open nodes of USB devices: the rules of `usbroute config udev`, as udev itself reads them, and what `config check` says of
# nodes. USBROUTE_BIN names the directory with the programs.

setup() {
    [ "$(id -u)" -eq 0 ] || skip "only root can have an /etc of its own"
    command -v udevadm > /dev/null || PATH=$PATH:/usr/sbin:/sbin command -v udevadm > /dev/null || skip "udevadm is not installed"
    unshare --mount true || skip "no mount namespaces here"
    load board
    preamble <<'SCRIPT'
PATH=$PATH:/usr/sbin:/sbin
# With a group usbroute, and no rules but those under test. Once a script has gone through it, it goes on.
if [ -z "${ALONE:-}" ]; then
    ALONE=1 exec unshare --mount --propagation private bash "$0"
fi
cd "$BATS_TEST_TMPDIR"
mkdir -p rules
for of in passwd group; do
    sed '/^usbroute:/d' /etc/$of > $of
done
echo 'usbroute:x:64998:64998::/run/usbroute:/usr/sbin/nologin' >> passwd
echo 'usbroute:x:64998:' >> group
mount --bind passwd /etc/passwd
mount --bind group /etc/group
for of in /etc/udev/rules.d /run/udev/rules.d /usr/lib/udev/rules.d /lib/udev/rules.d; do
    if [ -d "$of" ]; then mount --bind rules "$of"; fi
done
devices=$USBROUTE_SIM/sys/devices
# Another device like one that is there.
like() { # PATH OTHER-PATH
    mkdir -p "$devices/$2"
    for file in "$devices/$1"/*; do
        if [ -f "$file" ] || [ -L "$file" ]; then cp -a "$file" "$devices/$2/"; fi
    done
}
configure() { printf '%s\n' "$@" > "$USBROUTE_CONFIG"; }
a_guest='[guest.windows]
controllers = ["0000:00:1d.0"]
qmp = "/run/windows.qmp"'
make_rules() {
    usbroute config udev > made
    cp made rules/72-usbroute.rules
    # Since systemd 254.
    if udevadm verify --help > /dev/null 2>&1; then udevadm verify rules/72-usbroute.rules; fi
    cat made
}
# The devices that udev gives to the group, by the kernel's names, and what it says of the rules. To no one it gives more.
given() {
    local found name
    for found in $(find "$devices" -path '*/usb[0-9]*' -name uevent); do
        found=${found%/uevent}
        if ! grep -q DEVTYPE "$found/uevent"; then continue; fi
        name=${found##*/}
        SYSTEMD_LOG_LEVEL=debug udevadm test "/sys/devices/${found#"$devices/"}" > said 2>&1 || true
        grep -q "DEVPATH=/devices/${found#"$devices/"}\$" said || { cat said; return 1; }
        if grep -iE '72-usbroute.rules.*(unknown|invalid|ignor|fail|style)' said; then return 1; fi
        if grep -q '72-usbroute.rules:[0-9]* MODE' said; then
            grep -q '72-usbroute.rules:[0-9]* GROUP 64998' said || return 1
            [ "$(sed -n 's/.*72-usbroute.rules:[0-9]* MODE //p' said | sort -u)" = 0660 ] || return 1
            echo "$name"
        fi
    done
}
gives() { # NAMES
    given > names
    if [ "$(LC_ALL=C sort names | tr '\n' ' ')" != "$1 " ]; then echo "udev gives $(cat names)"; return 1; fi
}
SCRIPT
}

@test "udev gives the root hub, the hubs on the way, the place and all below it, and no neighbour" {
    inside --board "$USBROUTE_BIN/../machines/dock-four-deep" <<'SCRIPT'
bus=pci0000:00/0000:00:14.0
like $bus/usb1/1-8 $bus/usb1/1-1     # no hub
like $bus/usb1/1-8 $bus/usb1/1-11    # a neighbour by its digits
like $bus/usb1/1-4/1-4.4 $bus/usb1/1-4/1-4.44
like $bus/usb1/1-4/1-4.4 $bus/usb1/1-44
like $bus/usb1/1-4/1-4.4 $bus/usb1/1-44/1-44.4
like $bus/usb1/1-4/1-4.4/1-4.4.1 $bus/usb1/1-4/1-4.4/1-4.4.11
like $bus/usb1/1-8 $bus/usb2/2-1     # the same ports on the other half
like $bus/usb1/1-4 $bus/usb2/2-4
configure '[connector.desk]' 'usb = ["0000:00:14.0/4.4.1"]' "$a_guest"
make_rules
gives "1-4 1-4.4 1-4.4.1 1-4.4.1.2 1-4.4.1.2.1 1-4.4.1.2.3 1-4.4.1.4 usb1"

configure '[connector.left]' 'usb = ["0000:00:14.0/1", "0000:00:14.0/ss4"]' "$a_guest"
make_rules
gives "1-1 2-4 usb1 usb2"

# What is on the way and no hub is not given.
configure '[connector.left]' 'usb = ["0000:00:14.0/8.2"]' "$a_guest"
make_rules
gives "usb1"
SCRIPT
}

@test "udev tells the same ports of two controllers apart, and a USB 3.2 half from the other" {
    inside --board "$USBROUTE_BIN/../machines/amd-a520m" <<'SCRIPT'
one=pci0000:00/0000:00:01.2/0000:02:00.0 other=pci0000:00/0000:00:08.1/0000:30:00.3
like $other/usb3/3-1 $one/usb1/1-1
like $other/usb3/3-1 $one/usb2/2-3
like $other/usb4/4-3 $one/usb2/2-33
configure '[connector.front]' 'usb = ["0000:02:00.0/1", "0000:02:00.0/ss3"]' "$a_guest"
make_rules
gives "1-1 2-3 usb1 usb2"
configure '[connector.rear]' 'usb = ["0000:30:00.3/ss3"]' "$a_guest"
make_rules
gives "4-3 usb4"
SCRIPT
}

@test "udev gives a hub that has a name and what is at its named ports, wherever it is, and a controller by its way" {
    inside --board "$USBROUTE_BIN/../machines/dock-four-deep" <<'SCRIPT'
bus=pci0000:00/0000:00:14.0
configure '[hub.desk]' 'id = "0bda:5411"' '[connector.desk]' 'usb = ["desk/2.1"]' "$a_guest"
make_rules
gives "1-4.4.1 1-4.4.1.2 1-4.4.1.2.1"
# The rules know it by its id alone: what is at the same ports of another hub is not given.
like $bus/usb1/1-4/1-4.4/1-4.4.1 $bus/usb1/1-9
like $bus/usb1/1-8 $bus/usb1/1-9/1-9.3
like $bus/usb1/1-4/1-4.4/1-4.4.1/1-4.4.1.2 $bus/usb1/1-9/1-9.2
like $bus/usb1/1-8 $bus/usb1/1-9/1-9.2/1-9.2.1
like $bus/usb1/1-8 $bus/usb1/1-4/1-4.1/1-4.1.2
gives "1-4.4.1 1-4.4.1.2 1-4.4.1.2.1 1-9 1-9.2 1-9.2.1"
configure '[connector.left]' 'usb = ["00:14.0 8"]' "$a_guest"
make_rules
gives "1-8 usb1"
SCRIPT
    inside --board "$USBROUTE_BIN/../machines/amd-a520m" <<'SCRIPT'
one=pci0000:00/0000:00:01.2/0000:02:00.0 other=pci0000:00/0000:00:08.1/0000:30:00.3
like $other/usb3/3-1 $one/usb1/1-1
configure '[connector.front]' 'usb = ["00:01.2/00.0 1"]' "$a_guest"
make_rules
gives "1-1 usb1"
SCRIPT
}

@test "where nothing is to be given nothing is printed, and it says why" {
    inside <<'SCRIPT'
usbroute config udev > out 2> err
[ ! -s out ]
grep 'usbroute: usbrouted needs no node, so there are no rules: no connector has a place of its own' err
usbroute config udev --json | jq -e '.lines == [] and (.none | startswith("no connector"))'
configure '[connector.a]' 'usb = ["0000:02:00.0/1"]'
usbroute config udev > out 2> err
[ ! -s out ]
grep 'no guest can take devices one by one; add qmp' err
configure '[connector.a]' 'usb = ["0000:02:00.0/1"]' "$a_guest"
usbroute config udev --json | jq -e '.path == "/etc/udev/rules.d/72-usbroute.rules" and .none == null and (.lines | length > 10)'
SCRIPT
}

@test "config check warns of a node that usbrouted may not write, names the rules, and fails for nothing of it" {
    inside --board "$USBROUTE_BIN/../machines/dock-four-deep" <<'SCRIPT'
configure '[connector.desk]' 'usb = ["0000:00:14.0/4.1"]' '[guest.windows]' 'controllers = ["0000:00:14.0"]' 'qmp = "/run/w.qmp"'
usbroute config check > out 2> err
cat err
grep '^ok: 1 connector' out
grep 'usbroute: warning: .*/usbroute.toml:1:12: usbrouted may not write /dev/bus/usb/001/001 and 3 other nodes, which it needs for desk; give its group the right to: `usbroute config udev` prints the udev rules' err
usbroute config check --json | jq -e '.ok and (.warnings | length == 1)'
usbroute doctor --json | jq -e '(.next_step | contains("`usbroute config udev`"))
    and any(.findings[]; .code == "nodes-shut" and .evidence == ["usbrouted may not write /dev/bus/usb/001/001 and 3 other nodes, which it needs for desk"])'
chgrp -R 64998 "$USBROUTE_SIM/dev/bus/usb/001"
chmod -R g+rw "$USBROUTE_SIM/dev/bus/usb/001"
usbroute config check 2> err
[ ! -s err ]
usbroute doctor --json | jq -e '(.next_step | contains("sudo usbrouted")) and all(.findings[]; .code != "nodes-shut")'
SCRIPT
}
