// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/driver_files.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::linux_ {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds between_looks{5};

/// What the writing process says at its end: 0, or the errno value of what failed.
using Verdict = int;

/// The part of the writing process. Never returns.
[[noreturn]] void write_and_exit(const char* path, std::string_view text, int answer)
{
    // A reader of our output must not wait for a write that hangs.
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) (void)::dup2(nothing, standard);
    Verdict verdict = 0;
    // A file of sysfs takes the whole text in one write, and is not made where it is not there.
    const int fd = ::open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) verdict = errno;
    (void)!::write(answer, &verdict, sizeof verdict);
    ::_exit(0);
}

Error failed(const std::string& path, std::string_view text, int why)
{
    const auto kind = why == EACCES || why == EPERM ? ErrorKind::not_permitted : ErrorKind::failed;
    const auto shown = text == "\n" ? std::string_view("nothing") : text;
    return {kind, format("cannot write {} to {}", shown, path), why};
}

/// The verdict, or nothing when the deadline is over. An end without a verdict is EIO.
std::optional<Verdict> await_verdict(int answer, std::chrono::milliseconds patience)
{
    const auto until = Clock::now() + patience;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (left.count() <= 0) return std::nullopt;
        pollfd waiting{.fd = answer, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
        if (ready == 0) return std::nullopt;
        if (ready < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        Verdict verdict = 0;
        const auto got = ::read(answer, &verdict, sizeof verdict);
        if (got < 0 && errno == EINTR) continue;
        return got == static_cast<ssize_t>(sizeof verdict) ? verdict : EIO;
    }
}

} // namespace

BoundDrivers::BoundDrivers(std::chrono::milliseconds patience) : tree_("/"), patience_(patience) {}

Result<void> BoundDrivers::write(const std::string& file, std::string_view text)
{
    const auto path = "/" + file;
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(failed(path, text, errno));
    const UniqueFd answer(ends[0]);
    UniqueFd end_of_writer(ends[1]);
    const auto writer = ::fork();
    if (writer < 0) return std::unexpected(failed(path, text, errno));
    if (writer == 0) write_and_exit(path.c_str(), text, end_of_writer.get());
    end_of_writer.reset();
    const auto verdict = await_verdict(answer.get(), patience_);
    if (!verdict) {
        const auto shown = text == "\n" ? std::string("nothing") : std::string(text);
        // Left alone: killing it would not end the write, and init collects it.
        return std::unexpected(
            Error(ErrorKind::timed_out, format("writing {} to {} hangs in the kernel: no answer within {} ms",
                                               shown, path, patience_.count()))
                .with_code("write-hangs"));
    }
    while (::waitpid(writer, nullptr, 0) < 0 && errno == EINTR) {}
    if (*verdict != 0) return std::unexpected(failed(path, text, *verdict));
    return {};
}

Result<std::string> BoundDrivers::override_of(const PciAddress& function)
{
    const auto file = assign::override_file(function);
    const auto text = tree_.read(file, 4096);
    if (!text) return failure(format("cannot read /{}", file), text.error().value);
    const auto word = trim(*text);
    return word == "(null)" ? std::string() : std::string(word);
}

std::string BoundDrivers::driver_of(const PciAddress& function) const
{
    const auto target = tree_.link(format("sys/bus/pci/devices/{}/driver", function.text()));
    return target ? target->substr(target->rfind('/') + 1) : std::string();
}

std::string BoundDrivers::driver_when(const PciAddress& function,
                                      const std::function<bool(std::string_view)>& is_it)
{
    const auto until = Clock::now() + patience_;
    while (true) {
        auto driver = driver_of(function);
        if (is_it(driver) || Clock::now() >= until) return driver;
        std::this_thread::sleep_for(between_looks);
    }
}

Result<void> may_write(const std::string& file)
{
    const auto path = "/" + file;
    // access() alone asks for whoever started the program, and takes no capability into account; faccessat() alone is not
    // seen by the simulated board.
    if (::access(path.c_str(), W_OK) == 0) return {};
    const int why = errno;
    if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0) return {};
    const bool is_right = why == EACCES || why == EPERM || why == EROFS;
    return std::unexpected(Error(is_right ? ErrorKind::not_permitted : ErrorKind::failed,
                                 format("not permitted to write {}", path), why)
                               .with_code(is_right ? "not-permitted" : "failed"));
}

} // namespace usbroute::linux_
