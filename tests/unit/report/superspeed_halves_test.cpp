// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "fakes/boards.hpp"
#include "plan/plan.hpp"
#include "report/views.hpp"
#include "route/superspeed_halves.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace usbroute::route {
namespace {

/// A stick in SuperSpeed port 3, of which `fakes::settings()` says nothing.
topology::Snapshot with_a_stick(const char* place = "4-3")
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, place, "Stick").speed = {5'000'000};
    fakes::controller(snapshot, "0000:00:1a.0").driver = "vfio-pci";
    fakes::controller(snapshot, "0000:00:1d.0").driver = "vfio-pci";
    return snapshot;
}

std::vector<std::string> loose_in(const topology::Snapshot& snapshot)
{
    const auto mux = find_mux(snapshot);
    return texts_of(loose_superspeed(snapshot, *mux, fakes::settings().specs()), &LooseSuperSpeed::text);
}

std::vector<std::string> warnings_of(const topology::Snapshot& snapshot, const char* connector,
                                     const char* to)
{
    const topology::HostUse nothing_in_use;
    const auto settings = fakes::settings();
    const auto outcome = plan::make_plan(
        {.snapshot = snapshot,
         .settings = settings,
         .use = nothing_in_use,
         .last_change = {},
         .standing = {}},
        {.wish = plan::MoveRequest{.connectors = {ConnectorName(connector)}, .to = config::target_from(to)}});
    const auto* made = std::get_if<plan::Plan>(&outcome);
    return made == nullptr ? std::vector<std::string>{"refused"} : made->warnings;
}

TEST(SuperSpeedHalves, ADeviceInAPortThatNoConnectorHasIsLoose)
{
    EXPECT_EQ(loose_in(with_a_stick()),
              std::vector<std::string>{"Stick (1234:5678) is in SuperSpeed port 3, which no connector has"});
    EXPECT_EQ(loose_in(with_a_stick("4-1")), std::vector<std::string>{}); // front's
    EXPECT_EQ(loose_in(with_a_stick("3-4")), std::vector<std::string>{}); // USB 2
}

TEST(SuperSpeedHalves, AMoveToTheGuestSaysWhatMayStayBehind)
{
    const auto snapshot = with_a_stick();

    EXPECT_EQ(
        warnings_of(snapshot, "rear", "windows"),
        std::vector<std::string>{
            "Stick (1234:5678) is in SuperSpeed port 3, which no connector has: if that is in rear, it stays with the host; `usbroute map` learns it"});
    // The half of this one is known.
    EXPECT_EQ(warnings_of(snapshot, "front", "windows"), std::vector<std::string>{});
}

TEST(SuperSpeedHalves, StatusSaysSoToo)
{
    const auto view = report::status_view(with_a_stick(), fakes::settings(), {});

    EXPECT_EQ(
        std::ranges::count(
            view.notes,
            "Stick (1234:5678) is in SuperSpeed port 3, which no connector has: it stays with the host wherever its socket goes; `usbroute map` learns it"),
        1);
}

TEST(SuperSpeedHalves, OneThatFirmwareKnowsIsMissedUntilSomebodyHasIt)
{
    auto snapshot = fakes::z97();
    const topology::PortPath usb2(3, {6});
    const topology::PortPath superspeed(4, {3});
    snapshot.ports = topology::in_order(std::vector<topology::SharedHub>{
        std::make_shared<std::vector<topology::HubPort>>(std::vector<topology::HubPort>{
            {.place = usb2, .connect_type = "hotplug", .peer = superspeed, .location = 0x80}}),
        std::make_shared<std::vector<topology::HubPort>>(std::vector<topology::HubPort>{
            {.place = superspeed, .connect_type = "hotplug", .peer = usb2, .location = 0x80}})});
    const auto mux = find_mux(snapshot);
    auto specs = fakes::settings().specs();
    const auto rear =
        std::ranges::find(specs, ConnectorName("rear"), &topology::ConnectorSpec::name) - specs.begin();

    const auto missed = unknown_superspeed(snapshot, mux, specs[static_cast<std::size_t>(rear)], specs);
    specs.front().superspeed = chips::SuperSpeedPort{3};
    const auto taken = unknown_superspeed(snapshot, mux, specs[static_cast<std::size_t>(rear)], specs);

    ASSERT_TRUE(missed);
    EXPECT_EQ(missed->told->place.text(), "0000:00:14.0/ss3");
    EXPECT_FALSE(taken);
}

} // namespace
} // namespace usbroute::route
