// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/watch.hpp"

#include "base/format.hpp"

#include <cerrno>

#include <sys/inotify.h>
#include <unistd.h>

namespace usbroute::sim {

Result<std::unique_ptr<Watch>> Watch::make(const FileTree& tree)
{
    const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) return failure("cannot watch the board's files", errno);
    std::unique_ptr<Watch> watch(new Watch(fd));
    // Sockets of listeners appear in the root.
    if (::inotify_add_watch(fd, tree.root().c_str(), IN_CREATE | IN_MOVED_TO) < 0)
        return failure(format("cannot watch {}", tree.root()), errno);
    return watch;
}

Watch::~Watch() { ::close(fd_); }

void Watch::drain() const
{
    alignas(inotify_event) char buffer[4096];
    while (::read(fd_, buffer, sizeof buffer) > 0) {}
}

void Watch::add(const FileTree& tree, const std::vector<std::string>& directories) const
{
    // Adding a directory that is watched already changes nothing; a new directory needs its own watch.
    for (const auto& directory : directories)
        (void)::inotify_add_watch(fd_, tree.full(directory).c_str(), IN_MODIFY | IN_CLOSE_WRITE);
}

} // namespace usbroute::sim
