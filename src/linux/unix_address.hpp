// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstring>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

namespace usbroute::linux_ {

/// Where a Unix socket lies; nothing for a path that is too long for one.
[[nodiscard]] inline std::optional<sockaddr_un> unix_address(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

} // namespace usbroute::linux_
