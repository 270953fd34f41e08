// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/windows/com_line.hpp"

#include "guest/windows/windows_text.hpp"

#include <algorithm>
#include <array>

namespace usbroute::guest {

using std::chrono::milliseconds;

namespace {

/// A driver keeps the time itself; past this the transfer is cancelled.
constexpr DWORD slack = 250;
constexpr DWORD longest_wait = 3'600'000;

DWORD as_dword(milliseconds time)
{
    return static_cast<DWORD>(std::clamp<milliseconds::rep>(time.count(), 0, longest_wait));
}

DCB settings_from(const DCB& before)
{
    DCB control = before;
    control.BaudRate = CBR_115200;
    control.ByteSize = 8;
    control.Parity = NOPARITY;
    control.StopBits = ONESTOPBIT;
    control.fBinary = TRUE;
    control.fParity = FALSE;
    control.fOutxCtsFlow = FALSE;
    control.fOutxDsrFlow = FALSE;
    control.fDsrSensitivity = FALSE;
    control.fTXContinueOnXoff = TRUE;
    control.fOutX = FALSE;
    control.fInX = FALSE;
    control.fErrorChar = FALSE;
    control.fNull = FALSE;
    control.fAbortOnError = FALSE; // one framing error must not stop everything until ClearCommError
    control.fDtrControl = DTR_CONTROL_ENABLE;
    control.fRtsControl = RTS_CONTROL_ENABLE;
    return control;
}

/// A transfer that was cancelled, or that the driver has ended. Windows has success without bytes for the latter; wine
/// has these errors.
bool is_about_time(DWORD error)
{
    return error == ERROR_OPERATION_ABORTED || error == ERROR_TIMEOUT || error == ERROR_SEM_TIMEOUT;
}

std::unexpected<Failure> cannot(const std::string& what, const std::string& name)
{
    return std::unexpected(Failure{.message = "cannot " + what + " " + name + ": " +
                                              error_text(GetLastError()) + "; nothing was asked"});
}

} // namespace

std::expected<std::unique_ptr<Line>, Failure> ComLine::on(WindowsHandle port, const std::string& name)
{
    WindowsHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
    if (!event.is_open()) return cannot("make an event for", name);
    Settings before;
    before.control.DCBlength = sizeof before.control;
    if (GetCommState(port.raw(), &before.control) == 0)
        return std::make_unique<ComLine>(std::move(port), std::move(event), std::nullopt);
    GetCommTimeouts(port.raw(), &before.timeouts);
    DCB control = settings_from(before.control);
    if (SetCommState(port.raw(), &control) == 0) return cannot("set up", name);
    PurgeComm(port.raw(), PURGE_RXCLEAR | PURGE_RXABORT);
    return std::make_unique<ComLine>(std::move(port), std::move(event), before);
}

ComLine::ComLine(WindowsHandle port, WindowsHandle event, const std::optional<Settings>& before)
    : port_(std::move(port)), event_(std::move(event)), before_(before)
{}

ComLine::~ComLine()
{
    if (!before_) return;
    // Bytes that nobody takes would hold up the close.
    PurgeComm(port_.raw(), PURGE_TXABORT | PURGE_TXCLEAR);
    SetCommTimeouts(port_.raw(), &before_->timeouts);
    SetCommState(port_.raw(), &before_->control);
}

/// How long the driver itself lets a transfer take: COMMTIMEOUTS in the Windows API reference. Zero for a read takes
/// what is there.
void ComLine::limit(DWORD patience)
{
    if (!before_) return;
    COMMTIMEOUTS timeouts{};
    timeouts.ReadIntervalTimeout = patience == 0 ? MAXDWORD : 0;
    timeouts.ReadTotalTimeoutConstant = patience;
    timeouts.WriteTotalTimeoutConstant = std::max<DWORD>(patience, 1);
    SetCommTimeouts(port_.raw(), &timeouts);
}

/// Waits for a transfer, cancels it when its time is up, and says what has come of it.
Received ComLine::finish(OVERLAPPED& transfer, bool has_begun, DWORD patience)
{
    if (!has_begun && GetLastError() != ERROR_IO_PENDING)
        return {.came = is_about_time(GetLastError()) ? Came::nothing : Came::closed};
    const std::array<HANDLE, 2> either = {event_.raw(), ending_event()};
    const auto woken = WaitForMultipleObjects(2, either.data(), FALSE, patience + slack);
    if (woken != WAIT_OBJECT_0) CancelIo(port_.raw());
    DWORD count = 0;
    const bool is_whole = GetOverlappedResult(port_.raw(), &transfer, &count, TRUE) != 0;
    const bool is_over_time = !is_whole && is_about_time(GetLastError());
    if (count > 0) return {.came = Came::bytes, .count = count};
    if (woken == WAIT_OBJECT_0 + 1) return {.came = Came::stopped};
    if (!is_whole && !is_over_time) return {.came = Came::closed};
    // A COM port that has timed out. A virtio port waits, and ends without bytes when the host's end is closed: a guess,
    // after what the Linux driver does.
    return {.came = before_ || woken != WAIT_OBJECT_0 ? Came::nothing : Came::closed};
}

Received ComLine::read(std::span<char> into, DWORD patience)
{
    limit(patience);
    OVERLAPPED transfer{};
    transfer.hEvent = event_.raw();
    ResetEvent(event_.raw());
    const bool begun =
        ReadFile(port_.raw(), into.data(), static_cast<DWORD>(into.size()), nullptr, &transfer) != 0;
    return finish(transfer, begun, patience);
}

Received ComLine::receive(std::span<char> into, milliseconds patience)
{
    const auto time = as_dword(patience);
    if (!before_ || into.size() < 2) return read(into, time);
    // One byte first: not every driver, and not wine, ends a longer read before its time when some bytes have come.
    auto received = read(into.first(1), time);
    if (received.came == Came::bytes) received.count += read(into.subspan(1), 0).count;
    return received;
}

Came ComLine::send(std::string_view bytes, milliseconds patience)
{
    const auto end = GetTickCount64() + as_dword(patience);
    while (!bytes.empty()) {
        const auto now = GetTickCount64();
        const auto time = static_cast<DWORD>(end > now ? end - now : 0);
        limit(time);
        OVERLAPPED transfer{};
        transfer.hEvent = event_.raw();
        ResetEvent(event_.raw());
        const bool begun =
            WriteFile(port_.raw(), bytes.data(), static_cast<DWORD>(bytes.size()), nullptr, &transfer) != 0;
        const auto sent = finish(transfer, begun, time);
        if (sent.came != Came::bytes) return sent.came;
        bytes.remove_prefix(sent.count);
    }
    return Came::bytes;
}

} // namespace usbroute::guest
