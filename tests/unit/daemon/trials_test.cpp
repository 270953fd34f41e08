// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"
#include "daemon/trials.hpp"
#include "fakes/at_once.hpp"
#include "fakes/bitwise_change.hpp"
#include "fakes/boards.hpp"
#include "fakes/daemon_life.hpp"
#include "fakes/fake_registers.hpp"
#include "fakes/fake_tree.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

/// A daemon that can be killed and started anew on the same machine.
struct Daemon : fakes::DaemonLife {
    Daemon(fakes::LastingGround& on, const fakes::FakeTree& tree, const topology::Snapshot& board,
           fakes::FakeRegisters& registers)
        : DaemonLife({.tree = tree,
                      .see = [&board](const auto&, const auto&) { return board; },
                      .registers = registers},
                     on, fakes::settings())
    {
        auto seen = board;
        fakes::bits(seen) = registers.bits;
        machine.take(seen);
        trials.resume();
    }

    wire::Answer ask(plan::Request request, const config::ListenerSettings* through = nullptr)
    {
        const auto done = fakes::carry_out(machine, request,
                                           {.who = "control", .trial = trials.terms_for(request, through)});
        if (!done) return {.status = wire::Status::failed};
        wire::Answer answer;
        trials.settle(request, *done, answer, through);
        trials.tell_news();
        return answer;
    }
    wire::Answer move(const char* connector, std::optional<std::chrono::seconds> revert_after = {},
                      bool yes = false, const config::ListenerSettings* through = nullptr)
    {
        return ask({.wish = plan::MoveRequest{{ConnectorName(connector)}, topology::Side::ehci},
                    .yes = yes,
                    .force_disks = {},
                    .revert_after = revert_after},
                   through);
    }
    /// What subscribers have heard since.
    std::string told()
    {
        loop.settle();
        return subscriber.hear();
    }

    Machine& machine = assembly.machine;
    Trials& trials = assembly.trials;
    fakes::ClientEnd subscriber = subscribe();
};

class TrialsTest : public testing::Test {
protected:
    void kill_and_start()
    {
        daemon.reset();
        daemon.emplace(ground, tree, board, registers);
    }
    void forget_that_anything_was_moved() { std::filesystem::remove(ground.first_move()); }

    topology::Snapshot board = fakes::z97();
    fakes::FakeRegisters registers{fakes::bits(board)};
    fakes::FakeTree tree{{}};
    fakes::LastingGround ground;
    fakes::FakeAlarm& alarm = ground.alarm;
    std::string directory = ground.state.path();
    std::optional<Daemon> daemon{std::in_place, ground, tree, board, registers};
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
    EXPECT_EQ(daemon->told(), "event trial begun keys goes back to xhci in 30 s unless confirmed\n"
                              "event moved xhci=keys\n"
                              "event trial reverted nobody has confirmed it: keys goes back to xhci\n");
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
    EXPECT_EQ(fakes::usb2(daemon->machine.trial()->way).mask, 0x204u);
}

TEST_F(TrialsTest, AnUndoThatTakesAllOfItBackEndsItAtOnce)
{
    daemon->move("keys", 30s);
    daemon->told();

    daemon->ask({.wish = plan::UndoRequest{}});

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_FALSE(daemon->trials.left());
    EXPECT_EQ(alarm.at, std::nullopt);
    EXPECT_EQ(daemon->told(), "event trial over everything is as it was before it\n");
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
    EXPECT_TRUE(daemon->told().starts_with(
        "event trial delayed it cannot be taken back yet, and will be tried again: "));
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
    const auto of = [](const char* guest) {
        return config::ListenerSettings{
            .name = ListenerName(guest), .guest = GuestName(guest), .allow = config::all_verbs()};
    };
    daemon->move("keys", 30s);
    EXPECT_TRUE(daemon->trials.why_not_confirmed_by(of("windows")));

    for (const auto* address : {"0000:00:1a.0", "0000:00:1d.0"})
        fakes::controller(board, address).driver = "vfio-pci";
    kill_and_start();

    EXPECT_FALSE(daemon->trials.why_not_confirmed_by(of("windows")));
    EXPECT_TRUE(daemon->trials.why_not_confirmed_by(of("other")));
}

TEST_F(TrialsTest, AGuestDoesNotConfirmWhatMovedOneOfItsSocketsAndAnother)
{
    for (const auto* address : {"0000:00:1a.0", "0000:00:1d.0"})
        fakes::controller(board, address).driver = "vfio-pci";
    kill_and_start();
    const config::ListenerSettings windows{
        .name = ListenerName("windows"), .guest = GuestName("windows"), .allow = config::all_verbs()};
    daemon->move("keys", 30s);
    EXPECT_FALSE(daemon->trials.why_not_confirmed_by(windows));

    daemon->move("front"); // which no profile gives to it

    EXPECT_TRUE(daemon->trials.why_not_confirmed_by(windows));
}

config::ListenerSettings line_of(const char* guest)
{
    return {.name = ListenerName(guest), .guest = GuestName(guest), .allow = config::all_verbs()};
}

plan::Request by(const char* guest, plan::Wish wish, std::optional<std::chrono::seconds> revert_after = {})
{
    return {.wish = std::move(wish),
            .revert_after = revert_after,
            .may_say_yes = false,
            .guest = GuestName(guest)};
}

/// windows has the controller of keys, linux that of rear.
config::Settings two_guests()
{
    auto settings = fakes::settings();
    settings.guests = {{.name = GuestName("windows"), .controllers = {*PciAddress::parse("0000:00:1d.0")}},
                       {.name = GuestName("linux"), .controllers = {*PciAddress::parse("0000:00:1a.0")}}};
    settings.profiles.push_back(
        {.name = ProfileName("linux-desk"), .entries = {{ConnectorName("rear"), GuestName("linux")}}});
    return settings;
}

const plan::MoveRequest rear_to_linux{{ConnectorName("rear")}, GuestName("linux")};
const plan::MoveRequest keys_to_windows{{ConnectorName("keys")}, GuestName("windows")};

TEST_F(TrialsTest, OfOneGuestIsNeitherEndedNorJoinedByAnother)
{
    for (const auto* address : {"0000:00:1a.0", "0000:00:1d.0"})
        fakes::controller(board, address).driver = "vfio-pci";
    kill_and_start();
    daemon->machine.adopt(two_guests());
    const auto linux_line = line_of("linux");
    const auto windows_line = line_of("windows");
    EXPECT_EQ(daemon->ask(by("linux", rear_to_linux, 30s), &linux_line).trial_seconds, 30u);

    EXPECT_EQ(daemon->ask(by("windows", plan::ToggleRequest{}), &windows_line).status, wire::Status::failed);
    EXPECT_EQ(daemon->ask(by("windows", keys_to_windows, 30s), &windows_line).status, wire::Status::failed);
    EXPECT_EQ(registers.bits.usb2_owner, 0x3dffu);
    const auto answer = daemon->ask(by("windows", keys_to_windows), &windows_line);
    EXPECT_EQ(answer.status, wire::Status::ok);
    EXPECT_EQ(answer.trial_seconds, std::nullopt);
    EXPECT_EQ(registers.bits.usb2_owner, 0x3dfbu);
    EXPECT_FALSE(daemon->trials.why_not_confirmed_by(linux_line));
    EXPECT_TRUE(daemon->trials.why_not_confirmed_by(windows_line));
    EXPECT_EQ(fakes::usb2(daemon->machine.trial()->way), fakes::usb2(daemon->machine.history().trial->way));
    EXPECT_EQ(fakes::usb2(daemon->machine.trial()->way).mask, 0x200u);

    kill_and_start();
    daemon->machine.adopt(two_guests());
    alarm.time = 1030s;
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    EXPECT_FALSE(daemon->trials.left());
    ASSERT_EQ(daemon->machine.history().undoable.size(), 1u);
    EXPECT_EQ(daemon->machine.history().undoable.front().title, "move keys to windows");
}

TEST_F(TrialsTest, AGuestTakesItsOwnSocketOffATrialOfTheHostAndNoMore)
{
    for (const auto* address : {"0000:00:1a.0", "0000:00:1d.0"})
        fakes::controller(board, address).driver = "vfio-pci";
    kill_and_start();
    daemon->machine.adopt(two_guests());
    const auto windows_line = line_of("windows");
    daemon->ask({.wish = keys_to_windows, .revert_after = 30s});
    daemon->ask({.wish = rear_to_linux});

    daemon->ask(by("windows", plan::ToggleRequest{}), &windows_line);
    EXPECT_EQ(registers.bits.usb2_owner, 0x3dffu);
    EXPECT_EQ(fakes::usb2(daemon->machine.trial()->way).mask, 0x200u);
    daemon->ask(by("windows", keys_to_windows), &windows_line);
    alarm.time = 1030s;
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
}

/// A listener that may do everything but lift a guard.
config::ListenerSettings over_tcp(std::vector<config::Verb> allow)
{
    return {.name = ListenerName("netcat"), .address = config::TcpAddress{}, .allow = std::move(allow)};
}

TEST_F(TrialsTest, OnlyWhoMayConfirmItMovesItsEnd)
{
    const auto netcat = over_tcp(config::all_verbs());
    daemon->move("keys", 10s);
    const auto end = alarm.at;

    EXPECT_EQ(daemon->move("rear", 3600s, false, &netcat).trial_seconds, 10u);
    EXPECT_EQ(alarm.at, end);
    EXPECT_EQ(daemon->move("front", 1s, false, &netcat).trial_seconds, 10u);
    EXPECT_EQ(alarm.at, end);

    EXPECT_EQ(daemon->move("bit4", 60s).trial_seconds, 60u);
}

TEST_F(TrialsTest, WhoMayNotConfirmAtAllDoesNotLengthenEvenItsOwn)
{
    const auto netcat = over_tcp({config::Verb::move});
    EXPECT_EQ(daemon->move("keys", 10s, false, &netcat).trial_seconds, 10u);

    EXPECT_EQ(daemon->move("rear", 3600s, false, &netcat).trial_seconds, 10u);
    EXPECT_TRUE(daemon->trials.why_not_confirmed_by(netcat));
}

TEST_F(TrialsTest, AListenerWithoutTheRightConfirmsOnlyWhatWasBegunThroughIt)
{
    const auto netcat = over_tcp(config::all_verbs());
    const auto control = config::default_control_listener();
    daemon->move("keys", 10s, false, &netcat);
    EXPECT_FALSE(daemon->trials.why_not_confirmed_by(netcat));
    EXPECT_EQ(daemon->move("rear", 60s, false, &netcat).trial_seconds, 60u);

    daemon->move("front", {}, true, &control);
    EXPECT_TRUE(daemon->trials.why_not_confirmed_by(netcat));
    EXPECT_FALSE(daemon->trials.why_not_confirmed_by(control));

    static_cast<void>(daemon->trials.confirm("control"));
    daemon->move("bit4", 10s, false, &netcat);
    EXPECT_FALSE(daemon->trials.why_not_confirmed_by(netcat));
    kill_and_start();
    EXPECT_TRUE(daemon->trials.why_not_confirmed_by(netcat)); // who began it is not known any more
    EXPECT_FALSE(daemon->trials.why_not_confirmed_by(control));
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

TEST_F(TrialsTest, IsTriedAgainWhileTheXhciIsGoneAndAControllerWithoutAnAddressStays)
{
    fakes::add_usbip(board);
    auto without = board;
    std::erase_if(without.controllers.edit(), [](const auto& c) { return c.device == 0x8cb1; });
    daemon->move("keys", 30s);
    daemon->told();

    daemon->machine.take(without);
    daemon->machine.take(without);
    alarm.time = 1030s;
    daemon->trials.ring();
    EXPECT_TRUE(daemon->told().starts_with("event trial delayed "));
    EXPECT_GT(alarm.at, 1030s);

    daemon->machine.take(board);
    alarm.time = *alarm.at;
    daemon->trials.ring();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_FALSE(daemon->trials.left());
}

TEST_F(TrialsTest, AnotherProcessThatHoldsTheLockDelaysItsEndByMomentsOnly)
{
    daemon->move("keys", 30s);
    daemon->told();
    linux_::LockFile other(directory + "/change.lock");
    ASSERT_TRUE([&] {
        auto held = other.take(0ms);
        if (held) held->keep();
        return held.has_value();
    }());
    alarm.time = 1030s;

    daemon->trials.ring();
    daemon->trials.ring();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    ASSERT_TRUE(daemon->trials.left());
    ASSERT_TRUE(alarm.at);
    EXPECT_LE(*alarm.at, 1031s);
    other.release().reset();
    daemon->trials.ring();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_FALSE(daemon->trials.left());
}

TEST_F(TrialsTest, IsNotConfirmedByHalvesWhileAnotherProcessHoldsTheLock)
{
    daemon->move("keys", 30s);
    linux_::LockFile other(directory + "/change.lock");
    ASSERT_TRUE([&] {
        auto held = other.take(0ms);
        if (held) held->keep();
        return held.has_value();
    }());

    EXPECT_EQ(daemon->trials.confirm("control").code, "busy");

    EXPECT_TRUE(daemon->trials.left());
    EXPECT_TRUE(daemon->machine.history().trial);
    other.release().reset();
    EXPECT_EQ(daemon->trials.confirm("control").status, wire::Status::ok);
    EXPECT_FALSE(daemon->machine.history().trial);
}

} // namespace
} // namespace usbroute::daemon
