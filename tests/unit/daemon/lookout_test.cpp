// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/lookout.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/few_descriptors.hpp"
#include "fakes/recording_waiter.hpp"
#include "linux/unique_fd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::dir;
using fakes::link;
using fakes::RecordingWaiter;

/// udev that hangs: it listens to the kernel, and nobody hears of it.
class SilentHints final : public observe::HintSource {
public:
    [[nodiscard]] int fd() const override { return -1; }
    [[nodiscard]] observe::Hints drain() override { return {}; }
    [[nodiscard]] bool hears_everything() const override { return sure; }
    bool sure = false;
};

class FakeCount final : public observe::EventCount {
public:
    [[nodiscard]] std::optional<std::uint64_t> now() const override { return count; }
    std::optional<std::uint64_t> count = 100;
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

    fakes::FakeLoop loop;
    SilentHints hints;
    FakeCount events;
    int looks = 0;
    Lookout lookout{{.loop = loop,
                     .machine = machine,
                     .tree = counted,
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

/// udev as it should be: what the test says is there to be drained, and a descriptor tells of it.
class ScriptedHints final : public observe::HintSource {
public:
    ScriptedHints()
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
        heard_ = linux_::UniqueFd(ends[0]);
        said_ = linux_::UniqueFd(ends[1]);
    }
    [[nodiscard]] int fd() const override { return heard_.get(); }
    [[nodiscard]] observe::Hints drain() override
    {
        std::array<char, 64> bytes{};
        while (::read(heard_.get(), bytes.data(), bytes.size()) > 0) continue;
        return std::exchange(pending_, {});
    }
    [[nodiscard]] bool hears_everything() const override { return true; }

    void say(observe::Hints hints)
    {
        pending_ = std::move(hints);
        EXPECT_EQ(::write(said_.get(), "x", 1), 1);
    }

private:
    linux_::UniqueFd heard_;
    linux_::UniqueFd said_;
    observe::Hints pending_;
};

/// On a real machine: the worker looks, and hints tell when to.
class LookoutOnAMachine : public testing::Test, protected fakes::DaemonRoom {
protected:
    LookoutOnAMachine()
    {
        EXPECT_TRUE(lookout.begin());
        EXPECT_EQ(loop.errands(), 1u);
        loop.run_errand();
        looks = 0;
    }
    void hint(const char* path = "sys/devices/usb3/3-1")
    {
        hints.say({.everything = false, .registers = false, .paths = {path}});
    }

    fakes::FakeLoop loop;
    ScriptedHints hints;
    FakeCount events;
    int looks = 0;
    std::vector<Drift> drifts;
    std::string told;
    RecordingWaiter first{"first", told};
    RecordingWaiter second{"second", told};
    Lookout lookout{{.loop = loop, .machine = machine, .tree = tree, .hints = hints, .events = events},
                    [this](const Findings& findings) {
                        ++looks;
                        if (findings.drift) drifts.push_back(*findings.drift);
                    }};
};

TEST_F(LookoutOnAMachine, NothingTicksWhileNothingHappens)
{
    loop.advance(24h);

    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
    EXPECT_EQ(loop.errands(), 0u);
    EXPECT_EQ(looks, 0);
}

TEST_F(LookoutOnAMachine, ABurstOfHintsBecomesOneLookWhenItHasBeenQuiet)
{
    for (int i = 0; i < 10; ++i) {
        hint();
        loop.advance(40ms);
        EXPECT_EQ(loop.errands(), 0u);
    }
    loop.advance(9ms);
    EXPECT_EQ(loop.errands(), 0u);
    loop.advance(1ms);
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    loop.advance(1h);
    EXPECT_EQ(looks, 1);
    EXPECT_EQ(loop.errands(), 0u);
}

TEST_F(LookoutOnAMachine, ABurstWithoutEndIsLookedAtAfterHalfASecond)
{
    const auto began = loop.now();
    while (loop.errands() == 0) {
        hint();
        loop.advance(20ms);
        ASSERT_LE(loop.now() - began, 520ms);
    }

    EXPECT_GE(loop.now() - began, 500ms);
}

TEST_F(LookoutOnAMachine, WhatIsHintedDuringALookIsLookedAtAfterIt)
{
    hint();
    loop.advance(50ms);
    ASSERT_EQ(loop.errands(), 1u);
    hint();
    loop.advance(200ms);
    EXPECT_EQ(loop.errands(), 1u);
    loop.run_errand();
    loop.advance(50ms);

    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();
    EXPECT_EQ(looks, 2);
}

TEST_F(LookoutOnAMachine, WhoWaitsDoesNotWaitForQuiet)
{
    hint();
    loop.settle();

    EXPECT_FALSE(lookout.is_fresh());
    lookout.wait(first);
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    EXPECT_EQ(told, "first taken\n");
    EXPECT_TRUE(lookout.is_fresh());
}

TEST_F(LookoutOnAMachine, WhoComesDuringALookIsServedByItUnlessAHintCameSinceItBegan)
{
    hint();
    EXPECT_FALSE(lookout.is_fresh());
    lookout.wait(first);
    lookout.wait(second);
    RecordingWaiter third{"third", told};
    hint();
    EXPECT_FALSE(lookout.is_fresh());
    lookout.wait(third);

    loop.run_errand();
    EXPECT_EQ(told, "first taken\nsecond taken\n");
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();
    EXPECT_EQ(told, "first taken\nsecond taken\nthird taken\n");
}

TEST_F(LookoutOnAMachine, WhoWaitsFiveSecondsForADeviceThatHangsIsTold)
{
    lookout.wait(first);
    loop.advance(4999ms);
    EXPECT_EQ(told, "");

    loop.advance(1ms);

    EXPECT_EQ(told, "first failed\n");
    EXPECT_EQ(loop.errands(), 1u);
    EXPECT_EQ(looks, 0);
}

TEST_F(LookoutOnAMachine, WhoComesWhileADeviceHangsWaitsFiveSecondsTooAndIsServedWhenItAnswers)
{
    lookout.wait(first);
    loop.advance(60s);
    lookout.wait(second);
    loop.advance(4999ms);
    EXPECT_EQ(told, "first failed\n");
    EXPECT_EQ(loop.errands(), 1u); // no second one beside the one that hangs

    loop.run_errand();

    EXPECT_EQ(told, "first failed\nsecond taken\n");
    EXPECT_EQ(looks, 1);
    loop.advance(1h);
    EXPECT_EQ(told, "first failed\nsecond taken\n");
}

TEST_F(LookoutOnAMachine, WithoutDescriptorsEverybodyIsToldAndALaterLookFindsWhatIsThere)
{
    tree.add("sys/bus/usb", dir("devices", {link("usb3", "../../../devices/usb3")}));
    const auto before = machine.snapshot();
    lookout.wait(first);
    {
        const fakes::FewDescriptors few(2);
        loop.run_errand();
        EXPECT_EQ(told, "first failed\n");
        EXPECT_EQ(machine.snapshot(), before);
        EXPECT_FALSE(lookout.is_fresh());
        loop.advance(1000ms);
        ASSERT_EQ(loop.errands(), 1u);
        loop.run_errand();
        EXPECT_EQ(looks, 0);
    }
    loop.advance(999ms);
    EXPECT_EQ(loop.errands(), 0u);
    loop.advance(1ms);
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    EXPECT_EQ(looks, 1);
    EXPECT_TRUE(lookout.is_fresh());
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(LookoutOnAMachine, AWaiterMayTakeAnotherOneAwayWhileItIsTold)
{
    auto leaving = std::make_unique<RecordingWaiter>("leaving", told);
    first.then = [&] {
        lookout.forget(*leaving);
        leaving.reset();
    };
    lookout.wait(first);
    lookout.wait(*leaving);
    lookout.wait(second);

    loop.run_errand();

    EXPECT_EQ(told, "first taken\nsecond taken\n");
}

TEST_F(LookoutOnAMachine, AWaiterThatHasGoneIsNotToldWhenTheLookIsGivenUp)
{
    lookout.wait(first);
    lookout.wait(second);
    lookout.forget(first);

    loop.advance(5000ms);

    EXPECT_EQ(told, "second failed\n");
}

TEST_F(LookoutOnAMachine, AWaiterMayWaitAgainWhileItIsTold)
{
    first.then = [&] { lookout.wait(first); };
    lookout.wait(first);
    loop.run_errand();
    EXPECT_EQ(told, "first taken\n");

    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    EXPECT_EQ(told, "first taken\nfirst taken\n");
    EXPECT_EQ(loop.errands(), 0u);
}

TEST_F(LookoutOnAMachine, AMachineThatMayHaveSleptIsLookedAtOnce)
{
    lookout.doubt_everything();
    EXPECT_FALSE(lookout.is_fresh());
    loop.advance(20ms);
    lookout.doubt_everything();
    loop.advance(50ms);

    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();
    loop.advance(1h);
    EXPECT_EQ(looks, 1);
    EXPECT_EQ(loop.errands(), 0u);
}

TEST_F(LookoutOnAMachine, AWriteToTheRegistersIsReadAndNothingIsScanned)
{
    machine.take(board);
    registers.bits.usb2_owner = 0x3ffb;
    hints.say({.everything = false, .registers = true, .paths = {}});

    loop.advance(1h);

    EXPECT_EQ(loop.errands(), 0u);
    ASSERT_EQ(drifts.size(), 1u);
    EXPECT_EQ(drifts.front().now.usb2_owner, 0x3ffbu);
}

TEST_F(LookoutOnAMachine, BeginsNotWhereItCannotHearOfChanges)
{
    loop.is_full = true;
    Lookout deaf({.loop = loop, .machine = machine, .tree = tree, .hints = hints, .events = events},
                 [](const Findings&) {});

    const auto begun = deaf.begin();

    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().message().find("cannot wait for changes"), 0u);
}

} // namespace
} // namespace usbroute::daemon
