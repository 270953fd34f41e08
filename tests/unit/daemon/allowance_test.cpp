// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"
#include "daemon/allowance.hpp"
#include "daemon/dialogue.hpp"

#include <gtest/gtest.h>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using config::ListenerSettings;

ListenerSettings tcp_listener() { return {.name = ListenerName("netcat"), .address = config::TcpAddress{}}; }
ListenerSettings of_a_group()
{
    return {.name = ListenerName("desk"), .address = config::UnixAddress{.path = "/run/a", .group = "audio"}};
}
ListenerSettings of_a_guest() { return {.name = ListenerName("windows"), .guest = GuestName("windows")}; }

/// How many of these are count_admitted when they come at once.
int count_admitted(Allowance& allowance, const ListenerSettings& listener, std::optional<uid_t> user,
                   Weight weight, std::chrono::milliseconds now = 1h)
{
    int count = 0;
    for (int i = 0; i < 5000; ++i)
        if (!allowance.wait_for(listener, user, weight, now)) ++count;
    return count;
}

TEST(Allowance, BoundsChangesOfEverybodyButRootOnASocketOfItsOwn)
{
    struct Case {
        const char* what;
        ListenerSettings listener;
        std::optional<uid_t> user;
        int changes, studies, looks;
    };
    const std::vector<Case> cases{
        {"TCP", tcp_listener(), std::nullopt, 20, 40, 200},
        {"a group's socket", of_a_group(), 1000, 20, 40, 200},
        {"root on a group's socket", of_a_group(), 0, 5000, 5000, 5000},
        {"a guest", of_a_guest(), std::nullopt, 20, 40, 200},
        {"a guest whose QEMU runs as root", of_a_guest(), 0, 20, 40, 200},
        {"root on the control socket", config::default_control_listener(), 0, 5000, 5000, 5000},
        {"a user of the control socket", config::default_control_listener(), 1000, 200, 400, 2000},
    };

    for (const auto& [what, listener, user, changes, studies, looks] : cases) {
        Allowance allowance;
        EXPECT_EQ(count_admitted(allowance, listener, user, Weight::change), changes) << what;
        EXPECT_EQ(count_admitted(allowance, listener, user, Weight::study), studies) << what;
        EXPECT_EQ(count_admitted(allowance, listener, user, Weight::look), looks) << what;
    }
}

TEST(Allowance, CountsEachUserOfTheControlSocketAloneAndOthersOverTheListener)
{
    Allowance control;
    EXPECT_EQ(count_admitted(control, config::default_control_listener(), 1000, Weight::change), 200);
    EXPECT_EQ(count_admitted(control, config::default_control_listener(), 1001, Weight::change), 200);
    EXPECT_EQ(count_admitted(control, config::default_control_listener(), 1000, Weight::change), 0);

    Allowance group;
    EXPECT_EQ(count_admitted(group, of_a_group(), 1000, Weight::change), 20);
    EXPECT_EQ(count_admitted(group, of_a_group(), 1001, Weight::change), 0);
}

TEST(Allowance, RemembersABoundedNumberOfUsers)
{
    Allowance control;
    const auto listener = config::default_control_listener();
    for (uid_t user = 1; user <= Allowance::most_users; ++user)
        static_cast<void>(control.wait_for(listener, user, Weight::change, 1h));

    // The others share what is left; and those who have asked nothing for a while are forgotten.
    EXPECT_EQ(count_admitted(control, listener, 5000, Weight::change), 200);
    EXPECT_EQ(count_admitted(control, listener, 5001, Weight::change), 0);
    EXPECT_EQ(count_admitted(control, listener, 5001, Weight::change, 2h), 200);
    EXPECT_EQ(count_admitted(control, listener, 5002, Weight::change, 2h), 200);
}

TEST(Allowance, SaysHowLongToWaitAndThenLetsOneThrough)
{
    auto listener = tcp_listener();
    listener.per_minute = 6;
    Allowance allowance;
    EXPECT_EQ(count_admitted(allowance, listener, std::nullopt, Weight::change), 20);

    EXPECT_EQ(allowance.wait_for(listener, std::nullopt, Weight::change, 1h), 10s);
    EXPECT_EQ(allowance.wait_for(listener, std::nullopt, Weight::change, 1h + 9500ms), 1s);
    EXPECT_EQ(allowance.wait_for(listener, std::nullopt, Weight::change, 1h + 10s), std::nullopt);
    EXPECT_EQ(allowance.wait_for(listener, std::nullopt, Weight::change, 1h + 10s), 10s);
}

TEST(Allowance, HasNoBoundWhereTheConfigurationSaysSo)
{
    auto listener = tcp_listener();
    listener.per_minute = 0;
    Allowance allowance;

    EXPECT_EQ(count_admitted(allowance, listener, std::nullopt, Weight::change), 5000);
    EXPECT_EQ(count_admitted(allowance, listener, std::nullopt, Weight::look), 5000);
}

/// Says "ok" to everything.
class YesDesk final : public Desk {
public:
    bool is_known(Need, const wire::Command&) override { return true; }
    void answer(const Entrance&, const wire::Command&, const std::string&, Answered answered) override
    {
        answered({});
    }
    std::optional<std::string> why_not(const Asker&, const wire::Command&) override { return std::nullopt; }
    void after_answer() override {}
    void line_changed(const Entrance&) override {}
    void complain(Entrance&, std::string_view) override {}
};

TEST(Allowance, BeginsNoNewCountForWhoConnectsAgain)
{
    Entrance entrance{.settings = tcp_listener()};
    YesDesk desk;
    int done = 0;
    std::string last;

    for (int i = 0; i < 100; ++i) {
        Dialogue dialogue(entrance, desk, "netcat");
        static_cast<void>(dialogue.take("toggle\n", 1h));
        if (dialogue.output() == "ok\n")
            ++done;
        else
            last = dialogue.output();
        dialogue.end();
    }

    EXPECT_EQ(done, 20);
    EXPECT_EQ(
        last,
        "error busy more than 120 changes a minute came over listener netcat: nothing was done; try again in 1 s\n");
}

TEST(Allowance, QuestionsDoNotUseUpTheChangesAndAreBoundedThemselves)
{
    Entrance entrance{.settings = of_a_guest()};
    YesDesk desk;
    Dialogue dialogue(entrance, desk, "windows");
    for (const auto* line : {"plan toggle\n", "why a\n",
                             R"({"do":"status"})"
                             "\n"})
        for (int i = 0; i < 500; ++i) static_cast<void>(dialogue.take(line, 1h));
    EXPECT_EQ(entrance.counts.limited, 1500u - 40u);
    for (int i = 0; i < 500; ++i) {
        auto turn = dialogue.take("status\n", 1h);
        while (turn == Turn::more) turn = dialogue.go_on(1h);
    }
    dialogue.output().clear();

    static_cast<void>(dialogue.take("toggle\n", 1h));

    EXPECT_EQ(dialogue.output(), "ok\n");
}

} // namespace
} // namespace usbroute::daemon
