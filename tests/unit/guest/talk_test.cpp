// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/talk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::guest {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// A host and its clock. What is said is kept, and answered by a rule; time goes on only where somebody waits.
struct ScriptedHost {
    milliseconds clock{0};
    std::vector<std::string> said;
    std::vector<std::string> shown;
    std::deque<std::pair<milliseconds, std::string>> coming; ///< bytes, by the time they are there
    std::function<void(ScriptedHost&, const std::string&)> rule = [](ScriptedHost&, const std::string&) {};
    std::function<std::optional<Failure>(const ScriptedHost&)> opening = [](const ScriptedHost&) {
        return std::optional<Failure>();
    };
    bool is_shared = true;
    bool closes_when_empty = false;
    bool takes_nothing = false;
    bool is_endless_noise = false;
    int opened = 0;

    void answer(std::string bytes, milliseconds later = 1ms)
    {
        coming.emplace_back(clock + later, std::move(bytes));
    }
};

class ScriptedLine final : public Line {
public:
    explicit ScriptedLine(ScriptedHost& host) : host_(host) {}

    Received receive(std::span<char> into, milliseconds patience) override
    {
        if (host_.is_endless_noise) {
            host_.clock += 1ms;
            std::ranges::fill(into, '~');
            into.back() = '\n';
            return {.came = Came::bytes, .count = into.size()};
        }
        if (host_.coming.empty() || host_.coming.front().first > host_.clock + patience) {
            if (host_.closes_when_empty && host_.coming.empty()) return {.came = Came::closed};
            host_.clock += patience;
            return {.came = Came::nothing};
        }
        auto& [time, bytes] = host_.coming.front();
        host_.clock = std::max(host_.clock, time);
        const auto count = std::min(bytes.size(), into.size());
        std::memcpy(into.data(), bytes.data(), count);
        bytes.erase(0, count);
        if (bytes.empty()) host_.coming.pop_front();
        return {.came = Came::bytes, .count = count};
    }

    Came send(std::string_view bytes, milliseconds patience) override
    {
        if (host_.takes_nothing) {
            host_.clock += patience;
            return Came::nothing;
        }
        host_.said.emplace_back(bytes);
        host_.rule(host_, std::string(bytes));
        return Came::bytes;
    }

    [[nodiscard]] bool is_shared() const override { return host_.is_shared; }

private:
    ScriptedHost& host_;
};

class ScriptedBorder final : public Border {
public:
    explicit ScriptedBorder(ScriptedHost& host) : host_(host) {}

    std::expected<std::unique_ptr<Line>, Failure> open(const std::string&, milliseconds) override
    {
        ++host_.opened;
        if (auto failure = host_.opening(host_)) return std::unexpected(*failure);
        return std::make_unique<ScriptedLine>(host_);
    }
    milliseconds now() override { return host_.clock; }
    bool pause(milliseconds time) override
    {
        host_.clock += time;
        return true;
    }
    void show(std::string_view line) override { host_.shown.emplace_back(line); }

private:
    ScriptedHost& host_;
};

using Lines = std::vector<std::string>;

Request toggle(milliseconds timeout = 5s, bool wait = false)
{
    return {.port = "COM1", .timeout = timeout, .wait = wait, .line = "toggle"};
}

Outcome talk_with(ScriptedHost& host, const Request& request)
{
    ScriptedBorder border(host);
    return talk(request, border);
}

TEST(GuestTalk, SaysOneLineAndShowsTheAnswer)
{
    ScriptedHost host;
    host.rule = [](ScriptedHost& h, const std::string&) { h.answer("ok all-host\n"); };

    const auto outcome = talk_with(host, toggle());

    EXPECT_EQ(outcome.code, ExitCode::done);
    EXPECT_EQ(host.said, Lines{"\ntoggle\n"});
    EXPECT_EQ(host.shown, Lines{"ok all-host"});
    EXPECT_LT(host.clock, 100ms);
}

TEST(GuestTalk, StartsWithoutABlankLineWhereNobodyElseCanHaveSpoken)
{
    ScriptedHost host;
    host.is_shared = false;
    host.rule = [](ScriptedHost& h, const std::string&) { h.answer("ok\n"); };

    EXPECT_EQ(talk_with(host, toggle()).code, ExitCode::done);
    EXPECT_EQ(host.said, Lines{"toggle\n"});
}

TEST(GuestTalk, FindsTheAnswerInABootLogAndAnEcho)
{
    ScriptedHost host;
    host.answer("GRUB loading.\r\nerror: no such device\r\nhost login: ", 0ms);
    host.rule = [](ScriptedHost& h, const std::string&) {
        h.answer("\r\ntoggle\r\n[ 2.1] usb 1-1: new device\r\nok desk ehci=rear-1\n[ 2.2] more\r\n");
    };

    EXPECT_EQ(talk_with(host, toggle()).code, ExitCode::done);
    EXPECT_EQ(host.shown, Lines{"ok desk ehci=rear-1"});
}

// A request whose time was up may be answered after all, and the next run would take that for its own.
TEST(GuestTalk, TakesNoAnswerThatWasThereBeforeTheQuestion)
{
    ScriptedHost host;
    host.answer("ok stale\n", 0ms);
    host.rule = [](ScriptedHost& h, const std::string&) { h.answer("ok fresh\n"); };

    EXPECT_EQ(talk_with(host, toggle()).code, ExitCode::done);
    EXPECT_EQ(host.shown, Lines{"ok fresh"});
}

TEST(GuestTalk, DoesNotTakeTheComplaintAboutItsBlankLineForTheAnswer)
{
    ScriptedHost host;
    host.rule = [](ScriptedHost& h, const std::string&) {
        h.answer("error usage the line is empty; say toggle, status, move ...\nok all-host\n");
    };

    EXPECT_EQ(talk_with(host, toggle()).code, ExitCode::done);
    EXPECT_EQ(host.shown, Lines{"ok all-host"});
}

TEST(GuestTalk, PassesARefusalOn)
{
    ScriptedHost host;
    host.rule = [](ScriptedHost& h, const std::string&) { h.answer("refused no-mux there is no mux\n"); };

    const auto outcome = talk_with(host, toggle());

    EXPECT_EQ(outcome.code, ExitCode::refused);
    EXPECT_EQ(outcome.message, "there is no mux");
    EXPECT_EQ(host.shown, Lines{});
}

TEST(GuestTalk, AsksOnceAndSaysWhenNobodyAnswers)
{
    ScriptedHost host;

    const auto outcome = talk_with(host, toggle(2s));

    EXPECT_EQ(outcome.code, ExitCode::timed_out);
    EXPECT_EQ(
        outcome.message,
        "no answer on COM1 within 2 s: is usbrouted running on the host, and does this port lead to its listener? `usbroute-guest status` shows the state now.");
    EXPECT_EQ(host.said.size(), 1U);
    EXPECT_EQ(host.clock, 2s);
}

TEST(GuestTalk, DoubtsItsWordsAndTheLineWhenOnlyNoiseCame)
{
    ScriptedHost host;
    host.rule = [](ScriptedHost& h, const std::string&) { h.answer("frob\r\nlogin: \r\n"); };
    auto request = toggle();
    request.line = "frob";

    const auto outcome = talk_with(host, request);

    EXPECT_EQ(
        outcome.message,
        "no answer on COM1 within 5 s: is usbrouted running on the host, and does this port lead to its listener? 11 bytes came that were no answer: a console or a login prompt on this port? frob may be an unknown command, and a guest's line does not answer those.");
}

TEST(GuestTalk, EndsInTimeUnderNoiseWithoutEnd)
{
    ScriptedHost host;
    host.is_endless_noise = true;

    EXPECT_EQ(talk_with(host, toggle(2s)).code, ExitCode::timed_out);
    EXPECT_LE(host.clock, 2100ms);
    EXPECT_EQ(host.said.size(), 1U);
}

TEST(GuestTalk, SaysThatNothingWasAskedWhenThePortTakesNoBytes)
{
    ScriptedHost host;
    host.takes_nothing = true;

    const auto outcome = talk_with(host, toggle(1s));

    EXPECT_EQ(outcome.code, ExitCode::timed_out);
    EXPECT_EQ(outcome.message,
              "COM1 took no bytes within 1 s: nobody reads at the host's end; nothing was asked");
}

TEST(GuestTalk, SaysWhenTheLineIsClosedInsteadOfAnAnswer)
{
    ScriptedHost host;
    host.closes_when_empty = true;
    host.is_shared = false;

    const auto outcome = talk_with(host, toggle());

    EXPECT_EQ(outcome.code, ExitCode::unreachable);
    EXPECT_EQ(
        outcome.message,
        "the line on COM1 was closed before an answer came; `usbroute-guest status` shows the state now");
}

TEST(GuestTalk, FailsAtOnceWhenThereIsNoPort)
{
    ScriptedHost host;
    host.opening = [](const ScriptedHost&) {
        return Failure{.code = ExitCode::unreachable, .message = "there is no port", .may_pass = true};
    };

    EXPECT_EQ(talk_with(host, toggle()).code, ExitCode::unreachable);
    EXPECT_EQ(host.opened, 1);
    EXPECT_EQ(host.clock, 0ms);
}

// Two presses of a hot key: the second run finds the port busy for some milliseconds.
TEST(GuestTalk, WaitsForAMomentWhenThePortIsBusy)
{
    ScriptedHost host;
    host.opening = [](const ScriptedHost& h) {
        return h.opened < 3 ? std::optional(Failure{.message = "in use", .is_busy = true}) : std::nullopt;
    };
    host.rule = [](ScriptedHost& h, const std::string&) { h.answer("ok\n"); };
    EXPECT_EQ(talk_with(host, toggle()).code, ExitCode::done);

    ScriptedHost for_ever;
    for_ever.opening = [](const ScriptedHost&) { return Failure{.message = "in use", .is_busy = true}; };
    const auto outcome = talk_with(for_ever, toggle());
    EXPECT_EQ(outcome.code, ExitCode::unreachable);
    EXPECT_EQ(outcome.message, "in use");
    EXPECT_LE(for_ever.clock, 1250ms);
}

TEST(GuestTalk, WaitsUntilThePortIsThereAndTheDaemonAnswers)
{
    ScriptedHost host;
    host.opening = [](const ScriptedHost& h) {
        return h.clock < 10s ? std::optional(Failure{.message = "not there", .may_pass = true})
                             : std::nullopt;
    };
    host.rule = [](ScriptedHost& h, const std::string& line) {
        if (h.clock < 14s) return;
        h.answer(line == "\ntoggle\n" ? "ok toggled\n"
                                      : "error not-permitted listener x does not allow status\n");
    };

    const auto outcome = talk_with(host, toggle(60s, true));

    EXPECT_EQ(outcome.code, ExitCode::done);
    EXPECT_EQ(host.shown, Lines{"ok toggled"});
    EXPECT_EQ(std::ranges::count(host.said, "\ntoggle\n"), 1);
    EXPECT_GT(std::ranges::count(host.said, "\nstatus\n"), 1);
    EXPECT_LT(host.clock, 20s);
}

// The probes may all be answered when the daemon begins to read.
TEST(GuestTalk, TakesNoLateAnswerToAProbeForItsOwn)
{
    ScriptedHost host;
    host.rule = [](ScriptedHost& h, const std::string& line) {
        if (line == "\ntoggle\n") return h.answer("ok toggled\n");
        if (h.said.size() < 3) return;
        h.answer("ok status-1\n");
        h.answer("ok status-2\n", 50ms);
        h.answer("ok status-3\n", 120ms);
    };

    EXPECT_EQ(talk_with(host, toggle(60s, true)).code, ExitCode::done);
    EXPECT_EQ(host.shown, Lines{"ok toggled"});
}

TEST(GuestTalk, GivesUpWaitingAndHasAskedNothing)
{
    ScriptedHost host;

    const auto outcome = talk_with(host, toggle(10s, true));

    EXPECT_EQ(outcome.code, ExitCode::timed_out);
    EXPECT_TRUE(outcome.message.ends_with("Nothing was asked.")) << outcome.message;
    EXPECT_EQ(std::ranges::count(host.said, "\ntoggle\n"), 0);
    EXPECT_EQ(host.clock, 10s);
}

TEST(GuestTalk, OpensAgainWhenTheHostsEndIsNotThereYet)
{
    ScriptedHost host;
    host.closes_when_empty = true;
    host.rule = [](ScriptedHost& h, const std::string&) {
        if (h.clock > 3s) h.answer("ok done\n");
    };

    EXPECT_EQ(talk_with(host, toggle(10s, true)).code, ExitCode::done);
    EXPECT_GT(host.opened, 3);

    ScriptedHost never;
    never.closes_when_empty = true;
    const auto outcome = talk_with(never, toggle(3s, true));
    EXPECT_EQ(outcome.code, ExitCode::unreachable);
    EXPECT_EQ(never.clock, 3s);
}

TEST(GuestTalk, ShowsEventsUntilTheLineIsClosed)
{
    ScriptedHost host;
    host.closes_when_empty = true;
    host.is_shared = false;
    host.rule = [](ScriptedHost& h, const std::string&) {
        h.answer("ok\n");
        h.answer("event moved all-host\nnoise\n", 60s);
        h.answer("event lost\n", 3600s);
    };
    auto request = toggle();
    request.line = "subscribe";

    EXPECT_EQ(talk_with(host, request).code, ExitCode::unreachable);
    EXPECT_EQ(host.shown, (Lines{"ok", "event moved all-host", "event lost"}));
}

TEST(GuestTalk, IsSilentWhenAskedToBe)
{
    ScriptedHost host;
    host.rule = [](ScriptedHost& h, const std::string&) { h.answer("ok\n"); };
    auto request = toggle();
    request.quiet = true;

    EXPECT_EQ(talk_with(host, request).code, ExitCode::done);
    EXPECT_EQ(host.shown, Lines{});
}

} // namespace
} // namespace usbroute::guest
