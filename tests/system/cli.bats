#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# The real usbroute on copies of recorded machines: what it prints, where, and with which exit code.
#
#   USBROUTE_BIN=build/release/bin bats tests/system/cli.bats
#
# setpci reads the copy's registers as an independent witness: exactly the bits that were asked for have changed.

bats_require_minimum_version 1.5.0

setup() {
    load machine
    on z97e-itx-ac
}

usb() { usbroute --root "$machine" "$@"; }

# "XUSB2PR USB3_PSSEN" of the copy, as setpci reads them.
registers() {
    command -v setpci > /dev/null || skip "setpci is not installed"
    setpci -A linux-sysfs -O "sysfs.path=$machine/sys/bus/pci" -s "${1:-00:14.0}" d0.l d8.l | tr '\n' ' ' | sed 's/ $//'
}

# Everything in the machine's configuration space outside the two registers that a move writes.
rest_of_config() {
    python3 - "$machine/sys/bus/pci/devices/0000:00:14.0/config" << 'PYTHON'
import hashlib, sys
data = bytearray(open(sys.argv[1], "rb").read())
data[0xD0:0xD4] = data[0xD8:0xDC] = b"\0\0\0\0"
print(hashlib.sha256(data).hexdigest())
PYTHON
}

# --- reading -----------------------------------------------------------------------------------------------------

@test "without a command it shows what belongs to whom, and draws no picture into a pipe" {
    run --separate-stderr usb
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "${lines[0]}" = "profile all-host · the host has all 14 connectors · 9-series chipset" ]
    [ "${lines[1]}" = "CONNECTOR   OWNER  SIDE  PLUGGED IN" ]
    [[ "$output" == *$'\n\nCONNECTOR   OWNER  SIDE  PLUGGED IN\nrear-1      host   xHCI  Logitech USB Keyboard (046d:c31c)\n'* ]]
    [[ "$output" == *"rear-6      host   xHCI  Samsung Portable SSD T5 (04e8:61f5), sdc mounted on /media/user/My Backup"* ]]
}

@test "a picture is written to a file or not at all" {
    cd "$BATS_TEST_TMPDIR"
    usb picture --svg desk.svg
    python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("desk.svg")'
    run usb picture --svg no/such/place.svg
    [ "$status" -eq 1 ]
    [[ "$output" == "usbroute: cannot write no/such/place.svg: No such file or directory" ]]
    run usb picture --svg - --json
    [ "$status" -eq 2 ]
    [ "$(usb picture --json)" = "$(usb status --json)" ]
}

@test "every machine can be shown, in every way, without a complaint" {
    for path in "$machines"/*/; do
        on "$(basename "$path")"
        for words in "status" "status -v" "regs" "status --json" "regs --json" "config check" "config show" "config show --json"; do
            # shellcheck disable=SC2086
            run --separate-stderr usb $words
            # Some have a profile with a socket that firmware pins, which config check is there to say.
            if [ "$words $status" = "config check 1" ] && [[ "$stderr" == *"cannot be applied "*": firmware does not let bit "* ]]; then
                continue
            fi
            [ "$status" -eq 0 ] || { echo "$machine: $words: $status: $stderr"; false; }
            [ -z "$stderr" ] || { echo "$machine: $words: $stderr"; false; }
        done
    done
}

@test "JSON is one document with a schema number" {
    for words in "status" "regs" "mask 0x00ff" "mask rear-1" "plan move rear-3 --to ehci"; do
        # shellcheck disable=SC2086
        run --separate-stderr usb $words --json
        [ "$status" -eq 0 ]
        [ "${#lines[@]}" -eq 1 ]
        python3 -c 'import json,sys; assert json.loads(sys.argv[1])["schema"] == 1' "$output"
    done
}

@test "reading and planning leave every file as it was" {
    before=$(cd "$machine" && find . -type f -exec sha256sum {} + | sort)
    usb; usb regs; usb mask 0x00ff; usb plan toggle; usb move rear-3 --to ehci --dry-run; usb config check
    after=$(cd "$machine" && find . -type f -exec sha256sum {} + | sort)
    [ "$before" = "$after" ]
    [ ! -e "$machine/run" ]
}

@test "a hostile device cannot write on the terminal" {
    on amd-a520m
    run usb status -v
    [ "$status" -eq 0 ]
    # shellcheck disable=SC2076
    [[ ! "$output" =~ $'\e' ]]
    [[ "$output" == *'\x1b[31mEvil'* ]]
}

@test "registers that cannot be read: what is known is shown, exit 5" {
    truncate -s 64 "$machine/sys/bus/pci/devices/0000:00:14.0/config"
    for words in "status" "regs"; do
        run --separate-stderr usb $words
        [ "$status" -eq 5 ]
        [ -n "$output" ]
        [[ "$stderr" == "usbroute: cannot read the"*"registers of 0000:00:14.0"*"run it as root"* ]]
    done
    # A keyboard that the xHCI sees is on xHCI, whatever can be read.
    run --separate-stderr usb
    [[ "$output" == *"rear-1      host     xHCI  Logitech USB Keyboard"* ]]
    run --separate-stderr usb move rear-3 --to ehci
    [ "$status" -eq 5 ]
}

@test "an xHCI that is not in the chip table is shown raw and never written" {
    on qemu-q35
    run usb regs
    [[ "$output" == *"not in the chip table: read, never written"* ]]
    [[ "$output" != *XUSB2PR* ]]
    run --separate-stderr usb move stick --to ehci
    [ "$status" -eq 6 ]
    run --separate-stderr usb mask 0x00ff
    [ "$status" -eq 6 ]
}

@test "colour only where it is wanted" {
    run usb
    [[ "$output" != *$'\e'* ]]
    run usb --color always
    [[ "$output" == *$'\e['* ]]
    CLICOLOR_FORCE=1 run usb
    [[ "$output" == *$'\e['* ]]
    NO_COLOR=1 CLICOLOR_FORCE=1 run usb
    [[ "$output" != *$'\e'* ]]
}

@test "nothing but ASCII where the locale is not UTF-8" {
    LC_ALL=C run usb
    [ "${lines[0]}" = "profile all-host | the host has all 14 connectors | 9-series chipset" ]
    LC_ALL=C run usb plan move rear-1 --to ehci --yes
    [ -z "$(printf '%s' "$output" | LC_ALL=C grep '[^ -~]')" ]
}

# --- masks -------------------------------------------------------------------------------------------------------

@test "mask 0x00ff is the HOWTO's example: the six of EHCI #2 go to EHCI" {
    run usb mask 0x00ff
    [ "$status" -eq 0 ]
    [[ "$output" == *"0, EHCI: rear-3, rear-4, rear-5, rear-6, internal-5, internal-6"* ]]
    [[ "$output" == *"setpci -s 0000:00:14.0 d0.l=ff:3fff"* ]]
}

@test "the setpci line that mask gives does the same as move" {
    line=$(usb mask rear-1 rear-2 --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["values"][0]["setpci"])')
    ${line/setpci/setpci -A linux-sysfs -O "sysfs.path=$machine/sys/bus/pci"}
    by_setpci=$(registers)
    on z97e-itx-ac
    usb move rear-1 rear-2 --to ehci --yes
    [ "$(registers)" = "$by_setpci" ]
}

@test "a mask that is none is a usage error, a name that is none is exit 4" {
    for word in 0x 0xzz 0x100000000 0b2; do
        run --separate-stderr usb mask $word
        [ "$status" -eq 2 ]
    done
    run --separate-stderr usb mask raer-1
    [ "$status" -eq 4 ]
    [ "$stderr" = "usbroute: there is no connector raer-1 with a mux bit; did you mean rear-1?" ]
    run --separate-stderr usb mask 15
    [ "$status" -eq 4 ]
}

# --- moving ------------------------------------------------------------------------------------------------------

@test "a move changes exactly its bits and says nothing" {
    [ "$(registers)" = "00003fff 0000003f" ]
    rest=$(rest_of_config)
    run --separate-stderr usb move rear-3 --to ehci
    [ "$status" -eq 0 ]
    [ -z "$output$stderr" ]
    [ "$(registers)" = "00003eff 0000003b" ]
    [ "$(rest_of_config)" = "$rest" ]
}

@test "bits that are not ours stay as they were" {
    on gigabyte-x99-ud4
    [ "$(registers)" = "00007fff 0000003f" ]
    usb move rear-2 --to ehci
    [ "$(registers)" = "00007dff 0000003d" ]
}

@test "undo takes back what was done, once for each change" {
    usb move rear-3 --to ehci
    usb move rear-5 --to ehci
    usb undo
    [ "$(registers)" = "00003eff 0000003b" ]
    usb undo
    [ "$(registers)" = "00003fff 0000003f" ]
    run --separate-stderr usb undo
    [ "$status" -eq 6 ]
}

@test "toggle goes round and comes back" {
    usb toggle --yes
    [ "$(registers)" = "00003ff2 0000003e" ]
    run usb
    [[ "${lines[0]}" == "profile desk-on-ehci · "* ]]
    usb toggle
    [ "$(registers)" = "00003fff 0000003f" ]
}

@test "apply makes a profile hold" {
    usb apply desk-on-ehci --yes
    [ "$(registers)" = "00003ff2 0000003e" ]
    usb apply all-host
    [ "$(registers)" = "00003fff 0000003f" ]
}

@test "-v says what was done, --json gives the answer" {
    run usb move rear-3 --to ehci -v
    [ "$output" = "rear-3 is on EHCI" ]
    run --separate-stderr usb move rear-5 --to ehci --json
    [ "$output" = '{"ok":true,"owners":{"ehci":["rear-5"]}}' ]
}

@test "a dry run shows the plan and touches nothing" {
    run --separate-stderr usb move rear-3 --to ehci --dry-run
    [ "$status" -eq 0 ]
    [ "$output" = "$(usb plan move rear-3 --to ehci)" ]
    [[ "$output" == *"2. XUSB2PR 0x3fff -> 0x3eff (bit 8)"* ]]
    [ "$(registers)" = "00003fff 0000003f" ]
}

@test "moving to where it is already is no error and no write" {
    before=$(stat -c %Y%y "$machine/sys/bus/pci/devices/0000:00:14.0/config")
    usb move rear-3 --to host
    [ "$(stat -c %Y%y "$machine/sys/bus/pci/devices/0000:00:14.0/config")" = "$before" ]
}

@test "a change that was interrupted is brought to an end first" {
    mkdir -p "$machine/run/usbroute/state"
    # Half of "move rear-3 to ehci": SuperSpeed is off, the wires are still on xHCI.
    printf '%s\n' "usbroute-journal 3" "begin move 0000:00:14.0 100:100:0 4:4:0 0 - - move rear-3 to ehci" > "$machine/run/usbroute/state/journal"
    setpci -A linux-sysfs -O "sysfs.path=$machine/sys/bus/pci" -s 00:14.0 d8.l=0:4
    run --separate-stderr usb move rear-5 --to ehci
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"\"move rear-3 to ehci\" was interrupted: it was half done and has been taken back"* ]]
    [ "$(registers)" = "00003bff 0000002f" ]
}

# --- refusals ----------------------------------------------------------------------------------------------------

@test "a refusal is exit 6 with reason and remedy, and nothing is touched" {
    run --separate-stderr usb move rear-6 --to ehci
    [ "$status" -eq 6 ]
    [ "$stderr" = "usbroute: rear-6 holds disk sdc, which the host uses: sdc > sdc1 > /media/user/My Backup; unmount it, or force it by name: --force-disk sdc" ]
    run --separate-stderr usb move rear-1 --to windows
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"give it first: sudo usbroute guest bind windows" ]]
    [ "$(registers)" = "00003fff 0000003f" ]
}

@test "a file system on two disks keeps both, whichever its mount names first" {
    mounts=$machine/proc/self/mountinfo
    sed -i '/sd[bc]/d' "$mounts"
    cp "$mounts" "$BATS_TEST_TMPDIR/mounts"
    for line in "0:45 / /srv/pool rw,relatime shared:60 - bcachefs /dev/sdb1:/dev/sdc1 rw,metadata_replicas=2" \
        "8:33 / /srv/pool rw,relatime shared:60 - xfs /dev/sdc1 rw,attr2,logdev=/dev/sdb1,noquota"; do
        cp "$BATS_TEST_TMPDIR/mounts" "$mounts"
        echo "90 27 $line" >> "$mounts"
        run --separate-stderr usb plan move rear-4 --to ehci
        [ "$status" -eq 6 ]
        [[ "$stderr" == *"sdb > sdb1 > /srv/pool;"* ]]
        run --separate-stderr usb plan move rear-6 --to ehci
        [ "$status" -eq 6 ]
        [[ "$stderr" == *"sdc > sdc1 > /srv/pool;"* ]]
    done
}

@test "with a mount list that is too long to be read, every disk is in use" {
    yes "$(printf 'x%.0s' {1..4000})" | head -c 17M >> "$machine/proc/self/mountinfo"
    run --separate-stderr usb plan move rear-4 --to ehci
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"proc/self/mountinfo is longer than 16 MiB"* ]]
}

@test "a disk moves when it is forced by its own name, not by another's" {
    run --separate-stderr usb move rear-6 --to ehci --force-disk sdb
    [ "$status" -eq 6 ]
    run --separate-stderr usb move rear-6 --to ehci --yes
    [ "$status" -eq 6 ]
    usb move rear-6 --to ehci --force-disk sdc
    [ "$(registers)" = "000037ff 0000001f" ]
}

@test "the last keyboard goes to a guest only when somebody says yes" {
    on z97-guest
    run --separate-stderr usb move rear-1 --to windows
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"rear-1 holds the host's only keyboard"* ]]
    usb move rear-1 --to windows --yes
    [ "$(registers)" = "00003ffa 0000003e" ]
}

@test "no such connector, profile or guest is exit 4 and asks what was meant" {
    run --separate-stderr usb move raer-1 --to ehci
    [ "$status" -eq 4 ]
    [ "$stderr" = "usbroute: there is no connector raer-1; did you mean rear-1?" ]
    run --separate-stderr usb apply all-hosts
    [ "$status" -eq 4 ]
    [[ "$stderr" == *"did you mean all-host?" ]]
    run --separate-stderr usb move rear-1 --to window
    [ "$status" -eq 4 ]
    [[ "$stderr" == *"did you mean windows?" ]]
    run --separate-stderr usb move "rear-1 windows" --to ehci
    [ "$status" -eq 4 ]
}

@test "a hidden EHCI and an empty mask are refusals" {
    on macbookpro12-1
    run --separate-stderr usb move left --to ehci
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"which is not on the bus"* ]]
    on hp-500-502nj
    run --separate-stderr usb move rear-2 --to xhci
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"XUSB2PRM is 0x0000"* ]]
}

@test "without the right to write it is exit 5" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
    command -v setpriv > /dev/null || skip "setpriv is not installed"
    open_to_all
    run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups "$open/usbroute" --root "$machine" move rear-3 --to ehci
    [ "$status" -eq 5 ]
    [[ "$stderr" == *"run it as root, or ask the daemon"* ]]
    [ "$(registers)" = "00003fff 0000003f" ]
    # Looking needs no rights in a recorded machine.
    run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups "$open/usbroute" --root "$machine"
    [ "$status" -eq 0 ]
}

@test "an error in JSON is an object with a code, on stderr" {
    run --separate-stderr usb move rear-6 --to ehci --json
    [ "$status" -eq 6 ]
    [ -z "$output" ]
    [ "$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["code"])' "$stderr")" = disk-in-use ]
    run --separate-stderr usb mvoe --json
    [ "$status" -eq 2 ]
    [ "$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["code"])' "$stderr")" = usage ]
}

# --- usage -------------------------------------------------------------------------------------------------------

@test "usage errors are exit 2, one line on stderr" {
    for words in "mov x" "move" "move rear-1" "apply" "apply a b" "undo x" "regs x" "config" "config chekc" "--jsn" "status --to ehci" \
        "plan" "plan mvoe" "plan move" "plan apply" "plan undo --to host" "--color red" "--timeout soon" "--direct --socket /x" \
        "move rear-1 --to ehci --revert-after 30s" "mask 0x1 0x2" "move rear-1 --to ehci --force-disk a/b" "-q -v" "--root"; do
        # shellcheck disable=SC2086
        run --separate-stderr usb $words
        [ "$status" -eq 2 ] || { echo "$words: $status"; false; }
        [ -z "$output" ]
        [ "${#stderr_lines[@]}" -eq 1 ] || { echo "$words: $stderr"; false; }
        [[ "$stderr" == "usbroute: "* ]]
    done
}

@test "a root that is no directory is a usage error" {
    run --separate-stderr usbroute --root "$BATS_TEST_TMPDIR/nowhere"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"No such file or directory" ]]
}

@test "help begins with examples, for the whole and for each command" {
    run usbroute --help
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "examples:" ]
    for command in status move apply toggle undo plan watch mask regs config version; do
        [[ "$output" == *"  $command"* ]]
        run --separate-stderr usbroute $command --help
        [ "$status" -eq 0 ]
        [[ "${lines[0]}" == "usage: usbroute $command"* ]]
        [ "${lines[2]}" = "examples:" ]
        run usbroute --help
    done
}

@test "a full disk is not success" {
    [ -e /dev/full ] || skip "no /dev/full"
    run --separate-stderr bash -c "usbroute --root '$machine' > /dev/full"
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"cannot write the output"* ]]
}

# --- configuration -----------------------------------------------------------------------------------------------

@test "config init is right as printed on every recorded machine, with the configuration that is there and without one" {
    for one in "$machines"/*; do
        for config in "" "--config=$dir/none/usbroute.toml"; do
            mkdir -p "$dir/none"
            usbroute --root "$one" config init ${config:+"$config"} > "$dir/new.toml"
            run --separate-stderr usbroute --root "$one" config check --config "$dir/new.toml"
            echo "${one##*/} $config: $status $output $stderr"
            [ "$status" -eq 0 ]
        done
    done
}

@test "config init --write makes the file, whole, and never over another" {
    rm "$settings"
    printed=$(usb config init)
    usb config init --write
    usb config check
    [[ $printed == "$(cat "$settings")" ]]
    [ "$(stat -c %a "$settings")" = 644 ]
    [ "$(ls "${settings%/*}")" = usbroute.toml ]
    sum=$(sha256sum "$settings")
    run --separate-stderr usb config init --write
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"already exists and was not changed"* ]]
    [ "$(sha256sum "$settings")" = "$sum" ]
    run --separate-stderr usb config check --write
    [ "$status" -eq 2 ]
    usb config init --json | python3 -c 'import json, sys; v = json.load(sys.stdin); assert v["written_to"] is None and "[guest.windows]" in v["toml"]'
}

@test "config init uses the names that map has given, and leaves them where they are" {
    printf '[connector.keys]\nmux_bit = 2\n' > "${settings%/*}/connectors.toml"
    rm "$settings"
    usb config init --write
    grep -q '^windows = \["keys"' "$settings"
    not grep -q '^\[connector.keys\]' "$settings"
    usb config check
}

@test "config check counts what there is" {
    run --separate-stderr usb config check
    [ "$status" -eq 0 ]
    [ "$output" = "ok: 14 connectors, 1 guest, 3 profiles, 3 listeners" ]
}

@test "config check names file and line of every mistake" {
    printf '%s\n' '[connector.a]' 'mux_bitt = 1' '[connector.b]' 'mux_bit = 99' > "$BATS_TEST_TMPDIR/bad.toml"
    run --separate-stderr usb config check --config "$BATS_TEST_TMPDIR/bad.toml"
    [ "$status" -eq 1 ]
    [ "${#stderr_lines[@]}" -ge 2 ]
    [[ "$stderr" == *"bad.toml:2:"*"unknown key 'mux_bitt'"* ]]
    [[ "$stderr" == *"bad.toml:4:"* ]]
}

@test "config check compares with the chip" {
    printf '%s\n' '[connector.a]' 'mux_bit = 14' '[connector.b]' 'mux_bit = 1' 'superspeed = 7' > "$BATS_TEST_TMPDIR/odd.toml"
    run --separate-stderr usb config check --config "$BATS_TEST_TMPDIR/odd.toml"
    [ "$status" -eq 1 ]
    [[ "${stderr_lines[0]}" == *"odd.toml:1:"*"connector a: mux_bit = 14 is USB-R"* ]]
    [[ "${stderr_lines[1]}" == *"odd.toml:3:"*"connector b: superspeed = 7, but the 9-series chipset has SuperSpeed ports 1 to 6" ]]
}

@test "config show can be read again" {
    usb config show > "$BATS_TEST_TMPDIR/shown.toml"
    run usb config check --config "$BATS_TEST_TMPDIR/shown.toml"
    [ "$output" = "ok: 14 connectors, 1 guest, 3 profiles, 3 listeners" ]
    [ "$(usb config show --config "$BATS_TEST_TMPDIR/shown.toml" | grep -v '^#')" = "$(usb config show | grep -v '^#')" ]
}

@test "a configuration that cannot be read stops everything, exit 1" {
    echo 'connector = [' > "$machine/etc/usbroute/usbroute.toml"
    for words in "status" "move rear-1 --to ehci" "config show"; do
        # shellcheck disable=SC2086
        run --separate-stderr usb $words
        [ "$status" -eq 1 ]
        [[ "$stderr" == *"usbroute.toml:1:"* ]]
    done
    run --separate-stderr usb status --config "$BATS_TEST_TMPDIR/nowhere.toml"
    [ "$status" -eq 1 ]
}

# --- with a daemon, and without ----------------------------------------------------------------------------------

@test "without a daemon an action is exit 3 and says how to go on" {
    for words in "move rear-1 --to host" "toggle" "undo" "watch" "status"; do
        # shellcheck disable=SC2086
        run --separate-stderr usb --socket "$BATS_TEST_TMPDIR/none.sock" $words
        [ "$status" -eq 3 ]
        [ "$stderr" = "usbroute: the daemon does not answer at $BATS_TEST_TMPDIR/none.sock: No such file or directory; start usbrouted, or run the command as root with --direct" ]
    done
}

@test "a daemon that does not answer in time is exit 7" {
    python3 - "$BATS_TEST_TMPDIR/mute.sock" << 'PYTHON' 3>&- &
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); c, _ = s.accept(); time.sleep(5)
PYTHON
    mute=$!
    until_so 'listens "$BATS_TEST_TMPDIR/mute.sock"'
    run --separate-stderr usb --socket "$BATS_TEST_TMPDIR/mute.sock" --timeout 200ms toggle
    kill $mute || true
    [ "$status" -eq 7 ]
    [[ "$stderr" == *"did not answer within 200 ms"* ]]
}

@test "an answer without end, or that is none, is a failure and not a hang" {
    for talk in 'b"x" * (2 << 20)' 'b"login: \x1b[2J\n"'; do
        rm -f "$BATS_TEST_TMPDIR/odd.sock"
        python3 - "$BATS_TEST_TMPDIR/odd.sock" "$talk" << 'PYTHON' 3>&- &
import socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); c, _ = s.accept(); c.recv(100)
try: c.sendall(eval(sys.argv[2]))
except OSError: pass
PYTHON
        odd=$!
        until_so 'listens "$BATS_TEST_TMPDIR/odd.sock"'
        run --separate-stderr usb --socket "$BATS_TEST_TMPDIR/odd.sock" toggle
        wait $odd || true
        [ "$status" -eq 1 ]
        [[ "$stderr" != *$'\e'* ]]
    done
}

# What a guest's line has carried, only the daemon knows.
without_lines() { "$@" | sed -e '/^line: /d' -e 's/"lines":\[[^]]*\]/"lines":[]/'; }

@test "through the daemon everything looks as it does alone" {
    for words in "status" "status -v" "status --json" "regs" "mask 0x00ff" "plan move rear-3 --to ehci"; do
        # shellcheck disable=SC2086
        alone+=$(without_lines usb $words)
    done
    start
    for words in "status" "status -v" "status --json" "regs" "mask 0x00ff" "plan move rear-3 --to ehci"; do
        # shellcheck disable=SC2086
        together+=$(without_lines usb --socket "$socket" $words)
    done
    [ "$alone" = "$together" ] || { diff <(echo "$alone") <(echo "$together"); false; }
}

@test "through the daemon a move changes exactly its bits, and refusals and exit codes are the same" {
    start
    run --separate-stderr usb --socket "$socket" move rear-3 --to ehci
    [ "$status" -eq 0 ]
    [ -z "$output$stderr" ]
    [ "$(registers)" = "00003eff 0000003b" ]
    usb --socket "$socket" undo
    [ "$(registers)" = "00003fff 0000003f" ]
    run --separate-stderr usb --socket "$socket" move rear-6 --to ehci
    [ "$status" -eq 6 ]
    run --separate-stderr usb --socket "$socket" move nobody --to ehci
    [ "$status" -eq 4 ]
    run --separate-stderr usb --socket "$socket" apply nothing --json
    [ "$status" -eq 4 ]
    [ "$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["code"])' "$stderr")" = no-such-profile ]
}

# From some moment on the watching begins: until then it is moved there and back.
until_told() {
    until_so 'usb --socket "$socket" move rear-3 --to ehci && usb --socket "$socket" undo &&
        grep -sqx "moved ehci=rear-3" "$BATS_TEST_TMPDIR/ran"'
}

@test "watch tells each change, runs the command, and ends with 0 at Ctrl-C" {
    start
    # bats runs jobs with SIGINT ignored; env gives it back.
    env --default-signal=INT usbroute --root "$machine" --socket "$socket" watch --exec 'echo "$USBROUTE_EVENT_KIND $USBROUTE_EVENT_OWNERS" >> "'"$BATS_TEST_TMPDIR"'/ran"' \
        > "$BATS_TEST_TMPDIR/watched" 3>&- &
    watch=$!
    until_told
    kill -INT $watch
    wait $watch
    grep -qx 'moved ehci=rear-3' "$BATS_TEST_TMPDIR/watched"
}

@test "watch ends with 3 when the daemon goes" {
    start
    usb --socket "$socket" watch > "$BATS_TEST_TMPDIR/ran" 3>&- &
    watch=$!
    until_told
    kill "$daemon"
    code=0; wait $watch || code=$?
    [ $code -eq 3 ]
}

@test "watch without a daemon to ask says what it needs" {
    run --separate-stderr usb watch --direct
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"watch needs the daemon"* ]]
}

@test "the program loads nothing that makes it slow to start" {
    command -v readelf > /dev/null || skip "readelf is not installed"
    run readelf -d "$(command -v usbroute)"
    [[ "$output" != *libuv* ]]
    [[ "$output" != *libudev* ]]
}
