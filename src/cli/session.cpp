// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/session.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/alone.hpp"
#include "cli/screen.hpp"
#include "report/json.hpp"

#include <cerrno>

#include <sys/stat.h>

namespace usbroute::cli {

using config::Verb;
using wire::Answer;
using wire::Command;
using wire::Form;

namespace {

Result<Answer> ok_or_error(Answer answer)
{
    if (answer.status == wire::Status::ok) return answer;
    return std::unexpected(Error(wire::kind_of(answer), answer.message).with_code(answer.code));
}

Result<Answer> ask(DaemonLink& link, const Command& command)
{
    const auto line = wire::to_line(command);
    if (line.size() > wire::longest_line)
        return std::unexpected(
            Error(
                ErrorKind::usage,
                format("the command has {} bytes, and the protocol allows {}; name fewer connectors at once",
                       line.size(), wire::longest_line))
                .with_code("too-long"));
    auto answer = link.ask(line);
    if (!answer) return std::unexpected(std::move(answer.error()));
    return ok_or_error(wire::read_answer(*answer));
}

} // namespace

Session::Session(const Options& options)
    : options_(options),
      where_(linux_::locate({.root = options.root, .config = options.config, .socket = options.socket})),
      alone_(options.direct || (where_.recorded && !where_.socket_was_named))
{}

Result<DaemonLink> Session::connect() const { return DaemonLink::connect(where_.socket, options_.timeout); }

Result<Answer> Session::act(const Command& command) const
{
    if (alone_) return act_alone(where_, command);
    auto link = connect();
    if (!link) return std::unexpected(std::move(link.error()));
    return ask(*link, command);
}

Result<std::string> Session::document_for(Command command) const
{
    command.form = Form::json;
    auto link = connect();
    if (!link) return std::unexpected(std::move(link.error()));
    auto answer = ask(*link, command);
    if (!answer) return std::unexpected(std::move(answer.error()));
    return std::move(answer->document);
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

Result<report::StatusView> Session::status() const
{
    if (alone_) return status_alone(where_);
    const auto document = document_for({.verb = Verb::status});
    if (document) return report::status_from_json(*document);
    if (!may_look_alone_after(document.error())) return std::unexpected(document.error());
    return status_alone(where_);
}

Result<report::RegistersView> Session::registers() const
{
    if (alone_) return registers_alone(where_);
    const auto document = document_for({.verb = Verb::regs});
    if (document) return report::registers_from_json(*document);
    if (!may_look_alone_after(document.error())) return std::unexpected(document.error());
    return registers_alone(where_);
}

Result<report::WhyView> Session::why(const ConnectorName& connector) const
{
    if (alone_) return why_alone(where_, connector);
    const auto document = document_for({.verb = Verb::why, .connectors = {connector}});
    if (document) return report::why_from_json(*document);
    if (!may_look_alone_after(document.error())) return std::unexpected(document.error());
    return why_alone(where_, connector);
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

Result<report::PlanView> Session::plan(const Command& command) const
{
    if (alone_) return plan_alone(where_, command);
    auto planning = command;
    planning.verb = Verb::plan;
    planning.planned = command.verb;
    const auto document = document_for(planning);
    if (document) return report::plan_from_json(*document);
    if (!may_look_alone_after(document.error())) return std::unexpected(document.error());
    return plan_alone(where_, command);
}

} // namespace usbroute::cli
