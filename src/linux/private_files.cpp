// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/private_files.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/rights.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr mode_t of_others = 0077;
constexpr mode_t writing_of_others = 0022;
constexpr std::size_t largest = 1U << 20;
/// With O_NONBLOCK the open of a FIFO or a device does not wait either.
constexpr int carefully = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

std::string directory_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string(".") : path.substr(0, slash + 1);
}

/// "journal", "journal.bad", "guests.a8Xk2p"
bool is_ours_by_name(std::string_view name)
{
    constexpr std::array<std::string_view, 6> names = {"journal",     "guests",      "first-move",
                                                       "change.lock", "daemon.lock", "registers.sock"};
    return name == "." || name == ".." || std::ranges::any_of(names, [&](std::string_view known) {
               return name == known || (name.starts_with(known) && name[known.size()] == '.');
           });
}

bool holds_only_ours(int fd)
{
    UniqueFd copy(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!copy.is_open()) return false;
    const OpenDirectory directory(::fdopendir(copy.get()));
    if (!directory) return false;
    (void)copy.release();
    // NOLINTNEXTLINE(concurrency-mt-unsafe): each call has a directory stream of its own
    while (const auto* entry = ::readdir(directory.get()))
        if (!is_ours_by_name(entry->d_name)) return false;
    return true;
}

std::optional<Privacy> privacy_at(const std::string& path, int fd)
{
    struct stat file{};
    struct stat above{};
    if (::fstat(fd, &file) != 0 || ::stat(directory_of(path).c_str(), &above) != 0) return std::nullopt;
    return privacy_of(file, above, ::geteuid());
}

/// The later one of two files; true: the one of before is wanted here.
bool is_newer(const std::string& before, const std::string& path)
{
    struct stat old{};
    struct stat here{};
    if (::lstat(before.c_str(), &old) != 0) return false;
    if (::lstat(path.c_str(), &here) != 0) return errno == ENOENT;
    return old.st_mtim.tv_sec != here.st_mtim.tv_sec ? old.st_mtim.tv_sec > here.st_mtim.tv_sec
                                                     : old.st_mtim.tv_nsec > here.st_mtim.tv_nsec;
}

} // namespace

Privacy privacy_of(const struct stat& file, const struct stat& above, uid_t self)
{
    const bool is_owned = file.st_uid == self || file.st_uid == 0 || file.st_uid == above.st_uid;
    if (!S_ISREG(file.st_mode) || !is_owned || (file.st_mode & writing_of_others) != 0)
        return Privacy::foreign;
    // Another name may lie where others can reach it.
    return (file.st_mode & of_others) != 0 || file.st_nlink != 1 ? Privacy::lost : Privacy::kept;
}

Result<void> make_private_directory(const std::string& path)
{
    if (const auto slash = path.rfind('/'); slash != std::string::npos && slash > 0)
        if (auto made = make_directories(path.substr(0, slash)); !made) return made;
    if (::mkdir(path.c_str(), private_directory) == 0) return {};
    const auto failed = [&](int why) {
        return std::unexpected(Error(ErrorKind::failed, "cannot make the directory " + printable(path), why));
    };
    if (errno != EEXIST) return failed(errno);
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status{};
    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) return failed(errno);
    const bool may_close = status.st_uid == ::geteuid() || ::geteuid() == 0;
    if ((status.st_mode & of_others) != 0 && (status.st_mode & S_ISVTX) == 0 && may_close &&
        holds_only_ours(fd.get()))
        // Where it cannot be closed, its files are private all the same.
        [[maybe_unused]]
        const int closed = ::fchmod(fd.get(), private_directory);
    return {};
}

std::expected<UniqueFd, int> open_private(const std::string& path, int flags)
{
    UniqueFd fd(::open(path.c_str(), (flags & ~O_CREAT) | carefully));
    if (!fd.is_open() && errno == ENOENT && (flags & O_CREAT) != 0) {
        fd = UniqueFd(::open(path.c_str(), flags | O_EXCL | carefully, private_file));
        if (fd.is_open()) give_to_owner_of(directory_of(path), fd.get());
    }
    if (!fd.is_open()) {
        // A symbolic link, a FIFO that nobody reads, a directory, a socket.
        const bool is_none = errno == ELOOP || errno == ENXIO || errno == EISDIR;
        return std::unexpected(is_none ? EMEDIUMTYPE : errno);
    }
    const auto privacy = privacy_at(path, fd.get());
    if (!privacy) return std::unexpected(errno);
    if (*privacy == Privacy::foreign) return std::unexpected(EMEDIUMTYPE);
    if (*privacy == Privacy::lost) return std::unexpected(ESTALE);
    return fd;
}

Result<std::string> read_private(const std::string& path, std::size_t limit)
{
    const auto failed = [&](int why) {
        return std::unexpected(Error(ErrorKind::failed, "cannot read " + printable(path), why));
    };
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | carefully));
    if (!fd.is_open()) return failed(errno);
    const auto privacy = privacy_at(path, fd.get());
    if (!privacy) return failed(errno);
    if (*privacy == Privacy::foreign) return failed(EMEDIUMTYPE);
    std::string text;
    std::array<char, 4096> chunk{};
    while (text.size() <= limit) {
        const auto got = ::read(fd.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed(errno);
        if (got == 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return failed(EFBIG);
}

Result<void> replace_private(const std::string& path, std::string_view text)
{
    return replace_file(path, text, private_file);
}

void renew_private(const std::string& path, const std::string& before)
{
    const bool takes_over = !before.empty() && is_newer(before, path);
    const auto& from = takes_over ? before : path;
    if (!takes_over) {
        const UniqueFd fd(::open(path.c_str(), O_RDONLY | carefully));
        if (!fd.is_open() || privacy_at(path, fd.get()) != Privacy::lost) return;
    }
    const auto text = read_private(from, largest);
    // Where there is no room for it, it is tried again at the next start.
    if (text && replace_private(path, *text) && takes_over) ::unlink(before.c_str());
}

} // namespace usbroute::linux_
