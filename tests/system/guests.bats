#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# A guest's machine that comes and goes, played by a process of our own at the other end of its line: the real daemon on
# the simulated board. USBROUTE_BIN names the directory with the programs.

setup() {
    PATH=$USBROUTE_BIN:$PATH
    export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
    export PEER="$BATS_TEST_DIRNAME/guest_peer.py" ROOM="$BATS_TEST_TMPDIR"
    script=$BATS_TEST_TMPDIR/inside.sh
}

# Runs standard input as a script inside the board, with the controllers given to `windows` and the daemon up.
# GUEST, if it is set, stands in [guest.windows]; LINE in place of its listener.
inside() {
    cat > "$script.body"
    cat > "$script" <<'SCRIPT'
set -eu
cd "$ROOM"
sim() { usbroute-sim 'do' "$@"; }
keyboard() {
    for product in /sys/bus/usb/devices/*/idProduct; do
        if [ "$(cat "$product")" = c31c ]; then basename "${product%/idProduct}"; fi
    done
}
until_so() { # a command: until it succeeds, 10 s at most
    for _ in $(seq 200); do
        if eval "$1"; then return 0; fi
        sleep 0.05
    done
    echo "never: $1"; cat "$log"; usbroute status -v; return 1
}
not() { if "$@"; then echo "should have failed: $*"; return 1; fi; }
log=$ROOM/log
start() {
    usbrouted >> "$log" 2>&1 < /dev/null &
    daemon=$!
    until_so "usbroute status > /dev/null 2>&1"
}
stop() { kill "$daemon"; wait "$daemon"; }
peer() { # connect|serve ARGUMENT..
    : > "$ROOM/peer"
    # No part of the board: its process is of the real machine, and so is what the daemon reads of it.
    env -u LD_PRELOAD python3 "$PEER" "$@" > "$ROOM/peer" 2>&1 < /dev/null &
    peer=$!
}
in_the_guest() { usbroute status | grep -q '^rear-1 *windows'; }
at_home() { usbroute status | grep -q '^rear-1 *host' && [ "$(keyboard)" = 3-3 ]; }
line=$USBROUTE_SIM/run/windows.sock
if [ -n "${GUEST:-}" ]; then sed -i "s|^on_exit = .*|$GUEST|" "$USBROUTE_CONFIG"; fi
if [ -n "${LINE:-}" ]; then sed -i "s|^unix = .*/windows.sock\"|$LINE|" "$USBROUTE_CONFIG"; fi
sim driver 0000:00:1d.0 vfio-pci; sim driver 0000:00:1a.0 vfio-pci; sim settle
start
SCRIPT
    cat "$script.body" >> "$script"
    run timeout 100 usbroute-sim -q -- bash "$script"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the keyboard comes home within a second when the guest's process is killed" {
    inside <<'SCRIPT'
usbroute watch > "$ROOM/watch" & watcher=$!
peer connect "$line"
until_so 'grep -q "guest windows: process $peer" "$log"'
usbroute move rear-1 --to windows --yes; sim settle
in_the_guest
[ -z "$(keyboard)" ]
before=$(date +%s%N)
kill -9 "$peer"
until_so 'grep -q "return from windows: .*, for guest windows, which is gone" "$log"'
took=$(( ($(date +%s%N) - before) / 1000000 ))
echo "home after $took ms"
[ "$took" -lt 5000 ] # as a rule half a second, its grace; other work on the machine makes it longer
sim settle
at_home
grep 'guest windows has come' "$ROOM/watch"
grep 'guest windows is gone' "$ROOM/watch"
grep 'moved host=rear-1' "$ROOM/watch"
usbroute undo --yes; sim settle
in_the_guest
kill "$watcher"
stop
SCRIPT
}

@test "what the end of a trial gives to a guest that has gone meanwhile comes home again" {
    inside <<'SCRIPT'
peer connect "$line"
until_so 'grep -q "guest windows has come" "$log"'
usbroute move rear-1 --to windows --yes
until_so in_the_guest
usbroute move rear-1 --to host --revert-after 3s
kill -9 "$peer"
until_so 'grep -q "guest windows is gone" "$log"'
until_so 'grep -q "trial reverted" "$log"'
until_so 'grep -q "return from windows: .*, for guest windows, which is gone" "$log"'
sim settle
at_home
stop
SCRIPT
}

@test "a line that closes alone takes nothing away" {
    inside <<'SCRIPT'
env -u LD_PRELOAD python3 -c 'import socket, sys, time
line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1]); time.sleep(1); line.close()
time.sleep(60)' "$line" & peer=$!
until_so 'grep -q "process $peer" "$log"'
usbroute move rear-1 --to windows --yes; sim settle
until_so 'usbroute status -v | grep -q "nobody on it, guest windows is python3 $peer"'
in_the_guest
kill -9 "$peer"
until_so at_home
stop
SCRIPT
}

@test "a guest that dies while the daemon is down comes home at its start" {
    inside <<'SCRIPT'
peer connect "$line"
until_so 'grep -q "process $peer" "$log"'
usbroute move rear-1 --to windows --yes; sim settle
kill -9 "$daemon"; wait "$daemon" || true
kill -9 "$peer"; wait "$peer" || true
[ -z "$(keyboard)" ]
start
until_so at_home
stop
SCRIPT
}

@test "a restart with the guest alive does nothing, whether its line comes back or not" {
    GUEST='on_exit = "return"\non_start = "desk-in-windows"' inside <<'SCRIPT'
peer connect "$line"
until_so in_the_guest
usbroute move rear-1 --to host; sim settle
usbroute move rear-2 --to windows; sim settle
kill -9 "$daemon"; wait "$daemon" || true
start
until_so 'usbroute status | grep -q "connected, guest windows is python3 $peer"'
at_home
usbroute status | grep '^rear-2 *windows'
kill "$peer"
until_so 'usbroute status | grep -q "^rear-2 *host"'
stop
SCRIPT
}

@test "on_start is applied once for each process, with its guards" {
    GUEST='on_exit = "return"\non_start = "desk-in-windows"' inside <<'SCRIPT'
peer connect "$line"
until_so in_the_guest
grep 'apply desk-in-windows: .*, for guest windows, which has come' "$log"
usbroute move rear-1 --to host; sim settle
kill -9 "$peer"
until_so 'usbroute status | grep -q "^rear-2 *host"'
sed -i 's/^may_take_last_keyboard.*//' "$USBROUTE_CONFIG"; kill -HUP "$daemon"
until_so 'grep -q "read anew" "$log"'
peer connect "$line"
until_so 'grep -q "on_start = .desk-in-windows. was not applied: rear-1 holds the host.s only keyboard" "$log"'
at_home
stop
SCRIPT
}

@test "a guest that could call it back may take the last keyboard while who spoke is there" {
    inside <<'SCRIPT'
code=0; usbroute move rear-1 --to windows 2> said || code=$?
[ $code -eq 6 ]
peer connect "$line" "debian login:"
until_so 'usbroute status | grep -q "1 line of noise"'
code=0; usbroute move rear-1 --to windows 2> said || code=$?
[ $code -eq 6 ]
kill "$peer"
peer connect "$line" toggle toggle
until_so '[ "$(grep -c "^ok" "$ROOM/peer")" = 2 ]'
kill -9 "$daemon"; wait "$daemon" || true
start
until_so 'usbroute status | grep -q "connected"'
# It has come again, and has not spoken since.
code=0; usbroute move rear-1 --to windows 2> said || code=$?
[ $code -eq 6 ]
kill "$peer"
peer connect "$line" status
until_so 'grep -q "^ok" "$ROOM/peer"'
usbroute move rear-1 --to windows; sim settle
in_the_guest
usbroute move rear-1 --to host; sim settle
kill "$peer"
until_so 'grep -q "guest windows is gone" "$log"'
code=0; usbroute move rear-1 --to windows 2> said || code=$?
[ $code -eq 6 ]
stop
SCRIPT
}

@test "a guest that has spoken and could not call it back does not get the last keyboard" {
    inside <<'SCRIPT'
refused() { # why
    code=0; usbroute move rear-1 --to windows 2> said || code=$?
    [ $code -eq 6 ] || { echo "$1: moved"; return 1; }
}
peer connect "$line" status
until_so 'grep -q "^ok" "$ROOM/peer"'
# A profile of the round has it at the host: one toggle brings it home.
usbroute plan move rear-1 --to windows > said
sed -i 's/^profiles = .*/profiles = ["desk-on-ehci"]/' "$USBROUTE_CONFIG"; kill -HUP "$daemon"
until_so 'not usbroute plan move rear-1 --to windows > said 2>&1'
refused "the round has no profile with it at the host"
sed -i 's/^profiles = .*/profiles = ["all-host", "desk-on-ehci"]/' "$USBROUTE_CONFIG"; kill -HUP "$daemon"
until_so 'usbroute plan move rear-1 --to windows > said 2>&1'
sed -i '/^\[listen.windows\]/,/^$/s/^allow = .*/allow = ["status", "confirm"]/' "$USBROUTE_CONFIG"; kill -HUP "$daemon"
until_so 'not usbroute plan move rear-1 --to windows > said 2>&1'
refused "it may only ask"
sed -i '/^\[listen.windows\]/,/^$/s/^allow = .*/allow = ["status", "move"]/' "$USBROUTE_CONFIG"; kill -HUP "$daemon"
until_so 'usbroute plan move rear-1 --to windows > said 2>&1'
sed -i '/^\[profile.desk-in-windows\]/,/^$/s/^windows = .*/windows = ["front-1"]/' "$USBROUTE_CONFIG"; kill -HUP "$daemon"
until_so 'not usbroute plan move rear-1 --to windows > said 2>&1'
refused "no profile gives it to the guest"
stop
SCRIPT
}

@test "a guest is told of its own sockets and of nobody else's, whatever it asks" {
    GUEST='on_exit = "keep"' inside <<'SCRIPT'
sed -i '/^\[listen.windows\]/,/^$/s/^allow = .*/allow = ["toggle", "status", "confirm", "plan", "regs", "undo", "move", "subscribe"]/' "$USBROUTE_CONFIG"
# The second EHCI is another guest's, and rear-5 is with it.
sed -i 's/^controllers = .*/controllers = ["0000:00:1d.0"]/' "$USBROUTE_CONFIG"
cat >> "$USBROUTE_CONFIG" <<'TOML'
[guest.secretive]
controllers = ["0000:00:1a.0"]
[profile.attic]
secretive = ["rear-5"]
TOML
kill -HUP "$daemon"
until_so 'grep -q "read anew" "$log"'
usbroute move rear-5 --to secretive --yes; sim settle
guest() { printf '%s\n' "$@" | env -u LD_PRELOAD nc -N -w 5 -U "$line"; }
for form in 'status' '{"do":"status"}' 'why rear-1' '{"do":"why","connector":"rear-1"}' 'why rear-5' 'regs' '{"do":"regs"}' \
    'plan toggle' '{"do":"plan","plan":{"do":"toggle"}}' 'plan undo' 'undo' 'move rear-5 host' 'move rear-1 windows' 'confirm'; do
    echo "> $form"; guest "$form"
done > said 2>&1
cat said
[ "$(grep -c '^ok\|^error\|^refused\|^{' said)" = 14 ]
grep '^ok .*host=rear-1' said
grep '^refused not-the-guests-change ' said
grep '^error not-permitted windows may not ask about rear-5' said
grep '^ok windows=rear-1' said
not grep -E 'secretive|attic|front-1|rear-3|setpci|0000:00:1[4a]|0x|uid|pid ' said
not eval "grep -v '^>' said | grep -v 'may not' | grep rear-5"
# Events as well.
env -u LD_PRELOAD nc -U "$line" <<< subscribe > told & nc=$!
until_so 'grep -q ^ok told'
usbroute move rear-5 --to host; sim settle
usbroute move rear-2 --to windows; sim settle
until_so 'grep -q "event moved .*windows=rear-2" told'
cat told
not grep rear-5 told
kill "$nc"
stop
SCRIPT
}

@test "the daemon is the client of a socket that QEMU makes, whenever it makes it" {
    LINE="connect = \"$BATS_TEST_TMPDIR/deep/qemu.sock\"" inside <<'SCRIPT'
socket=$(sed -n 's/^connect = "\(.*\)"/\1/p' "$USBROUTE_CONFIG")
# Nothing ticks while it waits, not even for the directory.
woken() { awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$daemon/status"; }
sleep 1
before=$(woken); sleep 3
[ "$(woken)" -eq "$before" ]
env -u LD_PRELOAD mkdir "${socket%/*}"
peer serve "$socket" "[    0.000000] Linux version" toggle
until_so 'grep -q "^ok" "$ROOM/peer"'
usbroute move rear-1 --to windows; sim settle
in_the_guest
kill -9 "$peer"
until_so at_home
# Its file stands there still, and nobody listens.
[ -S "$socket" ]
sleep 0.5
peer serve "$socket" status
until_so 'grep -q "^ok" "$ROOM/peer"'
kill -9 "$daemon"; wait "$daemon" || true
start
until_so '[ "$(grep -c "^ok" "$ROOM/peer")" = 2 ]'
stop
SCRIPT
}

@test "QEMU's monitor says when the guest has switched itself off" {
    GUEST='on_exit = "return"\nqmp = "/tmp/usbroute-qmp-'"$$"'.sock"' inside <<'SCRIPT'
socket=$(sed -n 's/^qmp = "\(.*\)"/\1/p' "$USBROUTE_CONFIG")
peer connect "$line"
until_so 'grep -q "process $peer" "$log"'
mkfifo say
env -u LD_PRELOAD python3 "$PEER" monitor "$socket" < say > monitor & monitor=$!
exec 5> say
trap 'rm -f "$socket"' EXIT
until_so 'grep -q asked monitor'
usbroute move rear-1 --to windows --yes; sim settle
in_the_guest
echo '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}' >&5
until_so at_home
echo '{"event": "RESUME"}' >&5
until_so '[ "$(grep -c "guest windows has come" "$log")" = 2 ]'
usbroute move rear-1 --to windows --yes; sim settle
echo close >&5
until_so '[ "$(grep -c asked monitor)" = 2 ]'
kill "$monitor" "$peer"
until_so at_home
stop
SCRIPT
}

@test "noise, an echo and a flood on the line do nothing and are counted" {
    inside <<'SCRIPT'
env -u LD_PRELOAD python3 - "$line" <<'PYTHON'
import random, socket, sys, time
line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1])
def said():
    back = b""
    line.settimeout(0.5)
    try:
        while True: back += line.recv(65536)
    except TimeoutError:
        line.settimeout(None)
        return back
line.sendall(random.Random(1).randbytes(2_000_000) + b"\r\nAT\r+++")
assert said() == b""
line.sendall(b"\r\n" + b"frob\r\nstatus\r\n")
answer = said()
assert answer.startswith(b"ok all-host ") and answer.count(b"\n") == 1, answer
line.sendall(answer)
assert said() == b""
line.sendall(b"toggle\n" * 100)
answers = said().splitlines()
assert len(answers) == 100 and 75 < sum(a.startswith(b"error busy ") for a in answers) < 85, answers
PYTHON
usbroute status | grep 'windows (.*: .*; 101 commands, .* over the limit, .* lines of noise'
usbroute --json status > status
grep -q '"limited"' status
grep -q 'more commands came than per_minute' "$log"
stop
SCRIPT
}

@test "QEMU itself is known by its process, as a client and as a server, and by its monitor" {
    command -v qemu-system-x86_64 > /dev/null || skip "needs qemu-system-x86_64"
    GUEST='on_exit = "return"\nqmp = "/tmp/usbroute-qmp-'"$$"'.sock"' \
    LINE='connect = "/tmp/usbroute-line-'"$$"'.sock"' inside <<'SCRIPT'
socket=$(sed -n 's/^connect = "\(.*\)"/\1/p' "$USBROUTE_CONFIG")
monitor=$(sed -n 's/^qmp = "\(.*\)"/\1/p' "$USBROUTE_CONFIG")
trap 'rm -f "$socket" "$monitor"' EXIT
qemu() {
    env -u LD_PRELOAD qemu-system-x86_64 -S -machine pc,accel=tcg -m 16 -display none -nic none "$@" > qemu.log 2>&1 < /dev/null &
    guest=$!
    until_so "usbroute status | grep -q 'connected, guest windows is qemu-system-x86 $guest'"
}
qemu -chardev "socket,id=line,path=$socket,server=on,wait=off" -device isa-serial,chardev=line
usbroute move rear-1 --to windows --yes; sim settle
kill -9 "$guest"
until_so at_home
qemu -chardev "socket,id=line,path=$socket,server=on,wait=off" -device isa-serial,chardev=line \
     -qmp "unix:$monitor,server=on,wait=off" -no-shutdown
usbroute move rear-1 --to windows --yes; sim settle
# A client of its own would be refused while the daemon is there; SIGTERM is a shutdown that -no-shutdown does not stop.
kill "$guest"
until_so at_home
sed -i "s|^connect = .*|unix = \"$line\"|; /^qmp = /d" "$USBROUTE_CONFIG"; kill -HUP "$daemon"
until_so '[ -S "$line" ]'
qemu -chardev "socket,id=line,path=$line,reconnect=1" -device isa-serial,chardev=line
usbroute move rear-1 --to windows --yes; sim settle
kill -9 "$daemon"; wait "$daemon" || true
start
until_so "usbroute status | grep -q 'connected, guest windows is qemu-system-x86 $guest'"
in_the_guest
kill -9 "$guest"
until_so at_home
stop
SCRIPT
}
