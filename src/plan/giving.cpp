// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/giving.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

namespace usbroute::plan {

using attach::Assignment;
using topology::Connector;
using topology::PortPath;

namespace {

attach::For whom_while_off(const GuestName& name, const config::Settings& settings)
{
    const auto* guest = settings.guest(name);
    if (guest != nullptr && guest->when_off == config::WhenOff::reserve) return attach::Nobody{};
    return attach::Host{};
}

attach::For whom(const topology::SeatId& seat, const Situation& situation)
{
    if (std::holds_alternative<topology::Parked>(seat)) return attach::Nobody{};
    const auto* name = std::get_if<GuestName>(&seat);
    if (name == nullptr) return attach::Host{};
    // What is a guest's while the host sleeps, its QEMU would not miss, and the guest would have a dead device.
    if (situation.attached.sleeps_soon) return attach::Nobody{};
    const auto* guest = situation.attached.guest(*name);
    const bool runs = guest != nullptr && (guest->usb || !guest->is_gone);
    return runs ? attach::For(*name) : whom_while_off(*name, situation.settings);
}

bool is_moved(const Plan& plan, const ConnectorName& name)
{
    return std::ranges::find(plan.movements, name, &Movement::connector) != plan.movements.end();
}

/// Where an action is done.
PortPath place_of_one(const attach::Take& one)
{
    const auto meant = attach::meant_by(one.object.text());
    return meant ? meant->path : PortPath();
}
PortPath place_of_one(const attach::ClaimPort& one) { return one.port; }
PortPath place_of_one(const attach::ReleasePort& one) { return one.port; }
PortPath place_of_one(const attach::WakeHub& one) { return one.hub.path; }
PortPath place_of_one(const attach::BringHome& one) { return one.device.path; }
PortPath place_of_one(const attach::Park& one) { return one.device.path; }
PortPath place_of_one(const attach::AddController& one) { return one.place; }
PortPath place_of_one(const attach::Give& one) { return one.device.path; }

std::optional<Action> inverse_of(const attach::ClaimPort& one, const attach::Seen&)
{
    return attach::ReleasePort{.port = one.port};
}
std::optional<Action> inverse_of(const attach::ReleasePort& one, const attach::Seen&)
{
    return attach::ClaimPort{.port = one.port};
}
std::optional<Action> inverse_of(const attach::Give& one, const attach::Seen&)
{
    return attach::Take{.guest = one.guest, .object = one.object(), .domain = one.domain};
}
/// What was a shell of a device that is gone cannot be given again.
std::optional<Action> inverse_of(const attach::Take& one, const attach::Seen& seen)
{
    const auto meant = attach::meant_by(one.object.text());
    const auto* device = meant ? seen.device_at(meant->path) : nullptr;
    const auto* guest = seen.guest(one.guest);
    const auto* object = guest == nullptr || !guest->usb ? nullptr : guest->usb->find(one.object);
    if (device == nullptr || object == nullptr) return std::nullopt;
    if (meant->number && *meant->number != device->device.number) return std::nullopt;
    const auto port = parse_decimal(object->port);
    if (!port || *port == 0 || *port > 255) return std::nullopt;
    return attach::Give{.guest = one.guest,
                        .device = device->device,
                        .to = {.bus = object->bus, .port = static_cast<std::uint8_t>(*port)},
                        .way = attach::way_to(*guest, seen.ways, device->device.path),
                        .domain = guest->domain};
}
/// The host has them, and whoever takes them from it says so himself.
std::optional<Action> inverse_of(const attach::BringHome&, const attach::Seen&) { return std::nullopt; }
std::optional<Action> inverse_of(const attach::Park& one, const attach::Seen&)
{
    return attach::BringHome{.device = one.device};
}
std::optional<Action> inverse_of(const attach::WakeHub&, const attach::Seen&) { return std::nullopt; }
/// The guest's driver has it by then, and what else it needs it for is not known.
std::optional<Action> inverse_of(const attach::AddController&, const attach::Seen&) { return std::nullopt; }

std::string what_is_at(const topology::Snapshot& snapshot, const PortPath& path)
{
    const auto* device = snapshot.device_at(path);
    return device == nullptr ? path.text() : device->shown();
}

std::string reason_for(const attach::Take& one, const Situation& situation)
{
    return format("{} gives back {}", one.guest.text(), what_is_at(situation.snapshot, place_of_one(one)));
}
std::string reason_for(const attach::ClaimPort& one, const Situation&)
{
    return format("the host's drivers keep away from what is plugged in at {}", one.port.text());
}
std::string reason_for(const attach::ReleasePort& one, const Situation&)
{
    return format("the host's drivers may have what is plugged in at {}", one.port.text());
}
std::string reason_for(const attach::WakeHub& one, const Situation& situation)
{
    return format("{} has to work for what is behind it to be seen",
                  what_is_at(situation.snapshot, one.hub.path));
}
std::string reason_for(const attach::BringHome& one, const Situation& situation)
{
    return format("the host's drivers get {}", what_is_at(situation.snapshot, one.device.path));
}
std::string reason_for(const attach::Park& one, const Situation& situation)
{
    return format("nobody has {}", what_is_at(situation.snapshot, one.device.path));
}
std::string reason_for(const attach::AddController& one, const Situation& situation)
{
    return format("{} has no free port for {}, and gets a controller with {} until it ends", one.guest.text(),
                  what_is_at(situation.snapshot, one.place), attach::AddController::ports);
}
std::string reason_for(const attach::Give& one, const Situation& situation)
{
    return format("{} gets {}", one.guest.text(), what_is_at(situation.snapshot, one.device.path));
}

std::string guest_of(const attach::Waiting& waiting)
{
    return waiting.guest ? waiting.guest->text() : std::string("the guest");
}

Assignment assignment_after(const Plan& plan, const Connector& connector, std::size_t slot,
                            const Situation& situation)
{
    const topology::SeatId own = topology::OwnController{};
    const auto movement = std::ranges::find(plan.movements, connector.spec.name, &Movement::connector);
    const auto& seat = movement == plan.movements.end() ? *connector.at : movement->to;
    return {.connector = connector.spec.name,
            .places = connector.seat(topology::OwnController{})->places,
            .whom = whom(seat, situation),
            .slot = slot,
            .heals = *connector.at != own || seat != own};
}

/// What is in a socket that moves, and does not go with it.
void warn_of_what_is_apart(Plan& plan, const Board& board, const Situation& situation)
{
    for (const auto& device : board.apart) {
        const auto& connector = device.connector;
        if (!device.place || !device.socket || !is_moved(plan, *device.socket) ||
            is_moved(plan, connector.spec.name))
            continue;
        plan.warnings.push_back(
            format("{} in {} does not go with it: {}, it is for {}",
                   what_is_at(situation.snapshot, *device.place), device.socket->text(),
                   device.rule ? "by rule " + device.rule->text() : std::string("moved by its name"),
                   text_of(owner_now(connector, situation.settings))));
    }
}

} // namespace

std::optional<std::string> said_of_a_guest_that_is_off(const Movement& movement, const Situation& situation)
{
    const auto* name = std::get_if<GuestName>(&movement.to);
    if (name == nullptr || situation.attached.sleeps_soon ||
        std::holds_alternative<GuestName>(whom(movement.to, situation)))
        return std::nullopt;
    const bool is_reserved = std::holds_alternative<attach::Nobody>(whom(movement.to, situation));
    return format("{} does not run: what is in {} is {} until it does", name->text(),
                  movement.connector.text(), is_reserved ? "nobody's" : "the host's");
}

std::string no_port_in(const attach::Domain& domain, std::string_view kind)
{
    return format("no free {0} port in the domain {1}: add this controller to its XML, and start it anew: "
                  "<controller type='usb' model='qemu-xhci' ports='{2}'/>",
                  kind, printable(domain.name, 64), attach::AddController::ports);
}

std::string in_words(const attach::Waiting& waiting, const topology::Snapshot& snapshot)
{
    const auto what = what_is_at(snapshot, waiting.device.path);
    switch (waiting.why) {
    case attach::Waits::no_monitor:
        if (!waiting.by.empty()) return format("{} waits: {}", what, printable(waiting.by, 256));
        return format("{} waits: there is no connection to {}'s monitor", what, guest_of(waiting));
    case attach::Waits::no_port:
        if (waiting.domain)
            return format("{} stays with the host: {}", what,
                          no_port_in(*waiting.domain, waiting.is_superspeed ? "USB 3" : "USB 2"));
        return format(
            "{} stays with the host: {} has no free USB {} port; give its QEMU one more controller: "
            "-device qemu-xhci,id={},p2=15,p3=15",
            what, guest_of(waiting), waiting.is_superspeed ? 3 : 2, waiting.controller.text());
    case attach::Waits::held_by_other:
        return format("{} stays where it is: {} has it", what, printable(waiting.by, 64));
    case attach::Waits::failed:
        return format("{} stays with the host until it is plugged in again: {}", what,
                      printable(waiting.by, 256));
    case attach::Waits::no_right:
        return format(
            "{} has no driver, and usbrouted may not open its node to offer it to one: unplug it and plug it in again",
            what);
    case attach::Waits::stays:
        if (!waiting.by.empty()) return printable(waiting.by, 512);
        return format("{} stays with the host until it is asked for or plugged in again", what);
    }
    return {};
}

attach::Seen seen_for(const Situation& situation)
{
    auto seen = situation.attached;
    seen.devices.clear();
    for (const auto& device : situation.snapshot.devices) seen.devices.push_back(attach::seen(*device));
    return seen;
}

PortPath place_of(const attach::Action& action)
{
    return std::visit([](const auto& one) { return place_of_one(one); }, action);
}

PortPath place_of_step(const Step& step)
{
    return std::visit(
        [](const auto& one) {
            if constexpr (requires { place_of_one(one); })
                return place_of_one(one);
            else
                return PortPath();
        },
        step.action);
}

Step step_for(const attach::Action& action, const attach::Seen& seen, const Situation& situation)
{
    return std::visit(
        [&](const auto& one) {
            return Step{
                .action = one, .inverse = inverse_of(one, seen), .reason = reason_for(one, situation)};
        },
        action);
}

bool brings_a_port(const attach::Action& action, const std::vector<attach::Action>& all,
                   const std::function<bool(const PortPath&)>& is_meant)
{
    const auto* controller = std::get_if<attach::AddController>(&action);
    if (controller == nullptr) return false;
    const auto bus = controller->as_it_will_be().bus;
    return std::ranges::any_of(all, [&](const attach::Action& one) {
        const auto* give = std::get_if<attach::Give>(&one);
        return give != nullptr && give->guest == controller->guest && give->to.bus == bus &&
               is_meant(give->device.path);
    });
}

std::vector<Assignment> assignments_after(const Plan& plan, const Situation& situation, const Board& board)
{
    std::vector<Assignment> assignments;
    for (const auto& connector : board.connectors)
        if (means_of(connector) == Means::attach)
            assignments.push_back(assignment_after(plan, connector, assignments.size(), situation));
    std::vector<Assignment> of_devices;
    for (const auto& device : board.apart) {
        if (!device.place) continue;
        auto assignment = assignment_after(plan, device.connector, 0, situation);
        // In a guest's socket what is the host's own was without a driver as well.
        const auto* around = attach::assignment_of(assignments, *device.place);
        assignment.heals = assignment.heals || (around != nullptr && around->heals);
        assignment.is_of_a_device = true;
        assignment.claims = around != nullptr && !std::holds_alternative<attach::Host>(around->whom);
        of_devices.push_back(std::move(assignment));
    }
    std::ranges::move(of_devices, std::back_inserter(assignments));
    return assignments;
}

void add_giving(Plan& plan, const Situation& situation, const Board& board)
{
    const auto assignments = assignments_after(plan, situation, board);
    if (std::ranges::none_of(assignments, [&](const auto& one) { return is_moved(plan, one.connector); }))
        return;
    plan.made_for.devices = seen_for(situation);
    const auto& seen = *plan.made_for.devices;
    const auto is_moved_at = [&](const PortPath& path) {
        const auto* assignment = attach::assignment_of(assignments, path);
        return assignment != nullptr && is_moved(plan, assignment->connector);
    };
    // Asked for again, what has failed or was refused is tried again.
    auto remembered = situation.of_devices;
    remembered.forget_if([&](const attach::HostDevice& device) { return is_moved_at(device.path); });
    auto due = attach::due(assignments, seen, remembered);
    for (const auto& action : due.actions)
        if (is_moved_at(place_of(action)) || brings_a_port(action, due.actions, is_moved_at))
            plan.steps.push_back(step_for(action, seen, situation));
    for (auto& waiting : due.waiting)
        if (is_moved_at(waiting.device.path)) {
            plan.warnings.push_back(in_words(waiting, situation.snapshot));
            plan.waiting.push_back(std::move(waiting));
        }
    warn_of_what_is_apart(plan, board, situation);
    for (const auto& movement : plan.movements)
        if (const auto* connector = board.find(movement.connector);
            connector != nullptr && means_of(*connector) == Means::attach)
            if (auto said = said_of_a_guest_that_is_off(movement, situation)) plan.warnings.push_back(*said);
}

} // namespace usbroute::plan
