#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# `usbroute doctor` on copies of recorded machines and on listings made here: exit codes, JSON, and the one write.
#
#   USBROUTE_BIN=build/release/bin bats tests/system/doctor.bats

bats_require_minimum_version 1.5.0

setup() {
    load machine
    on z97-guest
}

doctor() { usbroute doctor --root "$machine" "$@"; }

# A machine of nothing but PCI functions, "address class vendor:device" a line, as lspci -n tells them.
listing() {
    machine=$dir/listing
    rm -rf "$machine"
    mkdir -p "$machine/sys/bus/pci/devices"
    while read -r address class ids; do
        [ -n "$address" ] || continue
        directory="$machine/sys/bus/pci/devices/0000:$address"
        mkdir "$directory"
        echo "0x$class" > "$directory/class"
        echo "0x${ids%%:*}" > "$directory/vendor"
        echo "0x${ids##*:}" > "$directory/device"
        head -c 64 /dev/zero > "$directory/config"
    done
}

state() { doctor --json | jq -r '.mux.family + "/" + .mux.state'; }

@test "it ends with 0 only where sockets can be moved now" {
    for name in z97-guest z97e-itx-ac z97-pro-gamer haswell-lp-laptop amd-a520m dock-four-deep; do
        on "$name"; run -0 doctor
    done
    for name in gigabyte-x99-ud4 gigabyte-z77 hp-500-502nj lenovo-t430s macbookpro12-1 \
        no-usb qemu-q35 thinkpad-l540; do
        on "$name"; run -6 doctor
    done
}

@test "JSON is one document with family, state and findings" {
    for path in "$machines"/*/; do
        on "$(basename "$path")"
        run --separate-stderr doctor --json
        [ -z "$stderr" ]
        jq -e '.schema == 1 and (.works | type == "boolean") and (.means | IN("route", "attach", "none")) and (.mux.family | type == "string")
            and (.mux.state | IN("ready", "ehci-hidden", "xhci-hidden", "no-mux", "too-old"))
            and (.findings | length > 0)
            and all(.findings[]; .code and .sentence and (.certainty | IN("confirmed", "inferred"))
                and (.severity | IN("obstacle", "warning", "note", "fine")))' <<< "$output"
        # what the exit code says, the document says
        [ "$status" -eq "$(jq 'if .works then 0 else 6 end' <<< "$output")" ]
    done
}

@test "a listing is enough to tell the chipset and its firmware mode" {
    listing <<< '00:14.0 0c0330 8086:8cb1
                 00:1d.0 0c0320 8086:8ca6'
    [ "$(state)" = "9-series/ready" ]
    listing <<< '00:14.0 0c0330 8086:1e31
                 00:1f.0 060100 8086:1e44'
    [ "$(state)" = "7-series/ehci-hidden" ]
    listing <<< '00:1a.0 0c0320 8086:8c2d
                 00:1d.0 0c0320 8086:8c26
                 03:00.0 0c0330 1b21:1042'
    [ "$(state)" = "8-series/xhci-hidden" ]
    listing <<< '00:1a.0 0c0320 8086:1c2d
                 00:1d.0 0c0320 8086:1c26
                 05:00.0 0c0330 1912:0014'
    [ "$(state)" = "/too-old" ]
    listing <<< '00:14.0 0c0330 8086:a36d'
    [ "$(state)" = "/no-mux" ]
    listing <<< ''
    [ "$(state)" = "/no-mux" ]
}

@test "64 bytes of configuration space are a matter of rights, and it says so" {
    config="$machine/sys/bus/pci/devices/0000:00:14.0/config"
    head -c 64 "$config" > "$BATS_TEST_TMPDIR/short" && cp "$BATS_TEST_TMPDIR/short" "$config"
    run -5 doctor
    [[ "$output" == *"shows only its first 64 bytes"* ]]
    [ "$(state)" = "9-series/ready" ]
    doctor --json | jq -e '.findings[0].code == "registers-unreadable"'
}

@test "looking changes nothing, and neither does the write that it is asked for" {
    before=$(cd "$machine" && find . -type f -exec sha256sum {} + | sort)
    run -0 doctor -v
    after=$(cd "$machine" && find . -type f -exec sha256sum {} + | sort)
    [ "$before" = "$after" ]

    run -0 doctor --try-write
    [[ "$output" == *"the recording accepted the same value of XUSB2PR again"* ]]
    after=$(cd "$machine" && find . -path ./run -prune -o -type f -exec sha256sum {} + | sort)
    [ "$before" = "$after" ]
}

@test "it writes to no chip that is not in the table" {
    for name in amd-a520m qemu-q35 no-usb; do
        on "$name"
        before=$(cd "$machine" && find . -type f -exec sha256sum {} + | sort)
        run doctor --try-write
        [[ "$output" == *"nothing was written:"* ]]
        [ "$before" = "$(cd "$machine" && find . -type f -exec sha256sum {} + | sort)" ]
    done
}

@test "a recording that cannot be written to is named" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to be somebody else"
    command -v setpriv > /dev/null || skip "setpriv is not installed"
    open_to_all
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$open/usbroute" doctor --root "$machine" --try-write
    [ "$status" -eq 6 ]
    [[ "$output" == *"writing the same value to XUSB2PR failed"* ]]
}

@test "a configuration that is wrong is an obstacle, one that does not fit a warning" {
    echo '[connector.x]' > "$machine/etc/usbroute/usbroute.toml"
    echo 'mux_bit = 20' >> "$machine/etc/usbroute/usbroute.toml"
    run -0 doctor
    [[ "$output" == *"the configuration does not fit this machine"*"mux_bit = 20"* ]]
    echo 'colour = "blue"' >> "$machine/etc/usbroute/usbroute.toml"
    run -6 doctor
    [[ "$output" == "Not yet: the configuration cannot be used"*"colour"* ]]
}

@test "what others wrote into scripts cannot touch the terminal" {
    printf 'setpci -s 00:14.0 d0.l=0 \033[2J\a\n' > "$machine/etc/rc.local"
    run -0 doctor --color always
    [[ "$output" == *'\x1b[2J\x07'* ]]
    [[ "$output" != *$'\033[2J'* ]]
}

@test "an obstacle fits 80 columns" {
    on hp-500-502nj
    command -v script > /dev/null || skip "script is not installed"
    cd "$machine" # a path is not broken, and that of the tests' folder is long
    run script -qec "stty cols 80; usbroute doctor --color never --root ." /dev/null
    [ "$status" -eq 6 ]
    [ "${#lines[@]}" -gt 10 ]
    for line in "${lines[@]}"; do line=${line%$'\r'}; [ "${#line}" -le 80 ] || { echo "${#line}: $line"; false; }; done
}

@test "quiet, it only has an exit code; other words are refused" {
    run -0 --separate-stderr doctor -q
    [ -z "$output" ] && [ -z "$stderr" ]
    run -2 doctor everything
    run -2 usbroute status --try-write
    [[ "$output" == *"status does not take --try-write"* ]]
}

@test "it asks the daemon what this user may not read, and since when it runs" {
    cp -a "$machine" "$machine-whole"
    short=$machine
    config="$machine/sys/devices/pci0000:00/0000:00:14.0/config"
    head -c 64 "$config" > "$BATS_TEST_TMPDIR/short" && cp "$BATS_TEST_TMPDIR/short" "$config"
    machine=$short-whole start
    run usbroute doctor --root "$short" --socket "$socket" --json
    kill "$daemon"
    wait "$daemon"
    [ "$status" -eq 0 ] || { echo "$output"; cat "$log"; false; }
    jq -e --arg pid "$daemon" '.findings[] | select(.code == "daemon-running")
        | (.sentence | test("since [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"))
        and (.evidence | join(" ") | contains("as process " + $pid) and contains("those that it reads"))' <<< "$output"

    run usbroute doctor --root "$machine-whole" --socket "$socket"
    [ "$status" -eq 0 ]
    [[ "$output" == *"usbrouted does not answer"* ]]
}
