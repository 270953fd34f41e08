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

/// An answer of the kernel for sdb and sdb1, or for one of them.
HostUse told(std::vector<Claim> claims, bool is_cut = false)
{
    HostUse use;
    use.claims = {.answer = ClaimsAnswer::given, .why = {}, .is_cut = is_cut, .claims = std::move(claims)};
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
    snapshot.blocks.edit()[1].holders = {"dm-0"};
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
    snapshot.blocks.edit()[1].holders = {"md0"};

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
    snapshot.blocks.edit()[1].holders = {"dm-0"};
    snapshot.blocks.push_back(
        {.name = "dm-0", .number = "254:0", .whole_disk = "dm-0", .holders = {"sdb1", "dm-0"}});

    EXPECT_EQ(disks_in_use(snapshot, {}).at(0).use, "held by dm-0");
}

TEST(DisksInUse, NamesTheWeightiestUseFirst)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    auto third = snapshot.blocks[1];
    third.name = "sdb3";
    third.number = "8:19";
    third.holders = {"dm-0"};
    snapshot.blocks.push_back(third);
    snapshot.blocks.push_back(
        {.name = "dm-0", .number = "254:0", .whole_disk = "dm-0", .mapper_name = "luks"});
    auto use = mounted("8:17", "/dev/sdb1", "/boot/efi");
    use.mounts.push_back({.number = "254:0", .source = "/dev/mapper/luks", .point = "/srv", .type = "ext4"});
    use.mounts.push_back({.number = "254:0", .source = "/dev/mapper/luks", .point = "/", .type = "ext4"});

    const auto found = disks_in_use(snapshot, use);

    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].chain, (std::vector<std::string>{"sdb", "sdb3", "dm-0 (luks)", "/"}));
    EXPECT_TRUE(found[0].runs_the_system());
    EXPECT_EQ(found[1].chain, (std::vector<std::string>{"sdb", "sdb1", "/boot/efi"}));
    EXPECT_FALSE(found[1].runs_the_system());
}

TEST(DisksInUse, SaysWhereABtrfsOverSeveralDisksIsMounted)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    HostUse use;
    use.btrfs = {{"nvme0n1p2", "sdb1"}};
    use.mounts.push_back({.number = "0:35", .source = "/dev/nvme0n1p2", .point = "/", .type = "btrfs"});

    const auto found = disks_in_use(snapshot, use);

    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].use, "part of the btrfs file system mounted on /");
    EXPECT_TRUE(found[0].runs_the_system());
}

TEST(DisksInUse, SeesSwapBtrfsAndZfs)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    HostUse swap;
    swap.swaps = {"/dev/sdb1"};
    HostUse btrfs;
    btrfs.btrfs = {{"sdb1"}};
    HostUse zfs;
    zfs.zfs_pools = {"tank"};

    EXPECT_EQ(disks_in_use(snapshot, swap).at(0).use, "swap");
    EXPECT_EQ(disks_in_use(snapshot, btrfs).at(0).use, "part of a mounted btrfs file system");
    EXPECT_TRUE(disks_in_use(snapshot, zfs).empty());
    snapshot.blocks.edit()[1].filesystem_hint = "zfs_member";
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
    use.loops[0].backing = "/dev/sdb1 (deleted)";
    EXPECT_EQ(disks_in_use(snapshot, use).at(0).use, "held by loop0");
    use.mounts.push_back({.number = "7:0", .source = "/dev/loop0", .point = "/mnt", .type = "ext4"});
    EXPECT_EQ(disks_in_use(snapshot, use).at(0).chain,
              (std::vector<std::string>{"sdb", "sdb1", "loop0", "/mnt"}));
}

TEST(DisksInUse, SeesALoopOverANodeOfAnotherNameByItsNumber)
{
    struct Row {
        const char* what;
        const char* backing;
        const char* backing_number;
        std::vector<Under> under;
        std::vector<std::string> chain;
    };
    const std::vector<Row> rows = {
        {"node of the disk", "/srv/x/mydisk", "8:16", {}, {"sdb", "loop0", "/mnt"}},
        {"node of the partition", "/srv/x/mydisk", "8:17", {}, {"sdb", "sdb1", "loop0", "/mnt"}},
        {"a container's node, by the kernel's word",
         "/dev/xvda",
         "",
         {{"8:16", "loop0"}},
         {"sdb", "loop0", "/mnt"}},
        {"a node that is gone",
         "/dev/xvda (deleted)",
         "",
         {{"8:17", "loop0"}},
         {"sdb", "sdb1", "loop0", "/mnt"}},
    };
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    for (const auto& row : rows) {
        auto use = told({{"sdb", ClaimState::free, ""}, {"sdb1", ClaimState::free, ""}});
        use.claims.under = row.under;
        use.loops = {{.block = {.name = "loop0", .number = "7:0"},
                      .backing = row.backing,
                      .backing_number = row.backing_number}};

        ASSERT_EQ(disks_in_use(snapshot, use).size(), 1u) << row.what;
        EXPECT_EQ(disks_in_use(snapshot, use)[0].use, "held by loop0") << row.what;
        use.mounts.push_back({.number = "7:0", .source = "/dev/loop0", .point = "/mnt", .type = "ext4"});
        EXPECT_EQ(disks_in_use(snapshot, use).at(0).chain, row.chain) << row.what;
    }
}

TEST(DisksInUse, SeesALoopOverALoopOverANodeOfAnotherName)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    HostUse use;
    use.loops = {{.block = {.name = "loop0", .number = "7:0"}, .backing = "/srv/a", .backing_number = "8:17"},
                 {.block = {.name = "loop1", .number = "7:1"}, .backing = "/srv/b", .backing_number = "7:0"}};
    use.mounts.push_back({.number = "7:1", .source = "/dev/loop1", .point = "/", .type = "ext4"});

    const auto found = disks_in_use(snapshot, use);

    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].chain, (std::vector<std::string>{"sdb", "sdb1", "loop0", "loop1", "/"}));
    EXPECT_TRUE(found[0].runs_the_system());
}

TEST(DisksInUse, WhatTheKernelNamesUnderSomethingUnknownCountsToo)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    auto use = told({{"sdb", ClaimState::free, ""}, {"sdb1", ClaimState::free, ""}});
    use.claims.under = {{"8:32", "loop1"}};
    EXPECT_TRUE(disks_in_use(snapshot, use).empty());

    use.claims.under.push_back({"8:17", "loop0"});

    ASSERT_EQ(disks_in_use(snapshot, use).size(), 1u);
    EXPECT_EQ(disks_in_use(snapshot, use)[0].chain, (std::vector<std::string>{"sdb", "sdb1", "under loop0"}));
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

TEST(DisksInUse, SeesEveryDiskThatAMountNamesWhereverItNamesIt)
{
    struct Row {
        const char* layer;
        const char* mountinfo;
    };
    const Row rows[] = {
        {"bcachefs, first of a list", "9 1 0:45 / /p rw - bcachefs /dev/sdb1:/dev/sdc1 rw\n"},
        {"bcachefs, last of a list", "9 1 0:45 / /p rw - bcachefs /dev/sdc1:/dev/sdb1 rw\n"},
        {"bcachefs, amidst a list", "9 1 0:45 / /p rw - bcachefs /dev/sdc1:/dev/sdb1:/dev/sdd1 rw\n"},
        {"XFS log", "9 1 8:1 / /p rw - xfs /dev/sda1 rw,attr2,logdev=/dev/sdb1,noquota\n"},
        {"XFS real-time device", "9 1 8:1 / /p rw - xfs /dev/sda1 rw,rtdev=/dev/sdb1\n"},
        {"XFS log by another name",
         "9 1 8:1 / /p rw - xfs /dev/sda1 rw,logdev=/dev/disk/by-id/usb-x-part1\n"},
        {"ext4 journal by path", "9 1 8:1 / /p rw - ext4 /dev/sda1 rw,journal_path=/dev/sdb1\n"},
        {"ext4 journal by number", "9 1 8:1 / /p rw - ext4 /dev/sda1 rw,journal_dev=0x811\n"},
        {"ReiserFS journal", "9 1 8:1 / /p rw - reiserfs /dev/sda1 rw,jdev=/dev/sdb1\n"},
        {"EROFS, a further device", "9 1 7:0 / /p ro - erofs /dev/loop0 ro,device=/dev/sdb1\n"},
        {"EROFS, the second of several",
         "9 1 8:1 / /p ro - erofs /dev/sda1 ro,user_xattr,device=/dev/sdc1,device=/dev/sdb1\n"},
        {"EROFS by another name",
         "9 1 8:1 / /p ro - erofs /dev/sda1 ro,device=/dev/disk/by-id/usb-x-part1\n"},
        {"NTFS by FUSE, the kernel's number", "9 1 8:17 / /p rw - fuseblk /dev/sdb1 rw,user_id=0\n"},
        {"FUSE without a number", "9 1 0:52 / /p rw - fuse.fuse2fs /dev/sdb1 rw,user_id=1000\n"},
        {"FUSE by another name", "9 1 0:52 / /p rw - fuse /dev/disk/by-id/usb-x-part1 rw\n"},
        {"a bind mount of a part", "9 1 8:17 /a /p rw - ext4 /dev/sdb1 rw\n"},
        {"a point with a blank", "9 1 8:17 / /my\\040disk rw - ext4 /dev/root rw\n"},
        {"optional fields", "9 1 8:17 / /p rw shared:1 master:2 - ext4 /dev/root rw\n"},
    };
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    snapshot.blocks.edit()[1].links = {"disk/by-id/usb-x-part1"};
    for (const auto& row : rows) {
        HostUse use;
        use.mounts = parse_mountinfo(row.mountinfo);
        const auto found = disks_in_use(snapshot, use);
        ASSERT_EQ(found.size(), 1u) << row.layer;
        EXPECT_TRUE(found[0].use.starts_with("mounted on /")) << row.layer << ": " << found[0].use;
    }
}

TEST(DisksInUse, SeesSwapWhoseNodeIsGone)
{
    struct Row {
        const char* swaps;
        std::vector<std::string> paths;
    };
    const std::vector<Row> rows = {
        {"/dev/sdb1 partition 1 0 -2\n", {"/dev/sdb1"}},
        {"/dev/sdb1\\040(deleted) partition 1 0 -2\n", {"/dev/sdb1"}},
        {"/dev/sdb1 (deleted) partition 1 0 -2\n", {"/dev/sdb1"}},
        {"/dev/disk/by-id/usb-x-part1\\040(deleted) partition 1 0 -2\n", {"/dev/disk/by-id/usb-x-part1"}},
    };
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    snapshot.blocks.edit()[1].links = {"disk/by-id/usb-x-part1"};
    for (const auto& row : rows) {
        HostUse use;
        use.swaps = parse_swaps(std::string("Filename Type Size Used Priority\n") + row.swaps);
        EXPECT_EQ(use.swaps, row.paths) << row.swaps;
        const auto found = disks_in_use(snapshot, use);
        ASSERT_EQ(found.size(), 1u) << row.swaps;
        EXPECT_EQ(found[0].use, "swap") << row.swaps;
    }
    EXPECT_EQ(parse_swaps("/srv/swap\\040(deleted) file 1 0 -2\n"),
              std::vector<std::string>{"/srv/swap (deleted)"});
}

TEST(DisksInUse, IsNotMisledByWhatOnlyLooksLikeADisk)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    for (const char* line :
         {"9 1 0:45 / /p rw - bcachefs /dev/sdc1:/dev/sdd1 rw\n",
          "9 1 0:45 / /p rw - nfs server:/dev/sdb1 rw\n", "9 1 0:45 / /dev/sdb1 rw - tmpfs tmpfs rw\n",
          "9 1 8:1 / /p ro - erofs /dev/sda1 ro,device=/dev/sdc1,device=/srv/sdb1,device=\n",
          "9 1 8:1 / /p rw - ext4 /dev/sda1 rw,journal_dev=0x821,journal_dev=zz,logdev\n"}) {
        HostUse use;
        use.mounts = parse_mountinfo(line);
        EXPECT_TRUE(disks_in_use(snapshot, use).empty()) << line;
    }
}

TEST(DisksInUse, SeesMembersExportsAndWhatZramWritesBackTo)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    HostUse member;
    member.members = {{.block = "sdb1", .use = "the journal of a mounted file system", .end = "journal"}};
    HostUse served;
    served.exports = {{.backing = "/dev/sdb", .by = "the NVMe target nqn.x"}};
    HostUse served_by_number;
    served_by_number.exports = {
        {.backing = "/srv/mydisk", .by = "the NVMe target nqn.x", .backing_number = "8:16"}};
    EXPECT_EQ(disks_in_use(snapshot, served_by_number).at(0).chain,
              (std::vector<std::string>{"sdb", "the NVMe target nqn.x"}));
    HostUse zram;
    zram.loops = {{.block = {.name = "zram0", .number = "251:0"}, .backing = "/dev/sdb1"}};
    zram.swaps = {"/dev/zram0"};

    EXPECT_EQ(disks_in_use(snapshot, member).at(0).chain,
              (std::vector<std::string>{"sdb", "sdb1", "journal"}));
    EXPECT_EQ(disks_in_use(snapshot, served).at(0).use, "served by the NVMe target nqn.x");
    EXPECT_EQ(disks_in_use(snapshot, zram).at(0).chain,
              (std::vector<std::string>{"sdb", "sdb1", "zram0", "swap"}));
}

TEST(DisksInUse, ADiskThatUdevHasNotLookedAtMayBelongToAnImportedPoolUnlessTheKernelSaysOtherwise)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    HostUse use;
    use.zfs_pools = {"tank"};
    for (auto& block : snapshot.blocks.edit()) block.is_unprobed = true;

    ASSERT_FALSE(disks_in_use(snapshot, use).empty());
    EXPECT_EQ(disks_in_use(snapshot, use)[0].use,
              "perhaps a member of a ZFS pool (imported: tank): udev's database does not say");
    use.claims =
        told({{.block = "sdb", .state = ClaimState::free}, {.block = "sdb1", .state = ClaimState::free}})
            .claims;
    EXPECT_TRUE(disks_in_use(snapshot, use).empty());
}

TEST(DisksInUse, TheKernelsWordCountsWhereNothingElseExplainsIt)
{
    struct Row {
        HostUse use;
        std::vector<std::string> chain; ///< without its end; empty: the disk is free
        const char* words;
    };
    const std::string claimed_words =
        "claimed by the kernel (a file system, RAID, LVM, swap or pool that is not in the mount "
        "list, or a program that opened it exclusively)";
    const std::vector<Row> rows = {
        {told({{"sdb", ClaimState::free, ""}, {"sdb1", ClaimState::free, ""}}), {}, ""},
        {told({{"sdb", ClaimState::claimed, ""}, {"sdb1", ClaimState::free, ""}}),
         {"sdb"},
         claimed_words.c_str()},
        {told({{"sdb", ClaimState::claimed, ""}, {"sdb1", ClaimState::claimed, ""}}),
         {"sdb", "sdb1"},
         claimed_words.c_str()},
        {told({{"sdb", ClaimState::open, "process 812 (qemu)"}, {"sdb1", ClaimState::free, ""}}),
         {"sdb"},
         "open in process 812 (qemu)"},
        {told({{"sdb", ClaimState::free, ""}, {"sdb1", ClaimState::open, "process 9 (dd)"}}),
         {"sdb", "sdb1"},
         "open in process 9 (dd)"},
        {told({{"sdb", ClaimState::unknown, "Input/output error"}, {"sdb1", ClaimState::free, ""}}),
         {"sdb"},
         "the kernel cannot be asked about it: Input/output error"},
        {told({{"sdb", ClaimState::free, ""}, {"sdb1", ClaimState::free, ""}}, true),
         {"sdb", "sdb1"},
         "there are too many open files to tell whether a program has it open"},
        {told({{"sdc", ClaimState::free, ""}}),
         {"sdb", "sdb1"},
         "whether the kernel has claimed it is not known yet: it has just appeared"},
    };
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    for (const auto& row : rows) {
        const auto found = disks_in_use(snapshot, row.use);
        ASSERT_EQ(found.size(), row.chain.empty() ? 0u : 1u) << row.words;
        if (row.chain.empty()) continue;
        auto chain = row.chain;
        chain.emplace_back(row.words);
        EXPECT_EQ(found[0].chain, chain);
        EXPECT_EQ(found[0].use, row.words);
        EXPECT_EQ(found[0].disk, "sdb");
    }
}

TEST(DisksInUse, SilenceOfTheKernelCountsAndItsAbsenceDoesNot)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    HostUse use;
    use.claims = {.answer = ClaimsAnswer::silent, .why = "no answer within 3 s"};

    ASSERT_EQ(disks_in_use(snapshot, use).size(), 1u);
    EXPECT_EQ(disks_in_use(snapshot, use)[0].use,
              "whether the kernel has claimed it is not known: no answer within 3 s");
    use.claims.answer = ClaimsAnswer::absent;
    EXPECT_TRUE(disks_in_use(snapshot, use).empty());
}

TEST(DisksInUse, AClaimThatIsExplainedIsNotSaidTwice)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    auto use = mounted("8:17", "/dev/sdb1", "/mnt");
    use.claims = told({{"sdb", ClaimState::claimed, ""}, {"sdb1", ClaimState::claimed, ""}}).claims;

    const auto found = disks_in_use(snapshot, use);

    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].chain, (std::vector<std::string>{"sdb", "sdb1", "/mnt"}));
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
    snapshot.blocks.edit()[1].holders = above;
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
        auto& blocks = snapshot.blocks.edit();
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
    // An overlay without a source leaves two blanks.
    EXPECT_EQ(parse_mountinfo("40 35 0:44 / /merged rw - overlay  rw,lowerdir=/a\n").at(0).layers,
              std::vector<std::string>{"/a"});
    EXPECT_EQ(parse_mounts("/dev/sdb1 /mnt vfat rw 0 0\n").at(0).point, "/mnt");
    EXPECT_EQ(parse_swaps("Filename Type Size\n/dev/sdb2 partition 1 0 -2\n"),
              std::vector<std::string>{"/dev/sdb2"});
}

} // namespace
} // namespace usbroute::topology
