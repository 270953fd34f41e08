// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/questions.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "daemon/log.hpp"
#include "plan/board.hpp"

#include <algorithm>
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

std::string question_about(const topology::Device& device, const config::RuleSettings& rule)
{
    const auto place = device.path.text();
    const auto choices = texts_of(rule.ask, [](const config::Target& one) { return config::text_of(one); });
    return format("who is to have {}: {}? Answer with `usbroute move {} --to {}`; after {} s the host has it",
                  device.shown(), join(choices, " or "), place, choices.front(),
                  std::chrono::duration_cast<std::chrono::seconds>(rule.answer_after).count());
}

} // namespace

Questions::Questions(Parts parts) : parts_(std::move(parts)), timer_(parts_.loop.timer([this] { ring(); })) {}

void Questions::look_again()
{
    const auto& settings = parts_.machine.settings();
    const bool asks = std::ranges::any_of(settings.rules, [](const auto& rule) { return !rule.ask.empty(); });
    if (!asks && open_.empty()) return;
    const auto snapshot = parts_.machine.snapshot();
    const auto before = std::exchange(open_, {});
    for (const auto& apart : plan::look_at_board(*snapshot, settings).apart) {
        const auto* device = apart.place ? snapshot->device_at(*apart.place) : nullptr;
        if (device == nullptr || apart.asked.empty() || !apart.rule) continue;
        const auto rule = std::ranges::find(settings.rules, *apart.rule, &config::RuleSettings::name);
        const attach::HostDevice key{.path = device->path, .number = device->number};
        const auto known = before.find(key);
        if (known != before.end()) {
            open_.insert(*known);
            continue;
        }
        open_.emplace(key, Open{.until = parts_.loop.now() + rule->answer_after});
        parts_.ask(device->path, question_about(*device, *rule));
    }
    wake_for_the_next();
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
        log::warning(
            format(
                "{} questions have been answered by nobody since usbrouted started; {} stays with nobody until `usbroute move {} --to host`",
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
            open->second = {.until = parts_.loop.now() + until_it_is_tried_again};
            wake_for_the_next();
        });
}

} // namespace usbroute::daemon
