// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/unique_fd.hpp"

#include <unistd.h>

namespace usbroute::linux_ {

void UniqueFd::reset()
{
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

} // namespace usbroute::linux_
