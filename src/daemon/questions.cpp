// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/questions.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "daemon/log.hpp"
#include "plan/board.hpp"
#include "plan/open_questions.hpp"
#include "plan/ownership.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ranges>
#include <utility>

namespace usbroute::daemon {

namespace {

constexpr std::string_view nobody_answered = "a question that nobody answered";
/// Each is written down for its device. One that calls itself otherwise at each plug would fill the journal, which holds
/// 1024 keys, and what guests have would be forgotten.
constexpr std::size_t most_unanswered = 64;
constexpr auto until_it_is_tried_again = std::chrono::seconds(5);

std::uint32_t seconds_in(std::chrono::milliseconds time)
{
    return static_cast<std::uint32_t>(
        std::chrono::ceil<std::chrono::seconds>(std::max(time, std::chrono::milliseconds(0))).count());
}

} // namespace

Questions::Questions(Parts parts) : parts_(std::move(parts)), timer_(parts_.loop.timer([this] { ring(); })) {}

void Questions::look_again()
{
    const auto& settings = parts_.machine.settings();
    const bool asks = std::ranges::any_of(settings.rules, [](const auto& rule) { return !rule.ask.empty(); });
    if (!asks && open_.empty()) return;
    const auto snapshot = parts_.machine.snapshot();
    auto before = std::exchange(open_, {});
    std::vector<News> news;
    for (const auto& question : plan::open_questions(plan::look_at_board(*snapshot, settings), *snapshot)) {
        const auto& device = *question.device;
        const attach::HostDevice key{.path = device.path, .number = device.number};
        if (auto known = before.extract(key)) {
            open_.insert(std::move(known));
            continue;
        }
        const auto rule = std::ranges::find(settings.rules, question.rule, &config::RuleSettings::name);
        News asked{.place = device.path,
                   .connector = question.socket ? question.socket->text() : std::string(),
                   .device = device.shown(),
                   .what = {.turn = wire::QuestionTurn::asked,
                            .answers = texts_of(question.answers,
                                                [](const auto& one) { return config::text_of(one); }),
                            .seconds = seconds_in(rule->answer_after)}};
        open_.emplace(key, Open{.until = parts_.loop.now() + rule->answer_after, .news = asked});
        news.push_back(std::move(asked));
    }
    std::vector<News> ended;
    for (const auto& [device, open] : before) ended.push_back(end_of(device, open));
    wake_for_the_next();
    // Whoever is told may ask for a change, and come by here again.
    for (const auto& one : ended) parts_.tell(one);
    for (const auto& one : news) parts_.tell(one);
}

/// One that is not open any more.
Questions::News Questions::end_of(const attach::HostDevice& key, const Open& open) const
{
    auto news = open.news;
    const auto snapshot = parts_.machine.snapshot();
    const auto* device = snapshot->device_at(key.path);
    news.what.turn = wire::QuestionTurn::gone;
    if (device == nullptr || device->number != key.number) return news;
    const auto board = plan::look_at_board(*snapshot, parts_.machine.settings());
    const auto* apart = board.apart_at(key.path);
    if (apart == nullptr || apart->rule) return news; // a rule that has changed
    news.what.turn = open.is_being_closed ? wire::QuestionTurn::expired : wire::QuestionTurn::answered;
    news.what.owner = plan::text_of(plan::owner_now(apart->connector, parts_.machine.settings()));
    return news;
}

std::optional<std::chrono::seconds> Questions::left_for(const attach::HostDevice& device) const
{
    const auto open = open_.find(device);
    if (open == open_.end() || open->second.waits_for_ever) return std::nullopt;
    return std::chrono::seconds(seconds_in(open->second.until - parts_.loop.now()));
}

void Questions::wake_for_the_next()
{
    std::optional<std::chrono::milliseconds> next;
    for (const auto& open : open_ | std::views::values)
        if (!open.is_being_closed) next = std::min(next.value_or(open.until), open.until);
    if (next)
        timer_.start(std::max(*next - parts_.loop.now(), std::chrono::milliseconds(0)));
    else
        timer_.stop();
}

void Questions::ring()
{
    std::vector<attach::HostDevice> over;
    for (auto& [device, open] : open_)
        if (!open.is_being_closed && open.until <= parts_.loop.now()) {
            open.is_being_closed = true;
            over.push_back(device);
        }
    for (const auto& device : over) close(device);
    wake_for_the_next();
}

/// A move like any other, so that it is in the journal, and holds.
void Questions::close(const attach::HostDevice& device)
{
    if (unanswered_ == most_unanswered) {
        if (const auto open = open_.find(device); open != open_.end()) open->second.waits_for_ever = true;
        log::warning(
            format(
                "{} questions have been answered by nobody since usbrouted started; {} stays with nobody until `usbroute answer {} host`",
                most_unanswered, device.path.text(), device.path.text()),
            device.path.text());
        return;
    }
    plan::Request request{
        .wish = plan::MoveRequest{.connectors = {ConnectorName(device.path.text())}, .to = config::ToHost{}},
        .revert_after = std::chrono::seconds{0}};
    parts_.machine.carry_out(
        std::move(request), {.who = std::string(nobody_answered), .trial = {}},
        [this, device, before = parts_.machine.snapshot()](Carried carried) {
            if (carried) {
                ++unanswered_;
                return parts_.moved(
                    {.done = std::move(*carried), .who = std::string(nobody_answered), .before = before});
            }
            log::warning(apply::error_from(std::move(carried.error())).message(), device.path.text());
            const auto open = open_.find(device);
            if (open == open_.end()) return;
            open->second.until = parts_.loop.now() + until_it_is_tried_again;
            open->second.is_being_closed = false;
            wake_for_the_next();
        });
}

} // namespace usbroute::daemon
