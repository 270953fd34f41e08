// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/daemon_guest.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/screen.hpp"
#include "linux/signals.hpp"
#include "report/in_guest.hpp"

#include <utility>

namespace usbroute::cli {

using assign::Ask;
using assign::Farewell;
using assign::InGuest;
using Clock = std::chrono::steady_clock;

namespace {

/// The daemon answers when the guest does, or when its own patience has run out: with libvirt that is half a minute.
constexpr std::chrono::seconds longest_of_the_daemon{40};

Error said_no(const assign::TakeOut& out)
{
    return Error(ErrorKind::failed,
                 format("{} does not let go of {}: its system says no, or is busy with another hot-plug",
                        out.guest.text(), out.function.text()))
        .with_code("guest-refused");
}

Error has_not_let_go(const assign::TakeOut& out, std::string_view how_long)
{
    return Error(ErrorKind::timed_out,
                 format("{} has not let go of {} {}", out.guest.text(), out.function.text(), how_long))
        .with_code("guest-silent");
}

Error cannot_be_asked(const assign::TakeOut& out, const InGuest& seen)
{
    return Error(ErrorKind::timed_out,
                 format("{} cannot be asked any more whether it has let go of {}{}{}", out.guest.text(),
                        out.function.text(), seen.why.empty() ? "" : ": ", printable(seen.why, 200)))
        .with_code("guest-silent");
}

} // namespace

Result<InGuest> DaemonGuest::ask(const Ask& ask) const
{
    auto link = Session(options_).connect(longest_of_the_daemon);
    if (!link) return std::unexpected(std::move(link.error()));
    wire::Command command;
    command.verb = config::Verb::assign;
    command.controllers = ask;
    command.form = wire::Form::json;
    const auto line = link->ask(wire::to_line(command));
    if (!line) return std::unexpected(line.error());
    const auto view = report::in_guest_in(*line);
    if (!view) return std::unexpected(view.error());
    auto seen = report::in_guest_of(*view);
    if (!seen)
        return std::unexpected(Error(ErrorKind::failed,
                                     "usbrouted says something of a guest that this usbroute "
                                     "does not know: install the same version of both")
                                   .with_code("not-an-answer"));
    return std::move(*seen);
}

Result<InGuest> DaemonGuest::look() { return ask({.guest = guest_, .what = Ask::What::look}); }

Result<InGuest> DaemonGuest::plug_in(const assign::PlugIn& plug)
{
    auto seen =
        ask({.guest = guest_, .what = Ask::What::plug_in, .function = plug.function, .place = plug.place});
    if (!seen || assign::is_done(plug, *seen)) return seen;
    return std::unexpected(
        Error(ErrorKind::failed, assign::why_undone(plug, *seen)).with_code("guest-silent"));
}

Result<InGuest> DaemonGuest::take_out(const assign::TakeOut& out)
{
    const auto until = Clock::now() + patience_;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(patience_).count();
    for (bool is_first = true;; is_first = false) {
        auto seen = ask({.guest = guest_, .what = Ask::What::take_out, .function = out.function});
        if (!seen || assign::is_done(out, *seen)) return seen;
        const auto* held = seen->find(out.function);
        if (held == nullptr) return std::unexpected(cannot_be_asked(out, *seen));
        if (held->farewell == Farewell::refused) return std::unexpected(said_no(out));
        if (linux_::SignalsHeld::is_asked_to_end()) return std::unexpected(has_not_let_go(out, "so far"));
        if (Clock::now() >= until) return std::unexpected(has_not_let_go(out, format("in {} s", seconds)));
        if (is_first)
            note(options_, format("{} does not answer; it is waited for, {} s at most (--timeout): {}",
                                  out.guest.text(), seconds, assign::what_ends_silence(out.guest)));
    }
}

} // namespace usbroute::cli
