// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/command_table.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/daemon_link.hpp"
#include "cli/help.hpp"
#include "cli/screen.hpp"
#include "linux/settings_files.hpp"
#include "report/json.hpp"
#include "report/views.hpp"
#include "wire/answer.hpp"

#include <algorithm>

namespace usbroute::cli {

namespace {

/// Somebody waits with a finger on the key.
constexpr std::chrono::milliseconds patience{300};

/// Connectors that have no name in the configuration have one all the same, and who may not read the configuration may
/// still ask: the daemon's `status` tells of all connectors, and of guests that have something.
Names names_from_daemon(const linux_::Locations& where)
{
    Names names;
    auto link = DaemonLink::connect(where.socket, patience);
    if (!link) return names;
    const auto line = link->ask("status");
    if (!line) return names;
    for (const auto& [owner, connectors] : wire::read_answer(*line).owners) {
        if (std::holds_alternative<GuestName>(config::target_from(owner)) && is_plain_name(owner))
            names.guests.push_back({owner, {}});
        for (const auto& connector : connectors)
            if (is_plain_name(connector)) names.connectors.push_back({connector, owner});
    }
    return names;
}

/// Hubs are never moved.
std::vector<Candidate> devices_from_daemon(const linux_::Locations& where)
{
    std::vector<Candidate> devices;
    auto link = DaemonLink::connect(where.socket, patience);
    if (!link) return devices;
    const auto line = link->ask(R"({"do":"status"})");
    const auto view = line ? report::status_in(*line) : std::unexpected(line.error());
    if (!view) return devices;
    const auto add = [&](const std::vector<report::DeviceView>& seen) {
        for (const auto& device : seen)
            if (!device.hub && is_plain_name(device.place))
                devices.push_back({device.place, printable(device.name, 80)});
    };
    for (const auto& connector : view->connectors) add(connector.devices);
    add(view->elsewhere);
    return devices;
}

/// The only names for an answer, and nobody else knows them.
Names questions_from_daemon(const linux_::Locations& where)
{
    Names names;
    auto link = DaemonLink::connect(where.socket, patience);
    if (!link) return names;
    const auto line = link->ask(R"({"do":"status"})");
    const auto view = line ? report::status_in(*line) : std::unexpected(line.error());
    if (!view) return names;
    for (const auto& question : view->questions) {
        if (!is_plain_name(question.place)) continue;
        std::vector<std::string> answers;
        for (const auto& answer : question.answers)
            if (is_plain_name(answer)) answers.push_back(answer);
        names.questions.emplace_back(Candidate{question.place, printable(question.name, 80)},
                                     std::move(answers));
    }
    return names;
}

Names names_of(const Place& place)
{
    const auto where = linux_::locate(place.locations);
    if (wants_questions(place)) return questions_from_daemon(where);
    Names names;
    const auto settings = linux_::load_settings(where, linux_::Purpose::to_look);
    if (settings) names = names_in(*settings);
    const bool wants_devices =
        std::ranges::find(place.placeholders, Placeholder::device) != place.placeholders.end();
    if (wants_devices && (!settings || settings->gives_devices())) names.devices = devices_from_daemon(where);
    if (settings && !names.connectors.empty()) return names;
    auto told = names_from_daemon(where);
    if (names.connectors.empty()) names.connectors = std::move(told.connectors);
    if (!settings) names.guests = std::move(told.guests);
    return names;
}

/// A line for each candidate, "WORD<tab>WHAT"; ":files" and ":directories" ask the shell for its own. What goes wrong is not
/// said: it would appear in the middle of what is being typed.
int print_words(std::span<const std::string> typed)
{
    const auto place = place_of(typed);
    for (const auto& candidate :
         candidates(place, wants_names(place) || wants_questions(place) ? names_of(place) : Names{}))
        print(format("{}\t{}\n", candidate.word, candidate.what));
    for (const auto placeholder : place.placeholders) {
        if (placeholder == Placeholder::file) print(":files\n");
        if (placeholder == Placeholder::directory) print(":directories\n");
    }
    return exit_done;
}

} // namespace

int run_completion(const Invocation& invocation)
{
    const auto& words = invocation.words;
    if (words.front() == "words") return print_words(std::span(words).subspan(1));
    const auto script = words.size() == 1 ? completion_script(words.front()) : std::string_view();
    if (script.empty())
        return fail(usage_error(format("there is no completion for {}; {}", printable(words.back(), 64),
                                       usage_line(*invocation.command))),
                    invocation.options.json);
    print(script);
    return exit_done;
}

} // namespace usbroute::cli
