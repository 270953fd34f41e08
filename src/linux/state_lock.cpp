// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/state_lock.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>

namespace usbroute::linux_ {

Result<UniqueFd> lock_state(const std::string& directory)
{
    static_cast<void>(make_directories(directory)); // what follows says whether it is there
    UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // A lock on the directory itself leaves nothing behind, and needs no room.
    if (!fd.is_open() || ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return fd;
    return std::unexpected(
        Error(ErrorKind::failed,
              format("another daemon works with {}; usbroute status asks it, and it has to "
                     "end before another one can start",
                     printable(directory)))
            .with_code("in-use"));
}

} // namespace usbroute::linux_
