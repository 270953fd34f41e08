// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What each command is answered, and through which listener.

#include "daemon/service.hpp"
#include "fakes/served_world.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using config::Verb;

constexpr std::uint32_t where_firmware_put_them = 0x3fff;
constexpr std::uint32_t keys_wire = 1u << fakes::ServedWorld::keys;
constexpr std::uint32_t rear_wire = 1u << fakes::ServedWorld::rear;

class ServiceTest : public testing::Test, protected fakes::ServedWorld {
protected:
    static config::ListenerSettings over_tcp(std::vector<Verb> allow)
    {
        return {.name = ListenerName("netcat"), .address = config::TcpAddress{}, .allow = std::move(allow)};
    }
};

TEST_F(ServiceTest, StatusSaysWhoHasWhich)
{
    start();

    EXPECT_EQ(ask("status"), "ok all-host host=front,keys,rear\n");
}

TEST_F(ServiceTest, AMoveIsCarriedOutAndAnsweredWithWhatWasAsked)
{
    start();

    EXPECT_EQ(ask("move rear ehci"), "ok ehci=rear\n");

    EXPECT_EQ(wires(), where_firmware_put_them & ~rear_wire);
    EXPECT_EQ(ask("move rear ehci"), "ok ehci=rear -- nothing to do\n");
}

TEST_F(ServiceTest, AProfileAToggleAndAnUndoFollowEachOther)
{
    start();

    EXPECT_EQ(ask("apply on-ehci"), "ok on-ehci ehci=keys\n");
    EXPECT_EQ(wires(), where_firmware_put_them & ~keys_wire);
    EXPECT_EQ(ask("toggle"), "ok all-host\n");
    EXPECT_EQ(wires(), where_firmware_put_them);
    EXPECT_EQ(ask("toggle"), "ok on-ehci ehci=keys\n");
    EXPECT_EQ(ask("undo"), "ok xhci=keys\n");
    EXPECT_EQ(wires(), where_firmware_put_them);
}

TEST_F(ServiceTest, APlanSaysTheWritesAndTouchesNothing)
{
    start();

    EXPECT_EQ(ask("plan move front ehci"),
              "ok -- setpci -s 0000:00:14.0 d8.l=0:1 && setpci -s 0000:00:14.0 d0.l=0:1\n");
    EXPECT_EQ(ask("plan move front host"), "ok -- nothing to do\n");
    EXPECT_EQ(ask("plan undo"),
              "refused nothing-to-undo no change is remembered since the machine started\n");

    EXPECT_EQ(wires(), where_firmware_put_them);
    EXPECT_TRUE(world.written.empty());
}

TEST_F(ServiceTest, WhyTellsWhoMovedAConnectorAndAtWhoseRequest)
{
    start();
    ask("move rear ehci");

    const auto why = ask("why rear");

    EXPECT_EQ(why.find("ok host=rear -- "), 0u) << why;
    EXPECT_NE(why.find("control (uid 1000, pid 7)"), std::string::npos) << why;
    EXPECT_EQ(ask("why reer").find("error no-such-connector there is no connector reer"), 0u);
}

TEST_F(ServiceTest, RegsReadsTheRegistersAsTheyAreNow)
{
    start();
    world.bits.usb2_owner = 0x3ffe; // by another program, and nobody has told of it

    EXPECT_EQ(ask("regs"),
              "ok -- 0000:00:14.0 XUSB2PR=0x3ffe XUSB2PRM=0x3fff USB3_PSSEN=0x3f USB3PRM=0x3f\n");
}

TEST_F(ServiceTest, JsonIsAnsweredByTheDocumentThatWasAskedFor)
{
    start();
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> asked{{
        {R"({"do":"status"})", R"("status":{)"},
        {R"({"do":"regs"})", R"("registers":{)"},
        {R"({"do":"plan","plan":{"do":"toggle"}})", R"("plan":{)"},
        {R"({"do":"why","connector":"rear"})", R"("why":{)"},
    }};

    for (const auto& [line, document] : asked) {
        const auto answer = ask(line);
        EXPECT_EQ(answer.find(R"({"ok":true)"), 0u) << answer;
        EXPECT_NE(answer.find(document), std::string::npos) << answer;
    }
    EXPECT_EQ(ask(R"({"do":"move","connectors":["rear"],"to":"ehci"})"),
              "{\"ok\":true,\"owners\":{\"ehci\":[\"rear\"]}}\n");
}

TEST_F(ServiceTest, StatusInJsonListsTheLinesOfGuestsAndWhoHasSpokenOnThem)
{
    start();
    auto guest = connect_guest("windows");

    EXPECT_NE(ask(R"({"do":"status"})").find(R"("proven":false)"), std::string::npos);
    ask(guest, "status");

    const auto status = ask(R"({"do":"status"})");
    EXPECT_NE(status.find(R"("proven":true)"), std::string::npos) << status;
    EXPECT_NE(status.find(R"("listener":"windows")"), std::string::npos) << status;
}

TEST_F(ServiceTest, ARefusalTouchesNothingAndSaysWhatWouldLiftIt)
{
    give_ehcis_to_windows();
    start();

    EXPECT_EQ(ask("move keys windows").find("refused last-keyboard keys holds the host's only keyboard"), 0u);
    EXPECT_EQ(wires(), where_firmware_put_them);

    EXPECT_EQ(ask("move keys windows yes=1").find("ok windows=keys"), 0u);
    EXPECT_EQ(wires(), where_firmware_put_them & ~keys_wire);
}

TEST_F(ServiceTest, AWriteThatFailsIsAFailureAndSaysHowTheMachineWasLeft)
{
    start();
    world.writes_until_fault = 1;

    const auto answer = ask("move rear ehci");

    EXPECT_EQ(answer.find("failed "), 0u) << answer;
    EXPECT_NE(answer.find("cannot move rear to ehci: "), std::string::npos) << answer;
    EXPECT_EQ(wires(), where_firmware_put_them);
}

TEST_F(ServiceTest, AListenerDoesWhatItAllowsAndNothingElse)
{
    start();
    constexpr std::array<std::string_view, 10> lines{"status",  "move rear ehci", "apply on-ehci", "toggle",
                                                     "undo",    "plan toggle",    "why rear",      "regs",
                                                     "confirm", "answer windows"};
    const std::vector verbs{Verb::status, Verb::move,   Verb::apply, Verb::toggle,  Verb::undo,
                            Verb::plan,   Verb::status, Verb::regs,  Verb::confirm, Verb::answer};

    for (std::size_t i = 0; i < lines.size(); ++i) {
        SCOPED_TRACE(lines[i]);
        auto all_but_one = config::all_verbs();
        std::erase(all_but_one, verbs[i]);
        auto tcp = life->connect(over_tcp(all_but_one), "netcat");
        const auto before = wires();

        EXPECT_EQ(ask(tcp, lines[i]).find("error not-permitted listener netcat does not allow "), 0u);

        EXPECT_EQ(wires(), before);
    }
}

TEST_F(ServiceTest, AGuardIsLiftedOnlyByAListenerThatMay)
{
    give_ehcis_to_windows();
    start();
    auto rights = over_tcp(config::all_verbs());
    auto tcp = life->connect(rights, "netcat");

    EXPECT_EQ(ask(tcp, "move keys windows yes=1")
                  .find("error not-permitted listener netcat does not have the right yes"),
              0u);
    EXPECT_NE(ask(tcp, "move keys windows").find("may = [\"yes\"] in [listen.netcat]"), std::string::npos);
    EXPECT_NE(ask(tcp, "plan move keys windows").find("may = [\"yes\"] in [listen.netcat]"),
              std::string::npos);
    EXPECT_EQ(wires(), where_firmware_put_them);

    rights.may = {config::Lift::yes};
    life->open(rights); // a reload gives new rights to who is connected
    EXPECT_EQ(ask(tcp, "move keys windows yes=1").find("ok windows=keys"), 0u);
}

TEST_F(ServiceTest, AGuestMovesItsOwnSocketsAndNoOthers)
{
    give_ehcis_to_windows();
    start();
    auto guest = connect_guest("windows");

    EXPECT_EQ(ask(guest, "move rear windows"), "ok windows=rear\n");
    EXPECT_EQ(wires(), where_firmware_put_them & ~rear_wire);
    constexpr std::array<std::string_view, 6> forbidden{
        "move front windows", "move rear ehci", "move keys windows yes=1", "apply desk", "regs", "why front"};
    for (const auto line : forbidden)
        EXPECT_EQ(ask(guest, line).find("error not-permitted windows may "), 0u) << line;
    EXPECT_EQ(wires(), where_firmware_put_them & ~rear_wire);
}

TEST_F(ServiceTest, AGuestIsRefusedInGeneralWords)
{
    give_ehcis_to_windows();
    start();
    auto guest = connect_guest("windows");
    world.unplug(rear);
    world.plug(rear, fakes::Thing::disk);
    life->look();
    world.mount_disk_of(rear);

    EXPECT_EQ(ask(guest, "move rear windows"),
              "refused disk-in-use rear holds a disk that the host uses; have it unmounted on the host\n");
    EXPECT_NE(ask("move rear windows").find("/mnt/9"), std::string::npos);
}

TEST_F(ServiceTest, AGuestHearsOfAFailureNothingThatIsTheHosts)
{
    give_ehcis_to_windows();
    start();
    auto guest = connect_guest("windows");
    world.writes_until_fault = 1;

    EXPECT_EQ(ask(guest, "move rear windows"),
              "failed failed the host could not do it; usbrouted's log there says why, and how the machine "
              "was left\n");
}

TEST_F(ServiceTest, WhatAGuestSeesOfStatusWhyAndPlanIsItsOwn)
{
    give_ehcis_to_windows();
    start();
    auto guest = connect_guest("windows");

    EXPECT_EQ(ask(guest, "status"), "ok all-host host=keys,rear\n");
    EXPECT_EQ(ask(guest, "plan move rear windows"), "ok -- rear goes to windows\n");
    EXPECT_EQ(ask(guest, "why rear").find("ok host=rear -- "), 0u);
    const auto status = ask(guest, R"({"do":"status"})");
    EXPECT_EQ(status.find("front"), std::string::npos) << status;
    EXPECT_NE(status.find("\"rear\""), std::string::npos) << status;
}

TEST_F(ServiceTest, AComplaintAboutAListenerIsMadeOnceASecond)
{
    start();
    auto& entrance = life->open(over_tcp({Verb::status}));
    auto& service = life->assembly.service;
    const auto first = ground.loop.now();

    service.complain(entrance, "a web page?");
    ground.loop.advance(999ms);
    service.complain(entrance, "a web page?");
    EXPECT_EQ(entrance.last_complaint, first);

    ground.loop.advance(1ms);
    service.complain(entrance, "a web page?");
    EXPECT_EQ(entrance.last_complaint, first + 1s);
}

} // namespace
} // namespace usbroute::daemon
