// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/bitwise_change.hpp"
#include "unit/plan/bench.hpp"

#include <gtest/gtest.h>

namespace usbroute::plan {
namespace {

using topology::Side;

TEST(Undo, GivesTheOldBitsBackExactly)
{
    for (const std::uint32_t superspeed : {0x3fu, 0x3eu}) {
        Bench bench;
        fakes::bits(bench.snapshot).superspeed_on = superspeed;
        const auto before = fakes::bits(bench.snapshot);

        carry_out(bench, std::get<Plan>(bench.ask(
                             MoveRequest{{ConnectorName("front"), ConnectorName("rear")}, Side::ehci})));
        EXPECT_NE(fakes::bits(bench.snapshot), before);
        carry_out(bench, std::get<Plan>(bench.ask(UndoRequest{})));

        EXPECT_EQ(fakes::bits(bench.snapshot), before);
    }
}

TEST(Undo, RefusesWhenThereIsNothingOrSomebodyElseMovedTheWires)
{
    Bench bench;
    EXPECT_EQ(refusal_of(bench.ask(UndoRequest{})), "nothing-to-undo");

    carry_out(bench, std::get<Plan>(bench.ask(move("keys", Side::ehci))));
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff;
    EXPECT_EQ(refusal_of(bench.ask(UndoRequest{})), "changed-since");
}

TEST(Undo, OfTheLastKeyboardAsksForAYesAndOffersNoTrial)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    carry_out(bench, std::get<Plan>(bench.ask(move("keys", GuestName("windows")))));
    carry_out(bench, std::get<Plan>(bench.ask(move("keys", Side::xhci))));
    fakes::plug_keyboard(bench.snapshot, "3-3");

    EXPECT_EQ(steps_of(bench.ask(UndoRequest{})),
              "refused: keys holds the host's only keyboard: Keyboard (1234:5678); say yes (yes=1)");
    EXPECT_EQ(refusal_of(bench.ask(UndoRequest{}, true)), "not refused");
}

TEST(Undo, NamesTheSocketsThatAreInTheWay)
{
    Bench bench;
    carry_out(bench,
              std::get<Plan>(bench.ask(MoveRequest{
                  {ConnectorName("front"), ConnectorName("keys"), ConnectorName("rear")}, Side::ehci})));
    fakes::bits(bench.snapshot).usb2_owner |= 4;
    fakes::bits(bench.snapshot).superspeed_on |= 1;

    const auto refusal = std::get<Refusal>(bench.ask(UndoRequest{}));

    EXPECT_EQ(refusal.subject, "front");
    EXPECT_EQ(refusal.sentence,
              "the wires are no longer where \"move front keys rear to ehci\" left them: front, keys "
              "have been moved since");
}

// Restore.
TEST(Restore, BringsBackAllThatWasMovedAndNothingElse)
{
    Bench bench;
    carry_out(bench, std::get<Plan>(bench.ask(move("front", Side::ehci))));
    carry_out(bench, std::get<Plan>(bench.ask(move("rear", Side::ehci))));
    const auto moved = fakes::bits(bench.snapshot);
    // Firmware at a resume; and a bit that nobody has ever moved here.
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff & ~4u;
    fakes::bits(bench.snapshot).superspeed_on = 0x3f;

    carry_out(bench, std::get<Plan>(bench.ask(RestoreRequest{})));

    EXPECT_EQ(fakes::bits(bench.snapshot).usb2_owner, moved.usb2_owner & ~4u);
    EXPECT_EQ(fakes::bits(bench.snapshot).superspeed_on, moved.superspeed_on);
    EXPECT_EQ(steps_of(bench.ask(RestoreRequest{})), "");
}

TEST(Restore, HasNothingToDoWhereNothingWasMoved)
{
    Bench bench;
    fakes::bits(bench.snapshot).usb2_owner = 0;

    EXPECT_EQ(steps_of(bench.ask(RestoreRequest{})), "");
}

TEST(Restore, LeavesTheWiresOfAnXhciThatAGuestOwns)
{
    Bench bench;
    carry_out(bench, std::get<Plan>(bench.ask(move("rear", Side::ehci))));
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff;
    fakes::controller(bench.snapshot, "00:14.0").driver = "vfio-pci";

    EXPECT_EQ(steps_of(bench.ask(RestoreRequest{})), "");
}

/// Firmware has given every socket to the xHCI, and the only keyboard is in keys, which had been with the guest.
Bench bench_after_a_resume(Bench bench)
{
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff;
    fakes::plug_keyboard(bench.snapshot, "3-3");
    return bench;
}

TEST(Restore, LeavesTheHostsLastKeyboardThatAPersonHadGivenAndBringsTheOthersBack)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    carry_out(bench, std::get<Plan>(bench.ask(move("keys", windows()), true)));
    carry_out(bench, std::get<Plan>(bench.ask(move("rear", windows()))));
    bench = bench_after_a_resume(std::move(bench));

    const auto outcome = bench.ask(RestoreRequest{});

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=0:200\n");
    EXPECT_EQ(stays_of(outcome), "keys last-keyboard\n");
    fakes::plug_keyboard(bench.snapshot, "3-1");
    EXPECT_EQ(steps_of(bench.ask(RestoreRequest{})), "setpci -s 0000:00:14.0 d0.l=0:204\n");
}

TEST(Restore, TakesTheLastKeyboardWhereTheProfileThatGaveItSaysSo)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    for (auto& profile : bench.settings.profiles)
        profile.may_take_last_keyboard = profile.name == ProfileName("desk");
    carry_out(bench, std::get<Plan>(bench.ask(ApplyRequest{ProfileName("desk")})));
    bench = bench_after_a_resume(std::move(bench));

    const auto outcome = bench.ask(RestoreRequest{});

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=0:204\n");
    // And once more: a restore takes nothing from what had been said.
    carry_out(bench, std::get<Plan>(outcome));
    bench = bench_after_a_resume(std::move(bench));
    EXPECT_EQ(stays_of(bench.ask(RestoreRequest{})), "");
}

TEST(Restore, ForgetsWhatAProfileHadSaidWhenAPersonMovesTheSocketByName)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    for (auto& profile : bench.settings.profiles) profile.may_take_last_keyboard = true;
    carry_out(bench, std::get<Plan>(bench.ask(ApplyRequest{ProfileName("desk")})));
    carry_out(bench, std::get<Plan>(bench.ask(move("keys", config::ToHost{}))));
    carry_out(bench, std::get<Plan>(bench.ask(move("keys", windows()))));
    bench = bench_after_a_resume(std::move(bench));

    EXPECT_EQ(stays_of(bench.ask(RestoreRequest{})), "keys last-keyboard\n");
}

TEST(Restore, OfTwoKeyboardsTakesTheOneThatMayGoAndLeavesTheOther)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    bench.standing = fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                          .usb2 = {.mask = 0x204, .before = 0x204, .after = 0},
                                          .superspeed = {},
                                          .title = "apply desk",
                                          .keyboards_may_go = 0x200};
    bench = bench_after_a_resume(std::move(bench));
    fakes::plug_keyboard(bench.snapshot, "3-6"); // in rear

    const auto outcome = bench.ask(RestoreRequest{});

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=0:200\n");
    EXPECT_EQ(stays_of(outcome), "keys last-keyboard\n");
}

TEST(Restore, LeavesADiskThatIsInUseNowAndBringsTheOthersBack)
{
    Bench bench;
    carry_out(bench, std::get<Plan>(
                         bench.ask(MoveRequest{{ConnectorName("keys"), ConnectorName("rear")}, Side::ehci})));
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff;
    fakes::plug_disk(bench.snapshot, "3-6", "sdb");
    bench.use.swaps = {"/dev/sdb1"};

    const auto outcome = bench.ask(RestoreRequest{});

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=0:4\n");
    EXPECT_EQ(stays_of(outcome), "rear disk-in-use\n");
}

/// A trial has moved keys and rear to the EHCI, which the host drives.
struct OnTrial {
    OnTrial()
    {
        const auto plan = std::get<Plan>(
            bench.ask(MoveRequest{{ConnectorName("keys"), ConnectorName("rear")}, Side::ehci}));
        carry_out(bench, plan);
        way = plan.change;
    }
    [[nodiscard]] Outcome revert() const { return bench.ask(RevertRequest{way}); }

    Bench bench;
    Change way;
};

TEST(Revert, LeavesTheSocketWithAMountedDiskAndTakesTheKeyboardBack)
{
    OnTrial trial;
    fakes::plug_keyboard(trial.bench.snapshot, "2-1.3");
    fakes::plug_disk(trial.bench.snapshot, "1-1.2", "sdb");
    trial.bench.use.mounts = {{.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "ext4"}};

    const auto outcome = trial.revert();

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=4:4\n");
    EXPECT_EQ(stays_of(outcome), "rear disk-in-use\n");
    EXPECT_EQ(std::get<Plan>(outcome).asked.size(), 1u);
}

TEST(Revert, LeavesABitThatFirmwareHasFixedMeanwhile)
{
    OnTrial trial;
    fakes::bits(trial.bench.snapshot).usb2_movable &= ~4u;

    EXPECT_EQ(steps_of(trial.revert()), "setpci -s 0000:00:14.0 d0.l=200:200\n");
    EXPECT_EQ(stays_of(trial.revert()), "keys bit-not-movable\n");
}

TEST(Revert, LeavesASocketWhoseControllerHasAnotherOwnerOrIsGoneAndTakesTheOthersBack)
{
    Bench bench;
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff & ~0x204u; // both on the host's EHCIs
    const auto way = [&] {
        const auto plan = std::get<Plan>(
            bench.ask(MoveRequest{{ConnectorName("keys"), ConnectorName("rear")}, Side::xhci}));
        carry_out(bench, plan);
        return plan.change;
    }();

    auto given = bench;
    fakes::controller(given.snapshot, "00:1d.0").driver = "vfio-pci";
    EXPECT_EQ(stays_of(given.ask(RevertRequest{way})), "keys owner-changed\n");
    EXPECT_EQ(steps_of(given.ask(RevertRequest{way})), "setpci -s 0000:00:14.0 d0.l=0:200\n");

    auto undriven = bench;
    fakes::controller(undriven.snapshot, "00:1d.0").driver.clear();
    EXPECT_EQ(stays_of(undriven.ask(RevertRequest{way})), "keys no-driver\n");

    auto without = bench;
    std::erase_if(without.snapshot.controllers.edit(),
                  [](const auto& c) { return c.name == "0000:00:1a.0"; });
    EXPECT_EQ(stays_of(without.ask(RevertRequest{way})), "rear nobody-behind-route\n");
    EXPECT_EQ(steps_of(without.ask(RevertRequest{way})), "setpci -s 0000:00:14.0 d0.l=0:4\n");
}

TEST(Revert, OneByOneTriesFirstWhatMayBringAKeyboardAndLastWhatTakesFromTheHost)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    // keys were the host's and are the guest's, rear was the guest's; front has gone from side to side of the host.
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff & ~4u;
    const Change way = fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                            .usb2 = {.mask = 0x204, .before = 4, .after = 0x200},
                                            .superspeed = {.mask = 1, .before = 0, .after = 1},
                                            .title = "move"};

    const auto plan = std::get<Plan>(bench.ask(RevertRequest{way}));

    EXPECT_EQ(plan.in_order,
              (std::vector{ConnectorName("keys"), ConnectorName("front"), ConnectorName("rear")}));
}

TEST(Revert, OfSomeSocketsTouchesNoOthers)
{
    OnTrial trial;

    EXPECT_EQ(steps_of(trial.bench.ask({.wish = RevertRequest{trial.way}, .only = {ConnectorName("rear")}})),
              "setpci -s 0000:00:14.0 d0.l=200:200\n");
}

TEST(Recovery, TakesBackWhatIsHalfDoneAndLeavesAMountedDisk)
{
    Bench bench;
    // "move front rear to xhci" was cut short: the SuperSpeed half of front is on, no wires have moved.
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff & ~0x201u;
    const Change open = fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                             .usb2 = {.mask = 0x201, .before = 0, .after = 0x201},
                                             .superspeed = {.mask = 1, .before = 0, .after = 1},
                                             .title = "move front rear to xhci"};
    EXPECT_EQ(steps_of(bench.ask(RecoverRequest{open})), "setpci -s 0000:00:14.0 d8.l=0:1\n");

    fakes::plug_disk(bench.snapshot, "4-1", "sdb"); // has come up at the SuperSpeed half since
    bench.use.mounts = {{.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "ext4"}};

    EXPECT_EQ(steps_of(bench.ask(RecoverRequest{open})), "");
    EXPECT_EQ(stays_of(bench.ask(RecoverRequest{open})), "front disk-in-use\n");
}

/// Both EHCIs are with the guest, and so are keys and rear.
Bench bench_with_a_guest()
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff & ~0x204u;
    return bench;
}

TEST(Return, BringsHomeAllThatTheGuestHasAndNothingElse)
{
    auto bench = bench_with_a_guest();
    fakes::bits(bench.snapshot).usb2_owner &= ~2u; // bit 1, which nobody has named

    const auto outcome = bench.ask(ReturnRequest{GuestName("windows")});

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=206:206\n");
    EXPECT_EQ(std::get<Plan>(outcome).title, "return from windows");
}

TEST(Return, LeavesOtherGuestsAndTheHostsOwnEhciAlone)
{
    auto bench = bench_with_a_guest();
    fakes::controller(bench.snapshot, "00:1d.0").driver = "ehci-pci"; // keys are the host's there

    EXPECT_EQ(steps_of(bench.ask(ReturnRequest{GuestName("windows")})),
              "setpci -s 0000:00:14.0 d0.l=200:200\n");
    EXPECT_EQ(steps_of(bench.ask(ReturnRequest{GuestName("mac")})), "");
}

TEST(Return, BringsHomeFromAControllerThatWasUnboundAlready)
{
    auto bench = bench_with_a_guest();
    fakes::controller(bench.snapshot, "00:1d.0").driver.clear();
    fakes::controller(bench.snapshot, "00:1a.0").driver.clear();

    EXPECT_EQ(steps_of(bench.ask(ReturnRequest{GuestName("windows")})),
              "setpci -s 0000:00:14.0 d0.l=204:204\n");
}

TEST(Return, BringsHomeWhatItCanAndNamesTheRest)
{
    auto bench = bench_with_a_guest();
    fakes::bits(bench.snapshot).usb2_movable &= ~4u; // firmware pins keys

    const auto outcome = bench.ask(ReturnRequest{GuestName("windows")});

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=200:200\n");
    EXPECT_EQ(stays_of(outcome), "keys bit-not-movable\n");
}

TEST(Return, SaysOfEachWhyItStaysWhereNothingCanComeHome)
{
    auto bench = bench_with_a_guest();
    fakes::controller(bench.snapshot, "00:14.0").driver.clear();

    const auto outcome = bench.ask(ReturnRequest{GuestName("windows")});

    EXPECT_EQ(steps_of(outcome), "");
    EXPECT_EQ(stays_of(outcome), "keys no-driver\nrear no-driver\n");
}

TEST(Return, HasNothingToDoForAGuestThatHasNothing)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();

    EXPECT_EQ(steps_of(bench.ask(ReturnRequest{GuestName("windows")})), "");
}

} // namespace
} // namespace usbroute::plan
