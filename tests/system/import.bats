#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# `usbroute import` as a command: what goes where, with which exit code, and what it writes. What becomes of each kind of file:
# tests/imports/run, tests/unit/import/.

bats_require_minimum_version 1.5.0

setup() {
    load machine
    on amd-a520m
    rm "$machine"/etc/usbroute/*.toml
    cd "$BATS_TEST_TMPDIR"
    printf 'name: print\nusb0: host=3-2\n' > 100.conf
}

imp() { usbroute import --root "$machine" "$@"; }

@test "the proposal is on stdout, and what it does not say on stderr" {
    run --separate-stderr imp 100.conf
    [ "$status" -eq 0 ]
    [[ "$output" == *$'[connector.print-1]\nusb = ["0000:30:00.3/2", "0000:30:00.3/ss2"]'* ]]
    [[ "$output" != *"100.conf:"* ]]
    [[ "$stderr" == *$'\n100.conf:2: note: bus numbers may have changed since the file was written: "3-2" is read as today\'s bus 3\n'* ]]
    imp 100.conf > proposed.toml
    usbroute config check --root "$machine" --config proposed.toml
}

@test "the exit code says whether something was left out" {
    printf 'usb1: host=9-1\n' >> 100.conf
    run --separate-stderr imp 100.conf
    [ "$status" -eq 1 ]
    [[ "$output" == *"[connector.print-1]"* ]]
    [[ "$stderr" == *'100.conf:3: not imported: "9-1": this machine has no bus 9'* ]]

    run --separate-stderr imp -q 100.conf
    [[ "$stderr" != *"note:"* ]]
    [[ "$stderr" == *"not imported:"* ]]
}

@test "a file that cannot be read is refused, and nothing is proposed" {
    printf '<!DOCTYPE x []>\n<domain/>\n' > bad.xml
    run --separate-stderr imp 100.conf bad.xml
    [ "$status" -eq 6 ]
    [ -z "$output" ]
    [[ "$stderr" == "usbroute: bad.xml:1: the file has a DOCTYPE"* ]]

    head -c 2000000 /dev/zero > large
    run --separate-stderr imp large
    [ "$status" -eq 6 ]
    run --separate-stderr imp nowhere.conf
    [ "$status" -eq 2 ]
    [[ "$stderr" == "usbroute: cannot read nowhere.conf: No such file or directory" ]]
    run --separate-stderr imp .
    [ "$status" -eq 2 ]
    run --separate-stderr imp
    [ "$status" -eq 2 ]
}

@test "standard input is a file, too" {
    run --separate-stderr bash -c "usbroute import --root '$machine' - < 100.conf"
    [ "$status" -eq 0 ]
    [[ "$output" == *"[connector.print-1]"* ]]
}

@test "the kind can be said" {
    mv 100.conf notes
    run --separate-stderr imp --kind proxmox notes
    [ "$status" -eq 0 ]
    run --separate-stderr imp --kind unraid notes
    [ "$status" -eq 1 ]
    run --separate-stderr imp --kind vmware notes
    [ "$status" -eq 2 ]
    [[ "$stderr" == "usbroute: unknown --kind vmware; use one of hotplugger, vhotplug,"* ]]
}

@test "it writes whole, and never over a file" {
    run --separate-stderr imp --write --config new.toml 100.conf
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [ "$(cat new.toml)" = "$(imp 100.conf 2> /dev/null)" ]
    [ "$(find . -name 'new.toml*' | wc -l)" -eq 1 ]

    printf 'mine\n' > new.toml
    run --separate-stderr imp --write --config new.toml 100.conf
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"new.toml already exists and was not changed; write the proposal elsewhere with --config NEW.toml"* ]]
    [ "$(cat new.toml)" = mine ]

    ln -s nowhere link.toml
    run imp --write --config link.toml 100.conf
    [ "$status" -eq 6 ]
    [ ! -e nowhere ]

    run imp --write 100.conf
    [ "$status" -eq 0 ]
    usbroute config check --root "$machine"
}

@test "names of the present configuration are kept" {
    printf '[connector.desk]\nusb = ["0000:30:00.3/2"]\npanel = "front"\n' > "$machine/etc/usbroute/usbroute.toml"
    run --separate-stderr imp 100.conf
    [[ "$output" == *$'[connector.desk]\nusb = ["0000:30:00.3/2", "0000:30:00.3/ss2"]\npanel = "front"\n'* ]]
}

@test "it changes nothing and runs nothing" {
    cat > run.sh << 'SH'
touch ran
X=$(touch ran)
qemu-system-x86_64 -name "$(touch ran)" -device usb-host,hostbus=3,hostport=2
SH
    printf 'SUBSYSTEM=="usb", PROGRAM=="/bin/touch ran", RUN+="/bin/touch ran"\n' > 9.rules
    before=$(cd "$machine" && find . -type f -exec sha256sum {} + | sort | sha256sum)
    run imp run.sh 9.rules
    [ ! -e ran ]
    [ "$before" = "$(cd "$machine" && find . -type f -exec sha256sum {} + | sort | sha256sum)" ]
}

@test "as one JSON document" {
    run --separate-stderr imp --json 100.conf
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(jq -r '.schema, .complete, .remarks[0].file, .remarks[0].line, .remarks[0].kind' <<< "$output" | tr '\n' ' ')" = "1 true 100.conf 1 note " ]
    [ "$(jq -r .toml <<< "$output")" = "$(imp 100.conf 2> /dev/null)" ]
}

@test "help and completion know it" {
    run usbroute import --help
    [ "$status" -eq 0 ]
    [[ "$output" == *"usbroute import win11.xml"* ]]
    run --separate-stderr usbroute completion words -- import --kind ''
    [[ "$output" == *"proxmox-mapping"* ]]
    run --separate-stderr usbroute completion words -- import --k
    [[ "$output" == *"--kind"* ]]
}
