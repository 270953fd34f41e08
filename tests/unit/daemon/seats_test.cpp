// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/seats.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using Kind = Party::Kind;

Party root() { return {.kind = Kind::keeper, .id = "0"}; }
Party user(int number) { return {.kind = Kind::user, .id = std::to_string(number)}; }
Party guest(std::string name) { return {.kind = Kind::guest, .id = std::move(name)}; }
Party tcp(std::string name) { return {.kind = Kind::tcp, .id = std::move(name)}; }

constexpr auto moment = 100s;

/// Those who are connected.
struct Room {
    std::vector<Slot> seats;

    Room& with(const Party& party, std::size_t count, std::chrono::milliseconds last_heard = 1s)
    {
        for (std::size_t i = 0; i < count; ++i) seats.push_back({.party = party, .last_heard = last_heard});
        return *this;
    }
    [[nodiscard]] Seating seat(const Party& newcomer) const { return find_seat(seats, newcomer, moment); }
};

const Seating admitted{.is_admitted = true, .instead_of = {}};
const Seating turned_away{.is_admitted = false, .instead_of = {}};

TEST(Seats, AreThereForRootHoweverManyOthersAreConnected)
{
    Room room;
    for (int number = 1000; number < 1010; ++number) room.with(user(number), 16, moment);
    room.with(tcp("netcat"), 32, moment).with(guest("windows"), 16, moment);

    EXPECT_EQ(room.seat(root()), admitted);
}

TEST(Seats, OfOneUserAreLimitedAndNobodyElseIsLockedOut)
{
    Room room;
    room.with(user(1000), 16, moment);

    EXPECT_EQ(room.seat(user(1000)), turned_away);
    EXPECT_EQ(room.seat(user(1001)), admitted);
    EXPECT_EQ(room.seat(guest("windows")), admitted);
    EXPECT_EQ(room.seat(tcp("netcat")), admitted);
}

TEST(Seats, GoToTheNextOneWhenSomebodyWasSilentForLong)
{
    Room room;
    room.with(user(1000), 16, moment);
    room.seats[5].last_heard = 50s;
    room.seats[7].last_heard = 40s;

    EXPECT_EQ(room.seat(user(1000)), (Seating{.is_admitted = true, .instead_of = 7}));
}

TEST(Seats, AreTakenFirstFromWhoNeverSpokeAndLastFromWhoSubscribed)
{
    Room room;
    room.with(user(1000), 16, 1s);
    for (auto& seat : room.seats) seat.has_spoken = true;
    room.seats[3].is_subscribed = true;
    room.seats[9].has_spoken = false;
    room.seats[9].last_heard = 90s;
    EXPECT_EQ(room.seat(user(1000)).instead_of, 9u);

    room.seats[9].is_served = true;
    EXPECT_EQ(room.seat(user(1000)).instead_of, 0u);

    for (auto& seat : room.seats) seat.is_subscribed = true;
    room.seats[2].is_subscribed = false;
    EXPECT_EQ(room.seat(user(1000)).instead_of, 2u);
}

TEST(Seats, AreNotTakenFromWhoIsServed)
{
    Room room;
    room.with(user(1000), 16);
    for (auto& seat : room.seats) seat.is_served = true;

    EXPECT_EQ(room.seat(user(1000)), turned_away);
}

TEST(Seats, WhereAllAreTakenComeFromThePartyWithTheMost)
{
    Room room;
    room.with(user(1000), 16).with(user(1001), 16).with(user(1002), 15).with(tcp("netcat"), 1);
    room.with(user(1003), 16);
    ASSERT_EQ(room.seats.size(), 64u);

    const auto seating = room.seat(user(1004));

    ASSERT_TRUE(seating.instead_of);
    EXPECT_EQ(room.seats[*seating.instead_of].party, user(1000));
    EXPECT_EQ(room.seat(guest("windows")), admitted);
}

TEST(Seats, OfAGuestsLineAreTakenByNobodyElseHoweverManyTalk)
{
    Room room;
    for (int number = 1000; number < 1004; ++number) room.with(user(number), 16, moment);
    room.with(tcp("netcat"), 16, moment).with(guest("linux"), 8, moment);

    EXPECT_EQ(room.seat(user(1004)), turned_away);
    EXPECT_EQ(room.seat(guest("windows")), admitted);
    room.with(guest("windows"), 8, moment);
    EXPECT_EQ(room.seat(guest("windows")), turned_away);
}

TEST(Seats, OfGuestsLinesTakeNoneFromTheOthers)
{
    Room room;
    for (int number = 0; number < 10; ++number)
        room.with(guest("guest-" + std::to_string(number)), 8, moment);

    EXPECT_EQ(room.seat(user(1000)), admitted);
    EXPECT_EQ(room.seat(tcp("netcat")), admitted);
}

TEST(Seats, AreNotTakenFromAPartyThatHasAsManyAsTheNewcomer)
{
    Room room;
    for (int number = 0; number < 64; ++number) room.with(user(number), 1);

    // Its own one goes, if it was silent.
    EXPECT_EQ(room.seat(user(7)), (Seating{.is_admitted = true, .instead_of = 7}));
    EXPECT_EQ(room.seat(user(99)), turned_away);
}

TEST(Seats, OfTcpAreASmallShareThatListenersDivide)
{
    Room room;
    room.with(tcp("a"), 16).with(tcp("b"), 16);
    EXPECT_EQ(room.seat(user(1000)), admitted);

    EXPECT_EQ(room.seat(tcp("c")).instead_of, 0u);
    for (auto& seat : room.seats) seat.last_heard = moment;
    EXPECT_EQ(room.seat(tcp("c")), turned_away);
    EXPECT_EQ(room.seat(user(1000)), admitted);
}

TEST(Seats, OfOneGuestsLineDoNotUseUpThoseOfAnother)
{
    Room room;
    room.with(guest("windows"), 8, moment);

    EXPECT_EQ(room.seat(guest("windows")), turned_away);
    EXPECT_EQ(room.seat(guest("linux")), admitted);
}

TEST(Seats, AreAlwaysThereForALineThatWeOpenOurselves)
{
    Room room;
    for (int number = 0; number < 64; ++number) room.with(user(number), 1, moment);

    EXPECT_EQ(room.seat({.kind = Kind::called, .id = "windows"}), admitted);
}

} // namespace
} // namespace usbroute::daemon
