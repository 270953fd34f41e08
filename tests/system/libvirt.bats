#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # what is said in single quotes is run later; bats sets status
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# usbroute-libvirt before a real libvirtd of the test's own (qemu:///session, below a directory of its own), whose QEMU executes in
# software and has no disk. Nothing of the machine's own libvirt is touched. USBROUTE_BIN names the directory with the programs.

setup_file() {
    USBROUTE_BIN=$(cd "${USBROUTE_BIN:?names the directory with the programs}" && pwd)
    [ -x "$USBROUTE_BIN/usbroute-libvirt" ] || skip "usbroute-libvirt is not built"
    libvirtd=$(PATH=$PATH:/usr/sbin:/sbin command -v virtqemud || PATH=$PATH:/usr/sbin:/sbin command -v libvirtd) || skip "there is no libvirtd"
    command -v qemu-system-x86_64 > /dev/null || skip "there is no QEMU"
    command -v virsh > /dev/null || skip "there is no virsh"
    # Short, for the sockets, and another user's: root's own session is the system's libvirt.
    room=$(mktemp -d /tmp/uv.XXXXXX)
    mkdir -p "$room/run" "$room/home/.config/libvirt" "$room/home/.cache"
    # No virtlogd, which would outlive the test.
    echo 'stdio_handler = "file"' > "$room/home/.config/libvirt/qemu.conf"
    chmod 0755 "$room"; chmod 0700 "$room/run"
    owner=$(id -un)
    if [ "$(id -u)" -eq 0 ]; then
        owner=nobody
        chown -R nobody "$room/run" "$room/home"
    fi
    export USBROUTE_BIN libvirtd room owner
    . "$BATS_TEST_DIRNAME/waiting.sh"
    common
    begin_libvirtd
    # Here it looks at QEMU for the first time: seconds.
    until_so 'mine virsh -q -c qemu:///session version > /dev/null 2>&1' || { cat "$room/libvirtd.log"; return 1; }
}

teardown_file() {
    [ -d "${room:-}" ] || return 0
    . "$BATS_TEST_DIRNAME/waiting.sh"
    common
    domains=$(mine timeout 20 virsh -q -c qemu:///session list --name) || true
    for domain in $domains; do mine timeout 20 virsh -q -c qemu:///session destroy "$domain" || true; done
    kill "$(cat "$room/libvirtd.pid")" || true
    until_so '! kill -0 "$(cat "$room/libvirtd.pid")" 2> /dev/null' || true
    rm -rf "$room"
}

setup() {
    . "$BATS_TEST_DIRNAME/waiting.sh"
    common
    cd "$BATS_TEST_TMPDIR" || exit 1
    socket=$room/run/socket
    helpers=
}

teardown() {
    exec 7>&- 8>&-
    for process in $helpers ${client:-}; do kill "$process" 2> /dev/null || true; done
    # All tests have one socket: of a helper that still ends, the next test would take it for its own.
    for process in $helpers; do until_so "! kill -0 $process 2> /dev/null"; done
    virsh_ undefine win11 > /dev/null 2>&1 || true
    virsh_ destroy win11 > /dev/null 2>&1 || true
}

common() {
    # As the owner of the room, with all that libvirt looks for in there.
    mine() {
        local as=()
        if [ "$(id -u)" -eq 0 ]; then as=(setpriv "--reuid=$owner" "--regid=$(id -g "$owner")" --clear-groups); fi
        env XDG_RUNTIME_DIR="$room/run" HOME="$room/home" XDG_CONFIG_HOME="$room/home/.config" XDG_CACHE_HOME="$room/home/.cache" \
            LC_ALL=C LIBVIRT_AUTOSTART=0 "${as[@]}" "$@"
    }
    virsh_() { mine timeout 60 virsh -q -c qemu:///session "$@"; }
    # Its number is in libvirtd.pid: of the last program in the row of exec's.
    begin_libvirtd() {
        mine sh -c 'echo $$ > "$XDG_RUNTIME_DIR/pid"; exec "$1" --timeout 0' sh "$libvirtd" > "$room/libvirtd.log" 2>&1 3>&- &
        until_so '[ -s "$room/run/pid" ]'
        mv "$room/run/pid" "$room/libvirtd.pid"
    }
    begin_helper() { # [ENVIRONMENT...]
        mine sh -c 'echo $$ > "$XDG_RUNTIME_DIR/helper"; exec "$@"' sh env "$@" "$USBROUTE_BIN/usbroute-libvirt" \
            --uri qemu:///session --socket "$socket" --user root > "$BATS_TEST_TMPDIR/helper.log" 2>&1 3>&- &
        until_so 'listens "$socket"'
        helper=$(cat "$room/run/helper")
        helpers="$helpers $helper"
    }
    # A client in the background: `say LINE`, and what it hears is in the file heard.
    begin_client() {
        rm -f says; mkfifo says
        nc -U "$socket" < says > heard 2> nc.log 3>&- & client=$!
        exec 7> says
        wait_for '"usbroute-libvirt":1' heard
    }
    say() { echo "$1" >&7; }
    # A question, and its answer: ask ID REST
    ask() {
        say "{\"id\":$1,$2}"
        wait_for "^{\"id\":$1," heard
        answer=$(grep "^{\"id\":$1," heard)
        echo "$answer"
    }
    connected() { begin_helper; begin_client; if grep -q '"connected":false' heard; then wait_for '"hypervisor","connected":true' heard; fi; }
}

domain_xml() {
    cat << 'XML'
<domain type='qemu'>
  <name>win11</name>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <controller type='usb' model='qemu-xhci' ports='15'/>
    <controller type='pci' model='pcie-root'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <input type='tablet' bus='usb'/>
  </devices>
</domain>
XML
}
define() { domain_xml > "$room/run/win11.xml"; virsh_ define "$room/run/win11.xml"; }

# As root it serves root, which is us.
need_to_be_served() { [ "$(id -u)" -eq 0 ] || skip "only root and another user are served: to be run as root"; }

@test "a domain is watched by its name before there is one, through its whole life" {
    need_to_be_served
    connected
    ask 1 '"do":"watch","domain":"win11"'
    [ "$answer" = '{"id":1,"return":{"domain":"win11","state":"undefined"}}' ]
    define
    wait_for '"event":"domain","domain":"win11","state":"shut-off"' heard
    ask 2 '"do":"start","domain":"win11"'
    [ "$answer" = '{"id":2,"return":{}}' ]
    wait_for '"state":"running"' heard
    ask 3 '"do":"look","domain":"win11"'
    grep -q '"state":"running","qemu":"[0-9]' <<< "$answer"
    jq -e '.return | .controllers[0] | .index == 0 and .model == "qemu-xhci" and ."usb2-ports" == 15 and ."superspeed-ports" == 15' <<< "$answer"
    jq -e '.return | .devices == [] and .pci == [] and .others[0].type == "tablet" and .others[0]."guest-port" == "1"' <<< "$answer"
    jq -e '.return."free-root-ports" >= 1' <<< "$answer"
    virsh_ suspend win11
    wait_for '"state":"paused"' heard
    ask 4 '"do":"resume","domain":"win11"'
    [ "$answer" = '{"id":4,"return":{}}' ]
    until_so '[ "$(grep -c "\"event\":\"domain\".*\"running\"" heard)" -ge 2 ]'
    # By its UUID it is the same domain.
    uuid=$(virsh_ domuuid win11)
    ask 5 "\"do\":\"look\",\"domain\":\"$uuid\""
    [ "$(jq -r '.return.uuid + " " + .return.state' <<< "$answer")" = "$uuid running" ]
    virsh_ destroy win11
    until_so '[ "$(grep "\"event\":\"domain\"" heard | tail -n 1)" = "{\"event\":\"domain\",\"domain\":\"win11\",\"state\":\"shut-off\"}" ]'
    virsh_ undefine win11
    until_so '[ "$(grep "\"event\":\"domain\"" heard | tail -n 1)" = "{\"event\":\"domain\",\"domain\":\"win11\",\"state\":\"undefined\"}" ]'
}

@test "a domain that sleeps or is paused goes on by one word, and one that is off is started by another" {
    need_to_be_served
    define
    connected
    ask 1 '"do":"watch","domain":"win11"'
    ask 2 '"do":"resume","domain":"win11"'
    grep -q '"code":"no-domain"' <<< "$answer"
    ask 3 '"do":"start","domain":"win11"'
    [ "$answer" = '{"id":3,"return":{}}' ]
    # Once more: it runs, and is left as it is.
    ask 4 '"do":"start","domain":"win11"'
    [ "$answer" = '{"id":4,"return":{}}' ]
    virsh_ suspend win11
    wait_for '"state":"paused"' heard
    ask 5 '"do":"resume","domain":"win11"'
    [ "$answer" = '{"id":5,"return":{}}' ]
    until_so '[ "$(virsh_ domstate win11)" = running ]'
}

@test "a plug into a socket of the simulated board starts a real domain, and has one that is paused go on" {
    need_to_be_served
    [ -x "$USBROUTE_BIN/usbroute-sim" ] || skip "usbroute-sim is not built"
    define
    begin_helper
    cat > script << 'SCRIPT'
. "$BATS_TEST_DIRNAME/inside.sh"
spare=rear-2
sed -i 's/^qmp = .*/libvirt = "win11"\non_plug = "start"/' "$USBROUTE_CONFIG"
start
until_so 'usbroute status --json | jq -e "has(\"silent\") | not"'
usbroute move rear-4 --to windows
sim plug rear-4 webcam; sim settle
until_so 'usbroute status | grep "windows was started by a plug into rear-4"'
touch started
until_so '[ -e paused ]'
# virsh may end before everybody has heard of it.
until_so 'usbroute status --json | jq -e ".device_guests[0].state == \"paused\""'
usbroute status | grep 'windows is paused'
sim unplug rear-4; sim settle
until_so '[ -z "$(place 082d)" ]'
sim plug rear-4 webcam; sim settle
until_so 'usbroute status | grep "windows was resumed by a plug into rear-4"'
stop
SCRIPT
    export BATS_TEST_DIRNAME BATS_TEST_TMPDIR
    PATH=$USBROUTE_BIN:$PATH USBROUTE_LIBVIRT_DIR=$room/run timeout 170 usbroute-sim -q --board "$USBROUTE_BIN/../machines/amd-a520m" \
        -- bash script > said 2>&1 3>&- & played=$!
    until_so '[ -e started ] || ! kill -0 $played' || { cat said; return 1; }
    [ "$(virsh_ domstate win11)" = running ] || { cat said; return 1; }
    virsh_ suspend win11
    touch paused
    wait $played || { cat said; return 1; }
    [ "$(virsh_ domstate win11)" = running ]
}

@test "what cannot be attached is refused by a word, what is not there is detached, and the definition stays as it was" {
    need_to_be_served
    define
    virsh_ start win11
    virsh_ dumpxml --inactive win11 > before
    connected
    ask 1 '"do":"watch","domain":"win11"'
    # The host has no bus 255.
    ask 2 '"do":"attach","domain":"win11","alias":"ua-usbroute-a","bus":255,"device":127,"guest-bus":0,"guest-port":7'
    grep -q '"code":"no-device"' <<< "$answer"
    ask 3 '"do":"attach","domain":"win11","alias":"ua-usbroute-a","bus":255,"device":127,"guest-bus":0,"guest-port":1'
    grep -q '"code":"port-in-use"' <<< "$answer"
    ask 4 '"do":"attach","domain":"win11","alias":"ua-usbroute-a","bus":255,"device":127,"guest-bus":0,"guest-port":16'
    grep -q '"code":"port-in-use"' <<< "$answer"
    ask 5 '"do":"attach","domain":"win11","alias":"ua-usbroute-a","bus":255,"device":127,"guest-bus":1,"guest-port":1'
    grep -q '"code":"port-in-use"' <<< "$answer"
    ask 6 '"do":"attach","domain":"nobody","alias":"ua-usbroute-a","bus":255,"device":127,"guest-bus":1,"guest-port":1'
    grep -q '"code":"no-domain"' <<< "$answer"
    ask 7 '"do":"attach-controller","domain":"win11","alias":"ua-usbroute-c","pci":"ffff:ff:1f.7"'
    grep -q '"code":"no-device"' <<< "$answer"
    # Should libvirt learn it some day, this test is the first to know.
    ask 8 '"do":"add-usb-controller","domain":"win11","alias":"ua-usbroute-x"'
    grep -q '"code":"unsupported"' <<< "$answer"
    for id in 9 10; do ask "$id" '"do":"detach","domain":"win11","alias":"ua-usbroute-a"'; [ "$answer" = "{\"id\":$id,\"return\":{}}" ]; done
    ask 11 '"do":"detach-controller","domain":"nobody","alias":"ua-usbroute-c"'
    [ "$answer" = '{"id":11,"return":{}}' ]
    ask 12 '"do":"attach-descriptor","domain":"win11","alias":"ua-usbroute-d","guest-bus":0,"guest-port":2'
    grep -q '"code":"bad-question","message":"no descriptor has come with it"' <<< "$answer"
    # Nothing was done past libvirt.
    not grep -q custom-monitor <(virsh_ dominfo win11)
    virsh_ dumpxml --inactive win11 | cmp before -
}

@test "a device with an alias of ours is told of, keeps its alias from others, and is taken back" {
    need_to_be_served
    define
    virsh_ start win11
    connected
    ask 1 '"do":"watch","domain":"win11"'
    # In the place of a device of the host, which a test has none of: to libvirt they are the same.
    echo "<input type='keyboard' bus='usb'><alias name='ua-usbroute-k'/><address type='usb' bus='0' port='5'/></input>" > "$room/run/k.xml"
    virsh_ attach-device win11 "$room/run/k.xml" --live
    wait_for '{"event":"added","domain":"win11","alias":"ua-usbroute-k"}' heard
    ask 2 '"do":"attach","domain":"win11","alias":"ua-usbroute-k","bus":255,"device":127,"guest-bus":0,"guest-port":7'
    grep -q '"code":"alias-in-use"' <<< "$answer"
    ask 3 '"do":"attach","domain":"win11","alias":"ua-usbroute-m","bus":255,"device":127,"guest-bus":0,"guest-port":5'
    grep -q '"code":"port-in-use"' <<< "$answer"
    ask 4 '"do":"detach","domain":"win11","alias":"ua-usbroute-k"'
    [ "$answer" = '{"id":4,"return":{}}' ]
    wait_for '{"event":"removed","domain":"win11","alias":"ua-usbroute-k"}' heard
    not grep -q ua-usbroute-k <(virsh_ dumpxml win11)
}

@test "a dot in an alias is another mark to libvirt, which would drop the whole alias without a word" {
    need_to_be_served
    define
    virsh_ start win11
    connected
    ask 1 '"do":"watch","domain":"win11"'
    input() { echo "<input type='keyboard' bus='usb'><alias name='$1'/></input>" > "$room/run/k.xml"; virsh_ attach-device win11 "$room/run/k.xml" --live; }
    input ua-usbroute-3-2.1-7
    not grep -q ua-usbroute <(virsh_ dumpxml win11)
    input ua-usbroute-3-2_1-7
    wait_for '{"event":"added","domain":"win11","alias":"ua-usbroute-3-2.1-7"}' heard
    ask 2 '"do":"look","domain":"win11"'
    grep -q '"alias":"ua-usbroute-3-2.1-7"' <<< "$answer"
    ask 3 '"do":"detach","domain":"win11","alias":"ua-usbroute-3-2.1-7"'
    [ "$answer" = '{"id":3,"return":{}}' ]
    wait_for '{"event":"removed","domain":"win11","alias":"ua-usbroute-3-2.1-7"}' heard
    not grep -q ua-usbroute <(virsh_ dumpxml win11)
}

@test "when libvirtd is killed everybody hears it, and when it is back what was watched is watched on" {
    need_to_be_served
    define
    connected
    ask 1 '"do":"watch","domain":"win11"'
    kill -9 "$(cat "$room/libvirtd.pid")"
    wait_for '"event":"hypervisor","connected":false,"why":"libvirt' heard
    ask 2 '"do":"look","domain":"win11"'
    grep -q '"code":"not-connected"' <<< "$answer"
    begin_libvirtd
    # The last word: there may be an earlier one, of its first connection.
    until_so '[ "$(grep "\"event\":\"hypervisor\"" heard | tail -n 1)" = "{\"event\":\"hypervisor\",\"connected\":true}" ]'
    ask 3 '"do":"start","domain":"win11"'
    [ "$answer" = '{"id":3,"return":{}}' ]
    wait_for '"event":"domain","domain":"win11","state":"running"' heard
}

@test "while libvirtd hangs each question is answered in time, and the helper can be ended" {
    need_to_be_served
    define
    connected
    kill -STOP "$(cat "$room/libvirtd.pid")"
    say '{"id":1,"do":"look","domain":"win11"}'
    say '{"id":2,"do":"fly"}'
    wait_for '^{"id":2,"error":{"code":"bad-question"' heard
    wait_for '^{"id":1,"error":{"code":"\(not-connected\|timed-out\)"' heard
    kill "$helper"
    until_so '! kill -0 "$helper" 2> /dev/null'
    kill -CONT "$(cat "$room/libvirtd.pid")"
    [ ! -e "$socket" ]
}

@test "nonsense ends a connection, and nobody else's" {
    need_to_be_served
    connected
    for nonsense in 'GET / HTTP/1.1' '[]' '' '{' "$(head -c 70000 /dev/zero | tr '\0' x)"; do
        run timeout 20 nc -U "$socket" < <(printf '%s\n' "$nonsense"; sleep 20)
        [ "$status" -eq 0 ]
        [ "$(wc -l <<< "$output")" -eq 1 ]
    done
    run timeout 20 nc -N -U "$socket" < /dev/urandom
    [ "$status" -ne 124 ]
    ask 1 '"do":"look","domain":"win11"'
    [ "$answer" = '{"id":1,"return":{"domain":"win11","state":"undefined"}}' ]
}

@test "another user is turned away" {
    need_to_be_served
    connected
    run setpriv --reuid=12345 --regid=12345 --clear-groups timeout 20 nc -U "$room/run/socket"
    echo "$output"
    [ "$output" = "" ] || [[ "$output" == *"Permission denied"* ]]
    # The directory of a user's own lets nobody in; a socket elsewhere lets everybody knock.
    mkdir -m 0777 "$room/open"
    socket=$room/open/socket
    begin_helper
    run setpriv --reuid=12345 --regid=12345 --clear-groups timeout 20 nc -U "$room/open/socket"
    [ "$output" = "" ]
    wait_for 'user 12345 has come, and is not allowed to' helper.log
    run timeout 20 nc -N -U "$room/open/socket" < /dev/null
    [[ "$output" == '{"usbroute-libvirt":1,'* ]]
}

@test "no libvirtd is begun where there is none" {
    need_to_be_served
    mkdir "$room/run/empty"
    chown "$owner" "$room/run/empty"
    begin_helper XDG_RUNTIME_DIR="$room/run/empty"
    begin_client
    wait_for 'no connection to libvirt' helper.log
    ask 1 '"do":"look","domain":"win11"'
    grep -q '"code":"not-connected"' <<< "$answer"
    [ -z "$(ls "$room/run/empty")" ]
}

@test "the command line: what there is not is refused, and says so" {
    ends_with 2 "$USBROUTE_BIN/usbroute-libvirt" --listen
    ends_with 2 "$USBROUTE_BIN/usbroute-libvirt" qemu:///system
    grep -q 'no argument is expected; see --help' err
    touch file
    ends_with 1 "$USBROUTE_BIN/usbroute-libvirt" --socket "$BATS_TEST_TMPDIR/file/socket"
    ends_with 0 "$USBROUTE_BIN/usbroute-libvirt" --help
    ends_with 0 "$USBROUTE_BIN/usbroute-libvirt" --version
}
