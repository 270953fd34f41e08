// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/helper_sockets.hpp"

#include <cerrno>

#include <unistd.h>

namespace usbroute::cli {

std::vector<GuestName> guests_without_helper(const config::Settings& settings, const linux_::Locations& where)
{
    std::vector<GuestName> without;
    if (where.recorded) return without;
    for (const auto& guest : settings.guests) {
        if (!guest.libvirt) continue;
        const auto path = linux_::libvirt_socket(where, guest.libvirt->user);
        // In a directory that this user may not look into, it may be there.
        if (::access(path.c_str(), F_OK) != 0 && errno != EACCES) without.push_back(guest.name);
    }
    return without;
}

} // namespace usbroute::cli
