#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# What a person is told at a terminal, and by a reload; sockets that are named by their panel. On the simulated board.

setup() {
    load board
    preamble <<'SCRIPT'
guest() { printf '%s\n' "$@" | nc -N -w 5 -U "$USBROUTE_SIM/run/windows.sock"; }
at_terminal() { script -qec "$1" /dev/null < /dev/null | tr -d '\r' > said; cat said; } # COMMAND
start
SCRIPT
}

@test "reload says which tables are new, and in which line the new file is wrong" {
    inside <<'SCRIPT'
usbroute reload 2> said; cat said
grep 'the configuration was read again; it says what it said before$' said
cp "$USBROUTE_CONFIG" good
printf '[profile.evening]\nehci = ["rear-1"]\n' >> "$USBROUTE_CONFIG"
usbroute reload 2> said; cat said
grep 'the configuration was read again; new: \[profile.evening\]$' said
usbroute apply evening --revert-after 0

printf '[profile.night]\nehci = [rear-1]\n' >> "$USBROUTE_CONFIG"
ends_with 1 usbroute reload; cat err
grep 'rear-1 is a text: put it in quotes, "rear-1"; the old configuration stays in force$' err
usbroute apply evening

cp good "$USBROUTE_CONFIG"
control reload | grep '^ok -- the configuration was read again; gone: \[profile.evening\]$'
usbroute reload --json | jq -e '.ok and (.message | startswith("the configuration was read again"))'
guest reload | grep '^error not-permitted '
ends_with 2 usbroute --direct reload
SCRIPT
}

@test "an action ends with one line about what it came to at a terminal, and with none in a script" {
    inside <<'SCRIPT'
usbroute move rear-1 --to ehci --revert-after 0 > said 2>&1; not test -s said
at_terminal 'usbroute move rear-1 --to xhci'
[ "$(cat said)" = 'rear-1 is on xHCI' ]
at_terminal 'usbroute undo'
[ "$(cat said)" = 'rear-1 is on EHCI' ]
at_terminal 'usbroute -q move rear-1 --to xhci'; not test -s said
at_terminal 'usbroute move rear-1 --to ehci --revert-after 1h'
grep '^rear-1 is on EHCI$' said
tr -s ' \n' ' ' < said | grep 'usbroute: trial: rear-1 goes back to xhci in 3600 s unless confirmed; `usbroute confirm` keeps it'
at_terminal 'usbroute confirm'
[ "$(cat said)" = kept ]
at_terminal 'usbroute move rear-1 --to ehci'
[ "$(cat said)" = 'usbroute: nothing to do' ]
SCRIPT
}

@test "what config init writes on the board has its sockets below the board" {
    inside <<'SCRIPT'
usbroute config init > new.toml 2> said
grep -F "unix = \"$USBROUTE_SIM/run/windows.sock\"" new.toml
not grep -F '"/run/usbroute/' new.toml
SCRIPT
}

@test "a panel names all of its sockets, wherever sockets are named" {
    inside <<'SCRIPT'
usbroute plan move front/ --to ehci | tee said
for word in front/ 'front/*'; do
    usbroute move "$word" --to ehci --revert-after 0
    for socket in $(usbroute status --json | jq -r '.connectors[] | select(.panel == "front") | .name'); do
        [ "$(side "$socket")" = ehci ]
    done
    usbroute undo
done
control 'move front/* ehci' | grep '^ok ehci=front-1,front-2'
usbroute mask front/ --json > by_panel; usbroute mask front-1 front-2 --json | cmp - by_panel
usbroute why front/* | grep -c '^front-[12]: ' | grep '^2$'
usbroute wait front/ --for 1s
ends_with 4 usbroute move frnt/ --to host; grep 'there is no panel frnt; did you mean front/?$' err
ends_with 4 usbroute mask 'side/*'; grep 'there is no panel side; panels are ' err
guest 'move front/* windows' | grep '^error not-permitted '
SCRIPT
}

@test "the table alone is piped, and long messages are broken between words" {
    inside <<'SCRIPT'
usbroute > piped; cat piped
sed -n 3p piped | grep '^CONNECTOR'
stty_cols='stty cols 60; '
at_terminal "${stty_cols}usbroute why nowhere-at-all-that-is-known-here || :"
not grep -E '^.{61}' said
SCRIPT
}
