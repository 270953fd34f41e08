#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# `usbroute record`: what it takes, what it replaces, and that the copy answers as the machine did.
#
#   USBROUTE_BIN=build/release/bin bats tests/system/record.bats

bats_require_minimum_version 1.5.0

setup() {
    load machine
    to=$dir/recording
    on z97e-itx-ac
}

# What each command says about a machine, exit codes included.
what_it_says() {
    for words in "status" "status -v" "status --json" "regs" "regs --json" "doctor -v" "doctor --json" "config check" \
        "config show" "plan toggle" "mask 0x0f"; do
        echo "$ $words"
        # shellcheck disable=SC2086
        usbroute --root "$1" $words 2>&1 || echo "exit $?"
    done | sed "s,$1,MACHINE,g"
}

@test "a recording of every machine answers as the machine, and so does a recording of that" {
    for path in "$machines"/*/; do
        on "$(basename "$path")"
        rm -rf "$to" "$to-2"
        run -0 --separate-stderr usbroute --root "$machine" record "$to"
        [ -z "$stderr" ]
        [ "$(what_it_says "$machine")" = "$(what_it_says "$to")" ] || { diff <(what_it_says "$machine") <(what_it_says "$to"); false; }
        run -0 usbroute --root "$to" record "$to-2"
        diff -r --no-dereference "$to/sys" "$to-2/sys"
    done
}

@test "it takes a small part of the machine, and nothing that is secret" {
    echo 'root=/dev/sda2 intel_iommu=on password=abc' > "$machine/proc/cmdline"
    mkdir -p "$machine/etc/cron.d" "$machine/usr/local/bin"
    echo 'TOKEN=verysecret' > "$machine/etc/cron.d/backup"
    printf 'KEY=verysecret\nsetpci -s 00:14.0 d0.l=0\n' > "$machine/usr/local/bin/usb-to-host"
    echo '50 1 0:60 / /home rw - cifs //fileserver/home rw,username=somebody' >> "$machine/proc/self/mountinfo"
    run -0 usbroute --root "$machine" record "$to"
    run -1 grep -rE 'verysecret|password|fileserver|somebody' "$to"
    [ "$(cat "$to/proc/cmdline")" = "intel_iommu=on" ]
    [ "$(cat "$to/usr/local/bin/usb-to-host")" = "setpci -s 00:14.0 d0.l=0" ]
    [ ! -e "$to/etc/cron.d/backup" ]
    [ "$(find "$to" -type f | wc -l)" -lt "$(($(find "$machine" -type f | wc -l) / 2))" ]
}

@test "serial numbers, MAC addresses and the host name are replaced, the same by the same" {
    on dock-four-deep
    mkdir -p "$machine/proc/sys/kernel"
    echo attic > "$machine/proc/sys/kernel/hostname"
    printf '# the desk of Attic, 52:54:00:12:34:56\n' >> "$machine/etc/usbroute/usbroute.toml"
    run -0 usbroute --root "$machine" record "$to"
    [[ "$output" == *"serial number"*"1 MAC address"*"the host name"* ]]
    run -1 grep -riE 'attic|52:54:00' "$to"
    tail -1 "$to/etc/usbroute/usbroute.toml" | grep -qx '# the desk of somehost, 02:00:00:00:00:01'
    # which devices have the same serial number, and which have none, is as it was
    same() {
        (cd "$1/sys" && find devices -path '*usb*' -name serial ! -path '*/usb[0-9]/serial' -size +1c | sort) |
            while read -r file; do echo "$(cat "$1/sys/$file") $file"; done | awk '{n[$1] = n[$1] ? n[$1] : ++c; print n[$1], $2}'
    }
    [ -n "$(same "$machine")" ]
    [ "$(same "$machine")" = "$(same "$to")" ]
    run -1 grep -rhE --include=serial -v '^(SERIAL-[0-9]{4}|[0-9a-f]{4}:.*|)$' "$to/sys"
}

@test "it overwrites nothing" {
    mkdir "$to" && echo mine > "$to/file"
    run -6 usbroute --root "$machine" record "$to"
    [[ "$output" == *"already exists and is not empty"* ]]
    [ "$(ls "$to")" = "file" ]
    run -6 usbroute --root "$machine" record "$to/file"
    ln -s "$BATS_TEST_TMPDIR" "$to-link"
    run -6 usbroute --root "$machine" record "$to-link"
    rm "$to/file"
    run -0 usbroute --root "$machine" record "$to/"
    [ -f "$to/README.md" ]
}

@test "what cannot be finished leaves nothing behind" {
    run -1 usbroute --root "$machine" record "$dir/no/such/place"
    [[ "$output" == *"No such file or directory"* ]]
    run -2 usbroute --root "$machine" record
    command -v prlimit > /dev/null || skip "prlimit is not installed"
    before=$(ls "$dir")
    # the largest file that it may write ends in the middle
    (trap '' XFSZ; run -1 prlimit --fsize=200 usbroute --root "$machine" record "$to"
        [[ "$output" == *"File too large; nothing was left behind"* ]])
    [ "$(ls "$dir")" = "$before" ]
}

@test "64 bytes of configuration space are named, with what to do" {
    config="$machine/sys/devices/pci0000:00/0000:00:14.0/config"
    head -c 64 "$config" > "$BATS_TEST_TMPDIR/short" && cp "$BATS_TEST_TMPDIR/short" "$config"
    run -0 --separate-stderr usbroute --root "$machine" record "$to"
    [[ "$stderr" == *"the routing registers are missing"*"as root" ]]
    grep -q 'it was not recorded as root' "$to/README.md"
    [ "$(stat -c %s "$to/sys/devices/pci0000:00/0000:00:14.0/config")" -eq 64 ]
}

@test "a host that is called like a word of the configuration does not break it" {
    mkdir -p "$machine/proc/sys/kernel"
    echo connector > "$machine/proc/sys/kernel/hostname"
    run -0 --separate-stderr usbroute --root "$machine" record "$to"
    [[ "$stderr" == *"the configuration was left as it is"* ]]
    run -0 usbroute --root "$to" config check
}

@test "hostile trees are copied, not followed" {
    ln -s ../../../../../../../../etc/passwd "$machine/sys/bus/pci/devices/0000:00:1b.0x"
    rm "$machine/sys/class/dmi/id"
    ln -s /../../../../../../etc "$machine/sys/class/dmi/id"
    ln -s loop "$machine/sys/bus/usb/devices/loop"
    run -0 usbroute --root "$machine" record "$to"
    # nothing but what lies in the recording can be reached from it
    [ ! -e "$to/etc/passwd" ]
    run -1 grep -r 'root:x:0' "$to"
    on amd-a520m
    rm -rf "$to"
    run -0 usbroute --root "$machine" record "$to" --json
    jq -e '.schema == 1 and .files > 100 and .replaced.serials == 3 and .registers' <<< "$output"
    cmp "$machine"/sys/bus/usb/devices/1-2/product "$to"/sys/bus/usb/devices/1-2/product
}
