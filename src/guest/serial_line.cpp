// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/serial_line.hpp"

#include "base/result.hpp"
#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace usbroute::guest {

namespace fs = std::filesystem;

namespace {

/// The process whose terminal this is: a login prompt, a shell. It would read our answers, and we its keys.
struct Resident {
    std::string pid;
    std::string program;
};

/// From one /proc/PID/stat: the program's name, and whether its terminal is this one. proc(5): field 7, behind a
/// name in parentheses that may hold anything; the number is the kernel's "new" encoding, which fits int.
std::optional<std::string> program_on(const std::string& stat, std::uint32_t terminal)
{
    const auto open = stat.find('(');
    const auto close = stat.rfind(')');
    if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
    const auto fields = words(std::string_view(stat).substr(close + 1));
    constexpr std::size_t tty_nr = 4; // field 7, counted from field 3 on
    if (fields.size() <= tty_nr || parse_decimal(fields[tty_nr]) != terminal) return std::nullopt;
    return stat.substr(open + 1, close - open - 1);
}

std::uint32_t kernels_number(dev_t device)
{
    // Macros in musl: a name space before them would be one too many.
    const std::uint32_t low = minor(device);
    return (low & 0xffU) | (major(device) << 8U) | ((low & ~0xffU) << 12U);
}

std::optional<Resident> resident_of(int fd)
{
    struct stat status{};
    if (::fstat(fd, &status) != 0) return std::nullopt;
    const auto terminal = kernels_number(status.st_rdev);
    std::error_code error;
    for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
        const auto pid = entry->path().filename().string();
        if (!parse_decimal(pid)) continue;
        const linux_::UniqueFd file(::open((entry->path() / "stat").c_str(), O_RDONLY | O_CLOEXEC));
        std::array<char, 512> bytes{}; // more than the fields up to the terminal can take
        const auto got = file.is_open() ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
        if (got <= 0) continue;
        const std::string stat(bytes.data(), static_cast<std::size_t>(got));
        if (auto program = program_on(stat, terminal)) return Resident{pid, std::move(*program)};
    }
    return std::nullopt;
}

std::unexpected<Failure> busy(const std::string& port, const std::string& who)
{
    return std::unexpected(
        Failure{.message = port + " is in use: " + who + "; nothing was asked", .is_busy = true});
}

termios settings_from(termios settings)
{
    ::cfmakeraw(&settings);
    settings.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARENB | CSTOPB | CRTSCTS | HUPCL);
    settings.c_cflag |= CS8 | CLOCAL | CREAD;
    // With 0 a read without bytes is 0, which is also the end of a line.
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    ::cfsetspeed(&settings, B115200);
    return settings;
}

} // namespace

std::expected<std::unique_ptr<Line>, Failure> SerialLine::on(linux_::UniqueFd fd, const std::string& port)
{
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return busy(port, "another program holds its lock, a terminal program or another run of this one");
    if (const auto resident = resident_of(fd.get())) {
        auto failure =
            busy(port, "it is the terminal of " + printable(resident->program, 32) + " (process " +
                           resident->pid + "); end that login (systemctl disable --now serial-getty@" +
                           fs::path(port).filename().string() + "), or name another port with -p");
        failure.error().is_busy = false;
        return failure;
    }
    termios before{};
    if (::tcgetattr(fd.get(), &before) != 0) {
        // The kernel has nodes for four ports, whether they are there or not.
        if (errno == EIO)
            return std::unexpected(
                Failure{.message = "there is no serial port behind " + port +
                                   ": give the machine one, or name another with -p; nothing was asked"});
        return std::unexpected(
            Failure{.message = "cannot read the settings of " + port + ": " + errno_text(errno)});
    }
    const auto settings = settings_from(before);
    if (::tcsetattr(fd.get(), TCSANOW, &settings) != 0)
        return std::unexpected(Failure{.message = "cannot set up " + port + ": " + errno_text(errno)});
    // Root gets in anyway (tty_ioctl(4)); the lock above is for that.
    ::ioctl(fd.get(), TIOCEXCL);
    return std::make_unique<SerialLine>(std::move(fd), before);
}

SerialLine::SerialLine(linux_::UniqueFd fd, const termios& before)
    : FileLine(std::move(fd), true), before_(before)
{}

SerialLine::~SerialLine()
{
    // Bytes that nobody takes would hold up the close for half a minute (closing_wait of the kernel's ports).
    ::tcflush(fd(), TCOFLUSH);
    ::tcsetattr(fd(), TCSANOW, &before_);
    ::ioctl(fd(), TIOCNXCL);
}

} // namespace usbroute::guest
