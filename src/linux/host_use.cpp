// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/host_use.hpp"

#include "linux/block_claims.hpp"
#include "linux/files.hpp"
#include "observe/scan.hpp"

#include <algorithm>

#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// As in a container, or on a simulated board: there is nothing to ask by. Where one node alone is missing, its disk counts
/// as one in use.
bool has_no_nodes(const topology::Claims& claims)
{
    return !claims.claims.empty() && std::ranges::none_of(claims.claims, [](const topology::Claim& claim) {
        auto path = "/dev/" + claim.block;
        std::ranges::replace(path, '!', '/');
        return ::access(path.c_str(), F_OK) == 0;
    });
}

} // namespace

topology::HostUse look_at_host_use(const Locations& where, const topology::UseParts& parts)
{
    auto use = observe::look_at_host_use(LiveTree(where.root), parts);
    if (where.recorded || !parts.disks) return use;
    doubt_an_empty_mount_list(use);
    use.claims = ask_kernel_as_root();
    if (has_no_nodes(use.claims))
        use.claims = {.answer = topology::ClaimsAnswer::absent,
                      .why = "no disk behind USB has a node in /dev here"};
    return use;
}

void doubt_an_empty_mount_list(topology::HostUse& use)
{
    if (use.mounts.empty() && use.mounts_unreadable.empty())
        use.mounts_unreadable = "/proc/self/mountinfo has nothing in it";
}

} // namespace usbroute::linux_
