#pragma once

#include "topology/snapshot.hpp"

#include <string>
#include <vector>

namespace usbroute::topology {

/// A line of /proc/self/mountinfo (or /proc/mounts, which has no number).
struct Mount {
    std::string number; ///< "8:17"; "0:35" for file systems without a device of their own (btrfs, zfs)
    std::string source; ///< "/dev/sdb1"
    std::string point;
    std::string type;
};

/// What the host does with its block devices now. Changes without a hot-plug event, so it is read anew for
/// every request that could move a disk.
struct HostUse {
    std::vector<Mount> mounts;
    std::vector<std::string> swaps;         ///< "/dev/sdb2"
    std::vector<std::string> btrfs_members; ///< block device names of mounted btrfs file systems
    std::vector<std::string> zfs_pools;     ///< imported pools; their members cannot be told from sysfs
};

/// A disk that the host would lose data on.
struct DiskInUse {
    PortPath usb;                   ///< the device
    std::string disk;               ///< "sdb": the name by which it may be forced
    std::vector<std::string> chain; ///< "sdb1", "dm-0": from the disk to what is used
    std::string use;                ///< "mounted on /mnt", "swap", "held by dm-0"
};

/// Everything in use, through partitions and whatever is stacked on them. A block device that something holds
/// counts as used even where nothing is seen mounted.
[[nodiscard]] std::vector<DiskInUse> disks_in_use(const Snapshot& snapshot, const HostUse& use);

[[nodiscard]] std::vector<Mount> parse_mountinfo(std::string_view text);
[[nodiscard]] std::vector<Mount> parse_mounts(std::string_view text);
[[nodiscard]] std::vector<std::string> parse_swaps(std::string_view text);

} // namespace usbroute::topology
