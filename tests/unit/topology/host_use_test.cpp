#include "fakes/boards.hpp"
#include "topology/host_use.hpp"

#include <gtest/gtest.h>

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
        EXPECT_EQ(found[0].chain, std::vector<std::string>{"sdb1"});
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
    EXPECT_EQ(found[0].chain, (std::vector<std::string>{"sdb1", "dm-0", "dm-1"}));
}

TEST(DisksInUse, CountsADiskThatSomethingHoldsEvenWhenNothingIsMounted)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    snapshot.blocks[1].holders = {"md0"};

    EXPECT_EQ(disks_in_use(snapshot, {}).at(0).use, "held by md0");
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

TEST(ProcFiles, AreReadWithTheirEscapesAndWithoutTrustingThem)
{
    const auto mounts =
        parse_mountinfo("36 35 8:17 / /media/My\\040Backup rw - vfat /dev/sdb1 rw\nnonsense\n1 2 3 4\n\n");
    ASSERT_EQ(mounts.size(), 1u);
    EXPECT_EQ(mounts[0].point, "/media/My Backup");
    EXPECT_EQ(mounts[0].source, "/dev/sdb1");
    EXPECT_EQ(parse_mounts("/dev/sdb1 /mnt vfat rw 0 0\n").at(0).point, "/mnt");
    EXPECT_EQ(parse_swaps("Filename Type Size\n/dev/sdb2 partition 1 0 -2\n"),
              std::vector<std::string>{"/dev/sdb2"});
}

} // namespace
} // namespace usbroute::topology
