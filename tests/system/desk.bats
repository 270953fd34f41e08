#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# The files of examples/, as they are, on the simulated board with the real daemon. USBROUTE_BIN names the directory
# with the programs.

# The daemon is up, and $PLACE is where the scripts work.
setup() {
    load board
    export EXAMPLES=$BATS_TEST_DIRNAME/../../examples PLACE=$BATS_TEST_TMPDIR
    # A runtime folder of its own: what the examples remember is not what an earlier test has left.
    export XDG_RUNTIME_DIR=$PLACE/run
    mkdir -p "$XDG_RUNTIME_DIR" fakes
    preamble <<'SCRIPT'
PATH=$PLACE/fakes:$PATH
touch called
# The value of a key in an ini file, as i3blocks and polybar read theirs.
value() { # FILE SECTION KEY
    python3 -c 'import configparser, sys
ini = configparser.ConfigParser(interpolation=None); ini.read(sys.argv[1]); print(ini[sys.argv[2]][sys.argv[3]])' "$@"
}
start
SCRIPT
}

# A program of that name, first on the PATH: it writes its arguments, a line a call, to `called`.
fake() { # name
    printf '#!/bin/sh\necho "%s $*" >> "$PLACE/called"\nexit "${FAKE_ENDS_WITH:-0}"\n' "$1" > "fakes/$1"
    chmod +x "fakes/$1"
}

@test "waybar: the module's line is JSON at every change, and its clicks do what they say" {
    inside <<'SCRIPT'
module=$EXAMPLES/waybar/usbroute.json
[ "$(jq -r '."custom/usbroute"."return-type"' "$module")" = json ]
sh -c "exec $(jq -r '."custom/usbroute".exec' "$module")" > lines & bar=$!
wait_for '"class":"host"' lines
# The left button, with the keyboard: the profile that holds is the text.
sh -c "$(jq -r '."custom/usbroute"."on-click"' "$module")"; sim settle
wait_for '"text":"desk-on-ehci' lines
usbroute apply all-host --yes; sim settle
give_ehcis
usbroute move front-1 --to windows --revert-after 30s
wait_for '"class":"trial"' lines
sh -c "$(jq -r '."custom/usbroute"."on-click-middle"' "$module")"
wait_for '"class":"guest"' lines
sh -c "$(jq -r '."custom/usbroute"."on-click-right"' "$module")"
until_so '[ "$(tail -n 1 lines | jq -r .class)" = host ]'
jq -es 'all(.[]; (.text | length > 0) and (.tooltip | length > 0) and .alt == .class)' lines
jq -es 'any(.[]; .tooltip | contains("windows: front-1"))' lines
kill $bar; wait $bar
stop
SCRIPT
}

@test "waybar: the style sheet has a rule for each state, and for nothing else" {
    run bash -c "grep -oE '^#custom-usbroute\.[a-z]+' '$EXAMPLES/waybar/usbroute.css' | cut -d. -f2 | sort | tr '\n' ' '"
    [ "$output" = "guest host offline question trial unknown " ]
    run bash -c "usbroute watch --help | tr -s '\n ' ' '"
    [[ "$output" == *"{state} (host, guest, trial, question, unknown, offline)"* ]]
}

@test "i3blocks and polybar: the commands of their files write what these bars read" {
    inside <<'SCRIPT'
blocks=$EXAMPLES/i3blocks/usbroute.conf polybar=$EXAMPLES/polybar/usbroute.ini
[ "$(value "$blocks" usbroute interval)-$(value "$blocks" usbroute format)" = persist-json ]
[ "$(value "$polybar" module/usbroute type)-$(value "$polybar" module/usbroute tail)" = custom/script-true ]
sh -c "exec $(value "$blocks" usbroute command)" > blocks & one=$!
sh -c "exec $(value "$polybar" module/usbroute exec)" > polybar & two=$!
wait_for . blocks; wait_for '^all-host$' polybar
sh -c "$(value "$polybar" module/usbroute click-left)"
wait_for '^%{F#fabd2f}desk-on-ehci (trial)%{F-}$\|^desk-on-ehci$' polybar
wait_for 'desk-on-ehci' blocks
sh -c "$(value "$polybar" module/usbroute click-middle)"
sh -c "$(value "$polybar" module/usbroute click-right)"
until_so '[ "$(tail -n 1 polybar)" = all-host ]'
jq -es 'all(.[]; .full_text | length > 0)' blocks
kill $one $two; wait $one; wait $two
stop
SCRIPT
}

@test "a bar says offline while no daemon answers, finds the next one, and ends with its reader" {
    inside <<'SCRIPT'
stop
usbroute watch --format '{state} {text}' > lines & bar=$!
wait_for '^offline offline$' lines
start
wait_for '^host all-host$' lines
stop
until_so '[ "$(tail -n 1 lines)" = "offline offline" ]'
kill $bar; wait $bar
[ "$(wc -l < lines)" -eq 3 ]
start
# head ends after the first line; who writes to nobody ends by itself, without a change to write.
( timeout 20 usbroute watch --format '{state}'; echo $? > ended ) | head -n 1
until_so '[ -s ended ]'
[ "$(cat ended)" = 0 ]
stop
SCRIPT
}

@test "a format that is none is refused before anything is watched, and --format stands alone" {
    for arguments in "--format wayland" "--format {colour}" "--format {" "--format waybar --json" "--format waybar --exec true" \
        "--format waybar -q" "--format="; do
        # shellcheck disable=SC2086 # meant to be split
        run timeout 10 usbroute watch $arguments
        echo "$arguments: $status $output"
        [ "$status" -eq 2 ]
        [[ "$output" == *"--format"* ]]
    done
    run timeout 10 usbroute watch --format waybar --direct
    [ "$status" -eq 2 ]
}

@test "i3 and sway: the key toggles and then locks, and does not lock where nothing has moved" {
    fake loginctl
    inside <<'SCRIPT'
# As i3 does: the quotes hold the command together, sh runs it.
bound() { sed -n "s/^bindsym $1 exec --no-startup-id \"\(.*\)\"\$/\1/p" "$EXAMPLES/i3/usbroute.conf"; }
[ "$(grep -c '^bindsym' "$EXAMPLES/i3/usbroute.conf")" -eq 3 ]
sh -c "$(bound '$mod+F12')"; sim settle
[ "$(cat called)" = 'loginctl lock-session' ]
usbroute status | grep '^rear-1 *host *EHCI'
sh -c "$(bound '$mod+Ctrl+F12')"
sh -c "$(bound '$mod+Shift+F12')"; sim settle
usbroute status | grep '^rear-1 *host *xHCI'
stop
not sh -c "$(bound '$mod+F12')"
[ "$(wc -l < called)" -eq 1 ]
SCRIPT
}

@test "monitor-input: the input follows the socket's owner, once for each change of it" {
    fake ddcutil
    inside <<'SCRIPT'
give_ehcis
# The line of the file's own comment, with its numbers.
line=$(sed -n "s/^#  *usbroute watch --exec '\(.*\)'\$/\1/p" "$EXAMPLES/monitor-input/usbroute-monitor-input")
[ "$line" = 'usbroute-monitor-input rear-1 host=0x0f windows=0x11' ]
PATH=$EXAMPLES/monitor-input:$PATH
watch_into events --exec "$line; echo \$USBROUTE_EVENT_KIND \$USBROUTE_EVENT_OWNERS >> ran"
usbroute apply desk-in-windows --yes; wait_for 'setvcp 60 0x11' called
usbroute move rear-4 --to ehci --yes || true # another socket: nothing is switched
usbroute undo || true
usbroute apply all-host; wait_for 'setvcp 60 0x0f' called
# Whatever was called late for these has been called before the next one.
usbroute move front-1 --to windows; wait_for 'moved .*front-1' ran
cat called
[ "$(cat called)" = "$(printf 'ddcutil setvcp 60 0x11\nddcutil setvcp 60 0x0f')" ]
# An event that says nothing of owners costs no call, a socket that does not exist is said.
USBROUTE_EVENT_KIND=arrived usbroute-monitor-input no-such-socket host=1
ends_with 1 usbroute-monitor-input no-such-socket host=1; grep 'there is no connector no-such-socket' err
# A monitor that does not listen is tried again at the next event.
export XDG_RUNTIME_DIR=$PLACE
not env FAKE_ENDS_WITH=1 usbroute-monitor-input rear-1 host=0x0f 2> said; grep 'could not switch' said
usbroute-monitor-input rear-1 host=0x0f
[ "$(wc -l < called)" -eq 4 ]
kill $watcher; wait $watcher || true
stop
SCRIPT
}

@test "notify: a question is shown with a button for each answer, and what is chosen is answered" {
    # Says its number, and what somebody chooses when that is written into `choose`; nobody's choice is the end of the notification.
    cat > fakes/notify-send <<'FAKE'
#!/bin/sh
{ printf 'notify-send'; printf ' [%s]' "$@"; echo; } >> "$PLACE/called"
case " $* " in *' --print-id '*) echo 7; head -n 1 "$PLACE/choose" ;; esac
FAKE
    chmod +x fakes/notify-send
    mkfifo choose
    inside --board "$USBROUTE_BIN/../machines/amd-a520m" <<'SCRIPT'
stop
cat >> "$USBROUTE_CONFIG" <<'RULES'
[rule.cameras]
match = { interface = "video" }
ask = ["windows", "host", "none"]
RULES
start
line=$(sed -n "s/^#  *usbroute watch --exec \(.*\)\$/\1/p" "$EXAMPLES/notify/usbroute-ask")
[ "$line" = usbroute-ask ]
PATH=$EXAMPLES/notify:$PATH
spare=rear-1 watch_into events --exec "$line; echo \$USBROUTE_EVENT_KIND \$USBROUTE_EVENT_STATE >> ran"
sim plug rear-4 webcam; sim settle
wait_for 'print-id' called
grep -F '[--action=windows=windows] [--action=host=This computer] [--action=none=Nobody] [--]' called
grep -F '[--expire-time=60000]' called
# It waits for a person, and other events are not kept waiting for it.
sim plug front-3 mouse; sim settle
wait_for 'arrived' ran
[ "$(owner rear-4)" = host ]
echo host > choose
wait_for 'question answered' ran
until_so 'usbroute why 046d:082d | grep "moved by its name"'
wait_for 'replace-id=7.*the host\|replace-id=7.*host has it' called
kill $watcher; wait $watcher || true
# A name is text: for the shell, and for the desktop's markup. What is no question, or no place, shows nothing.
: > called
evil='<b>$(touch owned)</b> & "`touch owned`"'
ask() { env USBROUTE_EVENT_KIND=question USBROUTE_EVENT_STATE="$1" USBROUTE_EVENT_WORD="$2" USBROUTE_EVENT_TEXT="$evil" \
    USBROUTE_EVENT_ANSWERS='windows host' USBROUTE_EVENT_SECONDS=30 USBROUTE_EVENT_OWNER=windows usbroute-ask; }
ask asked 3-9
wait_for 'print-id' called
grep -F '[&lt;b&gt;$(touch owned)&lt;/b&gt; &amp; "`touch owned`", in 3-9]' called
[ ! -e owned ]
# The daemon says no: that is shown.
echo windows > choose
wait_for 'there is no connector and no device 3-9' called
: > called
ask asked '../../etc/x'; ask answered '3-9;x'; USBROUTE_EVENT_KIND=arrived usbroute-ask
[ ! -s called ]
stop
SCRIPT
}

@test "prometheus: the file is whole, of the format, and says what holds; without a daemon it says so" {
    inside <<'SCRIPT'
write=$EXAMPLES/prometheus/usbroute-textfile
mkdir metrics
"$write" metrics/usbroute.prom
"$BATS_TEST_DIRNAME/exposition.py" metrics/usbroute.prom > samples
grep -x 'usbroute_up 1' samples
grep -x 'usbroute_registers_readable 1' samples
grep -x 'usbroute_profile{profile="all-host"} 1' samples
grep -x 'usbroute_connector_owner{connector="rear-1",owner="host"} 1' samples
grep -x 'usbroute_line_connected{listener="windows",guest="windows"} 0' samples
grep -x 'usbroute_trial_seconds 0' samples
usbroute move rear-1 --to ehci --revert-after 5m
"$write" metrics/usbroute.prom
"$BATS_TEST_DIRNAME/exposition.py" metrics/usbroute.prom > samples
grep -xE 'usbroute_trial_seconds (299|300|29[0-9])' samples
# What was there stays until the new one is whole, and nothing else is left in the folder.
cp metrics/usbroute.prom before
not env PATH="$PLACE/fakes:/nowhere" /bin/sh "$write" metrics/usbroute.prom 2> /dev/null
cmp metrics/usbroute.prom before
[ "$(ls metrics)" = usbroute.prom ]
[ "$(stat -c %a metrics/usbroute.prom)" = 644 ]
stop
"$write" metrics/usbroute.prom 2> /dev/null
[ "$("$BATS_TEST_DIRNAME/exposition.py" metrics/usbroute.prom)" = 'usbroute_up 0' ]
SCRIPT
}

@test "prometheus: the reader of the format refuses what node_exporter would" {
    reads() { printf "$1" > "$BATS_TEST_TMPDIR/x.prom"; run "$BATS_TEST_DIRNAME/exposition.py" "$BATS_TEST_TMPDIR/x.prom"; }
    head='# HELP a A.\n# TYPE a gauge\n'
    reads "${head}a{b=\"\\\\\\\\ \\\\\"\"} 1\n"; [ "$status" -eq 0 ]
    for wrong in 'a 1\n' "${head}a 1" "${head}a 1\na 2\n" "${head}b 1\n" "${head}a{b=\"c\"}1\n" "${head}a{b=\"\\\\x\"} 1\n" \
        "${head}a one\n" "${head}${head}a 1\n"; do
        reads "$wrong"
        echo "$wrong: $status"
        [ "$status" -eq 1 ]
    done
}

@test "libvirt: the hook sends one line at start and end, calls nothing else, and never stops a guest" {
    fake logger
    fake virsh
    inside <<'SCRIPT'
give_ehcis
hook=$EXAMPLES/libvirt/qemu
watch_into events
# As libvirt calls it for a whole life of a guest: the XML on standard input, since 10.5 with a reason at the end.
call() { echo '<domain/>' | "$hook" "$@"; }
call win10 prepare begin -; call win10 start begin -
usbroute status | grep '^rear-1 *host'
call win10 started begin -; sim settle
usbroute status | grep '^rear-1 *windows'
call other started begin -; call other release end -
usbroute status | grep '^rear-1 *windows'
call win10 stopped end -; call win10 release end shutdown; sim settle
usbroute status | grep '^rear-1 *host'
wait_for 'moved all-host' events
[ "$(grep -c '^moved' events)" -eq 2 ]
kill $watcher; wait $watcher || true
stop
# Without a daemon, and with a profile that is not there, it ends with 0 too, soon, and says it to the log.
before=$SECONDS
call win10 started begin - 2> /dev/null
[ $((SECONDS - before)) -lt 5 ]
grep '^logger -t usbroute-hook apply desk-in-windows failed for win10: exit code 3$' called
not grep virsh called
SCRIPT
}

@test "every example is installed, and named in their README" {
    DESTDIR=$BATS_TEST_TMPDIR/to cmake --install "$USBROUTE_BIN/.." --prefix /usr > /dev/null
    cd "$EXAMPLES"
    for file in */*; do
        cmp "$file" "$BATS_TEST_TMPDIR/to/usr/share/doc/usbroute/examples/$file"
        [ -x "$file" ] || [ ! -x "$BATS_TEST_TMPDIR/to/usr/share/doc/usbroute/examples/$file" ]
        grep -q "\`${file%/*}/\`" README.md
    done
}
