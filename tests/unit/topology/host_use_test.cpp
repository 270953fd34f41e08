// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "topology/host_use.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace usbroute::topology {
namespace {

HostUse mounted(std::string number, std::string source, std::string point)
{
    HostUse use;
    use.mounts.push_back({.number = std::move(number),
                          .source = std::move(source),
                          .point = std::move(point),
                          .type = "ext4"});
    return use;
}

TEST(DisksInUse, NothingIsInUseWhenNothingIsMounted)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");

    EXPECT_TRUE(disks_in_use(snapshot, {}).empty());
}

TEST(DisksInUse, SeesAMountedPartitionByNumberOrByName)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");

    for (const auto& use : {mounted("8:17", "/dev/root", "/mnt"), mounted("", "/dev/sdb1", "/mnt")}) {
        const auto found = disks_in_use(snapshot, use);
        ASSERT_EQ(found.size(), 1u);
        EXPECT_EQ(found[0].disk, "sdb");
        EXPECT_EQ(found[0].chain, (std::vector<std::string>{"sdb", "sdb1", "/mnt"}));
        EXPECT_EQ(found[0].use, "mounted on /mnt");
    }
}

TEST(DisksInUse, FollowsWhatIsStackedOnADisk)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    snapshot.blocks[1].holders = {"dm-0"};
    snapshot.blocks.push_back({.name = "dm-0", .number = "254:0", .whole_disk = "dm-0", .holders = {"dm-1"}});
    snapshot.blocks.push_back(
        {.name = "dm-1", .number = "254:1", .whole_disk = "dm-1", .mapper_name = "vg-images"});

    const auto found = disks_in_use(snapshot, mounted("", "/dev/mapper/vg-images", "/srv"));

    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].chain, (std::vector<std::string>{"sdb", "sdb1", "dm-0", "dm-1 (vg-images)", "/srv"}));
}

TEST(DisksInUse, CountsADiskThatSomethingHoldsEvenWhenNothingIsMounted)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    snapshot.blocks[1].holders = {"md0"};

    EXPECT_EQ(disks_in_use(snapshot, {}).at(0).use, "held by md0");
}

TEST(DisksInUse, EveryDiskIsWhereItCannotBeToldWhatIsMounted)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");

    const auto found = disks_in_use(snapshot, {.mounts_unreadable = "Too many open files"});

    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].disk, "sdb");
    EXPECT_EQ(found[0].use, "what is mounted cannot be read: Too many open files");
}

TEST(DisksInUse, SurvivesARecordingWhoseHoldersFormACircle)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    snapshot.blocks[1].holders = {"dm-0"};
    snapshot.blocks.push_back(
        {.name = "dm-0", .number = "254:0", .whole_disk = "dm-0", .holders = {"sdb1", "dm-0"}});

    EXPECT_EQ(disks_in_use(snapshot, {}).at(0).use, "held by dm-0");
}

TEST(DisksInUse, SeesSwapBtrfsAndZfs)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    HostUse swap;
    swap.swaps = {"/dev/sdb1"};
    HostUse btrfs;
    btrfs.btrfs_members = {"sdb1"};
    HostUse zfs;
    zfs.zfs_pools = {"tank"};

    EXPECT_EQ(disks_in_use(snapshot, swap).at(0).use, "swap");
    EXPECT_EQ(disks_in_use(snapshot, btrfs).at(0).use, "part of a mounted btrfs file system");
    EXPECT_TRUE(disks_in_use(snapshot, zfs).empty());
    snapshot.blocks[1].filesystem_hint = "zfs_member";
    EXPECT_EQ(disks_in_use(snapshot, zfs).at(0).use, "member of a ZFS pool (imported: tank)");
}

TEST(DisksInUse, SeesWhatLiesOnAMountedDisk)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    const auto with = [&](auto change) {
        auto use = mounted("8:17", "/dev/sdb1", "/mnt");
        change(use);
        return disks_in_use(snapshot, use).at(0).use;
    };

    EXPECT_EQ(with([](HostUse& use) { use.swaps = {"/swapfile", "/mnt/swap"}; }),
              "mounted on /mnt, with swap file /mnt/swap");
    EXPECT_EQ(with([](HostUse& use) {
                  use.loops = {
                      {.block = {.name = "loop3", .number = "7:3"}, .backing = "/mnt/disk.img (deleted)"}};
              }),
              "mounted on /mnt, with loop3 over /mnt/disk.img (deleted)");
    EXPECT_EQ(with([](HostUse& use) {
                  use.mounts.push_back({.number = "0:50",
                                        .source = "overlay",
                                        .point = "/merged",
                                        .type = "overlay",
                                        .layers = {"/mntother/a", "/mnt/lower"}});
              }),
              "mounted on /mnt, below the overlay /merged");
    // A file system mounted further down has the file, not this one.
    EXPECT_EQ(with([](HostUse& use) {
                  use.swaps = {"/mnt/deeper/swap"};
                  use.mounts.push_back(
                      {.number = "8:1", .source = "/dev/sda1", .point = "/mnt/deeper", .type = "ext4"});
              }),
              "mounted on /mnt");
}

TEST(DisksInUse, SeesALoopOverThePartitionItself)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    HostUse use;
    use.loops = {{.block = {.name = "loop0", .number = "7:0"}, .backing = "/dev/sdb1"}};

    EXPECT_EQ(disks_in_use(snapshot, use).at(0).use, "held by loop0");
    use.mounts.push_back({.number = "7:0", .source = "/dev/loop0", .point = "/mnt", .type = "ext4"});
    EXPECT_EQ(disks_in_use(snapshot, use).at(0).chain,
              (std::vector<std::string>{"sdb", "sdb1", "loop0", "/mnt"}));
}

TEST(DisksInUse, SeesAMountOfAnotherNamespace)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    auto use = mounted("8:17", "/dev/sdb1", "/data");
    use.mounts[0].whose = "process 812 (conmon)";

    EXPECT_EQ(disks_in_use(snapshot, use).at(0).use,
              "mounted on /data in the mount namespace of process 812 (conmon)");
}

TEST(DisksInUse, TakesNoLongerForStacksAndTablesThatNobodyHas)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    // Each level is held by all of the next: more paths than there is time.
    std::vector<std::string> above;
    for (int level = 15; level >= 0; --level) {
        std::vector<std::string> names;
        for (int i = 0; i < 40; ++i) {
            names.push_back("dm-" + std::to_string(level * 40 + i));
            snapshot.blocks.push_back(
                {.name = names.back(), .number = "250:1", .whole_disk = names.back(), .holders = above});
        }
        above = names;
    }
    snapshot.blocks[1].holders = above;
    auto use = mounted("8:1", "/dev/sda1", "/");
    for (int i = 0; i < 10'000; ++i)
        use.mounts.push_back({.number = "0:9",
                              .source = "overlay",
                              .point = "/a/" + std::to_string(i),
                              .type = "overlay",
                              .layers = std::vector<std::string>(20, "/a/b")});

    EXPECT_TRUE(disks_in_use(snapshot, use).at(0).use.starts_with("held by dm-0, dm-1"));
    use.mounts.push_back({.number = "8:17", .source = "/dev/sdb1", .point = "/a/b", .type = "ext4"});
    EXPECT_TRUE(disks_in_use(snapshot, use).at(0).use.starts_with("mounted on /a/b"));
}

/// A random stack of block devices over a disk, with at most one mount somewhere in it: the disk is in use just when
/// the mount can be reached.
TEST(Properties, ADiskIsInUseWhateverIsBetweenItAndTheMount)
{
    std::mt19937 random(7); // NOLINT(cert-msc51-cpp,cert-msc32-c): the same stacks each time
    const auto pick = [&](std::size_t below) { return random() % below; };
    for (int round = 0; round < 2000; ++round) {
        auto snapshot = fakes::z97();
        fakes::plug_disk(snapshot, "3-1", "sdb");
        fakes::plug_disk(snapshot, "3-2", "sdc");
        const auto stacked = 1 + pick(6);
        for (std::size_t i = 0; i < stacked; ++i)
            snapshot.blocks.push_back({.name = "dm-" + std::to_string(i),
                                       .number = "253:" + std::to_string(i),
                                       .whole_disk = "dm-" + std::to_string(i)});
        auto& blocks = snapshot.blocks;
        std::vector<std::set<std::size_t>> roots(blocks.size()); // of which USB disks each is made
        for (const std::size_t i : {0u, 1u}) roots[i] = {0};
        for (const std::size_t i : {2u, 3u}) roots[i] = {1};
        for (std::size_t i = 4; i < blocks.size(); ++i)
            for (std::size_t below = 0; below < i; ++below)
                if (pick(3) == 0) {
                    blocks[below].holders.push_back(blocks[i].name);
                    // A partition is a part of its disk; what holds the disk does not hold its partition.
                    roots[i].insert(roots[below].begin(), roots[below].end());
                }
        const auto mounted_at = pick(blocks.size());

        const auto found = disks_in_use(snapshot, mounted(blocks[mounted_at].number, "/dev/x", "/mnt"));

        for (const std::size_t disk : {0u, 1u}) {
            const auto* name = disk == 0 ? "sdb" : "sdc";
            const bool by_mount = std::ranges::any_of(found, [&](const DiskInUse& one) {
                return one.disk == name && one.use.starts_with("mounted on /mnt");
            });
            EXPECT_EQ(by_mount, roots[mounted_at].contains(disk)) << "round " << round << " " << name;
        }
    }
}

TEST(ProcFiles, AreReadWithTheirEscapesAndWithoutTrustingThem)
{
    const auto mounts =
        parse_mountinfo("36 35 8:17 / /media/My\\040Backup rw - vfat /dev/sdb1 rw\nnonsense\n1 2 3 4\n\n");
    ASSERT_EQ(mounts.size(), 1u);
    EXPECT_EQ(mounts[0].point, "/media/My Backup");
    EXPECT_EQ(mounts[0].source, "/dev/sdb1");
    EXPECT_EQ(parse_mountinfo("40 35 0:44 / /merged rw - overlay overlay "
                              "rw,lowerdir=/a\\040b:/c,upperdir=/d,workdir=/w,lowerdir+=/e\n")
                  .at(0)
                  .layers,
              (std::vector<std::string>{"/a b", "/c", "/d", "/e"}));
    EXPECT_TRUE(parse_mountinfo("36 35 8:17 / /mnt rw - ext4 /dev/sdb1 lowerdir=/a\n").at(0).layers.empty());
    EXPECT_EQ(parse_mounts("/dev/sdb1 /mnt vfat rw 0 0\n").at(0).point, "/mnt");
    EXPECT_EQ(parse_swaps("Filename Type Size\n/dev/sdb2 partition 1 0 -2\n"),
              std::vector<std::string>{"/dev/sdb2"});
}

} // namespace
} // namespace usbroute::topology
