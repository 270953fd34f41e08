#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Trials on the simulated board: the real daemon, command line, listeners and clock. USBROUTE_BIN names the directory
# with the programs. Each daemon is ended by its process id.

setup() {
    load board
    preamble <<'SCRIPT'
guest() { printf '%s\n' "$@" | nc -N -w 5 -U "$USBROUTE_SIM/run/windows.sock"; }
is_at() { until_so "[ \"\$(side $1)\" = $2 ]"; } # CONNECTOR SIDE
start
SCRIPT
}

@test "a trial that nobody confirms is taken back, and everybody is told" {
    inside <<'SCRIPT'
# What is said while it lasts, on a trial that does not end meanwhile, however busy the machine is.
usbroute move rear-1 --to ehci --revert-after 1h 2> said
grep 'trial: rear-1 goes back to xhci in 3600 s unless confirmed; `usbroute confirm` keeps it' said
[ "$(side rear-1)" = ehci ]
usbroute status | grep '^trial: rear-1 goes back to xhci in .* unless confirmed: usbroute confirm'
usbroute status --json | jq -e '.trial_seconds > 3000 and .trial_seconds <= 3600 and .trial_way_back == "rear-1 goes back to xhci"'
control status | grep -- '-- trial: rear-1 goes back to xhci in .* unless confirmed$'
control undo | grep '^ok'
# And one that ends.
watch_into watch
usbroute move rear-1 --to ehci --revert-after 1s 2> said
grep 'trial: rear-1 goes back to xhci in 1 s unless confirmed' said
wait_for 'trial begun rear-1 goes back to xhci in 1 s unless confirmed' watch
wait_for 'trial reverted nobody has confirmed it: rear-1 goes back to xhci' watch
is_at rear-1 xhci
grep '^moved .*rear-1' watch
usbroute status > said; not grep '^trial' said
[ "$(control undo | cut -d' ' -f2)" = nothing-to-undo ]
kill $watcher
stop
SCRIPT
}

@test "what is confirmed on the host stays" {
    inside <<'SCRIPT'
[ "$(control '{"do":"move","connectors":["rear-1"],"to":"ehci","revert_after":60}' | jq .trial_seconds)" = 60 ]
usbroute confirm
[ "$(usbroute status --json | jq .trial_seconds)" = null ]
[ "$(side rear-1)" = ehci ]
crash; start
[ "$(usbroute status --json | jq .trial_seconds)" = null ]
usbroute confirm 2> said; grep 'there is no trial to confirm' said
control undo | grep '^ok xhci=rear-1'
stop
SCRIPT
}

@test "the guest that has got the socket confirms on its line, and whoever has no right to cannot" {
    inside <<'SCRIPT'
# Each nc is a guest that comes and goes; what it has got shall stay all the same.
sed -i 's/^when_off = "host"/when_off = "stay"/' "$USBROUTE_CONFIG"; reload
give_ehcis
usbroute move rear-2 --to windows --revert-after 60s
printf 'confirm\n' | nc -N -w 5 127.0.0.1 "$USBROUTE_SIM_PORT" | grep '^error not-permitted listener netcat does not allow confirm'
guest confirm | grep '^ok'
[ "$(usbroute status --json | jq .trial_seconds)" = null ]
usbroute status | grep '^rear-2 *windows'
usbroute move rear-2 --to host
# One with another socket in it, or with one that no profile gives to the guest.
usbroute move rear-2 front-1 --to windows --revert-after 60s
guest confirm | grep '^error not-permitted windows may not confirm this trial: not all of its sockets'
guest 'toggle desk-on-ehci revert-after=1h' > said; cat said
grep "^refused not-the-guests-change a trial is under way that is not entirely windows's own, and no other can begin" said
[ "$(usbroute status --json | jq .trial_seconds)" -le 60 ]
usbroute confirm
usbroute apply all-host
# one that has no part in it
take_ehcis_back
usbroute move rear-1 --to ehci --revert-after 60s
guest confirm | grep '^error not-permitted windows may not confirm this trial'
guest 'toggle revert-after=0' | grep '^error not-permitted windows may not do without a trial'
usbroute undo
stop
SCRIPT
}

@test "a trial outlives the client that was killed" {
    inside <<'SCRIPT'
mkfifo lines
nc -U "$USBROUTE_SOCKET" < lines > answer & client=$!
exec 9> lines
echo 'move rear-1 ehci revert-after=2s' >&9
wait_for '^ok ehci=rear-1' answer
kill -9 $client
exec 9>&-
[ "$(side rear-1)" = ehci ]
is_at rear-1 xhci
stop
SCRIPT
}

@test "a daemon that was killed in mid-trial is followed by one that keeps the deadline" {
    inside <<'SCRIPT'
usbroute move rear-1 rear-2 --to ehci --revert-after 1h
crash
start
left=$(usbroute status --json | jq .trial_seconds)
[ "$left" -ge 1 ] && [ "$left" -le 3600 ]
[ "$(side rear-1)" = ehci ]
control undo | grep '^ok'
# The deadline falls while no daemon runs, or after the next one has come: it is kept either way.
usbroute move rear-1 rear-2 --to ehci --revert-after 2s
crash
start
is_at rear-1 xhci; is_at rear-2 xhci
wait_for 'trial reverted' "$log"
crash; start
[ "$(usbroute status --json | jq .trial_seconds)" = null ]
stop
SCRIPT
}

@test "a disk that was mounted meanwhile stays at the end of a trial, and the keyboard beside it goes home" {
    inside <<'SCRIPT'
watch_into watch
# The disk has to be in use before the trial ends: ten seconds, on a machine that does much else.
usbroute move rear-1 rear-4 --to ehci --revert-after 10s; sim settle
sim mount sdb1 /mnt/stick
is_at rear-1 xhci
[ "$(side rear-4)" = ehci ]
wait_for 'trial reverted nobody has confirmed it: rear-1 goes back to xhci$' watch
wait_for 'trial delayed it cannot be taken back yet, and will be tried again: rear-4 stays: rear-4 holds disk sdb, which the host uses: sdb > sdb1 > /mnt/stick' watch
usbroute status | tr '\n' ' ' | tr -s ' ' > said; cat said
grep 'trial: rear-4 goes back to xhci as soon as possible unless confirmed (usbroute confirm); rear-4 stays: rear-4 holds' said
usbroute status --json | jq -e '.trial_seconds == 0 and (.trial_why_out | contains("rear-4 holds disk sdb"))'
usbroute why rear-4 --json | jq -e '.trial_why_out | contains("rear-4 holds disk sdb")'
# it is not forgotten by the next daemon, and what is moved now is not taken back with it
crash; start
usbroute move rear-2 --to ehci 2> said; cat said; not grep trial said
[ "$(side rear-4)" = ehci ]
sim umount /mnt/stick
is_at rear-4 xhci
[ "$(side rear-2)" = ehci ]
usbroute status > said; not grep '^trial' said
stop
SCRIPT
}

@test "after sleep the host keeps its last keyboard, which is said once, and it goes when another one comes" {
    inside <<'SCRIPT'
give_ehcis
usbroute move rear-1 --to windows --yes; sim settle
# Where the register is read before the keyboard has been seen to come, the route is restored at once, as it was asked for.
stays='not all routes can be restored: rear-1 stays: rear-1 holds the host.s only keyboard'
for _ in 1 2 3 4 5; do sim resume; sim settle; sleep 1; not grep -q "$stays" "$log" || break; is_at rear-1 ehci; done
wait_for "$stays" "$log"
for _ in 1 2 3 4 5; do sim unplug front-1; sim plug front-1 mouse; sim settle; done
[ "$(side rear-1)" = xhci ]
[ "$(grep -c 'not all routes can be restored' "$log")" = 1 ]
sim unplug rear-2; sim plug rear-2 keyboard; sim settle
is_at rear-1 ehci
stop
SCRIPT
}

@test "the first move on a machine is a trial until one is confirmed" {
    inside <<'SCRIPT'
stop
rm "$USBROUTE_LASTING_DIR/first-move"
start
usbroute move rear-1 --to ehci 2> said
grep 'the first move on this machine is a trial: rear-1 goes back to xhci in 30 s unless confirmed' said
control undo | grep '^ok xhci=rear-1'
# somebody who could take it back has not been stranded
[ -e "$USBROUTE_LASTING_DIR/first-move" ]
usbroute move rear-1 --to ehci 2> said
[ ! -s said ]
stop; rm "$USBROUTE_LASTING_DIR/first-move"; start
control 'move rear-2 ehci yes=1' | grep -x 'ok ehci=rear-2'
stop; rm "$USBROUTE_LASTING_DIR/first-move"; start
usbroute move rear-3 --to ehci --revert-after 0 2> said
[ ! -s said ]
control 'move front-2 ehci' | grep -x 'ok ehci=front-2'
stop
SCRIPT
}

@test "a trial without a daemon is refused, and nothing is moved" {
    inside <<'SCRIPT'
ends_with 2 usbroute --direct move rear-1 --to ehci --revert-after 30s; grep 'needs the daemon, which takes the change back' err
ends_with 2 usbroute --direct confirm; grep 'needs the daemon, which keeps the trial' err
ends_with 2 usbroute move rear-1 --to ehci --revert-after 2h; grep '2h is not a valid trial time: write 1s to 1h' err
[ "$(side rear-1)" = xhci ]
stop
SCRIPT
}

@test "twenty changes are undone one by one after a restart, and then there is nothing left" {
    inside <<'SCRIPT'
stop; start
for i in $(seq 22); do
    if [ $((i % 2)) = 1 ]; then control 'move rear-1 ehci'; else control 'move rear-1 xhci'; fi
done | grep -c '^ok' | grep -x 22
crash; start
for i in $(seq 20); do control undo; done | grep -c '^ok' | grep -x 20
control undo | grep '^refused nothing-to-undo'
[ "$(side rear-1)" = xhci ]
stop
SCRIPT
}

@test "undo refuses where the machine has changed in a way that makes it wrong" {
    inside <<'SCRIPT'
control 'move rear-1 ehci' | grep ^ok
printf '[routes]\non_drift = "report"\n' >> "$USBROUTE_CONFIG"; reload
# somebody else has moved the wires
sim write XUSB2PR 3fff; sim settle
control undo | grep '^refused changed-since the wires are no longer where "move rear-1 to ehci" left them'
sim write XUSB2PR 3ffb; sim settle
# the xHCI has gone
sim remove 0000:00:14.0; sim settle
control undo | grep '^refused no-mux'
sim rescan; sim settle
sim write XUSB2PR 3ffb; sim settle
control undo | grep ^ok
# the controller is the host's again
give_ehcis
control 'move front-1 windows' | grep ^ok
control 'move front-1 host' | grep ^ok
take_ehcis_back
control undo | grep '^refused owner-changed front-1 belonged to windows before'
[ "$(side front-1)" = xhci ]
stop
# a journal of another machine: its xHCI had another address
sed -i 's/0000:00:14.0/0000:00:15.0/' "$USBROUTE_STATE_DIR/journal"
start
control undo | grep '^refused changed-since'
stop
SCRIPT
}

@test "a journal that is none is set aside, and one of an older version is taken over" {
    inside <<'SCRIPT'
stop
head -c 5000 /dev/urandom > "$USBROUTE_STATE_DIR/journal"
start
grep 'was set aside as .*journal.bad: it is not a journal' "$log"
[ "$(stat -c %s "$USBROUTE_STATE_DIR/journal.bad")" = 5000 ]
control 'move rear-1 ehci' | grep -x 'ok ehci=rear-1'
stop
printf 'usbroute-journal 3\nbegin move 0000:00:14.0 4:4:0 0:0:0 0 - - move rear-1 to ehci\nend done\nbegin 0000' > "$USBROUTE_STATE_DIR/journal"
start
[ "$(head -1 "$USBROUTE_STATE_DIR/journal")" = 'usbroute-journal 4' ]
control undo | grep -x 'ok xhci=rear-1'
stop
SCRIPT
}

@test "why tells who moved a socket, when, and what would stop a move now" {
    inside <<'SCRIPT'
usbroute why rear-1 | grep 'not moved by usbroute since the machine started'
control 'move rear-1 ehci' | grep ^ok; sim settle
crash; start
TZ=UTC usbroute why rear-1 > said; cat said
grep '^rear-1: host, EHCI' said
grep "^since 20..-..-.. ..:..:.. (UTC), by user $(id -un) (uid $(id -u)), process [0-9]* ([^ ]*): move rear-1 to ehci" said
grep 'plugged in: Logitech USB Keyboard' said
grep 'to ehci: it is already there' said
grep 'to host: nothing prevents it' said
grep 'to windows: .*(guest-not-given; ' said
TZ=UTC usbroute log > said; cat said
grep '^times are local (UTC)' said
grep "^20..-..-.. ..:..:.. move rear-1 to ehci, by user $(id -un) " said
grep '^    rear-1: xHCI -> EHCI$' said
usbroute log --json | jq -e '.entries[-1].moved == [{"name":"rear-1","from":"xhci","to":"ehci"}]'
usbroute log --since 1m -n 1 | grep 'move rear-1 to ehci'
ends_with 2 usbroute log --since soon; grep 'write how long ago, such as 10m' err
guest log | grep '^error not-permitted windows may not read the log'
usbroute why rear-1 --json | jq -e '.schema == 1 and .what == "move rear-1 to ehci" and (.moves[] | select(.to == "windows") | .code) == "guest-not-given"'
usbroute --direct why rear-1 --json | jq -e '.what == "move rear-1 to ehci"'
guest 'why rear-1' > said; cat said
grep '^ok host=rear-1 -- since 20.* by somebody else: a change; to host: ' said
not grep -E 'control [(]|uid |pid |0000:00' said
guest 'why front-1' | grep '^error not-permitted windows may not ask about front-1'
ends_with 4 usbroute why raer-1; grep 'did you mean rear-1' err
ends_with 2 usbroute why
stop
SCRIPT
}
