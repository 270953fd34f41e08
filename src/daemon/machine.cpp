// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/machine.hpp"

#include "linux/clock_steps.hpp"
#include "observe/scan.hpp"
#include "plan/drift_cause.hpp"
#include "topology/connector.hpp"

#include <algorithm>

#include <unistd.h>

namespace usbroute::daemon {

using plan::Plan;
using plan::Refusal;
using topology::Snapshot;

namespace {

constexpr int most_attempts = 3;
constexpr std::size_t most_recalled = 8;

/// Two lists by path: what only one of them has, or what stands at a path of both and is another device.
void compare(const Snapshot& before, const Snapshot& now, Findings& findings)
{
    auto old = before.devices.begin();
    auto fresh = now.devices.begin();
    while (old != before.devices.end() || fresh != now.devices.end()) {
        const bool only_old =
            fresh == now.devices.end() || (old != before.devices.end() && (*old)->path < (*fresh)->path);
        const bool only_fresh = old == before.devices.end() || (!only_old && (*fresh)->path < (*old)->path);
        if (only_old) {
            findings.left.push_back(*old++);
        } else if (only_fresh) {
            findings.arrived.push_back(*fresh++);
        } else {
            const auto& was = **old;
            const auto& is = **fresh;
            if (*old != *fresh &&
                (was.vendor != is.vendor || was.product != is.product || was.serial != is.serial)) {
                findings.left.push_back(*old);
                findings.arrived.push_back(*fresh);
            }
            ++old;
            ++fresh;
        }
    }
}

topology::Unreadable unreadable_from(const Error& error)
{
    using topology::RegisterAccess;
    return {.errno_value = error.errno_value(),
            .access = error.code() == "registers-lost"         ? RegisterAccess::lost
                      : error.code() == "registers-not-handed" ? RegisterAccess::not_handed
                                                               : RegisterAccess::own};
}

} // namespace

Machine::Machine(const observe::KernelTree& tree, linux_::JournalFile& journal, OpenRegisters open)
    : tree_(tree), journal_(journal), open_(std::move(open)), asleep_(linux_::time_asleep())
{}

void Machine::adopt(config::Settings settings)
{
    settings_ = std::move(settings);
    recalled_.clear();
}

void Machine::trust(std::vector<GuestName> proven)
{
    if (proven == proven_) return;
    proven_ = std::move(proven);
    recalled_.clear();
}

Findings Machine::take(Snapshot fresh)
{
    recalled_.clear();
    Findings findings;
    findings.before = snapshot_;
    compare(*snapshot_, fresh, findings);
    fresh.generation = snapshot_->generation + 1;
    if (const auto* mux = mux_controller()) {
        const auto* now = fresh.controller_at(*mux->address);
        has_a_new_driver_ =
            has_a_new_driver_ || now == nullptr || now->driver != mux->driver || now->buses != mux->buses;
    }
    snapshot_ = std::make_shared<Snapshot>(std::move(fresh));
    follow_mux();
    findings.drift = read_registers();
    return findings;
}

/// Keeps the descriptor of the mux that the snapshot shows; opens another only when there is a reason, because
/// after privileges were given up it would be worth less.
void Machine::follow_mux()
{
    const auto mux = topology::find_mux(*snapshot_);
    const auto address = mux ? mux->xhci->address : std::nullopt;
    if (address == mux_ && registers_ && !registers_failed_) return;
    if (address != mux_) known_.reset();
    mux_ = address;
    registers_.reset();
    registers_failed_ = false;
    if (!mux_) return;
    auto opened = open_(*mux_);
    if (opened)
        registers_ = std::move(*opened);
    else if (auto* controller = mux_controller())
        controller->registers = unreadable_from(opened.error());
}

topology::Controller* Machine::mux_controller()
{
    const auto found = std::ranges::find(snapshot_->controllers, mux_, &topology::Controller::address);
    return found == snapshot_->controllers.end() ? nullptr : &*found;
}

std::optional<Drift> Machine::read_registers()
{
    if (!registers_) return std::nullopt;
    auto* controller = mux_controller();
    if (controller == nullptr) return std::nullopt;
    const auto now = registers_->read();
    if (!now) {
        // The next look opens it anew: the function may have gone and come back.
        registers_failed_ = true;
        known_.reset();
        controller->registers = unreadable_from(now.error());
        return std::nullopt;
    }
    registers_failed_ = false;
    const auto before = std::exchange(known_, *now);
    controller->registers = *now;
    if (!before || *before != *now) astray_ = true;
    const bool has_slept = has_slept_since_last_reading();
    const bool has_a_new_driver = std::exchange(has_a_new_driver_, false);
    if (!before || *before == *now) return std::nullopt;
    return Drift{.before = *before,
                 .now = *now,
                 .cause = plan::likely_cause({.before = *before,
                                              .now = *now,
                                              .has_slept = has_slept,
                                              .is_given_away = controller->is_given_away(),
                                              .has_a_new_driver = has_a_new_driver})};
}

bool Machine::has_slept_since_last_reading()
{
    // The clocks are read one after the other and told in whole milliseconds.
    constexpr std::chrono::milliseconds tolerance{100};
    const auto asleep = linux_::time_asleep();
    return asleep - std::exchange(asleep_, asleep) > tolerance;
}

topology::HostUse Machine::host_use() const
{
    if (snapshot_->blocks.empty()) return {};
    return observe::look_at_host_use(tree_, {.disks = true});
}

plan::Outcome Machine::decide(const plan::Request& request) const
{
    std::optional<plan::Change> last;
    std::optional<plan::Change> standing;
    if (std::holds_alternative<plan::UndoRequest>(request.wish) ||
        std::holds_alternative<plan::RestoreRequest>(request.wish) ||
        std::holds_alternative<plan::StartRequest>(request.wish)) {
        auto history = journal_.history();
        if (!history.undoable.empty()) last = history.undoable.back();
        standing = std::move(history.standing);
    }
    // What a trial could not take back yet goes back, and is not brought to where the trial had put it.
    if (std::holds_alternative<plan::RestoreRequest>(request.wish) && standing && trial_ && trial_->is_ending)
        standing = standing->part(~trial_->way.usb2.mask, ~trial_->way.superspeed.mask);
    const topology::HostUse nothing;
    auto outcome = plan::make_plan({*snapshot_, settings_, nothing, last, standing, proven_}, request);
    const auto needed = plan::use_needed(outcome);
    if (needed.none()) return outcome;
    auto use = observe::look_at_host_use(tree_, needed);
    use.others_unseen = needed.disks && ::geteuid() != 0; // ptrace(2), PTRACE_MODE_READ
    return plan::make_plan({*snapshot_, settings_, use, last, standing, proven_}, request);
}

Machine::Planned Machine::decide_or_recall(const plan::Request& request)
{
    const auto* toggle = std::get_if<plan::ToggleRequest>(&request.wish);
    const bool is_plain =
        toggle != nullptr && known_ && !request.yes && !request.is_trial() && request.force_disks.empty();
    if (is_plain)
        for (const auto& one : recalled_)
            if (one.at == *known_ && one.profiles == toggle->profiles) return one.plan;

    auto outcome = decide(request);
    if (auto* refusal = std::get_if<Refusal>(&outcome)) return std::move(*refusal);
    const bool is_lasting = is_plain && plan::use_needed(outcome).none();
    auto plan = std::make_shared<const Plan>(std::move(std::get<Plan>(outcome)));
    if (!is_lasting) return plan;
    if (recalled_.size() == most_recalled) recalled_.erase(recalled_.begin());
    recalled_.push_back({.at = *known_, .profiles = toggle->profiles, .plan = plan});
    return plan;
}

/// Reads the registers; true when a decision made before would be another one now.
bool Machine::reads_otherwise()
{
    const auto before = known_;
    if (auto drift = read_registers()) drift_ = drift;
    return known_ != before;
}

/// As the journal's reader does it.
void Machine::join_trial(const plan::Change& change, const apply::Signature& signature)
{
    if (signature.trial) {
        if (!trial_) trial_.emplace();
        trial_->terms = *signature.trial;
        trial_->is_ending = false;
    }
    if (!trial_) return;
    trial_->join(change);
    if (trial_->is_over()) trial_.reset();
}

Result<void> Machine::end_trial()
{
    trial_.reset();
    return journal_.end_trial();
}

Result<void> Machine::end_trial_but_for(const plan::Change& rest)
{
    if (!trial_) return {};
    if (rest.is_empty()) return end_trial();
    if (trial_->is_ending && trial_->way.usb2 == rest.usb2 && trial_->way.superspeed == rest.superspeed)
        return {};
    trial_->end_but_for(rest);
    return journal_.end_trial_but_for(trial_->way);
}

std::expected<Done, NotDone> Machine::carry_out(const plan::Request& request,
                                                const apply::Signature& signature)
{
    const auto lock = journal_.lock();
    // Plans on what was last read, as nearly always nobody has written since. The executor reads first and says
    // so if somebody has; a refusal, which it never sees, is checked here.
    for (int attempt = 1;; ++attempt) {
        auto planned = decide_or_recall(request);
        if (auto* refusal = std::get_if<Refusal>(&planned)) {
            if (attempt < most_attempts && reads_otherwise()) continue;
            return std::unexpected(NotDone(std::move(*refusal)));
        }
        auto& plan = std::get<std::shared_ptr<const Plan>>(planned);
        if (!registers_)
            return std::unexpected(NotDone(Error(ErrorKind::failed, "the routing registers are not open")));
        journal_.sign(signature);
        auto applied = apply::execute(*plan, *registers_, journal_);
        if (applied) {
            known_ = applied->after;
            if (!plan->steps.empty()) join_trial(plan->change, signature);
            if (auto* controller = mux_controller()) controller->registers = applied->after;
            if (std::holds_alternative<plan::RestoreRequest>(request.wish))
                astray_ = astray_ && (!plan->staying.empty() || !request.only.empty());
            else if (!plan->whole.is_empty() && (astray_ || is_start_awaited_ || plan->steps.empty()))
                // Else a later restore, or the profile of the boot, would take back what was asked for and was so
                // by chance.
                if (auto stood = journal_.stand(plan->whole); !stood)
                    applied->warnings.push_back("it may not be restored: " + stood.error().message());
            Done done{.plan = std::move(plan), .warnings = std::move(applied->warnings)};
            done.warnings.insert(done.warnings.end(), done.plan->warnings.begin(), done.plan->warnings.end());
            return done;
        }
        // After a failed write nothing is taken for known. After a stale plan somebody has been faster.
        const bool changed = reads_otherwise();
        const bool again = changed && (applied.error().code() == "stale-plan" || !known_);
        if (!again || attempt == most_attempts) return std::unexpected(NotDone(std::move(applied.error())));
    }
}

std::optional<Result<apply::Recovered>> Machine::recover()
{
    const auto lock = journal_.lock();
    const auto open = journal_.history().open;
    if (!open) return std::nullopt;
    // Only what the chip table knows is ever written, whatever a journal says.
    if (!registers_ || open->controller != mux_)
        return Result<apply::Recovered>(std::unexpected(
            Error(ErrorKind::failed, "cannot recover from an interrupted \"" + open->title +
                                         "\": " + open->controller.text() + " is no mux here")));
    static_cast<void>(read_registers());
    auto recovered = apply::recover(*open, *registers_, journal_,
                                    [this](const plan::Request& request) { return decide(request); });
    static_cast<void>(read_registers());
    return recovered;
}

} // namespace usbroute::daemon
