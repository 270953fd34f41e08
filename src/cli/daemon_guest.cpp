// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/daemon_guest.hpp"

#include "base/format.hpp"
#include "cli/screen.hpp"
#include "linux/signals.hpp"
#include "report/in_guest.hpp"

#include <utility>

namespace usbroute::cli {

using assign::Ask;
using assign::InGuest;
using Clock = std::chrono::steady_clock;

namespace {

/// The daemon answers when the guest does, or when its own patience has run out: with libvirt that is half a minute.
constexpr std::chrono::seconds longest_of_the_daemon{40};

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

Result<InGuest> DaemonGuest::seen() const { return ask({.guest = guest_, .what = Ask::What::look}); }

Result<InGuest> DaemonGuest::plugged(const assign::PlugIn& plug) const
{
    auto now =
        ask({.guest = guest_, .what = Ask::What::plug_in, .function = plug.function, .place = plug.place});
    if (!now || assign::is_done(plug, *now)) return now;
    return std::unexpected(
        Error(ErrorKind::failed, assign::why_undone(plug, *now)).with_code("guest-silent"));
}

Result<InGuest> DaemonGuest::taken(const assign::TakeOut& out) const
{
    const auto until = Clock::now() + patience_;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(patience_).count();
    for (bool is_first = true;; is_first = false) {
        auto now = ask({.guest = guest_, .what = Ask::What::take_out, .function = out.function});
        if (!now || assign::is_done(out, *now)) return now;
        const bool is_over = linux_::SignalsHeld::is_asked_to_end();
        auto why = *apply::why_not_let_go(out, *now, is_over ? "so far" : format("in {} s", seconds));
        const bool may_wait = why.code() == "guest-silent" && now->find(out.function) != nullptr;
        if (!may_wait || is_over || Clock::now() >= until) return std::unexpected(std::move(why));
        if (is_first)
            note(options_, format("{} does not answer; it is waited for, {} s at most (--timeout): {}",
                                  out.guest.text(), seconds, assign::what_ends_silence(out.guest)));
    }
}

} // namespace usbroute::cli
