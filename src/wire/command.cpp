// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/command.hpp"

#include "base/check.hpp"
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
constexpr std::string_view always_word = "always=1";
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
std::string read_option(std::string_view word, Said& said)
{
    auto& options = said.options;
    if (word == always_word) {
        said.always = true;
        return {};
    }
    if (word == yes_word) {
        options.yes = true;
        return {};
    }
    if (word.starts_with(force_key)) {
        options.force_disks.emplace_back(word.substr(force_key.size()));
        return {};
    }
    if (word.starts_with(revert_key)) {
        const auto time = read_trial_time(word.substr(revert_key.size()));
        if (!time) return time.error();
        if (options.revert_after) return "revert-after is given twice";
        options.revert_after = *time;
        return {};
    }
    if (word.starts_with("yes=")) return "yes takes no other value: say yes=1";
    if (word.starts_with("always=")) return "always takes no other value: say always=1";
    return format("there is no option {}; known are yes=1, force-disk=NAME, revert-after=30s and always=1",
                  shown(word));
}

/// Also of an answer, whose device may be left out.
void read_move(Words names, Said& said)
{
    if (names.empty()) return;
    said.to = config::target_from(names.back());
    names = names.first(names.size() - 1);
    // "move front-left to windows": as one would say it. A connector called "to" is not lost: "move to windows".
    if (names.size() > 1 && names.back() == "to") names = names.first(names.size() - 1);
    said.names.assign(names.begin(), names.end());
}

constexpr std::string_view answer_usage =
    "answer takes the device, where more than one is asked about, and who is to have it: answer 3-2.1 windows";

/// The words of a verb, options already taken out. Empty: understood.
std::string read_words(Words names, Said& said)
{
    switch (said.verb) {
    case Verb::move: read_move(names, said); return {};
    case Verb::answer:
        read_move(names, said);
        return names.empty() ? std::string(answer_usage) : std::string();
    case Verb::apply:
    case Verb::toggle:
    case Verb::why: said.names.assign(names.begin(), names.end()); return {};
    case Verb::assign: said.of_assign.assign(names.begin(), names.end()); return {};
    case Verb::plan: {
        const auto planned = names.empty() ? std::nullopt : config::verb_from(names.front());
        if (!planned || *planned == Verb::plan)
            return "say what to plan: plan move, apply, toggle, undo or answer";
        said.verb = *planned;
        said.is_to_be_planned = true;
        return read_words(names.subspan(1), said);
    }
    case Verb::status:
    case Verb::undo:
    case Verb::subscribe:
    case Verb::confirm:
    case Verb::log:
    case Verb::reload:
    case Verb::regs: break;
    }
    return names.empty() ? std::string() : format("{} takes no arguments", config::text_of(said.verb));
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
        return no(not_a_command(all.front()));
    }

    Said said{.verb = *verb};
    std::vector<std::string_view> names;
    for (const auto word : Words(all).subspan(1)) {
        if (word.find('=') == std::string_view::npos)
            names.push_back(word);
        else if (auto problem = read_option(word, said); !problem.empty())
            return no(std::move(problem));
    }
    if (auto problem = read_words(names, said); !problem.empty()) return no(std::move(problem));
    auto command = command_in(std::move(said));
    if (!command) return no(std::move(command.error()));
    return std::move(*command);
}

std::string what_is_wrong_with_names(const Said& said)
{
    const bool may_be_devices =
        said.verb == Verb::move || said.verb == Verb::why || said.verb == Verb::answer;
    for (const auto& name : said.names)
        if (!is_plain_name(name) && !(may_be_devices && can_name_a_device(name)))
            return format("{} cannot be a name", shown(name));
    if (!is_plain_name(config::text_of(said.to)))
        return format("{} cannot be a name", shown(config::text_of(said.to)));
    for (const auto& disk : said.options.force_disks)
        if (!is_plain_name(disk)) return format("{} cannot be the name of a disk", shown(disk));
    return {};
}

std::string what_is_wrong(const Said& said)
{
    if (auto problem = what_is_wrong_with_names(said); !problem.empty()) return problem;
    if (said.always && said.verb != Verb::answer)
        return format("{} takes no always; it is for an answer", config::text_of(said.verb));
    switch (said.verb) {
    case Verb::move:
        return said.names.empty() ? "say what to move and where: move front-left windows" : std::string();
    case Verb::answer: return said.names.size() > 1 ? std::string(answer_usage) : std::string();
    case Verb::apply: return said.names.size() == 1 ? std::string() : "apply takes the name of one profile";
    case Verb::toggle: return {};
    case Verb::undo:
        return said.options.revert_after ? "undo cannot itself be a trial; leave out revert-after="
                                         : std::string();
    case Verb::why:
        if (!said.is_to_be_planned && said.names.size() != 1) return "why takes the name of one connector";
        break;
    case Verb::assign:
    case Verb::status:
    case Verb::plan:
    case Verb::subscribe:
    case Verb::confirm:
    case Verb::log:
    case Verb::reload:
    case Verb::regs: break;
    }
    if (said.is_to_be_planned)
        return format("{} cannot be planned: it changes nothing", config::text_of(said.verb));
    return said.options.yes || said.options.revert_after || !said.options.force_disks.empty()
               ? format("{} takes no option", config::text_of(said.verb))
               : std::string();
}

template <class Name> std::vector<Name> as(std::vector<std::string>& names)
{
    std::vector<Name> list;
    for (auto& name : names) list.emplace_back(std::move(name));
    return list;
}

std::optional<plan::Wish> wish_in(Said& said)
{
    switch (said.verb) {
    case Verb::move:
        return plan::MoveRequest{.connectors = as<ConnectorName>(said.names), .to = std::move(said.to)};
    case Verb::answer:
        return plan::AnswerRequest{
            .device = said.names.empty() ? std::nullopt
                                         : std::optional(ConnectorName(std::move(said.names.front()))),
            .to = std::move(said.to),
            .always = said.always};
    case Verb::apply: return plan::ApplyRequest{.profile = ProfileName(std::move(said.names.front()))};
    case Verb::toggle: return plan::ToggleRequest{.profiles = as<ProfileName>(said.names)};
    case Verb::undo: return plan::UndoRequest{};
    case Verb::status:
    case Verb::plan:
    case Verb::subscribe:
    case Verb::confirm:
    case Verb::why:
    case Verb::assign:
    case Verb::log:
    case Verb::reload:
    case Verb::regs: break;
    }
    return std::nullopt;
}

constexpr std::string_view assign_usage =
    "assign takes a guest and look; or plug-in, the PCI address of a controller, and a root port; or take-out and the address";

/// Nothing: that is no question about the controllers of a guest.
std::optional<assign::Ask> asked_in(const std::vector<std::string>& words)
{
    constexpr std::size_t most = 4; // guest, what, function, place
    const auto what = words.size() < 2 ? std::nullopt : assign::what_is_asked(words[1]);
    if (!what || words.size() > most || !is_plain_name(words.front())) return std::nullopt;
    if (words.size() == most && !is_plain_name(words.back())) return std::nullopt;
    assign::Ask ask{.guest = GuestName(words[0]), .what = *what};
    if (*what == assign::Ask::What::look) return words.size() == 2 ? std::optional(ask) : std::nullopt;
    const auto function = words.size() < 3 ? std::nullopt : PciAddress::parse(words[2]);
    if (!function || (*what == assign::Ask::What::take_out && words.size() > 3)) return std::nullopt;
    ask.function = *function;
    if (words.size() == most) ask.place = words[3];
    return ask;
}

} // namespace

std::expected<Command, std::string> command_in(Said said)
{
    if (auto problem = what_is_wrong(said); !problem.empty()) return std::unexpected(std::move(problem));
    Command command;
    command.verb = said.is_to_be_planned ? Verb::plan : said.verb;
    if (auto wish = wish_in(said)) {
        command.request = std::move(said.options);
        command.request->wish = std::move(*wish);
    }
    if (said.verb == Verb::why) command.about = as<ConnectorName>(said.names);
    if (said.verb != Verb::assign) return command;
    command.controllers = asked_in(said.of_assign);
    if (!command.controllers) return std::unexpected(std::string(assign_usage));
    return command;
}

std::string not_a_command(std::string_view word)
{
    const auto verbs = texts_of(config::all_verbs(), [](const auto verb) { return config::text_of(verb); });
    const auto near = nearest(word, verbs);
    return format("{} is not a command{}", shown(word), near ? format("; did you mean {}?", *near) : "");
}

std::vector<std::string> words_of(const assign::Ask& ask)
{
    std::vector<std::string> words{ask.guest.text(), std::string(assign::text_of(ask.what))};
    if (ask.what != assign::Ask::What::look) words.push_back(ask.function.text());
    if (!ask.place.empty()) words.push_back(ask.place);
    return words;
}

config::Verb verb_of(const plan::Wish& wish)
{
    if (std::holds_alternative<plan::MoveRequest>(wish)) return Verb::move;
    if (std::holds_alternative<plan::AnswerRequest>(wish)) return Verb::answer;
    if (std::holds_alternative<plan::ApplyRequest>(wish)) return Verb::apply;
    if (std::holds_alternative<plan::ToggleRequest>(wish)) return Verb::toggle;
    USBROUTE_CHECK(std::holds_alternative<plan::UndoRequest>(wish)); // the others nobody says over a line
    return Verb::undo;
}

Command command_of(plan::Request request, Form form)
{
    const auto verb = verb_of(request.wish);
    return {{.verb = verb, .request = std::move(request)}, form};
}

std::expected<Command, NotACommand> read_command(std::string_view line)
{
    if (line.size() > longest_line)
        return std::unexpected(NotACommand{.message = format("a line has at most {} bytes", longest_line)});
    const auto trimmed = trim(without_byte_order_mark(trim(line)));
    return trimmed.starts_with('{') ? read_json_command(trimmed) : read_text_command(trimmed);
}

namespace {

/// What a device calls itself can be no word of a line.
bool has_a_name_of_several_words(const Command& command)
{
    const auto is_no_word = [](const ConnectorName& name) {
        return name.text().find_first_of(" =") != std::string::npos;
    };
    if (std::ranges::any_of(command.about, is_no_word)) return true;
    if (!command.request) return false;
    const auto* answer = std::get_if<plan::AnswerRequest>(&command.request->wish);
    if (answer != nullptr) return answer->device && is_no_word(*answer->device);
    const auto* move = std::get_if<plan::MoveRequest>(&command.request->wish);
    return move != nullptr && std::ranges::any_of(move->connectors, is_no_word);
}

} // namespace

std::string to_line(const Command& command)
{
    if (command.form == Form::json || has_a_name_of_several_words(command)) return to_json_line(command);
    std::string line(config::text_of(command.verb));
    const auto add = [&line](std::string_view word) {
        line += ' ';
        line += word;
    };
    for (const auto& name : command.about) add(name.text());
    if (command.controllers)
        for (const auto& word : words_of(*command.controllers)) add(word);
    if (!command.request) return line;
    const auto& request = *command.request;
    if (command.verb == Verb::plan) add(config::text_of(verb_of(request.wish)));
    if (const auto* move = std::get_if<plan::MoveRequest>(&request.wish)) {
        for (const auto& name : move->connectors) add(name.text());
        add(config::text_of(move->to));
    }
    if (const auto* answer = std::get_if<plan::AnswerRequest>(&request.wish)) {
        if (answer->device) add(answer->device->text());
        add(config::text_of(answer->to));
        if (answer->always) add(always_word);
    }
    if (const auto* apply = std::get_if<plan::ApplyRequest>(&request.wish)) add(apply->profile.text());
    if (const auto* toggle = std::get_if<plan::ToggleRequest>(&request.wish))
        for (const auto& name : toggle->profiles) add(name.text());
    if (request.yes) add(yes_word);
    for (const auto& disk : request.force_disks) add(std::string(force_key) + disk);
    if (request.revert_after) add(format("{}{}s", revert_key, request.revert_after->count()));
    return line;
}

} // namespace usbroute::wire
