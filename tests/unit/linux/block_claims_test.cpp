// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "fakes/fake_tree.hpp"
#include "linux/block_claims.hpp"
#include "linux/files.hpp"
#include "linux/unique_fd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

using topology::Claim;
using topology::ClaimState;

/// A loop device over a file that nobody else has. Not there where the kernel or the sandbox does not let us make one.
class LoopDevice {
public:
    LoopDevice()
    {
        std::string path = "/tmp/usbroute-loop.XXXXXX";
        const UniqueFd file(::mkostemp(path.data(), O_CLOEXEC));
        ::unlink(path.c_str());
        if (file.is_open() && ::ftruncate(file.get(), 1 << 20) == 0) set_up(file);
    }
    explicit LoopDevice(const std::string& below)
    {
        const UniqueFd file(::open(below.c_str(), O_RDWR | O_CLOEXEC));
        if (file.is_open()) set_up(file);
    }
    ~LoopDevice()
    {
        if (device_.is_open()) ::ioctl(device_.get(), LOOP_CLR_FD, 0);
    }
    LoopDevice(const LoopDevice&) = delete;
    LoopDevice& operator=(const LoopDevice&) = delete;

    [[nodiscard]] bool is_there() const { return !number_.empty(); }
    [[nodiscard]] std::vector<AskedBlock> asked() const
    {
        return {{.name = name_, .number = number_, .whole_disk = name_, .raw = {}}};
    }
    [[nodiscard]] std::string path() const { return "/dev/" + name_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& number() const { return number_; }

private:
    void set_up(const UniqueFd& file)
    {
        const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
        if (!control.is_open()) return;
        // Somebody else may take the number between the question and the answer's use.
        for (int i = 0; i < 8 && !device_.is_open(); ++i) {
            const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
            if (number < 0) return;
            name_ = format("loop{}", number);
            UniqueFd device(::open(("/dev/" + name_).c_str(), O_RDWR | O_CLOEXEC));
            if (device.is_open() && ::ioctl(device.get(), LOOP_SET_FD, file.get()) == 0)
                device_ = std::move(device);
        }
        struct stat status{};
        if (!device_.is_open() || ::fstat(device_.get(), &status) != 0) return;
        number_ = format("{}:{}", major(status.st_rdev), minor(status.st_rdev));
    }

    UniqueFd device_; ///< open without a claim, in this very process, which is not asked about its own files
    std::string name_;
    std::string number_;
};

#define NEEDS_A_LOOP_DEVICE(loop)                                                                            \
    if (!(loop).is_there()) GTEST_SKIP() << "no loop device can be made here: not root, or a sandbox"

/// Another process that has the disk open, until this object goes. It never returns to the test.
class Opener {
public:
    Opener(const std::string& path, int flags)
    {
        int ready[2];
        if (::pipe2(ready, O_CLOEXEC) != 0) return;
        child_ = ::fork();
        if (child_ == 0) {
            // What it has of the parent's would be found as well.
            for (int fd = 3; fd < 256; ++fd)
                if (fd != ready[1]) ::close(fd);
            const int fd = ::open(path.c_str(), flags);
            const char said = fd >= 0 ? 'y' : 'n';
            if (::write(ready[1], &said, 1) == 1)
                for (;;) ::pause();
            ::_exit(1);
        }
        char said = 0;
        has_it_ = ::read(ready[0], &said, 1) == 1 && said == 'y';
        ::close(ready[0]);
        ::close(ready[1]);
    }
    ~Opener()
    {
        if (child_ <= 0) return;
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    Opener(const Opener&) = delete;
    Opener& operator=(const Opener&) = delete;

    [[nodiscard]] bool has_it() const { return has_it_; }
    [[nodiscard]] std::string words() const { return format("process {} (", child_); }

private:
    pid_t child_ = -1;
    bool has_it_ = false;
};

TEST(BlockClaims, TheRealKernelTellsAFreeDiskFromAClaimedOne)
{
    const LoopDevice loop;
    NEEDS_A_LOOP_DEVICE(loop);
    EXPECT_EQ(ask_kernel(loop.asked()).claims.at(0).state, ClaimState::free);

    const Opener holder(loop.path(), O_RDONLY | O_EXCL);

    ASSERT_TRUE(holder.has_it());
    EXPECT_EQ(ask_kernel(loop.asked()).claims.at(0).state, ClaimState::claimed);
}

TEST(BlockClaims, AProcessThatHasADiskOpenWithoutAClaimIsNamed)
{
    const LoopDevice loop;
    NEEDS_A_LOOP_DEVICE(loop);
    const Opener holder(loop.path(), O_RDONLY);
    ASSERT_TRUE(holder.has_it());

    const auto claims = ask_kernel(loop.asked());

    EXPECT_EQ(claims.claims.at(0).state, ClaimState::open);
    EXPECT_TRUE(claims.claims.at(0).detail.starts_with(holder.words())) << claims.claims[0].detail;
    EXPECT_FALSE(claims.is_cut);
}

TEST(BlockClaims, IsFoundByItsNumberWhateverTheNodeIsCalled)
{
    const LoopDevice loop;
    NEEDS_A_LOOP_DEVICE(loop);
    struct stat status{};
    ASSERT_EQ(::stat(loop.path().c_str(), &status), 0);
    const auto other_name = format("/tmp/usbroute-node.{}", ::getpid());
    ::unlink(other_name.c_str());
    if (::mknod(other_name.c_str(), S_IFBLK | 0600, status.st_rdev) != 0)
        GTEST_SKIP() << "no node can be made here";
    const Opener holder(other_name, O_RDONLY);
    ::unlink(other_name.c_str());
    if (!holder.has_it()) GTEST_SKIP() << "/tmp is mounted nodev";

    EXPECT_EQ(ask_kernel(loop.asked()).claims.at(0).state, ClaimState::open);
}

TEST(BlockClaims, ALoopDeviceSaysWhatIsBelowItWhateverTheNodeWasCalled)
{
    const LoopDevice below;
    NEEDS_A_LOOP_DEVICE(below);
    struct stat status{};
    ASSERT_EQ(::stat(below.path().c_str(), &status), 0);
    const auto node = format("/tmp/usbroute-below.{}", ::getpid());
    ::unlink(node.c_str());
    if (::mknod(node.c_str(), S_IFBLK | 0600, status.st_rdev) != 0)
        GTEST_SKIP() << "no node can be made here";
    const auto seen = LiveTree("/").block_number(node.substr(1));
    const LoopDevice above(node);
    ::unlink(node.c_str());
    if (!above.is_there()) GTEST_SKIP() << "/tmp is mounted nodev";

    const auto under = under_loops_and_targets(LiveTree("/"));

    EXPECT_EQ(seen, below.number());
    EXPECT_EQ(std::ranges::count(under, topology::Under{.number = below.number(), .by = above.name()}), 1);
    EXPECT_EQ(std::ranges::count(under, below.name(), &topology::Under::by), 0) << "it is over a file";
}

TEST(BlockClaims, ANodeIsKnownByItsNumberAndAFileHasNone)
{
    char directory[] = "/tmp/usbroute-nodes.XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    const std::string there = directory;
    const bool has_node = ::mknod((there + "/mydisk").c_str(), S_IFBLK | 0600, makedev(8, 16)) == 0;
    ASSERT_EQ(::symlink("mydisk", (there + "/link").c_str()), 0);
    ASSERT_EQ(::mkdir((there + "/folder").c_str(), 0700), 0);
    const auto live = [&](const char* name) { return LiveTree("/").block_number(there.substr(1) + name); };

    EXPECT_EQ(live("/folder"), std::nullopt);
    EXPECT_EQ(live("/nothing"), std::nullopt);
    EXPECT_EQ(LiveTree("/").block_number("dev/null"), std::nullopt);
    if (has_node) {
        EXPECT_EQ(live("/mydisk"), "8:16");
        // Its owner could lead us to a file system that never answers.
        EXPECT_EQ(live("/link"), std::nullopt);
        EXPECT_EQ(LiveTree(there + "/").block_number("link"), "8:16");
    }
    for (const char* name : {"/mydisk", "/link"}) ::unlink((there + name).c_str());
    ::rmdir((there + "/folder").c_str());
    ::rmdir(directory);
    if (!has_node) GTEST_SKIP() << "no node can be made here";
}

TEST(BlockClaims, WhatCouldNotBeGoneThroughToTheEndSaysSo)
{
    const LoopDevice loop;
    NEEDS_A_LOOP_DEVICE(loop);

    EXPECT_TRUE(ask_kernel(loop.asked(), std::chrono::milliseconds{0}).is_cut);
}

TEST(BlockClaims, ANodeOfAnotherDeviceIsNotOpened)
{
    const auto claims =
        ask_kernel({{.name = "null", .number = "8:16", .whole_disk = "null", .raw = {}},
                    {.name = "no-such-node", .number = "8:32", .whole_disk = "no-such-node", .raw = {}}});

    EXPECT_EQ(
        claims.claims.at(0),
        (Claim{.block = "null", .state = ClaimState::unknown, .detail = "/dev/null is another device"}));
    EXPECT_EQ(claims.claims.at(1).state, ClaimState::unknown);
}

TEST(BlockClaims, AreAskedOfDisksBehindUsbAlone)
{
    using fakes::dir;
    using fakes::file;
    using fakes::link;
    const std::string usb = "pci0/usb3/3-1/3-1:1.0/host6/target6:0:0/6:0:0:0";
    const std::string inside = "pci0/ata1/host0/target0:0:0/0:0:0:0";
    fakes::FakeTree tree({dir(
        "sys", {dir("class", {dir("block", {link("sda", "../../devices/" + inside + "/block/sda"),
                                            link("sdb", "../../devices/" + usb + "/block/sdb"),
                                            link("sdb1", "../../devices/" + usb + "/block/sdb/sdb1")})})})});
    tree.add("sys/devices/" + usb + "/block/sdb", file("dev", "8:16\n"));
    tree.add("sys/devices/" + usb + "/block/sdb", link("device", "../../../6:0:0:0"));
    tree.add("sys/devices/" + usb + "/block/sdb/sdb1", file("dev", "8:17\n"));
    tree.add("sys/devices/" + usb, dir("scsi_generic", {dir("sg1", {file("dev", "21:1\n")})}));
    tree.add("sys/devices/" + inside + "/block/sda", file("dev", "8:0\n"));

    const auto asked = usb_blocks_to_ask(tree);

    ASSERT_EQ(asked.size(), 2u);
    EXPECT_EQ(asked[0].name, "sdb");
    EXPECT_EQ(asked[0].raw, std::vector<std::string>{"21:1"});
    EXPECT_EQ(asked[1].name, "sdb1");
    EXPECT_EQ(asked[1].whole_disk, "sdb");
}

} // namespace
} // namespace usbroute::linux_
