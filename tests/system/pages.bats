#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# docs/libvirt.md, libvirt-session.md and proxmox.md: their configurations are read, their commands exist, what they show is what
# is printed, and what they install is there. USBROUTE_BIN names the directory with the programs.

setup() {
    USBROUTE_BIN=$(cd "${USBROUTE_BIN:?names the directory with the programs}" && pwd)
    PATH=$USBROUTE_BIN:$PATH
    top=$BATS_TEST_DIRNAME/../..
    board=$USBROUTE_BIN/../machines/amd-a520m
    cd "$BATS_TEST_TMPDIR" || exit 1
    . "$BATS_TEST_DIRNAME/waiting.sh"
    for page in libvirt libvirt-session proxmox; do
        { printf '[connector.rear-1]\nusb = ["0000:02:00.0/5"]\n'; blocks toml < "$top/docs/$page.md"; } > "$page.toml"
    done
}

# What stands in blocks of a language; standard input is a page.
blocks() { sed -n "/^ *\`\`\`$1\$/,/^ *\`\`\`\$/{/^ *\`\`\`/d;p}"; }
commands() { for page in "$@"; do blocks sh < "$top/docs/$page.md"; done; }
ours() { usbroute --root "$board" --config "$1.toml" "${@:2}"; }

@test "the pages' configurations are read, and fit a board without the mux" {
    for page in libvirt libvirt-session proxmox; do
        run ours "$page" config check
        echo "$page: $output"
        [ "$status" -eq 0 ]
    done
}

@test "every command of ours on the pages exists and takes its options" {
    commands libvirt libvirt-session proxmox | sed -n 's/^\(sudo \)\?usbroute \([^|]*\).*/\2/p' > all
    [ "$(wc -l < all)" -ge 15 ]
    while read -r command rest; do
        usbroute "$command" --help > help
        for word in $rest; do
            case $word in --*) grep -q -e "$word" help || { echo "$command has no $word"; return 1; } ;; esac
        done
    done < all
}

@test "every command of virsh's exists, and every unit is one of ours or a daemon's" {
    command -v virsh > /dev/null || skip "there is no virsh"
    for command in $(commands libvirt libvirt-session | sed -n 's/^virsh -c [^ ]* \([a-z-]*\).*/\1/p' | sort -u); do
        virsh help "$command" > /dev/null || { echo "virsh has no $command"; return 1; }
    done
    for unit in $(commands libvirt libvirt-session proxmox | grep -o 'usbroute[a-z-]*\(@alice\)\?\.socket' | sort -u); do
        unit=${unit/@alice/@}
        [ -e "$top/init/$unit.in" ] || { echo "there is no $unit"; return 1; }
    done
}

@test "what is to be pasted is what is printed" {
    ours libvirt -q guest lines windows --libvirt > printed
    blocks xml < "$top/docs/libvirt.md" | cmp - printed
    ours libvirt-session -q guest lines boxes --libvirt | cmp - printed
    ours proxmox -q guest lines windows --proxmox > printed
    grep '^args:' "$top/docs/proxmox.md" | cmp - printed
    # The hints lead to the pages.
    ours libvirt guest lines windows --libvirt 2>&1 | grep 'docs/libvirt.md'
    ours libvirt-session guest lines boxes --libvirt 2>&1 | grep 'docs/libvirt-session.md'
    ours proxmox guest lines windows --proxmox 2>&1 | grep 'docs/proxmox.md'
}

@test "libvirt's schema takes the domain with the line of the page" {
    command -v virt-xml-validate > /dev/null || skip "there is no virt-xml-validate"
    cat > domain.xml << XML
<domain type='qemu'><name>win11</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices>$(blocks xml < "$top/docs/libvirt.md")</devices></domain>
XML
    virt-xml-validate domain.xml domain
}

@test "what is installed and linked is there" {
    for file in $(commands libvirt libvirt-session proxmox | grep -o '/usr/share/doc/usbroute/examples/[^ ]*'); do
        [ -x "$top/${file#/usr/share/doc/usbroute/}" ] || { echo "there is no $file"; return 1; }
    done
    for page in libvirt libvirt-session proxmox; do
        grep -o '](\([a-z-]*\.md\)[)#]' "$top/docs/$page.md" | sed 's/](\(.*\)[)#]/\1/' | sort -u > linked
        while read -r other; do [ -e "$top/docs/$other" ] || { echo "$page: no $other"; return 1; }; done < linked
        grep -q "docs/$page.md" "$top/README.md"
    done
}

@test "a start with qmp is refused as the page says, with what to do" {
    sed 's/^on_plug = .*/on_plug = "start"/' proxmox.toml > start.toml
    run ours start config check
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *'on_plug = "start" is for domains of libvirt'* ]]
}

@test "a session without its user is refused in the page's words" {
    sed '/^user/d' libvirt-session.toml > nobodys.toml
    run ours nobodys config check
    [[ "$output" == *'qemu:///session of [guest.boxes] is each user'*'say whose'* ]]
}

# Files of Proxmox, as qm.conf(5) has them.
proxmox_file() {
    cat << 'CONF'
#Gaming machine
args: -qmp unix:/run/usbroute/100.qmp,server=on,wait=off -device qemu-xhci,id=usbroute0,p2=15,p3=15
machine: q35
name: win11
usb0: host=3-1
usb11: host=046d:c31c,usb3=1
usbx: no

[snapshot]
usb2: host=9-9
CONF
}

@test "the hookscript of Proxmox names what Proxmox has of its own, and lets the machine start when usbrouted is ready" {
    hook=$top/examples/proxmox/usbroute-hookscript
    proxmox_file > 100.conf
    export USBROUTE_HOOK_CONFIG=$PWD/100.conf USBROUTE_HOOK_LIMIT=300ms USBROUTE_HOOK_MONITOR=$PWD/100.qmp
    export USBROUTE_SOCKET=$PWD/none USBROUTE_CONFIG=$PWD/proxmox.toml
    # In the place of the program, which has tests of its own: what it is asked, and what it says.
    mkdir stand-in
    printf '#!/bin/sh\necho "$@" >> %s/asked\nexit "${ANSWER:-0}"\n' "$PWD" > stand-in/usbroute
    chmod +x stand-in/usbroute
    PATH=$PWD/stand-in:$PATH run "$hook" 100 pre-start
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "usb0 (host=3-1) is given by Proxmox, and usbroute leaves it alone
usb11 (host=046d:c31c,usb3=1) is given by Proxmox, and usbroute leaves it alone" ]
    [ "$(cat asked)" = "wait --start-of windows --for 300ms" ]
    ANSWER=7 PATH=$PWD/stand-in:$PATH run "$hook" 100 pre-start
    [ "$status" -eq 7 ]
    # With the program itself, and no daemon.
    run "$hook" 100 pre-start
    [ "$status" -eq 3 ]
    # Other phases, and other machines: nothing is asked.
    rm asked
    for call in '100 post-start' '100 pre-stop' '100 post-stop' '101 pre-start'; do
        # shellcheck disable=SC2086 # words
        PATH=$PWD/stand-in:$PATH run "$hook" $call
        [ "$status" -eq 0 ]
    done
    [ ! -e asked ]
}

@test "what Proxmox has of its own can be taken over as a proposal" {
    proxmox_file > 100.conf
    run usbroute --root "$board" import 100.conf
    echo "$output"
    [ "$status" -lt 2 ]
    [[ "$output" == *"[guest."* ]]
}
