// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/activity.hpp"
#include "topology/claims.hpp"
#include "topology/keyboards.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::topology {

/// A line of /proc/self/mountinfo (or /proc/mounts, which has no number).
struct Mount {
    std::string number; ///< "8:17"; "0:35" for file systems without a device of their own (btrfs, zfs)
    std::string source; ///< "/dev/sdb1"
    std::string point;
    std::string type;
    std::vector<std::string> layers = {}; ///< of an overlay: the directories below it
    /// Further block devices that it needs, "/dev/sdc1" or "8:33": the members in a list of sources, an external log or
    /// journal.
    std::vector<std::string> devices = {};
    std::string whose = {}; ///< empty: ours; else whose mount namespace it is in, "process 812 (conmon)"
};

/// A loop device, or a zram device that writes back; the kernel does not list it among the holders of what is below it.
struct LoopDevice {
    BlockDevice block;
    std::string backing; ///< the file or block device, "/dev/sdb1"; may end in " (deleted)"
    /// "8:16" where that path is the node of a block device, whatever it is called; empty: it is none, or cannot be told.
    std::string backing_number = {};
};

/// A block device that the kernel names as part of something, without saying so in its `holders`.
struct Member {
    std::string block; ///< "sdb1"
    std::string use;   ///< "part of a mounted bcachefs file system"
    std::string end;   ///< of the chain, "bcachefs"
};

/// A file or block device that the kernel serves to others without claiming it: an NVMe target, a SCSI target, a
/// USB gadget.
struct Export {
    std::string backing;
    std::string by;                  ///< "the NVMe target nqn.2026-01.example:disk"
    std::string backing_number = {}; ///< as of a loop device
};

/// Parts of what the host does, each looked at only where it can make a difference.
struct UseParts {
    bool disks = false;
    bool inputs = false;
    bool network = false;
    bool sound = false;
    bool open_devices = false; ///< what a process holds open, and power supplies
    bool processes = true;     ///< other processes may be looked at, for their mounts and open devices

    [[nodiscard]] static UseParts all() { return {true, true, true, true, true, true}; }
    [[nodiscard]] bool none() const { return !disks && !inputs && !network && !sound && !open_devices; }
};

/// What the host does with its devices now. Changes without a hot-plug event, so it is read anew for every request that
/// could take away what is in use.
struct HostUse {
    std::vector<Mount> mounts = {};
    /// Why it cannot be told what is mounted, in the system's words: then every disk counts as in use. Empty: it can.
    std::string mounts_unreadable = {};
    std::vector<std::string> swaps = {}; ///< "/dev/sdb2", "/swapfile"
    std::vector<LoopDevice> loops = {};
    std::vector<std::vector<std::string>> btrfs = {}; ///< of each mounted btrfs: its block devices' names
    std::vector<Member> members = {};                 ///< of other file systems, journals and caches
    std::vector<Export> exports = {};
    std::vector<std::string> zfs_pools = {}; ///< imported pools; their members cannot be told from sysfs
    Claims claims = {};                      ///< what the kernel itself says of the block devices behind USB
    std::optional<Inputs> inputs = {};       ///< absent: not looked at, or not to be seen
    std::vector<Activity> activities = {};   ///< what else is in use
};

/// How much the host loses with a use of a disk, the least first.
enum class UseWeight : std::uint8_t {
    some,
    swap,
    mounted,
    system, ///< the host runs from it: it has /, or a part of it
};

/// A disk that the host would lose data on.
struct DiskInUse {
    PortPath usb;                   ///< the device
    std::string disk;               ///< "sdb": the name by which it may be forced
    std::vector<std::string> chain; ///< "sdb", "sdb1", "dm-0 (luks-home)", "/home": from the disk to its use
    std::string use;                ///< "mounted on /mnt", "swap", "held by dm-0"
    UseWeight weight = UseWeight::some;

    [[nodiscard]] bool runs_the_system() const { return weight == UseWeight::system; }
};

/// Everything in use, through partitions and whatever is stacked on them. A block device that something holds
/// counts as used even where nothing is seen mounted, and so does what the kernel has claimed or could not be asked about.
/// One entry for each partition or disk that leads to a use, its weightiest one, and the weightiest of each disk first:
/// what the system runs from, then what is mounted, then the rest.
[[nodiscard]] std::vector<DiskInUse> disks_in_use(const Snapshot& snapshot, const HostUse& use);

/// Where file systems are mounted for which a server or a program answers: a stat of a file there may wait for ever.
[[nodiscard]] std::vector<std::string> remote_points(const std::vector<Mount>& mounts);
[[nodiscard]] bool is_below_any(std::string_view path, const std::vector<std::string>& points);

[[nodiscard]] std::vector<Mount> parse_mountinfo(std::string_view text);
[[nodiscard]] std::vector<Mount> parse_mounts(std::string_view text);
[[nodiscard]] std::vector<std::string> parse_swaps(std::string_view text);
/// A path without the " (deleted)" that the kernel puts behind it when the name is gone (fs/d_path.c).
[[nodiscard]] std::string_view without_deleted(std::string_view path);

} // namespace usbroute::topology
