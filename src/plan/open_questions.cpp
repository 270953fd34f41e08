// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/open_questions.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/apart.hpp"
#include "plan/named_devices.hpp"
#include "plan/ownership.hpp"
#include "plan/sight.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::plan {

using config::Target;
using topology::Device;
using topology::Snapshot;

namespace {

constexpr std::size_t most_questions_told = 8;
/// As long as a serial number in the configuration can be (config/rules.cpp).
constexpr std::size_t longest_serial = 378;

std::string words_of(const Target& target) { return config::text_of(target); }

std::string answers_of(const OpenQuestion& question)
{
    return join(texts_of(question.answers, words_of), " or ");
}

std::string what_is_asked(const OpenQuestion& question)
{
    return format("{} {}: {}", question.device->path.text(), question.device->shown(), answers_of(question));
}

std::string who_has(const Board& board, const Situation& situation, const Device& device)
{
    const auto* apart = board.apart_at(device.path);
    const auto* connector = apart != nullptr ? &apart->connector : board.connector_of(device.path);
    const auto owner =
        connector == nullptr ? std::string("host") : text_of(owner_now(*connector, situation.settings));
    auto has = format("{} has it", owner == "host" ? "the host" : owner);
    if (apart == nullptr) return has;
    return apart->rule ? format("{}, by rule {}", has, apart->rule->text())
                       : has + ", because it was moved by its name";
}

Refusal no_question_at_all()
{
    return {Reason::no_question,
            {},
            "no question is open",
            "to move a device, say `usbroute move DEVICE --to WHERE`"};
}

Refusal no_question_about(const Board& board, const Situation& situation, const Device& device,
                          const Target& to)
{
    const auto place = device.path.text();
    return {Reason::no_question, place,
            format("nobody is asked who is to have {} at {}: {}", device.shown(), place,
                   who_has(board, situation, device)),
            format("`usbroute move {} --to {}` moves it", place, words_of(to))};
}

Refusal several(const std::vector<OpenQuestion>& open, const Target& to)
{
    std::vector<std::string> told;
    for (const auto& question : open) {
        if (told.size() == most_questions_told) {
            told.push_back(format("{} more", open.size() - told.size()));
            break;
        }
        told.push_back(what_is_asked(question));
    }
    return {
        Reason::several_questions,
        {},
        format("{} questions are open: {}", open.size(), join(told, "; ")),
        format("say which is meant: usbroute answer {} {}", open.front().device->path.text(), words_of(to))};
}

Refusal not_offered(const OpenQuestion& question, const Target& to)
{
    const auto place = question.device->path.text();
    return {Reason::not_offered, place,
            format("{} is not among the answers about {} at {}: rule {} offers {}", words_of(to),
                   question.device->shown(), place, question.rule.text(), answers_of(question)),
            format("say one of these, or `usbroute move {} --to {}`", place, words_of(to))};
}

/// What a person calls it: as `move` takes it, or the connector in which it is.
std::vector<OpenQuestion> named(const std::vector<OpenQuestion>& open, const Snapshot& snapshot,
                                const ConnectorName& name)
{
    const auto devices = devices_named(snapshot, name.text());
    std::vector<OpenQuestion> found;
    for (const auto& question : open)
        if (question.socket == name || std::ranges::find(devices, question.device) != devices.end())
            found.push_back(question);
    return found;
}

Refusal no_question_in(const ConnectorName& socket)
{
    return {Reason::no_question, socket.text(),
            format("nobody is asked who is to have what is in {}", socket.text()),
            "`usbroute answer` lists the questions that are open"};
}

bool is_a_socket(const Board& board, const ConnectorName& name)
{
    const auto* connector = board.find(name);
    return connector != nullptr && !connector->spec.device;
}

std::expected<OpenQuestion, Refusal> question_meant(const Board& board, const Situation& situation,
                                                    const Request& request, const AnswerRequest& answer)
{
    auto open = open_questions(board, situation.snapshot);
    // What else is plugged in is not a guest's to know, not even by the code of a refusal.
    if (request.guest)
        open = questions_for(*request.guest, std::move(open), situation.settings, situation.snapshot);
    if (answer.device) open = named(open, situation.snapshot, *answer.device);
    if (open.size() > 1) return std::unexpected(several(open, answer.to));
    if (!open.empty()) return std::move(open.front());
    if (!answer.device || request.guest) return std::unexpected(no_question_at_all());
    if (is_a_socket(board, *answer.device)) return std::unexpected(no_question_in(*answer.device));
    const auto device = device_named(situation.snapshot, answer.device->text());
    if (!device) return std::unexpected(device.error());
    return std::unexpected(no_question_about(board, situation, **device, answer.to));
}

/// While it is asked about nobody has it. That nobody is to have it is something else, and would not be written down as no change.
void begin_at_the_host(Board& board, const Device& device)
{
    for (auto& apart : board.apart)
        if (apart.place == device.path) apart.connector.at = topology::OwnController{};
}

Refusal not_lasting(const Device& device)
{
    const auto place = device.path.text();
    return {
        Reason::not_lasting, place,
        format(
            "no rule can be for just {} at {}: it has no serial number of its own, and no connector of the "
            "configuration tells it from others",
            device.shown(), place),
        "answer without always; `usbroute map` gives its connector a name"};
}

/// By its serial number, unless the configuration could not hold it.
std::optional<config::RuleMatch> match_for(const Board& board, const Situation& situation,
                                           const Device& device)
{
    const UsbIds ids{.vendor = device.vendor, .product = device.product};
    const auto key = topology::key_of(situation.snapshot, device);
    if (key && !key->serial.empty() && key->serial.size() <= longest_serial &&
        printable(key->serial, longest_serial) == key->serial)
        return config::RuleMatch{.id = ids, .serial = key->serial};
    const auto* socket = board.connector_of(device.path);
    if (socket == nullptr || situation.settings.connector(socket->spec.name) == nullptr) return std::nullopt;
    return config::RuleMatch{.id = ids, .socket = socket->spec.name};
}

} // namespace

std::vector<OpenQuestion> open_questions(const Board& board, const Snapshot& snapshot)
{
    std::vector<OpenQuestion> open;
    for (const auto& apart : board.apart) {
        const auto* device = apart.place ? snapshot.device_at(*apart.place) : nullptr;
        if (device == nullptr || apart.asked.empty() || !apart.rule) continue;
        open.push_back(
            {.device = device, .rule = *apart.rule, .socket = apart.socket, .answers = apart.asked});
    }
    return open;
}

std::vector<OpenQuestion> questions_for(const GuestName& guest, std::vector<OpenQuestion> questions,
                                        const config::Settings& settings, const Snapshot& snapshot)
{
    if (questions.empty()) return questions;
    const auto sight = sight_of(guest, settings, snapshot);
    std::erase_if(questions, [&](const OpenQuestion& question) {
        const bool is_seen = question.socket && sight.sees(question.socket->text());
        return !is_seen || std::ranges::find(question.answers, Target(guest)) == question.answers.end();
    });
    return questions;
}

std::optional<config::RuleSettings> lasting_rule(const Board& board, const Situation& situation,
                                                 const Device& device, const Target& to)
{
    auto match = match_for(board, situation, device);
    if (!match) return std::nullopt;
    const bool is_for_others = std::ranges::any_of(situation.snapshot.devices, [&](const auto& other) {
        return other->path != device.path && matches(*match, ruled(board, situation.snapshot, *other));
    });
    if (is_for_others) return std::nullopt;
    return config::RuleSettings{.name = {}, .match = std::move(*match), .to = to, .origin = {}};
}

std::expected<Answered, Refusal> with_answer_as_move(Board& board, const Situation& situation,
                                                     Request request)
{
    const auto* answer = std::get_if<AnswerRequest>(&request.wish);
    if (answer == nullptr) return Answered{.request = std::move(request), .lasting = {}};
    const auto question = question_meant(board, situation, request, *answer);
    if (!question) return std::unexpected(question.error());
    if (std::ranges::find(question->answers, answer->to) == question->answers.end())
        return std::unexpected(not_offered(*question, answer->to));
    Answered answered;
    if (answer->always) {
        answered.lasting = lasting_rule(board, situation, *question->device, answer->to);
        if (!answered.lasting) return std::unexpected(not_lasting(*question->device));
    }
    MoveRequest move{.connectors = {ConnectorName(question->device->path.text())}, .to = answer->to};
    if (std::holds_alternative<config::ToNobody>(answer->to)) begin_at_the_host(board, *question->device);
    answered.request = std::move(request);
    answered.request.wish = std::move(move);
    return answered;
}

} // namespace usbroute::plan
