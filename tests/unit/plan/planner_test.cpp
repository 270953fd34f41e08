// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/bitwise_change.hpp"
#include "unit/plan/bench.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace usbroute::plan {
namespace {

using config::ToHost;
using topology::Side;

TEST(Plan, MovesOneBitAndNoOther)
{
    Bench bench;

    EXPECT_EQ(steps_of(bench.ask(move("keys", Side::ehci))), "setpci -s 0000:00:14.0 d0.l=0:4\n");
}

TEST(Plan, TakesSuperSpeedDownBeforeTheWiresGoToEhci)
{
    Bench bench;

    EXPECT_EQ(steps_of(bench.ask(move("front", Side::ehci))), "setpci -s 0000:00:14.0 d8.l=0:1\n"
                                                              "setpci -s 0000:00:14.0 d0.l=0:1\n");
}

TEST(Plan, BringsSuperSpeedUpBeforeTheWiresGoToXhci)
{
    Bench bench;
    fakes::bits(bench.snapshot).usb2_owner = 0x3ffe;
    fakes::bits(bench.snapshot).superspeed_on = 0x3e;

    EXPECT_EQ(steps_of(bench.ask(move("front", Side::xhci))), "setpci -s 0000:00:14.0 d8.l=1:1\n"
                                                              "setpci -s 0000:00:14.0 d0.l=1:1\n");
}

TEST(Plan, LeavesASuperSpeedHalfThatFirmwarePinsAndSaysSo)
{
    Bench bench;
    fakes::bits(bench.snapshot).superspeed_movable = 0x3e;

    const auto outcome = bench.ask(move("front", Side::ehci));

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=0:1\n");
    EXPECT_EQ(std::get<Plan>(outcome).warnings.size(), 1u);
}

TEST(Plan, HasNoStepsWhenEverythingIsAsWished)
{
    Bench bench;

    const auto outcome = bench.ask(move("keys", ToHost{}));

    EXPECT_TRUE(std::get<Plan>(outcome).steps.empty());
    EXPECT_EQ(std::get<Plan>(outcome).already, std::vector{ConnectorName("keys")});
}

TEST(Plan, MovesAnUnnamedSocketByItsBit)
{
    Bench bench;

    EXPECT_EQ(steps_of(bench.ask(move("bit13", Side::ehci))), "setpci -s 0000:00:14.0 d0.l=0:2000\n");
}

TEST(Plan, KnowsANamedSocketByItsBitToo)
{
    Bench bench;

    EXPECT_EQ(steps_of(bench.ask(move("bit2", Side::ehci))), "setpci -s 0000:00:14.0 d0.l=0:4\n");
}

TEST(Plan, MovesSeveralConnectorsWithOneWrite)
{
    Bench bench;
    const MoveRequest both{{ConnectorName("keys"), ConnectorName("rear"), ConnectorName("keys")}, Side::ehci};

    EXPECT_EQ(steps_of(bench.ask(both)), "setpci -s 0000:00:14.0 d0.l=0:204\n");
}

// Invariant 1.
TEST(Plan, Invariant1RefusesABitThatFirmwareDoesNotLetMove)
{
    Bench bench;
    fakes::bits(bench.snapshot).usb2_movable = 0x3ffb;

    EXPECT_EQ(steps_of(bench.ask(move("keys", Side::ehci))),
              "refused: firmware does not let bit 2 of XUSB2PR move (XUSB2PRM is 0x3ffb); look for an xHCI "
              "or USB 3 "
              "mode option in the firmware set-up");
}

TEST(Plan, Invariant1RefusesBitsTheChipLacks)
{
    Bench bench;
    auto& bit = bench.settings.connectors[1].spec.bit;

    bit = chips::MuxBit{14};
    EXPECT_EQ(
        steps_of(bench.ask(move("keys", Side::ehci))),
        "refused: bit 14 of XUSB2PR is USB-R, the management engine's port, and never moved; correct the "
        "configuration: `usbroute mask` shows the bits");
    bit = chips::MuxBit{20};
    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "no-such-bit");
}

TEST(Plan, Invariant1RefusesAnXhciThatTheTableDoesNotKnow)
{
    Bench bench;
    fakes::controller(bench.snapshot, "00:14.0").device = 0xa12f;

    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "no-mux");
}

TEST(Plan, Invariant1OnlyReadsBayTrail)
{
    Bench bench;
    fakes::controller(bench.snapshot, "00:14.0").device = 0x0f35;

    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "read-only-chip");
}

TEST(Plan, Invariant1RefusesWhenTwoControllersClaimToHoldTheMux)
{
    Bench bench;
    bench.snapshot.controllers.push_back(bench.snapshot.controllers.front());

    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "several-muxes");
}

// Invariant 2.
TEST(Plan, Invariant2RefusesToRouteToAnEhciThatFirmwareHid)
{
    Bench bench;
    std::erase_if(bench.snapshot.controllers.edit(), [](const auto& c) { return c.device == 0x8ca6; });

    EXPECT_EQ(
        steps_of(bench.ask(move("keys", Side::ehci))),
        "refused: keys would go to EHCI #1 (8086:8ca6, normally 00:1d.0), which is not on the bus; firmware "
        "hides it: set its xHCI mode to Auto, Smart Auto or Manual");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "nobody-behind-route");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci))), "not refused");
}

TEST(Plan, Invariant2RefusesAGuestWhoseControllerIsStillTheHosts)
{
    Bench bench;

    EXPECT_EQ(steps_of(bench.ask(move("keys", windows()))),
              "refused: EHCI #1 0000:00:1d.0 has not been given to windows: its driver is ehci-pci; no IOMMU "
              "is in use, so it "
              "cannot be given yet: `usbroute doctor` says what is missing");
}

TEST(Plan, Invariant2RefusesAGuestThatWasGivenAnotherController)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    bench.settings.guests[0].controllers = {*PciAddress::parse("00:1a.0")};

    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "not-the-guests-controller");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", windows()))), "not refused");
}

TEST(Plan, SaysWhatAGuestWithoutControllersLacksForASocketOfTheMux)
{
    Bench bench;
    bench.settings.guests.front().controllers.clear();
    bench.settings.guests.front().qmp = "/run/usbroute/windows.qmp";

    const auto outcome = bench.ask(move("keys", windows()));

    const auto* refusal = std::get_if<Refusal>(&outcome);
    ASSERT_NE(refusal, nullptr);
    EXPECT_EQ(refusal->reason, Reason::not_the_guests_controller);
    EXPECT_TRUE(refusal->sentence.ends_with("; windows was given no controller")) << refusal->sentence;
    EXPECT_EQ(refusal->remedy,
              "name the EHCI in controllers of [guest.windows], or choose a socket that no mux reaches");
}

TEST(Plan, Invariant2RefusesASideThatNoDriverRunsUntilYes)
{
    Bench bench;
    fakes::controller(bench.snapshot, "00:1d.0").driver.clear();

    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "no-driver");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci), true)), "not refused");
}

// Names, and machines that cannot.
TEST(Plan, SaysWhichNameIsWrongAndWhatWasMeant)
{
    Bench bench;

    EXPECT_EQ(steps_of(bench.ask(move("frnt", ToHost{}))),
              "refused: there is no connector frnt; did you mean front?");
    EXPECT_EQ(steps_of(bench.ask(move("keys", GuestName("widnows")))),
              "refused: there is no guest widnows; did you mean windows?");
    EXPECT_EQ(steps_of(bench.ask(ApplyRequest{ProfileName("dsk")})),
              "refused: there is no profile dsk; did you mean desk?");
    EXPECT_EQ(refusal_of(bench.ask(move("bit14", ToHost{}))), "no-such-connector");
}

TEST(Plan, RefusesWhatItCannotReadOrReach)
{
    Bench bench;
    bench.settings.connectors[0].spec.bit.reset();
    bench.settings.connectors[0].spec.places = {*topology::UsbPlace::parse("0000:00:14.0/2")};
    EXPECT_EQ(refusal_of(bench.ask(move("front", ToHost{}))), "connector-without-bit");

    bench.settings.connectors[1].spec.superspeed = chips::SuperSpeedPort{7};
    EXPECT_EQ(refusal_of(bench.ask(move("keys", ToHost{}))), "no-such-superspeed-port");

    bench.snapshot.note_registers(*PciAddress::parse("00:14.0"), topology::Unreadable{});
    EXPECT_EQ(steps_of(bench.ask(move("rear", ToHost{}))),
              "refused: cannot read the routing registers of 0000:00:14.0: the kernel shows only its first "
              "64 bytes to "
              "a process without CAP_SYS_ADMIN; run it as root, or ask the daemon");
}

TEST(Plan, RefusesPortsOfTheNineSeriesLpThatNoEhciHas)
{
    Bench bench;
    auto& xhci = fakes::controller(bench.snapshot, "00:14.0");
    xhci.device = 0x9cb1;
    fakes::controller(bench.snapshot, "00:1d.0").device = 0x9ca6;

    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci))), "no-twin");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "not refused");
}

// The host's side.
TEST(Plan, HostMeansTheXhciAlthoughTheHostAlsoDrivesTheEhci)
{
    Bench bench;
    fakes::bits(bench.snapshot).usb2_owner = 0x3ffb;

    EXPECT_EQ(steps_of(bench.ask(move("keys", ToHost{}))), "setpci -s 0000:00:14.0 d0.l=4:4\n");
}

TEST(Plan, HostMeansTheEhciWhenTheXhciIsAGuests)
{
    Bench bench;
    fakes::controller(bench.snapshot, "00:14.0").driver = "vfio-pci";
    fakes::controller(bench.snapshot, "00:14.0").buses.clear();
    bench.settings.guests[0].controllers = {*PciAddress::parse("00:14.0")};

    const auto outcome = bench.ask(move("keys", ToHost{}));

    EXPECT_EQ(steps_of(outcome), "setpci -s 0000:00:14.0 d0.l=0:4\n");
    EXPECT_EQ(
        std::get<Plan>(outcome).warnings,
        std::vector<std::string>{"a guest owns xHCI 0000:00:14.0: it can change the routes at any time"});
}

TEST(Plan, WhatFirmwarePinsToTheHostsEhciIsTheHostsAlready)
{
    Bench bench;
    fakes::bits(bench.snapshot) = {
        .usb2_owner = 0, .usb2_movable = 0, .superspeed_on = 0x3f, .superspeed_movable = 0x3f};

    const auto outcome = bench.ask(ApplyRequest{ProfileName("all-host")});

    EXPECT_EQ(steps_of(outcome), "");
}

// Profiles and the round.
TEST(Toggle, GoesRoundAndStartsAtTheFirstWhenNoneHolds)
{
    Bench bench;
    const auto title = [&] { return std::get<Plan>(bench.ask(ToggleRequest{})).title; };

    EXPECT_EQ(title(), "toggle to on-ehci");
    carry_out(bench, std::get<Plan>(bench.ask(ToggleRequest{})));
    EXPECT_EQ(title(), "toggle to all-host");
    fakes::bits(bench.snapshot).usb2_owner = 0x3dff;
    EXPECT_EQ(title(), "toggle to all-host");
}

TEST(Toggle, OfOneProfileTakesTurnsWithEverythingToTheHost)
{
    Bench bench;
    const ToggleRequest request{{ProfileName("on-ehci")}};

    carry_out(bench, std::get<Plan>(bench.ask(request)));
    EXPECT_EQ(fakes::bits(bench.snapshot).usb2_owner, 0x3ffbu);
    carry_out(bench, std::get<Plan>(bench.ask(request)));
    EXPECT_EQ(fakes::bits(bench.snapshot).usb2_owner, 0x3fffu);
    fakes::bits(bench.snapshot).usb2_owner = 0x3dff; // neither holds
    carry_out(bench, std::get<Plan>(bench.ask(request)));
    EXPECT_EQ(fakes::bits(bench.snapshot).usb2_owner, 0x3ffbu);
}

TEST(Toggle, PassesOverWhatMeansTheSameWiresAndDoesNotStopThere)
{
    Bench bench;
    auto same = *bench.settings.profile(ProfileName("on-ehci"));
    same.name = ProfileName("the-same");
    bench.settings.profiles.push_back(same);
    const ToggleRequest request{{ProfileName("all-host"), ProfileName("on-ehci"), ProfileName("the-same")}};
    const auto toggle = [&] {
        const auto plan = std::get<Plan>(bench.ask(request));
        carry_out(bench, plan);
        bench.snapshot.applied = plan.change.applied_after(bench.snapshot.applied);
        return plan.title;
    };

    EXPECT_EQ(toggle(), "toggle to on-ehci");
    EXPECT_EQ(toggle(), "toggle to all-host");
    EXPECT_EQ(toggle(), "toggle to on-ehci");

    const ToggleRequest only_these{{ProfileName("on-ehci"), ProfileName("the-same")}};
    EXPECT_FALSE(std::get<Plan>(bench.ask(only_these)).changes_something()) << "there is nowhere else to go";
}

TEST(Toggle, TheOneInForceIsTheOneThatWasAskedFor)
{
    Bench bench;
    auto same = *bench.settings.profile(ProfileName("on-ehci"));
    same.name = ProfileName("the-same");
    bench.settings.profiles.push_back(same);
    const auto in_force = [&] { return profile_in_force(bench.snapshot, bench.settings)->text(); };
    carry_out(bench, std::get<Plan>(bench.ask(ToggleRequest{{ProfileName("the-same")}})));
    EXPECT_EQ(in_force(), "on-ehci") << "nobody remembers";

    bench.snapshot.applied = ProfileName("the-same");
    EXPECT_EQ(in_force(), "the-same");

    carry_out(bench, std::get<Plan>(bench.ask(move("keys", Side::xhci))));
    EXPECT_EQ(in_force(), "all-host") << "it does not hold any more";
}

TEST(Toggle, LeavesSocketsThatNobodyNamedWhereTheyAre)
{
    Bench bench;
    fakes::bits(bench.snapshot).usb2_owner = 0x2fff; // bit 12 is nobody's

    carry_out(bench, std::get<Plan>(bench.ask(ToggleRequest{})));

    EXPECT_EQ(fakes::bits(bench.snapshot).usb2_owner, 0x2ffbu);
}

TEST(Toggle, WithoutProfilesSaysWhatToWrite)
{
    Bench bench;
    bench.settings.profiles.clear();
    bench.settings.toggle.clear();

    EXPECT_EQ(refusal_of(bench.ask(ToggleRequest{})), "nothing-to-toggle");
}

TEST(Apply, DoesNotTouchTheSuperSpeedHalfOfAConnectorItOnlyImplies)
{
    Bench bench;
    fakes::bits(bench.snapshot).superspeed_on = 0x3e; // somebody switched front's off

    EXPECT_EQ(steps_of(bench.ask(ApplyRequest{ProfileName("on-ehci")})), "setpci -s 0000:00:14.0 d0.l=0:4\n");
}

// Undo.
TEST(Plan, SaysAllThatWasAskedForAlsoWhatWasSoAlready)
{
    Bench bench;

    const auto plan = std::get<Plan>(bench.ask(ApplyRequest{ProfileName("on-ehci")}));

    EXPECT_EQ(fakes::usb2(plan.change), (fakes::Bits{.mask = 4, .before = 4, .after = 0}));
    EXPECT_EQ(fakes::usb2(plan.whole).after & 4u, 0u);
    EXPECT_GT(std::popcount(fakes::usb2(plan.whole).mask), 1);
    EXPECT_EQ(fakes::usb2(plan.whole).after, fakes::usb2(plan.whole).mask & ~4u);
}

// Properties, over every state of the four bits that the configuration and the board make interesting.
TEST(Properties, PlanningTwiceChangesNothingAndOtherBitsStay)
{
    const std::vector<Wish> wishes{move("front", Side::ehci),
                                   move("front", Side::xhci),
                                   move("rear", ToHost{}),
                                   ApplyRequest{ProfileName("on-ehci")},
                                   ApplyRequest{ProfileName("all-host")},
                                   MoveRequest{{ConnectorName("keys"), ConnectorName("front")}, Side::ehci}};
    for (std::uint32_t state = 0; state < 64; ++state)
        for (const auto& wish : wishes) {
            Bench bench;
            auto& bits = fakes::bits(bench.snapshot);
            bits.usb2_owner =
                0xabcd'4000 | (state & 1) | (state & 2) << 1 | (state & 4) << 7 | (state & 8) << 8;
            bits.superspeed_on = 0xffff'ff00 | (state >> 4);
            const auto before = bits;

            const auto plan = std::get<Plan>(bench.ask(wish));
            carry_out(bench, plan);

            constexpr std::uint32_t ours = 0x205; // front, keys, rear
            EXPECT_EQ(bits.usb2_owner & ~ours, before.usb2_owner & ~ours);
            EXPECT_EQ(bits.superspeed_on & ~1u, before.superspeed_on & ~1u);
            EXPECT_TRUE(std::get<Plan>(bench.ask(wish)).steps.empty())
                << text_of(wish) << " from state " << state;
            EXPECT_EQ(fakes::usb2(plan.change.inverse().inverse()), fakes::usb2(plan.change));
            for (const auto& step : plan.steps) {
                const auto& write = std::get<route::WriteRegister>(step.action);
                EXPECT_EQ(write.value & ~write.mask, 0u);
            }
        }
}

TEST(Properties, TheSameSituationGivesTheSamePlan)
{
    Bench bench;

    EXPECT_EQ(steps_of(bench.ask(ToggleRequest{})), steps_of(bench.ask(ToggleRequest{})));
}

} // namespace
} // namespace usbroute::plan
