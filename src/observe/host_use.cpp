// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/result.hpp"
#include "observe/activity.hpp"
#include "observe/blocks.hpp"
#include "observe/inputs.hpp"
#include "observe/scan.hpp"

#include <cerrno>

namespace usbroute::observe {

namespace {

using Names = std::vector<std::string>;

/// The kernel allows 100,000 mounts (fs.mount-max), and a line has about 150 bytes.
constexpr std::size_t mounts_limit = 1U << 24;
constexpr std::size_t swaps_limit = 1U << 20;

void look_at_disks(const KernelTree& tree, const topology::UseParts& parts, topology::HostUse& use)
{
    if (const auto text = tree.read("proc/self/mountinfo", mounts_limit))
        use.mounts = topology::parse_mountinfo(*text);
    else if (const auto older = tree.read("proc/mounts", mounts_limit))
        use.mounts = topology::parse_mounts(*older);
    else if (older.error().value != ENOENT) // a recording may lack it, a kernel never does
        use.mounts_unreadable = errno_text(older.error().value);
    if (parts.processes) add_mounts_elsewhere(tree, use.mounts);
    if (const auto text = tree.read("proc/swaps", swaps_limit)) use.swaps = topology::parse_swaps(*text);
    use.loops = read_loops(tree);
    for (const auto& filesystem : tree.list("sys/fs/btrfs").value_or(Names{})) {
        const auto members = tree.list("sys/fs/btrfs/" + filesystem + "/devices").value_or(Names{});
        use.btrfs_members.insert(use.btrfs_members.end(), members.begin(), members.end());
    }
    for (const auto& name : tree.list("proc/spl/kstat/zfs").value_or(Names{}))
        if (tree.read("proc/spl/kstat/zfs/" + name + "/state", 64)) use.zfs_pools.push_back(name);
}

} // namespace

topology::HostUse look_at_host_use(const KernelTree& tree, const topology::UseParts& parts)
{
    topology::HostUse use;
    if (parts.disks) look_at_disks(tree, parts, use);
    if (parts.inputs) use.inputs = look_at_inputs(tree);
    if (parts.network) add_network(tree, use.activities);
    if (parts.sound) add_sound(tree, use.activities);
    if (parts.open_devices) add_power_supplies(tree, use.activities);
    if (parts.open_devices && parts.processes) add_open_devices(tree, use.activities);
    return use;
}

} // namespace usbroute::observe
