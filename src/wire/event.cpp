// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/event.hpp"

#include "base/text.hpp"
#include "wire/fields.hpp"
#include "wire/json_forms.hpp"

namespace usbroute::wire {

namespace {

constexpr std::string_view first_word = "event";
constexpr std::string_view no_connector = "-";

bool names_a_connector(EventKind kind)
{
    return kind == EventKind::arrived || kind == EventKind::left || kind == EventKind::given ||
           kind == EventKind::kept || kind == EventKind::wanted || kind == EventKind::verdict;
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
    case EventKind::lost: return "lost";
    }
    return "lost";
}

std::optional<EventKind> kind_from(std::string_view word)
{
    for (const auto kind : {EventKind::moved, EventKind::drift, EventKind::arrived, EventKind::left,
                            EventKind::verdict, EventKind::guest, EventKind::given, EventKind::kept,
                            EventKind::wanted, EventKind::trial, EventKind::lost})
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
    event.text = std::string(line);
    return event;
}

} // namespace usbroute::wire
