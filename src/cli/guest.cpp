// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/command_table.hpp"
#include "cli/commands.hpp"
#include "cli/guest_verbs.hpp"
#include "cli/screen.hpp"
#include "linux/settings_files.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace usbroute::cli {

namespace {

std::string usage_of(const VerbRow& verb)
{
    return format("usage: usbroute guest {}{}{}", verb.name, verb.arguments.empty() ? "" : " ",
                  verb.arguments);
}

Result<const VerbRow*> verb_in(const Invocation& invocation)
{
    const auto verbs = invocation.command->verbs;
    const auto& words = invocation.words;
    const auto word = words.empty() ? std::string("list") : words.front();
    const auto found = std::ranges::find(verbs, word, &VerbRow::name);
    if (found != verbs.end()) return &*found;
    const auto known = texts_of(verbs, [](const auto& verb) { return verb.name; });
    const auto near = nearest(word, known);
    return std::unexpected(usage_error(
        format("there is no guest {}; {}", printable(word, 64),
               near ? format("did you mean {}?", *near) : format("it is {}", join(known, ", ")))));
}

/// Of the options that the command takes for one verb or another, those that this verb has no use for.
std::optional<Error> check_options(const Invocation& invocation, const VerbRow& verb)
{
    for (const auto id : invocation.command->options) {
        if (std::ranges::find(verb.options, id) != verb.options.end()) continue;
        const auto& row = row_of(id);
        const auto end = std::ranges::find(invocation.typed, "--");
        const bool said = std::any_of(invocation.typed.begin(), end, [&](const std::string& word) {
            const std::string_view name = std::string_view(word).substr(0, word.find('='));
            return name == row.long_name || (!row.short_name.empty() && name == row.short_name);
        });
        if (said)
            return usage_error(
                format("guest {} does not take {}; {}", verb.name, row.long_name, usage_of(verb)));
    }
    return std::nullopt;
}

std::string names_of(const std::vector<config::GuestSettings>& guests)
{
    return join(texts_of(guests, [](const auto& guest) { return guest.name.text(); }), ", ");
}

Error no_such_guest(const std::string& word, const config::Settings& settings)
{
    const auto names = texts_of(settings.guests, [](const auto& guest) { return guest.name.text(); });
    const auto near = nearest(word, names);
    const auto hint = near            ? format("did you mean {}?", *near)
                      : names.empty() ? std::string("the configuration has none")
                                      : format("the configuration has {}", join(names, ", "));
    return Error(ErrorKind::not_found, format("there is no guest {}; {}", printable(word, 64), hint))
        .with_code("no-such-guest");
}

/// The guest that is meant; null where the verb wants none.
Result<const config::GuestSettings*> guest_in(const Invocation& invocation, const VerbRow& verb,
                                              const config::Settings& settings)
{
    const auto& words = invocation.words;
    const bool is_wanted = verb.guest != GuestNeeded::no && !invocation.options.boot;
    if (!is_wanted) {
        if (words.size() > 1)
            return std::unexpected(
                usage_error(format("guest {}{} takes no name; {}", verb.name,
                                   invocation.options.boot ? " --boot" : "", usage_of(verb))));
        return nullptr;
    }
    if (words.size() > 1) {
        const auto* guest = is_plain_name(words[1]) ? settings.guest(GuestName(words[1])) : nullptr;
        if (guest == nullptr) return std::unexpected(no_such_guest(words[1], settings));
        return guest;
    }
    if (verb.guest == GuestNeeded::unless_only_one && settings.guests.size() == 1)
        return &settings.guests.front();
    if (settings.guests.empty())
        return std::unexpected(
            Error(
                ErrorKind::not_found,
                R"(the configuration has no guest; add one: [guest.windows] with controllers = ["0000:00:1d.0"], or with qmp = "/run/usbroute/windows.qmp" where single devices are given)")
                .with_code("no-such-guest"));
    return std::unexpected(usage_error(
        format("guest {} needs a name: {}; {}", verb.name, names_of(settings.guests), usage_of(verb))));
}

} // namespace

int run_guest(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const auto verb = verb_in(invocation);
    if (!verb) return fail(verb.error(), options.json);
    if (const auto wrong = check_options(invocation, **verb)) return fail(*wrong, options.json);
    const auto where =
        linux_::locate({.root = options.root, .config = options.config, .socket = options.socket});
    const auto run = (*verb)->run;
    const bool hands_over = run == run_guest_bind || run == run_guest_release || run == run_guest_assign ||
                            run == run_guest_unassign;
    const bool acts = !options.dry_run && hands_over;
    const auto settings =
        linux_::load_settings(where, acts ? linux_::Purpose::to_act : linux_::Purpose::to_look);
    if (!settings) return fail(settings.error(), options.json);
    const auto guest = guest_in(invocation, **verb, *settings);
    if (!guest) return fail(guest.error(), options.json);
    return (*verb)->run({.invocation = invocation, .where = where, .settings = *settings, .guest = *guest});
}

} // namespace usbroute::cli
