// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/private_files.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/rights.hpp"
#include "linux/safe_directory.hpp"

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
constexpr mode_t reachable_mode = 0755;
constexpr mode_t writing_of_others = 0022;
constexpr std::size_t largest = 1U << 20;
/// With O_NONBLOCK the open of a FIFO or a device does not wait either.
constexpr int carefully = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/// A name in a directory that is open: whatever others do to the way there, it stays this directory.
struct Place {
    UniqueFd directory; ///< O_PATH
    std::string name;
};

std::expected<Place, int> place_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    const bool has_directory = slash != std::string::npos;
    auto directory = open_directory(has_directory ? path.substr(0, slash + 1) : std::string("."));
    if (!directory) return std::unexpected(directory.error());
    return Place{.directory = std::move(*directory), .name = has_directory ? path.substr(slash + 1) : path};
}

UniqueFd open_at(const Place& place, int flags)
{
    return UniqueFd(::openat(place.directory.get(), place.name.c_str(), flags | carefully, private_file));
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

/// `fd` is open for reading, and is used up.
bool holds_only_ours(UniqueFd fd)
{
    const OpenDirectory directory(::fdopendir(fd.get()));
    if (!directory) return false;
    (void)fd.release();
    // NOLINTNEXTLINE(concurrency-mt-unsafe): each call has a directory stream of its own
    while (const auto* entry = ::readdir(directory.get()))
        if (!is_ours_by_name(entry->d_name)) return false;
    return true;
}

std::optional<Privacy> privacy_in(const Place& place, int fd)
{
    struct stat file{};
    struct stat above{};
    if (::fstat(fd, &file) != 0 || ::fstat(place.directory.get(), &above) != 0) return std::nullopt;
    return privacy_of(file, above, ::geteuid());
}

/// The later one of two files; true: the one of before is wanted here.
bool is_newer(const Place& before, const Place& here)
{
    struct stat old{};
    struct stat now{};
    constexpr int itself = AT_SYMLINK_NOFOLLOW;
    if (::fstatat(before.directory.get(), before.name.c_str(), &old, itself) != 0) return false;
    if (::fstatat(here.directory.get(), here.name.c_str(), &now, itself) != 0) return errno == ENOENT;
    return old.st_mtim.tv_sec != now.st_mtim.tv_sec ? old.st_mtim.tv_sec > now.st_mtim.tv_sec
                                                    : old.st_mtim.tv_nsec > now.st_mtim.tv_nsec;
}

std::expected<std::string, int> text_in(const Place& place, std::size_t limit)
{
    const auto fd = open_at(place, O_RDONLY);
    if (!fd.is_open()) return std::unexpected(errno);
    const auto privacy = privacy_in(place, fd.get());
    if (!privacy) return std::unexpected(errno);
    if (*privacy == Privacy::foreign) return std::unexpected(EMEDIUMTYPE);
    auto text = read_up_to(fd.get(), limit + 1);
    if (!text) return std::unexpected(text.error().value);
    if (text->size() > limit) return std::unexpected(EFBIG);
    return std::move(*text);
}

/// A new file under the old name, by way of `fresh`, a name in the same directory.
std::expected<UniqueFd, int> put_in(const Place& place, const std::string& fresh, std::string_view text,
                                    int flags, bool outlives_the_power)
{
    const int directory = place.directory.get();
    const int making = flags | O_CREAT | O_EXCL | carefully;
    UniqueFd fd(::openat(directory, fresh.c_str(), making, private_file));
    // Somebody was killed between making it and giving it its name.
    if (!fd.is_open() && errno == EEXIST && ::unlinkat(directory, fresh.c_str(), 0) == 0)
        fd = UniqueFd(::openat(directory, fresh.c_str(), making, private_file));
    if (!fd.is_open()) return std::unexpected(errno);
    give_to_owner_of(directory, fd.get());
    int why = write_whole(fd.get(), text);
    if (why == 0 && outlives_the_power && ::fsync(fd.get()) != 0) why = errno;
    if (why == 0 && ::renameat(directory, fresh.c_str(), directory, place.name.c_str()) != 0) why = errno;
    if (why != 0) {
        ::unlinkat(directory, fresh.c_str(), 0);
        return std::unexpected(why);
    }
    // The name is on the disk when its directory is.
    if (outlives_the_power)
        if (const auto above = readable(place.directory); above.is_open()) (void)::fsync(above.get());
    return fd;
}

/// No other process takes the same name, and one that was left by a process of this number is nobody's.
std::string fresh_name(const Place& place) { return format("{}.{}", place.name, ::getpid()); }

void renew(const Place& place, const Place* before)
{
    const bool takes_over = before != nullptr && is_newer(*before, place);
    if (!takes_over) {
        const auto fd = open_at(place, O_RDONLY);
        if (!fd.is_open() || privacy_in(place, fd.get()) != Privacy::lost) return;
    }
    const auto text = text_in(takes_over ? *before : place, largest);
    // Where there is no room for it, it is tried again at the next start.
    if (text && put_in(place, fresh_name(place), *text, O_RDWR, true) && takes_over)
        ::unlinkat(before->directory.get(), before->name.c_str(), 0);
}

} // namespace

Privacy privacy_of(const struct stat& file, const struct stat& above, uid_t self)
{
    // In the directory of another user, a file of root is one that this user has given a second name: what root writes
    // there is given away.
    const bool is_planted = self == 0 && file.st_uid == 0 && above.st_uid != 0 && file.st_nlink != 1;
    const bool is_owned = file.st_uid == self || file.st_uid == 0 || file.st_uid == above.st_uid;
    if (!S_ISREG(file.st_mode) || !is_owned || is_planted || (file.st_mode & writing_of_others) != 0)
        return Privacy::foreign;
    // Another name may lie where others can reach it.
    return (file.st_mode & of_others) != 0 || file.st_nlink != 1 ? Privacy::lost : Privacy::kept;
}

Result<void> make_private_directory(const std::string& path)
{
    const auto failed = [&](int why) {
        return failure(
            why == ELOOP
                ? format(
                      "cannot create the directory {}: the path has a symbolic link that others could have put there, and it is not followed; look where it leads, and remove it",
                      printable(path))
            : why == EPERM
                ? format(
                      "cannot use the directory {}: it belongs to another user, who does not own the directory above it; chown root it, or remove it",
                      printable(path))
                : "cannot create the directory " + printable(path),
            why);
    };
    const auto directory = open_directory(path, private_directory);
    struct stat status{};
    if (!directory) return failed(directory.error());
    if (::fstat(directory->get(), &status) != 0) return failed(errno);
    const bool may_close = status.st_uid == ::geteuid() || ::geteuid() == 0;
    if ((status.st_mode & of_others) == 0 || (status.st_mode & S_ISVTX) != 0 || !may_close) return {};
    // If it cannot be closed to others, its files are still private.
    if (const auto fd = readable(*directory); fd.is_open() && holds_only_ours(readable(*directory)))
        [[maybe_unused]]
        const int closed = ::fchmod(fd.get(), private_directory);
    return {};
}

Result<void> make_reachable_directory(const std::string& path)
{
    const auto made = open_directory(path, reachable_mode);
    if (made) return {};
    return std::unexpected(
        Error(kind_from(made.error()), "cannot create the directory " + printable(path), made.error()));
}

std::expected<UniqueFd, int> open_private(const std::string& path, int flags)
{
    const auto place = place_of(path);
    if (!place) return std::unexpected(place.error());
    auto fd = open_at(*place, flags & ~O_CREAT);
    if (!fd.is_open() && errno == ENOENT && (flags & O_CREAT) != 0) {
        fd = open_at(*place, flags | O_EXCL);
        if (fd.is_open()) give_to_owner_of(place->directory.get(), fd.get());
    }
    if (!fd.is_open()) {
        // A symbolic link, a FIFO that nobody reads, a directory, a socket.
        const bool is_none = errno == ELOOP || errno == ENXIO || errno == EISDIR;
        return std::unexpected(is_none ? EMEDIUMTYPE : errno);
    }
    const auto privacy = privacy_in(*place, fd.get());
    if (!privacy) return std::unexpected(errno);
    if (*privacy == Privacy::foreign) return std::unexpected(EMEDIUMTYPE);
    if (*privacy == Privacy::lost) return std::unexpected(ESTALE);
    return fd;
}

Result<std::string> read_private(const std::string& path, std::size_t limit)
{
    const auto place = place_of(path);
    auto text = place ? text_in(*place, limit) : std::unexpected(place.error());
    if (text) return std::move(*text);
    return failure("cannot read " + printable(path), text.error());
}

Result<void> replace_private(const std::string& path, std::string_view text)
{
    const auto place = place_of(path);
    const auto put =
        place ? put_in(*place, fresh_name(*place), text, O_RDWR, true) : std::unexpected(place.error());
    if (put) return {};
    return std::unexpected(Error(kind_from(put.error()), "cannot write " + printable(path), put.error()));
}

std::expected<UniqueFd, int> exchange_private(const std::string& path, std::string_view text, int flags)
{
    const auto place = place_of(path);
    if (!place) return std::unexpected(place.error());
    return put_in(*place, place->name + ".new", text, flags, false);
}

int remove_private(const std::string& path)
{
    const auto place = place_of(path);
    if (!place) return place.error();
    return ::unlinkat(place->directory.get(), place->name.c_str(), 0) == 0 ? 0 : errno;
}

int set_aside_private(const std::string& path)
{
    auto place = place_of(path);
    if (!place) return place.error();
    const int directory = place->directory.get();
    const auto aside = place->name + ".bad";
    if (::renameat(directory, place->name.c_str(), directory, aside.c_str()) != 0) return errno;
    renew({.directory = std::move(place->directory), .name = aside}, nullptr);
    return 0;
}

void renew_private(const std::string& path, const std::string& before)
{
    const auto place = place_of(path);
    if (!place) return;
    if (before.empty()) return renew(*place, nullptr);
    const auto place_before = place_of(before);
    renew(*place, place_before ? &*place_before : nullptr);
}

} // namespace usbroute::linux_
