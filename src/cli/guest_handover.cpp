// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/guest_handover.hpp"

#include "apply/driver_backend.hpp"
#include "apply/execution.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "linux/driver_files.hpp"
#include "linux/journal_file.hpp"
#include "linux/signals.hpp"
#include "report/handover.hpp"

#include <algorithm>
#include <functional>
#include <thread>

namespace usbroute::cli {

using plan::Handover;
using plan::HandoverOutcome;
using plan::Reason;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds usual_patience{20};
constexpr std::chrono::milliseconds between_looks{100};

/// Nothing more is known here of a write that hangs in the kernel.
Error with_where_to_look(Error error, const GuestName& guest)
{
    if (error.code() != apply::hanging_step_code) return error;
    return Error(error.kind(), format("{}; check with `usbroute guest show {}`, and in dmesg",
                                      error.message(), guest.text()))
        .with_code(error.code());
}

} // namespace

std::chrono::milliseconds patience_of(const Options& options)
{
    return options.timeout_said ? options.timeout : usual_patience;
}

HandoverOutcome decide(const GuestCall& call, const Decide& decision)
{
    const auto looked = look_at_guests(call.where, topology::UseParts::all());
    return decision(looked.with(call.settings));
}

Result<Handover> handover_in(HandoverOutcome outcome)
{
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome))
        return std::unexpected(plan::error_from(*refusal));
    return std::get<Handover>(std::move(outcome));
}

HandoverOutcome decide_until(const GuestCall& call, const Decide& decision,
                             const std::vector<Reason>& passing)
{
    const auto until = Clock::now() + patience_of(call.invocation.options);
    while (true) {
        auto outcome = decide(call, decision);
        const auto* refusal = std::get_if<plan::Refusal>(&outcome);
        const bool may_pass =
            refusal != nullptr && std::ranges::find(passing, refusal->reason) != passing.end();
        if (!may_pass || Clock::now() >= until) return outcome;
        std::this_thread::sleep_for(between_looks);
    }
}

Result<void> check_rights(const GuestCall& call, const Handover& handover)
{
    if (call.where.recorded)
        return std::unexpected(
            Error(ErrorKind::refused,
                  "a recorded machine has no kernel that could bind a driver; --dry-run shows the steps")
                .with_code("recorded"));
    const auto rebinds = handover.rebinds();
    if (rebinds.empty()) return {}; // the daemon says whether what is left may be asked of the guest
    auto may = linux_::may_write(rebinds.front()->writes.front().file);
    if (may || may.error().kind() != ErrorKind::not_permitted) return may;
    std::string typed;
    for (const auto& word : call.invocation.typed) typed += " " + printable(word, 64);
    return std::unexpected(
        Error(ErrorKind::not_permitted, format("cannot {}: {}; as root: sudo usbroute{}", handover.plan.title,
                                               may.error().message(), typed))
            .with_code("not-permitted"));
}

Result<Handover> step_aside(const GuestCall& call, const Handover& handover, const Decide& without_moves)
{
    const auto& options = call.invocation.options;
    for (const auto& move : handover.moves) {
        const auto answer = Session(options).act(
            {.wish = plan::MoveRequest{.connectors = move.connectors, .to = move.to}, .yes = options.yes});
        if (!answer)
            return std::unexpected(
                Error(answer.error()).within("cannot move the connectors first; no controller was touched"));
        for (const auto& warning : answer->warnings) warn(options, warning);
    }
    auto again = handover_in(decide_until(call, without_moves, {Reason::last_keyboard, Reason::disk_in_use}));
    if (!again)
        return std::unexpected(
            std::move(again.error())
                .within("the connectors were moved (`usbroute undo` takes that back), and then"));
    return again;
}

int say_done(const Options& options, const Handover& handover, std::string_view done)
{
    if (options.json) {
        print(report::done_json(handover) + "\n");
        return exit_done;
    }
    for (const auto& warning : handover.plan.warnings) warn(options, warning);
    const auto say = [&](const std::string& line) {
        if (options.verbose)
            print(line + "\n");
        else
            tell(options, line);
    };
    for (const auto& function : handover.changed()) say(format("{}: {}", function.text(), done));
    for (const auto& address : handover.already) say(format("{}: nothing to do", address.text()));
    return exit_done;
}

int show_handover(const Options& options, const Handover& handover)
{
    print(options.json ? report::to_json(handover) + "\n"
                       : report::handover_text(handover, style_of_terminal(options)));
    return exit_done;
}

Result<void> carry_out(const GuestCall& call, const Handover& handover, const OnDrivers& on_drivers)
{
    linux_::JournalFile journal(call.where.state, call.where.state_of_before);
    const auto lock = journal.lock(linux_::direct_patience);
    if (!lock) return std::unexpected(lock.error());
    const linux_::SignalsHeld held;
    linux_::BoundDrivers drivers(patience_of(call.invocation.options));
    apply::DriverBackend backend(drivers, handover.plan);
    const auto whole = on_drivers ? on_drivers(backend) : nullptr;
    apply::NoJournal unwritten;
    auto done = apply::execute(handover.plan, whole ? *whole : backend, unwritten);
    if (!done) return std::unexpected(with_where_to_look(std::move(done.error()), handover.guest));
    return {};
}

} // namespace usbroute::cli
