// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/machine.hpp"

#include "linux/clock_steps.hpp"
#include "linux/host_use.hpp"
#include "observe/blocks.hpp"
#include "observe/scan.hpp"
#include "plan/drift_cause.hpp"
#include "topology/connector.hpp"

#include <algorithm>

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

/// What is stacked on a disk belongs to its use: a mapping that gets another table, or a partition table that is read
/// again, is no change of the topology. What the look found and this reading does not find is kept.
Snapshot with_blocks_read_again(const observe::KernelTree& tree, const Snapshot& known)
{
    auto snapshot = known;
    for (auto& block : observe::read_usb_blocks(tree)) {
        const auto same = std::ranges::find(snapshot.blocks, block.name, &topology::BlockDevice::name);
        if (same == snapshot.blocks.end())
            snapshot.blocks.push_back(std::move(block));
        else
            *same = std::move(block);
    }
    return snapshot;
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

bool is_locked_out(const NotDone& why)
{
    const auto* error = std::get_if<Error>(&why);
    return error != nullptr && error->code() == linux_::code_of_a_held_lock;
}

Machine::Machine(const observe::KernelTree& tree, linux_::JournalFile& journal, OpenRegisters open)
    : tree_(tree), journal_(journal), open_(std::move(open)), asleep_(linux_::time_asleep())
{}

void Machine::adopt(config::Settings settings)
{
    settings_ = std::move(settings);
    recalled_.clear();
}

std::vector<config::ListenerSettings> Machine::lines() const
{
    return lines_ ? lines_() : std::vector<config::ListenerSettings>{};
}

Findings Machine::take(Snapshot fresh)
{
    recalled_.clear();
    Findings findings;
    findings.before = snapshot_;
    compare(*snapshot_, fresh, findings);
    fresh.generation = snapshot_->generation + 1;
    if (const auto* mux = mux_controller()) {
        const auto* now = std::as_const(fresh).controller_at(mux->address);
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
    const auto address = mux ? std::optional(mux->xhci->address) : std::nullopt;
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

topology::PciController* Machine::mux_controller()
{
    return mux_ ? snapshot_->controller_at(*mux_) : nullptr;
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

Machine::Past Machine::past_for(const plan::Request& request) const
{
    Past past;
    if (std::holds_alternative<plan::UndoRequest>(request.wish) ||
        std::holds_alternative<plan::RestoreRequest>(request.wish) ||
        std::holds_alternative<plan::StartRequest>(request.wish)) {
        auto history = journal_.history();
        if (!history.undoable.empty()) past.last = history.undoable.back();
        past.standing = std::move(history.standing);
    }
    // What a trial could not take back yet goes back, and is not brought to where the trial had put it.
    if (std::holds_alternative<plan::RestoreRequest>(request.wish) && past.standing && trial_ &&
        trial_->is_ending)
        past.standing = past.standing->part(~trial_->way.usb2.mask, ~trial_->way.superspeed.mask);
    past.lines = lines();
    if (trial_) past.trial = trial_->way;
    return past;
}

plan::Outcome Machine::outcome_of(const plan::Request& request, const Past& past,
                                  const topology::HostUse& use, const topology::Snapshot& snapshot) const
{
    return plan::make_plan({snapshot, settings_, use, past.last, past.standing, past.lines, past.trial},
                           request);
}

plan::Outcome Machine::decide(const plan::Request& request) const
{
    const auto past = past_for(request);
    auto outcome = outcome_of(request, past, {}, *snapshot_);
    const auto needed = plan::use_needed(outcome);
    if (needed.none()) return outcome;
    std::optional<Snapshot> closer;
    if (needed.disks) closer = with_blocks_read_again(tree_, *snapshot_);
    auto use = observe::look_at_host_use(tree_, needed);
    if (ask_claims_ && needed.disks) {
        linux_::doubt_an_empty_mount_list(use);
        use.claims = claims_.value_or(topology::Claims{.answer = topology::ClaimsAnswer::silent,
                                                       .why = "the kernel has just been asked; try again"});
    }
    return outcome_of(request, past, use, closer ? *closer : *snapshot_);
}

bool Machine::awaits_claims(const plan::Request& request)
{
    if (!ask_claims_ || claims_ || snapshot_->blocks.empty() || recall(request)) return false;
    if (!plan::use_needed(outcome_of(request, past_for(request), {}, *snapshot_)).disks) return false;
    return awaits_claims();
}

bool Machine::awaits_claims()
{
    if (!ask_claims_ || claims_ || snapshot_->blocks.empty()) return false;
    ask_claims_();
    return !claims_;
}

bool Machine::may_be_recalled(const plan::Request& request) const
{
    return std::holds_alternative<plan::ToggleRequest>(request.wish) && known_ && !request.yes &&
           !request.is_trial() && request.force_disks.empty() && !(request.guest && trial_);
}

std::shared_ptr<const Plan> Machine::recall(const plan::Request& request) const
{
    if (!may_be_recalled(request)) return nullptr;
    const auto& toggle = std::get<plan::ToggleRequest>(request.wish);
    for (const auto& one : recalled_)
        if (one.at == *known_ && one.profiles == toggle.profiles) return one.plan;
    return nullptr;
}

Machine::Planned Machine::decide_or_recall(const plan::Request& request)
{
    if (auto recalled = recall(request)) return recalled;
    auto outcome = decide(request);
    if (auto* refusal = std::get_if<Refusal>(&outcome)) return std::move(*refusal);
    const bool is_lasting = may_be_recalled(request) && plan::use_needed(outcome).none();
    auto plan = std::make_shared<const Plan>(std::move(std::get<Plan>(outcome)));
    if (!is_lasting) return plan;
    if (recalled_.size() == most_recalled) recalled_.erase(recalled_.begin());
    recalled_.push_back(
        {.at = *known_, .profiles = std::get<plan::ToggleRequest>(request.wish).profiles, .plan = plan});
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
    if (signature.stays_out)
        trial_->leave_out(change);
    else
        trial_->join(change);
    if (trial_->is_over()) trial_.reset();
}

Result<void> Machine::end_trial()
{
    auto ended = journal_.end_trial();
    if (!ended && is_locked_out(ended.error())) return ended;
    trial_.reset();
    return ended;
}

Result<void> Machine::end_trial_but_for(const plan::Change& rest)
{
    if (!trial_) return {};
    if (rest.is_empty()) return end_trial();
    if (trial_->is_ending && trial_->way.usb2 == rest.usb2 && trial_->way.superspeed == rest.superspeed)
        return {};
    auto ending = *trial_;
    ending.end_but_for(rest);
    auto told = journal_.end_trial_but_for(ending.way);
    if (!told && is_locked_out(told.error())) return told;
    trial_ = std::move(ending);
    return told;
}

std::expected<Done, NotDone> Machine::carry_out(const plan::Request& request,
                                                const apply::Signature& signature)
{
    auto lock = journal_.lock();
    if (!lock) {
        locked_out_();
        return std::unexpected(NotDone(std::move(lock.error())));
    }
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
        auto signed_with = signature;
        signed_with.stays_out = plan->stays_out_of_trial;
        journal_.sign(signed_with);
        auto applied = apply::execute(*plan, *registers_, journal_);
        if (applied) {
            known_ = applied->after;
            if (!plan->steps.empty()) join_trial(plan->change, signed_with);
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
    auto lock = journal_.lock();
    if (!lock) {
        locked_out_();
        return Result<apply::Recovered>(std::unexpected(std::move(lock.error())));
    }
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
