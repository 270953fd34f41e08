#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# What the real daemon may still do after it has opened its files: as root inside the simulated board, which becomes
# the user nobody. USBROUTE_BIN names the directory with the programs.

setup() {
    [ "$(id -u)" -eq 0 ] || skip "only root can become another user"
    load board
    # The board can be seen by everybody, and its configuration space be written by root alone. No daemon is up.
    preamble <<'SCRIPT'
cd "$USBROUTE_SIM"
unset USBROUTE_USER
chmod 1777 "$USBROUTE_SIM" # without the sticky bit its configuration would not be trusted
chmod -R a+rX "$USBROUTE_SIM"
chmod 644 "$config_space"
field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$daemon/status"; }
as_nobody() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
# The daemon of somebody who was never root: only root can hand it the registers.
room_of_nobody() {
    export USBROUTE_STATE_DIR=$USBROUTE_SIM/state-of-nobody USBROUTE_SOCKET=$USBROUTE_SIM/of-nobody.sock
    mkdir "$USBROUTE_STATE_DIR"
    chown nobody "$USBROUTE_STATE_DIR"
    chmod 600 "$config_space"
}
SCRIPT
}

@test "the daemon is nobody, holds no capability in any set, and still moves sockets there and back" {
    inside <<'SCRIPT'
start --user nobody
nobody=$(id -u nobody) group=$(id -g nobody)
[ "$(field Uid)" = "$(printf '%s\t%s\t%s\t%s' $nobody $nobody $nobody $nobody)" ]
[ "$(field Gid)" = "$(printf '%s\t%s\t%s\t%s' $group $group $group $group)" ]
for set in CapInh CapPrm CapEff CapBnd CapAmb; do [ "$(field $set)" = 0000000000000000 ]; done
[ "$(field NoNewPrivs)" = 1 ]
for thread in /proc/"$daemon"/task/*/status; do
    grep -q '^CapEff:[[:space:]]*0000000000000000$' "$thread"
    grep -q "^Uid:[[:space:]]*$nobody[[:space:]]" "$thread"
done
not setpriv --reuid nobody --clear-groups sh -c 'echo > "$0"' "$config_space"
grep 'serving as user nobody, without capabilities' "$log"
usbroute move rear-1 --to ehci
sim settle
usbroute status | grep '^rear-1 *host *EHCI'
usbroute undo
usbroute status | grep '^rear-1 *host *xHCI'
stop
SCRIPT
}

@test "what nobody writes is nobody's: the journal is written, remembered by the next daemon and by root" {
    inside <<'SCRIPT'
# Where anybody can make a directory, root takes nobody's.
mkdir -m 755 lib
export USBROUTE_STATE_DIR=$USBROUTE_SIM/lib/state
mkdir -p "$USBROUTE_STATE_DIR"
usbroute --direct move rear-1 --to ehci
[ "$(stat -c %U "$USBROUTE_STATE_DIR/journal")" = root ]
start --user nobody
[ "$(stat -c %U "$USBROUTE_STATE_DIR" "$USBROUTE_STATE_DIR/journal" | sort -u)" = nobody ]
not grep 'cannot write the journal' "$log"
usbroute undo
usbroute status | grep '^rear-1 *host *xHCI'
stop
rm "$USBROUTE_STATE_DIR/journal"
usbroute --direct move rear-2 --to ehci
[ "$(stat -c %U "$USBROUTE_STATE_DIR/journal")" = nobody ]
start --user nobody
usbroute undo
stop
SCRIPT
}

@test "root that gives the state away follows no link, and leaves a file with two names alone" {
    inside <<'SCRIPT'
mkdir -p "$USBROUTE_STATE_DIR" elsewhere
echo precious > elsewhere/file
ln -s "$USBROUTE_SIM/elsewhere/file" "$USBROUTE_STATE_DIR/guests"
echo precious > elsewhere/other
ln elsewhere/other "$USBROUTE_STATE_DIR/journal"
start --user nobody
[ "$(stat -c %U elsewhere/file elsewhere/other | sort -u)" = root ]
[ "$(cat elsewhere/file elsewhere/other | sort -u)" = precious ]
stop
SCRIPT
}

@test "a socket file that is removed is made again by nobody, and a reload opens a new one" {
    inside <<'SCRIPT'
chown nobody "${USBROUTE_SOCKET%/*}"
start --user nobody
[ "$(stat -c %U "$USBROUTE_SOCKET")" = nobody ]
rm "$USBROUTE_SOCKET"
wait_for 'has been created again' "$log"
usbroute toggle
printf '[listen.more]\nunix = "%s/run/more.sock"\ngroup = "nogroup"\n' "$USBROUTE_SIM" >> "$USBROUTE_CONFIG"
reload
usbroute --socket "$USBROUTE_SIM/run/more.sock" status | grep rear-1
stop
not test -e "$USBROUTE_SOCKET"
SCRIPT
}

@test "where nobody may not make a socket file, the failure says so and the clients that are there stay" {
    inside <<'SCRIPT'
start --user nobody
rm "$USBROUTE_SOCKET"
wait_for 'its socket file was removed and cannot be created again: .*Permission denied' "$log"
kill -0 "$daemon"
SCRIPT
}

@test "a configuration that nobody may not read is said at the start, and stays in force at a reload" {
    inside <<'SCRIPT'
chmod 600 "$USBROUTE_CONFIG"
start --user nobody
grep 'is not readable for user nobody: only a restart will read it again, a reload will not' "$log"
kill -HUP "$daemon"
wait_for 'the old one stays in force' "$log"
usbroute toggle
stop
SCRIPT
}

@test "a user that does not exist ends it with the exit code for that, before anything is opened" {
    inside <<'SCRIPT'
ends_with 67 usbrouted --user no-such-user
grep 'there is no user no-such-user; create it' err
not test -e "$USBROUTE_SOCKET"
SCRIPT
}

@test "without the user usbroute it stays root and says what to do; root that was asked for is not remarked on" {
    if id usbroute > /dev/null 2>&1; then skip "this machine has a user usbroute"; fi
    inside <<'SCRIPT'
start
grep 'there is no user usbroute, so usbrouted stays root; create it' "$log"
stop
: > "$log"
start --user root
not grep 'stays root' "$log"
[ "$(field Uid | cut -f1)" = 0 ]
stop
SCRIPT
}

@test "who is not root from the start is handed the registers by root, and only by root" {
    inside <<'SCRIPT'
room_of_nobody
setpriv --reuid nobody --regid nogroup --clear-groups "$(command -v usbrouted)" >> "$log" 2>&1 < /dev/null &
daemon=$!
wait_for 'nobody has handed it the registers; as root: usbroute-reopen' "$log"
[ "$(field CapEff)" = 0000000000000000 ]
ends_with 5 usbroute move rear-1 --to ehci
grep 'as root: usbroute-reopen' err
ends_with 5 as_nobody "$(command -v usbroute-reopen)"
grep 'only root can open the registers' err
usbroute-reopen
wait_for 'can be read again' "$log"
usbroute move rear-1 --to ehci
usbroute status | grep '^rear-1 *host *EHCI'
ends_with 4 usbroute-reopen 0000:00:1d.0
usbroute-reopen --hotplug 0000:00:1d.0
kill "$daemon"; wait "$daemon"
ends_with 3 usbroute-reopen
usbroute-reopen --hotplug
SCRIPT
}

@test "whoever has taken the daemon over can write nothing but allowed bits of the routing registers, and cannot get out" {
    [ -e "$USBROUTE_BIN/confinement_probe.so" ] || skip "the probe is not built"
    # A recorded machine: the simulated board would answer what is written, as hardware does.
    inside <<'SCRIPT'
unset LD_PRELOAD
machine=$USBROUTE_SIM/recorded
cp -a "$BATS_TEST_DIRNAME/../machines/z97e-itx-ac" "$machine"
chown -R root:root "$machine"
chmod -R u+w,a+rX,go-w "$machine"
config=$(echo "$machine"/sys/bus/pci/devices/0000:00:14.0/config)
sed -i '/^\[listen.control\]/,$d' "$machine/etc/usbroute/usbroute.toml"
printf '[listen.control]\nunix = "/run/usbroute/control.sock"\ngroup = ""\n' >> "$machine/etc/usbroute/usbroute.toml"
unset USBROUTE_CONFIG USBROUTE_CONNECTORS USBROUTE_STATE_DIR
export USBROUTE_SOCKET=$machine/run/usbroute/control.sock
# Firmware has locked all but the first eight sockets, which it left with the xHCI.
printf '\xff\x3f\x00\x00\xff\x00\x00\x00' | dd of="$config" bs=1 seek=$((0xd0)) conv=notrunc status=none
cp "$config" before
export PROBE_GO=$USBROUTE_SIM/go PROBE_FREE=40ff PROBE_FOUND=3f00 PROBE_RECORDED=1
LD_PRELOAD=$(dirname "$(command -v usbrouted)")/confinement_probe.so start --root "$machine" --user nobody -v
if grep 'built without libseccomp' "$log"; then stop; exit 0; fi
touch go
wait_for 'the probe made .* attempts at 1 descriptors' "$log"
grep probe "$log"
not grep OPEN: "$log"
# 2^8 of the mask, times the management engine's own bit, times the locked ones as they were found or as the kernel leaves them.
grep -q '; 1024 values were taken' "$log"
[ "$(stat -c %s "$config")" = "$(stat -c %s before)" ]
for at in $(cmp -l before "$config" | while read -r at _; do printf '%x ' $((at - 1)); done); do
    case $at in d[01]) ;; *) echo "byte 0x$at was written"; exit 1 ;; esac
done
# It is the daemon still.
printf '\xff\x3f\x00\x00' | dd of="$config" bs=1 seek=$((0xd0)) conv=notrunc status=none
usbroute move front-2 --to ehci
usbroute undo
stop
SCRIPT
}

@test "what root hands over to somebody who has taken the daemon over can be written no better" {
    [ -e "$USBROUTE_BIN/confinement_probe.so" ] || skip "the probe is not built"
    inside <<'SCRIPT'
room_of_nobody
export PROBE_GO=$USBROUTE_SIM/go PROBE_FREE=7fff PROBE_FOUND=0
LD_PRELOAD=$(dirname "$(command -v usbrouted)")/confinement_probe.so:$LD_PRELOAD \
    setpriv --reuid nobody --regid nogroup --clear-groups "$(command -v usbrouted)" -v >> "$log" 2>&1 < /dev/null &
daemon=$!
wait_for 'nobody has handed it the registers' "$log"
if grep 'built without libseccomp' "$log"; then stop; exit 0; fi
usbroute-reopen
wait_for 'can be read again' "$log"
usbroute-reopen
wait_for 'the probe made .* attempts at what was handed over' "$log"
touch go
wait_for 'the probe made .* attempts at 1 descriptors' "$log"
grep probe "$log"
not grep OPEN: "$log"
usbroute move rear-1 --to ehci
stop
SCRIPT
}

@test "a daemon with devices to give may claim ports and lend one file by one message, and everything else stays shut" {
    [ -e "$USBROUTE_BIN/confinement_probe.so" ] || skip "the probe is not built"
    inside <<'SCRIPT'
sed -i "s|^\[guest.windows\]|&\nqmp = \"$USBROUTE_SIM/run/windows.qmp\"|" "$USBROUTE_CONFIG"
printf '[connector.card]\nusb = ["0000:00:14.0/14"]\n' >> "$USBROUTE_CONFIG"
export PROBE_GO=$USBROUTE_SIM/go PROBE_FREE=7fff PROBE_FOUND=0 PROBE_HUB=/dev/bus/usb/003/001
chmod 666 "$USBROUTE_SIM$PROBE_HUB"
LD_PRELOAD=$(dirname "$(command -v usbrouted)")/confinement_probe.so:$LD_PRELOAD start --user nobody -v
if grep 'built without libseccomp' "$log"; then stop; exit 0; fi
touch go
wait_for 'the probe made .* attempts at 1 descriptors' "$log"
grep probe "$log"
not grep OPEN: "$log"
usbroute move rear-1 --to ehci
stop
SCRIPT
}

@test "a configuration that comes to have devices to give is read again, and the log says that only a restart gives the right" {
    inside <<'SCRIPT'
start --user nobody -v
if grep 'built without libseccomp' "$log"; then stop; exit 0; fi
printf '[connector.card]\nusb = ["0000:00:14.0/14"]\n' >> "$USBROUTE_CONFIG"
reload
not grep 'restart usbrouted' "$log"
sed -i "s|^\[guest.windows\]|&\nqmp = \"$USBROUTE_SIM/run/windows.qmp\"|" "$USBROUTE_CONFIG"
reload
wait_for 'gives devices to a guest one by one, and usbrouted started without the right to open their nodes: restart usbrouted' "$log"
usbroute toggle
stop
: > "$log"
start --user nobody -v
reload
not grep 'restart usbrouted' "$log"
stop
SCRIPT
}

@test "the filter is on in every thread where it was built, and its list is the one that is documented" {
    sources=$BATS_TEST_DIRNAME/../..
    python3 - "$sources/src/linux/syscall_filter.cpp" "$sources/docs/service.md" <<'PYTHON'
import re, sys
source, document = (open(path, encoding="utf-8").read() for path in sys.argv[1:])
table = source[source.index("allowed = {{"):]
table = table[: table.index("}};")]
told = document[document.index("## System calls"):]
rows = [(why, re.findall(r'"([^"]+)"', calls)) for why, calls in re.findall(r'\{"([^"]+)",\s*\{([^}]*)\}\}', table)]
assert len(rows) == 9, rows
for why, calls in rows:
    line = f"| {why} | " + ", ".join(f"`{call}`" for call in calls) + " |"
    assert line in told, line
rules = source[source.index("void add_descriptor_rules"): source.index("struct Release")]
named = [call for calls in re.findall(r'push_back\(\s*\{\{([^}]*)\}', rules) for call in re.findall(r'"([^"]+)"', calls)]
assert len(set(named)) > 20, named
under_conditions = told[told.index("And these under conditions:"):]
first_cells = " ".join(line.split("|")[1] for line in under_conditions.splitlines() if line.startswith("| `"))
told_names = set(re.findall(r"`([^`]+)`", first_cells))
assert told_names == set(named) | {"mmap", "mmap2"}, told_names ^ set(named)
PYTHON
    inside <<'SCRIPT'
start --user nobody -v
if grep 'built without libseccomp' "$log"; then
    [ "$(field Seccomp)" = 0 ]
else
    [ "$(field Seccomp)" = 2 ]
    for thread in /proc/"$daemon"/task/*/status; do grep -q '^Seccomp:[[:space:]]*2$' "$thread"; done
fi
for _ in 1 2 3; do usbroute toggle; sim settle; done
usbroute regs
stop
SCRIPT
}
