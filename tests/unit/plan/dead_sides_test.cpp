// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "plan/dead_sides.hpp"
#include "plan/ownership.hpp"
#include "plan/plan.hpp"

#include <gtest/gtest.h>

namespace usbroute::plan {
namespace {

using topology::Side;

std::string outcome_of(const topology::Snapshot& snapshot, config::Target to, bool yes = false)
{
    const auto settings = fakes::settings();
    const topology::HostUse use;
    const auto outcome =
        make_plan({.snapshot = snapshot, .settings = settings, .use = use, .last_change = {}, .standing = {}},
                  {.wish = MoveRequest{.connectors = {ConnectorName("rear")}, .to = std::move(to)},
                   .yes = yes,
                   .force_disks = {}});
    if (const auto* refusal = std::get_if<Refusal>(&outcome))
        return std::string(code_of(refusal->reason)) + ": " + text_of(*refusal);
    std::string text = "planned";
    for (const auto& warning : std::get<Plan>(outcome).warnings) text += "; " + warning;
    return text;
}

// "rear" is bit 9: its twin is on EHCI #2, 00:1a.0.

TEST(DeadSides, OfAStubHaveNoOwnerAndTakeNoSocket)
{
    for (const auto* driver : {"pci-stub", "xen-pciback", "pciback", "uio_pci_generic", "igb_uio"}) {
        auto snapshot = fakes::z97();
        auto& ehci = fakes::controller(snapshot, "00:1a.0");
        ehci.driver = driver;
        ehci.iommu_group = 7;
        ehci.buses.clear();

        EXPECT_EQ(text_of(owner_of(&ehci, fakes::settings())), "nobody") << driver;
        EXPECT_EQ(outcome_of(snapshot, Side::ehci), std::string("no-driver: ") + driver +
                                                        " holds EHCI 0000:00:1a.0, and nobody can use it, so "
                                                        "rear would be dead there; bind it first: sudo "
                                                        "usbroute guest bind windows");
        EXPECT_EQ(outcome_of(snapshot, Side::ehci, true), "planned") << driver;
        EXPECT_EQ(outcome_of(snapshot, GuestName("windows")),
                  std::string(
                      "guest-not-given: EHCI #2 0000:00:1a.0 has not been given to windows: its driver is ") +
                      driver + ", from which nobody has it; give it first: sudo usbroute guest bind windows");
    }
}

TEST(DeadSides, OfAStubWithoutAnIommuAreNotToldToBeBound)
{
    auto snapshot = fakes::z97();
    fakes::controller(snapshot, "00:1a.0").driver = "pci-stub";

    EXPECT_EQ(outcome_of(snapshot, Side::ehci).find("guest bind"), std::string::npos);
    EXPECT_EQ(outcome_of(snapshot, GuestName("windows")).find("guest bind"), std::string::npos);
}

TEST(DeadSides, AreBehindAHubThatIsNotAuthorized)
{
    auto snapshot = fakes::z97();
    auto& hub = fakes::plug(snapshot, "1-1", "rate matching hub");
    hub.device_class = 9;
    hub.authorized = false;

    EXPECT_EQ(
        outcome_of(snapshot, Side::ehci),
        "not-authorized: the rate matching hub 1-1 of EHCI 0000:00:1a.0 is not authorized, so nothing behind it "
        "is seen, so rear would be dead there; authorize 1-1: echo 1 > /sys/bus/usb/devices/1-1/authorized");
    EXPECT_EQ(outcome_of(snapshot, Side::ehci, true), "planned");

    hub.authorized = true;
    EXPECT_EQ(outcome_of(snapshot, Side::ehci), "planned");
    fakes::controller(snapshot, "00:1a.0").buses.front().authorized = false;
    EXPECT_TRUE(
        outcome_of(snapshot, Side::ehci).starts_with("not-authorized: root hub usb1 of EHCI 0000:00:1a.0"));
}

TEST(DeadSides, AreNotThoseWhereADeviceHasToWait)
{
    auto snapshot = fakes::z97();
    fakes::controller(snapshot, "00:1a.0").asleep = true;
    EXPECT_EQ(
        outcome_of(snapshot, Side::ehci),
        "planned; EHCI 0000:00:1a.0 is asleep: what arrives there is seen only if it wakes the controller");

    fakes::controller(snapshot, "00:1a.0").asleep = false;
    fakes::controller(snapshot, "00:1a.0").buses.front().authorizes_new = false;
    EXPECT_EQ(
        outcome_of(snapshot, Side::ehci),
        "planned; new devices on EHCI 0000:00:1a.0 wait to be authorized: what arrives there is not used until somebody authorizes it (authorized_default of usb1)");
}

TEST(DeadSides, TakeNoLastKeyboardThatWouldWaitToBeAuthorized)
{
    auto snapshot = fakes::z97();
    fakes::plug_keyboard(snapshot, "3-6"); // bit 9 on the xHCI
    EXPECT_EQ(outcome_of(snapshot, Side::ehci), "planned");

    fakes::controller(snapshot, "00:1a.0").buses.front().authorizes_new = false;
    EXPECT_TRUE(outcome_of(snapshot, Side::ehci).starts_with("last-keyboard: "));
}

} // namespace
} // namespace usbroute::plan
