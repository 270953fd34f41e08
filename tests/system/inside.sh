# shellcheck shell=bash disable=SC2034,SC2086 # read by the scripts; $outside is words
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# What every script inside the simulated board begins with (board.bash sees to it): the board, the daemon, and what can be
# seen of both. It works in the test's own folder.

set -eu
cd "$BATS_TEST_TMPDIR"
# shellcheck source=tests/system/waiting.sh
. "$BATS_TEST_DIRNAME/waiting.sh"

# --- the board -----------------------------------------------------------------------------------------------------

sim() { usbroute-sim 'do' "$@"; }
# Both EHCIs, for the guest `windows`.
give_ehcis() {
    sim driver 0000:00:1d.0 vfio-pci
    sim driver 0000:00:1a.0 vfio-pci
    sim settle
}
take_ehcis_back() {
    sim driver 0000:00:1d.0 ehci-pci
    sim driver 0000:00:1a.0 ehci-pci
    sim settle
}
# Where sysfs has the board's keyboard: 3-3 on the xHCI, 2-1.3 on EHCI, nothing where no host controller has it.
keyboard() {
    local product
    for product in /sys/bus/usb/devices/*/idProduct; do
        if [ "$(cat "$product")" = c31c ]; then basename "${product%/idProduct}"; fi
    done
}
# XUSB2PR and USB3_PSSEN, by the bytes of the file below /sys and by nobody's word.
config_space=$USBROUTE_SIM/sys/devices/pci0000:00/0000:00:14.0/config
wires() { od -An -tx4 -j $((0xd0)) -N4 "$config_space" | tr -d ' '; }
superspeed() { od -An -tx4 -j $((0xd8)) -N4 "$config_space" | tr -d ' '; }
# Before a command: as on the real machine, without the library that shows the board. So the daemon sees another machine's
# process, or none of the board's.
outside='env -u LD_PRELOAD'

# --- the daemon ----------------------------------------------------------------------------------------------------

log=$BATS_TEST_TMPDIR/log
begin() { # [OPTION...]: does not wait until it answers
    usbrouted "$@" >> "$log" 2>&1 < /dev/null &
    daemon=$!
}
control() { printf '%s\n' "$@" | nc -N -w 5 -U "$USBROUTE_SOCKET"; }
answers() { control status 2> /dev/null | grep -q '^ok'; }
gone() { # PROCESS
    ! kill -0 "$1" 2> /dev/null || [ "$(ps -o stat= -p "$1")" = Z ]
}
lives() { ! gone "$daemon"; }
start() { # [OPTION...]
    begin "$@"
    until_so answers
}
stop() {
    kill "$daemon"
    wait "$daemon"
}
crash() {
    kill -9 "$daemon" 2> /dev/null || true
    wait "$daemon" 2> /dev/null || true
}
# SIGHUP, and then it has the new configuration.
reload() {
    local before
    before=$(grep -c 'the configuration was read again' "$log" || true)
    kill -HUP "$daemon"
    until_so "[ \"\$(grep -c 'the configuration was read again' '$log')\" -gt $before ]"
}
# A socket's side, by the daemon's word.
side() { usbroute status --json | jq -r ".connectors[] | select(.name == \"$1\") | .side"; }
# `usbroute watch` in the background, process $watcher, from when on it misses nothing: it has told of a mouse in $spare.
spare=rear-5
watch_into() { # FILE [OPTION...]
    local file=$1
    shift
    usbroute watch "$@" > "$file" &
    watcher=$!
    until_so "sim plug $spare mouse; sees_all; sim unplug $spare; sees_all; grep -q ' $spare ' '$file'"
}
# All that has come and gone has been looked at.
sees_all() {
    sim settle
    usbroute status > /dev/null
}

# --- devices and their drivers -------------------------------------------------------------------------------------

devices=/sys/bus/usb/devices
# Drivers of a device's interfaces, "usbhid usbhid"; "none" for each without one, nothing where it has no configuration.
drivers() { # PLACE
    local interface
    for interface in "$devices/$1:"*; do
        [ -e "$interface" ] || continue
        basename "$(readlink "$interface/driver" || echo none)"
    done | xargs
}
# Where a device of that kind is: 3-2.
place() { # IDPRODUCT
    local product
    for product in "$devices"/*/idProduct; do
        if [ "$(cat "$product")" = "$1" ]; then basename "${product%/idProduct}"; fi
    done
}
has() { until_so "[ \"\$(drivers $1)\" = '$2' ]"; } # PLACE DRIVERS
# Whose a socket is, by the daemon's word.
owner() { usbroute status --json | jq -r ".connectors[] | select(.name == \"$1\") | .owner"; }

# --- a guest -------------------------------------------------------------------------------------------------------

# guest_peer.py in the background, process $peer; what it says is in the file peer.
peer() { # connect|serve PATH [LINE...]
    : > peer
    $outside python3 "$BATS_TEST_DIRNAME/guest_peer.py" "$@" > peer 2>&1 < /dev/null &
    peer=$!
}
