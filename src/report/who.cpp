// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/who.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <array>
#include <optional>

namespace usbroute::report {

namespace {

/// What the daemon does of itself, and how the journal has it.
struct OwnReason {
    std::string_view who; ///< a blank at its end: a guest's name follows
    std::string_view words;
};
constexpr std::array<OwnReason, 6> own_reasons{{
    {"at_start", "usbrouted, after the boot (at_start)"},
    {"on_drift", "usbrouted, since something else had moved them (on_drift)"},
    {"trial", "usbrouted, at the end of a trial"},
    {"the devices' sockets", "usbrouted, for what was plugged in or a guest that came or went"},
    {"when_off of ", "usbrouted, since this guest was gone (when_off): "},
    {"on_start of ", "usbrouted, since this guest started (on_start): "},
}};

/// "control (uid 1000, pid 4711, waybar)", taken apart.
struct Person {
    std::string_view way;
    std::uint32_t user = 0;
    std::string_view process; ///< its number; empty: not known
    std::string_view command; ///< as the kernel named it; empty: not known
};

std::optional<Person> person_in(std::string_view who)
{
    constexpr std::string_view user_mark = " (uid ";
    constexpr std::string_view process_mark = "pid ";
    const auto open = who.find(user_mark);
    if (open == std::string_view::npos || !who.ends_with(')')) return std::nullopt;
    Person person{.way = who.substr(0, open)};
    const auto inside = who.substr(open + user_mark.size(), who.size() - open - user_mark.size() - 1);
    const auto parts = split(inside, ',');
    const auto user = parse_decimal(trim(parts.front()));
    if (!user) return std::nullopt;
    person.user = *user;
    if (parts.size() > 1) {
        const auto process = trim(parts[1]);
        if (!process.starts_with(process_mark)) return std::nullopt;
        person.process = process.substr(process_mark.size());
    }
    if (parts.size() > 2) person.command = trim(parts[2]);
    return person;
}

std::string way_in_words(std::string_view way)
{
    if (way == "control") return {};
    if (way == "direct") return ", with --direct";
    if (way == "map") return ", in usbroute map";
    return format(", through listener {}", way);
}

std::string words_for(const Person& person, const NameOfUser& name_of)
{
    const auto name = name_of ? printable(name_of(person.user), 64) : std::string();
    auto words =
        name.empty() ? format("user {}", person.user) : format("user {} (uid {})", name, person.user);
    if (!person.process.empty()) words += format(", process {}", person.process);
    if (!person.command.empty()) words += format(" ({})", person.command);
    return words + way_in_words(person.way);
}

} // namespace

std::string who_in_words(const std::string& who, const NameOfUser& name_of)
{
    if (who.empty()) return "somebody";
    for (const auto& own : own_reasons) {
        if (who == own.who) return std::string(own.words);
        if (own.who.ends_with(' ') && who.starts_with(own.who))
            return std::string(own.words) + who.substr(own.who.size());
    }
    const auto person = person_in(who);
    return person ? words_for(*person, name_of) : who;
}

} // namespace usbroute::report
