// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Changes by a backend that answers later: one at a time, and whatever comes meanwhile waits or is told to come again.

#include "daemon/machine.hpp"
#include "fakes/at_once.hpp"
#include "fakes/daemon_room.hpp"
#include "linux/state_lock.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

class MachineWaits : public testing::Test, protected fakes::DaemonRoom {
protected:
    MachineWaits()
    {
        machine.take(board);
        is_slow = true;
    }

    void ask(plan::Wish wish, std::string name = {})
    {
        machine.carry_out({.wish = std::move(wish)}, {.who = "somebody"},
                          [this, name = std::move(name)](const Carried& carried) {
                              log.push_back(name + (carried                          ? carried->plan->title
                                                    : is_locked_out(carried.error()) ? "busy"
                                                                                     : "failed"));
                              if (then) std::exchange(then, nullptr)();
                          });
    }
    static plan::Wish move(const char* connector, const char* to)
    {
        return plan::MoveRequest{{ConnectorName(connector)}, config::target_from(to)};
    }

    std::vector<std::string> log;
    std::function<void()> then; ///< within the next call back
};

using Log = std::vector<std::string>;

TEST_F(MachineWaits, TellsOfAChangeWhenItIsDoneAndNotBefore)
{
    ask(move("keys", "ehci"));
    EXPECT_TRUE(machine.is_busy());
    EXPECT_EQ(log, Log{});
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);

    slowness.let_all_go();

    EXPECT_EQ(log, Log{"move keys to ehci"});
    EXPECT_FALSE(machine.is_busy());
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    EXPECT_EQ(machine.read_registers(), std::nullopt); // what we wrote is no drift
}

TEST_F(MachineWaits, OneChangeAtATimeInTheOrderInWhichTheyCame)
{
    ask(move("keys", "ehci"));
    ask(move("rear", "ehci"));
    ask(plan::UndoRequest{});

    slowness.let_all_go();

    // Each is planned when its turn has come: the undo takes back what was asked for before it.
    EXPECT_EQ(log, (Log{"move keys to ehci", "move rear to ehci", "undo move rear to ehci"}));
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
}

TEST_F(MachineWaits, WhoIsToldMayBeginTheNextOneAndThoseWhoWaitComeAfterIt)
{
    ask(move("keys", "ehci"));
    ask(move("rear", "ehci"));
    then = [this] { ask(move("keys", "xhci")); };

    slowness.let_all_go();

    EXPECT_EQ(log, (Log{"move keys to ehci", "move keys to xhci", "move rear to ehci"}));
}

TEST_F(MachineWaits, TheLockOnChangesIsHeldUntilTheEnd)
{
    const auto other = [this] { return linux_::JournalFile(state.path()).lock().has_value(); };
    ask(move("keys", "ehci"));
    EXPECT_FALSE(other());
    slowness.let_go();
    EXPECT_FALSE(other());

    slowness.let_all_go();

    EXPECT_TRUE(other());
}

TEST_F(MachineWaits, WhoeverFindsTheLockHeldHoldsUpNoneOfThoseBehindHim)
{
    ask(move("keys", "ehci"));
    ask(move("rear", "ehci"));
    ask(move("front", "ehci"));
    linux_::JournalFile other(state.path());
    std::optional<linux_::JournalFile::Lock> held;
    then = [&] {
        if (auto lock = other.lock()) held.emplace(std::move(*lock));
    };

    slowness.let_all_go();

    EXPECT_TRUE(held.has_value());
    EXPECT_EQ(log, (Log{"move keys to ehci", "busy", "busy"}));
    EXPECT_EQ(locked_out, 2);
}

TEST_F(MachineWaits, AMuxThatLeavesMeanwhileIsLetGoOfWhenTheChangeIsOver)
{
    ask(move("front", "ehci"));
    slowness.let_go(); // the look
    auto without = board;
    std::erase_if(without.controllers.edit(),
                  [](const auto& c) { return c.kind == topology::ControllerKind::xhci; });
    static_cast<void>(machine.take(without));
    const int opened_before = opened;

    slowness.let_all_go();

    EXPECT_EQ(log, Log{"move front to ehci"});
    static_cast<void>(machine.take(board));
    EXPECT_EQ(opened, opened_before + 1);
}

TEST_F(MachineWaits, NeitherATrialNorAnInterruptedChangeIsEndedMeanwhile)
{
    machine.adopt_trial(apply::Trial{});
    ask(move("keys", "ehci"));

    const auto ended = machine.end_trial();
    ASSERT_FALSE(ended);
    EXPECT_TRUE(is_locked_out(ended.error()));
    EXPECT_TRUE(is_locked_out(machine.recover()->error()));
    EXPECT_FALSE(linux_::JournalFile(state.path()).lock().has_value()); // and the lock is still held

    slowness.let_all_go();
    EXPECT_EQ(log, Log{"move keys to ehci"});
}

TEST_F(MachineWaits, WhatSomebodyElseWritesMeanwhileIsPlannedAgain)
{
    ask(move("keys", "ehci"));
    registers.bits.usb2_owner &= ~1u; // before the first look of the execution

    slowness.let_all_go();

    EXPECT_EQ(log, Log{"move keys to ehci"});
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffau);
}

TEST_F(MachineWaits, WhatItHasWrittenSoFarIsNobodyElsesDoing)
{
    is_slow = false;
    ASSERT_TRUE(fakes::carry_out(machine, {.wish = plan::RestoreRequest{}}));
    ASSERT_FALSE(machine.is_astray());
    is_slow = true;
    ask(move("front", "ehci"));
    slowness.let_go(); // the look
    slowness.let_go(); // the SuperSpeed half
    ASSERT_EQ(registers.bits.superspeed_on, 0x3eu);

    EXPECT_EQ(machine.read_registers(), std::nullopt);
    EXPECT_EQ(machine.take(board).drift, std::nullopt);
    EXPECT_FALSE(machine.is_astray());

    slowness.let_all_go();
    EXPECT_EQ(log, Log{"move front to ehci"});
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffeu);
    EXPECT_EQ(machine.read_registers(), std::nullopt);
}

TEST_F(MachineWaits, TooManyWhoWaitAreToldToComeAgain)
{
    ask(move("keys", "ehci"));
    for (std::size_t i = 0; i < Machine::most_waiting; ++i) ask(move("keys", "ehci"));
    EXPECT_EQ(log, Log{});

    ask(move("rear", "ehci"));
    EXPECT_EQ(log, Log{"busy"});
    EXPECT_EQ(locked_out, 1);

    slowness.let_all_go();
    EXPECT_EQ(log.size(), Machine::most_waiting + 2);
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
}

} // namespace
} // namespace usbroute::daemon
