// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/trials.hpp"
#include "fakes/boards.hpp"
#include "fakes/fake_alarm.hpp"
#include "fakes/fake_registers.hpp"
#include "fakes/fake_tree.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

/// The registers belong to the machine; the test keeps its hand on them.
class Borrowed final : public apply::RouteRegisters {
public:
    explicit Borrowed(fakes::FakeRegisters& registers) : registers_(registers) {}
    Result<topology::RouteBits> read() override { return registers_.read(); }
    Result<void> write(topology::RouteRegister target, std::uint32_t value) override
    {
        return registers_.write(target, value);
    }

private:
    fakes::FakeRegisters& registers_;
};

using fakes::FakeAlarm;

/// A daemon that can be killed and started anew on the same machine.
struct Daemon {
    Daemon(const std::string& directory, const topology::Snapshot& board, fakes::FakeRegisters& registers,
           FakeAlarm& clock)
        : alarm(clock),
          journal(directory),
          first_move(directory + "/lasting"),
          machine(tree, journal,
                  [&registers](const PciAddress&) -> Result<std::unique_ptr<apply::RouteRegisters>> {
                      return std::make_unique<Borrowed>(registers);
                  }),
          trials({.machine = machine, .journal = journal, .alarm = alarm, .first_move = first_move},
                 {.reverted = [this](const Done& done) { said += "moved " + done.plan->title + "\n"; },
                  .event =
                      [this](const wire::Event& event) {
                          said += "trial " + event.word + ": " + event.text + "\n";
                      }})
    {
        machine.adopt(fakes::settings());
        auto seen = board;
        fakes::bits(seen) = registers.bits;
        machine.take(seen);
        trials.resume();
    }

    wire::Answer ask(plan::Request request)
    {
        const auto done = machine.carry_out(request, {.who = "control", .trial = trials.terms_for(request)});
        if (!done) return {.status = wire::Status::failed};
        wire::Answer answer;
        trials.settle(request, *done, answer);
        trials.tell_news();
        return answer;
    }
    wire::Answer move(const char* connector, std::optional<std::chrono::seconds> revert_after = {},
                      bool yes = false)
    {
        return ask({.wish = plan::MoveRequest{{ConnectorName(connector)}, topology::Side::ehci},
                    .yes = yes,
                    .force_disks = {},
                    .revert_after = revert_after});
    }
    std::string told() { return std::exchange(said, {}); }

    FakeAlarm& alarm;
    fakes::FakeTree tree{{}};
    linux_::JournalFile journal;
    linux_::FirstMove first_move;
    Machine machine;
    std::string said;
    Trials trials;
};

class TrialsTest : public testing::Test {
protected:
    TrialsTest()
    {
        std::filesystem::create_directories(directory + "/lasting");
        std::ofstream(directory + "/lasting/first-move") << "usbroute-first-move 1\n";
    }
    ~TrialsTest() override { std::filesystem::remove_all(directory); }

    static std::string make_directory()
    {
        std::string pattern = testing::TempDir() + "usbroute-XXXXXX";
        return ::mkdtemp(pattern.data());
    }
    void kill_and_start() { daemon = std::make_unique<Daemon>(directory, board, registers, alarm); }
    void forget_that_anything_was_moved() { std::filesystem::remove(directory + "/lasting/first-move"); }

    topology::Snapshot board = fakes::z97();
    fakes::FakeRegisters registers{fakes::bits(board)};
    FakeAlarm alarm;
    std::string directory = make_directory();
    std::unique_ptr<Daemon> daemon = std::make_unique<Daemon>(directory, board, registers, alarm);
};

TEST_F(TrialsTest, WhatNobodyConfirmsGoesBack)
{
    const auto answer = daemon->move("keys", 30s);
    EXPECT_EQ(answer.trial_seconds, 30u);
    EXPECT_EQ(alarm.at, 1030s);
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);

    alarm.time = 1030s;
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_FALSE(daemon->trials.left());
    EXPECT_EQ(daemon->told(), "trial begun: keys goes back to xhci in 30 s unless confirmed\n"
                              "moved revert move keys to ehci\n"
                              "trial reverted: nobody has confirmed it: keys goes back to xhci\n");
    EXPECT_TRUE(daemon->machine.history().undoable.empty());
}

TEST_F(TrialsTest, WhatIsConfirmedStays)
{
    daemon->move("keys", 30s);

    EXPECT_EQ(daemon->trials.confirm("windows").status, wire::Status::ok);
    alarm.time = 2000s;
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    EXPECT_EQ(alarm.at, std::nullopt);
    EXPECT_EQ(daemon->machine.history().undoable.size(), 1u);
    EXPECT_EQ(daemon->trials.confirm("windows").message, "there is no trial to confirm");
}

TEST_F(TrialsTest, SurvivesTheDaemonWithItsDeadline)
{
    daemon->move("keys", 30s);
    alarm.time = 1010s;
    alarm.at.reset();

    kill_and_start();

    EXPECT_EQ(alarm.at, 1030s);
    EXPECT_EQ(daemon->trials.left()->seconds, 20s);
    alarm.time = 1030s;
    daemon->trials.ring();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    kill_and_start();
    EXPECT_FALSE(daemon->trials.left());
}

TEST_F(TrialsTest, WhoseTimeCameWhileThereWasNoDaemonEndsWithTheNextOne)
{
    daemon->move("keys", 30s);
    alarm.time = 5000s;

    kill_and_start();
    ASSERT_TRUE(alarm.at && *alarm.at <= alarm.time);
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(TrialsTest, OfAnotherBootIsOver)
{
    daemon->move("keys", 30s);
    alarm.id = "next-boot";
    alarm.at.reset();

    kill_and_start();

    EXPECT_FALSE(daemon->trials.left());
    EXPECT_EQ(alarm.at, std::nullopt);
    EXPECT_FALSE(daemon->journal.history().trial);
}

TEST_F(TrialsTest, AConfirmedOneDoesNotComeBackWithTheNextDaemon)
{
    daemon->move("keys", 30s);
    std::ignore = daemon->trials.confirm("control");

    kill_and_start();

    EXPECT_FALSE(daemon->trials.left());
}

TEST_F(TrialsTest, TimeAsleepCounts)
{
    daemon->move("keys", 30s);

    alarm.time += 8h; // the lid was closed
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(TrialsTest, AnAlarmThatRingsTooEarlyTakesNothingBack)
{
    daemon->move("keys", 30s);
    alarm.time = 1029s;

    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    EXPECT_EQ(alarm.at, 1030s);
}

TEST_F(TrialsTest, ASecondMoveJoinsAndAllGoesBackAtOnce)
{
    daemon->move("keys", 30s);
    alarm.time = 1020s;
    EXPECT_EQ(daemon->move("rear").trial_seconds, 10u);
    EXPECT_EQ(registers.bits.usb2_owner, 0x3dfbu);

    alarm.time = 1030s;
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_TRUE(daemon->machine.history().undoable.empty());
}

TEST_F(TrialsTest, AnotherTimeMovesTheEndForAllOfIt)
{
    daemon->move("keys", 30s);
    alarm.time = 1020s;
    EXPECT_EQ(daemon->move("rear", 60s).trial_seconds, 60u);
    EXPECT_EQ(alarm.at, 1080s);

    kill_and_start();

    EXPECT_EQ(alarm.at, 1080s);
    EXPECT_EQ(daemon->machine.trial()->way.usb2.mask, 0x204u);
}

TEST_F(TrialsTest, AnUndoThatTakesAllOfItBackEndsItAtOnce)
{
    daemon->move("keys", 30s);
    daemon->told();

    daemon->ask({.wish = plan::UndoRequest{}});

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_FALSE(daemon->trials.left());
    EXPECT_EQ(alarm.at, std::nullopt);
    EXPECT_EQ(daemon->told(), "trial over: everything is as it was before it\n");
    kill_and_start();
    EXPECT_FALSE(daemon->trials.left());
}

TEST_F(TrialsTest, AnUndoTakesOneChangeBackAndTheRestStaysOnTrial)
{
    daemon->move("keys", 30s);
    daemon->move("rear");

    EXPECT_EQ(daemon->ask({.wish = plan::UndoRequest{}}).trial_seconds, 30u);

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    alarm.time = 1030s;
    daemon->trials.ring();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(TrialsTest, GoesBackToBeforeItAlsoWhenSomebodyElseHasMovedTheWires)
{
    daemon->move("keys", 30s);
    registers.bits.usb2_owner = 0x3dff; // keys are back, and rear is not ours

    alarm.time = 1030s;
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3dffu);
    EXPECT_FALSE(daemon->trials.left());
    kill_and_start();
    EXPECT_FALSE(daemon->trials.left());
}

TEST_F(TrialsTest, WhatCannotBeTakenBackIsTriedAgainUntilItCan)
{
    daemon->move("keys", 30s);
    daemon->told();
    registers.failing_write = fakes::FakeRegisters::every_write;
    alarm.time = 1030s;

    daemon->trials.ring();
    EXPECT_EQ(alarm.at, 1031s);
    EXPECT_TRUE(daemon->told().starts_with("trial delayed: it cannot be taken back yet, and is tried again: "));
    alarm.time = 1031s;
    daemon->trials.ring();
    EXPECT_EQ(alarm.at, 1033s); // later each time
    EXPECT_EQ(daemon->told(), "");
    kill_and_start(); // forgets its patience, and not the trial
    daemon->trials.ring();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);

    registers.failing_write = 0;
    alarm.time = *alarm.at;
    daemon->trials.ring();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_FALSE(daemon->trials.left());
}

TEST_F(TrialsTest, WaitsForAnXhciThatHasLeftTheBus)
{
    daemon->move("keys", 30s);
    daemon->machine.take({});
    alarm.time = 1030s;
    daemon->trials.ring();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);

    auto back = board;
    fakes::bits(back) = registers.bits;
    daemon->machine.take(back);
    alarm.time = *alarm.at;
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(TrialsTest, TheFirstMoveOnAMachineIsOneUntilSomebodyConfirms)
{
    forget_that_anything_was_moved();
    kill_and_start();
    EXPECT_EQ(daemon->move("keys").trial_seconds, 30u);
    alarm.time = 1030s;
    daemon->trials.ring();
    kill_and_start();
    EXPECT_EQ(daemon->move("keys").trial_seconds, 30u); // nobody could say that it was right

    std::ignore = daemon->trials.confirm("control");

    EXPECT_EQ(daemon->move("rear").trial_seconds, std::nullopt);
    kill_and_start();
    EXPECT_EQ(daemon->move("front").trial_seconds, std::nullopt);
}

TEST_F(TrialsTest, TheFirstMoveIsNoneWhereSomebodySaysSo)
{
    forget_that_anything_was_moved();
    kill_and_start();
    EXPECT_EQ(daemon->move("keys", 0s).trial_seconds, std::nullopt);
    EXPECT_EQ(daemon->move("rear").trial_seconds, std::nullopt);

    forget_that_anything_was_moved();
    kill_and_start();
    EXPECT_EQ(daemon->move("front", {}, true).trial_seconds, std::nullopt);
}

TEST_F(TrialsTest, AnUnaskedTrialDoesNotLiftTheGuardOfTheLastKeyboard)
{
    forget_that_anything_was_moved();
    fakes::plug_keyboard(board, "3-3");
    for (const auto* address : {"0000:00:1a.0", "0000:00:1d.0"})
        fakes::controller(board, address).driver = "vfio-pci";
    kill_and_start();

    const auto answer =
        daemon->ask({.wish = plan::MoveRequest{{ConnectorName("keys")}, GuestName("windows")}});

    EXPECT_EQ(answer.status, wire::Status::failed);
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(TrialsTest, OnlyAGuestThatHasPartInItMayConfirm)
{
    daemon->move("keys", 30s);
    EXPECT_TRUE(daemon->trials.why_not_confirmed_by(GuestName("windows")));

    for (const auto* address : {"0000:00:1a.0", "0000:00:1d.0"})
        fakes::controller(board, address).driver = "vfio-pci";
    kill_and_start();

    EXPECT_FALSE(daemon->trials.why_not_confirmed_by(GuestName("windows")));
    EXPECT_TRUE(daemon->trials.why_not_confirmed_by(GuestName("other")));
}

TEST_F(TrialsTest, AStateDirectoryThatCannotBeWrittenStillGivesATrial)
{
    std::filesystem::remove_all(directory);
    std::ofstream(directory) << "a file in its place";
    kill_and_start();

    daemon->move("keys", 30s);
    alarm.time = 1030s;
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

} // namespace
} // namespace usbroute::daemon
