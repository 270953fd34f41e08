// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What a guest's line is told, over every verb: nothing of other guests, of sockets that are not its own, and of what the
// host does with its devices.

#include "config/parse.hpp"
#include "daemon/for_guest.hpp"
#include "daemon/service.hpp"
#include "fakes/bitwise_change.hpp"
#include "fakes/boards.hpp"
#include "report/json.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace usbroute::daemon {
namespace {

using wire::Answer;
using wire::Event;
using wire::EventKind;

/// windows may have rear-1 and rear-2, and has rear-1.
const plan::Sight sight{.guest = GuestName("windows"),
                        .sockets = {"rear-1", "rear-2"},
                        .profiles = {"all-host", "desk"},
                        .lines = {"windows"}};

/// Every word here is the host's or another guest's business.
constexpr std::array secrets{"linux", "rear-9", "front-1",      "sdb",    "/mnt", "firefox",
                             "pid",   "uid",    "0000:00:14.0", "setpci", "0x3f", "secret"};

void expect_no_secret(const std::string& text)
{
    for (const auto* word : secrets) EXPECT_EQ(text.find(word), std::string::npos) << word << " in " << text;
}

TEST(ForGuest, AnAnswerNamesItsOwnSocketsOnly)
{
    const Answer full{.message = "nothing to do",
                      .profile = "secret-profile",
                      .owners = {{"windows", {"rear-1", "bonus"}},
                                 {"host", {"rear-2", "front-1"}},
                                 {"linux", {"rear-9"}},
                                 {"unknown-guest", {"front-1"}}},
                      .warnings = {"front-1 takes along sound card0: firefox (pid 123) plays"},
                      .document_name = "status",
                      .document = R"({"secret":1})"};

    const auto text = wire::to_line(for_guest(sight, full), wire::Form::text);
    EXPECT_EQ(
        text,
        "ok windows=rear-1,bonus host=rear-2 -- nothing to do; warning: the host has warnings about this; they are in usbrouted's log");
    expect_no_secret(wire::to_line(for_guest(sight, full), wire::Form::json));
}

TEST(ForGuest, AQuestionIsToldWhereItCouldBeAnsweredAndWithTheAnswersThatItMayGive)
{
    wire::Event asked{.kind = wire::EventKind::question,
                      .connector = "rear-1",
                      .word = "3-3",
                      .text = "Ultra Fit",
                      .asks = wire::QuestionNews{.answers = {"windows", "linux", "host"}, .seconds = 60}};

    EXPECT_EQ(wire::to_line(*for_guest(sight, asked), wire::Form::text),
              "event question rear-1 3-3 asked windows,host 60s Ultra Fit");

    auto ended = asked;
    ended.asks->turn = wire::QuestionTurn::answered;
    ended.asks->owner = "linux";
    EXPECT_EQ(wire::to_line(*for_guest(sight, ended), wire::Form::text),
              "event question rear-1 3-3 answered - Ultra Fit");

    auto of_another_socket = asked;
    of_another_socket.connector = "rear-9";
    EXPECT_FALSE(for_guest(sight, of_another_socket));
    auto without_this_guest = asked;
    without_this_guest.asks->answers = {"linux", "host"};
    EXPECT_FALSE(for_guest(sight, without_this_guest));
    auto in_no_socket = asked;
    in_no_socket.connector.clear();
    EXPECT_FALSE(for_guest(sight, in_no_socket));
}

TEST(ForGuest, AProfileOfTheRoundIsNamed)
{
    EXPECT_EQ(wire::to_line(for_guest(sight, Answer{.profile = "desk"}), wire::Form::text), "ok desk");
}

TEST(ForGuest, AFailureOfTheHostIsTheHosts)
{
    const NotDone failed =
        Error(ErrorKind::failed, "cannot write register of 0000:00:14.0: secret").with_code("lockdown");

    const auto told = wire::to_line(for_guest(sight, failed), wire::Form::text);

    EXPECT_EQ(
        told,
        "failed lockdown the host could not do it; usbrouted's log there says why, and how the machine was left");
}

TEST(ForGuest, ARefusalKeepsItsCode)
{
    const NotDone refused =
        plan::Refusal{plan::Reason::disk_in_use, "rear-9", "rear-9 holds sdb > /mnt", "force sdb"};

    const auto told = wire::to_line(for_guest(sight, refused), wire::Form::json);

    EXPECT_NE(told.find(R"("code":"disk-in-use")"), std::string::npos);
    expect_no_secret(told);
}

report::ConnectorView connector(std::string name, std::string owner)
{
    report::ConnectorView view{.name = std::move(name), .owner = std::move(owner)};
    view.devices = {{.place = "3-3", .name = "Stick", .disks = {"sdb"}, .in_use = "mounted on /mnt"}};
    return view;
}

TEST(ForGuest, StatusShowsItsSocketsWithoutTheHostsUseOfThem)
{
    report::StatusView full;
    full.family = "9-series";
    full.profile = "secret";
    full.unreadable = "cannot read 0000:00:14.0";
    full.connectors = {connector("rear-1", "windows"), connector("rear-2", "host"),
                       connector("rear-9", "linux"), connector("front-1", "host")};
    full.controllers = {{.address = "0000:00:1d.0", .owner = "windows"},
                        {.address = "0000:00:14.0", .owner = "host"}};
    full.elsewhere = {{.place = "3-9", .name = "secret"}};
    full.lines = {
        {.listener = "windows", .guest = "windows", .place = "/mnt/w.sock", .process = "qemu pid 1"},
        {.listener = "linux", .guest = "linux"}};
    full.device_guests = {{.guest = "linux"}, {.guest = "windows"}};
    full.notes = {"secret"};
    full.trial_seconds = 3;
    full.trial_way_back = "rear-9 goes back to linux";

    const auto seen = for_guest(sight, full);

    expect_no_secret(report::to_json(seen));
    ASSERT_EQ(seen.connectors.size(), 2u);
    EXPECT_EQ(seen.connectors[1].devices[0].in_use, "used by the host");
    ASSERT_EQ(seen.controllers.size(), 1u);
    ASSERT_EQ(seen.lines.size(), 1u);
    ASSERT_EQ(seen.device_guests.size(), 1u);
    EXPECT_EQ(seen.device_guests[0].guest, "windows");
    EXPECT_FALSE(seen.trial_seconds);
}

TEST(ForGuest, WhyNamesNobodyButItself)
{
    report::WhyView full;
    full.connector = connector("rear-1", "windows");
    full.by = "control (uid 0, pid 1)";
    full.what = "move rear-1 rear-9 to linux";
    full.history = {{.when = "t", .who = "windows (uid 7, pid 8)", .what = "toggle to desk", .to = "ehci"},
                    {.when = "t", .who = "linux (uid 7, pid 8)", .what = "apply secret", .to = "xhci"},
                    {.when = "t", .who = "windows-secret", .what = "apply secret", .to = "xhci"}};
    full.moves = {
        {.to = "host", .code = "ok", .warnings = {"firefox pid 3"}},
        {.to = "windows", .code = "already"},
        {.to = "linux", .code = "not-the-guests-controller", .sentence = "linux was given 0000:00:14.0"},
        {.to = "ehci", .code = "ok"}};

    const auto seen = for_guest(sight, full);

    expect_no_secret(report::to_json(seen));
    expect_no_secret(report::why_in_a_line(seen));
    EXPECT_EQ(seen.by, "somebody else");
    EXPECT_EQ(seen.history[0].who, "windows");
    EXPECT_EQ(seen.history[0].what, "toggle to desk");
    EXPECT_EQ(seen.history[2].what, "a change");
    EXPECT_EQ(seen.moves.size(), 2u);
}

TEST(ForGuest, APlanSaysWhereItsSocketsGoAndNotHow)
{
    plan::Plan plan;
    const auto moves = [&](const char* name, plan::Owner before, plan::Owner after) {
        plan.movements.push_back({.connector = ConnectorName(name),
                                  .from = topology::Side::xhci,
                                  .to = topology::Side::ehci,
                                  .owner_before = std::move(before),
                                  .owner_after = std::move(after),
                                  .leaving = {}});
    };
    EXPECT_EQ(plan_in_words(sight, plan), "nothing to do");
    plan.steps.push_back({.action = route::WriteRegister{.controller = {}, .mask = 4, .value = 0},
                          .inverse = std::nullopt,
                          .reason = ""});
    moves("rear-9", plan::OwnedByHost{}, plan::OwnedByGuest{GuestName("linux")});
    EXPECT_EQ(plan_in_words(sight, plan), "none of your sockets would move, and others would");
    moves("rear-1", plan::OwnedByHost{}, plan::OwnedByGuest{GuestName("windows")});
    EXPECT_EQ(plan_in_words(sight, plan), "rear-1 goes to windows; other sockets move too");

    report::PlanView full;
    full.title = "undo apply secret";
    full.kind = plan::ChangeKind::undo;
    full.profile = "secret";
    full.controller = "0000:00:14.0";
    full.steps = {{"XUSB2PR 0x3fff -> 0x3ff7", "rear-9", "setpci"}};
    full.moves = {
        {.connector = "rear-1", .owner_before = "host", .owner_after = "windows", .devices = {"3-3 Mouse"}},
        {.connector = "rear-9", .owner_before = "host", .owner_after = "linux"},
        {.connector = "rear-2", .owner_before = "linux", .owner_after = "windows"}};
    full.already = {"rear-2", "front-1"};
    full.expectations = {"XUSB2PR bits 0x3f"};
    full.undo = {"setpci"};
    full.warnings = {"firefox"};
    const auto seen = for_guest(sight, full);
    expect_no_secret(report::to_json(seen));
    EXPECT_EQ(seen.moves.size(), 1u);
    EXPECT_EQ(seen.already, (std::vector<std::string>{"rear-2"}));
}

TEST(ForGuest, EventsAreToldOnlyOfItsOwn)
{
    const auto told = [](const Event& event) {
        const auto seen = for_guest(sight, event);
        return seen ? wire::to_line(*seen, wire::Form::text) : std::string("nothing");
    };

    EXPECT_EQ(told({.kind = EventKind::moved,
                    .profile = "desk",
                    .owners = {{"windows", {"rear-1"}}, {"linux", {"rear-9"}}, {"host", {"front-1"}}}}),
              "event moved desk windows=rear-1");
    EXPECT_EQ(told({.kind = EventKind::moved, .profile = "secret", .owners = {{"linux", {"rear-9"}}}}),
              "nothing");
    EXPECT_EQ(told({.kind = EventKind::arrived, .connector = "rear-2", .word = "3-4", .text = "Mouse"}),
              "event arrived rear-2 3-4 Mouse");
    for (const auto kind : {EventKind::arrived, EventKind::left, EventKind::verdict})
        for (const auto* name : {"front-1", "rear-9", ""})
            EXPECT_EQ(told({.kind = kind, .connector = name, .word = "3-1", .text = "secret"}), "nothing");
    EXPECT_EQ(told({.kind = EventKind::guest, .word = "linux", .text = "is gone"}), "nothing");
    EXPECT_EQ(told({.kind = EventKind::guest, .word = "windows", .text = "is back"}),
              "event guest windows is back");
    EXPECT_EQ(told({.kind = EventKind::drift, .word = "XUSB2PR", .text = "0x3fff -> 0x3ff7"}),
              "event drift XUSB2PR was written by somebody else");
    EXPECT_EQ(told({.kind = EventKind::lost}), "event lost");
    EXPECT_EQ(told({.kind = EventKind::trial, .word = "begun", .text = "secret", .about = {"rear-9"}}),
              "nothing");
    EXPECT_EQ(
        told({.kind = EventKind::trial, .word = "confirmed", .text = "by control (uid 0)", .about = {}}),
        "nothing");
    EXPECT_EQ(told({.kind = EventKind::trial,
                    .word = "confirmed",
                    .text = "by control (uid 0, pid 3)",
                    .about = {"rear-1", "rear-9"}}),
              "event trial confirmed rear-1 and others");
}

TEST(ForGuest, TheWayBackOfATrialIsThatOfItsSockets)
{
    auto snapshot = fakes::z97();
    for (const auto* address : {"0000:00:1a.0", "0000:00:1d.0"})
        fakes::controller(snapshot, address).driver = "vfio-pci";
    const auto settings = fakes::settings();
    const auto seen = plan::sight_of(GuestName("windows"), settings, snapshot);
    const auto moved = [&](std::uint32_t mask, std::uint32_t before) {
        const plan::Change way = fakes::BitwiseChange{
            .controller = {}, .usb2 = {.mask = mask, .before = before, .after = mask & ~before}};
        return way_back_for(seen, way, snapshot, settings);
    };

    EXPECT_EQ(moved(1U << 2, 1U << 2), "keys goes back to host");
    EXPECT_EQ(moved(1U << 2 | 1U << 0, 1U << 2), "keys goes back to host; other sockets move too");
    EXPECT_EQ(moved(1U << 0, 1U << 0), "");
}

} // namespace
} // namespace usbroute::daemon
