#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # what is said in single quotes is run later; `helpers` sets the processes
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# usbroute-sleep between a system bus of the test's own, with a stand-in for logind, and a client; then with the real daemon on
# the simulated board. USBROUTE_BIN names the directory with the programs.

setup() {
    load board
    [ -x "$USBROUTE_BIN/usbroute-sleep" ] || skip "usbroute-sleep is not built"
    command -v dbus-daemon > /dev/null || skip "there is no dbus-daemon"
    # The one that has the distribution's modules.
    export python=/usr/bin/python3
    "$python" -c 'import dbus, gi' 2> /dev/null || skip "there is no python3-dbus or python3-gi"
    cat > bus.conf <<'CONF'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=BUS</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CONF
    sed -i "s|BUS|$BATS_TEST_TMPDIR/bus|" bus.conf
    export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$BATS_TEST_TMPDIR/bus
    export USBROUTE_SLEEP_SOCKET=$BATS_TEST_TMPDIR/sleep.sock
    # Functions for both kinds of test: those in the board are read from here.
    cat > helpers <<'HELPERS'
begin_bus() {
    dbus-daemon --config-file="$BATS_TEST_TMPDIR/bus.conf" --nofork --nopidfile > bus.log 2>&1 3>&- & bus=$!
    until_so 'listens "$BATS_TEST_TMPDIR/bus"'
}
begin_logind() { # [refuse|silent]
    rm -f happens; mkfifo happens
    : > seen
    "$python" "$BATS_TEST_DIRNAME/logind_stand_in.py" "$@" < happens > seen 2> logind.log 3>&- & logind=$!
    exec 6> happens
    wait_for ready seen
}
happens() { echo "$1" >&6; }
begin_sleep() {
    usbroute-sleep --listen --user "$(id -un)" > sleep.log 2>&1 3>&- & helper=$!
    until_so 'listens "$USBROUTE_SLEEP_SOCKET"'
}
# A client in the background, process $client: `say LINE` on its input, what it hears in `heard`.
begin_client() {
    rm -f says; mkfifo says
    nc -U "$USBROUTE_SLEEP_SOCKET" < says > heard 2> nc.log 3>&- & client=$!
    exec 7> says
}
say() { echo "$1" >&7; }
lines() { [ "$(cat "$1")" = "$(printf '%s\n' "${@:2}")" ]; }
end_all() {
    exec 6>&- 7>&-
    kill "${client:-}" "${helper:-}" "${logind:-}" "${bus:-}" 2> /dev/null || true
}
HELPERS
    # shellcheck source=/dev/null
    . ./helpers
}

teardown() { if declare -F end_all > /dev/null; then end_all; fi; }

@test "the host waits from the start until the client lets it sleep, and from its end on again" {
    begin_bus; begin_logind; begin_sleep; begin_client
    wait_for held heard
    lines seen ready 'inhibited sleep delay'
    happens sleep
    wait_for sleeps heard
    lines seen ready 'inhibited sleep delay'
    say may
    wait_for released seen
    happens wake
    until_so "lines heard held sleeps awake held"
    lines seen ready 'inhibited sleep delay' released 'inhibited sleep delay'
    end_all
}

@test "a client that goes takes its inhibitor along" {
    begin_bus; begin_logind; begin_sleep; begin_client
    wait_for held heard
    exec 7>&-
    kill "$client"
    wait_for released seen
    end_all
}

@test "without a bus, without logind, and where it refuses, the client is told once and nothing is held" {
    begin_sleep; begin_client
    wait_for absent heard
    kill "$client"; exec 7>&-
    begin_bus
    begin_client
    wait_for absent heard
    kill "$client"; exec 7>&-
    begin_logind refuse
    begin_client
    wait_for absent heard
    lines seen ready
    end_all
}

@test "a logind that never answers is given up" {
    begin_bus; begin_logind silent; begin_sleep; begin_client
    wait_for absent heard
    lines seen ready
    end_all
}

@test "a logind that is started anew is asked again" {
    begin_bus; begin_logind; begin_sleep; begin_client
    wait_for held heard
    happens quit
    wait "$logind"
    exec 6>&-
    begin_logind
    wait_for 'inhibited sleep delay' seen
    end_all
}

@test "a client that talks nonsense is left" {
    begin_bus; begin_logind; begin_sleep; begin_client
    wait_for held heard
    say 'toggle'
    wait_for released seen
    end_all
}

@test "before sleep the daemon takes back what a guest has, and gives it again after" {
    preamble <<'SCRIPT'
. ./helpers
SCRIPT
    begin_bus; begin_logind; begin_sleep
    # A pipe that is opened here is the script's as well.
    inside --board "$USBROUTE_BIN/../machines/amd-a520m" <<'SCRIPT'
sim plug rear-4 webcam; sim guest start windows; sim settle
start
usbroute move rear-4 --to windows
webcam=$(place 082d)
has "$webcam" 'usbfs usbfs usbfs usbfs'
wait_for inhibited seen
echo sleep > happens
wait_for released seen
[ "$(drivers "$webcam")" = 'none none none none' ]
usbroute status --json | jq -e '.connectors[] | select(.name == "rear-4") | .owner == "windows"'
echo wake > happens
has "$webcam" 'usbfs usbfs usbfs usbfs'
until_so '[ "$(grep -c inhibited seen)" = 2 ]'
# The end of the helper holds nothing up, and the daemon lives.
stop
SCRIPT
    end_all
}
