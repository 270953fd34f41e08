// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/clients.hpp"
#include "fakes/client_room.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using wire::EventKind;

class ClientsTest : public testing::Test, protected fakes::ClientRoom {
protected:
    static Party user(const char* number) { return {.kind = Party::Kind::user, .id = number}; }
    /// False: it was turned away.
    bool come(const Party& party)
    {
        if (!clients.make_room(party, loop.now())) return false;
        here.push_back(connect(control, {.party = party, .who = "user " + party.id}));
        return true;
    }
    std::string closed()
    {
        std::string numbers;
        for (std::size_t i = 0; i < here.size(); ++i) {
            here[i].hear();
            if (here[i].is_closed()) numbers += std::to_string(i) + " ";
        }
        return numbers;
    }

    std::deque<fakes::ClientEnd> here;
    const wire::Event gone{.kind = EventKind::guest, .word = "windows", .text = "is gone"};
};

TEST_F(ClientsTest, ASeventeenthClientOfAUserIsTurnedAwayAndAnotherUsersIsNot)
{
    for (int i = 0; i < 16; ++i) EXPECT_TRUE(come(user("1000")));

    EXPECT_FALSE(come(user("1000")));
    EXPECT_TRUE(come(user("1001")));

    EXPECT_EQ(closed(), "");
}

TEST_F(ClientsTest, OneThatWasSilentForTenSecondsMakesRoomForTheNext)
{
    for (int i = 0; i < 16; ++i) EXPECT_TRUE(come(user("1000")));
    loop.advance(9999ms);
    EXPECT_FALSE(come(user("1000")));

    loop.advance(1ms);
    EXPECT_TRUE(come(user("1000")));

    EXPECT_EQ(closed(), "0 ");
    EXPECT_EQ(control.clients, 16u);
}

TEST_F(ClientsTest, OfThoseThatAreSilentTheOneThatHasNeverSpokenGoesFirst)
{
    EXPECT_TRUE(come(user("1000")));
    here[0].say("status\n");
    loop.settle();
    for (int i = 1; i < 16; ++i) {
        loop.advance(1ms);
        EXPECT_TRUE(come(user("1000")));
    }
    loop.advance(10s);

    EXPECT_TRUE(come(user("1000")));

    EXPECT_EQ(closed(), "1 ");
}

TEST_F(ClientsTest, OneWhoseCommandIsStillBeingCarriedOutIsNotClosedForAnother)
{
    desk.fresh = false;
    for (int i = 0; i < 16; ++i) EXPECT_TRUE(come(user("1000")));
    for (auto& one : here) one.say("toggle\n");
    loop.settle();
    ASSERT_EQ(loop.errands(), 1u);
    desk.is_locked = true; // they go on waiting, now for the lock
    loop.run_errand();
    loop.advance(1s);

    EXPECT_FALSE(come(user("1000")));
    EXPECT_EQ(closed(), "");
}

TEST_F(ClientsTest, OfALineThatIsClosedOnlyItsOwnClientsAreClosed)
{
    auto by_control = connect(control);
    auto by_netcat = connect(netcat);

    clients.close_all(netcat);

    by_control.hear();
    by_netcat.hear();
    EXPECT_FALSE(by_control.is_closed());
    EXPECT_TRUE(by_netcat.is_closed());
    EXPECT_EQ(control.clients, 1u);
    EXPECT_EQ(netcat.clients, 0u);
}

TEST_F(ClientsTest, NobodyIsThereUntilSomebodyHasSubscribed)
{
    auto client = connect(control);
    EXPECT_FALSE(clients.is_anybody_there());
    clients.tell(gone);
    EXPECT_EQ(client.hear(), "");

    client.say("subscribe\n");
    loop.settle();

    EXPECT_TRUE(clients.is_anybody_there());
    clients.tell(gone);
    EXPECT_EQ(client.hear(), "ok -- did subscribe\nevent guest windows is gone\n");
}

TEST_F(ClientsTest, EachIsToldInTheFormInWhichItSubscribed)
{
    auto text = connect(control);
    auto json = connect(control);
    text.say("subscribe\n");
    json.say("{\"do\":\"subscribe\"}\n");
    loop.settle();
    text.hear();
    json.hear();

    clients.tell(gone);

    EXPECT_EQ(text.hear(), "event guest windows is gone\n");
    EXPECT_EQ(json.hear(), wire::to_line(gone, wire::Form::json) + "\n");
}

TEST_F(ClientsTest, OneThatEndsWhileItIsToldKeepsNobodyBehindItFromHearing)
{
    auto first = connect(control);
    auto second = connect(control);
    for (auto* client : {&first, &second}) {
        client->say("subscribe\n");
        loop.settle();
        client->hear();
    }
    first.hang_up();

    clients.tell(gone); // the first one cannot be written to

    EXPECT_EQ(second.hear(), "event guest windows is gone\n");
    EXPECT_EQ(control.clients, 1u);
}

TEST_F(ClientsTest, WhatAClientsEndSetsOffIsToldToTheOthersAndNotToIt)
{
    auto listening = connect(control);
    auto leaving = connect(netcat, {.party = {}, .who = "leaving"}, [this] { clients.tell(gone); });
    listening.say("subscribe\n");
    leaving.say("subscribe\n");
    loop.settle();
    listening.hear();
    leaving.hear();

    clients.close_all(netcat);

    EXPECT_EQ(listening.hear(), "event guest windows is gone\n");
    EXPECT_EQ(leaving.hear(), "");
    EXPECT_TRUE(leaving.is_closed());
}

TEST_F(ClientsTest, AGuestsLineIsToldOnlyWhatIsShownToGuests)
{
    Entrance line{.settings = {.name = ListenerName("windows"), .guest = GuestName("windows")}};
    auto guest = connect(line);
    guest.say("subscribe\n");
    loop.settle();
    guest.hear();

    clients.tell(gone);
    EXPECT_EQ(guest.hear(), "");
    guests_view = [](const GuestName& name, const wire::Event& event) -> std::optional<wire::Event> {
        if (name.text() != "windows" || event.kind != EventKind::moved) return std::nullopt;
        return wire::Event{.kind = EventKind::moved, .owners = {{"windows", {"keys"}}}};
    };
    clients.tell(gone);
    clients.tell({.kind = EventKind::moved, .owners = {{"windows", {"keys"}}, {"host", {"rear"}}}});

    EXPECT_EQ(guest.hear(), "event moved windows=keys\n");
    clients.close_all(line);
}

TEST_F(ClientsTest, OneThatCannotBeWatchedIsLetGoAtOnceAndItsEndIsTold)
{
    int ended = 0;
    loop.is_full = true;

    auto client = connect(control, {.party = {}, .who = "somebody"}, [&] { ++ended; });

    client.hear();
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(ended, 1);
    EXPECT_EQ(control.clients, 0u);
}

} // namespace
} // namespace usbroute::daemon
