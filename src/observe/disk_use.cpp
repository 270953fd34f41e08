// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/disk_use.hpp"

#include "base/format.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "observe/activity.hpp"
#include "observe/blocks.hpp"
#include "observe/decode.hpp"

#include <array>
#include <cerrno>

namespace usbroute::observe {

using topology::HostUse;
using topology::Member;

namespace {

using Names = std::vector<std::string>;

/// The kernel allows 100,000 mounts (fs.mount-max), and a line has about 150 bytes. A user who mounts by FUSE can make
/// lines of 16 KiB, so that the limit can be reached: then the list is not known.
constexpr std::size_t mounts_limit = 1U << 24;
constexpr std::size_t swaps_limit = 1U << 20;

/// Remembers the first thing that stood in the way of a complete answer.
class Look {
public:
    Look(const KernelTree& tree, HostUse& use) : tree_(tree), use_(use) {}

    /// A directory that is not there has nothing in it, and one that is closed to us (configfs in some sandboxes) is left to
    /// the kernel's own word. With too many open files or no memory nothing is known.
    [[nodiscard]] Names list(const std::string& directory) const
    {
        auto names = tree_.list(directory);
        if (names) return std::move(*names);
        const int why = names.error().value;
        if (why != ENOENT && why != ENOTDIR && why != EACCES && why != EPERM)
            cannot_read(format("{}: {}", directory, errno_text(why)));
        return {};
    }

    /// A list of the kernel, to its end.
    [[nodiscard]] std::expected<std::string, Errno> whole(const std::string& file, std::size_t limit) const
    {
        auto text = tree_.read(file, limit);
        if (text && text->size() >= limit)
            cannot_read(format("{} is longer than {} MiB", file, limit / (1U << 20)));
        return text;
    }

    void cannot_read(std::string why) const
    {
        if (use_.mounts_unreadable.empty()) use_.mounts_unreadable = std::move(why);
    }

    void mounts() const
    {
        const auto text = whole("proc/self/mountinfo", mounts_limit);
        if (text) return void(use_.mounts = topology::parse_mountinfo(*text));
        if (const auto older = whole("proc/mounts", mounts_limit))
            use_.mounts = topology::parse_mounts(*older);
        // A recording may lack both; a kernel that was asked and said no is another matter.
        else if (older.error().value != ENOENT)
            cannot_read(errno_text(older.error().value));
        else if (text.error().value != ENOENT)
            cannot_read(errno_text(text.error().value));
    }

    void swaps() const
    {
        const auto text = whole("proc/swaps", swaps_limit);
        if (text)
            use_.swaps = topology::parse_swaps(*text);
        else if (text.error().value != ENOENT) // a kernel without swap does not have it
            cannot_read(format("proc/swaps: {}", errno_text(text.error().value)));
    }

    /// sys/fs/btrfs/UUID/devices/sdb1 (fs/btrfs/sysfs.c, btrfs_sysfs_add_device).
    void btrfs() const
    {
        for (const auto& filesystem : list("sys/fs/btrfs")) {
            auto members = list("sys/fs/btrfs/" + filesystem + "/devices");
            if (!members.empty()) use_.btrfs.push_back(std::move(members));
        }
    }

    /// sys/fs/bcachefs/UUID/dev-0/block is a link to the block device (fs/bcachefs/super.c, bch2_dev_sysfs_online).
    void bcachefs() const
    {
        for (const auto& filesystem : list("sys/fs/bcachefs")) {
            const auto directory = "sys/fs/bcachefs/" + filesystem;
            for (const auto& name : list(directory)) {
                if (!name.starts_with("dev-")) continue;
                if (const auto target = tree_.link(directory + "/" + name + "/block"))
                    add(last_part(*target), "part of a mounted bcachefs file system", "bcachefs");
            }
        }
    }

    /// sys/fs/bcache/UUID/cache0 and bdev0 are links to the bcache directory of a block device
    /// (Documentation/admin-guide/bcache.rst).
    void bcache() const
    {
        for (const auto& set : list("sys/fs/bcache")) {
            const auto directory = "sys/fs/bcache/" + set;
            for (const auto& name : list(directory)) {
                if (!name.starts_with("cache") && !name.starts_with("bdev")) continue;
                const auto target = tree_.link(directory + "/" + name);
                if (!target || !target->ends_with("/bcache")) continue;
                add(last_part(std::string_view(*target).substr(0, target->rfind('/'))),
                    "part of a bcache set", "bcache");
            }
        }
    }

    /// A directory for each mounted file system of a kind, named after its block device, in whatever namespace it is mounted,
    /// and also after `umount -l`.
    void superblocks() const
    {
        struct Kind {
            const char* directory;
            const char* name;
        };
        constexpr std::array<Kind, 6> kinds{{{"sys/fs/ext4", "ext4"},
                                             {"sys/fs/xfs", "XFS"},
                                             {"sys/fs/f2fs", "f2fs"},
                                             {"sys/fs/erofs", "EROFS"},
                                             {"sys/fs/nilfs2", "NILFS2"},
                                             {"proc/fs/ntfs3", "NTFS"}}};
        for (const auto& kind : kinds)
            for (const auto& name : list(kind.directory))
                add(name, format("a mounted {} file system that is not in the mount list", kind.name),
                    kind.name);
        // proc/fs/jbd2/sdb1 is a journal on a device of its own, sdb1-8 one in inode 8 of the file system there
        // (fs/jbd2/journal.c, jbd2_journal_init_dev and jbd2_journal_init_inode).
        for (const auto& name : list("proc/fs/jbd2")) {
            const auto dash = name.rfind('-');
            const bool is_inside = dash != std::string::npos && parse_decimal(name.substr(dash + 1));
            add(name, "the journal of a mounted file system", "journal");
            if (is_inside)
                add(std::string_view(name).substr(0, dash),
                    "a mounted file system that is not in the mount list", "journal");
        }
    }

    void zfs() const
    {
        for (const auto& name : list("proc/spl/kstat/zfs"))
            if (tree_.read("proc/spl/kstat/zfs/" + name + "/state", 64)) use_.zfs_pools.push_back(name);
    }

    /// What the kernel serves to others without claiming it (Documentation/nvme, Documentation/target,
    /// Documentation/usb/mass-storage.rst); where configfs is not mounted, nothing is set up.
    void exports() const
    {
        const std::string config = "sys/kernel/config/";
        for (const auto& subsystem : list(config + "nvmet/subsystems"))
            for (const auto& space : list(config + "nvmet/subsystems/" + subsystem + "/namespaces"))
                serve(config + "nvmet/subsystems/" + subsystem + "/namespaces/" + space + "/device_path",
                      "the NVMe target " + subsystem);
        for (const auto& core : list(config + "target/core"))
            for (const auto& name : list(config + "target/core/" + core))
                serve_scsi(core, config + "target/core/" + core + "/" + name + "/info",
                           "the SCSI target " + name);
        for (const auto& gadget : list(config + "usb_gadget"))
            for (const auto& function : list(config + "usb_gadget/" + gadget + "/functions"))
                if (function.starts_with("mass_storage."))
                    for (const auto& unit : list(config + "usb_gadget/" + gadget + "/functions/" + function))
                        if (unit.starts_with("lun."))
                            serve(config + "usb_gadget/" + gadget + "/functions/" + function + "/" + unit +
                                      "/file",
                                  "the USB gadget " + gadget);
    }

    /// A node may have any name: what lies below is known by its number.
    void backing_numbers() const
    {
        auto waiting = topology::remote_points(use_.mounts);
        // What lies there may be mounted only now, from somewhere.
        for (const auto& mount : use_.mounts)
            if (mount.type == "autofs") waiting.push_back(mount.point);
        const auto number_of = [&](const std::string& path) {
            if (!path.starts_with('/') || topology::is_below_any(path, waiting)) return std::string();
            return tree_.block_number(path.substr(1)).value_or(std::string());
        };
        for (auto& loop : use_.loops) loop.backing_number = number_of(loop.backing);
        for (auto& served : use_.exports)
            if (served.backing_number.empty()) served.backing_number = number_of(served.backing);
    }

private:
    void add(std::string_view block, std::string words, std::string end) const
    {
        // The kernel cannot have a slash in these names: cciss/c0d0 is cciss!c0d0.
        use_.members.push_back({.block = std::string(block), .use = std::move(words), .end = std::move(end)});
    }

    void serve(const std::string& attribute, const std::string& by) const
    {
        const auto path = tree_.read(attribute, attribute_limit);
        if (path && trim(*path).starts_with('/'))
            use_.exports.push_back({.backing = std::string(trim(*path)), .by = by, .backing_number = {}});
    }

    /// "TCM FILEIO ID: 0        File: /dev/sdb  Size: 1048576  Mode: ..." (drivers/target/target_core_file.c,
    /// fd_show_configfs_dev_params) and "iBlock device: sdb  UDEV PATH: /srv/x  readonly: 0\n  Major: 8 Minor: 16  CLAIMED: IBLOCK"
    /// (target_core_iblock.c, iblock_show_configfs_dev_params).
    void serve_scsi(std::string_view core, const std::string& attribute, const std::string& by) const
    {
        const bool is_file = core.starts_with("fileio_");
        if (!is_file && !core.starts_with("iblock_")) return;
        const auto text = tree_.read(attribute, attribute_limit).value_or(std::string());
        if (is_file) {
            if (auto path = between(text, " File: ", "  Size: "); !path.empty())
                use_.exports.push_back({.backing = std::move(path), .by = by, .backing_number = {}});
            return;
        }
        const auto major = parse_decimal(between(text, "Major: ", " "));
        const auto minor = parse_decimal(between(text, "Minor: ", " "));
        if (!major || !minor || *major == 0) return;
        use_.exports.push_back({.backing = between(text, "UDEV PATH: ", "  readonly: "),
                                .by = by,
                                .backing_number = format("{}:{}", *major, *minor)});
    }

    /// Empty where one of the two is not there.
    static std::string between(std::string_view text, std::string_view before, std::string_view after)
    {
        const auto start = text.find(before);
        if (start == std::string_view::npos) return {};
        text.remove_prefix(start + before.size());
        const auto end = text.find(after);
        return std::string(end == std::string_view::npos ? std::string_view() : trim(text.substr(0, end)));
    }

    const KernelTree& tree_;
    HostUse& use_;
};

} // namespace

void look_at_disks(const KernelTree& tree, const topology::UseParts& parts, HostUse& use)
{
    const Look look(tree, use);
    look.mounts();
    if (parts.processes) add_mounts_elsewhere(tree, use.mounts);
    look.swaps();
    // Loop devices are read below sys/block.
    if (!look.list("sys/block").empty()) use.loops = read_loops(tree);
    look.btrfs();
    look.bcachefs();
    look.bcache();
    look.superblocks();
    look.zfs();
    // A recording does without: the names of targets are somebody's names.
    if (parts.processes) look.exports();
    look.backing_numbers();
}

std::vector<topology::Export> read_exports(const KernelTree& tree)
{
    HostUse use;
    Look(tree, use).exports();
    return std::move(use.exports);
}

} // namespace usbroute::observe
