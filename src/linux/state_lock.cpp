// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/state_lock.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "linux/private_files.hpp"

#include <array>
#include <cerrno>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_attempts{10};
constexpr int most_replacements = 8;
/// Somebody who holds a hundred thousand locks makes that list long; reading it must not take long.
constexpr std::size_t most_of_the_list = 256UL * 1024;

/// The beginning of a file of /proc, of at most `limit` bytes.
std::string beginning_of(const std::string& path, std::size_t limit)
{
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    std::string text(fd.is_open() ? limit : 0, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto got = ::read(fd.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

} // namespace

LockFile::Held::~Held()
{
    if (fd_ >= 0) ::flock(fd_, LOCK_UN);
}

/// Under its name is still the file that we have open, and nobody else can open it.
bool LockFile::is_there() const
{
    struct stat status{};
    return fd_.is_open() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
           status.st_ino == inode_ && (status.st_mode & 0077) == 0;
}

/// A lock has no text to lose: whatever else has its name makes room.
void LockFile::open()
{
    fd_.reset();
    for (int attempt = 0; attempt < 2 && !fd_.is_open(); ++attempt) {
        auto opened = open_private(path_, O_RDWR | O_CREAT);
        if (opened) {
            fd_ = std::move(*opened);
        } else if (opened.error() == ENOENT) {
            // Also where somebody has taken the directory away.
            if (!make_private_directory(path_.substr(0, path_.rfind('/')))) return;
        } else if ((opened.error() != EMEDIUMTYPE && opened.error() != ESTALE) ||
                   remove_private(path_) != 0) {
            return;
        }
    }
    struct stat status{};
    if (!fd_.is_open() || ::fstat(fd_.get(), &status) != 0) return fd_.reset();
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

Result<LockFile::Held> LockFile::take(std::chrono::milliseconds patience)
{
    const auto until = Clock::now() + patience;
    for (int replacements = 0; replacements < most_replacements;) {
        if (!fd_.is_open()) open();
        if (!fd_.is_open()) return Held(-1);
        if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) {
            if (is_there()) return Held(fd_.get());
            // Somebody has removed the file, and the next process creates another one.
            fd_.reset();
            ++replacements;
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK) return Held(-1); // a file system without locks
        if (!is_there()) {
            fd_.reset();
            ++replacements;
            continue;
        }
        if (Clock::now() >= until)
            return std::unexpected(
                Error(
                    ErrorKind::unreachable,
                    format(
                        "{} is changing something right now and holds {}: nothing was done; try again, and if it hangs, end it",
                        holder(), printable(path_)))
                    .with_code(std::string(apply::code_of_a_held_lock)));
        std::this_thread::sleep_for(between_attempts);
    }
    return Held(-1);
}

std::string LockFile::holder() const
{
    const auto process = holder_in(beginning_of("/proc/locks", most_of_the_list), device_, inode_);
    if (!process) return "another process";
    const auto command = beginning_of(format("/proc/{}/comm", *process), 64);
    if (command.empty()) return format("process {}", *process);
    return format("process {} ({})", *process, printable(trim(command), 32));
}

Result<UniqueFd> lock_state(const std::string& directory)
{
    static_cast<void>(make_private_directory(directory)); // what follows says whether it is there
    LockFile lock(directory + "/daemon.lock");
    auto held = lock.take(std::chrono::milliseconds(0));
    if (!held)
        return std::unexpected(
            Error(
                ErrorKind::failed,
                format(
                    "another daemon is using {}; usbroute status asks it, and it has to end before another one can start: it is {}",
                    printable(directory), lock.holder()))
                .with_code("in-use"));
    held->keep();
    return lock.release();
}

std::optional<pid_t> holder_in(std::string_view locks, dev_t device, ino_t inode)
{
    std::optional<pid_t> by_inode;
    int same_inode = 0;
    // "1: FLOCK  ADVISORY  WRITE 23788 fe:00:10953021 0 EOF"; a process that waits for one has "->" after the number.
    for (const auto line : split(locks, '\n')) {
        const auto fields = words(line);
        if (fields.size() < 6 || fields[1] != "FLOCK") continue;
        const auto place = split(fields[5], ':');
        const auto process = number_from<pid_t>(fields[4], 10);
        if (place.size() != 3 || !process || *process <= 0) continue; // 0: of another PID namespace
        if (number_from<ino_t>(place[2], 10) != inode) continue;
        if (number_from<unsigned>(place[0], 16) == gnu_dev_major(device) &&
            number_from<unsigned>(place[1], 16) == gnu_dev_minor(device))
            return process;
        by_inode = process;
        ++same_inode;
    }
    return same_inode == 1 ? by_inode : std::nullopt;
}

} // namespace usbroute::linux_
