// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "fakes/boards.hpp"
#include "report/json.hpp"

#include <gtest/gtest.h>

namespace usbroute::report {
namespace {

StatusView full_status()
{
    auto snapshot = fakes::z97();
    fakes::plug_keyboard(snapshot, "3-3");
    fakes::plug_disk(snapshot, "3-6", "sdb");
    fakes::plug(snapshot, "2-2", "\x1b\xff\"quoted\"");
    return status_view(snapshot, fakes::settings(), {});
}

/// As a daemon answers.
std::string with(const char* key, std::string_view document)
{
    return format(R"({{"ok":true,"{}":{}}})", key, document);
}
auto status_from(std::string_view document) { return status_in(with("status", document)); }
auto registers_from(std::string_view document) { return registers_in(with("registers", document)); }
auto plan_from(std::string_view document) { return plan_in(with("plan", document)); }

TEST(Json, GivesAStatusBackAsItWas)
{
    const auto text = to_json(full_status());

    const auto back = status_from(text);

    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(to_json(*back), text);
    EXPECT_EQ(back->connectors[1].devices.front().keyboard, true);
    EXPECT_EQ(back->connectors[2].superspeed, std::nullopt);
}

TEST(Json, GivesRegistersBackAsTheyWere)
{
    const auto machine = fakes::recorded("gigabyte-x99-ud4");
    const auto text = to_json(registers_view(machine.snapshot, machine.settings));

    const auto back = registers_from(text);

    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(to_json(*back), text);
    EXPECT_EQ(back->controllers.front().usb2_owner, 0x7fffU);
}

TEST(Json, GivesAPlanBackAsItWas)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "3-1", "Camera");
    const auto settings = fakes::settings();
    const topology::HostUse use;
    const auto outcome =
        plan::make_plan({snapshot, settings, use, {}},
                        {plan::MoveRequest{{ConnectorName("front")}, topology::Side::ehci}, false, {}});
    const auto text = to_json(plan_view(std::get<plan::Plan>(outcome), snapshot));

    const auto back = plan_from(text);

    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(to_json(*back), text);
}

TEST(Json, IsOneLineWithNullForWhatIsAbsent)
{
    StatusView view;
    view.connectors.push_back({.name = "front", .owner = "host"});

    EXPECT_EQ(
        to_json(view),
        R"({"schema":1,"family":"","profile":"","unreadable":"","connectors":[{"name":"front","named":true,"owner":"host","side":"",)"
        R"("bit":null,"xhci_port":null,"ehci_port":"","superspeed":null,"superspeed_on":null,"movable":false,"why_not":"","panel":"",)"
        R"("row":null,"column":null,"usb":[],"devices":[]}],"controllers":[],"elsewhere":[],"lines":[],"notes":[]})");
}

TEST(Json, PassesOverKeysOfANewerDaemon)
{
    const auto view = status_from(R"({"schema":1,"profile":"desk","weather":{"rain":[1,2,3]}})");

    ASSERT_TRUE(view);
    EXPECT_EQ(view->profile, "desk");
}

TEST(Json, RefusesAnotherSchema)
{
    const auto view = status_from(R"({"schema":2,"profile":"desk"})");

    ASSERT_FALSE(view);
    EXPECT_EQ(
        view.error().message(),
        "this is not a status document: its schema is 2, and this program knows 1; usbroute and usbrouted must be of one version");
}

TEST(Json, RefusesWhatIsNoDocument)
{
    for (const auto* text :
         {"", "{", "[]", "null", "7", R"({"profile":"desk"})", R"({"schema":"1"})",
          R"({"schema":1,"profile":7})", R"({"schema":1,"notes":[7]})", R"({"schema":1,"connectors":[[]]})",
          R"({"schema":1,"connectors":[{"bit":1e99}]})", R"({"schema":1,"connectors":[{"bit":99999999999}]})",
          "{\"schema\":1,\"profile\":\"\xff\"}"})
        EXPECT_FALSE(status_from(text)) << text;
    EXPECT_FALSE(registers_from(R"({"schema":1,"controllers":[{"usb2_owner":-1}]})"));
    EXPECT_FALSE(registers_from(R"({"schema":1,"controllers":[{"usb2_owner":4294967296}]})"));
}

TEST(Json, TellsWhatTheDaemonSaidInPlaceOfADocument)
{
    const auto error_of = [](std::string_view line) {
        const auto view = status_in(line);
        return view ? std::string() : view.error().code() + ": " + view.error().message();
    };

    EXPECT_EQ(
        error_of(R"({"ok":false,"status":"refused","code":"not-permitted","message":"this guest may not"})"),
        "not-permitted: this guest may not");
    EXPECT_EQ(error_of("refused not-permitted this guest may not"), "not-permitted: this guest may not");
    EXPECT_EQ(error_of(R"({"status":{"schema":1}})"),
              R"(not-an-answer: the daemon answered something else: {"status":{"schema":1}})");
    EXPECT_EQ(error_of(R"({"ok":true})"), "not-an-answer: this is not a status document: not an object");
    EXPECT_EQ(error_of("ok"), "not-an-answer: this is not a status document: not JSON");
}

TEST(Json, SurvivesDeepNesting)
{
    const std::string deep(200'000, '[');

    EXPECT_FALSE(status_from(deep));
    // What lies too deep is left out, and here nobody asked for it.
    EXPECT_TRUE(status_from(R"({"schema":1,"x":)" + deep + std::string(200'000, ']') + "}"));
    EXPECT_FALSE(status_from(R"({"schema":1,"notes":)" + deep + std::string(200'000, ']') + "}"));
}

TEST(Json, MakesTheStringsOfAForeignDaemonPrintable)
{
    const auto view = status_from(R"({"schema":1,"profile":"\u001b[2Jdesk"})");

    ASSERT_TRUE(view);
    EXPECT_EQ(view->profile, "\\x1b[2Jdesk");
}

TEST(Json, WritesAnErrorForScripts)
{
    EXPECT_EQ(
        to_json(Error(ErrorKind::not_found, "there is no connector \"x\"").with_code("no-such-connector")),
        R"({"ok":false,"code":"no-such-connector","message":"there is no connector \"x\""})");
    EXPECT_EQ(to_json(Error(ErrorKind::timed_out, "late")),
              R"({"ok":false,"code":"timed-out","message":"late"})");
}

TEST(Json, WritesTheConfiguration)
{
    const auto text = to_json(fakes::settings());

    EXPECT_NE(
        text.find(
            R"({"name":"front","mux_bit":0,"superspeed":1,"usb":[],"seen":[],"panel":"","row":null,"column":null,"origin":"test.toml:2:)"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find(R"("name":"desk","connectors":{"keys":"windows","rear":"windows"})"),
              std::string::npos)
        << text;
}

} // namespace
} // namespace usbroute::report
