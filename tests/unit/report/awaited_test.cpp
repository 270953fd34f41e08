// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "report/awaited.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace usbroute::report {
namespace {

using Missing = std::vector<std::string>;

/// rear-1 has a mouse, rear-2 is empty.
StatusView a_desk()
{
    StatusView view;
    view.connectors.resize(2);
    view.connectors[0].name = "rear-1";
    view.connectors[0].owner = "windows";
    view.connectors[0].devices.emplace_back();
    view.connectors[1].name = "rear-2";
    view.connectors[1].owner = "host";
    view.controllers.push_back(
        {.address = "0000:00:1d.0", .kind = {}, .id = {}, .driver = "ehci-pci", .owner = {}});
    return view;
}

TEST(Awaited, WhatWaitsIsNotThereYet)
{
    auto view = a_desk();
    view.connectors[0].waits = {
        {.place = "3-1", .code = "under-way", .why = "a mouse is about to be given", .errors = {}}};

    EXPECT_EQ(not_there_yet(view, {"rear-1"}), Missing{"rear-1: a mouse is about to be given"});
    EXPECT_EQ(not_there_yet(view, {}), Missing{"rear-1: a mouse is about to be given"});
    EXPECT_EQ(not_there_yet(view, {"rear-2"}), Missing{});
    EXPECT_EQ(not_there_yet(view, {"rear-3"}).error().code(), "no-such-connector");
}

TEST(Awaited, AGuestThatIsOffIsMissedOnlyForWhatIsThere)
{
    auto view = a_desk();
    const WaitView off{.place = {}, .code = "guest-off", .why = "windows does not run", .errors = {}};
    view.connectors[0].waits = {off};
    view.connectors[1].waits = {off};

    EXPECT_EQ(not_there_yet(view, {}), Missing{"rear-1: windows does not run"});
}

TEST(Awaited, APlaceThatIsMissingCountsWhereItIsAskedFor)
{
    auto view = a_desk();
    view.connectors[1].missing = "hub desk is not plugged in";

    EXPECT_EQ(not_there_yet(view, {}), Missing{});
    EXPECT_EQ(not_there_yet(view, {"rear-2"}), Missing{"rear-2: hub desk is not plugged in"});
}

TEST(Awaited, AGuestThatGetsItsControllersWhileItRunsStartsWithoutThem)
{
    const auto view = a_desk();
    const config::GuestSettings guest{.name = GuestName("windows"),
                                      .controllers = {PciAddress::parse("0000:00:1d.0").value()},
                                      .bind = config::BindAt::running,
                                      .origin = {}};

    EXPECT_EQ(not_ready_for(view, guest, {}), Missing{});
}

TEST(Awaited, AGuestMayStartWhenItsControllersAreOnVfioPciAndTheSocketsAreItsOwn)
{
    auto view = a_desk();
    const config::GuestSettings guest{.name = GuestName("windows"),
                                      .controllers = {PciAddress::parse("0000:00:1d.0").value()},
                                      .origin = {}};

    EXPECT_EQ(not_ready_for(view, guest, {}),
              Missing{"0000:00:1d.0 has ehci-pci, and not vfio-pci: sudo usbroute guest bind windows"});
    view.controllers[0].driver = "vfio-pci";
    EXPECT_EQ(not_ready_for(view, guest, {"rear-1"}), Missing{});
    EXPECT_EQ(not_ready_for(view, guest, {"rear-2"}),
              Missing{"rear-2 belongs to host, and not to windows: usbroute move rear-2 --to windows"});
    view.controllers.clear();
    EXPECT_EQ(not_ready_for(view, guest, {}), Missing{"there is no USB controller 0000:00:1d.0"});
}

} // namespace
} // namespace usbroute::report
