// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/lookout.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_count.hpp"
#include "fakes/fake_loop.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::dir;
using fakes::link;

/// udev that hangs: it listens to the kernel, and nobody hears of it.
class SilentHints final : public observe::HintSource {
public:
    [[nodiscard]] int fd() const override { return -1; }
    [[nodiscard]] observe::Hints drain() override { return {}; }
    [[nodiscard]] bool hears_everything() const override { return sure; }
    bool sure = false;
};

class LookoutTest : public testing::Test, protected fakes::DaemonRoom {
protected:
    LookoutTest()
    {
        tree.add("sys/bus/usb", dir("devices", {link("usb3", "../../../devices/usb3")}));
        tree.add("sys/class", dir("block", {link("nvme0n1", "../../devices/nvme0n1")}));
        EXPECT_TRUE(lookout.begin());
        loop.settle(); // until the first look is over
        counted.asked = 0;
    }
    void plug_disk()
    {
        tree.add("sys/class/block", link("sdb", "../../devices/pci0000:00/0000:00:14.0/usb3/3-1/block/sdb"));
        if (events.count) ++*events.count;
    }

    observe::TreeScanner scanner{counted};
    fakes::FakeLoop loop;
    SilentHints hints;
    fakes::FakeCount events;
    int looks = 0;
    Lookout lookout{{.loop = loop,
                     .machine = machine,
                     .scanner = scanner,
                     .hints = hints,
                     .events = events,
                     .place = ScanPlace::loop},
                    [this](const Findings&) { ++looks; }};
};

TEST_F(LookoutTest, ListsNothingWhileTheKernelHasCountedNoEvent)
{
    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_TRUE(lookout.is_fresh());

    EXPECT_EQ(counted.asked, 0);
}

TEST_F(LookoutTest, LooksOnceAtTheListsAfterAnEventThatChangedNothingThere)
{
    ++*events.count; // a battery

    EXPECT_TRUE(lookout.is_fresh());
    const auto asked = counted.asked;
    EXPECT_GT(asked, 0);
    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(counted.asked, asked);
}

TEST_F(LookoutTest, DoesNotTrustAnUdevThatIsSilentAboutADisk)
{
    plug_disk();

    EXPECT_FALSE(lookout.is_fresh());
    EXPECT_FALSE(lookout.is_fresh()); // until somebody has looked
}

TEST_F(LookoutTest, ComparesTheListsEachTimeWhereTheKernelDoesNotCount)
{
    events.count.reset();
    EXPECT_TRUE(lookout.is_fresh());

    plug_disk();

    EXPECT_FALSE(lookout.is_fresh());
}

TEST_F(LookoutTest, TrustsTheSilenceOfAWatchOnTheDirectoriesThemselves)
{
    hints.sure = true;
    plug_disk();

    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(counted.asked, 0);
}

TEST_F(LookoutTest, AnActionThatHasGoneWhileItWaitedIsNotRun)
{
    int runs = 0;
    {
        WhenFresh action(lookout, [&] { ++runs; });
        plug_disk();
        action.run();
    }

    loop.settle();

    EXPECT_EQ(runs, 0);
    EXPECT_EQ(looks, 2);
}

TEST_F(LookoutTest, WhatWantsAFreshViewRunsAtOnceOrAfterALook)
{
    std::vector<std::size_t> seen; // names of block devices, at each run
    WhenFresh action(lookout, [&] { seen.push_back(machine.snapshot()->census->blocks.size()); });

    action.run();
    EXPECT_EQ(seen, (std::vector<std::size_t>{1}));

    plug_disk();
    action.run();
    action.run();
    EXPECT_EQ(seen.size(), 1u);
    loop.settle();
    EXPECT_EQ(seen, (std::vector<std::size_t>{1, 2}));
    EXPECT_EQ(looks, 2);
    EXPECT_TRUE(lookout.is_fresh());
}

} // namespace
} // namespace usbroute::daemon
