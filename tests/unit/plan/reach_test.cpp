// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "plan/reach.hpp"

#include <gtest/gtest.h>

namespace usbroute::plan {
namespace {

config::Settings settings_of(std::string text)
{
    const config::SourceText source{.name = "t", .text = std::move(text)};
    auto settings = config::parse({&source, 1});
    EXPECT_TRUE(settings.has_value());
    return settings ? *settings : config::Settings{};
}

std::string all_of(const topology::Snapshot& snapshot, const std::string& text)
{
    std::string found;
    for (const auto& one : out_of_reach(snapshot, settings_of(text)))
        found += one.subject + ": " + one.sentence + "\n";
    return found;
}

// Bits 0 to 7 of a Z97 board have their twins on EHCI #1 (00:1d.0), bits 8 to 13 on EHCI #2 (00:1a.0).
const std::string low_socket = "[connector.front]\nmux_bit = 3\n";
const std::string high_socket = "[connector.rear]\nmux_bit = 9\n";
const std::string wrong_guest = "[guest.windows]\ncontrollers = [\"0000:00:1a.0\"]\n";
const std::string right_guest = "[guest.windows]\ncontrollers = [\"0000:00:1d.0\"]\n";
const std::string desk_profile = "[profile.desk]\nwindows = [\"front\"]\n";

TEST(Reach, OfAGuestWithTheWrongEhciIsKnownBeforeItIsBound)
{
    const auto snapshot = fakes::z97(); // both EHCIs are still the host's

    EXPECT_EQ(
        all_of(snapshot, low_socket + wrong_guest + desk_profile),
        "guest windows: no socket that has a name reaches 0000:00:1a.0 through the mux\n"
        "profile desk: it can never be applied: front can reach EHCI #1 0000:00:1d.0 and xHCI 0000:00:14.0; "
        "windows was given 0000:00:1a.0\n");
}

TEST(Reach, IsComplainedOfOnlyWhereItIsMissing)
{
    const auto snapshot = fakes::z97();

    EXPECT_EQ(all_of(snapshot, low_socket + right_guest + desk_profile), "");
    EXPECT_EQ(all_of(snapshot, low_socket + high_socket + wrong_guest), "");
    EXPECT_EQ(all_of(snapshot, wrong_guest), ""); // no socket has a name yet
    EXPECT_EQ(all_of(snapshot, low_socket +
                                   "[guest.windows]\ncontrollers = [\"0000:00:1d.0\", \"0000:00:1a.0\"]\n" +
                                   desk_profile),
              "");
    // A card goes whole: the mux has nothing to do with it.
    EXPECT_EQ(all_of(snapshot, low_socket + "[guest.windows]\ncontrollers = [\"0000:05:00.0\"]\n"), "");
    EXPECT_EQ(all_of({}, low_socket + wrong_guest + desk_profile), "");
}

TEST(Reach, IsKnownWithoutTheRegistersAsFarAsTheChipGoes)
{
    auto snapshot = fakes::z97();
    snapshot.note_registers(snapshot.controllers.front().address, topology::Unreadable{});

    EXPECT_NE(all_of(snapshot, low_socket + wrong_guest + desk_profile), "");
    EXPECT_EQ(all_of(snapshot, low_socket + right_guest + desk_profile), "");
}

TEST(Reach, OfASocketThatFirmwareHoldsIsNone)
{
    auto snapshot = fakes::z97();
    fakes::bits(snapshot).usb2_movable = 0x3ff0;

    EXPECT_EQ(
        all_of(snapshot, low_socket + high_socket + right_guest + desk_profile),
        "guest windows: no socket that has a name reaches 0000:00:1d.0 through the mux\n"
        "profile desk: it cannot be applied as firmware is set up: firmware does not let bit 3 of XUSB2PR move "
        "(XUSB2PRM is 0x3ff0)\n");
}

TEST(Reach, OfAProfileThatAGuestsControllersTakeAwayIsToldFromOneThatNeverWas)
{
    auto snapshot = fakes::z97();
    fakes::bits(snapshot).usb2_movable = 0x3ff7;
    fakes::bits(snapshot).usb2_owner = 0x3ff7; // "front" is on EHCI, and firmware holds it there

    EXPECT_EQ(all_of(snapshot, low_socket + "[profile.all-host]\n"), "");
    EXPECT_EQ(
        all_of(snapshot, low_socket + right_guest + "[profile.all-host]\n"),
        "profile all-host: it cannot be applied once the guests have their controllers: firmware does not let bit "
        "3 of XUSB2PR move (XUSB2PRM is 0x3ff7)\n");
}

TEST(Reach, NamesTwoSocketsOfOneEhciThatAProfileWantsAtTwoGuests)
{
    const auto snapshot = fakes::z97();
    const auto settings =
        settings_of(low_socket + "[connector.side]\nmux_bit = 4\n" + high_socket + right_guest +
                    "[guest.mac]\ncontrollers = [\"0000:00:1a.0\"]\n"
                    "[profile.good]\nwindows = [\"front\"]\nmac = [\"rear\"]\n"
                    "[profile.bad]\nwindows = [\"front\"]\nmac = [\"side\"]\n");

    EXPECT_EQ(wished_of_one_ehci(snapshot, settings),
              "front and side reach one EHCI (0000:00:1d.0), which one guest can have: change profile bad in "
              "usbroute.toml");
    // What windows is to have is no way out for mac.
    EXPECT_TRUE(controllers_for(GuestName("mac"), snapshot, settings).empty());
}

TEST(Reach, KnowsWhichControllersTheGuestWouldNeed)
{
    const auto snapshot = fakes::z97();
    const auto needed =
        controllers_for(GuestName("windows"), snapshot, settings_of(low_socket + wrong_guest + desk_profile));

    ASSERT_EQ(needed.size(), 1u);
    EXPECT_EQ(needed.front().text(), "0000:00:1d.0");
    EXPECT_TRUE(
        controllers_for(GuestName("windows"), snapshot, settings_of(low_socket + right_guest + desk_profile))
            .empty());
}

} // namespace
} // namespace usbroute::plan
