// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/files.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/rights.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace usbroute::linux_ {

using observe::Errno;

namespace {

template <class Put> int put_whole(std::string_view text, const Put& put)
{
    while (!text.empty()) {
        const ssize_t done = put(text);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return done < 0 ? errno : ENOSPC;
        text.remove_prefix(static_cast<std::size_t>(done));
    }
    return 0;
}

} // namespace

std::expected<std::string, Errno> read_up_to(int fd, std::size_t limit)
{
    std::string text;
    std::array<char, 4096> chunk{};
    while (text.size() < limit) {
        const auto got = ::read(fd, chunk.data(), std::min(chunk.size(), limit - text.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(Errno{errno});
        if (got == 0) break;
        text.append(chunk.data(), static_cast<std::size_t>(got));
        // An attribute comes whole; asking again for its end would be a third of a scan's system calls. Files of
        // /proc come in pieces, and are read with a larger limit.
        if (limit <= chunk.size() && static_cast<std::size_t>(got) < chunk.size()) break;
    }
    return text;
}

int write_whole(int fd, std::string_view text)
{
    return put_whole(text, [fd](std::string_view rest) { return ::write(fd, rest.data(), rest.size()); });
}

int send_whole(int fd, std::string_view text)
{
    return put_whole(
        text, [fd](std::string_view rest) { return ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL); });
}

ErrorKind kind_from(int errno_value)
{
    return errno_value == EACCES || errno_value == EPERM ? ErrorKind::not_permitted : ErrorKind::failed;
}

LiveTree::LiveTree(std::string root) : root_(std::move(root))
{
    if (root_ != "/") inside_ = UniqueFd(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

UniqueFd LiveTree::open(const std::string& path, int flags) const
{
    if (root_ == "/") return UniqueFd(::open((root_ + path).c_str(), flags | O_CLOEXEC));
    open_how how{};
    how.flags = static_cast<__u64>(static_cast<unsigned>(flags | O_CLOEXEC));
    how.resolve = RESOLVE_IN_ROOT;
    // EAGAIN: somebody on this machine renamed something, anything, while a ".." of a link was resolved (openat2(2)).
    constexpr int most_tries = 1000;
    long fd = -1;
    int tries = 0;
    do fd = ::syscall(SYS_openat2, inside_.get(), path.c_str(), &how, sizeof how);
    while (fd < 0 && errno == EAGAIN && ++tries < most_tries);
    // Kernels before 5.6 do not have it, and some containers forbid it.
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return UniqueFd(::openat(inside_.get(), path.c_str(), flags | O_CLOEXEC));
    return UniqueFd(static_cast<int>(fd));
}

std::expected<std::vector<std::string>, Errno> LiveTree::list(const std::string& path) const
{
    auto listed = entries(path);
    if (!listed) return std::unexpected(listed.error());
    std::vector<std::string> names;
    for (auto& entry : *listed) names.push_back(std::move(entry.name));
    return names;
}

/// Of sysfs, the number is one that no later entry gets (kernfs_ino, fs/kernfs; 64 bits of it where ino_t has them).
std::expected<std::vector<topology::Listed>, Errno> LiveTree::entries(const std::string& path) const
{
    OpenDirectory directory;
    if (root_ == "/") {
        directory.reset(::opendir((root_ + path).c_str()));
    } else {
        auto fd = open(path, O_RDONLY | O_DIRECTORY);
        if (!fd.is_open()) return std::unexpected(Errno{errno});
        directory.reset(::fdopendir(fd.get()));
        if (directory) (void)fd.release();
    }
    if (!directory) return std::unexpected(Errno{errno});
    std::vector<topology::Listed> listed;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): each call has a directory stream of its own
    while (const auto* entry = ::readdir(directory.get())) {
        const std::string_view name(entry->d_name);
        if (name != "." && name != "..") listed.push_back({std::string(name), entry->d_ino});
    }
    return listed;
}

/// The one that readdir tells: of sysfs both are the entry's kernfs_ino.
std::optional<std::uint64_t> LiveTree::entry_number(const std::string& path) const
{
    struct stat status{};
    if (root_ == "/") {
        if (::lstat((root_ + path).c_str(), &status) != 0) return std::nullopt;
        return status.st_ino;
    }
    const auto fd = open(path, O_PATH | O_NOFOLLOW);
    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) return std::nullopt;
    return status.st_ino;
}

std::expected<std::string, Errno> LiveTree::read(const std::string& file, std::size_t limit) const
{
    // Not to wait for a writer if a recording has a pipe where a file should be.
    const auto fd = open(file, O_RDONLY | O_NONBLOCK);
    if (!fd.is_open()) return std::unexpected(Errno{errno});
    return read_up_to(fd.get(), limit);
}

std::expected<std::string, Errno> LiveTree::link(const std::string& path) const
{
    std::array<char, 4096> target{};
    ssize_t length = -1;
    if (root_ == "/") {
        length = ::readlink((root_ + path).c_str(), target.data(), target.size());
    } else {
        const auto fd = open(path, O_PATH | O_NOFOLLOW);
        if (!fd.is_open()) return std::unexpected(Errno{errno});
        length = ::readlinkat(fd.get(), "", target.data(), target.size());
    }
    // What is not a link says EINVAL, or ENOENT for an O_PATH descriptor of one.
    if (length < 0) return std::unexpected(Errno{errno});
    return std::string(target.data(), static_cast<std::size_t>(length));
}

std::optional<std::string> LiveTree::block_number(const std::string& path) const
{
    UniqueFd node;
    if (root_ == "/" && !path.starts_with("dev/")) {
        open_how how{};
        how.flags = O_PATH | O_CLOEXEC;
        how.resolve = RESOLVE_NO_SYMLINKS;
        const auto whole = root_ + path;
        node = UniqueFd(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, whole.c_str(), &how, sizeof how)));
    } else {
        node = open(path, O_PATH);
    }
    struct stat status{};
    if (!node.is_open() || ::fstat(node.get(), &status) != 0 || !S_ISBLK(status.st_mode)) return std::nullopt;
    return format("{}:{}", major(status.st_rdev), minor(status.st_rdev));
}

Result<std::string> read_file(const std::string& path, std::size_t limit)
{
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.is_open())
        return std::unexpected(Error(kind_from(errno), "cannot open " + printable(path), errno));
    auto text = read_up_to(fd.get(), limit + 1);
    if (!text)
        return std::unexpected(
            Error(kind_from(text.error().value), "cannot read " + printable(path), text.error().value));
    if (text->size() > limit) return failure(format("{} is larger than {} bytes", printable(path), limit));
    return std::move(*text);
}

namespace {

enum class IfThere : std::uint8_t { replace, refuse };

Result<void> put_file(const std::string& path, std::string_view text, mode_t mode, IfThere if_there)
{
    const auto failed = [&](int why) {
        return std::unexpected(Error(kind_from(why), "cannot write " + printable(path), why));
    };
    const auto slash = path.rfind('/');
    const auto directory = slash == std::string::npos ? std::string(".") : path.substr(0, slash + 1);
    std::string fresh = path + ".XXXXXX";
    const UniqueFd fd(::mkostemp(fresh.data(), O_CLOEXEC));
    if (!fd.is_open()) return failed(errno);
    const auto give_up = [&](int why) {
        ::unlink(fresh.c_str());
        return failed(why);
    };
    if (const int why = write_whole(fd.get(), text); why != 0) return give_up(why);
    if (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0) return give_up(errno);
    if (const UniqueFd place(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)); place.is_open())
        give_to_owner_of(place.get(), fd.get());
    if (if_there == IfThere::replace) {
        if (::rename(fresh.c_str(), path.c_str()) != 0) return give_up(errno);
    } else {
        // Unlike rename, link never takes the place of what is there.
        if (::link(fresh.c_str(), path.c_str()) != 0) return give_up(errno);
        ::unlink(fresh.c_str());
    }
    // The name is on the disk when its directory is.
    const UniqueFd above(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (above.is_open()) (void)::fsync(above.get());
    return {};
}

} // namespace

Result<void> replace_file(const std::string& path, std::string_view text, std::optional<mode_t> wanted)
{
    struct stat status{};
    const bool is_there = ::stat(path.c_str(), &status) == 0;
    return put_file(path, text, wanted.value_or(is_there ? status.st_mode & 0777 : 0644), IfThere::replace);
}

Result<void> create_file(const std::string& path, std::string_view text)
{
    return put_file(path, text, 0644, IfThere::refuse);
}

std::string_view remedy_for_writing(int errno_value)
{
    switch (errno_value) {
    case ENOSPC:
    case EDQUOT: return "; make room there";
    case EROFS: return "; mount it writable";
    case EACCES:
    case EPERM: return "; let the user who runs usbroute write there";
    case ELOOP: return "; remove the symbolic link on that path, which others could have put there";
    case EMFILE:
    case ENFILE: return "; raise the limit of open files";
    default: return {};
    }
}

Result<void> can_replace(const std::string& path)
{
    std::string tried = path + ".XXXXXX";
    const UniqueFd fd(::mkostemp(tried.data(), O_CLOEXEC));
    if (!fd.is_open())
        return std::unexpected(Error(kind_from(errno), "cannot write " + printable(path), errno));
    ::unlink(tried.c_str());
    return {};
}

Result<void> make_directories(const std::string& path)
{
    for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const auto part = path.substr(0, slash);
        if (!part.empty() && ::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST)
            return std::unexpected(
                Error(kind_from(errno), "cannot create the directory " + printable(part), errno));
        if (slash == std::string::npos) return {};
    }
}

} // namespace usbroute::linux_
