#!/bin/sh
# usbroute-toggle, for inside the guest @GUEST@: sends one line to the host and prints the answer. Needs stty and printf.
#   usbroute-toggle [LINE...]        default: toggle; USBROUTE_PORT names another port than @PORT@
# toggle goes round: @PROFILES@. This guest's line allows: @ALLOWED@.
# Ends with 0 done, 1 failed, 3 no such port, 6 refused, 7 no answer, as usbroute does.
port=${USBROUTE_PORT:-@PORT@}
# In a subshell, because a shell ends when it cannot open what exec names.
if ! [ -c "$port" ] || ! (exec 3<>"$port") 2>/dev/null; then
    printf 'cannot open %s: does it exist, and are you in its group (dialout)?\n' "$port" >&2
    exit 3
fi
exec 3<>"$port"
if ! before=$(stty -g <&3 2>/dev/null); then
    printf '%s is not a serial port; usbroute-guest can use other kinds\n' "$port" >&2
    exit 3
fi
# GNU stty complains about an input speed that its own -g does not print.
trap 'stty "$before" <&3 2>/dev/null' EXIT
trap 'exit 1' HUP INT TERM
# Bytes as they are, nothing echoed, and a read that gives up after 5 s of silence.
stty raw -echo 115200 cs8 -parenb -cstopb clocal -crtscts min 0 time 50 <&3
# The first line end completes whatever somebody else may have begun on this line.
printf '\n%s\n' "${*:-toggle}" >&3
cr=$(printf '\r')
noise=0
while [ "$noise" -lt 200 ] && IFS= read -r answer <&3; do
    answer=${answer%"$cr"}
    case $answer in
        ok | ok\ *) printf '%s\n' "$answer"; exit 0 ;;
        refused\ *) printf '%s\n' "$answer" >&2; exit 6 ;;
        failed\ * | error\ *) printf '%s\n' "$answer" >&2; exit 1 ;;
    esac
    noise=$((noise + 1))
done
printf 'no answer on %s: does usbrouted run, and is this the right port?\n' "$port" >&2
exit 7
