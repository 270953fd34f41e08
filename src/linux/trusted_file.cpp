// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/trusted_file.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <expected>
#include <ranges>

#include <fcntl.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// As many as the kernel follows (MAXSYMLINKS, include/linux/namei.h).
constexpr int most_links = 40;

bool is_trusted_user(uid_t user, std::span<const uid_t> trusted)
{
    return std::ranges::find(trusted, user) != trusted.end();
}

/// On the way from "/" to a file: the parts that are still to be walked, and the directory that was reached.
class Walk {
public:
    Walk(const std::string& path, std::span<const uid_t> trusted) : path_(path), trusted_(trusted)
    {
        push(path);
        if (!path.starts_with('/')) {
            std::array<char, 4096> here{};
            push(::getcwd(here.data(), here.size()) == nullptr ? "/" : here.data());
        }
    }

    /// The file itself, open for reading.
    Result<UniqueFd> open()
    {
        if (auto begun = enter("/", UniqueFd(::open("/", directory_flags))); !begun)
            return std::unexpected(std::move(begun.error()));
        while (!rest_.empty()) {
            const auto name = std::move(rest_.front());
            rest_.pop_front();
            auto file = step(name);
            if (!file || file->is_open()) return file;
        }
        return failed(EISDIR);
    }

private:
    static constexpr int directory_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

    void push(std::string_view path)
    {
        const auto parts = split(path, '/');
        for (const auto part : parts | std::views::reverse)
            if (!part.empty() && part != ".") rest_.emplace_front(part);
    }

    [[nodiscard]] std::unexpected<Error> failed(int why) const
    {
        const bool is_forbidden = why == EACCES || why == EPERM;
        return std::unexpected(Error(is_forbidden ? ErrorKind::not_permitted : ErrorKind::failed,
                                     "cannot open " + printable(path_), why));
    }

    [[nodiscard]] std::optional<Error> why_not(const std::string& where, const struct stat& status) const
    {
        auto why = why_not_trusted(where, status, trusted_);
        if (!why) return std::nullopt;
        return Error(ErrorKind::failed, *why).with_code("config-writable");
    }

    [[nodiscard]] Result<void> enter(std::string where, UniqueFd directory)
    {
        struct stat status{};
        if (!directory.is_open() || ::fstat(directory.get(), &status) != 0) return failed(errno);
        if (auto no = why_not(where, status)) return std::unexpected(std::move(*no));
        where_ = std::move(where);
        directory_ = std::move(directory);
        return {};
    }

    /// Not open: a directory or a link, and the walk goes on.
    [[nodiscard]] Result<UniqueFd> step(const std::string& name)
    {
        const auto where = (where_ == "/" ? "" : where_) + "/" + name;
        UniqueFd found(::openat(directory_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        struct stat status{};
        if (!found.is_open() || ::fstat(found.get(), &status) != 0) return failed(errno);
        if (S_ISLNK(status.st_mode)) return follow(where, found, status);
        if (S_ISDIR(status.st_mode)) {
            if (auto entered = enter(where, std::move(found)); !entered)
                return std::unexpected(std::move(entered.error()));
            return UniqueFd();
        }
        if (!rest_.empty()) return failed(ENOTDIR);
        return open_file(name, where);
    }

    /// What a link says is its owner's word.
    [[nodiscard]] Result<UniqueFd> follow(const std::string& where, const UniqueFd& link, struct stat status)
    {
        status.st_mode = S_IFLNK; // everybody may write a link, says its mode, and nobody can
        if (auto no = why_not(where, status)) return std::unexpected(std::move(*no));
        if (++links_ > most_links) return failed(ELOOP);
        std::array<char, 4096> target{};
        const auto length = ::readlinkat(link.get(), "", target.data(), target.size());
        if (length < 0) return failed(errno);
        const std::string_view text(target.data(), static_cast<std::size_t>(length));
        push(text);
        if (text.starts_with('/'))
            if (auto begun = enter("/", UniqueFd(::open("/", directory_flags))); !begun)
                return std::unexpected(std::move(begun.error()));
        return UniqueFd();
    }

    [[nodiscard]] Result<UniqueFd> open_file(const std::string& name, const std::string& where) const
    {
        UniqueFd file(::openat(directory_.get(), name.c_str(),
                               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        struct stat status{};
        if (!file.is_open() || ::fstat(file.get(), &status) != 0) return failed(errno);
        if (!S_ISREG(status.st_mode)) return failure(format("{} is not a regular file", printable(where)));
        if (auto no = why_not(where, status)) return std::unexpected(std::move(*no));
        return file;
    }

    std::string path_;
    std::span<const uid_t> trusted_;
    std::deque<std::string> rest_;
    std::string where_ = "/"; ///< the directory, for messages
    UniqueFd directory_;
    int links_ = 0;
};

} // namespace

std::optional<std::string> why_not_trusted(const std::string& path, const struct stat& status,
                                           std::span<const uid_t> trusted)
{
    const bool is_directory = S_ISDIR(status.st_mode);
    const auto* danger = is_directory ? ", who could put another configuration there" : "";
    const auto name = printable(path);
    if (!is_trusted_user(status.st_uid, trusted))
        return format("{} belongs to user {}{}, and root would act on it; chown {}root {}", name,
                      status.st_uid, danger, S_ISLNK(status.st_mode) ? "-h " : "", name);
    if (is_directory && (status.st_mode & S_ISVTX) != 0) return std::nullopt;
    const bool by_others = (status.st_mode & S_IWOTH) != 0;
    // Also of root's group: with an access list (acl(5)) these bits are its mask, and show what others named there may do.
    const bool by_a_group = (status.st_mode & S_IWGRP) != 0;
    if (!by_others && !by_a_group) return std::nullopt;
    const auto mode = status.st_mode & 07777;
    if (by_others)
        return format(
            "{} can be written by everybody (mode {:04o}){}, and root would act on it; chmod go-w {}", name,
            mode, danger, name);
    return format(
        "{0} can be written by its group, or by somebody named in an access list (mode {1:04o}){2}, and root would act on it; chmod g-w {0}, and before that setfacl -b {0} if getfacl shows such a list",
        name, mode, danger);
}

Result<std::string> read_trusted(const std::string& path, std::size_t limit, std::span<const uid_t> trusted)
{
    auto file = Walk(path, trusted).open();
    if (!file) return std::unexpected(std::move(file.error()));
    auto text = read_up_to(file->get(), limit + 1);
    if (!text) return failure("cannot read " + printable(path), text.error().value);
    if (text->size() > limit) return failure(format("{} is larger than {} bytes", printable(path), limit));
    return std::move(*text);
}

bool can_be_anybodys(const std::string& path)
{
    bool is_first = true;
    for (auto slash = path.rfind('/'); slash != std::string::npos; slash = path.rfind('/', slash - 1)) {
        struct stat status{};
        const auto directory = slash == 0 ? std::string("/") : path.substr(0, slash);
        const bool is_open = ::stat(directory.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0;
        if (is_open && (is_first || (status.st_mode & S_ISVTX) == 0)) return true;
        is_first = false;
        if (slash == 0) break;
    }
    return false;
}

} // namespace usbroute::linux_
