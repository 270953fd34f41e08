// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/action.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "report/json.hpp"
#include "report/spoken.hpp"
#include "report/text.hpp"

#include <concepts>

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
Result<std::vector<Name>> plain_names(const std::vector<std::string>& words, std::string_view kind)
{
    std::vector<Name> names;
    for (const auto& word : words) {
        const bool may_be_a_device = std::same_as<Name, ConnectorName> && can_name_a_device(word);
        if (!is_plain_name(word) && !may_be_a_device) return std::unexpected(no_such(kind, word));
        names.emplace_back(word);
    }
    return names;
}

Result<plan::Wish> move_of(const std::vector<std::string>& words, const std::string& to)
{
    if (to.empty())
        return std::unexpected(
            usage_error("move needs a destination: add --to host, a guest's name, ehci or xhci"));
    if (!is_plain_name(to)) return std::unexpected(no_such("guest", to));
    auto connectors = plain_names<ConnectorName>(words, "connector");
    if (!connectors) return std::unexpected(std::move(connectors.error()));
    return plan::MoveRequest{.connectors = std::move(*connectors), .to = config::target_from(to)};
}

/// The last word is the answer.
Result<plan::Wish> answer_of(const std::vector<std::string>& words, bool always)
{
    if (words.empty() || !is_plain_name(words.back()))
        return std::unexpected(words.empty() ? usage_error("an answer needs to say who is to have the device")
                                             : no_such("guest", words.back()));
    plan::AnswerRequest answer{.device = {}, .to = config::target_from(words.back()), .always = always};
    if (words.size() == 1) return answer;
    if (!can_name_a_device(words.front())) return std::unexpected(no_such("connector", words.front()));
    answer.device = ConnectorName(words.front());
    return answer;
}

Result<plan::Wish> wish_of(Verb verb, const std::vector<std::string>& words, const Options& options)
{
    if (verb == Verb::move) return move_of(words, options.to);
    if (verb == Verb::answer) return answer_of(words, options.always);
    auto profiles = plain_names<ProfileName>(words, "profile");
    if (!profiles) return std::unexpected(std::move(profiles.error()));
    if (verb == Verb::apply) return plan::ApplyRequest{.profile = std::move(profiles->front())};
    if (verb == Verb::toggle) return plan::ToggleRequest{.profiles = std::move(*profiles)};
    return plan::UndoRequest{};
}

/// "windows has rear-1, rear-2", "rear-4 is on EHCI".
std::string share_in_words(const std::string& owner, const std::vector<std::string>& connectors)
{
    const auto names = join(connectors, ", ");
    if (owner == "ehci" || owner == "xhci")
        return format("{} {} on {}", names, connectors.size() == 1 ? "is" : "are",
                      report::words_of_seat(owner));
    return format("{} has {}", owner == "none" ? std::string("nobody") : report::words_of_seat(owner), names);
}

/// "profile desk-in-windows: windows has front-left, rear-1"; of what names no socket `otherwise`.
std::string done_text(const wire::Answer& answer, std::string_view otherwise)
{
    std::vector<std::string> parts;
    for (const auto& [owner, connectors] : answer.owners) parts.push_back(share_in_words(owner, connectors));
    auto text = join(parts, "; ");
    if (answer.profile)
        text = text.empty() ? format("profile {}", *answer.profile)
                            : format("profile {}: {}", *answer.profile, text);
    return printable(text.empty() ? otherwise : text, 1500);
}

} // namespace

Result<plan::Request> request_from(Verb verb, const std::vector<std::string>& words, const Options& options)
{
    for (const auto& disk : options.force_disks)
        if (!is_plain_name(disk))
            return std::unexpected(
                usage_error(format("--force-disk {}: give a disk's name, such as sdb", printable(disk, 64))));
    auto wish = wish_of(verb, words, options);
    if (!wish) return std::unexpected(std::move(wish.error()));
    return plan::Request{.wish = std::move(*wish),
                         .yes = options.yes,
                         .force_disks = options.force_disks,
                         .revert_after = options.revert_after};
}

int show_plan(const Options& options, const plan::Request& request)
{
    const auto view = Session(options).plan(request);
    if (!view) return fail(view.error(), options.json);
    print(report::as_options(options.json ? report::to_json(*view) + "\n"
                                          : report::plan_text(*view, style_of_terminal(options))));
    return exit_done;
}

int act(const Invocation& invocation, Verb verb)
{
    const auto& options = invocation.options;
    const auto request = request_from(verb, invocation.words, options);
    if (!request) return fail(request.error(), options.json);
    if (options.dry_run) return show_plan(options, *request);

    if (request->is_trial() && Session(options).works_alone())
        return fail(
            usage_error(
                "--revert-after needs the daemon, which takes the change back: leave out --direct; with --root, name the daemon's socket too (--socket)"),
            options.json);
    return show_done(options, Session(options).act(*request));
}

int show_done(const Options& options, const Result<wire::Answer>& answer, std::string_view otherwise)
{
    if (!answer) return fail(answer.error(), options.json);
    if (options.json) {
        print(report::as_options(wire::to_line(*answer, wire::Form::json)) + "\n");
        return exit_done;
    }
    for (const auto& warning : answer->warnings) warn(options, warning);
    const auto done = done_text(*answer, otherwise);
    // A message about nothing that was moved says all there is.
    const bool is_told = answer->message.empty() || answer->trial_seconds;
    if (is_told) tell(options, done);
    if (!answer->message.empty()) note(options, answer->message);
    if (options.verbose) print(done + "\n");
    return exit_done;
}

} // namespace usbroute::cli
