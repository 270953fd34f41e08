// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/action.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "config/kept_rules.hpp"
#include "linux/files.hpp"
#include "linux/settings_files.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

#include <cerrno>
#include <optional>
#include <utility>

namespace usbroute::cli {

namespace {

int list_questions(const Session& session, const Options& options)
{
    if (options.always || options.dry_run)
        return fail(usage_error("say who is to have the device: usbroute answer [DEVICE] WHO"), options.json);
    const auto view = session.status_of_daemon();
    if (!view) return fail(view.error(), options.json);
    print(options.json ? report::to_json(view->questions) + "\n" : report::questions_text(view->questions));
    return exit_done;
}

/// What the daemon says of the device is taken as one device's and no more: the rest of the rule is ours.
Result<config::RuleSettings> rule_from(const std::optional<report::RuleView>& view, const config::Target& to)
{
    const auto id = view ? UsbIds::parse(view->id) : std::nullopt;
    if (!id || (view->serial.empty() && !is_plain_name(view->socket)))
        return std::unexpected(
            Error(ErrorKind::failed,
                  "the daemon does not say which rule this would be; it is of another version")
                .with_code("not-an-answer"));
    config::RuleSettings rule{
        .name = {}, .match = {.id = id, .serial = view->serial}, .to = to, .origin = {}};
    if (rule.match.serial.empty()) rule.match.socket = ConnectorName(view->socket);
    return rule;
}

/// A rule on its way into its file.
struct Keeping {
    std::string path;
    std::string rule;                        ///< as it is written there
    std::string text = {};                   ///< of the whole file
    std::optional<std::string> why_not = {}; ///< it cannot be written
};

/// An error: the configuration does not take this rule, or the one that is there is not in order.
Result<Keeping> prepare(const linux_::Locations& where, config::RuleSettings rule)
{
    Keeping keeping{.path = where.rules, .rule = {}};
    const auto files = linux_::read_settings_files(where, linux_::Purpose::to_act);
    if (!files) {
        rule.name = RuleName("this-device");
        keeping.rule = config::to_toml(rule);
        keeping.why_not = files.error().message();
        return keeping;
    }
    auto kept = config::with_rule(*files, where.rules, rule);
    if (!kept) {
        const auto lines = texts_of(kept.error());
        return std::unexpected(
            Error(ErrorKind::refused,
                  format("nothing was answered, because the rule cannot be kept:\n{}", join(lines, "\n")))
                .with_code("config"));
    }
    rule.name = kept->name;
    keeping.rule = config::to_toml(rule);
    keeping.text = std::move(kept->text);
    if (const auto can = linux_::can_replace(where.rules); !can) keeping.why_not = can.error().message();
    return keeping;
}

constexpr std::string_view by_hand = "`sudo usbroute reload`";

/// The daemon reads it for root and its own user alone; who may write the file need be neither.
void have_it_read_again(const Session& session, const Options& options, const Keeping& keeping)
{
    const auto read = session.reload();
    if (read) return;
    note(options, format("{} is written, but usbrouted has not read it: {}. Then say {}",
                         printable(keeping.path, 200), read.error().message(), by_hand));
}

int not_kept(const Options& options, const Keeping& keeping, const std::string& why)
{
    if (!options.json) print(keeping.rule);
    return fail(
        Error(
            ErrorKind::not_permitted,
            format(
                "it was answered, and the rule was not kept: {}. Put it into {} as root, and have usbrouted read that: {}{}",
                why, printable(keeping.path, 200), by_hand,
                options.json ? ". The rule: " + keeping.rule : std::string()))
            .with_code("rule-not-kept"),
        options.json);
}

int answer_always(const Session& session, const Options& options, plan::Request request)
{
    const auto planned = session.plan(request);
    if (!planned) return fail(planned.error(), options.json);
    auto& answer = std::get<plan::AnswerRequest>(request.wish);
    auto rule = rule_from(planned->rule, answer.to);
    if (!rule) return fail(rule.error(), options.json);
    const auto keeping = prepare(session.where(), std::move(*rule));
    if (!keeping) return fail(keeping.error(), options.json);
    // About the device that was planned for, whatever else is asked meanwhile.
    if (!planned->moves.empty()) answer.device = ConnectorName(planned->moves.front().connector);
    answer.always = false; // the rule is here already
    const auto answered = session.act(std::move(request));
    if (const int code = show_done(options, answered); code != exit_done) return code;
    if (answered->trial_seconds)
        return not_kept(options, *keeping, "the move is on trial, and a rule would outlast it");
    if (keeping->why_not) return not_kept(options, *keeping, *keeping->why_not);
    if (const auto written = linux_::replace_file(keeping->path, keeping->text); !written)
        return not_kept(options, *keeping, written.error().message());
    if (options.verbose)
        note(options, format("kept in {}:\n{}", printable(keeping->path, 200), keeping->rule));
    have_it_read_again(session, options, *keeping);
    return exit_done;
}

} // namespace

int run_answer(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const Session session(options);
    if (session.works_alone())
        return fail(
            usage_error(
                "answer needs the daemon, which asks: leave out --direct; with --root, name the daemon's socket too (--socket)"),
            options.json);
    if (invocation.words.empty()) return list_questions(session, options);
    const auto request = request_from(config::Verb::answer, invocation.words, options);
    if (!request) return fail(request.error(), options.json);
    if (options.always && request->is_trial())
        return fail(
            usage_error("--always is for ever, and --revert-after for a while: give only one of them"),
            options.json);
    if (options.dry_run) return show_plan(options, *request);
    return options.always ? answer_always(session, options, *request)
                          : show_done(options, session.act(*request));
}

} // namespace usbroute::cli
