#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# The client inside a guest, the real program for Linux and, under wine, the one for Windows: over a serial port as QEMU
# makes it, to the real daemon inside the simulated board. USBROUTE_BIN names the directory with the programs.

setup_file() {
    # One prefix for the whole file: making it takes seconds.
    export WINEPREFIX=$BATS_FILE_TMPDIR/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml="
    # Without a display a message box ends at once, wherever this runs.
    unset DISPLAY WAYLAND_DISPLAY
    command -v wine > /dev/null && [ -e "$USBROUTE_BIN/usbroute-guest.exe" ] || return 0
    timeout 120 wineboot -i > /dev/null 2>&1
}

teardown_file() {
    if [ -d "$WINEPREFIX" ]; then
        wineserver -k || true
        wineserver -w || true
    fi
}

# The daemon is up, there is a guest's serial port "port", and no wine yet.
setup() {
    load board
    preamble <<'SCRIPT'
cat >> "$USBROUTE_CONFIG" <<TOML
[listen.everything]
unix = "$USBROUTE_SIM/run/everything.sock"
guest = "windows"
allow = ["toggle", "status", "move", "undo", "subscribe", "plan"]
TOML
guest=$USBROUTE_SIM/run/everything.sock
pids=
# The wine prefix finds it as COM5 and COM12. Not as COM1: wine makes that a real serial port, where there is one.
serial() { # [OPTION...] of serial_line.py, after the socket; what it says is in the file serial
    rm -f port serial # an earlier one goes on writing into its own
    $outside "$BATS_TEST_DIRNAME/serial_line.py" port "$@" > serial & pids="$pids $!"
    wait_for ready serial
    if [ -d "$WINEPREFIX/dosdevices" ]; then
        ln -sfn "$(readlink port)" "$WINEPREFIX/dosdevices/com5"
        ln -sfn "$(readlink port)" "$WINEPREFIX/dosdevices/com12"
    fi
}
end() { for pid in $pids; do kill "$pid" 2> /dev/null && wait "$pid" || :; done; }
trap end EXIT
says() { grep -F -q -- "$1" out err || { echo "does not say: $1"; return 1; }; }
linux() { timeout 30 usbroute-guest "$@"; }
windows() { $outside timeout 60 wine "$USBROUTE_BIN/usbroute-guest.exe" "$@"; }
windowsw() { $outside timeout 60 wine "$USBROUTE_BIN/usbroute-guestw.exe" "$@"; }
# A boot log, with everything that looks a little like an answer.
cat > boot-log <<'LOG'
SeaBIOS (version 1.16.2-debian-1.16.2-1)
Booting from Hard Disk...
GRUB loading.
error: no such device: 3f1e.
[    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)
[    1.204771] ok booting the kernel
[FAILED] Failed to start something.
failed to start sshd.service
refused connection from 10.0.2.2
{"do":"toggle"}
toggle

Debian GNU/Linux 12 host ttyS0

host login: 
LOG
start
SCRIPT
}

needs_wine() {
    [ -e "$USBROUTE_BIN/usbroute-guest.exe" ] || skip "usbroute-guest.exe is not built: no mingw-w64 here"
    command -v wine > /dev/null || skip "there is no wine here to run usbroute-guest.exe"
}

@test "from inside a Linux guest toggle moves the sockets, there and back" {
    inside <<'SCRIPT'
serial "$guest"
[ "$(wires)" = 00003fff ]
ends_with 0 linux -p port toggle
[ "$(cat out)" = "ok desk-on-ehci ehci=rear-1,rear-2" ]
[ "$(wires)" = 00003ff3 ]
ends_with 0 linux -p port toggle
[ "$(wires)" = 00003fff ]
ends_with 0 linux -p port status
grep '^ok all-host host=rear-1,' out
ends_with 0 linux -p port -q toggle
[ ! -s out ]
ends_with 0 linux -p port undo
[ "$(wires)" = 00003fff ]
ends_with 0 linux -p port '{"do":"toggle"}'
[ "$(cat out)" = '{"ok":true,"owners":{"ehci":["rear-1","rear-2"]},"profile":"desk-on-ehci"}' ]
stop
SCRIPT
}

@test "an answer is found on a line with boot logs before and during, and a login prompt that echoes" {
    inside <<'SCRIPT'
serial "$guest" --noise boot-log --echo
for _ in 1 2 3 4 5; do
    ends_with 0 linux -p port toggle
    [ "$(cat out)" = "ok desk-on-ehci ehci=rear-1,rear-2" ]
    [ "$(wires)" = 00003ff3 ]
    ends_with 0 linux -p port toggle
    [ "$(cat out)" = "ok all-host" ]
    [ "$(wires)" = 00003fff ]
done
stop
SCRIPT
}

@test "what is refused, unknown or not permitted comes out with its sentence and its exit code" {
    inside <<'SCRIPT'
serial "$guest"
ends_with 6 linux -p port move rear-1 windows
says 'usbroute-guest: '
ends_with 5 linux -p port move rear-4 windows
says 'no profile gives it to windows'
ends_with 5 linux -p port toggle --yes
says 'may not lift a guard of the host'
ends_with 5 linux -p port regs
says 'does not allow regs'
ends_with 4 linux -p "tcp:127.0.0.1:$USBROUTE_SIM_PORT" toggle nowhere
says 'there is no profile nowhere'
ends_with 2 linux -p port move
says 'say what to move and where'
ends_with 2 linux -p port togle
says 'did you mean toggle?'
ends_with 7 linux -p port --timeout 300ms frobnicate
says 'frobnicate may be an unknown command'
ends_with 2 linux -p port
[ "$(wires)" = 00003fff ]
stop
SCRIPT
}

@test "a port that is not there, is busy, hung or no port is said, and nothing is asked" {
    inside <<'SCRIPT'
ends_with 3 linux -p no-such-port toggle
says 'there is no port no-such-port'
ends_with 2 linux -p boot-log toggle
says 'is not a port'
ends_with 3 linux -p /dev/null toggle
ends_with 2 linux -p tcp:example.org:1 toggle
says 'an address in numbers'
ends_with 3 linux -p tcp:127.0.0.1:1 toggle
says 'nobody listens at'

serial "$guest"
# Another program has it, as a terminal program does.
$outside python3 -c 'import fcntl, sys, time
port = open(sys.argv[1], "rb", 0); fcntl.flock(port, fcntl.LOCK_EX); open("held", "w"); time.sleep(30)' "$(readlink port)" & holder=$!
until_so '[ -e held ]'
ends_with 3 linux -p port toggle
says 'is in use: another program holds its lock'
kill $holder; wait $holder || :
# A login on it, as getty has.
$outside python3 -c 'import os, sys, time
os.setsid(); os.close(0); os.open(sys.argv[1], os.O_RDWR); open("logged-in", "w"); time.sleep(30)' "$(readlink port)" & login=$!
until_so '[ -e logged-in ]'
ends_with 3 linux -p port toggle
says 'it is the terminal of python3'
says 'serial-getty@'
kill $login; wait $login || :

serial "$guest" --hung
ends_with 7 linux -p port --timeout 500ms toggle
says 'took no bytes'
[ "$(wires)" = 00003fff ]
stop
SCRIPT
}

@test "without the daemon it says so in time, and with --wait asks until it is there, once" {
    inside <<'SCRIPT'
serial "$guest"
stop
begin=$(date +%s%N)
ends_with 7 linux -p port --timeout 1 toggle
took=$((($(date +%s%N) - begin) / 1000000))
[ $took -ge 900 ] && [ $took -lt 3000 ]
says 'is usbrouted running on the host'
ends_with 3 linux -p "$guest" toggle
ends_with 7 linux -p port --wait --timeout 1 toggle
says 'Nothing was asked'

serial "$guest"
linux -p port --wait toggle > waited 2>&1 & waiting=$!
wait_for lost serial
start
wait $waiting
[ "$(cat waited)" = "ok desk-on-ehci ehci=rear-1,rear-2" ]
[ "$(wires)" = 00003ff3 ]

# Also for a port that comes later.
linux -p later --wait status > waited 2>&1 & waiting=$!
sleep 0.5 # it tries four times a second, and nothing shows that
ln -s "$(readlink port)" later
wait $waiting
grep '^ok desk-on-ehci' waited
stop
SCRIPT
}

@test "two presses of a hot key are two toggles" {
    inside <<'SCRIPT'
serial "$guest" --delay 0.2
linux -p port toggle > first & first=$!
sleep 0.05
linux -p port toggle > second & second=$!
wait $first; wait $second
[ "$(sort first second)" = "$(printf '%s\n' 'ok all-host' 'ok desk-on-ehci ehci=rear-1,rear-2')" ]
stop
SCRIPT
}

@test "the port is left as it was, also when the program is interrupted" {
    inside <<'SCRIPT'
serial "$guest"
stty -F port 9600 echo icanon onlcr
before=$(stty -g -F port)
ends_with 0 linux -p port status
[ "$(stty -g -F port)" = "$before" ]
ends_with 7 linux -p port --timeout 300ms frobnicate
[ "$(stty -g -F port)" = "$before" ]
usbroute-guest -p port --timeout 30 frobnicate & asking=$!
until_so '[ "$(stty -g -F port)" != "$before" ]'
kill -TERM $asking
ends_with 143 wait $asking
[ "$(stty -g -F port)" = "$before" ]
stop
SCRIPT
}

@test "it tells events as they come, and goes over a Unix socket and TCP as well" {
    inside <<'SCRIPT'
serial "$guest"
usbroute-guest -p port subscribe > events & watching=$!
wait_for '^ok' events
ends_with 0 linux -p "$guest" toggle
ends_with 0 linux -p "tcp:127.0.0.1:$USBROUTE_SIM_PORT" toggle
wait_for '^event moved all-host' events
grep '^event moved desk-on-ehci ehci=rear-1,rear-2' events
kill $watching; wait $watching || :
stop
SCRIPT
}

@test "the Windows programs are at most 200 KB, need nothing but Windows, and one has no console" {
    [ -e "$USBROUTE_BIN/usbroute-guest.exe" ] || skip "usbroute-guest.exe is not built: no mingw-w64 here"
    for name in usbroute-guest usbroute-guestw; do
        [ "$(stat -c %s "$USBROUTE_BIN/$name.exe")" -le 204800 ]
        x86_64-w64-mingw32-objdump -p "$USBROUTE_BIN/$name.exe" > "$BATS_TEST_TMPDIR/$name"
        [ "$(sed -n 's/.*DLL Name: //p' "$BATS_TEST_TMPDIR/$name" | sort | tr '\n' ' ')" = \
          "KERNEL32.dll USER32.dll WS2_32.dll msvcrt.dll " ]
    done
    grep 'Subsystem.*Windows CUI' "$BATS_TEST_TMPDIR/usbroute-guest"
    grep 'Subsystem.*Windows GUI' "$BATS_TEST_TMPDIR/usbroute-guestw"
}

@test "from inside a Windows guest toggle moves the sockets, over COM5 and COM12" {
    needs_wine
    inside <<'SCRIPT'
serial "$guest" --noise boot-log --echo
ends_with 0 windows -p COM12 toggle
[ "$(tr -d '\r' < out)" = "ok desk-on-ehci ehci=rear-1,rear-2" ]
[ "$(wires)" = 00003ff3 ]
ends_with 0 windows -p com5: toggle
[ "$(wires)" = 00003fff ]
ends_with 0 windowsw -p COM12 toggle
[ "$(wires)" = 00003ff3 ]
ends_with 0 windows -p '\\.\COM12' status
grep '^ok desk-on-ehci host=' out
ends_with 0 windows -p "tcp:127.0.0.1:$USBROUTE_SIM_PORT" toggle
[ "$(wires)" = 00003fff ]
stop
SCRIPT
}

@test "the Windows program has the messages and exit codes of the Linux one" {
    needs_wine
    inside <<'SCRIPT'
serial "$guest"
ends_with 6 windows -p COM12 move rear-1 windows
ends_with 5 windows -p COM12 move rear-4 windows
says 'no profile gives it to windows'
ends_with 4 windows -p "tcp:127.0.0.1:$USBROUTE_SIM_PORT" toggle nowhere
ends_with 2 windows -p COM12 togle
says 'did you mean toggle?'
ends_with 2 windows -p LPT1 toggle
says 'is not a port'
ends_with 3 windows -p COM77 toggle
says 'there is no port COM77; this machine has '
ends_with 3 windows -p tcp:127.0.0.1:1 toggle
says 'nobody listens there'
# No display here: the box ends at once, and the exit code says it all the same.
ends_with 6 windowsw -p COM12 --show-errors move rear-1 windows
[ "$(wires)" = 00003fff ]

stop
begin=$(date +%s%N)
ends_with 7 windows -p COM12 --timeout 1 toggle
took=$((($(date +%s%N) - begin) / 1000000))
[ $took -ge 900 ] && [ $took -lt 5000 ]
says 'no answer on COM12 within 1 s'
serial "$guest"
windows -p COM12 --wait toggle > waited 2>&1 & waiting=$!
wait_for lost serial
start
wait $waiting
[ "$(tr -d '\r' < waited)" = "ok desk-on-ehci ehci=rear-1,rear-2" ]
stop
SCRIPT
}
