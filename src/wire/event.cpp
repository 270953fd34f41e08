// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/event.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "wire/fields.hpp"
#include "wire/json_forms.hpp"

namespace usbroute::wire {

namespace {

constexpr std::string_view first_word = "event";
constexpr std::string_view no_connector = "-";
constexpr std::string_view nobody_named = "-";

bool names_a_connector(EventKind kind)
{
    return kind == EventKind::arrived || kind == EventKind::left || kind == EventKind::given ||
           kind == EventKind::kept || kind == EventKind::wanted || kind == EventKind::verdict ||
           kind == EventKind::question;
}

/// "asked windows,linux 60s", "answered windows", "gone"
std::string question_words(const QuestionNews& news)
{
    std::string words(text_of(news.turn));
    if (news.turn == QuestionTurn::asked)
        return format("{} {} {}s", words, join(news.answers, ","), news.seconds);
    if (news.turn == QuestionTurn::gone) return words;
    return words + " " + (news.owner.empty() ? std::string(nobody_named) : news.owner);
}

/// What stands between the place and the device. Nothing: it is not that.
std::optional<QuestionNews> take_question(std::string_view& line)
{
    const auto turn = turn_from(take_word(line));
    if (!turn) return std::nullopt;
    QuestionNews news{.turn = *turn};
    if (*turn == QuestionTurn::gone) return news;
    const auto word = take_word(line);
    if (*turn != QuestionTurn::asked) {
        if (word != nobody_named) news.owner = std::string(word);
        return news;
    }
    for (const auto answer : split(word, ','))
        if (!answer.empty()) news.answers.emplace_back(answer);
    if (news.answers.empty()) return std::nullopt;
    auto seconds = take_word(line);
    if (seconds.ends_with('s')) seconds.remove_suffix(1);
    const auto number = parse_decimal(seconds);
    if (!number) return std::nullopt;
    news.seconds = *number;
    return news;
}

} // namespace

std::string_view text_of(EventKind kind)
{
    switch (kind) {
    case EventKind::moved: return "moved";
    case EventKind::drift: return "drift";
    case EventKind::arrived: return "arrived";
    case EventKind::left: return "left";
    case EventKind::verdict: return "verdict";
    case EventKind::guest: return "guest";
    case EventKind::given: return "given";
    case EventKind::kept: return "kept";
    case EventKind::wanted: return "guest-wanted";
    case EventKind::trial: return "trial";
    case EventKind::question: return "question";
    case EventKind::lost: return "lost";
    }
    return "lost";
}

std::string_view text_of(QuestionTurn turn)
{
    switch (turn) {
    case QuestionTurn::asked: return "asked";
    case QuestionTurn::answered: return "answered";
    case QuestionTurn::expired: return "expired";
    case QuestionTurn::gone: break;
    }
    return "gone";
}

std::optional<QuestionTurn> turn_from(std::string_view word)
{
    for (const auto turn :
         {QuestionTurn::asked, QuestionTurn::answered, QuestionTurn::expired, QuestionTurn::gone})
        if (word == text_of(turn)) return turn;
    return std::nullopt;
}

std::optional<EventKind> kind_from(std::string_view word)
{
    for (const auto kind : {EventKind::moved, EventKind::drift, EventKind::arrived, EventKind::left,
                            EventKind::verdict, EventKind::guest, EventKind::given, EventKind::kept,
                            EventKind::wanted, EventKind::trial, EventKind::question, EventKind::lost})
        if (word == text_of(kind)) return kind;
    return std::nullopt;
}

std::string to_line(const Event& event, Form form)
{
    if (form == Form::json) return to_json_line(event);
    std::string line(first_word);
    const auto add = [&line](std::string_view text) {
        if (text.empty()) return;
        line += ' ';
        line += text;
    };
    add(text_of(event.kind));
    if (event.kind == EventKind::moved) {
        append_owners(line, event.profile, event.owners);
        return line;
    }
    if (names_a_connector(event.kind)) add(event.connector.empty() ? no_connector : event.connector);
    add(event.word);
    if (event.asks) add(question_words(*event.asks));
    add(one_line(event.text));
    return line;
}

std::optional<Event> read_event(std::string_view line)
{
    line = trim(line);
    if (line.starts_with('{')) return read_json_event(line);
    if (take_word(line) != first_word) return std::nullopt;
    const auto kind = kind_from(take_word(line));
    if (!kind) return std::nullopt;
    Event event;
    event.kind = *kind;
    if (*kind == EventKind::moved) {
        take_owners(line, event.profile, event.owners);
        return event;
    }
    if (names_a_connector(*kind)) {
        const auto connector = take_word(line);
        if (connector != no_connector) event.connector = std::string(connector);
    }
    if (*kind != EventKind::lost) event.word = std::string(take_word(line));
    if (*kind == EventKind::question) {
        event.asks = take_question(line);
        if (!event.asks) return std::nullopt;
    }
    event.text = std::string(line);
    return event;
}

} // namespace usbroute::wire
