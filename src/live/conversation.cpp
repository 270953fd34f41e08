// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "live/conversation.hpp"

#include "base/format.hpp"
#include "wire/answer.hpp"

#include <algorithm>

namespace usbroute::live {

using cli::DaemonLink;

Result<Conversation> Conversation::begin(const std::string& path, std::chrono::milliseconds timeout)
{
    auto events = DaemonLink::connect(path, timeout);
    if (!events) return std::unexpected(std::move(events.error()));
    auto requests = DaemonLink::connect(path, timeout);
    if (!requests) return std::unexpected(std::move(requests.error()));
    if (auto sent = events->send(wire::to_line({{.verb = config::Verb::subscribe}})); !sent)
        return std::unexpected(std::move(sent.error()));
    return Conversation(std::move(*events), std::move(*requests), timeout);
}

Result<void> Conversation::ask(const wire::Command& command, Kind kind, Clock::time_point now)
{
    if (auto sent = requests_.send(wire::to_line(command)); !sent) return sent;
    asked_.push_back({.kind = kind, .when = now});
    return {};
}

Result<void> Conversation::look(Clock::time_point now)
{
    look_again_ = std::ranges::find(asked_, Kind::looked, &Asked::kind) != asked_.end();
    if (look_again_) return {};
    return ask({{.verb = config::Verb::status}, wire::Form::json}, Kind::looked, now);
}

Result<void> Conversation::act(const wire::Command& command, Clock::time_point now)
{
    return ask(command, Kind::acted, now);
}

Result<void> Conversation::take_events(std::vector<Heard>& heard)
{
    for (;;) {
        auto line = events_.line_at_hand();
        if (!line) return std::unexpected(std::move(line.error()));
        if (!*line) return {};
        if (subscribed_) {
            heard.emplace_back(Kind::event, std::move(**line));
            continue;
        }
        if (auto answer = wire::read_ok(**line); !answer) return std::unexpected(std::move(answer.error()));
        subscribed_ = true;
    }
}

Result<void> Conversation::take_answers(std::vector<Heard>& heard)
{
    for (;;) {
        auto line = requests_.line_at_hand();
        if (!line) return std::unexpected(std::move(line.error()));
        if (!*line) return {};
        if (asked_.empty())
            return std::unexpected(
                Error(ErrorKind::failed, "the daemon has sent an answer to a question that nobody asked")
                    .with_code("not-an-answer"));
        heard.emplace_back(asked_.front().kind, std::move(**line));
        asked_.pop_front();
    }
}

Result<std::vector<Conversation::Heard>> Conversation::listen(Clock::time_point now)
{
    std::vector<Heard> heard;
    if (auto taken = take_events(heard); !taken) return std::unexpected(std::move(taken.error()));
    if (auto taken = take_answers(heard); !taken) return std::unexpected(std::move(taken.error()));
    if (const auto last = deadline(); last && *last <= now)
        return std::unexpected(
            Error(ErrorKind::timed_out, format("the daemon did not answer within {} ms", timeout_.count()))
                .with_code("timed-out"));
    if (look_again_) {
        if (auto looked = look(now); !looked) return std::unexpected(std::move(looked.error()));
    }
    return heard;
}

std::optional<Conversation::Clock::time_point> Conversation::deadline() const
{
    if (asked_.empty()) return std::nullopt;
    return asked_.front().when + timeout_;
}

} // namespace usbroute::live
