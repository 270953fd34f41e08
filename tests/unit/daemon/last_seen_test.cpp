// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "daemon/for_guest.hpp"
#include "daemon/last_seen.hpp"
#include "fakes/served_world.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace usbroute::daemon {
namespace {

using fakes::ServedWorld;
using fakes::Thing;

std::string last_seen_in(ServedWorld& served, const char* connector)
{
    const auto document = served.ask(R"({"do":"status"})");
    const auto at = document.find(std::string(R"("name":")") + connector + "\"");
    const auto end = document.find(R"("devices")", at);
    const auto part = document.substr(at, end - at);
    const auto key = part.find(R"("last_seen":")");
    if (key == std::string::npos) return {};
    const auto begin = key + 13;
    return part.substr(begin, part.find('"', begin) - begin);
}

/// Looks again, as often as it takes.
void look(ServedWorld& served)
{
    served.something_has_happened();
    (void)served.ask("status");
    served.ground.loop.run_errand();
    served.ground.loop.settle();
}

TEST(LastSeen, IsWhatWasInTheSocketBeforeAGuestGotIt)
{
    ServedWorld served;
    served.give_ehcis_to_windows();
    served.start();
    EXPECT_EQ(last_seen_in(served, "rear"), "");

    (void)served.ask("move rear windows revert-after=0");
    look(served);

    EXPECT_EQ(last_seen_in(served, "rear"), "Mouse");
}

TEST(LastSeen, IsGoneWhenTheHostSeesTheSocketAgain)
{
    ServedWorld served;
    served.give_ehcis_to_windows();
    served.start();
    (void)served.ask("move rear windows revert-after=0");
    look(served);

    (void)served.ask("move rear host");
    look(served);

    EXPECT_EQ(last_seen_in(served, "rear"), "");
}

TEST(LastSeen, DoesNotOutliveAPullWhileTheHostHasTheSocket)
{
    ServedWorld served;
    served.give_ehcis_to_windows();
    served.start();
    served.world.unplug(ServedWorld::rear);
    look(served);

    (void)served.ask("move rear windows revert-after=0");
    look(served);

    EXPECT_EQ(last_seen_in(served, "rear"), "");
}

TEST(LastSeen, IsAtMost64CharactersOfAHostileNameAndNoneThatSteersATerminal)
{
    auto before = fakes::z97();
    fakes::plug(before, "3-6", "\x1b[2J" + std::string(300, 'x'));
    auto now = fakes::z97();
    fakes::bits(now).usb2_owner &= ~(1U << 9U);
    fakes::controller(now, "0000:00:1a.0").driver = "vfio-pci";
    fakes::controller(now, "0000:00:1d.0").driver = "vfio-pci";
    Findings findings;
    findings.left = {*before.devices.begin()};
    findings.before = std::make_shared<const topology::Snapshot>(before);
    LastSeen last_seen;

    last_seen.look(findings, now, fakes::settings());

    report::ConnectorView rear;
    rear.name = "rear";
    rear.owner = "windows";
    last_seen.show(rear);
    EXPECT_TRUE(rear.last_seen.starts_with("\\x1b[2Jxxx")) << rear.last_seen;
    EXPECT_LE(columns(rear.last_seen), 64u);
    EXPECT_GT(columns(rear.last_seen), 40u) << "what there is room for is shown";
}

TEST(LastSeen, IsNotShownForASocketThatTheHostHasOrSees)
{
    auto before = fakes::z97();
    fakes::plug(before, "3-6", "Mouse");
    auto now = fakes::z97();
    fakes::bits(now).usb2_owner &= ~(1U << 9U);
    fakes::controller(now, "0000:00:1a.0").driver = "vfio-pci";
    fakes::controller(now, "0000:00:1d.0").driver = "vfio-pci";
    Findings findings;
    findings.left = {*before.devices.begin()};
    findings.before = std::make_shared<const topology::Snapshot>(before);
    LastSeen last_seen;
    last_seen.look(findings, now, fakes::settings());

    report::ConnectorView of_the_host;
    of_the_host.name = "rear";
    of_the_host.owner = "host";
    last_seen.show(of_the_host);
    report::ConnectorView with_something;
    with_something.name = "rear";
    with_something.owner = "windows";
    with_something.devices.push_back(
        {.place = "4-1", .name = "Disk", .speed = {}, .disks = {}, .in_use = {}});
    last_seen.show(with_something);

    EXPECT_EQ(of_the_host.last_seen, "");
    EXPECT_EQ(with_something.last_seen, "");
}

TEST(LastSeen, OfAnotherGuestsSocketIsNotToldOverAGuestsLine)
{
    const plan::Sight of_windows{
        .guest = GuestName("windows"), .sockets = {"rear", "keys"}, .profiles = {}, .lines = {"windows"}};
    report::StatusView view;
    view.connectors.resize(2);
    view.connectors[0].name = "rear";
    view.connectors[0].owner = "windows";
    view.connectors[0].last_seen = "Mouse";
    view.connectors[1].name = "keys";
    view.connectors[1].owner = "linux";
    view.connectors[1].last_seen = "Keyboard";

    const auto seen = for_guest(of_windows, view);

    ASSERT_EQ(seen.connectors.size(), 2u);
    EXPECT_EQ(seen.connectors[0].last_seen, "Mouse");
    EXPECT_EQ(seen.connectors[1].last_seen, "");
}

} // namespace
} // namespace usbroute::daemon
