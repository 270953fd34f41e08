// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/action.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "report/json.hpp"
#include "report/text.hpp"
#include "wire/answer.hpp"

namespace usbroute::cli {

using config::Verb;

namespace {

Error no_such(std::string_view kind, const std::string& word)
{
    return Error(ErrorKind::not_found,
                 format("there is no {} {}: a name has letters, digits, '-', '_' and '.'", kind,
                        printable(word, 64)))
        .with_code(format("no-such-{}", kind));
}

template <class Name>
std::optional<Error> take_names(std::vector<Name>& names, const std::vector<std::string>& words,
                                std::string_view kind)
{
    for (const auto& word : words) {
        if (!is_plain_name(word)) return no_such(kind, word);
        names.emplace_back(word);
    }
    return std::nullopt;
}

/// "profile desk-in-windows: windows has front-left, rear-1".
std::string done_text(const wire::Answer& answer)
{
    std::vector<std::string> parts;
    for (const auto& [owner, connectors] : answer.owners)
        parts.push_back(format("{} has {}", owner, join(connectors, ", ")));
    auto text = join(parts, "; ");
    if (answer.profile)
        text = text.empty() ? format("profile {}", *answer.profile)
                            : format("profile {}: {}", *answer.profile, text);
    return printable(text.empty() ? "done" : text, 1500) + "\n";
}

} // namespace

Result<wire::Command> command_from(Verb verb, const std::vector<std::string>& words, const Options& options)
{
    wire::Command command;
    command.verb = verb;
    command.yes = options.yes;
    command.revert_after = options.revert_after;
    command.force_disks = options.force_disks;
    for (const auto& disk : options.force_disks)
        if (!is_plain_name(disk))
            return std::unexpected(
                usage_error(format("--force-disk {}: give a disk's name, such as sdb", printable(disk, 64))));
    std::optional<Error> wrong;
    if (verb == Verb::move) {
        if (options.to.empty())
            return std::unexpected(
                usage_error("move needs a destination: add --to host, a guest's name, ehci or xhci"));
        if (!is_plain_name(options.to)) return std::unexpected(no_such("guest", options.to));
        command.to = config::target_from(options.to);
        wrong = take_names(command.connectors, words, "connector");
    } else {
        wrong = take_names(command.profiles, words, "profile");
    }
    if (wrong) return std::unexpected(*wrong);
    return command;
}

int show_plan(const Options& options, const wire::Command& command)
{
    const auto view = Session(options).plan(command);
    if (!view) return fail(view.error(), options.json);
    print(options.json ? report::to_json(*view) + "\n"
                       : report::plan_text(*view, style_of_terminal(options)));
    return exit_done;
}

int act(const Invocation& invocation, Verb verb)
{
    const auto& options = invocation.options;
    auto command = command_from(verb, invocation.words, options);
    if (!command) return fail(command.error(), options.json);
    if (options.dry_run) return show_plan(options, *command);

    const bool is_trial = options.revert_after && options.revert_after->count() > 0;
    if (is_trial && Session(options).works_alone())
        return fail(
            usage_error(
                "--revert-after needs the daemon, which takes the change back: leave out --direct; with --root, name the daemon's socket too (--socket)"),
            options.json);
    command->form = options.json ? wire::Form::json : wire::Form::text;
    const auto answer = Session(options).act(*command);
    if (!answer) return fail(answer.error(), options.json);
    if (options.json) {
        print(wire::to_line(*answer, wire::Form::json) + "\n");
        return exit_done;
    }
    for (const auto& warning : answer->warnings) warn(options, warning);
    if (!answer->message.empty()) note(options, answer->message);
    if (options.verbose) print(done_text(*answer));
    return exit_done;
}

} // namespace usbroute::cli
