// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <sys/stat.h>

namespace usbroute::fakes {

/// What the kernel says of a file or directory, as far as it is judged.
inline struct stat status_of(uid_t owner, mode_t mode, nlink_t links = 1)
{
    struct stat status{};
    status.st_uid = owner;
    status.st_mode = mode;
    status.st_nlink = links;
    return status;
}

} // namespace usbroute::fakes
