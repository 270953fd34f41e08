// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/giving.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::plan {

using attach::Assignment;
using topology::Connector;
using topology::PortPath;

namespace {

attach::For whom(const topology::SeatId& seat)
{
    if (const auto* guest = std::get_if<GuestName>(&seat)) return *guest;
    if (std::holds_alternative<topology::Parked>(seat)) return attach::Nobody{};
    return attach::Host{};
}

bool is_moved(const Plan& plan, const ConnectorName& name)
{
    return std::ranges::find(plan.movements, name, &Movement::connector) != plan.movements.end();
}

/// Where an action is done.
PortPath place_of(const attach::Take& one)
{
    const auto meant = attach::meant_by(one.object.text());
    return meant ? meant->path : PortPath();
}
PortPath place_of(const attach::ClaimPort& one) { return one.port; }
PortPath place_of(const attach::ReleasePort& one) { return one.port; }
PortPath place_of(const attach::WakeHub& one) { return one.hub.path; }
PortPath place_of(const attach::BringHome& one) { return one.device.path; }
PortPath place_of(const attach::Give& one) { return one.device.path; }

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
    return attach::Take{.guest = one.guest, .object = one.object()};
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
                        .way = seen.way};
}
/// The host has them, and whoever takes them from it says so himself.
std::optional<Action> inverse_of(const attach::BringHome&, const attach::Seen&) { return std::nullopt; }
std::optional<Action> inverse_of(const attach::WakeHub&, const attach::Seen&) { return std::nullopt; }

std::string what_is_at(const Situation& situation, const PortPath& path)
{
    const auto* device = situation.snapshot.device_at(path);
    return device == nullptr ? path.text() : device->shown();
}

std::string reason_for(const attach::Take& one, const Situation& situation)
{
    return format("{} gives back {}", one.guest.text(), what_is_at(situation, place_of(one)));
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
    return format("{} has to work for what is behind it to be seen", what_is_at(situation, one.hub.path));
}
std::string reason_for(const attach::BringHome& one, const Situation& situation)
{
    return format("the host's drivers get {}", what_is_at(situation, one.device.path));
}
std::string reason_for(const attach::Give& one, const Situation& situation)
{
    return format("{} gets {}", one.guest.text(), what_is_at(situation, one.device.path));
}

std::string in_words(const attach::Waiting& waiting, const Situation& situation, const Connector& connector)
{
    const auto what = what_is_at(situation, waiting.device.path);
    const auto& name = connector.spec.name.text();
    switch (waiting.why) {
    case attach::Waits::no_monitor:
        return format("{} stays with the host until the guest runs and its monitor answers", what);
    case attach::Waits::no_port:
        return format(
            "{} stays with the host: the guest has no free port for it; `usbroute guest lines` prints a controller "
            "with 15 ports",
            what);
    case attach::Waits::held_by_other:
        return format("{} stays where it is: {} has it", what, printable(waiting.by, 64));
    case attach::Waits::failed:
        return format("{} stays with the host until it is plugged in again: {}", what,
                      printable(waiting.by, 256));
    case attach::Waits::stays: return format("{} stays with the host, whomever {} is for", what, name);
    }
    return {};
}

} // namespace

attach::Seen seen_for(const Situation& situation)
{
    auto seen = situation.attached;
    seen.devices.clear();
    for (const auto& device : situation.snapshot.devices) seen.devices.push_back(attach::seen(*device));
    return seen;
}

std::vector<Assignment> assignments_after(const Plan& plan, const Board& board)
{
    std::vector<Assignment> assignments;
    for (const auto& connector : board.connectors) {
        if (means_of(connector) != Means::attach) continue;
        const auto movement = std::ranges::find(plan.movements, connector.spec.name, &Movement::connector);
        const auto& seat = movement == plan.movements.end() ? *connector.at : movement->to;
        assignments.push_back({.connector = connector.spec.name,
                               .places = connector.seat(topology::OwnController{})->places,
                               .whom = whom(seat),
                               .slot = assignments.size()});
    }
    return assignments;
}

void add_giving(Plan& plan, const Situation& situation, const Board& board)
{
    const auto assignments = assignments_after(plan, board);
    if (std::ranges::none_of(assignments, [&](const auto& one) { return is_moved(plan, one.connector); }))
        return;
    plan.made_for.devices = seen_for(situation);
    const auto& seen = *plan.made_for.devices;
    const auto socket_of = [&](const PortPath& path) -> const Connector* {
        for (const auto& assignment : assignments)
            for (const auto& place : assignment.places)
                if (place.contains(path)) return board.find(assignment.connector);
        return nullptr;
    };
    const auto due = attach::due(assignments, seen, situation.of_devices);
    for (const auto& action : due.actions)
        std::visit(
            [&](const auto& one) {
                const auto* connector = socket_of(place_of(one));
                if (connector == nullptr || !is_moved(plan, connector->spec.name)) return;
                plan.steps.push_back(
                    {.action = one, .inverse = inverse_of(one, seen), .reason = reason_for(one, situation)});
            },
            action);
    for (const auto& waiting : due.waiting)
        if (const auto* connector = socket_of(waiting.device.path);
            connector != nullptr && is_moved(plan, connector->spec.name))
            plan.warnings.push_back(in_words(waiting, situation, *connector));
}

} // namespace usbroute::plan
