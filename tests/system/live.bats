#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# The live view in a real terminal (tmux) on the simulated board, with the real daemon. USBROUTE_BIN names the directory
# with the programs.

# The daemon is up. `open` starts a command in a terminal, `keys` presses, `screen` prints, `until_shown` and `until_gone`
# wait for a fixed text.
setup() {
    load board
    export LC_ALL=C.UTF-8 TERM=xterm-256color
    unset NO_COLOR TMUX
    preamble <<'SCRIPT'
# Each terminal has a server of its own: one that is ending takes no new session.
opened=0
tmux() { command tmux -L "live-$$-$opened" -f /dev/null "$@"; }
close() { tmux kill-server 2> /dev/null || :; }
trap close EXIT
open() { # columns rows command: the shell behind it stays, and says how the command ended
    opened=$((opened + 1))
    tmux new-session -d -x "$1" -y "$2" "$3; echo \"ended with \$?\"; stty -a | grep -o -E -e '-?(icanon|echo)\\b'; exec sh"
}
keys() { tmux send-keys "$@"; }
screen() { tmux capture-pane -p; }
until_shown() { until_so "screen | grep -qF -e ${1@Q}" || { screen; return 1; }; }
until_gone() { until_so "! screen | grep -qF -e ${1@Q}" || { screen; return 1; }; }
given_back() { until_shown echo; screen | grep -qx icanon; screen | grep -qx echo; }
start
SCRIPT
}

@test "keys choose a socket, move it, take it back, and give the terminal back" {
    inside <<'SCRIPT'
open 100 36 'usbroute live'
until_shown '╔H rear-1'
keys Right; until_shown '╔H rear-3'
keys Left;  until_shown '╔H rear-1'
keys Enter; until_shown 'rear-1 is on EHCI'
sim settle; until_shown 'is at 2-1.3 now'
[ "$(keyboard)" = 2-1.3 ]
until_shown 'rear-1: host, EHCI; Logitech USB Keyboard'
keys u; until_shown 'is at 3-3 now'
[ "$(keyboard)" = 3-3 ]
keys t; until_shown 'profile desk-on-ehci'
keys '?'; until_shown 'undo the last change'
keys q; until_shown '╔H rear-1'
keys q; until_shown 'ended with 0'
given_back
stop
SCRIPT
}

@test "it is redrawn when somebody else moves, plugs or pulls something" {
    inside <<'SCRIPT'
open 100 36 'usbroute live'
until_shown '│DataTraveler 2.0 sdb│'
sim unplug rear-4; until_gone '│DataTraveler 2.0 sdb│'
sim plug rear-3 webcam; until_shown '│HD Pro Webcam C920'
usbroute toggle; until_shown 'profile desk-on-ehci'
sim driver 0000:00:1d.0 vfio-pci; sim driver 0000:00:1a.0 vfio-pci
until_shown '╔W rear-1'
stop
SCRIPT
}

@test "the last keyboard goes only after a yes" {
    inside <<'SCRIPT'
give_ehcis
open 100 36 'usbroute live'
until_shown '╔H rear-1'
keys Enter; until_shown 'Do it anyway? y/t/n'
screen | grep -F "the host's only keyboard"
keys Enter; keys n; until_shown 'left as it is'
[ "$(keyboard)" = 3-3 ]
keys Enter; until_shown 'Do it anyway? y/t/n'
keys y; until_shown '╔W rear-1'
sim settle; [ -z "$(keyboard)" ]
keys m; until_shown 'Where should rear-1 go?'
keys 1; until_shown '╔H rear-1'
sim settle; [ "$(keyboard)" = 3-3 ]
sim mount sdb1 /mnt/stick
keys Down Right; until_shown '╔H rear-4'
keys Enter; until_shown '/mnt/stick; unmount it, or'
stop
SCRIPT
}

@test "a daemon that goes away is said, and found again" {
    inside <<'SCRIPT'
open 80 36 'usbroute live'
until_shown '╔H rear-1'
stop; until_shown 'NOT CONNECTED'
keys t; until_shown 'not now: the daemon is not there'
start; until_gone 'NOT CONNECTED'
until_shown 'the daemon is there again'
keys t; until_shown 'profile desk-on-ehci'
stop
SCRIPT
}

@test "every size of terminal is drawn, and a new size at once" {
    inside <<'SCRIPT'
open 100 36 'usbroute live'
until_shown '╔H rear-1'
for size in '40 12' '20 6' '12 3' '5 1' '200 60' '80 24'; do
    # Emptied from outside: what is there then was drawn for the new size.
    keys -R; until_so '[ -z "$(screen | tr -d "[:space:]")" ]'
    tmux resize-window -x "${size% *}" -y "${size#* }"
    until_so '[ -n "$(screen | tr -d "[:space:]")" ]'
    screen
done
until_shown '╔H rear-1'
until_shown '? help  q quit'
keys q; until_shown 'ended with 0'
stop
SCRIPT
}

@test "ASCII and no colour where the terminal has nothing else" {
    inside <<'SCRIPT'
open 100 36 'LC_ALL=C NO_COLOR=1 usbroute live'
until_shown '#H rear-1'
tmux capture-pane -p -e > screen
if LC_ALL=C grep -q -P '[\x80-\xff]' screen; then exit 1; fi
if grep -q -P '\x1b\[[0-9;]*3[0-7]m' screen; then exit 1; fi
keys q; until_shown 'ended with 0'
close
open 100 36 'TERM=vt100 LC_ALL=no_SUCH.UTF-8 usbroute live'
until_shown '╔H rear-1'
keys q; until_shown 'ended with 0'
stop
SCRIPT
}

@test "the terminal is given back whatever ends it" {
    inside <<'SCRIPT'
for signal in TERM HUP INT SEGV ABRT; do
    open 80 30 'usbroute live'
    until_shown '╔H rear-1'
    kill -"$signal" "$(tmux list-panes -F '#{pane_pid}' | xargs -I{} pgrep -P {} -f usbroute-live)"
    until_shown 'ended with'
    given_back
    case $signal in
        SEGV|ABRT) screen | grep -E 'ended with 1[0-9][0-9]' ;;
        *) screen | grep -x 'ended with 0' ;;
    esac
    close
done
open 80 30 'usbroute live'
until_shown '╔H rear-1'
keys C-c; until_shown 'ended with 0'
given_back
close
# Ctrl-Z needs a shell with jobs.
opened=$((opened + 1))
tmux new-session -d -x 80 -y 30 'bash --norc -i'
keys 'usbroute live' Enter; until_shown '╔H rear-1'
keys C-z; until_shown 'Stopped'
keys 'fg' Enter; until_shown '╔H rear-1'
keys Right; until_shown '╔H rear-3'
stop
SCRIPT
}

@test "it says what it needs where it cannot run" {
    inside <<'SCRIPT'
ends_with 2 usbroute live < /dev/null; grep 'live needs a terminal' err
open 100 30 'TERM=dumb usbroute live'; until_shown 'TERM is dumb'; until_shown 'ended with 2'; close
open 100 30 'TERM=no-such usbroute live'; until_shown 'TERM no-such is not known here'; until_shown 'ended with 2'; close
ends_with 2 usbroute --direct live; grep 'live needs the daemon' err
stop
ends_with 3 usbroute live; grep 'start usbrouted' err
SCRIPT
}

@test "a daemon that does not let us look is no reason to try for ever" {
    inside <<'SCRIPT'
stop
sed -i "s|^\[listen.windows\]|[listen.narrow]\nunix = \"$USBROUTE_SIM/run/narrow.sock\"\nallow = [\"status\"]\n&|" "$USBROUTE_CONFIG"
start
open 100 30 "usbroute --socket $USBROUTE_SIM/run/narrow.sock live"
until_shown 'ended with 5'
screen | grep subscribe
given_back
stop
SCRIPT
}

@test "usbroute itself does not load ncurses" {
    run ldd "$USBROUTE_BIN/usbroute"
    [[ "$output" != *ncurses* && "$output" != *tinfo* ]]
    run ldd "$USBROUTE_BIN/usbroute-live"
    [[ "$output" == *ncursesw* ]]
}

@test "a question is shown with its answers, and a key answers it" {
    inside --board "$USBROUTE_BIN/../machines/amd-a520m" <<'SCRIPT'
stop
cat >> "$USBROUTE_CONFIG" <<'RULES'
[rule.cameras]
match = { id = "046d:082d" }
ask = ["windows", "host", "none"]
RULES
start
open 100 36 'usbroute live'
until_shown '╔H rear-1'
sim plug rear-4 webcam; sim settle
until_shown 'a answers: who is to have HD Pro Webcam C920? windows or host or none; the host in'
until_shown '│? '
keys a; until_shown '> 1 windows'
keys Escape; until_gone '> 1 windows'
keys a; until_shown '> 1 windows'
keys 3; until_gone 'a answers'
until_shown 'was answered for: nobody'
usbroute why 046d:082d | grep 'it was moved by its name'
until_shown '│>- '
# In a terminal with room for hardly anything the question is what is shown.
usbroute undo; open 40 4 'usbroute live'; until_shown 'a answers'
stop
SCRIPT
}
