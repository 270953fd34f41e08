// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "plan/plan.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::plan {
namespace {

/// The Z97 board with a card at 02:00.0 beside it, which has the sockets `card-1` and `card-2`. The guest `games` is to have the card
/// whole; `work` has a monitor.
struct WholeBench {
    WholeBench()
    {
        auto controller = snapshot.controllers.front();
        controller.address = card;
        controller.name = card.text();
        controller.vendor = 0x1b21;
        controller.device = 0x2142;
        controller.buses = {{7, topology::Speed{480'000}, 2}, {8, topology::Speed{5'000'000}, 2}};
        snapshot.controllers.edit().push_back(controller);
        for (const auto* name : {"card-1", "card-2"}) {
            config::ConnectorSettings connector;
            connector.spec.name = ConnectorName(name);
            const auto port = static_cast<std::uint8_t>(name[5] - '0');
            connector.spec.places = {{.controller = card, .ports = {port}}};
            settings.connectors.push_back(connector);
        }
        settings.guests.push_back({.name = GuestName("games"), .controllers = {card}});
        settings.guests.push_back(
            {.name = GuestName("work"), .controllers = {}, .qmp = "/run/usbroute/work.qmp"});
    }
    void give()
    {
        for (auto& controller : snapshot.controllers.edit())
            if (controller.address == card) controller.driver = "vfio-pci";
    }
    Outcome move_to(const config::Target& target) const
    {
        return make_plan(
            {.snapshot = snapshot, .settings = settings, .use = use, .last_change = {}, .standing = {}},
            {.wish = MoveRequest{.connectors = {ConnectorName("card-1")}, .to = target}});
    }
    static std::string told(const Outcome& outcome)
    {
        if (const auto* refusal = std::get_if<Refusal>(&outcome))
            return std::string(code_of(refusal->reason)) + ": " + text_of(*refusal);
        return std::get<Plan>(outcome).changes_something() ? "a change" : "nothing to do";
    }

    const PciAddress card = *PciAddress::parse("02:00.0");
    topology::Snapshot snapshot = fakes::z97();
    config::Settings settings = fakes::settings();
    topology::HostUse use;
};

TEST(WholeController, IsOfferedWhereASocketGoesToItsGuestOnlyWithIt)
{
    EXPECT_EQ(
        WholeBench::told(WholeBench().move_to(GuestName("games"))),
        "whole-controller: card-1 goes to games only with its whole controller 0000:02:00.0 ([guest.games] has "
        "0000:02:00.0 among its controllers, and neither qmp nor libvirt); `sudo usbroute guest bind games` "
        "gives 0000:02:00.0, and card-2 with it");
}

TEST(WholeController, KeepsItsSocketsWithItsGuest)
{
    WholeBench bench;
    bench.give();

    for (const auto& target : {config::Target(config::ToHost{}), config::Target(GuestName("work")),
                               config::Target(config::ToNobody{})})
        EXPECT_EQ(
            WholeBench::told(bench.move_to(target)),
            "whole-controller: card-1 is on 0000:02:00.0, which games has whole (the driver of 0000:02:00.0 is "
            "vfio-pci); `sudo usbroute guest release games` takes 0000:02:00.0 back, and card-2 with it");
    EXPECT_EQ(WholeBench::told(bench.move_to(GuestName("games"))), "nothing to do");
}

TEST(WholeController, OfAGuestThatCanBeAskedIsTakenOutOfIt)
{
    WholeBench bench;
    bench.give();
    bench.settings.guests[bench.settings.guests.size() - 2].qmp = "/run/usbroute/games.qmp";

    EXPECT_NE(WholeBench::told(bench.move_to(config::ToHost{})).find("`sudo usbroute guest unassign games`"),
              std::string::npos);
}

TEST(WholeController, DoesNotKeepAProfileFromHoldingThatDoesNotNameItsSockets)
{
    WholeBench bench;
    bench.give();
    const auto outcome = make_plan({.snapshot = bench.snapshot,
                                    .settings = bench.settings,
                                    .use = bench.use,
                                    .last_change = {},
                                    .standing = {}},
                                   {.wish = ApplyRequest{.profile = bench.settings.profiles.front().name}});

    EXPECT_TRUE(std::holds_alternative<Plan>(outcome)) << WholeBench::told(outcome);
}

TEST(WholeController, OfTheHostLeavesItsSocketsToBeGivenOneByOne)
{
    EXPECT_EQ(WholeBench::told(WholeBench().move_to(GuestName("work"))), "a change");
}

} // namespace
} // namespace usbroute::plan
