// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/command.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "wire/duration.hpp"
#include "wire/grammar.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace usbroute::wire {

using config::Verb;
using Words = std::span<const std::string_view>;

namespace {

constexpr std::string_view yes_word = "yes=1";
constexpr std::string_view force_key = "force-disk=";
constexpr std::string_view revert_key = "revert-after=";

/// The methods of HTTP (RFC 9110, PATCH of RFC 5789) and the first word of HTTP/2's preface.
constexpr std::array<std::string_view, 10> http_methods = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                                           "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"};

bool is_http(Words words)
{
    return words.size() >= 2 && std::ranges::find(http_methods, words.front()) != http_methods.end();
}

std::string shown(std::string_view word) { return printable(word, 32); }

/// Takes one "key=value" word. Empty: understood.
std::string read_option(std::string_view word, Command& command)
{
    if (word == yes_word) {
        command.yes = true;
        return {};
    }
    if (word.starts_with(force_key)) {
        command.force_disks.emplace_back(word.substr(force_key.size()));
        return {};
    }
    if (word.starts_with(revert_key)) {
        const auto time = read_trial_time(word.substr(revert_key.size()));
        if (!time) return time.error();
        if (command.revert_after) return "revert-after is given twice";
        command.revert_after = *time;
        return {};
    }
    if (word.starts_with("yes=")) return "yes takes no other value: say yes=1";
    return format("there is no option {}; known are yes=1, force-disk=NAME and revert-after=30s",
                  shown(word));
}

void read_move(Words names, Command& command)
{
    if (names.empty()) return;
    command.to = config::target_from(names.back());
    names = names.first(names.size() - 1);
    // "move front-left to windows": as one would say it. A connector called "to" is not lost: "move to windows".
    if (names.size() > 1 && names.back() == "to") names = names.first(names.size() - 1);
    for (const auto name : names) command.connectors.emplace_back(std::string(name));
}

/// The words of a verb, options already taken out. Empty: understood.
std::string read_words(Verb verb, Words names, Command& command)
{
    switch (verb) {
    case Verb::move: read_move(names, command); return {};
    case Verb::apply:
    case Verb::toggle:
        for (const auto name : names) command.profiles.emplace_back(std::string(name));
        return {};
    case Verb::why:
        for (const auto name : names) command.connectors.emplace_back(std::string(name));
        return {};
    case Verb::plan: {
        const auto planned = names.empty() ? std::nullopt : config::verb_from(names.front());
        if (!planned || *planned == Verb::plan) return "say what to plan: plan move, apply, toggle or undo";
        command.planned = *planned;
        return read_words(*planned, names.subspan(1), command);
    }
    case Verb::status:
    case Verb::undo:
    case Verb::subscribe:
    case Verb::confirm:
    case Verb::regs: break;
    }
    return names.empty() ? std::string() : format("{} takes no arguments", config::text_of(verb));
}

/// Windows' editors and PowerShell put it in front of UTF-8 text.
std::string_view without_byte_order_mark(std::string_view text)
{
    constexpr std::string_view mark = "\xef\xbb\xbf";
    return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

std::expected<Command, NotACommand> read_text_command(std::string_view line);

/// The verb of a line that would be a command but for its capitals. Said rather than done: "Undo" and "Status" alone on a
/// line come from other programs, too.
std::optional<std::string> in_lower_case(std::string_view line, std::string_view first)
{
    std::string verb(first);
    std::ranges::transform(verb, verb.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (verb == first || !config::verb_from(verb)) return std::nullopt;
    const auto rest = line.substr(line.find(first) + first.size());
    return read_text_command(verb + std::string(rest)) ? std::optional(verb) : std::nullopt;
}

std::expected<Command, NotACommand> read_text_command(std::string_view line)
{
    const auto all = words(line);
    if (all.empty()) return std::unexpected(NotACommand{.message = "the line is empty"});
    const auto verb = config::verb_from(all.front());
    const auto no = [&](std::string message) {
        return std::unexpected(NotACommand{
            .message = std::move(message), .is_ours = verb.has_value(), .looks_like_http = is_http(all)});
    };
    if (!verb) {
        if (const auto meant = in_lower_case(line, all.front()))
            return std::unexpected(NotACommand{
                .message =
                    format("{} is not a command: verbs are written in lower case, {}; nothing was done",
                           shown(all.front()), *meant),
                .is_ours = true});
        return no(format("{} is not a command", shown(all.front())));
    }

    Command command;
    command.verb = *verb;
    std::vector<std::string_view> names;
    for (const auto word : Words(all).subspan(1)) {
        if (word.find('=') == std::string_view::npos)
            names.push_back(word);
        else if (auto problem = read_option(word, command); !problem.empty())
            return no(std::move(problem));
    }
    if (auto problem = read_words(*verb, names, command); !problem.empty()) return no(std::move(problem));
    if (auto problem = what_is_wrong(command); !problem.empty()) return no(std::move(problem));
    return command;
}

template <class Names> std::string first_not_plain(const Names& names)
{
    for (const auto& name : names)
        if (!is_plain_name(name.text())) return format("{} cannot be a name", shown(name.text()));
    return {};
}

std::string what_is_wrong_with_names(const Command& command)
{
    if (auto problem = first_not_plain(command.connectors); !problem.empty()) return problem;
    if (auto problem = first_not_plain(command.profiles); !problem.empty()) return problem;
    if (!is_plain_name(config::text_of(command.to)))
        return format("{} cannot be a name", shown(config::text_of(command.to)));
    for (const auto& disk : command.force_disks)
        if (!is_plain_name(disk)) return format("{} cannot be the name of a disk", shown(disk));
    return {};
}

} // namespace

std::string what_is_wrong(const Command& command)
{
    if (auto problem = what_is_wrong_with_names(command); !problem.empty()) return problem;
    const auto verb = command.verb == Verb::plan ? command.planned : command.verb;
    switch (verb) {
    case Verb::move:
        return command.connectors.empty() ? "say what to move and where: move front-left windows"
                                          : std::string();
    case Verb::apply:
        return command.profiles.size() == 1 ? std::string() : "apply takes the name of one profile";
    case Verb::toggle: return {};
    case Verb::undo:
        return command.revert_after ? "undo cannot itself be a trial; drop revert-after" : std::string();
    case Verb::why:
        if (command.verb != Verb::plan && command.connectors.size() != 1)
            return "why takes the name of one connector";
        break;
    case Verb::status:
    case Verb::plan:
    case Verb::subscribe:
    case Verb::confirm:
    case Verb::regs: break;
    }
    if (command.verb == Verb::plan)
        return format("{} cannot be planned: it changes nothing", config::text_of(verb));
    return command.yes || command.revert_after || !command.force_disks.empty()
               ? format("{} takes no option", config::text_of(verb))
               : std::string();
}

std::expected<Command, NotACommand> read_command(std::string_view line)
{
    if (line.size() > longest_line)
        return std::unexpected(NotACommand{.message = format("a line has at most {} bytes", longest_line)});
    const auto trimmed = trim(without_byte_order_mark(trim(line)));
    return trimmed.starts_with('{') ? read_json_command(trimmed) : read_text_command(trimmed);
}

std::string to_line(const Command& command)
{
    if (command.form == Form::json) return to_json_line(command);
    std::string line(config::text_of(command.verb));
    const auto add = [&line](std::string_view word) {
        line += ' ';
        line += word;
    };
    auto verb = command.verb;
    if (verb == Verb::plan) {
        verb = command.planned;
        add(config::text_of(verb));
    }
    for (const auto& name : command.connectors) add(name.text());
    if (verb == Verb::move) add(config::text_of(command.to));
    for (const auto& name : command.profiles) add(name.text());
    if (command.yes) add(yes_word);
    for (const auto& disk : command.force_disks) add(std::string(force_key) + disk);
    if (command.revert_after) add(format("{}{}s", revert_key, command.revert_after->count()));
    return line;
}

} // namespace usbroute::wire
