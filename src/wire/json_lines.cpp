// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/json_forms.hpp"

#include <nlohmann/json.hpp>

namespace usbroute::wire {

using nlohmann::json;

namespace {

/// Answers come from our own daemon, but a program behind a socket can send anything: nothing may throw and
/// nothing may use up the stack.
constexpr int deepest_line = 64;
constexpr std::uint32_t most_trial_seconds = 24 * 3600;
constexpr std::uint32_t most_question_seconds = 24 * 3600;

std::optional<json> read_object(std::string_view line)
{
    const auto shallow = [](int depth, json::parse_event_t, json&) { return depth <= deepest_line; };
    auto value = json::parse(line, shallow, false);
    if (value.is_discarded() || !value.is_object()) return std::nullopt;
    return value;
}

std::string written(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// The same, with the keys in the order in which they were put.
std::string written(const nlohmann::ordered_json& value)
{
    return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string text_at(const json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts_in(const json& list)
{
    std::vector<std::string> texts;
    if (!list.is_array()) return texts;
    for (const auto& entry : list)
        if (entry.is_string()) texts.push_back(entry.get<std::string>());
    return texts;
}

template <class Described> void put_owners(json& object, const Described& described)
{
    if (described.profile) object["profile"] = *described.profile;
    if (described.owners.empty()) return;
    auto owners = json::object();
    for (const auto& [owner, connectors] : described.owners) owners[owner] = connectors;
    object["owners"] = std::move(owners);
}

template <class Described> void get_owners(const json& object, Described& described)
{
    if (auto profile = text_at(object, "profile"); !profile.empty()) described.profile = std::move(profile);
    const auto owners = object.find("owners");
    if (owners == object.end() || !owners->is_object()) return;
    for (const auto& item : owners->items())
        described.owners.emplace_back(item.key(), texts_in(item.value()));
}

void put_question(json& object, const QuestionNews& news)
{
    object["state"] = text_of(news.turn);
    if (news.turn == QuestionTurn::asked) {
        object["answers"] = news.answers;
        object["seconds"] = news.seconds;
    }
    if (!news.owner.empty()) object["owner"] = news.owner;
}

std::optional<QuestionNews> question_in(const json& object)
{
    const auto turn = turn_from(text_at(object, "state"));
    if (!turn) return std::nullopt;
    QuestionNews news{.turn = *turn, .answers = {}, .seconds = 0, .owner = text_at(object, "owner")};
    if (const auto answers = object.find("answers"); answers != object.end())
        news.answers = texts_in(*answers);
    if (const auto seconds = object.find("seconds");
        seconds != object.end() && seconds->is_number_unsigned() && *seconds <= most_question_seconds)
        news.seconds = seconds->get<std::uint32_t>();
    return news;
}

std::optional<Status> status_at(const json& object)
{
    const auto ok = object.find("ok");
    if (ok == object.end() || !ok->is_boolean()) return std::nullopt;
    if (ok->get<bool>()) return Status::ok;
    const auto status = status_from(text_at(object, "status"));
    return status == Status::ok ? std::nullopt : status;
}

} // namespace

std::string to_json_line(const Answer& answer)
{
    json object = {{"ok", answer.status == Status::ok}};
    if (answer.status != Status::ok) {
        object["status"] = text_of(answer.status);
        object["code"] = answer.code;
    }
    if (!answer.message.empty()) object["message"] = answer.message;
    if (!answer.warnings.empty()) object["warnings"] = answer.warnings;
    put_owners(object, answer);
    if (answer.trial_seconds) object["trial_seconds"] = *answer.trial_seconds;
    auto line = written(object);
    if (answer.document.empty()) return line;
    // The document is JSON already; reading it only to write it again would be the larger part of the work.
    line.back() = ',';
    line += written(json(answer.document_name)) + ":" + answer.document + "}";
    return line;
}

std::string to_json_line(std::span<const std::pair<std::string, std::string>> fields)
{
    auto object = nlohmann::ordered_json::object();
    for (const auto& [key, value] : fields) object[key] = value;
    return written(object);
}

std::optional<std::vector<std::pair<std::string, std::string>>> read_json_texts(std::string_view line)
{
    const auto object = read_object(line);
    if (!object) return std::nullopt;
    std::vector<std::pair<std::string, std::string>> texts;
    for (const auto& item : object->items())
        texts.emplace_back(item.key(),
                           item.value().is_string() ? item.value().get<std::string>() : std::string());
    return texts;
}

std::optional<Answer> read_json_answer(std::string_view line)
{
    const auto object = read_object(line);
    if (!object) return std::nullopt;
    const auto status = status_at(*object);
    if (!status) return std::nullopt;
    Answer answer;
    answer.status = *status;
    answer.code = text_at(*object, "code");
    answer.message = text_at(*object, "message");
    if (const auto warnings = object->find("warnings"); warnings != object->end())
        answer.warnings = texts_in(*warnings);
    get_owners(*object, answer);
    if (const auto seconds = object->find("trial_seconds");
        seconds != object->end() && seconds->is_number_unsigned() && *seconds <= most_trial_seconds)
        answer.trial_seconds = seconds->get<std::uint32_t>();
    return answer;
}

namespace {

/// What the one word of an event is, which a line of words has in the same place for all of them.
const char* key_of_word(EventKind kind)
{
    switch (kind) {
    case EventKind::arrived:
    case EventKind::left:
    case EventKind::kept:
    case EventKind::question: return "place";
    case EventKind::given: return "owner";
    case EventKind::drift: return "register";
    case EventKind::verdict: return "verdict";
    case EventKind::guest:
    case EventKind::wanted: return "guest";
    case EventKind::trial: return "step";
    case EventKind::moved:
    case EventKind::lost: break;
    }
    return "word";
}

} // namespace

std::string to_json_line(const Event& event)
{
    json object = {{"event", text_of(event.kind)}};
    if (!event.connector.empty()) object["connector"] = event.connector;
    if (!event.word.empty()) object[key_of_word(event.kind)] = event.word;
    if (!event.text.empty()) object["text"] = event.text;
    put_owners(object, event);
    if (event.asks) put_question(object, *event.asks);
    return written(object);
}

std::optional<Event> read_json_event(std::string_view line)
{
    const auto object = read_object(line);
    if (!object) return std::nullopt;
    const auto kind = kind_from(text_at(*object, "event"));
    if (!kind) return std::nullopt;
    Event event{.kind = *kind};
    event.connector = text_at(*object, "connector");
    event.word = text_at(*object, key_of_word(*kind));
    event.text = text_at(*object, "text");
    get_owners(*object, event);
    if (*kind != EventKind::question) return event;
    event.asks = question_in(*object);
    if (!event.asks) return std::nullopt;
    return event;
}

} // namespace usbroute::wire
