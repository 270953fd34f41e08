// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/session.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/alone.hpp"
#include "cli/screen.hpp"
#include "plan/panels.hpp"
#include "report/awaited.hpp"
#include "report/json.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>

namespace usbroute::cli {

using config::Verb;
using wire::Answer;
using wire::Command;
using wire::Form;

namespace {

Result<std::string> ask(DaemonLink& link, const Command& command)
{
    const auto line = wire::to_line(command);
    if (line.size() > wire::longest_line)
        return std::unexpected(
            Error(
                ErrorKind::usage,
                format("the command has {} bytes, and the protocol allows {}; name fewer connectors at once",
                       line.size(), wire::longest_line))
                .with_code("too-long"));
    return link.ask(line);
}

} // namespace

Session::Session(const Options& options)
    : options_(options),
      where_(linux_::locate({.root = options.root, .config = options.config, .socket = options.socket})),
      alone_(options.direct || (where_.recorded && !where_.socket_was_named))
{}

Result<DaemonLink> Session::connect(std::chrono::milliseconds patience) const
{
    return DaemonLink::connect(where_.socket, patience);
}

Result<Answer> Session::act(plan::Request request) const
{
    if (alone_) return act_alone(where_, request);
    return say(wire::command_of(std::move(request), Form::json));
}

Result<Answer> Session::confirm() const { return say({{.verb = Verb::confirm}, Form::json}); }

Result<Answer> Session::reload() const { return say({{.verb = Verb::reload}, Form::json}); }

Result<Answer> Session::say(const Command& command) const
{
    auto link = connect();
    if (!link) return std::unexpected(std::move(link.error()));
    const auto line = ask(*link, command);
    if (!line) return std::unexpected(line.error());
    return wire::read_ok(*line);
}

/// Looking harms nobody, so a person who only wants to see gets what this process may see, unless a particular
/// daemon was asked for.
bool Session::may_look_alone_after(const Error& error) const
{
    if (where_.socket_was_named) return false;
    const bool forbidden = error.code() == "not-permitted";
    if (forbidden) note(options_, error.message());
    return forbidden || error.code() == "unreachable";
}

template <class View>
Result<View> Session::seen_by_daemon(plan::Deed deed, Result<View> (*in)(std::string_view)) const
{
    const Command command{std::move(deed), Form::json};
    auto link = connect();
    if (!link) return std::unexpected(std::move(link.error()));
    const auto answer = ask(*link, command);
    if (!answer) return std::unexpected(answer.error());
    return in(*answer);
}

template <class View>
Result<View> Session::look(plan::Deed deed, Result<View> (*in)(std::string_view),
                           const std::function<Result<View>()>& alone) const
{
    if (alone_) return alone();
    auto seen = seen_by_daemon(std::move(deed), in);
    if (!seen && may_look_alone_after(seen.error())) return alone();
    return seen;
}

Result<report::StatusView> Session::status() const
{
    return look<report::StatusView>({.verb = Verb::status}, report::status_in,
                                    [this] { return status_alone(where_); });
}

Result<report::StatusView> Session::status_of_daemon() const
{
    return seen_by_daemon<report::StatusView>({.verb = Verb::status}, report::status_in);
}

Result<report::RegistersView> Session::registers() const
{
    return look<report::RegistersView>({.verb = Verb::regs}, report::registers_in,
                                       [this] { return registers_alone(where_); });
}

Result<report::WhyView> Session::why(const ConnectorName& connector) const
{
    return look<report::WhyView>({.verb = Verb::why, .about = {connector}}, report::why_in,
                                 [&] { return why_alone(where_, connector); });
}

Result<report::LogView> Session::log() const
{
    return look<report::LogView>({.verb = Verb::log}, report::log_in, [this] { return log_alone(where_); });
}

Result<report::PlanView> Session::plan(plan::Request request) const
{
    return look<report::PlanView>({.verb = Verb::plan, .request = request}, report::plan_in,
                                  [&] { return plan_alone(where_, request); });
}

Result<std::vector<std::string>> Session::without_panels(const std::vector<std::string>& words) const
{
    if (std::ranges::none_of(words, plan::is_a_panel)) return words;
    const auto view = status();
    if (!view) return std::unexpected(view.error());
    auto names = plan::without_panels(words, report::panels_in(*view));
    if (!names) return std::unexpected(plan::error_from(names.error()));
    return std::move(*names);
}

std::optional<Error> why_not_a_root(const Options& options)
{
    if (options.root.empty()) return std::nullopt;
    struct stat status{};
    const bool found = ::stat(options.root.c_str(), &status) == 0;
    if (found && S_ISDIR(status.st_mode)) return std::nullopt;
    return Error(ErrorKind::usage, format("--root {}", printable(options.root, 200)), found ? ENOTDIR : errno)
        .with_code("usage");
}

} // namespace usbroute::cli
