#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# What `usbroute guest lines` and `usbroute guest setup` print, used as it is: by QEMU, by libvirt's schema, by shells,
# by systemd. No Proxmox, PowerShell or AutoHotkey is in Debian: for those there are the golden texts
# (tests/golden/guest) and a look at their brackets. USBROUTE_BIN names the directory with the programs.

# The daemon is up, and a guest may move the keyboard.
setup() {
    load board
    limit=180
    golden=$BATS_TEST_DIRNAME/../golden/guest
    preamble <<'SCRIPT'
start
relay=; machine=
trap 'kill $daemon $relay $machine 2> /dev/null || :' EXIT
# A pty whose other end is the guest's socket, as a serial line would be.
line() {
    rm -f tty
    $outside socat pty,link="$PWD/tty",rawer "unix-connect:${USBROUTE_SOCKET%/*}/windows.sock" & relay=$!
    until_so '[ -c tty ]'
}
SCRIPT
}

usbroute_desk() { usbroute -q --config "$golden/desk/usbroute.toml" "$@"; }

needs() { # program
    command -v "$1" > /dev/null || skip "$1 is not installed"
}

# QEMU started and stopped at once, with these options: prints what it says.
qemu() { # options, as a shell reads them
    eval "timeout 60 qemu-system-x86_64 -S -nodefaults -display none -M $machine -accel tcg -m 16 -monitor stdio $1" <<< quit 2>&1
}

@test "QEMU takes the serial and virtio lines on both of its machines, and connects twice" {
    needs qemu-system-x86_64
    # A path with a blank, a quote, a comma and an ampersand, that arrives whole.
    sed "s,/run/usbroute/,$BATS_TEST_TMPDIR/," "$golden/desk/usbroute.toml" > "$BATS_TEST_TMPDIR/usbroute.toml"
    for machine in q35 pc; do
        wanted=$(usbroute -q --config "$BATS_TEST_TMPDIR/usbroute.toml" guest lines linux --qemu --virtio | grep -v vfio-pci)
        # Starts the command when it listens, and ends it when both have come.
        run python3 - "$BATS_TEST_TMPDIR/a linux' line, & more.sock" \
            "exec qemu-system-x86_64 -S -nodefaults -display none -M $machine -accel tcg -m 16 $wanted" <<'PYTHON'
import socket
import subprocess
import sys

path, command = sys.argv[1:]
with socket.socket(socket.AF_UNIX) as door:
    door.bind(path)
    door.listen()
    door.settimeout(60)
    with subprocess.Popen(["sh", "-c", command]) as qemu:
        try:
            clients = [door.accept() for _ in range(2)]
            print(len(clients), "connections")
        finally:
            qemu.terminate()
PYTHON
        echo "$output"
        rm "$BATS_TEST_TMPDIR/a linux' line, & more.sock"
        [ "$status" -eq 0 ]
        [[ "$output" == *"2 connections"* ]]
        [[ "$output" != *"-device"* && "$output" != *"-chardev"* ]]
    done
}

@test "QEMU knows every option of the controllers' lines, and only misses the controller" {
    needs qemu-system-x86_64
    machine=q35
    wanted=$(usbroute_desk guest lines windows --qemu)
    # A domain that no machine of ours has, so that the test does not depend on where it runs.
    wanted=${wanted//host=0000:/host=ffff:}
    run qemu "$wanted"
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *"vfio-pci,host=ffff:00:1d.0,id=usbroute-00-1d-0: vfio /sys/bus/pci/devices/ffff:00:1d.0: no such host device"* ]]
    # An option that there is not gets another answer.
    run qemu "${wanted/id=usbroute-00-1d-0/nonsense=1}"
    [[ "$output" == *"'vfio-pci.nonsense' not found"* ]]
}

@test "QEMU takes the monitor and the controller of our own on both of its machines" {
    needs qemu-system-x86_64
    # The path has a blank, a quote, a comma and an ampersand.
    sed "s,/run/usbroute/,$BATS_TEST_TMPDIR/," "$golden/devices/usbroute.toml" > "$BATS_TEST_TMPDIR/usbroute.toml"
    wanted=$(usbroute -q --config "$BATS_TEST_TMPDIR/usbroute.toml" guest lines linux --qemu | grep -v serial | grep -v chardev)
    for machine in q35 pc; do
        run eval "timeout 60 qemu-system-x86_64 -S -nodefaults -display none -M $machine -accel tcg -m 16 -monitor stdio $wanted <<< 'qom-get /machine/peripheral/usbroute0 p2
qom-get /machine/peripheral/usbroute0 p3
info chardev
quit' 2>&1"
        echo "$output"
        [ "$status" -eq 0 ]
        [ "$(tr -d '\r' <<< "$output" | grep -cx 15)" -eq 2 ]
        [[ "$output" == *"filename=disconnected:unix:$BATS_TEST_TMPDIR/a linux' monitor, & more.qmp,server=on"* ]]
    done
}

@test "a real guest toggles over the printed lines, and reads the answer" {
    needs qemu-system-x86_64
    inside <<'SCRIPT'
before=$(wires)
"$BATS_TEST_DIRNAME/boot_sector.py" boot.img toggle
lines=$(usbroute -q guest lines windows --qemu | grep -v vfio-pci)
eval "$outside qemu-system-x86_64 -nodefaults -display none -M pc -accel tcg -m 16 -drive file=boot.img,format=raw,if=ide \
    -debugcon file:answer $lines" & machine=$!
[ "$before" = 00003fff ]
until_so '[ "$(wires)" = 00003ff3 ]'
wait_for rear-2 answer
cat answer; grep '^ok desk-on-ehci ehci=rear-1,rear-2' answer
SCRIPT
}

@test "libvirt's schema takes the printed elements in a whole domain" {
    needs virt-xml-validate
    for guest in windows linux mac; do
        virtio=--virtio; [ "$guest" != mac ] || virtio=
        {
            echo "<domain type='kvm'><name>$guest</name><memory unit='MiB'>512</memory><vcpu>1</vcpu>"
            echo "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
            # shellcheck disable=SC2086 # an option or none
            usbroute_desk guest lines "$guest" --libvirt $virtio
            echo "</devices></domain>"
        } > "$BATS_TEST_TMPDIR/$guest.xml"
        run virt-xml-validate "$BATS_TEST_TMPDIR/$guest.xml" domain
        echo "$output"
        [ "$status" -eq 0 ]
    done
    # QEMU's own words stand outside of <devices>.
    for guest in windows linux tablet; do
        usbroute -q --config "$golden/devices/usbroute.toml" guest lines "$guest" --libvirt > "$BATS_TEST_TMPDIR/lines"
        {
            echo "<domain type='kvm'><name>$guest</name><memory unit='MiB'>512</memory><vcpu>1</vcpu>"
            echo "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
            sed '/^<qemu:/,$d' "$BATS_TEST_TMPDIR/lines"
            echo "</devices>"
            sed -n '/^<qemu:/,$p' "$BATS_TEST_TMPDIR/lines"
            echo "</domain>"
        } > "$BATS_TEST_TMPDIR/$guest-devices.xml"
        run virt-xml-validate "$BATS_TEST_TMPDIR/$guest-devices.xml" domain
        echo "$output"
        [ "$status" -eq 0 ]
        grep -q "value='unix:/run/usbroute/.*,server=on,wait=off'" "$BATS_TEST_TMPDIR/$guest-devices.xml"
    done
    # The schema sees what is wrong.
    sed "s/managed='no'/managed='never'/" "$BATS_TEST_TMPDIR/windows.xml" > "$BATS_TEST_TMPDIR/wrong.xml"
    run virt-xml-validate "$BATS_TEST_TMPDIR/wrong.xml" domain
    [ "$status" -ne 0 ]
}

@test "the shell client toggles over a serial line, in dash and in busybox" {
    needs socat
    for shell in dash 'busybox sh'; do
        needs "${shell%% *}"
        shell=$shell inside <<'SCRIPT'
usbroute guest setup windows --shell > usbroute-toggle 2> /dev/null
export USBROUTE_PORT=$PWD/tty
line
before=$($outside stty -F tty -g)
[ "$($outside timeout 60 $shell ./usbroute-toggle)" = "ok desk-on-ehci ehci=rear-1,rear-2" ]
until_so '[ "$(wires)" = 00003ff3 ]'
$outside timeout 60 $shell ./usbroute-toggle status | grep '^ok desk-on-ehci host=rear-1,'
# What the line was before, it is again.
[ "$($outside stty -F tty -g)" = "$before" ]
ends_with 1 $outside timeout 60 $shell ./usbroute-toggle undo; grep '^error not-permitted' err
# Half a line that somebody else has left there does not spoil the next.
printf 'login: ro' > tty
[ "$($outside timeout 60 $shell ./usbroute-toggle)" = "ok all-host" ]
until_so '[ "$(wires)" = 00003fff ]'
SCRIPT
    done
}

@test "the shell client gives up after five seconds, and says what port there is not" {
    needs socat
    usbroute_desk guest setup windows --shell > "$BATS_TEST_TMPDIR/usbroute-toggle"
    socat pty,link="$PWD/tty",rawer exec:'sleep 60' & relay=$!
    until_so '[ -c tty ]'
    began=$SECONDS
    USBROUTE_PORT=$PWD/tty run timeout 30 dash ./usbroute-toggle
    kill $relay
    echo "$output"
    [ "$status" -eq 7 ]
    [ $((SECONDS - began)) -lt 20 ]
    USBROUTE_PORT=$PWD/not-there run dash ./usbroute-toggle
    [ "$status" -eq 3 ]
    [ ! -e not-there ]
    USBROUTE_PORT=/dev/null run dash ./usbroute-toggle
    [ "$status" -eq 3 ]
    [[ "$output" == *"is not a serial port"* ]]
}

@test "what the unit and the keys run toggles over a serial line" {
    needs socat
    needs usbroute-guest
    inside <<'SCRIPT'
line
usbroute -q guest setup windows --systemd | sed -n 's/^ExecStart=//p' > unit
usbroute -q guest setup windows --i3 | sed -n 's/.*"\(usbroute-guest .*\) && loginctl lock-session"$/\1/p' > keys
sed -i "s,/dev/ttyS0,$PWD/tty," unit keys
[ "$($outside timeout 60 sh ./unit)" = "ok desk-on-ehci ehci=rear-1,rear-2" ]
until_so '[ "$(wires)" = 00003ff3 ]'
[ "$($outside timeout 60 sh ./keys)" = "ok all-host" ]
until_so '[ "$(wires)" = 00003fff ]'
SCRIPT
}

@test "shellcheck has nothing to say of the shell client" {
    needs shellcheck
    usbroute_desk guest setup windows --shell > "$BATS_TEST_TMPDIR/usbroute-toggle"
    shellcheck --shell=sh "$BATS_TEST_TMPDIR/usbroute-toggle"
}

@test "systemd reads the unit without a word" {
    needs systemd-analyze
    unit=$BATS_TEST_TMPDIR/usbroute-toggle.service
    # systemd-analyze looks for the program, which is another machine's.
    usbroute_desk guest setup linux --systemd | sed 's,^ExecStart=usbroute-guest,ExecStart=/bin/true,' > "$unit"
    XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR run systemd-analyze --user verify "$unit"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "the Windows scripts close what they open, and lock only after ok" {
    for kind in powershell autohotkey; do
        usbroute_desk guest setup windows --$kind > "$BATS_TEST_TMPDIR/script"
        python3 - $kind "$BATS_TEST_TMPDIR/script" <<'PYTHON'
import re
import sys

kind, path = sys.argv[1:]
text = open(path, encoding="ascii").read()
if kind == "powershell":
    text = re.sub(r"^#.*$|\s#\s.*$", "", text, flags=re.M)
    text = re.sub(r"'[^']*'", "''", text)
    text = re.sub(r'"(?:`.|[^"`])*"', '""', text)
    ok, lock = "-cnotmatch", "rundll32.exe"
else:
    text = re.sub(r"^;.*$", "", text, flags=re.M)
    text = re.sub(r"'[^']*'|\"[^\"]*\"", '""', text)
    ok, lock = "code = 0", "DllCall"
pairs = {")": "(", "]": "[", "}": "{"}
open_now = []
for character in text:
    if character in "([{":
        open_now.append(character)
    elif character in pairs:
        assert open_now and open_now.pop() == pairs[character], f"{kind}: {character} closes nothing"
assert not open_now, f"{kind}: {open_now} left open"
assert 0 <= text.index(ok) < text.index(lock), f"{kind}: locks before it knows"
PYTHON
    done
}
