// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/host_use.hpp"

#include "linux/block_claims.hpp"
#include "linux/files.hpp"
#include "observe/scan.hpp"

namespace usbroute::linux_ {

topology::HostUse look_at_host_use(const Locations& where, const topology::UseParts& parts)
{
    auto use = observe::look_at_host_use(LiveTree(where.root), parts);
    if (where.recorded || !parts.disks) return use;
    doubt_an_empty_mount_list(use);
    use.claims = ask_kernel_as_root();
    return use;
}

void doubt_an_empty_mount_list(topology::HostUse& use)
{
    if (use.mounts.empty() && use.mounts_unreadable.empty())
        use.mounts_unreadable = "/proc/self/mountinfo has nothing in it";
}

} // namespace usbroute::linux_
