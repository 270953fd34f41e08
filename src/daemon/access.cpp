// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/access.hpp"

#include <algorithm>

namespace usbroute::daemon {

bool may_enter(const Members& members, const linux_::Peer& peer)
{
    if (peer.user == 0 || peer.user == members.own_user) return true;
    return members.group && std::ranges::find(peer.groups, *members.group) != peer.groups.end();
}

} // namespace usbroute::daemon
