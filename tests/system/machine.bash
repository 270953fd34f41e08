# shellcheck shell=bash disable=SC2034 # read by the tests
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# For tests on copies of recorded machines, `load machine` in setup. USBROUTE_BIN names the directory with the programs.

USBROUTE_BIN=$(cd "${USBROUTE_BIN:?names the directory with the programs}" && pwd)
PATH=$USBROUTE_BIN:$PATH
machines=$USBROUTE_BIN/../machines
unset USBROUTE_SOCKET USBROUTE_CONFIG USBROUTE_STATE_DIR NO_COLOR CLICOLOR_FORCE
export LC_ALL=C.UTF-8 TERM=xterm

# A machine is two thousand small files: in memory where that can be, and gone after the test.
dir=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
log=$dir/log
socket=$dir/c.sock
pids=()
# shellcheck source=tests/system/waiting.sh
. "$BATS_TEST_DIRNAME/waiting.sh"

teardown() {
    local pid
    for pid in "${pids[@]}"; do
        if kill "$pid" 2> /dev/null; then wait "$pid" 2> /dev/null || true; fi
    done
    rm -rf "$dir" ${open:+"$open"}
}

# From here on, the machine is a fresh copy of that one.
on() { # NAME
    machine=$dir/$1
    settings=$machine/etc/usbroute/usbroute.toml
    rm -rf "$machine"
    cp -a "$machines/$1" "$machine"
}

# Its listeners would be in the way of tests that run beside this one: only the control socket stays.
control_alone() {
    sed -i '/^\[listen.control\]/,$d' "$settings"
    printf '[listen.control]\nunix = "/run/usbroute/control.sock"\ngroup = ""\n' >> "$settings"
}

# The daemon of the machine, process $daemon, from when on it answers. It is ended with the test.
start() { # [OPTION...]
    usbrouted --root "$machine" --socket "$socket" "$@" 2>> "$log" 3>&- &
    daemon=$!
    pids+=("$daemon")
    until_so answers
}
say() { printf '%s\n' "$@" | nc -N -w 5 -U "$socket"; }
answers() { [ -S "$socket" ] && say status | grep -q .; }

# Lets everybody see the machine, and start the copy of usbroute in $open: memory may be no place for programs.
open_to_all() {
    chmod -R a+rX "$dir"
    open=$(mktemp -d)
    chmod 755 "$open"
    cp "$USBROUTE_BIN/usbroute" "$open/"
}
