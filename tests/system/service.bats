#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# The units and scripts of init/, and usbrouted below the service managers that can be run here. USBROUTE_BIN names the
# directory with the programs, USBROUTE_INIT that with the units and scripts as they are installed.

setup() {
    : "${USBROUTE_INIT:?names the directory with the units}"
    load machine
    sources=$BATS_TEST_DIRNAME/../..
    on z97e-itx-ac
    control_alone
    options=(--root "$machine" --socket "$socket")
}

need() { command -v "$1" > /dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$1" > /dev/null || skip "$1 is not installed"; }

# A service directory of runit or s6 with the script of that name, for the recorded machine.
service_directory() { # kind
    service=$dir/usbrouted
    mkdir "$service"
    sed "s|^exec \"[^\"]*/usbrouted\"|exec \"$USBROUTE_BIN/usbrouted\" ${options[*]}|" "$USBROUTE_INIT/usbrouted.$1-run" \
        > "$service/run"
    cp "$sources/init/usbrouted.$1-finish" "$service/finish"
    chmod 755 "$service/run" "$service/finish"
    grep -q "exec \"$USBROUTE_BIN/usbrouted\" --root" "$service/run"
}

# Tenths.
exposure_at_most() { # tenths unit
    run systemd-analyze security --offline=true --no-pager --threshold="$1" "$USBROUTE_INIT/$2"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"Overall exposure level for ${2/@./@i.}: "* ]]
}

@test "the daemon's exposure is at most 1.7 by systemd's own count, and that of every other unit at most 2.0" {
    need systemd-analyze
    exposure_at_most 17 usbrouted.service # 0.3 of it for the nodes
    others=0
    for unit in "$USBROUTE_INIT"/*.service; do
        name=${unit##*/}
        [ "$name" != usbrouted.service ] || continue
        others=$((others + 1))
        exposure_at_most 20 "$name"
    done
    [ "$others" -ge 2 ]
}

@test "the daemon's unit lets it open nodes of USB devices and pseudo devices, and no other unit lets anything" {
    run grep -hE '^(PrivateDevices|DevicePolicy|DeviceAllow)=' "$USBROUTE_INIT/usbrouted.service"
    echo "$output"
    [ "$output" = "$(printf 'DevicePolicy=closed\nDeviceAllow=char-usb_device rw')" ]
    for unit in "$USBROUTE_INIT"/*.service; do
        [ "${unit##*/}" != usbrouted.service ] || continue
        run grep '^DeviceAllow=.*usb' "$unit"
        [ "$status" -eq 1 ]
    done
    # The kernel's name for them, as systemd looks it up.
    [ ! -r /proc/devices ] || ! grep -q '^189 ' /proc/devices || grep -q '^189 usb_device$' /proc/devices
}

@test "nothing of ours is started outside of a sandbox: what a unit runs with all rights is systemd's own" {
    run grep -hE '^Exec[A-Za-z]*=[-@:]*[+!]' "$USBROUTE_INIT"/*.service
    echo "$output"
    [ "$output" = "ExecStartPost=+/bin/systemctl start usbroute-reopen.service" ]
}

@test "systemd finds nothing wrong in the units" {
    need systemd-analyze
    units=$dir/units
    mkdir "$units"
    for unit in usbrouted.service usbrouted.socket usbroute-guest-bind.service usbroute-reopen.service usbroute-claims.socket \
        usbroute-claims@.service usbroute-bind.socket usbroute-bind@.service $(cd "$USBROUTE_INIT" && ls -d usbroute-sleep.socket usbroute-sleep@.service usbroute-libvirt*.socket usbroute-libvirt*.service 2> /dev/null); do
        # The programs are not installed where they will be, and neither are the manual pages.
        sed -E "s|=([+-]?)[^ =]*/(usbrouted\|usbroute-reopen\|usbroute-claims\|usbroute-bind\|usbroute-sleep\|usbroute-libvirt\|usbroute)( \|$)|=\1$USBROUTE_BIN/\2 |; s|^Documentation=man:.*|Documentation=https://example.org|" \
            "$USBROUTE_INIT/$unit" > "$units/$unit"
    done
    grep -q "^ExecStart=$USBROUTE_BIN/usbrouted" "$units/usbrouted.service"
    run systemd-analyze verify --recursive-errors=no --man=no "$units"/usbrouted.service "$units"/usbrouted.socket \
        "$units"/usbroute-guest-bind.service "$units"/usbroute-reopen.service "$units"/usbroute-claims.socket \
        "$units"/usbroute-claims@.service "$units"/usbroute-bind.socket "$units"/usbroute-bind@.service $(ls -d "$units"/usbroute-sleep* "$units"/usbroute-libvirt* 2> /dev/null)
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" != *usbroute*:* ]]
}

@test "systemd makes the user and the directories that the unit names" {
    need systemd-sysusers
    root=$dir/root
    mkdir -p "$root/etc" "$root/run" "$root/var/lib"
    systemd-sysusers --root="$root" "$sources/init/usbroute.sysusers"
    grep '^usbroute:' "$root/etc/passwd"
    grep '^usbroute:' "$root/etc/group"
    number=$(sed -n 's/^usbroute:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/passwd")
    systemd-tmpfiles --root="$root" --create "$sources/init/usbroute.tmpfiles"
    [ "$(stat -c %u:%a "$root/run/usbroute")" = "$number:755" ]
    [ "$(stat -c %u:%a "$root/run/usbroute/state" "$root/var/lib/usbroute" | sort -u)" = "$number:700" ]
    systemd-sysusers --root="$root" "$sources/init/usbroute-libvirt.sysusers"
    grep '^usbroute-libvirt:' "$root/etc/passwd"
    grep '^libvirt:[^:]*:[0-9]*:usbroute-libvirt$' "$root/etc/group"
}

@test "a socket of the service manager is served under its name, and is there before and after the daemon" {
    python3 "$BATS_TEST_DIRNAME/service_side.py" sockets "$dir/passed.sock" control \
        usbrouted --root "$machine" 2>> "$log" 3>&- &
    pids+=("$!")
    socket=$dir/passed.sock
    until_so answers
    run "$USBROUTE_BIN/usbroute" --socket "$dir/passed.sock" status
    [ "$status" -eq 0 ]
    [ ! -e "$machine/run/usbroute/control.sock" ]
    kill "${pids[0]}"
    wait "${pids[0]}"
    [ -S "$dir/passed.sock" ]
}

@test "the service manager hears that it is ready, the loop's pings, none from a stopped loop, and the end" {
    run timeout 60 python3 "$BATS_TEST_DIRNAME/service_side.py" notify 200 "$USBROUTE_BIN/usbrouted" "${options[@]}"
    echo "$output"
    [[ "$output" == *"ready, main pid is right: True
pings: four
pings while stopped: 0
goes on: True
stopping
exit 0"* ]]
}

@test "what a restart does not heal has an exit code that the unit does not restart for" {
    run "$USBROUTE_BIN/usbrouted" --no-such-option
    [ "$status" -eq 64 ]
    echo 'nonsense = ' >> "$settings"
    run "$USBROUTE_BIN/usbrouted" "${options[@]}"
    [ "$status" -eq 78 ]
    run "$USBROUTE_BIN/usbrouted" --user no-such-user --root "$USBROUTE_BIN/../machines/z97-guest"
    [ "$status" -eq 67 ] || [ "$(id -u)" -ne 0 ]
    grep '^RestartPreventExitStatus=64 67 78$' "$USBROUTE_INIT/usbrouted.service"
}

@test "runit starts it, starts it again when it is killed, and leaves it down when its configuration is wrong" {
    need runsv
    service_directory runit
    runsv "$service" > "$log" 2>&1 3>&- &
    runsv=$!
    pids+=("$runsv")
    until_so answers
    first=$(cat "$service/supervise/pid")
    kill -KILL "$first"
    until_so '[ -n "$(cat "$service/supervise/pid")" ] && [ "$(cat "$service/supervise/pid")" != "$first" ] && answers'
    echo 'nonsense = ' >> "$settings"
    kill -KILL "$(cat "$service/supervise/pid")"
    # Between two starts it is down too, and then "want up".
    until_so 'sv status "$service" | grep "^down: " | grep -qv "want up"'
    grep 'the configuration is wrong' "$log"
    sed -i '$d' "$settings"
    sv up "$service"
    until_so answers
    sv -w 10 down "$service"
    [ ! -S "$socket" ]
    sv exit "$service"
    wait "$runsv"
}

@test "s6 starts it, starts it again when it is killed, and leaves it down when its configuration is wrong" {
    need s6-supervise
    service_directory s6
    s6-supervise "$service" > "$log" 2>&1 3>&- &
    supervise=$!
    pids+=("$supervise")
    until_so answers
    first=$(s6-svstat -o pid "$service")
    kill -KILL "$first"
    until_so '[ "$(s6-svstat -o pid "$service")" -gt 0 ] && [ "$(s6-svstat -o pid "$service")" != "$first" ] && answers'
    echo 'nonsense = ' >> "$settings"
    kill -KILL "$(s6-svstat -o pid "$service")"
    # Between two starts it is not up either, and wanted to be.
    until_so '[ "$(s6-svstat -o up,wantedup "$service")" = "false false" ]'
    grep 'the configuration is wrong' "$log"
    sed -i '$d' "$settings"
    s6-svc -u "$service"
    until_so answers
    s6-svc -wD -T 10000 -d "$service"
    [ ! -S "$socket" ]
    s6-svc -x "$service"
    wait "$supervise"
}

@test "OpenRC's supervise-daemon starts it, starts it again when it is killed, reloads it and stops it" {
    need openrc-run
    [ "$(id -u)" -eq 0 ] || skip "only root can have a /run of its own"
    unshare --mount true || skip "no mount namespaces here"
    cat > "$dir/inside" <<SCRIPT
set -eu
mount -t tmpfs none /run
mkdir -p /run/openrc/{starting,started,stopping,inactive,wasinactive,failed,hotplugged,exclusive,options,daemons,scheduled,tmp}
touch /run/openrc/softlevel
mkdir -p "$dir/init.d" "$dir/conf.d"
sed 's|/[^" ]*/usbrouted"|$USBROUTE_BIN/usbrouted"|; s|"/[^"]*/usbroute" --quiet|"$USBROUTE_BIN/usbroute" --root "$machine" --quiet|' \
    "$USBROUTE_INIT/usbrouted.openrc" > "$dir/init.d/usbrouted"
# The user is made by the package; here the one that is always there stands for it. Nothing else runs in this /run.
sed -i 's/usbroute:usbroute/nobody/; s/^\tneed .*//; s| /var/lib/usbroute||' "$dir/init.d/usbrouted"
chmod 755 "$dir/init.d/usbrouted"
printf 'USBROUTED_OPTS="${options[*]}"\nUSBROUTED_LOG="$dir/openrc.log"\n' > "$dir/conf.d/usbrouted"
log=$dir/openrc.log socket=$socket
. "$BATS_TEST_DIRNAME/waiting.sh"
answers() { echo status | nc -N -w 2 -U "$socket" | grep -q .; }
daemon() { pgrep -f "^$USBROUTE_BIN/usbrouted --root $machine" | head -n 1; }
$dir/init.d/usbrouted start
trap '$dir/init.d/usbrouted stop' EXIT
until_so answers
$dir/init.d/usbrouted status
first=\$(daemon)
kill -KILL "\$first"
until_so '[ -n "\$(daemon)" ] && [ "\$(daemon)" != "\$first" ] && answers'
$dir/init.d/usbrouted reload
until_so 'grep -q "the configuration was read again" "$dir/openrc.log"'
trap - EXIT
$dir/init.d/usbrouted stop
until_so '[ -z "\$(daemon)" ]'
[ ! -S "$socket" ]
echo 'nonsense = ' >> "$settings"
not $dir/init.d/usbrouted start
[ -z "\$(daemon)" ]
SCRIPT
    run timeout 120 unshare --mount --propagation private bash "$dir/inside" 3>&-
    echo "$output"
    [ "$status" -eq 0 ]
}
