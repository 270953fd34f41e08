// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/safe_directory.hpp"

#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <deque>
#include <ranges>

#include <fcntl.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// As many as the kernel follows (MAXSYMLINKS, include/linux/namei.h).
constexpr int most_links_to_a_directory = 40;
constexpr mode_t reachable_directory = 0755;
constexpr int as_a_place = O_PATH | O_NOFOLLOW | O_CLOEXEC;

bool is_roots_or(uid_t self, uid_t owner) { return owner == 0 || owner == self; }

/// From "/", or the working directory, name by name. Each is judged by the descriptor that the next one is opened in.
class DirectoryWalk {
public:
    DirectoryWalk(std::optional<mode_t> missing, uid_t self) : missing_(missing), self_(self) {}

    std::expected<UniqueFd, int> open(const std::string& path)
    {
        push(path);
        if (const int why = start(path.starts_with('/') ? "/" : "."); why != 0) return std::unexpected(why);
        while (!rest_.empty()) {
            const auto name = std::move(rest_.front());
            rest_.pop_front();
            if (const int why = step(name); why != 0) return std::unexpected(why);
        }
        if (has_above_ && !is_directory_taken(status_, above_, self_)) return std::unexpected(EPERM);
        return std::move(here_);
    }

private:
    void push(std::string_view path)
    {
        const auto parts = split(path, '/');
        for (const auto part : parts | std::views::reverse)
            if (!part.empty() && part != ".") rest_.emplace_front(part);
    }

    /// 0, or an errno value, as all below.
    int start(const char* where)
    {
        here_ = UniqueFd(::open(where, O_PATH | O_DIRECTORY | O_CLOEXEC));
        has_above_ = false;
        return here_.is_open() && ::fstat(here_.get(), &status_) == 0 ? 0 : errno;
    }

    int step(const std::string& name)
    {
        UniqueFd next(::openat(here_.get(), name.c_str(), as_a_place));
        if (!next.is_open() && errno == ENOENT && missing_) {
            const mode_t mode = rest_.empty() ? *missing_ : reachable_directory;
            if (::mkdirat(here_.get(), name.c_str(), mode) != 0 && errno != EEXIST) return errno;
            next = UniqueFd(::openat(here_.get(), name.c_str(), as_a_place));
        }
        struct stat found{};
        if (!next.is_open() || ::fstat(next.get(), &found) != 0) return errno;
        if (S_ISLNK(found.st_mode)) return follow_link(next, found);
        if (!S_ISDIR(found.st_mode)) return ENOTDIR;
        above_ = status_;
        has_above_ = true;
        status_ = found;
        here_ = std::move(next);
        return 0;
    }

    int follow_link(const UniqueFd& link, const struct stat& found)
    {
        if (!is_link_followed(found, status_, self_) || ++links_ > most_links_to_a_directory) return ELOOP;
        std::array<char, 4096> target{};
        const auto length = ::readlinkat(link.get(), "", target.data(), target.size());
        if (length < 0) return errno;
        const std::string_view text(target.data(), static_cast<std::size_t>(length));
        push(text);
        return text.starts_with('/') ? start("/") : 0;
    }

    std::optional<mode_t> missing_;
    uid_t self_;
    std::deque<std::string> rest_;
    UniqueFd here_;
    struct stat status_{}; ///< of `here_`
    struct stat above_{};
    bool has_above_ = false;
    int links_ = 0;
};

} // namespace

bool is_link_followed(const struct stat& link, const struct stat& above, uid_t self)
{
    // With a second name it may be one that root made elsewhere for something else.
    const bool is_trusted = is_roots_or(self, link.st_uid) && link.st_nlink == 1;
    const bool is_guarded = (above.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (above.st_mode & S_ISVTX) != 0;
    return is_trusted && is_guarded && is_roots_or(self, above.st_uid);
}

bool is_directory_taken(const struct stat& directory, const struct stat& above, uid_t self)
{
    if (is_roots_or(self, directory.st_uid) || directory.st_uid == above.st_uid) return true;
    return is_roots_or(self, above.st_uid) && (above.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::expected<UniqueFd, int> open_directory(const std::string& path, std::optional<mode_t> missing)
{
    return DirectoryWalk(missing, ::geteuid()).open(path);
}

UniqueFd readable(const UniqueFd& directory)
{
    return UniqueFd(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

} // namespace usbroute::linux_
