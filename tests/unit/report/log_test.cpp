// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/bitwise_change.hpp"
#include "fakes/boards.hpp"
#include "report/log.hpp"
#include "report/times.hpp"
#include "report/who.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::report {
namespace {

using namespace std::chrono_literals;

/// Tests of other times run in the same process.
class InZone {
public:
    explicit InZone(const char* zone)
    {
        if (const char* before = std::getenv("TZ")) before_ = before;
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
    ~InZone()
    {
        before_.empty() ? ::unsetenv("TZ") : ::setenv("TZ", before_.c_str(), 1);
        ::tzset();
    }
    InZone(const InZone&) = delete;
    InZone& operator=(const InZone&) = delete;

private:
    std::string before_;
};

class InTokyo : InZone {
public:
    InTokyo() : InZone("JST-9") {}
};

PastChange change(std::uint32_t mask, std::string title, std::string who)
{
    return {.change = fakes::BitwiseChange{.controller = {.device = 0x14},
                                           .usb2 = {.mask = mask, .before = mask, .after = 0},
                                           .superspeed = {},
                                           .title = std::move(title)},
            .when = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)),
            .who = std::move(who)};
}

std::string alice(std::uint32_t user) { return user == 1000 ? "alice" : ""; }

TEST(Log, SaysWhenByWhomAndWhichSocketsWentWhere)
{
    const InTokyo here;
    const auto view = log_view({change(1 | 4, "toggle to on-ehci", "control (uid 1000, pid 7, waybar)")},
                               fakes::settings(), fakes::z97());

    ASSERT_EQ(view.entries.size(), 1u);
    EXPECT_EQ(view.entries[0].when, "2023-11-14T22:13:20Z");
    EXPECT_EQ(log_text(view, {}, alice),
              "times are local (JST, UTC+09:00)\n"
              "2023-11-15 07:13:20 toggle to on-ehci, by user alice (uid 1000), process 7 (waybar)\n"
              "    front, keys: xHCI -> EHCI\n");
    EXPECT_EQ(log_in_a_line(view),
              "2023-11-14T22:13:20Z toggle to on-ehci, by control (uid 1000, pid 7, waybar) "
              "(front, keys: xHCI -> EHCI)");
}

TEST(Log, NamesWhatTheConfigurationNoLongerHasByItsKey)
{
    const InTokyo here;
    auto settings = fakes::settings();
    settings.connectors.clear();

    const auto view = log_view({change(4, "move keys to ehci", "")}, settings, fakes::z97());

    EXPECT_TRUE(log_text(view, {}, {}).ends_with("move keys to ehci, by somebody\n    bit2: xHCI -> EHCI\n"))
        << log_text(view, {}, {});
}

LogView three()
{
    LogView view;
    view.entries.push_back({.when = "", .who = "", .what = "first", .moved = {}});
    view.entries.push_back({.when = "2026-11-22T16:00:00Z", .who = "", .what = "second", .moved = {}});
    view.entries.push_back({.when = "2026-11-22T17:00:00Z", .who = "", .what = "third", .moved = {}});
    return view;
}

std::string kept(const LogPart& part)
{
    std::string what;
    for (const auto& entry : part_of(three(), part).entries) what += entry.what + " ";
    return what;
}

TEST(Log, PartOfItIsTheNewestAndWhatWasSince)
{
    EXPECT_EQ(kept({}), "first second third ");
    EXPECT_EQ(kept({.most = 2}), "second third ");
    EXPECT_EQ(kept({.most = 0}), "");
    EXPECT_EQ(kept({.since = moment_of("2026-11-22T16:00:00Z")}), "second third ");
    EXPECT_EQ(kept({.since = moment_of("2026-11-22T16:00:01Z"), .most = 5}), "third ");
}

TEST(Log, OfTwoZonesSaysBoth)
{
    const InZone here("CET-1CEST,M3.5.0,M10.5.0/3");
    LogView view;
    view.entries.push_back({.when = "2026-10-25T00:30:00Z", .who = "", .what = "a", .moved = {}});
    view.entries.push_back({.when = "2026-10-25T01:30:00Z", .who = "", .what = "b", .moved = {}});

    EXPECT_EQ(log_text(view, {}, {}), "times are local (CET, UTC+01:00)\n"
                                      "2026-10-25 02:30:00 (CEST, UTC+02:00) a, by somebody\n"
                                      "2026-10-25 02:30:00 b, by somebody\n");
}

TEST(Who, IsNamedAsPeopleNameEachOther)
{
    const std::vector<std::pair<std::string, std::string>> words{
        {"", "somebody"},
        {"control (uid 1000, pid 7, waybar)", "user alice (uid 1000), process 7 (waybar)"},
        {"control (uid 1000, pid 7)", "user alice (uid 1000), process 7"},
        {"windows (uid 64055, pid 9, qemu-system-x86)",
         "user 64055, process 9 (qemu-system-x86), through listener windows"},
        {"direct (uid 1000)", "user alice (uid 1000), with --direct"},
        {"map (uid 1000)", "user alice (uid 1000), in usbroute map"},
        {"on_drift", "usbrouted, since something else had moved them (on_drift)"},
        {"when_off of windows", "usbrouted, since this guest was gone (when_off): windows"},
        {"netcat", "netcat"},
        {"control (uid x)", "control (uid x)"},
        {"control (uid 1000, waybar)", "control (uid 1000, waybar)"},
    };
    for (const auto& [who, said] : words) EXPECT_EQ(who_in_words(who, alice), said);
}

TEST(Times, AreThoseOfTheReadersClock)
{
    const InTokyo here;

    EXPECT_EQ(utc({}), "");
    EXPECT_EQ(utc(*moment_of("2026-11-22T17:00:00+01:00")), "2026-11-22T16:00:00Z");
    EXPECT_EQ(local_time(*moment_of("2026-11-22T16:00:00Z")), "2026-11-23 01:00:00");
    for (const auto* text : {"", "-", "soon", "2026-11-22", "2026-11-22T16:00:00",
                             "2026-11-22T16:00:00Z later", "2026-13-22T16:00:00Z"})
        EXPECT_FALSE(moment_of(text)) << text;
}

TEST(Times, NameTheirZoneByItsLettersAndItsOffset)
{
    const std::vector<std::pair<const char*, const char*>> zones{
        {"UTC0", "UTC"}, {"JST-9", "JST, UTC+09:00"}, {"<-0330>3:30", "UTC-03:30"}};
    for (const auto& [zone, name] : zones) {
        const InZone here(zone);
        EXPECT_EQ(zone_at(Moment{}), name);
    }
}

TEST(Times, AreReadAsAPersonWritesThem)
{
    const InTokyo here;
    const auto now = *moment_of("2026-11-22T16:00:00Z"); // 01:00 of the 23rd
    const std::vector<std::pair<const char*, const char*>> meant{
        {"90s", "2026-11-22T15:58:30Z"},
        {"10m", "2026-11-22T15:50:00Z"},
        {"2h", "2026-11-22T14:00:00Z"},
        {"3d", "2026-11-19T16:00:00Z"},
        {"today", "2026-11-22T15:00:00Z"},
        {"yesterday", "2026-11-21T15:00:00Z"},
        {"00:30", "2026-11-22T15:30:00Z"},
        {"00:30:05", "2026-11-22T15:30:05Z"},
        {"2026-11-20", "2026-11-19T15:00:00Z"},
        {"2026-11-20 16:00", "2026-11-20T07:00:00Z"},
        {"2026-11-20T16:00:01", "2026-11-20T07:00:01Z"},
        {"2026-11-20T16:00:01Z", "2026-11-20T16:00:01Z"},
    };
    for (const auto& [text, moment] : meant) EXPECT_EQ(moment_meant(text, now), moment_of(moment)) << text;
    for (const auto* text : {"", "h", "-2h", "2w", "25:00", "tomorrow", "2026-11-31x", "2h ago"})
        EXPECT_FALSE(moment_meant(text, now)) << text;
}

} // namespace
} // namespace usbroute::report
