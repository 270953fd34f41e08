// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "topology/halves.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::topology {
namespace {

/// Of amd-a520m: the controller 00:01.2/00.0 (02:00.0) has 9 USB 2 ports and 3 SuperSpeed ports, 00:08.1/00.3 (30:00.3) 4 of each;
/// equal numbers are paired, without firmware's word.
struct PairedBoard {
    Snapshot snapshot = fakes::recorded("amd-a520m").snapshot;
    std::vector<ConnectorSpec> all = {};

    const ConnectorSpec& add(std::string_view name, std::vector<std::string_view> places)
    {
        ConnectorSpec spec{
            .name = ConnectorName(std::string(name)), .bit = {}, .superspeed = {}, .places = {}, .seen = {}};
        for (const auto text : places) {
            if (auto place = UsbPlace::parse(text))
                spec.places.push_back(*place);
            else
                spec.ways.push_back(*WayPlace::parse(text));
        }
        return all.emplace_back(std::move(spec));
    }
    /// "SuperSpeed half 0000:30:00.3/ss4"; "no" where nothing is missing.
    [[nodiscard]] std::string missing(std::string_view name) const
    {
        for (const auto& spec : all) {
            if (spec.name.text() != name) continue;
            const auto half = unknown_half(snapshot, spec, all);
            if (!half) return "no";
            return std::string(half->name()) + (half->told ? " " + half->told->place.text() : "");
        }
        return "not there";
    }
    /// Changes one port of the kernel's list.
    template <class Change> void change(std::string_view place, Change change_it)
    {
        std::vector<SharedHub> hubs;
        for (const auto& hub : snapshot.ports) {
            auto ports = *hub;
            for (auto& port : ports)
                if (port.place.text() == place) change_it(port);
            hubs.push_back(std::make_shared<const std::vector<HubPort>>(std::move(ports)));
        }
        snapshot.ports = in_order(std::move(hubs));
    }
};

TEST(Halves, MissTheOneThatAConnectorDoesNotName)
{
    PairedBoard board;
    board.add("usb2", {"0000:30:00.3/4"});
    board.add("by-way", {"00:08.1/00.3 ss3"});
    board.add("both", {"0000:30:00.3/1", "0000:30:00.3/ss1"});
    board.add("both-forms", {"0000:30:00.3/2", "00:08.1/00.3 ss2"});

    EXPECT_EQ(board.missing("usb2"), "SuperSpeed half 0000:30:00.3/ss4");
    EXPECT_EQ(board.missing("by-way"), "USB 2 half 0000:30:00.3/3");
    EXPECT_EQ(board.missing("both"), "no");
    EXPECT_EQ(board.missing("both-forms"), "no");
}

TEST(Halves, AreNotMissedWhereASocketHasOnlyOne)
{
    PairedBoard board;
    board.add("usb2-only", {"0000:02:00.0/5"});
    board.add("taken", {"0000:30:00.3/4"});
    board.add("takes-it", {"0000:30:00.3/3", "0000:30:00.3/ss4"});
    board.add("behind-a-hub", {"0000:30:00.3/1.2"});
    board.add("nowhere", {"0000:05:00.0/1"});
    board.add("not-used", {"0000:02:00.0/2"});
    board.add("soldered", {"0000:02:00.0/ss3"});
    board.change("2-2", [](HubPort& port) { port.connect_type = "not used"; });
    board.change("2-3", [](HubPort& port) { port.connect_type = "hardwired"; });

    for (const auto& spec : board.all) EXPECT_EQ(board.missing(spec.name.text()), "no") << spec.name.text();
}

TEST(Halves, OfASuperSpeedPortAreMissedAlsoWhereNobodyKnowsThePort)
{
    PairedBoard board;
    board.add("usb3", {"0000:30:00.3/ss4"});
    board.change("4-4", [](HubPort& port) { port.peer.reset(); });
    EXPECT_EQ(board.missing("usb3"), "USB 2 half");
}

TEST(Halves, SayWhoseWordItIs)
{
    PairedBoard board;
    const auto place = *UsbPlace::parse("0000:30:00.3/4");
    EXPECT_EQ(other_half_of(board.snapshot, place)->said(), "the kernel guesses, from equal numbers,");
    board.change("3-4", [](HubPort& port) { port.location = 0x2200; });
    EXPECT_EQ(other_half_of(board.snapshot, place)->said(), "firmware says");
}

TEST(Halves, AreWrittenByTheWayOnlyWhereItSaysMoreThanTheAddress)
{
    const auto below = *UsbPlace::parse("0000:30:00.3/ss4");
    EXPECT_EQ(text_of(lasting_form(PairedBoard().snapshot, below)), "00:08.1/00.3 ss4");
    const auto on_root_bus = *UsbPlace::parse("0000:00:14.0/5");
    EXPECT_EQ(text_of(lasting_form(fakes::recorded("z97e-itx-ac").snapshot, on_root_bus)), "0000:00:14.0/5");
    const auto absent = *UsbPlace::parse("0000:05:00.0/5");
    EXPECT_EQ(text_of(lasting_form(PairedBoard().snapshot, absent)), "0000:05:00.0/5");
}

} // namespace
} // namespace usbroute::topology
