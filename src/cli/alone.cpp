// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/alone.hpp"

#include "apply/executor.hpp"
#include "base/check.hpp"
#include "base/format.hpp"
#include "linux/files.hpp"
#include "linux/host_use.hpp"
#include "linux/journal_file.hpp"
#include "linux/pci_config.hpp"
#include "linux/private_files.hpp"
#include "linux/settings_files.hpp"
#include "linux/signals.hpp"
#include "observe/scan.hpp"
#include "topology/connector.hpp"

#include <algorithm>

#include <unistd.h>

namespace usbroute::cli {

using config::Verb;

namespace {

/// One look at the machine; how it is used is looked at where it makes a difference.
struct Look {
    topology::Snapshot snapshot;
    config::Settings settings;
};

Result<Look> look(const linux_::Locations& where, linux_::Reading reading = linux_::Reading::to_look)
{
    auto settings = linux_::load_settings(where, reading);
    if (!settings) return std::unexpected(std::move(settings.error()));
    const linux_::LiveTree tree(where.root);
    return Look{.snapshot = observe::scan(tree, observe::Ports::skip), .settings = std::move(*settings)};
}

/// Read by itself: opening the journal to write would make its directory.
apply::History history_of(const linux_::Locations& where)
{
    constexpr std::size_t longest_journal = 1U << 20;
    auto journal = linux_::read_private(where.state + "/journal", longest_journal);
    if (!journal && !where.state_of_before.empty())
        journal = linux_::read_private(where.state_of_before + "/journal", longest_journal);
    return journal ? apply::read_history(*journal) : apply::History{};
}

Error error_from(const plan::Refusal& refusal)
{
    return Error(plan::kind_of(refusal.reason), plan::text_of(refusal))
        .with_code(std::string(plan::code_of(refusal.reason)));
}

std::optional<plan::Change> last_change(const apply::History& history)
{
    if (history.undoable.empty()) return std::nullopt;
    return history.undoable.back();
}

plan::Outcome outcome_of(const linux_::Locations& where, const Look& looked, const apply::History& history,
                         const plan::Request& request)
{
    const auto outcome_with = [&](const topology::HostUse& use) {
        return plan::make_plan({.snapshot = looked.snapshot,
                                .settings = looked.settings,
                                .use = use,
                                .last_change = last_change(history)},
                               request);
    };
    auto outcome = outcome_with({});
    if (const auto needed = plan::use_needed(outcome); !needed.none())
        outcome = outcome_with(linux_::look_at_host_use(where, needed));
    return outcome;
}

Result<plan::Plan> plan_from(const linux_::Locations& where, const Look& looked,
                             const apply::History& history, const wire::Command& command)
{
    auto outcome = outcome_of(where, looked, history, request_from(command));
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome))
        return std::unexpected(error_from(*refusal));
    return std::get<plan::Plan>(std::move(outcome));
}

wire::Answer answer_from(const plan::Plan& plan, std::vector<std::string> warnings)
{
    wire::Answer answer;
    if (plan.profile) answer.profile = plan.profile->text();
    for (const auto& [connector, target] : plan.asked) {
        const auto owner = config::text_of(target);
        auto found = std::ranges::find(answer.owners, owner, &decltype(answer.owners)::value_type::first);
        if (found == answer.owners.end()) found = answer.owners.insert(found, {owner, {}});
        found->second.push_back(connector.text());
    }
    answer.warnings = plan.warnings;
    answer.warnings.insert(answer.warnings.end(), warnings.begin(), warnings.end());
    return answer;
}

/// A change whose maker was killed is brought to an end first; nothing is planned on top of half of one.
Result<std::optional<std::string>> finish_interrupted(const linux_::Locations& where,
                                                      linux_::JournalFile& journal)
{
    const auto open = journal.history().open;
    if (!open) return std::nullopt;
    // Only what the chip table knows is ever written, whatever a journal says.
    const auto snapshot = observe::scan(linux_::LiveTree(where.root), observe::Ports::skip);
    if (const auto mux = topology::find_mux(snapshot); !mux || mux->xhci->address != open->controller)
        return std::unexpected(
            Error(ErrorKind::failed, format("cannot finish the interrupted \"{}\": {} is no mux here",
                                            open->title, open->controller.text())));
    auto registers = linux_::PciConfig::open(where.root, open->controller);
    if (!registers)
        return std::unexpected(std::move(registers.error()).within("cannot finish an interrupted change"));
    const auto looked = look(where);
    if (!looked) return std::unexpected(looked.error());
    auto found = apply::recover(*open, *registers, journal, [&](const plan::Request& request) {
        return outcome_of(where, *looked, journal.history(), request);
    });
    if (!found) return std::unexpected(std::move(found.error()));
    return std::move(found->text);
}

Result<wire::Answer> try_once(const linux_::Locations& where, linux_::JournalFile& journal,
                              const wire::Command& command)
{
    const auto looked = look(where, linux_::Reading::to_act);
    if (!looked) return std::unexpected(looked.error());
    const auto plan = plan_from(where, *looked, journal.history(), command);
    if (!plan) return std::unexpected(plan.error());
    auto registers = linux_::PciConfig::open(where.root, plan->controller);
    if (!registers) return std::unexpected(std::move(registers.error()).within("cannot " + plan->title));
    auto applied = apply::execute(*plan, *registers, journal);
    if (!applied) return std::unexpected(std::move(applied.error()));
    if (plan->steps.empty())
        if (auto stood = journal.stand(plan->whole); !stood)
            applied->warnings.push_back("it may not be restored: " + stood.error().message());
    return answer_from(*plan, std::move(applied->warnings));
}

} // namespace

plan::Request request_from(const wire::Command& command)
{
    plan::Request request{.wish = plan::UndoRequest{},
                          .yes = command.yes,
                          .force_disks = command.force_disks,
                          .revert_after = command.revert_after};
    switch (command.verb) {
    case Verb::move:
        request.wish = plan::MoveRequest{.connectors = command.connectors, .to = command.to};
        break;
    case Verb::apply:
        USBROUTE_CHECK(command.profiles.size() == 1);
        request.wish = plan::ApplyRequest{.profile = command.profiles.front()};
        break;
    case Verb::toggle: request.wish = plan::ToggleRequest{.profiles = command.profiles}; break;
    default: USBROUTE_CHECK(command.verb == Verb::undo);
    }
    return request;
}

Result<report::StatusView> status_alone(const linux_::Locations& where)
{
    const auto looked = look(where);
    if (!looked) return std::unexpected(looked.error());
    const auto use = observe::look_at_host_use(linux_::LiveTree(where.root), {.disks = true});
    return report::status_view(looked->snapshot, looked->settings, use);
}

Result<report::RegistersView> registers_alone(const linux_::Locations& where)
{
    const auto looked = look(where);
    if (!looked) return std::unexpected(looked.error());
    return report::registers_view(looked->snapshot, looked->settings);
}

Result<report::WhyView> why_alone(const linux_::Locations& where, const ConnectorName& connector)
{
    const auto looked = look(where);
    if (!looked) return std::unexpected(looked.error());
    const auto history = history_of(where);
    std::vector<report::PastChange> past;
    for (const auto& entry : history.done)
        past.push_back({.change = entry.change, .when = entry.stamp.when, .who = entry.stamp.who});
    const auto use = observe::look_at_host_use(linux_::LiveTree(where.root), {.disks = true});
    auto view = report::why_view(connector, {.snapshot = looked->snapshot,
                                             .settings = looked->settings,
                                             .use = use,
                                             .past = past,
                                             .decide = [&](const plan::Request& asked) {
                                                 return outcome_of(where, *looked, history, asked);
                                             }});
    if (!view) return std::unexpected(error_from(view.error()));
    return std::move(*view);
}

Result<report::PlanView> plan_alone(const linux_::Locations& where, const wire::Command& command)
{
    const auto looked = look(where);
    if (!looked) return std::unexpected(looked.error());
    const auto history = history_of(where);
    auto plan = plan_from(where, *looked, history, command);
    if (!plan) return std::unexpected(std::move(plan.error()));
    auto view = report::plan_view(*plan, looked->snapshot);
    if (history.open)
        view.warnings.push_back(
            format("\"{}\" was interrupted and will be brought to an end first", history.open->title));
    return view;
}

Result<wire::Answer> act_alone(const linux_::Locations& where, const wire::Command& command)
{
    linux_::JournalFile journal(where.state, where.state_of_before);
    journal.sign({.who = format("direct (uid {})", ::geteuid()), .trial = {}});
    const auto lock = journal.lock(linux_::direct_patience);
    if (!lock) return std::unexpected(lock.error());
    const linux_::SignalsHeld held; // after the lock: waiting for that may be interrupted
    const auto finished = finish_interrupted(where, journal);
    if (!finished) return std::unexpected(finished.error());
    // A guest or firmware can write the registers between our look and our write; then we look again.
    constexpr int attempts = 3;
    for (int attempt = 1;; ++attempt) {
        auto answer = try_once(where, journal, command);
        const bool stale = !answer && answer.error().code() == "stale-plan";
        if (stale && attempt < attempts) continue;
        if (answer && !journal.remark().empty()) answer->warnings.push_back(journal.remark());
        if (answer && *finished) answer->warnings.push_back(**finished);
        return answer;
    }
}

} // namespace usbroute::cli
