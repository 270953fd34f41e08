// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/tree_hints.hpp"

#include "linux/event_count.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/inotify.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// Not IN_MODIFY: the daemon's own writes to `config` are no news, and it keeps that file open.
constexpr unsigned interesting = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::string above(const std::string& path)
{
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

} // namespace

TreeHints::TreeHints(std::string root)
    : root_(std::move(root)),
      fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      is_kernels_(is_sysfs(root_ + "sys")),
      blind_(!fd_.is_open())
{}

bool TreeHints::try_watch(const std::string& directory)
{
    const int watch = ::inotify_add_watch(fd_.get(), (root_ + directory).c_str(), interesting);
    if (watch < 0) {
        if (errno != ENOENT && errno != ENOTDIR) blind_ = true;
        return false;
    }
    // A directory has one watch whatever path led to it; the path without links says which device it is.
    auto& known = directories_[watch];
    if (known.empty() || directory.starts_with("sys/devices/")) known = directory;
    return true;
}

void TreeHints::watch(std::string directory)
{
    while (!blind_ && watched_.insert(directory).second)
        if (try_watch(directory) || directory.empty())
            return;
        else
            directory = above(directory);
}

observe::Hints TreeHints::drain()
{
    observe::Hints hints;
    if (blind_) hints.everything = true;
    alignas(inotify_event) std::array<char, 16384> bytes;
    while (!blind_) {
        const auto got = ::read(fd_.get(), bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            inotify_event event{};
            std::memcpy(&event, bytes.data() + at, sizeof event);
            // The name is padded with zero bytes.
            const char* name = bytes.data() + at + sizeof event;
            take(event.wd, event.mask, {name, ::strnlen(name, event.len)}, hints);
            at += sizeof event + event.len;
        }
    }
    return hints;
}

void TreeHints::take(int watch, unsigned what, std::string_view name, observe::Hints& hints)
{
    const bool a_directory_moved =
        (what & (IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF)) != 0 && (what & IN_ISDIR) != 0;
    if ((what & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF)) != 0 || a_directory_moved) {
        // Paths may lead elsewhere now: the scan that follows asks for each again.
        hints.everything = true;
        watched_.clear();
    }
    const auto found = directories_.find(watch);
    if (found == directories_.end() || (what & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) return;
    if ((what & IN_IGNORED) != 0) {
        watched_.erase(found->second);
        directories_.erase(found);
        return;
    }
    if (name == "config" && (what & IN_CLOSE_WRITE) != 0) {
        hints.registers = true;
        return;
    }
    // What appears where nothing was may be what an earlier look wanted to read below it.
    if ((what & (IN_CREATE | IN_DELETE)) != 0) watched_.clear();
    hints.paths.push_back(found->second + "/" + std::string(name));
}

std::expected<std::vector<std::string>, observe::Errno> WatchedTree::list(const std::string& directory) const
{
    hints_.watch(directory);
    return tree_.list(directory);
}

std::expected<std::vector<topology::Listed>, observe::Errno>
WatchedTree::entries(const std::string& directory) const
{
    hints_.watch(directory);
    return tree_.entries(directory);
}

std::optional<std::uint64_t> WatchedTree::entry_number(const std::string& path) const
{
    hints_.watch(above(path));
    return tree_.entry_number(path);
}

std::expected<std::string, observe::Errno> WatchedTree::read(const std::string& file, std::size_t limit) const
{
    hints_.watch(above(file));
    return tree_.read(file, limit);
}

std::expected<std::string, observe::Errno> WatchedTree::link(const std::string& path) const
{
    hints_.watch(above(path));
    return tree_.link(path);
}

} // namespace usbroute::linux_
