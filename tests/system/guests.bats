#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# A guest's machine that comes and goes, played by a process of our own at the other end of its line: the real daemon on
# the simulated board. USBROUTE_BIN names the directory with the programs.

# The controllers are given to `windows` and the daemon is up. GUEST, if it is set, stands in [guest.windows]; LINE in place
# of its listener.
setup() {
    load board
    preamble <<'SCRIPT'
in_the_guest() { usbroute status | grep -q '^rear-1 *windows'; }
at_home() { usbroute status | grep -q '^rear-1 *host' && [ "$(keyboard)" = 3-3 ]; }
line=$USBROUTE_SIM/run/windows.sock
if [ -n "${GUEST:-}" ]; then sed -i "s|^when_off = .*|$GUEST|" "$USBROUTE_CONFIG"; fi
if [ -n "${LINE:-}" ]; then sed -i "s|^unix = .*/windows.sock\"|$LINE|" "$USBROUTE_CONFIG"; fi
give_ehcis
start
SCRIPT
}

@test "the keyboard comes home within a second when the guest's process is killed" {
    inside <<'SCRIPT'
watch_into watch
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
grep 'guest windows has come' watch
grep 'guest windows is gone' watch
grep 'moved host=rear-1' watch
usbroute undo --yes; sim settle
in_the_guest
kill "$watcher"
stop
SCRIPT
}

@test "a line that closes alone takes nothing away" {
    inside <<'SCRIPT'
mkfifo close
$outside python3 -c 'import socket, sys
line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1]); input(); line.close()
input()' "$line" < close & peer=$!
exec 5> close
until_so 'grep -q "process $peer" "$log"'
usbroute move rear-1 --to windows --yes; sim settle
echo >&5
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
crash
kill -9 "$peer"; wait "$peer" || true
[ -z "$(keyboard)" ]
start
until_so at_home
stop
SCRIPT
}

@test "a restart with the guest alive does nothing, whether its line comes back or not" {
    GUEST='when_off = "host"\non_start = "desk-in-windows"' inside <<'SCRIPT'
peer connect "$line"
until_so in_the_guest
usbroute move rear-1 --to host; sim settle
usbroute move rear-2 --to windows; sim settle
crash
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
    GUEST='when_off = "host"\non_start = "desk-in-windows"' inside <<'SCRIPT'
peer connect "$line"
until_so in_the_guest
grep 'apply desk-in-windows: .*, for guest windows, which has come' "$log"
usbroute move rear-1 --to host; sim settle
kill -9 "$peer"
until_so 'usbroute status | grep -q "^rear-2 *host"'
sed -i 's/^may_take_last_keyboard.*//' "$USBROUTE_CONFIG"; reload
peer connect "$line"
until_so 'grep -q "on_start = .desk-in-windows. was not applied: rear-1 holds the host.s only keyboard" "$log"'
at_home
stop
SCRIPT
}

@test "a guest that could call it back may take the last keyboard while who spoke is there" {
    inside <<'SCRIPT'
ends_with 6 usbroute move rear-1 --to windows
peer connect "$line" "debian login:"
until_so 'usbroute status | grep -q "1 line of noise"'
ends_with 6 usbroute move rear-1 --to windows
kill "$peer"
peer connect "$line" toggle toggle
until_so '[ "$(grep -c "^ok" peer)" = 2 ]'
crash
start
until_so 'usbroute status | grep -q "connected"'
# It has come again, and has not spoken since.
ends_with 6 usbroute move rear-1 --to windows
kill "$peer"
peer connect "$line" status
until_so 'grep -q "^ok" peer'
usbroute move rear-1 --to windows; sim settle
in_the_guest
usbroute move rear-1 --to host; sim settle
kill "$peer"
until_so 'grep -q "guest windows is gone" "$log"'
ends_with 6 usbroute move rear-1 --to windows
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
until_so 'grep -q "^ok" peer'
# A profile of the round has it at the host: one toggle brings it home.
usbroute plan move rear-1 --to windows > said
sed -i 's/^profiles = .*/profiles = ["desk-on-ehci"]/' "$USBROUTE_CONFIG"; reload
until_so 'not usbroute plan move rear-1 --to windows > said 2>&1'
refused "the round has no profile with it at the host"
sed -i 's/^profiles = .*/profiles = ["all-host", "desk-on-ehci"]/' "$USBROUTE_CONFIG"; reload
until_so 'usbroute plan move rear-1 --to windows > said 2>&1'
sed -i '/^\[listen.windows\]/,/^$/s/^allow = .*/allow = ["status", "confirm"]/' "$USBROUTE_CONFIG"; reload
until_so 'not usbroute plan move rear-1 --to windows > said 2>&1'
refused "it may only ask"
sed -i '/^\[listen.windows\]/,/^$/s/^allow = .*/allow = ["status", "move"]/' "$USBROUTE_CONFIG"; reload
until_so 'usbroute plan move rear-1 --to windows > said 2>&1'
sed -i '/^\[profile.desk-in-windows\]/,/^$/s/^windows = .*/windows = ["front-1"]/' "$USBROUTE_CONFIG"; reload
until_so 'not usbroute plan move rear-1 --to windows > said 2>&1'
refused "no profile gives it to the guest"
stop
SCRIPT
}

@test "a guest is told of its own sockets and of nobody else's, whatever it asks" {
    GUEST='when_off = "stay"' inside <<'SCRIPT'
sed -i '/^\[listen.windows\]/,/^$/s/^allow = .*/allow = ["toggle", "status", "confirm", "plan", "regs", "undo", "move", "subscribe"]/' "$USBROUTE_CONFIG"
# The second EHCI is another guest's, and rear-5 is with it.
sed -i 's/^controllers = .*/controllers = ["0000:00:1d.0"]/' "$USBROUTE_CONFIG"
cat >> "$USBROUTE_CONFIG" <<'TOML'
[guest.secretive]
controllers = ["0000:00:1a.0"]
[profile.attic]
secretive = ["rear-5"]
TOML
reload
usbroute move rear-5 --to secretive --yes; sim settle
guest() { printf '%s\n' "$@" | $outside nc -N -w 5 -U "$line"; }
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
$outside nc -U "$line" <<< subscribe > told & nc=$!
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
$outside mkdir "${socket%/*}"
peer serve "$socket" "[    0.000000] Linux version" toggle
until_so 'grep -q "^ok" peer'
usbroute move rear-1 --to windows; sim settle
in_the_guest
kill -9 "$peer"
until_so at_home
# Its file stands there still, and nobody listens.
[ -S "$socket" ]
peer serve "$socket" status
until_so 'grep -q "^ok" peer'
crash
start
until_so '[ "$(grep -c "^ok" peer)" = 2 ]'
stop
SCRIPT
}

@test "QEMU's monitor says when the guest has switched itself off" {
    GUEST='when_off = "host"\nqmp = "/tmp/usbroute-qmp-'"$$"'.sock"' inside <<'SCRIPT'
socket=$(sed -n 's/^qmp = "\(.*\)"/\1/p' "$USBROUTE_CONFIG")
peer connect "$line"
until_so 'grep -q "process $peer" "$log"'
mkfifo say
$outside python3 "$BATS_TEST_DIRNAME/guest_peer.py" monitor "$socket" < say > monitor & monitor=$!
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
$outside python3 - "$line" <<'PYTHON'
import random, socket, sys
line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[1])
comes = line.makefile("rb")
def status_is_the_only_answer_to(data):
    line.sendall(data + b"\r\nstatus\r\n")
    answer = comes.readline()
    assert answer.startswith(b"ok all-host "), answer
    return answer
answer = status_is_the_only_answer_to(random.Random(1).randbytes(2_000_000) + b"\r\nAT\r+++\r\nfrob")
status_is_the_only_answer_to(answer)
line.sendall(b"toggle\n" * 100)
answers = [comes.readline() for _ in range(100)]
assert 75 < sum(a.startswith(b"error busy ") for a in answers) < 85, answers
PYTHON
usbroute status | grep 'windows (.*: .*; 102 commands, .* over the limit, .* lines of noise'
usbroute --json status > status
grep -q '"limited"' status
grep -q 'more commands came than per_minute' "$log"
stop
SCRIPT
}

@test "QEMU itself is known by its process, as a client and as a server, and by its monitor" {
    command -v qemu-system-x86_64 > /dev/null || skip "needs qemu-system-x86_64"
    GUEST='when_off = "host"\nqmp = "/tmp/usbroute-qmp-'"$$"'.sock"' \
    LINE='connect = "/tmp/usbroute-line-'"$$"'.sock"' inside <<'SCRIPT'
socket=$(sed -n 's/^connect = "\(.*\)"/\1/p' "$USBROUTE_CONFIG")
monitor=$(sed -n 's/^qmp = "\(.*\)"/\1/p' "$USBROUTE_CONFIG")
trap 'rm -f "$socket" "$monitor"' EXIT
qemu() {
    $outside qemu-system-x86_64 -S -machine pc,accel=tcg -m 16 -display none -nic none "$@" > qemu.log 2>&1 < /dev/null &
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
sed -i "s|^connect = .*|unix = \"$line\"|; /^qmp = /d" "$USBROUTE_CONFIG"; reload
until_so 'listens "$line"'
qemu -chardev "socket,id=line,path=$line,reconnect=1" -device isa-serial,chardev=line
usbroute move rear-1 --to windows --yes; sim settle
crash
start
until_so "usbroute status | grep -q 'connected, guest windows is qemu-system-x86 $guest'"
in_the_guest
kill -9 "$guest"
until_so at_home
stop
SCRIPT
}
