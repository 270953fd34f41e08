#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# What another user of the machine can hold, send or put in the way: the real daemon on the simulated board, and a stranger
# beside it. USBROUTE_BIN names the directory with the programs.

setup() {
    [ "$(id -u)" -eq 0 ] || skip "only root can let a stranger loose"
    # A version manager of root's shows a python3 that nobody else can start.
    python=$(PATH=/usr/bin:/bin command -v python3) || skip "a stranger finds no python3 in /usr/bin"
    export python
    load board
    # Everybody can see the board, and it is worked in there. No daemon is up.
    preamble <<'SCRIPT'
cd "$USBROUTE_SIM"
cp "$BATS_TEST_TMPDIR/grab.py" .
chmod 755 "$USBROUTE_SIM"
chmod -R a+rX "$USBROUTE_SIM"
log=$USBROUTE_SIM/usbrouted.log
as_a_stranger="$outside setpriv --reuid 4711 --regid 4711 --clear-groups" # before a command
grab() { # PLACE...: a stranger holds what it can below them
    : > grabbed
    $as_a_stranger "$python" "$PWD/grab.py" "$@" > grabbed 2>&1 & stranger=$!
    wait_for '^grabbed' grabbed
}
SCRIPT
    cat > grab.py <<'PYTHON'
"""grab.py PLACE... - opens all that it can open for reading in the places and below, takes the lock of each, says which and how many
they are, and sleeps until it is killed."""
import fcntl, os, sys, time
held, opened = [], []
def everything(place):
    yield place
    for directory, names, files in os.walk(place):
        for name in names + files:
            yield os.path.join(directory, name)
for place in sys.argv[1:]:
    for path in everything(place):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            try:
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                continue
        held.append(fd)
        print("holds", path, flush=True)
print("grabbed", len(held), flush=True)
time.sleep(600)
PYTHON
}

@test "a stranger who holds locks on all it can open holds nothing up: a trial's end, --direct, SIGTERM, the next start" {
    inside <<'SCRIPT'
start
control 'move rear-1 ehci revert-after=3s' | grep '^ok'
[ "$(wires)" != 00003fff ]
grab "$USBROUTE_STATE_DIR" "$USBROUTE_LASTING_DIR" "${USBROUTE_SOCKET%/*}" "$USBROUTE_SIM"
not grep "$USBROUTE_STATE_DIR/." grabbed
not grep "$USBROUTE_LASTING_DIR/." grabbed
until_so '[ "$(wires)" = 00003fff ]'
usbroute toggle
timeout 20 usbroute --direct move rear-2 --to ehci --yes
kill "$daemon"
until_so 'gone $daemon'
wait "$daemon"
timeout 20 usbroute --direct undo
start
usbroute toggle
kill "$stranger"
stop
SCRIPT
}

@test "the state is its owner's alone: directories 0700, files 0600, also what 0.1 has left open" {
    inside <<'SCRIPT'
mkdir -p -m 755 "$USBROUTE_STATE_DIR"
printf 'usbroute-journal 2\nbegin 0000:00:14.0 4:4:0 0:0:0 0 - - move keys to ehci\nend done\n' > "$USBROUTE_STATE_DIR/journal"
printf 'usbroute guests 1\n' > "$USBROUTE_STATE_DIR/guests"
chmod 755 "$USBROUTE_STATE_DIR" "$USBROUTE_LASTING_DIR"
chmod 644 "$USBROUTE_STATE_DIR"/* "$USBROUTE_LASTING_DIR"/*
# Opened and locked before the new version comes.
grab "$USBROUTE_STATE_DIR" "$USBROUTE_LASTING_DIR"
grep "holds $USBROUTE_STATE_DIR/journal" grabbed
grep "holds $USBROUTE_STATE_DIR$" grabbed
start
usbroute toggle
usbroute undo
timeout 20 usbroute --direct move rear-2 --to ehci --yes
[ "$(stat -c %a "$USBROUTE_STATE_DIR" "$USBROUTE_LASTING_DIR" | sort -u)" = 700 ]
[ "$(find "$USBROUTE_STATE_DIR" "$USBROUTE_LASTING_DIR" ! -type d ! -perm 600)" = "" ]
kill "$daemon"
until_so 'gone $daemon'
kill "$stranger"
SCRIPT
}

@test "while a command holds the lock the loop goes on, and the answer names its process" {
    inside <<'SCRIPT'
start
usbroute toggle
flock "$USBROUTE_STATE_DIR/change.lock" sleep 600 & holder=$!
until_so 'not flock -n "$USBROUTE_STATE_DIR/change.lock" true 2> /dev/null'
ends_with 3 usbroute move rear-1 --to ehci
grep 'process [0-9]* (\(flock\|sleep\)) is changing something right now' err
# The loop is free meanwhile.
usbroute status > /dev/null
ends_with 3 timeout 60 usbroute --direct move rear-1 --to ehci
grep 'nothing was done' err
kill "$daemon"
until_so 'gone $daemon'
wait "$daemon"
pkill -P "$holder" sleep || true
kill "$holder" 2> /dev/null || true
SCRIPT
}

@test "a trial whose end meets a held lock ends when the lock is free" {
    inside <<'SCRIPT'
start
control 'move rear-1 ehci revert-after=1s' | grep '^ok'
exec 9> "$USBROUTE_STATE_DIR/change.lock"
flock 9
until_so 'grep -q "it will be taken back once the lock on changes is free" "$log"'
[ "$(wires)" != 00003fff ]
flock -u 9; exec 9>&-
until_so '[ "$(wires)" = 00003fff ]'
stop
SCRIPT
}

@test "a configuration that others could write, itself or a directory above it, is refused with what to type" {
    inside <<'SCRIPT'
refused() { # PATTERN
    ends_with 78 timeout 20 usbrouted
    grep "$1" err
    ends_with 1 usbroute --direct toggle
    grep "$1" err
}
directory=${USBROUTE_CONFIG%/*}
chmod 666 "$USBROUTE_CONFIG"; refused "can be written by everybody (mode 0666).*chmod go-w $USBROUTE_CONFIG"
chmod 664 "$USBROUTE_CONFIG"; refused "can be written by its group.*chmod g-w $USBROUTE_CONFIG"
chmod 644 "$USBROUTE_CONFIG"
if setfacl -m u:4711:rw "$USBROUTE_CONFIG" 2> /dev/null; then
    refused "somebody named in an access list (mode 0664).*setfacl -b $USBROUTE_CONFIG"
    setfacl -b "$USBROUTE_CONFIG"
fi
chmod 775 "$directory"; refused "chmod g-w $directory"
chmod 755 "$directory"
chmod 644 "$USBROUTE_CONFIG"; chown 4711 "$USBROUTE_CONFIG"; refused "belongs to user 4711.*chown root $USBROUTE_CONFIG"
chown 0 "$USBROUTE_CONFIG"; chmod 777 "$directory"; refused "chmod go-w $directory"
chmod 755 "$directory"; chmod 777 "${directory%/*}"; refused "chmod go-w ${directory%/*}"
chmod 755 "${directory%/*}"; chown 4711 "$directory"; refused "chown root $directory"
chown 0 "$directory"
mkdir -m 777 open; mv "$USBROUTE_CONFIG" open/; ln -s "$PWD/open/usbroute.toml" "$USBROUTE_CONFIG"; refused "chmod go-w $PWD/open"
# Who only looks may look at what he likes.
$as_a_stranger "$(command -v usbroute)" --config "$PWD/open/usbroute.toml" config show > said
grep rear-1 said
chmod 755 open
start
usbroute toggle
chmod 666 open/usbroute.toml
kill -HUP "$daemon"
until_so 'grep -q "the old one stays in force" "$log"'
usbroute toggle
stop
SCRIPT
}

@test "idle connections of one user lock nobody else out, and root always gets in" {
    inside <<'SCRIPT'
members=$USBROUTE_SIM/run/members.sock
printf '[listen.members]\nunix = "%s"\ngroup = "4711"\n' "$members" >> "$USBROUTE_CONFIG"
start
cat > idle.py <<'PYTHON'
import os, socket, sys, time
count, port, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
lines = []
for i in range(count):
    for family, place in ((socket.AF_UNIX, path), (socket.AF_INET, ("127.0.0.1", port))):
        line = socket.socket(family, socket.SOCK_STREAM)
        line.settimeout(10)
        line.connect(place)
        lines.append(line)
turned_away = sum(line.family == socket.AF_UNIX and line.recv(5, socket.MSG_PEEK) == b"error" for line in lines[32:])
print("connected", turned_away, flush=True)
time.sleep(600)
PYTHON
chmod 644 idle.py
$as_a_stranger "$python" idle.py 60 "$USBROUTE_SIM_PORT" "$members" > idle 2>&1 & stranger=$!
until_so 'grep -q "^connected" idle'
cat idle
grep '^connected 44' idle
usbroute status > /dev/null
# Another member of the group.
$outside setpriv --reuid 4712 --regid 4711 --clear-groups sh -c 'echo status | nc -N -w 5 -U "$0"' "$members" | grep '^ok'
kill "$stranger"
stop
SCRIPT
}

@test "a flood of what is refused makes at most a megabyte of log in a minute" {
    inside <<'SCRIPT'
start -v
# Some times what one source may log at once and within the minute that a slow machine takes for it.
printf 'move no-such-socket ehci\n%.0s' $(seq 1500) > flood
timeout 200 nc -N -w 150 -U "$USBROUTE_SOCKET" < flood > answers
[ "$(wc -l < answers)" = 1500 ]
[ "$(stat -c %s "$log")" -lt 1000000 ]
grep 'they are left out for a while' "$log"
usbroute move rear-1 --to ehci
until_so 'grep -q "move rear-1 to ehci" "$log"' # the answer comes first
stop
SCRIPT
}

@test "a link that the daemon's user puts in the place of the state leads root nowhere, and a file there is no journal" {
    inside <<'SCRIPT'
mkdir -m 755 precious of-the-user
ln -s "$PWD/precious" of-the-user/state
chown -h 4711:4711 of-the-user of-the-user/state
untouched() { [ "$(stat -c '%a %u' precious)" = "755 0" ]; [ -z "$(ls -A precious)" ]; }
export USBROUTE_STATE_DIR=$PWD/of-the-user/state
timeout 20 usbroute --direct move rear-2 --to ehci --yes > said 2>&1 || true
cat said
untouched
start
usbroute toggle || true
grep 'cannot write the journal' "$log"
kill "$daemon"; wait "$daemon" || true
untouched
# A directory is used, and what root writes there is the user's.
rm of-the-user/state
mkdir -m 700 of-the-user/state; chown 4711:4711 of-the-user/state
printf secret > precious/secret; chmod 640 precious/secret
ln precious/secret of-the-user/state/journal
timeout 20 usbroute --direct move rear-2 --to ehci --yes
[ "$(stat -c '%a %u' precious/secret)" = "640 0" ]
not grep -r secret of-the-user/state/journal
[ "$(stat -c '%a %u' of-the-user/state/journal)" = "600 4711" ]
SCRIPT
}

@test "a daemon that is started with thousands of open files serves, and one that has no standard error does" {
    inside <<'SCRIPT'
cat > many.py <<'PYTHON'
import os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard != resource.RLIM_INFINITY else 8192, hard))
fd = os.open("/dev/null", os.O_RDONLY)
for _ in range(1500):
    os.set_inheritable(os.dup(fd), True)
os.execvp("usbrouted", ["usbrouted"])
PYTHON
if [ "$(ulimit -Hn)" != unlimited ] && [ "$(ulimit -Hn)" -lt 2048 ]; then exit 0; fi
"$python" "$PWD/many.py" >> "$log" 2>&1 < /dev/null & daemon=$!
until_so answers
usbroute toggle
[ "$(ls "/proc/$daemon/fd" | wc -l)" -lt 100 ]
kill "$daemon"; wait "$daemon"
usbrouted >> "$log" < /dev/null 2>&- & daemon=$!
until_so answers
usbroute toggle
stop
SCRIPT
}
