// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/recovery.hpp"

#include "apply/register_backend.hpp"
#include "base/format.hpp"
#include "route/words.hpp"

#include <algorithm>

namespace usbroute::apply {

using chips::RouteBits;
using plan::Change;
using plan::Plan;

Standing standing_of(const Change& change, const RouteBits& now)
{
    // One write moves all bits of a register: if only some of them have moved, somebody else wrote it.
    const auto after = route::writes_for(change.controller, change.after());
    const auto before = route::writes_for(change.controller, change.before());
    const auto is_done = [&](const route::WriteRegister& write) { return write.is_done(now); };
    if (std::ranges::all_of(after, is_done)) return Standing::as_planned;
    if (std::ranges::all_of(before, is_done)) return Standing::as_before;
    for (std::size_t i = 0; i < after.size(); ++i)
        if (!is_done(after[i]) && !is_done(before[i])) return Standing::elsewhere;
    return Standing::in_between;
}

namespace {

Result<Recovered> put_back(const Change& open, RouteRegisters& registers, const Decide& decide)
{
    const auto outcome = decide({.wish = plan::RecoverRequest{open}});
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome))
        return std::unexpected(plan::error_from(*refusal));
    const auto& plan = std::get<Plan>(outcome);
    // Open in the journal already, it stays so until it is out: whoever is killed on it is found where he was.
    NoJournal journal;
    if (auto applied = execute(plan, registers, journal); !applied)
        return std::unexpected(std::move(applied.error()));
    Recovered recovered{.text = "it was half done and has been taken back", .staying = plan.staying};
    if (plan.staying.empty()) return recovered;
    recovered.text = "it is half done, and cannot be taken back yet";
    for (const auto& stay : plan.staying)
        recovered.text += format("; {} stays: {}", stay.connector.text(), plan::text_of(stay.why));
    return recovered;
}

} // namespace

void note_what_was_begun(const Change& open, Journal& journal)
{
    const auto standing = journal.history().standing;
    Change begun{.controller = open.controller, .title = open.title, .kind = plan::ChangeKind::restore};
    for (const auto& shift : open.shifts)
        if (topology::is_of_a_place(shift.key) && (!standing || standing->of(shift.key) == nullptr))
            begun.set({.key = shift.key, .from = shift.from, .to = shift.from});
    // Where it cannot be written, nothing is left out but that somebody goes on by himself.
    if (!begun.is_empty()) static_cast<void>(journal.stand(begun));
}

Result<Recovered> recover(const Change& open, RouteRegisters& registers, Journal& journal,
                          const Decide& decide)
{
    const auto context = format("cannot recover from an interrupted \"{}\"", open.title);
    const auto now = registers.read();
    if (!now) return std::unexpected(Error(now.error()).within(context));
    note_what_was_begun(open, journal);
    const auto told = [&](std::string_view text) {
        return format("\"{}\" was interrupted: {}", open.title, text);
    };
    const auto finish = [&](Ending ending, std::string_view text) -> Result<Recovered> {
        Recovered recovered{.text = told(text)};
        // The wires are as reported; it does no harm if the next start looks at the change again.
        if (auto ended = journal.end(ending); !ended) recovered.text += "; " + ended.error().message();
        return recovered;
    };
    switch (standing_of(open, *now)) {
    case Standing::as_planned: return finish(Ending::done, "it had been carried out");
    case Standing::as_before: return finish(Ending::undone, "nothing had been changed");
    case Standing::elsewhere:
        return finish(Ending::undone,
                      "the wires have been moved by somebody else since; they are left alone");
    case Standing::in_between: break;
    }
    auto recovered = put_back(open, registers, decide);
    if (!recovered) return std::unexpected(std::move(recovered.error()).within(context));
    if (recovered->staying.empty()) return finish(Ending::undone, recovered->text);
    recovered->text = told(recovered->text);
    return recovered;
}

} // namespace usbroute::apply
