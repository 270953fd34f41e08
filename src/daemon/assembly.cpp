// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/assembly.hpp"

#include "base/format.hpp"
#include "daemon/announce.hpp"
#include "daemon/for_guest.hpp"
#include "daemon/line_views.hpp"
#include "daemon/log.hpp"
#include "linux/peer_process.hpp"
#include "plan/remembered.hpp"

#include <chrono>
#include <utility>

namespace usbroute::daemon {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds until_the_lock_may_be_free{250};

} // namespace

Assembly::Assembly(Ground ground, config::Settings settings)
    : ground_(std::move(ground)),
      choices_(ground_.locations.lasting, linux_::this_boot()),
      alarm_(ground_.make_alarm([this] { end_of_trial_.run(); })),
      clients([this](const auto& guest, const auto& event) { return seen_by(guest, event); }),
      machine(ground_.tree, ground_.journal, ground_.open_registers, calls_of_machine()),
      restorer(machine, telling(), waking()),
      trials({.machine = machine,
              .journal = ground_.journal,
              .alarm = *alarm_,
              .first_move = ground_.first_move},
             {.reverted = [this](const Moved& moved) { reverted(moved); },
              .event = [this](const wire::Event& event) { clients.tell(event); }}),
      lookout({.loop = ground_.loop,
               .machine = machine,
               .scanner = ground_.scanner,
               .hints = ground_.hints,
               .events = ground_.events,
               .place = ground_.place,
               .is_urgent = [this] { return machine.settings().gives_devices(); }},
              [this](const Findings& findings) { found(findings); }),
      guests({.loop = ground_.loop,
              .machine = machine,
              .lookout = lookout,
              .locations = ground_.locations,
              .tell = {.moved = telling(),
                       .changed = [this](const auto& guest, auto what) { announce(guest, what, clients); },
                       .devices =
                           [this] {
                               whole.look_again();
                               look_at_devices();
                           }},
              .lend = ground_.lend}),
      giving({.loop = ground_.loop,
              .tree = ground_.tree,
              .nodes = ground_.nodes,
              .machine = machine,
              .guests = [this] { return guests.seen(); },
              .guest = [this](const GuestName& name) { return guests.to_give_to(name); },
              .sleeps_soon = [this] { return sleep.is_near(); },
              .asleep = [this] { return alarm_->asleep(); },
              .hubs = std::exchange(ground_.hubs, {})}),
      follower({.loop = ground_.loop,
                .machine = machine,
                .lookout = lookout,
                .giving = giving,
                .done = [this](const plan::Plan& done) { announce_given(done, machine, clients); },
                .stays = [this](const topology::PortPath& place,
                                const std::string& why) { announce_kept(place, why, machine, clients); },
                .shell_stays = [](const attach::Having& shell) { announce_shell(shell); },
                .controller_stays = [](const std::string& why) { log::warning(why); },
                .is_over = [this] { sleep.may_come(); }}),
      plugs({.loop = ground_.loop,
             .machine = machine,
             .guests = [this] { return guests.seen(); },
             .call = [this](const auto& guest, auto what,
                            auto done) { guests.call(guest, what, std::move(done)); },
             .asleep = [this] { return alarm_->asleep(); },
             .tell = [this](const auto& connector,
                            const PlugNews& news) { announce(connector, news, clients); }}),
      questions({.loop = ground_.loop,
                 .machine = machine,
                 .moved = telling(),
                 .tell = [this](const Questions::News& news) { announce(news, clients); }}),
      sleep(ground_.loop, ground_.locations.sleep, [this] { sleep_turned(); }),
      claims(ground_.loop, machine, ground_.locations.claims, [this] { kernel_has_answered(); }),
      controllers(guests),
      whole({.loop = ground_.loop,
             .tree = ground_.tree,
             .machine = machine,
             .controllers = controllers,
             .binder = ground_.locations.bind,
             .changed = [this] { follower.look_again(); }}),
      service({.loop = ground_.loop,
               .machine = machine,
               .lookout = lookout,
               .trials = trials,
               .audience = clients,
               .entrances = entrances,
               .guests = guests,
               .controllers = controllers,
               .plugs = plugs,
               .questions = questions,
               .last_seen = last_seen,
               .tell_moved = telling(),
               .restore = [this] { restore(); },
               .failed_controllers = [this] { return follower.failed_controllers(); }}),
      verdicts_(ground_.loop, machine, [this](const auto& judgements) { announce(judgements, clients); }),
      first_routes_(machine, telling(), waking()),
      recovery_(machine, [this](const auto& change) { giving.was_cut_short(change); }),
      register_news_(
          machine, [this] { return recovery_.look_again(); }, [this] { trials.resume(); }),
      end_of_trial_(lookout, [this] { trials.ring(); }),
      look_later_(ground_.loop.timer([this] { lookout.doubt_everything(); })),
      lock_may_be_free_(ground_.loop.timer([this] { lookout.doubt_everything(); }))
{
    machine.adopt(std::move(settings));
}

Assembly::~Assembly()
{
    for (const auto& entrance : entrances) clients.close_all(entrance);
}

Machine::Calls Assembly::calls_of_machine()
{
    Machine::Calls calls{
        .lines = [this] { return lines_in_use(entrances, ground_.loop.now()); },
        .ask_claims = {},
        .locked_out = [this] { locked_out(); },
        .asleep = [this] { return alarm_->asleep(); },
        .other_means =
            [this](const plan::Plan& plan) { return plan.made_for.devices ? giving.backend() : nullptr; },
        .attached = [this] { return giving.known(); },
        .controllers = [this]() -> const plan::ControllersKnown& { return whole.known(); },
        .controller_means = [this](const plan::Plan& plan) { return whole.means(plan); },
        .remembered =
            [this](const topology::Snapshot& seen) {
                return plan::placed_by(choices_.before(), seen, machine.settings());
            },
        .said = [this] { remember_what_is_said(); },
        .adopted =
            [this] {
                if (!machine.settings().remember) choices_.forget();
                giving.adopt();
                plugs.adopt();
                whole.look_again();
                if (giving.is_needed()) sleep.begin();
            },
        .carried_out =
            [this](const plan::Plan& plan) {
                giving.done(plan);
                // What drivers they have by now a look has to find.
                if (plan.made_for.bindings) lookout.doubt_everything();
                if (plan.made_for.devices) sleep.begin();
                if (!plan.movements.empty()) follower.was_said(plan);
            },
        .ended =
            [this] {
                look_at_devices();
                questions.look_again();
            }};
    // A recorded machine has no kernel to ask.
    if (!ground_.locations.claims.empty()) calls.ask_claims = [this] { claims.ask(); };
    return calls;
}

void Assembly::remember_what_is_said()
{
    const auto& snapshot = *machine.snapshot();
    const auto kept = choices_.keep(plan::lines_of(snapshot.assigned, snapshot, machine.settings()));
    if (!kept)
        log::warning(
            format("{}; what was said now will not hold after the next boot", kept.error().message()));
}

TellMoved Assembly::telling()
{
    return [this](const Moved& moved) { tell(moved); };
}

Wake Assembly::waking()
{
    return [this](milliseconds after) { look_later_.start(after); };
}

/// Another process is at work on the sockets, for some seconds at most.
void Assembly::locked_out()
{
    if (!lock_may_be_free_.is_running()) lock_may_be_free_.start(until_the_lock_may_be_free);
}

std::optional<wire::Event> Assembly::seen_by(const GuestName& guest, const wire::Event& event) const
{
    return for_guest(plan::sight_of(guest, machine.settings(), *machine.snapshot()), event);
}

/// Whoever has moved them: a write that was read back is not yet a keyboard that works.
void Assembly::tell(const Moved& moved)
{
    announce(moved, clients);
    verdicts_.begin(moved.done.plan, moved.before);
}

void Assembly::reverted(const Moved& moved)
{
    tell(moved);
    guests.bring_home_again();
}

/// After each look. The order counts: a change that was cut short is ended before anything else is moved.
void Assembly::found(const Findings& findings)
{
    register_news_.look_again();
    // What was there before the first look has not arrived just now.
    if (std::exchange(has_looked_, true)) {
        announce(findings, machine, clients);
        last_seen.look(findings, *machine.snapshot(), machine.settings());
        plugs.looked(*findings.before);
    }
    const bool misses_something = moves_by_itself() && !lookout.still_holds();
    if (misses_something)
        lookout.doubt_everything(); // the look that follows comes by here
    else
        move_what_nobody_asks_for();
    look_at_devices();
    questions.look_again();
    verdicts_.look_again();
    if (!misses_something) trials.look_again();
    guests.look_again();
}

/// A look that followed hints has seen what they told of. What moves by itself depends on the rest as well; guests, who wait
/// for a look as clients do, see to that themselves.
bool Assembly::moves_by_itself() const
{
    if (!register_news_.can_read()) return false;
    const auto& trial = machine.trial();
    return machine.is_astray() || machine.is_start_awaited() || !recovery_.is_over() ||
           (trial && trial->is_ending);
}

void Assembly::move_what_nobody_asks_for()
{
    if (!register_news_.can_read()) return;
    recovery_.look_again();
    restore();
    first_routes_.look_again(ground_.loop.now());
}

/// What guests have is taken back before, and given again after.
void Assembly::sleep_turned()
{
    if (!giving.is_needed()) return sleep.may_come();
    follower.look_again();
}

/// What of the sockets without a mux is due, and whether a guest is to be started for it.
void Assembly::look_at_devices()
{
    follower.look_again();
    plugs.look_again();
}

void Assembly::restore() { restorer.look_again({.now = ground_.loop.now(), .asleep = alarm_->asleep()}); }

/// About disks. What had to wait for that goes on, but for clients, who wait themselves.
void Assembly::kernel_has_answered()
{
    move_what_nobody_asks_for();
    guests.look_again();
    look_at_devices();
    trials.ring();
}

} // namespace usbroute::daemon
