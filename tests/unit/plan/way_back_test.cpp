// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

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

TEST(Restore, TakesTheKeyboardThatHadBeenGivenButNoDiskThatIsInUseNow)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    carry_out(bench, std::get<Plan>(bench.ask(move("keys", windows()), true)));
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff;
    EXPECT_EQ(steps_of(bench.ask(RestoreRequest{})), "setpci -s 0000:00:14.0 d0.l=0:4\n");

    carry_out(bench, std::get<Plan>(bench.ask(move("rear", windows()))));
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff;
    fakes::plug_disk(bench.snapshot, "3-6", "sdb");
    bench.use.swaps = {"/dev/sdb1"};
    EXPECT_EQ(refusal_of(bench.ask(RestoreRequest{})), "disk-in-use");
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
    ASSERT_EQ(std::get<Plan>(outcome).warnings.size(), 1u);
    EXPECT_TRUE(std::get<Plan>(outcome).warnings[0].starts_with("keys stays: firmware does not let bit 2"));
}

TEST(Return, RefusesWhereNothingCanComeHome)
{
    auto bench = bench_with_a_guest();
    fakes::controller(bench.snapshot, "00:14.0").driver.clear();

    EXPECT_EQ(refusal_of(bench.ask(ReturnRequest{GuestName("windows")})), "no-driver");
}

TEST(Return, HasNothingToDoForAGuestThatHasNothing)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();

    EXPECT_EQ(steps_of(bench.ask(ReturnRequest{GuestName("windows")})), "");
}

} // namespace
} // namespace usbroute::plan
