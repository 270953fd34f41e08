// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/libvirt_room.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include <fcntl.h>

namespace usbroute::vmm {
namespace {

using namespace std::chrono_literals;
using topology::PortPath;

class LibvirtLineTest : public fakes::LibvirtRoom {
protected:
    void look(const std::string& name) { guest.look(done<wire::LibvirtLook>(name)); }
    static attach::Give give(const std::string& bus = "usb0")
    {
        return {.guest = GuestName("windows"),
                .device = {.path = PortPath::parse("3-2.1").value(), .number = 7},
                .to = {.bus = bus, .port = 2},
                .way = attach::Way::by_libvirt,
                .domain = attach::Domain{.uri = "qemu:///system", .name = "win"}};
    }
};

TEST_F(LibvirtLineTest, ReachesWhatTheGreetingSays)
{
    hear(
        R"({"usbroute-libvirt": 1, "version": "0.2.0", "uri": "qemu:///system", "connected": false, "why": "no socket"})");
    EXPECT_EQ(told(), "win: the helper, tux: the helper, ");
    EXPECT_EQ(line->why(), "no socket");

    hear(R"({"event": "hypervisor", "connected": true})");
    EXPECT_EQ(told(), "win: the domains, tux: the domains, ");
    EXPECT_EQ(line->why(), "");

    hear(R"({"event": "hypervisor", "connected": false, "why": "libvirtd has ended"})");
    EXPECT_EQ(told(), "win: the helper, tux: the helper, ");
    EXPECT_EQ(line->why(), "libvirtd has ended");
}

TEST_F(LibvirtLineTest, AnotherProtocolIsNotSpoken)
{
    hear(R"({"usbroute-libvirt": 2, "hello": "you"})");

    EXPECT_EQ(told(), "win: nowhere, tux: nowhere, ");
    EXPECT_EQ(line->why(),
              "usbroute-libvirt speaks protocol 2, and usbrouted 1: install the same version of both");
}

TEST_F(LibvirtLineTest, AHelperThatDoesNotGreetIsLeft)
{
    loop.advance(LibvirtLine::longest_greeting);

    EXPECT_EQ(told(), "win: nowhere, tux: nowhere, ");
    EXPECT_EQ(line->why(), "usbroute-libvirt did not greet");
    EXPECT_TRUE(comes_again());
    greet();
}

TEST_F(LibvirtLineTest, AnswersMayComeInAnyOrder)
{
    greet();
    look("a");
    look("b");
    EXPECT_EQ(
        heard(),
        "{\"do\":\"look\",\"domain\":\"win\",\"id\":1}\n{\"do\":\"look\",\"domain\":\"win\",\"id\":2}\n");

    hear(R"({"id": 2, "return": {"state": "running"}})");
    hear(R"({"event": "added", "domain": "win", "alias": "x"})");
    hear(R"({"id": 1, "error": {"code": "not-connected", "message": "gone"}})");

    EXPECT_EQ(told(), "b=done win: added, a=libvirt-away ");
    EXPECT_EQ(last, "libvirt does not answer; libvirt says: gone");
}

TEST_F(LibvirtLineTest, EventsReachTheirDomainAlone)
{
    greet();
    hear(R"({"event": "domain", "domain": "tux", "state": "paused"})");
    hear(R"({"event": "removed", "domain": "win", "alias": "x"})");
    hear(R"({"event": "removed", "domain": "nobody", "alias": "x"})");
    hear(R"({"event": "weather", "fine": true})");
    EXPECT_EQ(told(), "tux: domain, win: removed, ");

    tux.reset();
    hear(R"({"event": "domain", "domain": "tux", "state": "running"})");

    EXPECT_EQ(told(), "");
}

TEST_F(LibvirtLineTest, WhatIsNeverAnsweredEndsTheLineAndAllThatIsAskedOnIt)
{
    greet();
    look("a");
    (void)heard();
    loop.advance(1s);
    look("b");
    (void)heard();

    loop.advance(LibvirtLine::longest_answer - 1s);

    EXPECT_EQ(told(), "a=libvirt-no-answer b=libvirt-ended win: nowhere, tux: nowhere, ");
    EXPECT_TRUE(comes_again());
    greet();
}

TEST_F(LibvirtLineTest, AHelperThatDiesInMidAnswerHasAnsweredNothing)
{
    greet();
    look("a");
    (void)heard();

    helper.say(R"({"id": 1, "return": {"state": "run)");
    helper.hang_up();
    loop.settle();

    EXPECT_EQ(told(), "a=libvirt-ended win: nowhere, tux: nowhere, ");
    EXPECT_EQ(
        last,
        "the connection to usbroute-libvirt has ended: usbroute-libvirt has closed its socket; it may have "
        "done what it was asked");
}

TEST_F(LibvirtLineTest, WhoBreaksTheProtocolIsTrustedNoLonger)
{
    const std::array lines = {
        std::string("HTTP/1.1 400 Bad Request"),
        std::string("[]"),
        std::string("{}"),
        std::string(R"({"id": 9, "return": {}})"),                    // nobody asked
        std::string(R"({"return": {}})"),                             // of nothing
        std::string(R"({"id": 1, "error": {"message": "no code"}})"), //
        std::string(greeting),                                        // twice
        std::string(wire::longest_libvirt_line + 1, ' '),             // without an end in sight
        std::string(R"({"id": 1, "return": )") + std::string(100, '[') + std::string(100, ']') + "}",
    };
    for (const auto& bad : lines) {
        greet();
        look("a");
        (void)heard();
        hear(bad);
        EXPECT_EQ(told(), "a=libvirt-ended win: nowhere, tux: nowhere, ") << bad.substr(0, 80);
        while (!comes_again()) loop.advance(1s); // with longer and longer pauses
    }
}

TEST_F(LibvirtLineTest, WithoutALineNothingIsAsked)
{
    look("a");
    loop.settle();

    EXPECT_EQ(told(), "a=libvirt-away ");
}

TEST_F(LibvirtLineTest, NoMoreThanSixtyFourQuestionsAreOpen)
{
    greet();
    for (int i = 0; i < 65; ++i) look("a");
    loop.settle();

    EXPECT_EQ(told(), "a=libvirt-busy ");
}

TEST_F(LibvirtLineTest, GivesByBusNumberAndAliasToTheControllerOfThatIndex)
{
    greet();
    look("a");
    (void)heard();
    hear(
        R"({"id": 1, "return": {"state": "running", "controllers": [{"index": 4, "alias": "ua-usbroute0", "model": "qemu-xhci", "usb2-ports": 15, "superspeed-ports": 15}, {"index": 0, "alias": "usb", "model": "qemu-xhci"}]}})");
    (void)told();

    guest.give(give(), {}, done<GuestAccess::Took>("a"));
    guest.give(give("usbroute0.0"), {}, done<GuestAccess::Took>("b"));
    guest.give(give("usb9"), {}, done<GuestAccess::Took>("c"));

    EXPECT_EQ(
        heard(),
        R"({"alias":"ua-usbroute-3-2.1-7","bus":3,"device":7,"do":"attach","domain":"win","guest-bus":0,"guest-port":2,"id":2})"
        "\n"
        R"({"alias":"ua-usbroute-3-2.1-7","bus":3,"device":7,"do":"attach","domain":"win","guest-bus":4,"guest-port":2,"id":3})"
        "\n");
    EXPECT_EQ(told(), "c=guest-bus-not-found ");
    hear(R"({"id": 3, "error": {"code": "alias-in-use", "message": "non unique alias detected"}})");
    hear(R"({"id": 2, "return": {}})");
    EXPECT_EQ(told(), "b=id-in-use a=done ");
}

TEST_F(LibvirtLineTest, AnOpenNodeGoesAlongWithTheFirstByteOfItsLine)
{
    greet();
    look("a");
    (void)heard();
    hear(
        R"({"id": 1, "return": {"state": "running", "controllers": [{"index": 0, "alias": "usb", "model": "qemu-xhci"}]}})");
    (void)told();

    guest.give(give(), linux_::UniqueFd(::open("/dev/null", O_RDWR)), done<GuestAccess::Took>("a"));

    // White space before JSON means nothing.
    auto line_heard = heard();
    line_heard += heard();
    EXPECT_EQ(
        line_heard,
        R"( {"alias":"ua-usbroute-3-2.1-7","do":"attach-descriptor","domain":"win","guest-bus":0,"guest-port":2,"id":2})"
        "\n");
    EXPECT_TRUE(helper.file.is_open());
    hear(R"({"id": 2, "return": {}})");
    EXPECT_EQ(told(), "a=done ");
}

TEST_F(LibvirtLineTest, WhatWasTakenFromADomainThatDoesNotRunIsTaken)
{
    greet();
    const auto object = attach::object_for(give().device);
    guest.take(object, done<void>("a"));
    guest.take(object, done<void>("b"));
    guest.take(object, done<void>("c"));
    EXPECT_TRUE(
        heard().starts_with(R"({"alias":"ua-usbroute-3-2.1-7","do":"detach","domain":"win","id":1})"));

    hear(R"({"id": 1, "return": {}})");
    hear(R"({"id": 2, "error": {"code": "no-domain", "message": "not running"}})");
    hear(R"({"id": 3, "error": {"code": "still-there", "message": ""}})");

    EXPECT_EQ(told(), "a=done b=done c=guest-keeps-object ");
}

TEST_F(LibvirtLineTest, NoControllerIsAskedFor)
{
    greet();
    const attach::AddController action{
        .guest = GuestName("windows"), .controller = {.number = 1}, .root_port = "any", .place = {}};

    guest.add_controller(action, done<void>("a"));

    EXPECT_EQ(heard(), "");
    EXPECT_EQ(told(), "a=libvirt-cannot ");
}

TEST_F(LibvirtLineTest, ADomainIsStartedAndGoesOn)
{
    greet();
    guest.start(done<void>("a"));
    guest.resume(done<void>("b"));
    EXPECT_EQ(heard(), R"({"do":"start","domain":"win","id":1})"
                       "\n"
                       R"({"do":"resume","domain":"win","id":2})"
                       "\n");

    hear(R"({"id": 1, "error": {"code": "failed", "message": "no room"}})");
    hear(R"({"id": 2, "return": {}})");

    EXPECT_EQ(told(), "a=libvirt-refused b=done ");
}

TEST_F(LibvirtLineTest, AnOddAnswerToALookIsAnError)
{
    greet();
    look("a");
    look("b");
    (void)heard();
    hear(R"({"id": 1, "return": []})");
    hear(R"({"id": 2, "return": {"state": "dreaming"}})");

    EXPECT_EQ(told(), "a=libvirt-odd-answer b=libvirt-odd-answer ");
}

TEST_F(LibvirtLineTest, EachCodeOfTheProtocolHasOneOfOurs)
{
    constexpr std::array<std::pair<const char*, const char*>, 15> codes = {
        {{"bad-question", "libvirt-bad-question"},
         {"busy", "libvirt-busy"},
         {"not-connected", "libvirt-away"},
         {"no-domain", "libvirt-no-domain"},
         {"no-device", "host-device-not-found"},
         {"in-use", "libvirt-in-use"},
         {"alias-in-use", "id-in-use"},
         {"port-in-use", "guest-port-in-use"},
         {"no-room", "no-hot-plug-there"},
         {"unsupported", "libvirt-cannot"},
         {"not-allowed", "host-device-no-rights"},
         {"still-there", "guest-keeps-object"},
         {"timed-out", "libvirt-no-answer"},
         {"failed", "libvirt-refused"},
         {"new-one", "libvirt-refused"}}};
    for (const auto& [theirs, ours] : codes)
        EXPECT_EQ(error_of_libvirt({.error_class = theirs, .text = "x\x1b"}).code(), ours);
    EXPECT_EQ(error_of_libvirt({.error_class = "failed", .text = "x\x1b[2J"}).message(),
              "libvirt refused; libvirt says: x\\x1b[2J");
}

} // namespace
} // namespace usbroute::vmm
