// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/guests.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"
#include "linux/files.hpp"
#include "linux/private_files.hpp"
#include "linux/trusted_file.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace usbroute::daemon {

using linux_::ProcessId;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t longest_memory = 64UL * 1024;
/// Until a process that has ended has let go of devices for sure: each open node is closed with its device's lock held.
constexpr auto until_devices_are_let_go = 2s;

std::optional<attach::Domain> domain_of(const config::GuestSettings& settings)
{
    if (!settings.libvirt) return std::nullopt;
    return attach::Domain{.uri = std::string(settings.libvirt->uri()),
                          .name = settings.libvirt->domain,
                          .by_descriptor = settings.libvirt->by == config::LibvirtBy::descriptor};
}

} // namespace

Guests::Guests(Parts parts)
    : parts_(std::move(parts)),
      soon_(parts_.loop.timer([this] {
          act();
          tell_of_devices();
      })),
      once_more_(parts_.loop.timer([this] { parts_.lookout.doubt_everything(); })),
      path_(parts_.locations.state + "/guests"),
      boot_(linux_::this_boot())
{}

Guests::~Guests() { parts_.lookout.forget(*this); }

void Guests::adopt()
{
    const auto& settings = parts_.machine.settings();
    for (auto& guest : guests_)
        if (settings.guest(guest.name) == nullptr) part_from_machine(guest);
    std::erase_if(guests_, [&](const Guest& guest) { return settings.guest(guest.name) == nullptr; });
    for (const auto& wanted : settings.guests) {
        if (find(wanted.name) == nullptr) add(wanted);
        follow_machine(*find(wanted.name));
    }
    if (!std::exchange(is_recalled_, true)) recall();
    remember();
}

Guests::Guest* Guests::find(const GuestName& name)
{
    const auto found = std::ranges::find(guests_, name, &Guest::name);
    return found == guests_.end() ? nullptr : &*found;
}

const config::GuestSettings& Guests::settings_of(const Guest& guest) const
{
    static const config::GuestSettings none;
    const auto* settings = parts_.machine.settings().guest(guest.name);
    return settings == nullptr ? none : *settings;
}

void Guests::add(const config::GuestSettings& settings)
{
    auto& guest = guests_.emplace_back();
    guest.name = settings.name;
    guest.grace = parts_.loop.timer([this, &guest] { has_gone(guest); });
    guest.again = parts_.loop.timer([this, &guest] {
        if (guest.phase == Phase::held_up) guest.phase = Phase::owing;
        act();
    });
}

/// Called again when it has let go.
void Guests::follow_machine(Guest& guest)
{
    if (is_parting(guest.name)) return;
    const auto& settings = settings_of(guest);
    if (settings.libvirt) return follow_domain(guest, *settings.libvirt);
    const auto& qmp = settings.qmp;
    follow_monitor(guest, qmp.empty() || !parts_.locations.recorded
                              ? qmp
                              : parts_.locations.root.substr(0, parts_.locations.root.size() - 1) + qmp);
}

void Guests::follow_monitor(Guest& guest, const std::string& path)
{
    // An open device would go to whoever listens there.
    const bool is_anybodys = can_be_given_devices() && linux_::can_be_anybodys(path);
    const bool is_looked_at = can_be_given_devices() && !is_anybodys;
    const auto which = path.empty() ? path : "monitor " + path;
    if (guest.machine_of == which && guest.is_looked_at == is_looked_at) return;
    if (guest.machine_of != which) part_from_machine(guest);
    if (is_parting(guest.name)) return;
    guest.machine.reset();
    guest.machine_of = which;
    guest.is_looked_at = is_looked_at;
    if (path.empty()) return;
    if (is_anybodys)
        log::warning(format(
            "guest {}: any user of this machine can make {}, so no device is given through it; put the monitor into a directory that others cannot write",
            guest.name.text(), path));
    auto monitor =
        std::make_unique<QmpLine>(parts_.loop, path, tells_of(guest),
                                  is_looked_at ? QmpLine::Looks::yes : QmpLine::Looks::no, parts_.lend);
    auto* begun = monitor.get();
    guest.machine = std::move(monitor);
    begun->begin();
}

void Guests::follow_domain(Guest& guest, const config::LibvirtSettings& settings)
{
    const auto path = linux_::libvirt_socket(parts_.locations, settings.user);
    auto which = format("domain {} of {}", settings.domain, path);
    if (guest.machine_of == which) return;
    part_from_machine(guest);
    if (is_parting(guest.name)) return;
    guest.machine_of = std::move(which);
    auto domain =
        std::make_unique<DomainLine>(parts_.loop, libvirt_at(path), guest.name, settings, tells_of(guest));
    auto* begun = domain.get();
    guest.machine = std::move(domain);
    begun->begin();
}

/// One line for all guests of one libvirt; it ends with the last of them.
std::shared_ptr<vmm::LibvirtLine> Guests::libvirt_at(const std::string& path)
{
    auto& known = libvirts_[path];
    if (auto line = known.lock()) return line;
    auto line = std::make_shared<vmm::LibvirtLine>(parts_.loop, path, parts_.lend);
    known = line;
    line->begin();
    return line;
}

/// Not of a machine that is the guest's no longer.
MachineLine::Tell Guests::tells_of(const Guest& guest)
{
    return [this, name = guest.name, which = guest.machine_of](MachineNews news) {
        auto* one = find(name);
        if (one != nullptr && one->machine && one->machine_of == which) hear(*one, news);
    };
}

/// The settings name another one, or none: what it was given goes back, or it would keep it for as long as it runs.
void Guests::part_from_machine(Guest& guest)
{
    const bool is_a_second = guest.machine && first_of_the_same_machine(*guest.machine) != nullptr;
    const auto machine_of = std::exchange(guest.machine_of, {});
    auto machine = std::move(guest.machine);
    if (!machine || !machine->usb() || is_a_second) return;
    std::vector<attach::ObjectId> given;
    for (const auto& object : machine->usb()->host_objects)
        if (const auto id = attach::ObjectId::from(object.id)) given.push_back(*id);
    if (given.empty()) return;
    log::info(format("guest {}: what {} was given is taken back, since the configuration names another one",
                     guest.name.text(), machine_of),
              "guest " + guest.name.text());
    auto& access = machine->access();
    partings_.push_back({.guest = guest.name, .machine = std::move(machine), .open = given.size()});
    for (const auto& id : given)
        access.take(id,
                    [this, name = guest.name](Result<void> taken) { has_let_go(name, std::move(taken)); });
}

bool Guests::is_parting(const GuestName& name) const
{
    return std::ranges::find(partings_, name, &Parting::guest) != partings_.end();
}

void Guests::has_let_go(const GuestName& name, Result<void> taken)
{
    const auto parting = std::ranges::find(partings_, name, &Parting::guest);
    if (parting == partings_.end()) return;
    if (!taken) log::warning(format("guest {}: {}", name.text(), taken.error().message()));
    if (--parting->open > 0) return;
    partings_.erase(parting);
    if (auto* guest = find(name)) follow_machine(*guest);
    parts_.lookout.doubt_everything();
    tell_of_devices();
}

void Guests::hear(Guest& guest, MachineNews news)
{
    if (const auto* first = first_of_the_same_machine(*guest.machine))
        complain(guest, format("guest {} is given nothing: its domain is that of guest {} already",
                               guest.name.text(), first->name.text()));
    if (news == MachineNews::has_other_devices) {
        look_where_it_changed(guest);
        return tell_of_devices();
    }
    if (news == MachineNews::runs)
        guest.presence.switched_on();
    else
        guest.presence.switched_off();
    // It may be back before it counts as gone.
    if (news == MachineNews::is_switched_off) once_more_.start(until_devices_are_let_go);
    compare(guest);
    // One that has come is looked at first, and that is news of its own.
    if (news != MachineNews::runs) tell_of_devices();
}

/// The kernel tells nobody when usbfs takes an interface or lets go of it (drivers/usb/core/devio.c, claimintf and releaseintf
/// keep their events back): what a guest has got, has given back or had has to be read again.
void Guests::look_where_it_changed(Guest& guest)
{
    const auto& usb = guest.machine->usb();
    auto now = usb ? usb->host_objects : std::vector<attach::HostObject>();
    const auto places = attach::places_touched(guest.objects, now, *parts_.machine.snapshot());
    guest.objects = std::move(now);
    if (places)
        parts_.lookout.doubt(*places);
    else
        parts_.lookout.doubt_everything();
}

/// A guest to which nothing is given is not asked anything.
bool Guests::can_be_given_devices() const
{
    return parts_.machine.settings().has_something_to_give() || parts_.machine.gives_devices();
}

void Guests::tell_of_devices() const
{
    if (parts_.tell.devices) parts_.tell.devices();
}

/// The first guest of those before it whose line leads to the same machine. Null: there is none.
const Guests::Guest* Guests::first_of_the_same_machine(const MachineLine& machine) const
{
    const auto identity = machine.identity();
    if (identity.empty()) return nullptr;
    for (const auto& guest : guests_) {
        if (guest.machine.get() == &machine) return nullptr;
        if (guest.machine && guest.machine->identity() == identity) return &guest;
    }
    return nullptr;
}

/// Whether it is will be known in a moment. Until then it would take from the domain what the first one has given.
bool Guests::may_be_a_second(const Guest& guest) const
{
    const auto& libvirt = settings_of(guest).libvirt;
    if (!libvirt) return false;
    for (const auto& other : guests_) {
        if (&other == &guest) return false;
        const auto& others = settings_of(other).libvirt;
        if (other.machine && others && others->user == libvirt->user && other.machine->is_looked_at_first())
            return true;
    }
    return false;
}

std::vector<attach::SeenGuest> Guests::seen() const
{
    std::vector<attach::SeenGuest> seen;
    for (const auto& guest : guests_) {
        if (guest.machine) seen.push_back(this->seen(guest));
        // What the machine before gives back is for the next one.
        if (!guest.machine && is_parting(guest.name))
            seen.push_back({.name = guest.name,
                            .usb = {},
                            .is_changing = true,
                            .domain = domain_of(settings_of(guest)),
                            .silence = {}});
    }
    return seen;
}

attach::SeenGuest Guests::seen(const Guest& guest) const
{
    const auto& machine = *guest.machine;
    const bool is_there = guest.phase == Phase::there || guest.phase == Phase::in_grace;
    attach::SeenGuest seen{.name = guest.name,
                           .usb = machine.usb(),
                           .is_gone = !is_there && !machine.may_be_there(),
                           .is_changing = machine.is_looked_at_first() || guest.phase == Phase::in_grace,
                           .domain = domain_of(settings_of(guest)),
                           .silence = machine.silence()};
    if (const auto* first = first_of_the_same_machine(machine)) {
        seen.usb.reset();
        seen.is_gone = true;
        seen.is_changing = false;
        seen.silence = attach::Silence{.code = "same-domain",
                                       .why = format("the domain of {} is that of guest {} already",
                                                     guest.name.text(), first->name.text())};
    } else if (may_be_a_second(guest)) {
        seen.usb.reset();
        seen.is_changing = true;
    }
    return seen;
}

void Guests::call(const GuestName& name, plan::PlugCalls what, std::function<void(Result<void>)> done)
{
    auto* guest = find(name);
    if (guest == nullptr || !guest->machine) return;
    auto& access = guest->machine->access();
    if (what == plan::PlugCalls::starting) return access.start(std::move(done));
    access.resume(std::move(done));
}

std::optional<vmm::AttachBackend::Guest> Guests::to_give_to(const GuestName& name)
{
    auto* guest = find(name);
    if (guest == nullptr || !guest->machine || !seen(*guest).usb) return std::nullopt;
    auto& line = *guest->machine;
    return vmm::AttachBackend::Guest{.access = &line.access(),
                                     .look_again = [&line](auto done) { line.look_again(std::move(done)); }};
}

MachineLine* Guests::line_of(const GuestName& name)
{
    auto* guest = find(name);
    return guest == nullptr ? nullptr : guest->machine.get();
}

bool Guests::knows(const GuestName& name) const
{
    return std::ranges::find(guests_, name, &Guest::name) != guests_.end();
}

void Guests::recall()
{
    linux_::renew_private(path_, parts_.locations.state_of_before.empty()
                                     ? std::string()
                                     : parts_.locations.state_of_before + "/guests");
    const auto text = linux_::read_private(path_, longest_memory);
    if (!text) return; // none yet, most likely; if it cannot be read, it cannot be written, which is logged
    const auto memory = read_guest_memory(*text);
    if (!memory) {
        const auto aside = path_ + ".bad";
        static_cast<void>(linux_::set_aside_private(path_));
        return log::warning(format(
            "{} cannot be read and was set aside as {}: the sockets of guests that ended while no daemon was running do not go back to the host",
            path_, aside));
    }
    if (memory->boot != boot_) return;
    remembered_ = *text;
    for (const auto& remembered : memory->processes) recall(remembered);
    for (auto& guest : guests_) compare(guest);
    soon_.start(0ms);
}

void Guests::recall(const RememberedProcess& remembered)
{
    auto* guest = find(remembered.guest);
    if (guest == nullptr) return;
    auto found = linux_::find_process(remembered.id);
    // Not knowing is no reason to take a guest's keyboard away.
    if (!found) return log::warning(format("guest {}: {}", guest->name.text(), found.error().message()));
    guest->phase = Phase::there;
    if (*found) {
        auto* process = admit(*guest, std::move(**found));
        if (process != nullptr && remembered.is_started) process->stage = Stage::started;
    } else {
        auto& process = guest->processes.emplace_back();
        process.known.id = remembered.id;
        process.stage = Stage::ended;
    }
}

/// Takes the process for one of the guest's. Null: it cannot be watched.
Guests::Process* Guests::admit(Guest& guest, linux_::KnownProcess known)
{
    const auto id = known.id;
    auto& process = guest.processes.emplace_back();
    process.known = std::move(known);
    auto watch = parts_.loop.watch(process.known.pidfd.get(),
                                   [this, name = guest.name, id](linux_::Ready) { process_ended(name, id); });
    if (!watch) {
        log::warning(watch.error().message());
        guest.processes.pop_back();
        return nullptr;
    }
    process.end = std::move(*watch);
    process.end.want(linux_::Ready::readable);
    guest.presence.process_came(id);
    return &process;
}

std::function<void()> Guests::line_opened(const GuestName& name, int socket)
{
    auto* guest = find(name);
    if (guest == nullptr) return {};
    ProcessId id;
    auto peer = linux_::peer_process_of(socket);
    if (!peer)
        log::warning(format("guest {}: {}; usbrouted will not notice when it ends", name.text(),
                            peer.error().message()),
                     "guest " + name.text());
    else if (*peer && (*peer)->id.start != 0)
        id = (*peer)->id;
    const auto known = std::ranges::find(guest->processes, id, [](const Process& p) { return p.known.id; });
    if (id.start != 0 && known == guest->processes.end()) {
        log::info(
            format("guest {}: process {} ({}) is on its line", name.text(), id.number, (*peer)->command),
            "guest " + name.text());
        const bool is_first = !guest->presence.is_there();
        if (auto* process = admit(*guest, std::move(**peer))) {
            if (is_first && settings_of(*guest).on_start)
                soon_.start(0ms);
            else
                process->stage = Stage::started;
        } else {
            id = {};
        }
    }
    if (id.start != 0) guest->presence.line_opened(id);
    compare(*guest);
    return [this, name, id] { line_closed(name, id); };
}

void Guests::line_closed(const GuestName& name, const ProcessId& id)
{
    auto* guest = find(name);
    if (guest == nullptr) return;
    if (id.start != 0) guest->presence.line_closed(id);
    compare(*guest);
}

void Guests::process_ended(const GuestName& name, const ProcessId& id)
{
    auto* guest = find(name);
    if (guest == nullptr) return;
    const auto found = std::ranges::find(guest->processes, id, [](const Process& p) { return p.known.id; });
    if (found == guest->processes.end()) return;
    // A pidfd stays readable: watching it on would call without end.
    found->end = {};
    found->stage = Stage::ended;
    guest->presence.process_ended(id);
    compare(*guest);
}

/// Whether the guest is there, compared with before.
void Guests::compare(Guest& guest)
{
    const bool is_there = guest.presence.is_there();
    if (is_there) {
        const bool was_there = guest.phase == Phase::there;
        const bool is_back = guest.phase == Phase::in_grace || guest.owes_return();
        guest.phase = Phase::there;
        guest.grace.stop();
        guest.again.stop();
        // One whose line is held open by somebody else is not forgotten: it may be all by which the guest is there.
        std::erase_if(guest.processes, [&](const Process& process) {
            return process.stage == Stage::ended && !guest.presence.knows(process.known.id);
        });
        remember();
        if (!was_there) parts_.tell.changed(guest.name, is_back ? "is back" : "has come");
    } else if (guest.phase == Phase::there) {
        guest.phase = Phase::in_grace;
        guest.grace.start(settings_of(guest).grace);
        remember();
    }
}

void Guests::has_gone(Guest& guest)
{
    parts_.tell.changed(guest.name, "is gone");
    const bool returns = settings_of(guest).when_off == config::WhenOff::host;
    guest.phase = returns ? Phase::owing : Phase::away;
    guest.patience.end();
    guest.complaint.clear();
    if (returns) {
        act();
    } else {
        forget_ended(guest);
        remember();
    }
    if (guest.machine) { // wires come home without waiting for it
        parts_.lookout.doubt_everything();
        once_more_.start(until_devices_are_let_go);
    }
    tell_of_devices();
}

void Guests::bring_home_again()
{
    for (auto& guest : guests_)
        if (guest.phase == Phase::settled) guest.phase = Phase::owing;
    act();
}

void Guests::forget_ended(Guest& guest)
{
    std::erase_if(guest.processes, [](const Process& process) { return process.stage == Stage::ended; });
}

bool Guests::is_anything_owed() const
{
    return std::ranges::any_of(guests_, [](const Guest& guest) {
        return guest.owes_return() || std::ranges::any_of(guest.processes, [](const Process& process) {
                   return process.stage == Stage::to_be_started;
               });
    });
}

void Guests::act()
{
    if (is_waiting_ || !is_anything_owed()) return;
    if (parts_.lookout.is_fresh()) return carry_out_owed();
    is_waiting_ = true;
    parts_.lookout.wait(*this);
}

/// A device that hangs keeps nobody's keyboard: what is known of the controllers is enough to bring the wires home.
void Guests::looked(Look)
{
    is_waiting_ = false;
    carry_out_owed();
}

void Guests::look_again()
{
    if (!is_waiting_) carry_out_owed();
}

void Guests::carry_out_owed()
{
    for (auto& guest : guests_) {
        // A write that failed is not tried again at every look: it may fail for ever.
        if (guest.phase == Phase::owing && !guest.is_under_way) bring_home(guest);
        for (auto& process : guest.processes)
            if (process.stage == Stage::to_be_started) start(guest, process);
    }
    remember();
}

void Guests::bring_home(Guest& guest)
{
    const plan::Request request{.wish = plan::ReturnRequest{guest.name}};
    if (parts_.machine.awaits_claims(request)) return; // called again when there is an answer
    guest.is_under_way = true;
    go_back(parts_.machine, request, {.who = "when_off of " + guest.name.text(), .trial = {}},
            [this, name = guest.name, before = parts_.machine.snapshot()](WentBack gone) {
                if (auto* gone_guest = find(name)) has_come_home(*gone_guest, before, std::move(gone));
            });
}

void Guests::has_come_home(Guest& guest, const std::shared_ptr<const topology::Snapshot>& before,
                           WentBack gone)
{
    guest.is_under_way = false;
    if (!gone && is_locked_out(gone.error())) return; // a look comes when the lock may be free
    if (!gone)
        complain(
            guest,
            format(
                "guest {} is gone; its sockets cannot go back to the host yet, and will be tried again: {}",
                guest.name.text(), in_words(gone.error())));
    else if (!gone->rest.empty())
        complain(
            guest,
            format(
                "guest {} is gone; some of its sockets cannot go back to the host yet, and will be tried again: {}",
                guest.name.text(), in_words(gone->rest)));
    if (gone)
        tell_of(std::move(gone->done), format("guest {}, which is gone", guest.name.text()), before,
                parts_.tell.moved);
    // Meanwhile it may have come back, and owes nothing.
    if (guest.phase != Phase::owing) return;
    if (!gone || !gone->rest.empty()) {
        const bool has_failed = gone ? gone->has_failed() : std::holds_alternative<Error>(gone.error());
        guest.phase = has_failed ? Phase::held_up : Phase::owing;
        return try_again(guest);
    }
    guest.phase = Phase::settled;
    guest.again.stop();
    guest.patience.end();
    forget_ended(guest);
    remember();
}

/// A look is an occasion of its own, and moves no other.
void Guests::try_again(Guest& guest)
{
    if (!guest.again.is_running()) guest.again.start(guest.patience.longer());
}

/// Once for each process, whatever comes of it: a profile that was refused is for a person to look at.
void Guests::start(Guest& guest, Process& process)
{
    const auto profile = settings_of(guest).on_start;
    if (profile && parts_.machine.awaits_claims({.wish = plan::ApplyRequest{*profile}}))
        return; // called again when there is an answer
    process.stage = Stage::started;
    if (!profile) return;
    parts_.machine.carry_out({.wish = plan::ApplyRequest{*profile}},
                             {.who = "on_start of " + guest.name.text(), .trial = {}},
                             [this, name = guest.name, id = process.known.id, profile = *profile,
                              before = parts_.machine.snapshot()](Carried carried) {
                                 has_started(name, id, profile, before, std::move(carried));
                             });
}

void Guests::has_started(const GuestName& name, const ProcessId& id, const ProfileName& profile,
                         const std::shared_ptr<const topology::Snapshot>& before, Carried carried)
{
    if (carried) {
        if (carried->plan->changes_something())
            parts_.tell.moved({.done = std::move(*carried),
                               .who = format("guest {}, which has come", name.text()),
                               .before = before});
        return;
    }
    if (!is_locked_out(carried.error()))
        return log::warning(format("guest {} has come, but on_start = \"{}\" was not applied: {}",
                                   name.text(), profile.text(), in_words(carried.error())),
                            "guest " + name.text());
    // A look comes when the lock may be free.
    auto* guest = find(name);
    if (guest == nullptr) return;
    for (auto& process : guest->processes)
        if (process.known.id == id && process.stage == Stage::started) process.stage = Stage::to_be_started;
    remember();
}

void Guests::complain(Guest& guest, const std::string& why)
{
    if (std::exchange(guest.complaint, why) != why) log::warning(why, "guest " + guest.name.text());
}

std::string Guests::process_of(const GuestName& name) const
{
    const auto guest = std::ranges::find(guests_, name, &Guest::name);
    if (guest == guests_.end()) return {};
    std::string last;
    for (const auto& process : guest->processes)
        if (process.stage != Stage::ended)
            last = format("{} {}", process.known.command, process.known.id.number);
    return last;
}

void Guests::remember()
{
    GuestMemory memory{.boot = boot_, .processes = {}};
    for (const auto& guest : guests_)
        for (const auto& process : guest.processes)
            memory.processes.push_back({.guest = guest.name,
                                        .id = process.known.id,
                                        .is_started = process.stage != Stage::to_be_started});
    auto text = written(memory);
    const bool is_nothing = memory.processes.empty() && remembered_.empty();
    if (text == remembered_ || is_nothing) return;
    const auto replaced = linux_::replace_private(path_, text);
    if (replaced) remembered_ = std::move(text);
    if (!replaced && std::exchange(could_remember_, false))
        log::warning(format(
            "{}{}; the sockets of a guest that ends while no daemon is running will not go back to the host",
            replaced.error().message(), linux_::remedy_for_writing(replaced.error().errno_value())));
    could_remember_ = replaced.has_value();
}

} // namespace usbroute::daemon
