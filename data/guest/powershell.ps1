# usbroute-toggle.ps1, for inside the guest @GUEST@: toggles its USB sockets, then locks the screen.
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
