// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/alone.hpp"

#include "apply/conductor.hpp"
#include "base/format.hpp"
#include "cli/direct_machine.hpp"
#include "linux/files.hpp"
#include "linux/journal_file.hpp"
#include "linux/private_files.hpp"
#include "linux/settings_files.hpp"
#include "linux/signals.hpp"
#include "observe/scan.hpp"
#include "report/answers.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <unistd.h>

namespace usbroute::cli {

namespace {

/// Only to look at: opening the journal to write would make its directory.
class JournalToRead final : public apply::Journal {
public:
    explicit JournalToRead(const linux_::Locations& where)
    {
        constexpr std::size_t longest_journal = 1U << 20;
        auto text = linux_::read_private(where.state + "/journal", longest_journal);
        if (!text && !where.state_of_before.empty())
            text = linux_::read_private(where.state_of_before + "/journal", longest_journal);
        if (text) history_ = apply::read_history(*text);
        if (!text && text.error().errno_value() != ENOENT) unread_ = std::move(text.error());
    }
    Result<void> begin(const plan::Change&, const apply::Signature&) override { return not_here(); }
    Result<void> end(apply::Ending) override { return not_here(); }
    Result<void> stand(const plan::Change&) override { return not_here(); }
    [[nodiscard]] apply::History history() const override { return history_; }
    /// Why it could not be read, though it is there.
    [[nodiscard]] const std::optional<Error>& unread() const { return unread_; }

private:
    static Result<void> not_here() { return failure("the journal is only read here"); }
    apply::History history_;
    std::optional<Error> unread_;
};

Result<DirectMachine> look(const linux_::Locations& where, linux_::Purpose reading = linux_::Purpose::to_look)
{
    auto settings = linux_::load_settings(where, reading);
    if (!settings) return std::unexpected(std::move(settings.error()));
    const bool may_be_two = settings->profiles.size() > 1;
    DirectMachine machine(where, std::move(*settings));
    if (may_be_two)
        if (const auto standing = JournalToRead(where).history().standing)
            machine.know_applied(standing->profile);
    return machine;
}

} // namespace

Result<report::StatusView> status_alone(const linux_::Locations& where)
{
    const auto machine = look(where);
    if (!machine) return std::unexpected(machine.error());
    const auto& snapshot = machine->known().snapshot;
    // Where a disk is mounted is asked of each process: for nothing, without a disk behind a socket.
    const bool has_disks =
        std::ranges::any_of(snapshot.blocks, [](const auto& block) { return block.usb.has_value(); });
    const auto use = has_disks ? observe::look_at_host_use(linux_::LiveTree(where.root), {.disks = true})
                               : topology::HostUse{};
    return report::status_view(snapshot, machine->known().settings, use);
}

Result<report::RegistersView> registers_alone(const linux_::Locations& where)
{
    const auto machine = look(where);
    if (!machine) return std::unexpected(machine.error());
    return report::registers_view(machine->known().snapshot, machine->known().settings);
}

Result<report::WhyView> why_alone(const linux_::Locations& where, const ConnectorName& connector)
{
    auto machine = look(where);
    if (!machine) return std::unexpected(machine.error());
    JournalToRead journal(where);
    const apply::Conductor conductor(*machine, journal);
    const auto past = report::past_changes(journal.history());
    const auto use = observe::look_at_host_use(linux_::LiveTree(where.root), {.disks = true});
    auto view = report::why_view(
        connector, {.snapshot = machine->known().snapshot,
                    .settings = machine->known().settings,
                    .use = use,
                    .past = past,
                    .decide = [&](const plan::Request& asked) { return conductor.decide(asked); }});
    if (!view) return std::unexpected(plan::error_from(view.error()));
    return std::move(*view);
}

Result<report::LogView> log_alone(const linux_::Locations& where)
{
    const auto machine = look(where);
    if (!machine) return std::unexpected(machine.error());
    const JournalToRead journal(where);
    if (journal.unread())
        return std::unexpected(
            Error(
                ErrorKind::not_permitted,
                format(
                    "the daemon is not reachable, and its journal can be read by root alone: sudo usbroute log ({})",
                    journal.unread()->message()))
                .with_code("not-permitted"));
    return report::log_view(report::past_changes(journal.history()), machine->known().settings,
                            machine->known().snapshot);
}

Result<report::PlanView> plan_alone(const linux_::Locations& where, const plan::Request& request)
{
    auto machine = look(where);
    if (!machine) return std::unexpected(machine.error());
    JournalToRead journal(where);
    const auto outcome = apply::Conductor(*machine, journal).decide(request);
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome))
        return std::unexpected(plan::error_from(*refusal));
    auto view = report::plan_view(std::get<plan::Plan>(outcome), machine->known().snapshot);
    if (const auto open = journal.history().open)
        view.warnings.push_back(
            format("\"{}\" was interrupted; it will be finished or taken back first", open->title));
    return view;
}

Result<wire::Answer> act_alone(const linux_::Locations& where, const plan::Request& request)
{
    linux_::JournalFile journal(where.state, where.state_of_before);
    const auto lock = journal.lock(linux_::direct_patience);
    if (!lock) return std::unexpected(lock.error());
    const linux_::SignalsHeld held; // after the lock: waiting for that may be interrupted
    auto machine = look(where, linux_::Purpose::to_act);
    if (!machine) return std::unexpected(machine.error());
    apply::Conductor conductor(*machine, journal);
    // Nothing is planned on top of half a change.
    const auto recovered = conductor.recover();
    if (recovered && !*recovered) return std::unexpected(recovered->error());
    auto done = conductor.carry_out(request, {.who = format("direct (uid {})", ::geteuid())});
    if (!done) return std::unexpected(apply::error_from(std::move(done.error())));
    auto answer = report::answer_for(*done);
    if (!journal.remark().empty()) answer.warnings.push_back(journal.remark());
    if (recovered) answer.warnings.push_back((*recovered)->text);
    return answer;
}

} // namespace usbroute::cli
