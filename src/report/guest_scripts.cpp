// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/guest_scripts.hpp"

/// Every script locks the screen only after an answer that begins with ok: a lock without a keyboard to unlock it, because
/// the sockets have stayed where they were, would be worse than none.
namespace usbroute::report::scripts {

// ASCII only: Windows PowerShell 5.1 takes a file without a byte order mark for the system's code page.
constinit const std::string_view powershell =
    R"script(# usbroute-toggle.ps1, for inside the guest @GUEST@: toggles its USB sockets, then locks the screen.
# For Windows PowerShell 5.1 and PowerShell 7. From a shortcut or a hot key, without a window that stays:
#   powershell.exe -NoProfile -ExecutionPolicy Bypass -WindowStyle Hidden -File usbroute-toggle.ps1
# toggle goes round: @PROFILES@. This guest's line allows: @ALLOWED@.
# Ends with 0 done, 1 failed, 3 no such port, 6 refused, 7 no answer, as usbroute does.
param(
    [string]$Port = '@PORT@',
    [string]$Line = 'toggle',
    [int]$Seconds = 5,
    [switch]$NoLock
)

$serial = New-Object System.IO.Ports.SerialPort $Port, 115200, 'None', 8, 'One'
$serial.NewLine = "`n"
$serial.ReadTimeout = 250
$serial.WriteTimeout = 1000 * $Seconds
try {
    $serial.Open()
} catch {
    [Console]::Error.WriteLine("cannot open ${Port}: $($_.Exception.Message)")
    exit 3
}

$answer = $null
try {
    $serial.DiscardInBuffer()
    # The first line end completes whatever somebody else may have begun on this line.
    $serial.Write("`n$Line`n")
    $until = [DateTime]::UtcNow.AddSeconds($Seconds)
    while (($null -eq $answer) -and ([DateTime]::UtcNow -lt $until)) {
        try {
            $text = $serial.ReadLine().Trim()
        } catch [System.TimeoutException] {
            continue
        }
        if ($text -cmatch '^(ok|refused|failed|error)( |$)') { $answer = $text }
    }
} catch {
    [Console]::Error.WriteLine("${Port}: $($_.Exception.Message)")
} finally {
    $serial.Close()
}

if ($null -eq $answer) {
    [Console]::Error.WriteLine("no answer on $Port within $Seconds s: does usbrouted run, and is this the right port?")
    exit 7
}
if ($answer -cnotmatch '^ok( |$)') {
    [Console]::Error.WriteLine($answer)
    if ($answer -cmatch '^refused ') { exit 6 }
    exit 1
}
Write-Output $answer
if (-not $NoLock) { rundll32.exe 'user32.dll,LockWorkStation' }
exit 0
)script";

constinit const std::string_view autohotkey =
    R"script(; usbroute-toggle.ahk, for inside the guest @GUEST@: Win+F12 toggles its USB sockets, then locks the screen.
; For AutoHotkey version 2. usbroute-guestw.exe lies beside this file.
; To have it at every logon: Win+R, shell:startup, and a shortcut to this file there.
; toggle goes round: @PROFILES@. This guest's line allows: @ALLOWED@.
#Requires AutoHotkey v2.0
#SingleInstance Force

#F12:: ToggleSockets()

ToggleSockets() {
    program := A_ScriptDir "\usbroute-guestw.exe"
    try
        code := RunWait('"' program '" -p @PORT@ toggle', A_ScriptDir)
    catch as problem {
        TrayTip("cannot run " program ": " problem.Message, "usbroute", "Iconx")
        return
    }
    if (code = 0)
        DllCall("user32\LockWorkStation")
    else
        TrayTip(Meaning(code), "usbroute", "Iconx")
}

Meaning(code) {
    static meanings := Map(
        1, "failed; the sockets are as before",
        2, "usbroute-guestw.exe did not understand its command line",
        3, "@PORT@ cannot be opened, or nobody answers there",
        4, "no such socket, profile or guest",
        5, "this guest is not allowed to do that",
        6, "refused: usbroute-guest.exe -p @PORT@ toggle says why",
        7, "no answer in time",
        8, "left half-way; on the host, usbrouted's log says how to recover")
    return meanings.Has(code) ? meanings[code] : "ended with " code
}
)script";

constinit const std::string_view systemd =
    R"script(# ~/.config/systemd/user/usbroute-toggle.service, for inside the guest @GUEST@, a Linux: toggles its USB sockets.
#
# Once, as root inside the guest:
#   systemctl disable --now serial-getty@@UNIT@.service
#       A login prompt on @PORT@ would take the answers. While the kernel's command line has console=@UNIT@, systemd
#       starts it again at the next boot: take that word out, or systemctl mask it.
#   usermod --append --groups dialout USER
#       Lets USER open @PORT@ (group uucp on Arch), from the next login on. Or, for the user at the screen, as
#       /etc/udev/rules.d/70-usbroute.rules:
#       SUBSYSTEM=="tty", KERNEL=="@UNIT@", TAG+="uaccess"
# Then, as the user: systemctl --user daemon-reload
# A key of the desktop runs: sh -c 'systemctl --user start usbroute-toggle && loginctl lock-session'
# and journalctl --user -u usbroute-toggle has the answers.
# toggle goes round: @PROFILES@. This guest's line allows: @ALLOWED@.

[Unit]
Description=Toggle the USB sockets of @GUEST@

[Service]
Type=oneshot
ExecStart=usbroute-guest -p @PORT@ toggle
TimeoutStartSec=30s
)script";

constinit const std::string_view i3 = R"script(# Keys for i3 and sway. toggle goes round: @PROFILES@.
# The screen is locked only where the sockets have moved; loginctl needs a locker that listens (xss-lock, swayidle).

# On the host, in ~/.config/i3/config or ~/.config/sway/config:
bindsym $mod+F12 exec --no-startup-id "usbroute toggle && loginctl lock-session"

# Inside the guest @GUEST@, the same file there:
bindsym $mod+F12 exec --no-startup-id "usbroute-guest -p @PORT@ toggle && loginctl lock-session"
)script";

constinit const std::string_view shell = R"script(#!/bin/sh
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
)script";

} // namespace usbroute::report::scripts
