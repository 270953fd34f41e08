// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/windows/windows_border.hpp"

// winsock2.h comes before windows.h, which would bring its predecessor.
#include "base/text.hpp"
#include "guest/arguments.hpp"
#include "guest/windows/com_line.hpp"
#include "guest/windows/socket_line.hpp"
#include "guest/windows/windows_text.hpp"

#include <array>
#include <optional>

namespace usbroute::guest {

using std::chrono::milliseconds;
using Opened = std::expected<std::unique_ptr<Line>, Failure>;

namespace {

/// Win32's namespace of devices. COM10 and above are found only through it.
constexpr std::string_view device_prefix = R"(\\.\)";

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// "com12", "COM12:" and "\\.\COM12" are the same port; other names must be whole: "\\.\Global\NAME" is a virtio port.
std::optional<std::string> device_name(std::string_view port)
{
    if (port.starts_with(device_prefix) && port.size() > device_prefix.size()) return std::string(port);
    if (port.ends_with(':')) port.remove_suffix(1);
    std::string name;
    for (const auto c : port.substr(0, 3)) name += upper(c);
    const auto number = parse_decimal(port.substr(name.size()));
    if (name != "COM" || !number || *number == 0 || *number > 256) return std::nullopt;
    return std::string(device_prefix) + name + std::to_string(*number);
}

std::string ports_there_are()
{
    std::string names;
    std::array<wchar_t, 1024> target{};
    for (int number = 1; number <= 256; ++number) {
        const auto name = "COM" + std::to_string(number);
        if (QueryDosDeviceW(wide(name).c_str(), target.data(), static_cast<DWORD>(target.size())) == 0)
            continue;
        names += names.empty() ? "this machine has " : ", ";
        names += name;
    }
    return names.empty() ? "this machine has no COM port" : names;
}

std::unexpected<Failure> cannot_open(const std::string& port, DWORD error)
{
    const auto name = printable(port, 200);
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return std::unexpected(
            Failure{.message = "there is no port " + name + "; " + ports_there_are() + "; nothing was asked",
                    .may_pass = true});
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
        return std::unexpected(Failure{
            .message = name + " is in use by another program, or you may not open it; nothing was asked",
            .is_busy = true});
    default:
        return std::unexpected(
            Failure{.message = "cannot open " + name + ": " + error_text(error) + "; nothing was asked",
                    .may_pass = true});
    }
}

BOOL WINAPI end_waiting(DWORD)
{
    SetEvent(ending_event());
    return TRUE;
}

} // namespace

HANDLE ending_event()
{
    static HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    return event;
}

const System& this_system()
{
    static const System system{
        .default_port = "COM1",
        .ports_help = R"(COM1 (default), COM12, \\.\Global\NAME for a virtio port, tcp:HOST:PORT)",
        .has_boxes = true};
    return system;
}

WindowsBorder::WindowsBorder()
{
    // Made before the handler, which Windows calls in a thread of its own.
    (void)ending_event();
    SetConsoleCtrlHandler(end_waiting, TRUE);
}

Opened WindowsBorder::open(const std::string& port, milliseconds patience)
{
    if (is_tcp(port)) {
        const auto address = tcp_address_from(port);
        if (address) return SocketLine::to(*address, printable(port, 200), patience);
        return std::unexpected(
            Failure{.code = ExitCode::usage, .message = printable(port, 200) + ": " + std::string(tcp_rule)});
    }
    const auto device = device_name(port);
    if (!device)
        return std::unexpected(
            Failure{.code = ExitCode::usage,
                    .message = printable(port, 200) +
                               R"( is not a port: write COM1, \\.\Global\NAME or tcp:HOST:PORT)"});
    WindowsHandle handle(CreateFileW(wide(*device).c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr,
                                     OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr));
    if (!handle.is_open()) return cannot_open(port, GetLastError());
    return ComLine::on(std::move(handle), printable(port, 200));
}

milliseconds WindowsBorder::now() { return milliseconds(GetTickCount64()); }

bool WindowsBorder::pause(milliseconds time)
{
    return WaitForSingleObject(ending_event(), static_cast<DWORD>(time.count())) != WAIT_OBJECT_0;
}

void WindowsBorder::show(std::string_view line) { write_to(STD_OUTPUT_HANDLE, std::string(line) + "\r\n"); }

} // namespace usbroute::guest
