// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/machine.hpp"

#include "apply/joint_backend.hpp"
#include "apply/register_backend.hpp"
#include "base/format.hpp"
#include "linux/host_use.hpp"
#include "observe/blocks.hpp"
#include "observe/scan.hpp"
#include "plan/drift_cause.hpp"
#include "route/mux.hpp"
#include "topology/connector.hpp"

#include <algorithm>

namespace usbroute::daemon {

using topology::Snapshot;

namespace {

using Devices = std::vector<topology::SharedDevice>;

/// Two lists by path: what only one of them has, or what has the same path in both and is another device.
void compare(const Devices& before, const Devices& now, Findings& findings)
{
    auto old = before.begin();
    auto fresh = now.begin();
    while (old != before.end() || fresh != now.end()) {
        const bool only_old = fresh == now.end() || (old != before.end() && (*old)->path < (*fresh)->path);
        const bool only_fresh = old == before.end() || (!only_old && (*fresh)->path < (*old)->path);
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
    auto& blocks = snapshot.blocks.edit();
    for (auto& block : observe::read_usb_blocks(tree)) {
        const auto same = std::ranges::find(blocks, block.name, &topology::BlockDevice::name);
        if (same == blocks.end())
            blocks.push_back(std::move(block));
        else
            *same = std::move(block);
    }
    return snapshot;
}

/// For whoever comes again in a moment, as where another process holds the lock.
Error busy(std::string_view why)
{
    return Error(ErrorKind::failed, format("{}; nothing was touched", why))
        .with_code(std::string(apply::code_of_a_held_lock));
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

Machine::Machine(const observe::KernelTree& tree, linux_::JournalFile& journal, OpenRegisters open,
                 Calls calls)
    : tree_(tree), journal_(journal), open_(std::move(open)), calls_(std::move(calls)), asleep_(asleep())
{
    conductor_.ask_for_lines(calls_.lines);
    if (const auto standing = journal_.history().standing) {
        auto known = *snapshot_;
        known.applied = standing->profile;
        snapshot_ = std::make_shared<const Snapshot>(std::move(known));
    }
}

std::chrono::milliseconds Machine::asleep() const
{
    return calls_.asleep ? calls_.asleep() : std::chrono::milliseconds(0);
}

void Machine::tell_that_it_is_locked_out() const
{
    if (calls_.locked_out) calls_.locked_out();
}

void Machine::adopt(config::Settings settings)
{
    const bool gave = gives_devices_;
    settings_ = std::move(settings);
    // A guest may still have what it was given.
    gives_devices_ = settings_.gives_devices() || (gave && settings_.has_guest_for_devices());
    moves_controllers_ = settings_.moves_controllers();
    conductor_.forget_plans();
    know_whom_places_are_for();
    if (calls_.adopted) calls_.adopted();
}

Findings Machine::take(Snapshot fresh)
{
    conductor_.forget_plans();
    Findings findings;
    findings.before = snapshot_;
    for (const auto bus : buses_apart(snapshot_->devices, fresh.devices))
        compare(snapshot_->devices.on(bus), fresh.devices.on(bus), findings);
    fresh.generation = snapshot_->generation + 1;
    fresh.assigned = assigned_now(fresh);
    fresh.applied = snapshot_->applied;
    if (const auto* mux = mux_controller()) {
        const auto* now = fresh.controller_at(mux->address);
        has_a_new_driver_ =
            has_a_new_driver_ || now == nullptr || now->driver != mux->driver || now->buses != mux->buses;
    }
    snapshot_ = std::make_shared<const Snapshot>(std::move(fresh));
    follow_mux();
    findings.drift = read_registers();
    return findings;
}

/// Keeps the descriptor of the mux that the snapshot shows; opens another only when there is a reason, because
/// after privileges were given up it would be worth less.
void Machine::follow_mux()
{
    // A change under way writes through what is open now.
    if (is_busy()) {
        follows_later_ = true;
        return;
    }
    const auto mux = route::find_mux(*snapshot_);
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
    else
        hold(unreadable_from(opened.error()));
}

const topology::PciController* Machine::mux_controller() const
{
    return mux_ ? snapshot_->controller_at(*mux_) : nullptr;
}

void Machine::hold(const topology::RegisterLook& look)
{
    if (mux_controller() == nullptr || snapshot_->registers_of(*mux_) == look) return;
    snapshot_ = std::make_shared<const Snapshot>(snapshot_->with_registers(*mux_, look));
}

std::optional<Drift> Machine::read_registers()
{
    if (!is_busy()) return read_registers_now();
    // What a change has written so far is nobody else's doing.
    if (known_) hold(*known_);
    return std::nullopt;
}

std::optional<Drift> Machine::read_registers_now()
{
    if (!registers_) return std::nullopt;
    const auto* controller = mux_controller();
    if (controller == nullptr) return std::nullopt;
    const bool is_given_away = controller->is_given_away();
    const auto now = registers_->read();
    if (!now) {
        // The next look opens it again: the function may have gone and come back.
        registers_failed_ = true;
        known_.reset();
        hold(unreadable_from(now.error()));
        return std::nullopt;
    }
    registers_failed_ = false;
    const auto before = std::exchange(known_, *now);
    hold(*now);
    if (!before || *before != *now) astray_ = true;
    const bool has_slept = has_slept_since_last_reading();
    const bool has_a_new_driver = std::exchange(has_a_new_driver_, false);
    if (!before || *before == *now) return std::nullopt;
    return Drift{.before = *before,
                 .now = *now,
                 .cause = plan::likely_cause({.before = *before,
                                              .now = *now,
                                              .has_slept = has_slept,
                                              .is_given_away = is_given_away,
                                              .has_a_new_driver = has_a_new_driver})};
}

bool Machine::has_slept_since_last_reading()
{
    // The clocks are read one after the other and told in whole milliseconds.
    constexpr std::chrono::milliseconds tolerance{100};
    const auto now = asleep();
    return now - std::exchange(asleep_, now) > tolerance;
}

topology::HostUse Machine::host_use() const
{
    if (snapshot_->blocks.empty()) return {};
    return observe::look_at_host_use(tree_, {.disks = true});
}

apply::Known Machine::known() const
{
    apply::Known known{.snapshot = *snapshot_, .settings = settings_, .registers = known_};
    if (!gives_devices_ || !calls_.attached) return known;
    const auto attached = calls_.attached();
    known.attached = &attached.seen;
    known.of_devices = &attached.of_devices;
    if (moves_controllers_ && calls_.controllers) known.controllers = &calls_.controllers();
    return known;
}

apply::CloserLook Machine::look_closer(const topology::UseParts& needed) const
{
    apply::CloserLook closer{.use = observe::look_at_host_use(tree_, needed), .snapshot = {}};
    if (needed.disks) closer.snapshot = with_blocks_read_again(tree_, *snapshot_);
    if (calls_.ask_claims && needed.disks) {
        linux_::doubt_an_empty_mount_list(closer.use);
        closer.use.claims = claims_.value_or(topology::Claims{
            .answer = topology::ClaimsAnswer::silent, .why = "the kernel has just been asked; try again"});
    }
    return closer;
}

Result<NotNull<apply::RouteRegisters>> Machine::registers(const PciAddress& controller)
{
    if (!registers_ || mux_ != controller) return failure("the routing registers are not open");
    return NotNull(*registers_);
}

Result<std::unique_ptr<apply::Backend>> Machine::backend_for(const plan::Plan& plan)
{
    auto devices = calls_.other_means ? calls_.other_means(plan) : nullptr;
    const bool has_controllers = plan.made_for.bindings && calls_.controller_means;
    auto controllers = has_controllers ? calls_.controller_means(plan) : nullptr;
    if (!devices && !controllers) return Workplace::backend_for(plan);
    const bool has_routes = plan.made_for.routes && (plan.made_for.devices || controllers);
    if (!has_routes && !controllers) return devices;
    if (!has_routes && !devices) return controllers;
    std::unique_ptr<apply::Backend> routes;
    if (has_routes) {
        auto opened = registers(plan.change.controller);
        if (!opened) return std::unexpected(std::move(opened.error()));
        routes = std::make_unique<apply::RegisterBackend>(**opened);
    }
    return std::make_unique<apply::JointBackend>(std::move(routes), std::move(devices),
                                                 std::move(controllers));
}

void Machine::wrote(const plan::Reading& now, const plan::Plan& plan)
{
    const bool is_told = plan.profile || plan.changes_something();
    const auto applied = is_told ? plan.change.applied_after(snapshot_->applied) : snapshot_->applied;
    if (now.routes) known_ = now.routes;
    const bool reads_otherwise = now.routes && mux_controller() != nullptr &&
                                 snapshot_->registers_of(*mux_) != topology::RegisterLook(*now.routes);
    if (!reads_otherwise && applied == snapshot_->applied) return;
    auto fresh = *snapshot_;
    if (reads_otherwise) fresh.note_registers(*mux_, *now.routes);
    fresh.applied = applied;
    snapshot_ = std::make_shared<const Snapshot>(std::move(fresh));
}

bool Machine::awaits_claims(const plan::Request& request)
{
    if (!calls_.ask_claims || claims_ || snapshot_->blocks.empty()) return false;
    return conductor_.use_needed(request).disks && awaits_claims();
}

std::optional<plan::Outcome> Machine::decide_when_known(const plan::Request& request)
{
    return conductor_.decide(request,
                             [this](topology::UseParts needed) { return needed.disks && awaits_claims(); });
}

bool Machine::awaits_claims()
{
    if (!calls_.ask_claims || claims_ || snapshot_->blocks.empty()) return false;
    calls_.ask_claims();
    return !claims_;
}

bool Machine::reads_otherwise()
{
    const auto before = known_;
    if (auto drift = read_registers_now()) drift_ = drift;
    const bool has_other_controllers = controllers_now() != std::exchange(controllers_, controllers_now());
    return known_ != before || ways_now() != std::exchange(ways_, ways_now()) || has_other_controllers;
}

Result<void> Machine::end_trial()
{
    if (is_busy()) return std::unexpected(busy("a change is under way"));
    auto ended = journal_.end_trial();
    if (!ended && is_locked_out(ended.error())) return ended;
    conductor_.adopt_trial({});
    tell_what_is_said();
    return ended;
}

Result<void> Machine::end_trial_but_for(const plan::Change& rest)
{
    if (!trial()) return {};
    if (is_busy()) return std::unexpected(busy("a change is under way"));
    if (rest.is_empty()) return end_trial();
    if (trial()->is_ending && trial()->way.shifts == rest.shifts) return {};
    auto ending = *trial();
    ending.end_but_for(rest);
    auto told = journal_.end_trial_but_for(ending.way);
    if (!told && is_locked_out(told.error())) return told;
    conductor_.adopt_trial(std::move(ending));
    return told;
}

void Machine::carry_out(plan::Request request, apply::Signature signature, Then then,
                        std::optional<plan::Plan> decided)
{
    Waiting wish{.request = std::move(request),
                 .signature = std::move(signature),
                 .then = std::move(then),
                 .decided = std::move(decided)};
    if (!is_busy()) return begin(std::move(wish));
    wish.decided.reset(); // by then it will be old
    if (waiting_.size() == most_waiting) {
        tell_that_it_is_locked_out();
        return wish.then(std::unexpected(NotDone(busy("too many changes wait for the one under way"))));
    }
    waiting_.push_back(std::move(wish));
}

void Machine::begin(Waiting wish)
{
    auto lock = journal_.lock();
    if (!lock) {
        tell_that_it_is_locked_out();
        return wish.then(std::unexpected(NotDone(std::move(lock.error()))));
    }
    lock_.emplace(std::move(*lock));
    ways_ = ways_now();
    controllers_ = controllers_now();
    // Else a later restore, or the profile of the boot, would take back what was asked for and was so by chance.
    const auto what = astray_ || is_start_awaited_ ? apply::Remember::every_wish : apply::Remember::changes;
    restores_all_ =
        std::holds_alternative<plan::RestoreRequest>(wish.request.wish) && wish.request.only.empty();
    then_ = std::move(wish.then);
    conductor_.carry_out(
        std::move(wish.request), std::move(wish.signature), what,
        [this](Carried carried) { over(std::move(carried)); }, std::move(wish.decided));
}

/// Whom places are for is written down, and no look finds it.
std::vector<topology::Placed> Machine::assigned_now(const Snapshot& seen) const
{
    if (!settings_.has_something_to_give()) return {};
    auto before =
        settings_.remember && calls_.remembered ? calls_.remembered(seen) : std::vector<topology::Placed>();
    const auto standing = journal_.history().standing;
    return standing ? plan::assigned_after(std::move(before), *standing) : before;
}

void Machine::tell_what_is_said() const
{
    if (settings_.remember && settings_.has_something_to_give() && calls_.said && !trial()) calls_.said();
}

attach::Ways Machine::ways_now() const
{
    return gives_devices_ && calls_.attached ? calls_.attached().seen.ways : attach::Ways();
}

std::optional<plan::ControllersKnown> Machine::controllers_now() const
{
    if (!moves_controllers_ || !calls_.controllers) return std::nullopt;
    return calls_.controllers();
}

void Machine::know_whom_places_are_for()
{
    auto assigned = assigned_now(*snapshot_);
    if (assigned == snapshot_->assigned) return;
    snapshot_ = std::make_shared<const Snapshot>(snapshot_->with_assigned(std::move(assigned)));
    conductor_.forget_plans();
}

void Machine::over(Carried carried)
{
    lock_.reset();
    know_whom_places_are_for();
    tell_what_is_said();
    if (std::exchange(follows_later_, false)) follow_mux();
    if (carried && restores_all_ && carried->plan->staying.empty()) astray_ = false;
    if (carried && calls_.carried_out) calls_.carried_out(*carried->plan);
    const auto then = std::exchange(then_, nullptr);
    then(std::move(carried));
    begin_next();
    if (!is_busy() && calls_.ended) calls_.ended();
}

/// Whoever was called back may have begun another one. One that finds the lock held by another process is over at once, and
/// those behind it do not wait for anything any more.
void Machine::begin_next()
{
    while (!is_busy() && !waiting_.empty()) {
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        begin(std::move(next));
    }
}

std::optional<Result<apply::Recovered>> Machine::recover()
{
    if (is_busy()) return Result<apply::Recovered>(std::unexpected(busy("a change is under way")));
    auto lock = journal_.lock();
    if (!lock) {
        tell_that_it_is_locked_out();
        return Result<apply::Recovered>(std::unexpected(std::move(lock.error())));
    }
    auto recovered = conductor_.recover();
    know_whom_places_are_for();
    return recovered;
}

} // namespace usbroute::daemon
