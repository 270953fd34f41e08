#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Killed at every point, without disk, descriptors, clock, udev, configuration or socket: the real daemon on the simulated
# board, with state_faults.so between it and its state directory. USBROUTE_BIN names the directory with the programs. Each
# daemon is ended by its process id.

# No daemon is up.
setup() {
    load board
    limit=300
    preamble <<'SCRIPT'
SHIM=$USBROUTE_BIN/state_faults.so
begin() { # [NAME=VALUE...]: with the shim
    env "$@" LD_PRELOAD="$SHIM:$LD_PRELOAD" usbrouted >> "$log" 2>&1 < /dev/null &
    daemon=$!
}
# As it was before: no state, and every wire where firmware puts it.
like_new() {
    rm -rf "$USBROUTE_STATE_DIR"; : > "$log"
    sim resume
    [ "$(wires)" = 00003fff ]
}
# prepare, then a daemon that is killed at its first point, at its second and so on while `act` goes on, and each time
# `after_it` with a daemon that lives; until one is not killed any more. Says how many points there were.
killed_everywhere() {
    trap '[ $? -eq 0 ] || { echo "at point $n:"; cat "$log" "$USBROUTE_STATE_DIR"/*; }' EXIT
    n=1
    while :; do
        like_new
        prepare
        begin STATE_FAULTS_KILL_AT=$n
        until_so 'answers || ! lives'
        act || true
        kill "$daemon" 2> /dev/null || true
        code=0; wait "$daemon" 2> /dev/null || code=$?
        [ $code -eq 0 ] || [ $code -eq 137 ] || { echo "it ended with $code"; cat "$log"; return 1; }
        start
        after_it
        # Nothing had to be set aside.
        not ls "$USBROUTE_STATE_DIR"/*.bad 2> /dev/null
        stop
        if [ $code -eq 0 ]; then break; fi
        n=$((n + 1))
        [ $n -le 200 ]
    done
    echo "killed at $((n - 1)) points"
    [ $n -ge "$1" ]
}
prepare() { :; }
SCRIPT
}

@test "killed at every point of a trial and of its end the wires go back in time" {
    inside <<'SCRIPT'
act() {
    control 'move rear-1 ehci revert-after=1s' > said 2>&1 || true
    until_so '[ "$(wires)" = 00003fff ] || ! lives'
    until_so 'answers || ! lives'
}
after_it() {
    until_so '[ "$(wires)" = 00003fff ]'
    until_so '[ "$(usbroute status --json | jq .trial_seconds)" = null ]'
    [ "$(superspeed)" = 0000003f ]
    # And it goes on from there.
    control 'move rear-2 ehci revert-after=0' | grep -q '^ok ehci=rear-2'
    control undo | grep -q '^ok xhci=rear-2'
    [ "$(wires)" = 00003fff ]
}
killed_everywhere 10
SCRIPT
}

@test "killed at every point of a guest's homecoming the keyboard comes home" {
    inside <<'SCRIPT'
sed -i 's|^when_off = .*|when_off = "host"\ngrace = "0s"|' "$USBROUTE_CONFIG"
give_ehcis
act() {
    peer connect "$USBROUTE_SIM/run/windows.sock"
    until_so 'grep -q "guest windows has come" "$log" || ! lives'
    control 'move rear-1 windows yes=1 revert-after=0' > said 2>&1 || true
    kill -9 "$peer"; wait "$peer" 2> /dev/null || true
    until_so 'grep -q "for guest windows, which is gone" "$log" || ! lives'
    until_so 'answers || ! lives'
}
after_it() {
    until_so '[ "$(wires)" = 00003fff ]'
    [ "$(superspeed)" = 0000003f ]
    # It is done with: another daemon moves nothing, and what is moved stays.
    control 'move rear-1 windows yes=1 revert-after=0' | grep -q '^ok windows=rear-1'
    crash; start
    [ "$(wires)" = 00003ffb ]
}
killed_everywhere 10
SCRIPT
}

@test "killed at every point of at_start the profile of the boot holds in the end" {
    inside <<'SCRIPT'
printf '[routes]\nat_start = "desk-on-ehci"\n' >> "$USBROUTE_CONFIG"
start
until_so 'grep -q "start with desk-on-ehci: .*, for at_start" "$log"'
there=$(wires) beside=$(superspeed)
[ "$there" != 00003fff ]
stop
act() {
    until_so 'grep -q "for at_start" "$log" || ! lives'
    until_so 'answers || ! lives'
}
after_it() {
    until_so '[ "$(wires)" = "$there" ]'
    [ "$(superspeed)" = "$beside" ]
    # Once: what is asked for later stays over the next start.
    control 'move rear-1 host yes=1 revert-after=0' | grep -q '^ok'
    then=$(wires)
    crash; start
    [ "$(wires)" = "$then" ]
}
killed_everywhere 6
SCRIPT
}

@test "killed at every point while a grown journal is written anew nothing is forgotten" {
    inside <<'SCRIPT'
prepare() {
    start
    control 'move rear-1 ehci revert-after=60s' | grep -q '^ok'
    control 'move rear-4 ehci' | grep -q '^ok'
    stop
    # As after hundreds of changes; the trial goes on.
    tail -2 "$USBROUTE_STATE_DIR/journal" | sed 's/ 10:10:0 / 10:0:10 /; s/move rear-4 to ehci/undo move rear-4 to ehci/' > back
    tail -2 "$USBROUTE_STATE_DIR/journal" > forth
    yes "$(cat back forth)" | head -n 640 >> "$USBROUTE_STATE_DIR/journal"
    [ "$(stat -c %s "$USBROUTE_STATE_DIR/journal")" -gt 32768 ]
    before=$(wires)
}
act() { control 'move rear-2 ehci' > said 2>&1 || true; }
after_it() {
    now=$(wires)
    [ "$now" = "$before" ] || [ "$now" = "$(printf '%08x' $((0x$before & ~8)))" ]
    [ "$(usbroute status --json | jq .trial_seconds)" -gt 0 ]
    usbroute why rear-1 | grep 'move rear-1 to ehci'
    # All of it goes back, also what was moved long ago.
    control 'move rear-3 ehci revert-after=1s' | grep -q '^ok'
    until_so '[ "$(wires)" = 00003fff ]'
}
killed_everywhere 6
SCRIPT
}

@test "after a power cut nothing is left but the configuration and that sockets have been moved before" {
    inside <<'SCRIPT'
rm -f "$USBROUTE_LASTING_DIR/first-move"
start
control 'move rear-1 ehci yes=1' | grep -q '^ok ehci=rear-1$'
control 'move rear-2 ehci revert-after=600s' | grep -q 'trial'
[ -e "$USBROUTE_LASTING_DIR/first-move" ]
crash
printf '[routes]\nat_start = "desk-on-ehci"\n' >> "$USBROUTE_CONFIG"
like_new
start
until_so 'grep -q "start with desk-on-ehci: XUSB2PR 0x3fff -> " "$log"'
not grep -qi 'interrupted\|trial\|somebody else' "$log"
[ "$(usbroute status --json | jq .trial_seconds)" = null ]
# No first move any more: what is moved is no trial unasked.
control 'move rear-1 host yes=1' | grep -q '^ok host=rear-1$'
control 'move rear-4 ehci' > said; not grep trial said
stop
SCRIPT
}

@test "without room for its state the daemon moves, says so, and knows it until it ends; then the room comes back" {
    inside <<'SCRIPT'
like_new
for how in 28 30 short; do
    start STATE_FAULTS_ERRNO="$PWD/fault"
    control 'move rear-1 ehci revert-after=0' | grep -qx 'ok ehci=rear-1'
    echo $how > fault
    control 'move rear-2 ehci revert-after=0' > said
    grep '^ok ehci=rear-2 -- .*the journal could not be written, so undo may not know about this change: cannot write the journal .*/state/journal: ' said
    case $how in
        30) grep 'Read-only file system; mount it writable' said ;;
        *) grep 'No space left on device; make room there' said ;;
    esac
    control 'move rear-3 ehci revert-after=1s' > said
    grep 'the trial could not be written down: it ends in time only while this usbrouted runs' said
    until_so '[ "$(side rear-3)" = xhci ]'
    control undo | grep -q '^ok xhci=rear-2'
    control undo | grep -q '^ok xhci=rear-1'
    [ "$(wires)" = 00003fff ] && [ "$(superspeed)" = 0000003f ]
    control 'move rear-4 ehci revert-after=0' | grep -q '^ok ehci=rear-4'
    # Room again: what was not written down is.
    rm fault
    control 'move rear-5 ehci revert-after=0' | grep -qx 'ok ehci=rear-5'
    crash; start
    control undo | grep -q '^ok xhci=rear-5'
    control undo | grep -q '^ok xhci=rear-4'
    [ "$(control undo | cut -d' ' -f2)" = nothing-to-undo ]
    stop
    like_new
done
SCRIPT
}

@test "a daemon that starts with a read-only state directory says what it needs, and serves" {
    inside <<'SCRIPT'
like_new
echo 30 > fault
start STATE_FAULTS_ERRNO="$PWD/fault"
grep 'cannot write the journal .*/state/journal: Read-only file system; mount it writable; until then, undo and trials are forgotten when this usbrouted ends' "$log"
control 'move rear-1 ehci revert-after=0' | grep -q '^ok ehci=rear-1'
# Killed, nothing is remembered and nothing is broken.
crash; start STATE_FAULTS_ERRNO="$PWD/fault"
[ "$(wires)" = 00003ffb ]
control 'move rear-1 xhci revert-after=0' | grep -q '^ok xhci=rear-1'
# A command without the daemon says it too.
stop
STATE_FAULTS_ERRNO="$PWD/fault" LD_PRELOAD="$SHIM:$LD_PRELOAD" usbroute --direct move rear-1 --to ehci 2> said
grep 'the journal could not be written, so undo may not know about this change' said
[ "$(wires)" = 00003ffb ]
SCRIPT
}

@test "a clock that jumps for years moves no trial's end, and what is done meanwhile is read back" {
    inside <<'SCRIPT'
like_new
start STATE_FAULTS_CLOCK="$PWD/clock"
for jump in -50000000 8000000000 -9000000000; do
    control 'move rear-1 ehci revert-after=3s' | grep -q '^ok ehci=rear-1'
    echo $jump > clock
    left=$(usbroute status --json | jq .trial_seconds)
    [ "$left" -ge 1 ] && [ "$left" -le 3 ]
    control 'move rear-2 ehci' | grep -q '^ok ehci=rear-2'
    crash; start STATE_FAULTS_CLOCK="$PWD/clock"
    left=$(usbroute status --json | jq .trial_seconds)
    [ "$left" -ge 1 ] && [ "$left" -le 3 ]
    [ "$(wires)" = 00003ff3 ]
    until_so '[ "$(wires)" = 00003fff ]'
    rm clock
done
not ls "$USBROUTE_STATE_DIR"/*.bad 2> /dev/null
stop
SCRIPT
}

@test "without udev each request looks for itself" {
    inside <<'SCRIPT'
like_new
start STATE_FAULTS_NO_NETLINK=1
grep 'cannot listen to udev.*; changes are noticed only when somebody asks' "$log"
usbroute status | grep '^rear-4 .*DataTraveler'
sim unplug rear-4; sim settle
usbroute status | grep '^rear-4 .*-$'
sim plug rear-4 webcam; sim settle
usbroute status | grep '^rear-4 .*C920'
control 'move rear-4 ehci revert-after=1s' | grep -q '^ok ehci=rear-4'
sim settle
usbroute status | grep '^rear-4 *host *EHCI .*C920'
until_so '[ "$(wires)" = 00003fff ]'
stop
SCRIPT
}

@test "a udev that hangs lets no stick go that was mounted later" {
    inside <<'SCRIPT'
like_new
sim unplug rear-4; sim settle
start STATE_FAULTS_DEAF_NETLINK=1
usbroute status | grep '^rear-4 .*-$'
not grep 'cannot listen to udev' "$log"

sim plug rear-4 disk; sim settle
sim mount sdb1 /mnt/stick
control 'move rear-4 ehci revert-after=0' | grep '^refused disk-in-use rear-4 holds disk sdb, which the host uses: sdb > sdb1 > /mnt/stick'
[ "$(wires)" = 00003fff ]

# Another device of the same name: nothing in the list of names tells.
sim umount /mnt/stick
sim unplug rear-4; sim settle; sim plug rear-4 webcam; sim settle
usbroute status | grep '^rear-4 .*C920'
control 'move rear-4 ehci revert-after=0' | grep '^ok ehci=rear-4'
sim settle
usbroute status | grep '^rear-4 *host *EHCI .*C920'

# The end of a trial is a move like others.
sim unplug rear-4; sim settle
control 'move rear-4 xhci revert-after=1s' | grep '^ok xhci=rear-4'
sim plug rear-4 disk; sim settle
sim mount sdb1 /mnt/stick
until_so 'grep -q "trial delayed: .*rear-4 holds disk sdb" "$log"'
[ "$(wires)" = 00003fff ]
sim umount /mnt/stick
until_so '[ "$(wires)" != 00003fff ]'
stop
SCRIPT
}

@test "a guests' memory that is none is set aside" {
    inside <<'SCRIPT'
like_new
mkdir -p "$USBROUTE_STATE_DIR"
head -c 5000 /dev/urandom > "$USBROUTE_STATE_DIR/guests"
start
grep '/state/guests cannot be read and was set aside as .*/state/guests.bad: the sockets of guests that ended while no daemon was running do not go back to the host' "$log"
[ "$(stat -c %s "$USBROUTE_STATE_DIR/guests.bad")" = 5000 ]
control 'move rear-1 ehci revert-after=0' | grep -q '^ok ehci=rear-1'
stop
SCRIPT
}

@test "connectors.toml that is broken stops the start with its line, and a reload keeps the old names" {
    inside <<'SCRIPT'
like_new
names=${USBROUTE_CONFIG%/*}/connectors.toml
start
printf '[connector.desk]\nmux_bit = 2\nnonsense' > "$names"
kill -HUP "$daemon"
until_so 'grep -q "the new configuration is not used; the old one stays in force" "$log"'
grep 'connectors.toml:3' "$log"
control 'move rear-1 ehci revert-after=0' | grep -q '^ok ehci=rear-1'
stop
ends_with 78 usbrouted
grep 'connectors.toml:3' err; grep 'the configuration is wrong, see above' err
head -c 3000 /dev/urandom > "$names"
ends_with 78 usbrouted; grep 'connectors.toml' err
[ "$(wires)" = 00003ffb ]
SCRIPT
}

@test "a socket file that is removed is made again, by itself and at a reload, and clients stay" {
    inside <<'SCRIPT'
like_new
start
mkfifo lines
nc -N -U "$USBROUTE_SOCKET" < lines > answers & client=$!
exec 9> lines
echo status >&9
until_so 'grep -q ^ok answers'
rm "$USBROUTE_SOCKET"
until_so answers
grep "listener control: $USBROUTE_SOCKET was removed by somebody else, and has been created again" "$log"
# The whole directory, and in its place one that no socket fits in; a reload tries at once.
rm -r "$USBROUTE_SIM/run"
: > "$USBROUTE_SIM/run"
until_so 'grep -q "its socket file was removed and cannot be created again: .*; once that is fixed: sudo usbroute reload" "$log"'
rm "$USBROUTE_SIM/run"
kill -HUP "$daemon"
until_so answers
# Whoever was connected is so still.
echo 'move rear-1 ehci revert-after=0' >&9
until_so 'grep -q "^ok ehci=rear-1" answers'
exec 9>&-; wait $client
stop
[ ! -e "$USBROUTE_SOCKET" ]
SCRIPT
}

@test "a configuration that is deleted stays in force until a restart, and a reload says so" {
    inside <<'SCRIPT'
like_new
start
mv "$USBROUTE_CONFIG" away
control 'move rear-1 ehci revert-after=0' | grep -q '^ok ehci=rear-1'
kill -HUP "$daemon"
until_so 'grep -q "the new configuration is not used; the old one stays in force" "$log"'
grep "usbroute.toml was there and is gone; put it back, or restart usbrouted to do without it" "$log"
control 'move rear-2 ehci revert-after=0' | grep -q '^ok ehci=rear-2'
mv away "$USBROUTE_CONFIG"
reload
stop
SCRIPT
}

@test "without file descriptors the others wait, a move goes through, and no disk is taken for free" {
    if grep -q __ubsan_handle_dynamic_type_cache_miss "$USBROUTE_BIN/usbrouted"; then
        skip "to look at an object's type UBSan makes a pipe, and here there are no descriptors for it"
    fi
    inside <<'SCRIPT'
like_new
sim mount sdb1 /mnt/stick
start
mkfifo lines
nc -N -U "$USBROUTE_SOCKET" < lines > answers & client=$!
exec 9> lines
echo status >&9
until_so 'grep -q ^ok answers'
free=$(env -u LD_PRELOAD sh -c 'n=3; while [ -e "/proc/$0/fd/$n" ]; do n=$((n + 1)); done; echo $n' "$daemon")
# Fewer than are kept for ourselves: a client more is turned away, who is there is served.
prlimit --pid "$daemon" --nofile=$((free + 12)):
control status | grep -q '^error busy usbrouted is out of file descriptors: try again later'
echo 'move rear-1 ehci revert-after=0' >&9
until_so 'grep -q "^ok ehci=rear-1" answers'
# None at all: the disk is not taken for free, whatever can be seen.
prlimit --pid "$daemon" --nofile=$free:
(control status > waits 2>&1) & waiting=$!
until_so 'grep -q "cannot accept a client: Too many open files; raise the limit of open files; connected clients are still served" "$log"'
: > answers
echo 'move rear-4 ehci revert-after=0' >&9
until_so '[ -s answers ]'
cat answers
not grep '^ok' answers
[ "$(wires)" = 00003ffb ]
[ "$(grep -c 'cannot accept a client' "$log")" = 1 ]
# And everything again.
prlimit --pid "$daemon" --nofile=1024:
until_so 'grep -q "clients are accepted again" "$log"'
wait $waiting
until_so answers
control 'move rear-4 ehci revert-after=0' | grep -q '^refused disk-in-use'
control 'move rear-2 ehci revert-after=0' | grep -q '^ok ehci=rear-2'
exec 9>&-; wait $client
stop
SCRIPT
}

@test "a killed daemon's socket file is no obstacle, and a second daemon never works beside the first" {
    inside <<'SCRIPT'
like_new
start
control 'move rear-1 ehci revert-after=60s' | grep -q '^ok ehci=rear-1'
journal=$(md5sum "$USBROUTE_STATE_DIR/journal")
for socket in "$USBROUTE_SOCKET" "$PWD/another.sock"; do
    ends_with 1 usbrouted --socket "$socket"
    grep "another daemon is using $USBROUTE_STATE_DIR; usbroute status asks it" err
done
[ "$(md5sum "$USBROUTE_STATE_DIR/journal")" = "$journal" ]
answers
crash
[ -S "$USBROUTE_SOCKET" ]
start
[ "$(usbroute status --json | jq .trial_seconds)" -gt 0 ]
stop
SCRIPT
}
