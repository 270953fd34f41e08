// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Who hears of what, in which order.

#include "daemon/service.hpp"
#include "fakes/served_world.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::Thing;

class ServiceAudience : public testing::Test, protected fakes::ServedWorld {
protected:
    ServiceAudience()
    {
        give_ehcis_to_windows();
        start();
        listener.emplace(life->subscribe());
    }
    fakes::ClientEnd subscribed_guest(const char* guest)
    {
        auto line = connect_guest(guest);
        EXPECT_EQ(ask(line, "subscribe"), "ok\n");
        return line;
    }
    std::string heard(fakes::ClientEnd& by)
    {
        ground.loop.settle();
        return by.hear();
    }
    std::string heard() { return heard(*listener); }

    std::optional<fakes::ClientEnd> listener;
};

TEST_F(ServiceAudience, WhoMovesAndListensHearsTheAnswerBeforeTheEvent)
{
    ask("subscribe");

    EXPECT_EQ(ask("move rear windows"), "ok windows=rear\nevent moved windows=rear\n");
}

TEST_F(ServiceAudience, OneWhoDoesNotListenHearsItsAnswerAlone)
{
    EXPECT_EQ(ask("move rear windows"), "ok windows=rear\n");

    EXPECT_EQ(heard(), "event moved windows=rear\n");
}

TEST_F(ServiceAudience, TwoMovesInOneTurnAreToldInTheirOrder)
{
    ask("move rear windows\nmove front windows\nundo");

    EXPECT_EQ(heard(), "event moved windows=rear\nevent moved windows=front\nevent moved xhci=front\n");
}

TEST_F(ServiceAudience, WhatChangesNothingIsToldToNobody)
{
    ask("move rear host");
    ask("plan move rear windows");
    ask("move keys windows");
    ask("status");

    EXPECT_EQ(heard(), "");
}

TEST_F(ServiceAudience, ADriftIsToldBeforeTheMoveThatMetItAndIsMendedAfterIt)
{
    ask("move rear windows");
    EXPECT_EQ(heard(), "event moved windows=rear\n");
    world.bits.usb2_owner = 0x3fff; // as firmware does at a resume, and nobody tells of it

    EXPECT_EQ(ask("move front windows"), "ok windows=front\n");

    EXPECT_EQ(heard(), "event drift XUSB2PR 0x3dff -> 0x3fff\n"
                       "event moved windows=front\n"
                       "event moved ehci=front,rear\n");
    EXPECT_EQ(wires(), 0x3dfeu);
}

TEST_F(ServiceAudience, ADriftThatAQuestionMeetsIsToldAndMendedToo)
{
    ask("move rear windows");
    heard();
    world.bits.usb2_owner = 0x3fff;

    ask("status");

    EXPECT_EQ(heard(), "event drift XUSB2PR 0x3dff -> 0x3fff\nevent moved ehci=rear\n");
    EXPECT_EQ(wires(), 0x3dffu);
}

TEST_F(ServiceAudience, AVerdictFollowsAMoveWhenALookHasSeenWhatCameOfIt)
{
    ask("move front windows");
    EXPECT_EQ(heard(), "event moved windows=front\n");

    life->look();

    EXPECT_EQ(heard().find("event verdict front consistent "), 0u);
}

TEST_F(ServiceAudience, AVerdictWaitsForWhatIsFoundInASocketThatHasComeHome)
{
    world.unplug(rear);
    ask("move rear windows");
    life->look();
    heard();

    ask("move rear host");
    life->look();
    EXPECT_EQ(heard().find("verdict"), std::string::npos);
    world.plug(rear, Thing::mouse);
    life->look();

    const auto said = heard();
    EXPECT_NE(said.find("event arrived rear "), std::string::npos) << said;
    EXPECT_NE(said.find("event verdict rear confirmed "), std::string::npos) << said;
}

TEST_F(ServiceAudience, ATrialIsToldFromItsBeginningToItsEnd)
{
    EXPECT_EQ(
        ask("move rear windows revert-after=30s"),
        "ok windows=rear -- trial: rear goes back to host in 30 s unless confirmed; say confirm to keep "
        "it\n");
    EXPECT_EQ(heard(), "event moved windows=rear\n"
                       "event trial begun rear goes back to host in 30 s unless confirmed\n");
    EXPECT_EQ(ask("status"),
              "ok host=front,keys windows=rear -- trial: rear goes back to host in 30 s unless "
              "confirmed\n");

    ground.alarm.turn_to(ground.alarm.time + 30s);

    EXPECT_EQ(wires(), 0x3fffu);
    EXPECT_EQ(heard(), "event moved xhci=rear\n"
                       "event trial reverted nobody has confirmed it: rear goes back to host\n");
}

TEST_F(ServiceAudience, AConfirmationIsToldWithWhoHasGivenIt)
{
    ask("move rear windows revert-after=30s");
    heard();

    EXPECT_EQ(ask("confirm"), "ok\n");

    EXPECT_EQ(heard(), "event trial confirmed by control (uid 1000, pid 7)\n");
    EXPECT_EQ(ask("confirm"), "ok -- there is no trial to confirm\n");
}

TEST_F(ServiceAudience, AGuestHearsOfItsOwnSocketsAlone)
{
    world.drive("0000:00:1a.0", "ehci-pci"); // of bit 13; that of keys stays with the guest
    life->look();
    auto guest = subscribed_guest("windows");

    ask("move bit13 ehci");
    EXPECT_EQ(heard(guest), "");
    ask("move keys windows yes=1");
    EXPECT_EQ(heard(guest), "event moved windows=keys\n");
    ask("undo");
    EXPECT_EQ(heard(guest), "event moved xhci=keys\n");
}

TEST_F(ServiceAudience, AGuestHearsOfADriftWithoutWhatTheRegistersHold)
{
    auto guest = subscribed_guest("windows");
    world.bits.usb2_owner = 0x3ffe;

    ask("status");

    EXPECT_EQ(heard(guest), "event drift XUSB2PR was written by somebody else\n");
}

TEST_F(ServiceAudience, OfATrialAGuestHearsOfItsSocketsAndThatThereAreOthers)
{
    auto guest = subscribed_guest("windows");

    ask("move front windows revert-after=30s");
    EXPECT_EQ(heard(guest), "event moved windows=front\nevent trial begun front\n");
    EXPECT_EQ(ask(guest, "status"),
              "ok windows=front host=keys,rear -- trial: front goes back to host in 30 s "
              "unless confirmed\n");
    EXPECT_EQ(ask(guest, "confirm").find("error not-permitted windows may not confirm this trial"), 0u);
}

TEST_F(ServiceAudience, OfATrialThatGoesBackInPartAGuestHearsWhichOfItsSocketsDid)
{
    world.plug(rear, Thing::disk);
    life->look();
    ask("move keys rear windows yes=1");
    ask("move keys rear host revert-after=30s");
    life->look();
    world.mount_disk_of(rear);
    auto guest = subscribed_guest("windows");

    ground.alarm.turn_to(ground.alarm.time + 30s);

    EXPECT_EQ(wires(), 0x3fffu & ~(1u << keys));
    const auto told = heard(guest);
    EXPECT_NE(told.find("event trial reverted keys\n"), std::string::npos) << told;
}

TEST_F(ServiceAudience, AGuestThatBeginsATrialIsToldOfItAndMayKeepIt)
{
    auto guest = connect_guest("windows");

    EXPECT_EQ(ask(guest, "move rear windows revert-after=30s"),
              "ok windows=rear -- trial: rear goes back to host in 30 s unless confirmed\n");
    EXPECT_EQ(ask(guest, "confirm"), "ok\n");

    ground.alarm.turn_to(ground.alarm.time + 30s);
    EXPECT_EQ(wires(), 0x3dffu);
}

TEST_F(ServiceAudience, AKeyboardCanBeTriedWhereTheGuestsLineCouldCallItBack)
{
    EXPECT_EQ(ask("move keys windows").find("refused last-keyboard "), 0u);
    auto guest = connect_guest("windows");
    EXPECT_EQ(ask("move keys windows").find("refused last-keyboard "), 0u); // nobody has spoken there

    ask(guest, "status");
    EXPECT_EQ(ask("move keys windows").find("ok windows=keys"), 0u);
    EXPECT_EQ(ask(guest, "move keys host"), "ok host=keys\n");

    guest.hang_up();
    ground.loop.settle();
    EXPECT_EQ(ask("move keys windows").find("refused last-keyboard "), 0u);
}

TEST_F(ServiceAudience, WhatIsPluggedInIsToldWithItsSocket)
{
    world.plug(front, Thing::mouse);

    life->look();

    EXPECT_EQ(heard(), "event arrived front 3-1 Mouse (1234:5678)\n");
    world.unplug(front);
    life->look();
    EXPECT_EQ(heard(), "event left front 3-1 Mouse (1234:5678)\n");
}

} // namespace
} // namespace usbroute::daemon
