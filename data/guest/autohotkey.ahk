; usbroute-toggle.ahk, for inside the guest @GUEST@: Win+F12 toggles its USB sockets, then locks the screen.
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
