// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/completion.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/command_table.hpp"
#include "cli/texts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::cli {

namespace {

using Typed = std::span<const std::string>;

constexpr std::array<std::pair<std::string_view, Placeholder>, 19> placeholders{{
    {"NAME", Placeholder::connector},  {"DEVICE", Placeholder::question}, {"WHO", Placeholder::answer},
    {"PROFILE", Placeholder::profile}, {"GUEST", Placeholder::guest},     {"WHERE", Placeholder::target},
    {"WHEN", Placeholder::when},       {"FORMAT", Placeholder::format},   {"KIND", Placeholder::kind},
    {"FILE", Placeholder::file},       {"PATH", Placeholder::file},       {"DIR", Placeholder::directory},
    {"VALUE", Placeholder::free},      {"TIME", Placeholder::free},       {"DISK", Placeholder::free},
    {"CMD", Placeholder::free},        {"PORT", Placeholder::free},       {"MOMENT", Placeholder::free},
    {"NUMBER", Placeholder::free},
}};

/// As import/found.cpp has them; that reader's libraries are not for this program.
constexpr std::array<std::string_view, 16> import_kinds{
    "hotplugger", "vhotplug", "whawty",      "libvirt",  "udev",     "tables",  "proxmox", "proxmox-mapping",
    "qemu",       "unraid",   "unraid-kept", "usbguard", "quickemu", "microvm", "setpci",  "script"};

/// One word of a command's arguments: "NAME...", "check|show", "VALUE | NAME...".
struct Slot {
    std::vector<std::string_view> alternatives;
    bool repeats = false;
    bool goes_on = false; ///< "...": what follows is what the word's own command takes
};

/// The words that `arguments` asks for, options and their values left out.
std::vector<Slot> slots_of(std::string_view arguments)
{
    std::vector<Slot> slots;
    bool joins = false;
    bool is_value = false;
    for (auto word : words(arguments)) {
        while (word.starts_with('[')) word.remove_prefix(1);
        while (word.ends_with(']')) word.remove_suffix(1);
        if (std::exchange(is_value, false)) continue;
        if (word == "|") {
            joins = true;
            continue;
        }
        if (word.starts_with('-')) {
            const auto* option = find_option(word);
            is_value = option != nullptr && !option->value.empty();
            joins = false;
            continue;
        }
        if (word == "..." && !slots.empty()) {
            slots.back().goes_on = true;
            continue;
        }
        const bool repeats = word.ends_with("...");
        if (repeats) word.remove_suffix(3);
        if (!std::exchange(joins, false) || slots.empty()) slots.emplace_back();
        for (const auto alternative : split(word, '|')) slots.back().alternatives.push_back(alternative);
        slots.back().repeats = slots.back().repeats || repeats;
    }
    return slots;
}

/// A command line up to the cursor.
struct Line {
    const CommandRow* command = nullptr;
    bool asks_help = false; ///< "usbroute help ..."
    std::vector<std::string> words;
    std::vector<OptionId> options;
    const OptionRow* open = nullptr; ///< the option whose value is being typed
    bool only_words = false;         ///< behind "--"
    bool is_lost = false;            ///< the word there is not a command: nothing is known of what follows
    linux_::LocationOptions locations;
};

void take_value(const OptionRow& option, const std::string& value, linux_::LocationOptions& locations)
{
    if (option.id == OptionId::root) locations.root = value;
    if (option.id == OptionId::socket) locations.socket = value;
    if (option.id == OptionId::config) locations.config = value;
}

bool is_option(const std::string& word) { return word.size() > 1 && word.starts_with('-'); }

void take_option(const std::string& word, Line& line)
{
    const auto equals = word.find('=');
    const auto* option = find_option(std::string_view(word).substr(0, equals));
    if (option == nullptr) return;
    line.options.push_back(option->id);
    if (option->value.empty()) return;
    if (equals == std::string::npos)
        line.open = option;
    else
        take_value(*option, word.substr(equals + 1), line.locations);
}

Line line_of(Typed before)
{
    Line line;
    for (const auto& word : before) {
        if (const auto* option = std::exchange(line.open, nullptr))
            take_value(*option, word, line.locations);
        else if (!line.only_words && word == "--")
            line.only_words = true;
        else if (!line.only_words && is_option(word))
            take_option(word, line);
        else if (line.command != nullptr)
            line.words.push_back(word);
        else if (word == "help")
            line.asks_help = true;
        else if (line.command = find_command(word); line.command == nullptr)
            line.is_lost = true;
    }
    return line;
}

/// The verb of `guest` that was typed; null for none.
const VerbRow* verb_of(const Line& line)
{
    if (line.command == nullptr || line.words.empty()) return nullptr;
    const auto& verbs = line.command->verbs;
    const auto found = std::ranges::find(verbs, line.words.front(), &VerbRow::name);
    return found == verbs.end() ? nullptr : &*found;
}

void offer_commands(Place& place)
{
    for (const auto& command : command_table())
        place.words.push_back({std::string(command.name), std::string(command.help)});
}

void offer_options(const Line& line, Place& place)
{
    const auto* command = line.command != nullptr ? line.command : find_command("status");
    const auto* verb = verb_of(line);
    std::vector<Candidate> of_every_command;
    for (const auto& option : option_table()) {
        const bool may_repeat = option.id == OptionId::force_disk;
        const bool was_said = std::ranges::find(line.options, option.id) != line.options.end();
        if (!takes(*command, option.id) || (was_said && !may_repeat)) continue;
        const bool is_the_commands = std::ranges::find(command->options, option.id) != command->options.end();
        if (verb != nullptr && is_the_commands &&
            std::ranges::find(verb->options, option.id) == verb->options.end())
            continue;
        auto& offered = is_the_commands ? place.words : of_every_command;
        offered.push_back({std::string(option.long_name), std::string(option.help)});
    }
    place.words.insert(place.words.end(), of_every_command.begin(), of_every_command.end());
}

void offer_alternative(std::string_view alternative, bool of_guest, Place& place)
{
    if (const auto placeholder = placeholder_from(alternative)) {
        place.placeholders.push_back(of_guest && placeholder == Placeholder::connector ? Placeholder::guest
                                                                                       : *placeholder);
        return;
    }
    const auto* command = find_command(alternative);
    place.words.push_back(
        {std::string(alternative), command == nullptr ? std::string() : std::string(command->help)});
}

/// What can follow `given` if `arguments` says what is accepted.
void offer_words(std::string_view arguments, Typed given, bool of_guest, Place& place)
{
    const auto slots = slots_of(arguments);
    if (slots.empty()) return;
    const auto at = std::min(given.size(), slots.size() - 1);
    if (at < given.size() && slots.back().goes_on) {
        const auto* command = find_command(given.front());
        const bool is_offered =
            std::ranges::find(slots.back().alternatives, given.front()) != slots.back().alternatives.end();
        if (command != nullptr && is_offered)
            offer_words(command->arguments, given.subspan(1), of_guest, place);
        return;
    }
    if (at < given.size() && !slots[at].repeats) return;
    place.given.assign(given.begin(), given.end());
    for (const auto alternative : slots[at].alternatives) offer_alternative(alternative, of_guest, place);
}

void offer_for_command(const Line& line, Place& place)
{
    const auto& command = *line.command;
    if (command.verbs.empty()) {
        offer_words(command.arguments, line.words, false, place);
        // Where there is one question its device is left out.
        if (command.name == "answer" && line.words.empty()) place.placeholders.push_back(Placeholder::answer);
        const bool takes_devices = command.name == "move" || command.name == "why";
        if (takes_devices &&
            std::ranges::find(place.placeholders, Placeholder::connector) != place.placeholders.end())
            place.placeholders.push_back(Placeholder::device);
        return;
    }
    if (line.words.empty()) {
        for (const auto& verb : command.verbs)
            place.words.push_back({std::string(verb.name), std::string(verb.help)});
        return;
    }
    if (const auto* verb = verb_of(line))
        offer_words(verb->arguments, Typed(line.words).subspan(1), true, place);
}

} // namespace

std::optional<Placeholder> placeholder_from(std::string_view word)
{
    const auto* found =
        std::ranges::find(placeholders, word, &std::pair<std::string_view, Placeholder>::first);
    if (found == placeholders.end()) return std::nullopt;
    return found->second;
}

Place place_of(Typed typed)
{
    if (typed.empty()) return {};
    const auto& current = typed.back();
    const auto line = line_of(typed.first(typed.size() - 1));
    Place place{.words = {}, .placeholders = {}, .given = {}, .before = {}, .locations = line.locations};
    if (line.open != nullptr) {
        offer_alternative(line.open->value, false, place);
    } else if (!line.only_words && current.starts_with('-')) {
        const auto equals = current.find('=');
        if (equals == std::string::npos) {
            offer_options(line, place);
        } else if (const auto* option = find_option(std::string_view(current).substr(0, equals));
                   option != nullptr && !option->value.empty()) {
            place.before = current.substr(0, equals + 1);
            offer_alternative(option->value, false, place);
        }
    } else if (line.command != nullptr) {
        if (!line.asks_help) offer_for_command(line, place);
    } else if (!line.is_lost && (line.asks_help || !line.only_words)) {
        offer_commands(place);
    }
    return place;
}

Names names_in(const config::Settings& settings)
{
    Names names;
    for (const auto& connector : settings.connectors) {
        auto what = connector.panel;
        if (connector.spec.bit)
            what += format("{}bit {}", what.empty() ? "" : ", ", connector.spec.bit->value);
        names.connectors.push_back({connector.spec.name.text(), std::move(what)});
    }
    for (const auto& connector : settings.connectors) {
        Candidate panel{connector.panel + "/", "all of that panel"};
        if (!connector.panel.empty() &&
            std::ranges::find(names.connectors, panel.word, &Candidate::word) == names.connectors.end())
            names.connectors.push_back(std::move(panel));
    }
    for (const auto& guest : settings.guests) {
        const auto controllers = texts_of(guest.controllers);
        names.guests.push_back(
            {guest.name.text(), controllers.empty() ? "takes devices" : join(controllers, ", ")});
    }
    for (const auto& profile : settings.profiles) {
        std::vector<std::string> entries;
        for (const auto& entry : profile.entries)
            entries.push_back(format("{}: {}", entry.connector.text(), config::text_of(entry.target)));
        names.profiles.push_back(
            {profile.name.text(), entries.empty() ? "all to the host" : printable(join(entries, ", "), 80)});
    }
    return names;
}

bool wants_questions(const Place& place)
{
    return std::ranges::any_of(place.placeholders, [](Placeholder placeholder) {
        return placeholder == Placeholder::question || placeholder == Placeholder::answer;
    });
}

bool wants_names(const Place& place)
{
    return std::ranges::any_of(place.placeholders, [](Placeholder placeholder) {
        return placeholder == Placeholder::connector || placeholder == Placeholder::profile ||
               placeholder == Placeholder::guest || placeholder == Placeholder::target;
    });
}

namespace {

/// Of the device that was named, else of the only one there is a question about.
std::vector<Candidate> answers_in(const Place& place, const Names& names)
{
    std::vector<Candidate> answers;
    for (const auto& [device, offered] : names.questions) {
        const bool is_meant =
            place.given.empty() ? names.questions.size() == 1 : device.word == place.given.front();
        if (!is_meant) continue;
        for (const auto& one : offered) answers.push_back({one, device.what});
    }
    return answers;
}

} // namespace

std::vector<Candidate> candidates(const Place& place, const Names& names)
{
    std::vector<Candidate> found = place.words;
    const auto add = [&](const std::vector<Candidate>& more) {
        for (const auto& candidate : more)
            if (std::ranges::find(place.given, candidate.word) == place.given.end())
                found.push_back(candidate);
    };
    for (const auto placeholder : place.placeholders) {
        switch (placeholder) {
        case Placeholder::connector: add(names.connectors); break;
        case Placeholder::device: add(names.devices); break;
        case Placeholder::question:
            for (const auto& [device, offered] : names.questions) add({device});
            break;
        case Placeholder::answer: add(answers_in(place, names)); break;
        case Placeholder::profile: add(names.profiles); break;
        case Placeholder::guest: add(names.guests); break;
        case Placeholder::target:
            add({{"host", "this machine"}});
            add(names.guests);
            add({{"ehci", "that side"}, {"xhci", "that side"}});
            break;
        case Placeholder::when: add({{"auto", ""}, {"always", ""}, {"never", ""}}); break;
        case Placeholder::format: add({{"waybar", ""}, {"i3blocks", ""}, {"polybar", ""}}); break;
        case Placeholder::kind:
            for (const auto word : import_kinds) add({{std::string(word), ""}});
            break;
        case Placeholder::file:
        case Placeholder::directory:
        case Placeholder::free: break;
        }
    }
    if (!place.before.empty())
        for (auto& candidate : found) candidate.word = place.before + candidate.word;
    return found;
}

std::string_view completion_script(std::string_view shell)
{
    if (shell == "bash") return texts::bash;
    if (shell == "zsh") return texts::zsh;
    if (shell == "fish") return texts::fish;
    return {};
}

} // namespace usbroute::cli
