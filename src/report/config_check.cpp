// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/config_check.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/board.hpp"
#include "plan/reach.hpp"
#include "plan/whole_controller.hpp"
#include "route/mux.hpp"
#include "route/superspeed_halves.hpp"
#include "topology/halves.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace usbroute::report {

using config::ConnectorSettings;
using topology::Snapshot;

namespace {

std::string why_bit_does_not_fit(const std::optional<route::Mux>& mux, chips::MuxBit bit)
{
    if (!mux) return format("mux_bit = {}, but this machine has no port mux", bit.value);
    const auto& family = *mux->family;
    if (family.route_of(bit) != nullptr) return {};
    if (family.usb_r_bit == bit.value)
        return format("mux_bit = {} is USB-R, the management engine's port, which is never moved", bit.value);
    return format("mux_bit = {}, but the {} chipset routes ports with bits 0 to {}", bit.value, family.name,
                  family.routes.back().bit);
}

std::string why_superspeed_does_not_fit(const std::optional<route::Mux>& mux, chips::SuperSpeedPort port)
{
    if (!mux || (port.mask() & mux->family->superspeed_bits) != 0) return {};
    return format("superspeed = {}, but the {} chipset has SuperSpeed ports 1 to {}", port.value,
                  mux->family->name, mux->family->superspeed_ports());
}

std::string why_controller_does_not_fit(const Snapshot& snapshot, const PciAddress& address)
{
    return snapshot.controller_at(address) == nullptr
               ? format("{} is not a USB controller of this machine", address.text())
               : std::string();
}

std::string why_place_does_not_fit(const Snapshot& snapshot, const topology::UsbPlace& place)
{
    const auto* controller = snapshot.controller_at(place.controller);
    if (controller == nullptr) return why_controller_does_not_fit(snapshot, place.controller);
    const auto* bus = place.superspeed ? controller->superspeed_bus() : controller->usb2_bus();
    if (bus == nullptr || place.ports.empty() || place.ports.front() <= bus->ports) return {};
    return format("{}: that root hub has ports 1 to {}", place.text(), bus->ports);
}

std::string why_way_does_not_fit(const Snapshot& snapshot, const topology::WayPlace& place)
{
    if (const auto there = topology::located(snapshot, place))
        return why_place_does_not_fit(snapshot, *there);
    return format("{}: no USB controller of this machine is at the end of that way", place.text());
}

std::string why_told_place_does_not_fit(const Snapshot& snapshot, const topology::ToldPlace& place)
{
    if (const auto* way = std::get_if<topology::WayPlace>(&place))
        return why_way_does_not_fit(snapshot, *way);
    return why_place_does_not_fit(snapshot, std::get<topology::UsbPlace>(place));
}

/// Two names for one port, in two forms: only the machine tells that they are the same.
void add_same_places(ConfigCheck& check, const config::Settings& settings, const Snapshot& snapshot)
{
    const auto board = plan::look_at_board(snapshot, settings);
    const auto of_the_board = std::span(board.connectors).first(board.configured);
    const auto add = [&](const topology::Connector& connector, const topology::Connector& first,
                         const topology::PortPath& place) {
        const auto* settings_here = settings.connector(connector.spec.name);
        const auto* settings_there = settings.connector(first.spec.name);
        const auto what = &connector == &first
                              ? format("usb names {} twice, in two forms; keep one", place.text())
                              : format("it is at {}, which already belongs to {} ({})", place.text(),
                                       first.spec.name.text(), settings_there->origin.text());
        check.misfits.push_back({.origin = settings_here->origin.text(),
                                 .message = format("connector {}: {}", connector.spec.name.text(), what)});
    };
    std::map<topology::PortPath, const topology::Connector*> known;
    for (const auto& connector : of_the_board) {
        if (connector.behind || connector.spec.bit) continue;
        // `locate` has left out what is there in both forms.
        for (const auto& way : connector.spec.ways) {
            const auto place = topology::located(snapshot, way);
            const auto& told = settings.connector(connector.spec.name)->spec.places;
            const auto path = place ? topology::path_of(snapshot, *place) : std::nullopt;
            if (path && std::ranges::find(told, *place) != told.end()) add(connector, connector, *path);
        }
        for (const auto& place : connector.all_places())
            if (const auto [first, is_new] = known.emplace(place, &connector);
                !is_new && first->second != &connector)
                add(connector, *first->second, place);
    }
}

/// A hub comes and goes, so that it is missing is no mistake; what connectors expect there is nothing for now.
void add_hub_warnings(ConfigCheck& check, const config::Settings& settings, const Snapshot& snapshot)
{
    const auto board = plan::look_at_board(snapshot, settings);
    for (std::size_t i = 0; i < board.hubs.size(); ++i) {
        const auto& hub = board.hubs[i];
        const auto& origin = settings.hubs[i].origin;
        const auto add = [&](std::string message) {
            check.warnings.push_back({.origin = origin.text(), .message = std::move(message)});
        };
        std::vector<std::string> names;
        for (const auto& connector : settings.connectors)
            if (std::ranges::find(connector.spec.on_hubs, hub.spec.name, &topology::HubPlace::hub) !=
                connector.spec.on_hubs.end())
                names.push_back(connector.spec.name.text());
        if (!hub.why_not.empty())
            add(names.empty() ? hub.why_not
                              : format("{}: {} {} no place now", hub.why_not, join(names, ", "),
                                       names.size() == 1 ? "has" : "have"));
        if (!hub.usb2) continue;
        const auto* device = snapshot.device_at(*hub.usb2);
        for (const auto& connector : settings.connectors)
            for (const auto& place : connector.spec.on_hubs)
                if (place.hub == hub.spec.name && device->hub_ports > 0 &&
                    place.ports.front() > device->hub_ports)
                    check.misfits.push_back(
                        {.origin = connector.origin.text(),
                         .message = format("connector {}: {}: that hub has ports 1 to {}",
                                           connector.spec.name.text(), place.text(), device->hub_ports)});
    }
}

/// Half of a socket is a socket from which half of the devices do not move.
void add_half_warnings(ConfigCheck& check, const config::Settings& settings, const Snapshot& snapshot)
{
    const auto specs = settings.specs();
    const auto mux = route::find_mux(snapshot);
    for (const auto& connector : settings.connectors) {
        auto half = topology::unknown_half(snapshot, connector.spec, specs);
        if (!half) half = route::unknown_superspeed(snapshot, mux, connector.spec, specs);
        if (!half) continue;
        auto message =
            format("connector {}: its {} is not known, so {} in it is not moved; `usbroute map` learns it",
                   connector.spec.name.text(), half->name(), half->left_behind());
        if (half->told)
            message += format(" ({} that it is {})", half->told->said(),
                              topology::text_of(topology::lasting_form(snapshot, half->told->place)));
        check.warnings.push_back({.origin = connector.origin.text(), .message = std::move(message)});
    }
}

/// One guest has a controller at a time, and by the configuration it is known whose its sockets are: the first guest's.
void add_shared_controllers(ConfigCheck& check, const config::Settings& settings)
{
    for (auto guest = settings.guests.begin(); guest != settings.guests.end(); ++guest)
        for (const auto& address : guest->controllers) {
            const auto other = std::find_if(settings.guests.begin(), guest, [&](const auto& earlier) {
                return std::ranges::find(earlier.controllers, address) != earlier.controllers.end();
            });
            if (other == guest) continue;
            check.misfits.push_back(
                {.origin = guest->origin.text(),
                 .message =
                     format("guest {}: {} is also given to guest {} ({}); give it to only one of them",
                            guest->name.text(), address.text(), other->name.text(), other->origin.text())});
        }
}

/// Whether somebody at the guest can move sockets. Not `undo`: it takes back whatever was changed last.
bool can_move_by_its_line(const config::Settings& settings, const GuestName& guest)
{
    using config::Verb;
    return std::ranges::any_of(settings.listeners, [&](const config::ListenerSettings& line) {
        return line.guest == guest &&
               (line.allows(Verb::toggle) || line.allows(Verb::move) || line.allows(Verb::apply));
    });
}

std::string why_stranded(const config::Settings& settings, const config::GuestSettings& guest, bool has_mux)
{
    using config::WhenOff;
    if (guest.when_off == WhenOff::host) return {};
    if (guest.controllers.empty() || !has_mux)
        return guest.when_off == WhenOff::stay && guest.takes_devices()
                   ? R"(when_off = "stay" is for sockets of the mux, and this guest has none; write "host" or "reserve")"
                   : std::string();
    if (can_move_by_its_line(settings, guest.name)) return {};
    return format(
        R"(its sockets of the mux stay with it when it is gone (when_off = "{0}"), and it has no line of its own through which they can be called back; write when_off = "host", or add [listen.{1}] with unix = "/run/usbroute/{1}.sock", guest = "{1}", allow = ["toggle", "status", "confirm"])",
        config::text_of(guest.when_off), guest.name.text());
}

/// Whether its machine has them can only be seen once it runs.
void add_root_ports(ConfigCheck& check, const config::Settings& settings)
{
    for (const auto& guest : settings.guests)
        if (const auto needed = plan::root_ports_needed(guest); !needed.empty())
            check.warnings.push_back({.origin = guest.origin.text(),
                                      .message = format("guest {}: {}", guest.name.text(), needed)});
}

/// Where no machine was seen it may have the mux.
void add_stranded(ConfigCheck& check, const config::Settings& settings, const Snapshot& snapshot)
{
    const bool has_mux = snapshot.all_controllers().empty() || route::find_mux(snapshot);
    for (const auto& guest : settings.guests)
        if (const auto why = why_stranded(settings, guest, has_mux); !why.empty())
            check.warnings.push_back(
                {.origin = guest.origin.text(), .message = format("guest {}: {}", guest.name.text(), why)});
}

} // namespace

ConfigCheck check_config(const config::Settings& settings, const Snapshot& snapshot,
                         std::vector<std::string> files)
{
    ConfigCheck check;
    check.files = std::move(files);
    check.connectors = static_cast<int>(settings.connectors.size());
    check.guests = static_cast<int>(settings.guests.size());
    check.profiles = static_cast<int>(settings.profiles.size());
    check.listeners = static_cast<int>(settings.listeners.size());
    check.hubs = static_cast<int>(settings.hubs.size());
    add_shared_controllers(check, settings);
    add_stranded(check, settings, snapshot);
    add_root_ports(check, settings);
    check.machine_was_seen = !snapshot.all_controllers().empty();
    if (!check.machine_was_seen) return check;

    const auto mux = route::find_mux(snapshot);
    const auto add = [&check](const config::Origin& origin, std::string_view kind, const std::string& name,
                              const std::string& why) {
        if (!why.empty())
            check.misfits.push_back(
                {.origin = origin.text(), .message = format("{} {}: {}", kind, name, why)});
    };
    for (const auto& connector : settings.connectors) {
        const auto& spec = connector.spec;
        const auto& name = spec.name.text();
        if (spec.bit) add(connector.origin, "connector", name, why_bit_does_not_fit(mux, *spec.bit));
        if (spec.superspeed)
            add(connector.origin, "connector", name, why_superspeed_does_not_fit(mux, *spec.superspeed));
        for (const auto& place : spec.places)
            add(connector.origin, "connector", name, why_place_does_not_fit(snapshot, place));
        for (const auto& way : spec.ways)
            add(connector.origin, "connector", name, why_way_does_not_fit(snapshot, way));
    }
    for (const auto& hub : settings.hubs)
        if (hub.spec.at)
            add(hub.origin, "hub", hub.spec.name.text(), why_told_place_does_not_fit(snapshot, *hub.spec.at));
    add_same_places(check, settings, snapshot);
    add_hub_warnings(check, settings, snapshot);
    add_half_warnings(check, settings, snapshot);
    for (const auto& guest : settings.guests)
        for (const auto& address : guest.controllers)
            add(guest.origin, "guest", guest.name.text(), why_controller_does_not_fit(snapshot, address));
    for (const auto& one : plan::out_of_reach(snapshot, settings))
        check.misfits.push_back({.origin = one.origin.text(),
                                 .message = format("{}: {}", one.subject, one.sentence),
                                 .is_of_reach = true});
    return check;
}

std::vector<ShutNodes> shut_nodes(const config::Settings& settings, const Snapshot& snapshot,
                                  const LookAtNode& look)
{
    std::vector<ShutNodes> found;
    const auto add = [&](const auto& needed) {
        std::vector<std::string> shut;
        for (const auto& there : plan::those_there(needed, snapshot))
            if (const auto access = look(there); access && !access->is_writable) shut.push_back(access->path);
        if (shut.empty()) return;
        std::vector<std::string> names;
        for (const auto& name : needed.connectors) names.push_back(name.text());
        const auto* first = settings.connector(needed.connectors.front());
        const auto rest = shut.size() - 1;
        found.push_back(
            {.origin = first == nullptr ? std::string() : first->origin.text(),
             .sentence = format("usbrouted may not write {}{}, which it needs for {}", shut.front(),
                                rest == 0 ? std::string()
                                          : format(" and {}", counted(rest, "other node", "other nodes")),
                                join(names, ", "))});
    };
    const auto board = plan::look_at_board(snapshot, settings);
    for (const auto& needed : plan::needed_nodes(board)) add(needed);
    for (const auto& needed : plan::needed_hubs(snapshot, board)) add(needed);
    return found;
}

void add_node_warnings(ConfigCheck& check, const config::Settings& settings, const Snapshot& snapshot,
                       const LookAtNode& look)
{
    for (const auto& shut : shut_nodes(settings, snapshot, look))
        check.warnings.push_back(
            {.origin = shut.origin,
             .message = shut.sentence +
                        "; give its group the right to: `usbroute config udev` prints the udev rules"});
}

void add_helper_warnings(ConfigCheck& check, const config::Settings& settings,
                         const std::vector<GuestName>& without_helper)
{
    for (const auto& name : without_helper) {
        const auto* guest = settings.guest(name);
        if (guest == nullptr || !guest->libvirt) continue;
        check.warnings.push_back(
            {.origin = guest->origin.text(),
             .message = format("no usbroute-libvirt listens for {}{}, so {} is given nothing; start it: {}",
                               guest->libvirt->uri(),
                               guest->libvirt->user.empty() ? "" : " of user " + guest->libvirt->user,
                               name.text(), config::command_for_helper(*guest->libvirt))});
    }
}

} // namespace usbroute::report
