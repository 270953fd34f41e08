// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "fakes/fake_tree.hpp"
#include "observe/scan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace usbroute::observe {
namespace {

using fakes::dir;
using fakes::Entries;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

constexpr const char* root_alone = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";

/// A machine whose proc/self/mountinfo has this text.
FakeTree with_mounts(const std::string& text)
{
    return FakeTree({dir("proc", {dir("self", {file("mountinfo", text)})})});
}

/// How sdb, with its one partition, is used on this machine: "" for not at all.
std::string use_of_sdb(const KernelTree& tree)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    const auto found = topology::disks_in_use(snapshot, look_at_host_use(tree, {.disks = true}));
    return found.empty() ? std::string() : found.front().use;
}

TEST(DiskUse, IsSeenInEveryPlaceWhereTheKernelTellsOfIt)
{
    struct Row {
        const char* what;
        Entries entries; ///< beside a mount list with / alone
        const char* use;
    };
    const std::string block =
        "../../../../devices/pci0/usb3/3-1/3-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1";
    const auto below = [](std::initializer_list<const char*> names, Entries entries) {
        for (auto name = std::rbegin(names); name != std::rend(names); ++name)
            entries = {dir(*name, std::move(entries))};
        return entries;
    };
    const std::vector<Row> rows = {
        {"nothing", {}, ""},
        {"bcachefs",
         below({"sys", "fs", "bcachefs", "0b5e77c2"},
               {dir("dev-1", {link("block", block)}), file("options", "")}),
         "part of a mounted bcachefs file system"},
        {"btrfs", below({"sys", "fs", "btrfs", "0b5e77c2", "devices"}, {link("sdb1", block)}),
         "part of a mounted btrfs file system"},
        {"bcache, backing", below({"sys", "fs", "bcache", "0b5e77c2"}, {link("bdev0", block + "/bcache")}),
         "part of a bcache set"},
        {"bcache, cache", below({"sys", "fs", "bcache", "0b5e77c2"}, {link("cache0", block + "/bcache")}),
         "part of a bcache set"},
        {"ext4 in another namespace", below({"sys", "fs", "ext4"}, {dir("sdb1", {}), dir("features", {})}),
         "a mounted ext4 file system that is not in the mount list"},
        {"XFS in another namespace", below({"sys", "fs", "xfs"}, {dir("sdb1", {}), dir("stats", {})}),
         "a mounted XFS file system that is not in the mount list"},
        {"f2fs in another namespace", below({"sys", "fs", "f2fs"}, {dir("sdb1", {})}),
         "a mounted f2fs file system that is not in the mount list"},
        {"an external journal", below({"proc", "fs", "jbd2"}, {dir("sdb1", {}), dir("sda1-8", {})}),
         "the journal of a mounted file system"},
        {"a journal inside", below({"proc", "fs", "jbd2"}, {dir("sdb1-8", {})}),
         "a mounted file system that is not in the mount list"},
        {"NVMe target",
         below({"sys", "kernel", "config", "nvmet", "subsystems", "nqn.x", "namespaces", "1"},
               {file("device_path", "/dev/sdb1\n")}),
         "served by the NVMe target nqn.x"},
        {"SCSI target",
         below({"sys", "kernel", "config", "target", "core", "fileio_0", "disk"},
               {file("info",
                     "Status: ACTIVATED\n        TCM FILEIO ID: 0        File: /dev/sdb1  Size: 1048576\n")}),
         "served by the SCSI target disk"},
        {"USB gadget",
         below({"sys", "kernel", "config", "usb_gadget", "g1", "functions", "mass_storage.0", "lun.0"},
               {file("file", "/dev/sdb1\n")}),
         "served by the USB gadget g1"},
        {"NVMe target over a node of another name",
         below({"sys", "kernel", "config", "nvmet", "subsystems", "nqn.x", "namespaces", "1"},
               {file("device_path", "/srv/x/mydisk\n")}),
         "served by the NVMe target nqn.x"},
        {"SCSI target over a node with blanks in its name",
         below({"sys", "kernel", "config", "target", "core", "fileio_0", "disk"},
               {file("info",
                     "Status: ACTIVATED\n        TCM FILEIO ID: 0        File: /srv/x/my disk  Size: 1\n")}),
         "served by the SCSI target disk"},
        {"SCSI target over the block device",
         below({"sys", "kernel", "config", "target", "core", "iblock_0", "disk"},
               {file("info",
                     "Status: ACTIVATED\n        iBlock device: sdb1  UDEV PATH: /srv/gone  readonly: 0\n"
                     "        Major: 8 Minor: 17  CLAIMED: IBLOCK\n")}),
         "served by the SCSI target disk"},
        {"SCSI target that is not set up",
         below({"sys", "kernel", "config", "target", "core", "iblock_0", "disk"},
               {file("info", "Status: DEACTIVATED\n          readonly: 0\n        Major: 0 Minor: 0\n")}),
         ""},
        {"USB gadget over a node of another name",
         below({"sys", "kernel", "config", "usb_gadget", "g1", "functions", "mass_storage.0", "lun.0"},
               {file("file", "/srv/x/mydisk\n")}),
         "served by the USB gadget g1"},
        {"loop over a node of another name",
         below({"sys", "block", "loop0", "loop"}, {file("backing_file", "/srv/x/mydisk\n")}),
         "held by loop0"},
        {"loop over a file",
         below({"sys", "block", "loop0", "loop"}, {file("backing_file", "/srv/x/file\n")}), ""},
        {"zram's write-back", below({"sys", "block", "zram0"}, {file("backing_dev", "/dev/sdb1\n")}),
         "held by zram0"},
        {"zram without one", below({"sys", "block", "zram0"}, {file("backing_dev", "none\n")}), ""},
        {"swap", below({"proc"}, {file("swaps", "Filename\n/dev/sdb1 partition 1 0 -2\n")}), "swap"},
    };
    for (const auto& row : rows) {
        auto tree = with_mounts(root_alone);
        for (const auto& entry : row.entries) tree.add("", entry);
        tree.node("srv/x/mydisk", "8:17");
        tree.node("srv/x/my disk", "8:16");
        EXPECT_EQ(use_of_sdb(tree), row.use) << row.what;
    }
}

TEST(DiskUse, WithAListThatCannotBeReadToItsEndEveryDiskIsInUse)
{
    constexpr std::size_t limit = 16U << 20U;
    auto table = std::string(root_alone);
    while (table.size() <= limit) table += std::string(4000, 'x') + "\n";
    EXPECT_EQ(use_of_sdb(with_mounts(table)),
              "what is mounted cannot be read: proc/self/mountinfo is longer than 16 MiB");

    auto unreadable = with_mounts(root_alone);
    unreadable.fail("proc/self/mountinfo", EMFILE);
    EXPECT_EQ(use_of_sdb(unreadable), "what is mounted cannot be read: Too many open files");

    auto swaps = with_mounts(root_alone);
    swaps.fail("proc/swaps", EIO);
    EXPECT_EQ(use_of_sdb(swaps), "what is mounted cannot be read: proc/swaps: Input/output error");

    auto members = with_mounts(root_alone);
    members.fail("sys/fs/btrfs", EMFILE);
    EXPECT_EQ(use_of_sdb(members), "what is mounted cannot be read: sys/fs/btrfs: Too many open files");

    auto closed = with_mounts(root_alone);
    closed.fail("sys/kernel/config", EACCES);
    EXPECT_EQ(use_of_sdb(closed), "");
}

TEST(DiskUse, NoServerIsAskedForTheNodeBelowALoop)
{
    for (const char* type : {"nfs4", "fuse.sshfs", "autofs"}) {
        auto tree = with_mounts(std::string(root_alone) + "9 1 0:52 / /srv rw - " + type + " there rw\n");
        tree.add("sys/block/loop0/loop", file("backing_file", "/srv/x/mydisk\n"));
        tree.node("srv/x/mydisk", "8:17");

        EXPECT_EQ(use_of_sdb(tree), "") << type;
    }
}

TEST(DiskUse, TheOlderListDoesWhereTheNewerCannotBeRead)
{
    FakeTree tree(
        {dir("proc", {file("mounts", "/dev/sdb1 /mnt xfs rw,logdev=/dev/sdc1 0 0\n"), dir("self", {})})});
    tree.fail("proc/self/mountinfo", EACCES);

    EXPECT_EQ(use_of_sdb(tree), "mounted on /mnt");
}

TEST(Blocks, TellAMemberOfAPoolByTheNameOfItsPartitionAndOtherNamesByUdev)
{
    const std::string usb = "pci0/usb3/3-1/3-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb";
    FakeTree tree(
        {dir("sys", {dir("class", {dir("block", {link("sdb", "../../devices/" + usb),
                                                 link("sdb1", "../../devices/" + usb + "/sdb1"),
                                                 link("sdb2", "../../devices/" + usb + "/sdb2")})})}),
         dir("run", {dir("udev", {dir("data", {file("b8:18", "S:disk/by-uuid/4F2A\nE:ID_FS_TYPE=vfat\n"),
                                               file("b8:16", "I:12\nE:ID_PART_TABLE_TYPE=gpt\n")})})})});
    tree.add("sys/devices/" + usb, file("dev", "8:16\n"));
    tree.add("sys/devices/" + usb + "/sdb1", file("dev", "8:17\n"));
    tree.add("sys/devices/" + usb + "/sdb1", file("uevent", "DEVNAME=sdb1\nPARTNAME=zfs-0123456789abcdef\n"));
    tree.add("sys/devices/" + usb + "/sdb2", file("dev", "8:18\n"));

    const auto blocks = scan(tree).blocks;

    ASSERT_EQ(blocks.size(), 3u);
    EXPECT_FALSE(blocks[0].is_unprobed);
    EXPECT_EQ(blocks[1].filesystem_hint, "zfs_member");
    EXPECT_TRUE(blocks[1].is_unprobed);
    EXPECT_EQ(blocks[2].links, std::vector<std::string>{"disk/by-uuid/4F2A"});
    EXPECT_EQ(blocks[2].filesystem_hint, "vfat");
}

TEST(Mounts, OfOtherNamespacesNameADiskAlsoWhereTheyHaveNoDeviceOfTheirOwn)
{
    const std::string there = std::string(root_alone) + "9 1 0:52 / /a rw - fuse.fuse2fs /dev/sdb1 rw\n"
                                                        "10 1 0:53 / /b rw - tmpfs tmpfs rw\n";
    FakeTree tree(
        {dir("proc", {dir("self", {file("mountinfo", root_alone), dir("ns", {link("mnt", "mnt:[1]")})}),
                      dir("50", {dir("ns", {link("mnt", "mnt:[2]")}), file("mountinfo", there),
                                 file("comm", "conmon\n")})})});

    EXPECT_EQ(use_of_sdb(tree), "mounted on /a in the mount namespace of process 50 (conmon)");
    EXPECT_EQ(look_at_host_use(tree, {.disks = true}).mounts.size(), 2u);
}

} // namespace
} // namespace usbroute::observe
