// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/facts.hpp"

#include "base/format.hpp"
#include "cli/helper_sockets.hpp"
#include "cli/node_access.hpp"
#include "cli/session.hpp"
#include "linux/files.hpp"
#include "linux/journal_file.hpp"
#include "linux/pci_config.hpp"
#include "linux/processes.hpp"
#include "linux/settings_files.hpp"
#include "observe/condition.hpp"
#include "observe/handover.hpp"
#include "observe/scan.hpp"
#include "plan/board.hpp"
#include "report/config_check.hpp"
#include "report/times.hpp"
#include "route/mux.hpp"
#include "wire/answer.hpp"

#include <algorithm>

#include <unistd.h>

namespace usbroute::cli {

namespace {

void read_settings(diagnose::Facts& facts, const linux_::Locations& where, linux_::Purpose reading)
{
    auto settings = linux_::load_settings(where, reading);
    if (!settings) {
        facts.config_trouble = settings.error().message();
        return;
    }
    facts.settings = std::move(*settings);
    const auto checked = report::check_config(facts.settings, facts.snapshot, {});
    for (const auto& misfit : checked.misfits)
        if (!misfit.is_of_reach)
            facts.config_misfits.push_back(format("{}: {}", misfit.origin, misfit.message));
    facts.without_helper = guests_without_helper(facts.settings, where);
    if (const auto look = nodes_for_the_daemon(where))
        for (auto& shut : report::shut_nodes(facts.settings, facts.snapshot, *look))
            facts.shut_nodes.push_back(std::move(shut.sentence));
}

diagnose::DaemonLook look_at_daemon(const Session& session)
{
    auto link = session.connect();
    if (!link)
        return {.answers = false,
                .keeps_us_out = link.error().kind() == ErrorKind::not_permitted,
                .trouble = link.error().message(),
                .process = {},
                .since = {}};
    // A connection proves a listener; an answer proves that it is awake and answers this user.
    const auto line = link->ask("status");
    if (!line) return {.answers = false, .trouble = line.error().message(), .process = {}, .since = {}};
    if (const auto answer = wire::read_answer(*line); answer.status != wire::Status::ok)
        return {.answers = false, .trouble = "it says: " + answer.message, .process = {}, .since = {}};
    diagnose::DaemonLook look{.answers = true, .trouble = {}, .process = link->peer(), .since = {}};
    const auto& claims = session.where().claims;
    look.sees_claims = claims.empty() || ::access(claims.c_str(), F_OK) == 0;
    const auto& binder = session.where().bind;
    look.sees_binder = binder.empty() || ::access(binder.c_str(), F_OK) == 0;
    const auto started = look.process ? linux_::start_of(*look.process) : std::nullopt;
    if (started) look.since = format("{} ({})", report::local_time(*started), report::zone_at(*started));
    const auto status = session.status();
    if (!status) return look;
    for (const auto& seen : status->lines)
        if (seen.noise > 0 && seen.commands == 0)
            look.noisy_lines.push_back(format("{} ({}): {} line{}", seen.listener, seen.place, seen.noise,
                                              seen.noise == 1 ? "" : "s"));
    for (const auto& silent : status->silent)
        look.silent_guests.push_back(
            {.guest = GuestName(silent.guest), .code = silent.code, .why = silent.why});
    for (const auto& plug : status->by_plug)
        if (plug.code == "failed" || plug.code == "too-often") look.not_started.push_back(plug.what);
    return look;
}

/// A user whom the kernel shows 64 bytes may still ask the daemon, which sees them all.
void take_registers_from_daemon(diagnose::Facts& facts, const Session& session)
{
    const auto mux = route::find_mux(facts.snapshot);
    if (!mux || mux->bits != nullptr || !facts.daemon || !facts.daemon->answers) return;
    const auto registers = session.registers();
    if (!registers) return;
    const auto name = mux->xhci->name;
    const auto seen = std::ranges::find(registers->controllers, name, &report::RegisterView::controller);
    if (seen == registers->controllers.end() || !seen->unreadable.empty()) return;
    facts.snapshot.note_registers(mux->xhci->address,
                                  chips::RouteBits{.usb2_owner = seen->usb2_owner,
                                                   .usb2_movable = seen->usb2_movable,
                                                   .superspeed_on = seen->superspeed_on,
                                                   .superspeed_movable = seen->superspeed_movable,
                                                   .fuses = seen->fuses,
                                                   .usb2_disabled = seen->usb2_disabled,
                                                   .superspeed_disabled = seen->superspeed_disabled});
    facts.registers_by_daemon = true;
}

/// Whom sockets without a mux are for, no look at the machine finds.
void take_assignments_from_daemon(diagnose::Facts& facts, const Session& session)
{
    const auto has_places = [](const auto& connector) { return connector.spec.is_by_place(); };
    if (!facts.daemon || !facts.daemon->answers ||
        std::ranges::none_of(facts.settings.connectors, has_places))
        return;
    const auto status = session.status();
    if (!status) return;
    for (const auto& connector : facts.settings.connectors) {
        const auto& spec = connector.spec;
        const auto seen =
            std::ranges::find(status->connectors, spec.name.text(), &report::ConnectorView::name);
        if (seen == status->connectors.end()) continue;
        const auto guest = std::ranges::find(facts.settings.guests, seen->owner,
                                             [](const auto& one) { return one.name.text(); });
        if (guest == facts.settings.guests.end()) continue;
        auto there = spec;
        topology::locate(facts.snapshot, there);
        for (auto& key : topology::place_keys(there))
            facts.snapshot.assigned.push_back({.key = std::move(key), .word = seen->owner});
    }
}

diagnose::WriteTrial failed(const Error& error)
{
    return {
        .took = false, .trouble = error.message(), .code = error.code().empty() ? "failed" : error.code()};
}

/// Writes XUSB2PR as it is, under the lock that keeps every other change of ours out, and reads it back.
diagnose::WriteTrial try_write(const diagnose::Facts& facts, const linux_::Locations& where)
{
    const auto board = plan::look_at_board(facts.snapshot, facts.settings);
    if (const auto refusal = plan::why_not_writable(facts.snapshot, board);
        refusal && refusal->reason != plan::Reason::registers_unreadable)
        return {.took = false, .trouble = plan::text_of(*refusal), .code = "not-tried"};
    auto registers = linux_::PciConfig::open(where.root, board.mux->xhci->address);
    if (!registers) return failed(registers.error());
    linux_::JournalFile journal(where.state, where.state_of_before);
    const auto lock = journal.lock(linux_::direct_patience);
    if (!lock) return failed(lock.error());
    const auto before = registers->read();
    if (!before) return failed(before.error());
    const auto written = registers->write(chips::RouteRegister::usb2_owner, before->usb2_owner);
    if (!written) return failed(written.error());
    const auto after = registers->read();
    if (!after) return failed(after.error());
    if (after->usb2_owner != before->usb2_owner)
        return {.took = false,
                .trouble = format("XUSB2PR was 0x{:08x} and is now 0x{:08x}; `usbroute regs` shows it",
                                  before->usb2_owner, after->usb2_owner),
                .code = "changed"};
    return {.took = true, .trouble = {}, .code = {}};
}

bool somebody_has_a_controller(const topology::Snapshot& snapshot)
{
    return std::ranges::any_of(snapshot.controllers, &topology::Controller::is_given_away);
}

} // namespace

diagnose::Facts gather_facts(const Options& options)
{
    const Session session(options);
    const auto& where = session.where();
    const linux_::LiveTree tree(where.root);
    diagnose::Facts facts;
    facts.recorded = where.recorded;
    facts.may_write = ::geteuid() == 0;
    facts.snapshot = observe::scan(tree, observe::Ports::read); // the halves of hubs that have a name
    facts.condition = observe::look_at_condition(tree);
    facts.use = observe::look_at_host_use(tree, {.disks = true, .inputs = true, .network = true});
    read_settings(facts, where, options.try_write ? linux_::Purpose::to_act : linux_::Purpose::to_look);
    if (!session.works_alone()) {
        facts.daemon = look_at_daemon(session);
        take_registers_from_daemon(facts, session);
        take_assignments_from_daemon(facts, session);
    }
    if (!where.recorded && somebody_has_a_controller(facts.snapshot))
        facts.holders = observe::look_at_holders(tree).holders;
    if (options.try_write) facts.trial = try_write(facts, where);
    return facts;
}

} // namespace usbroute::cli
