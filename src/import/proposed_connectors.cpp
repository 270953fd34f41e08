// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/draft.hpp"
#include "map/hub_socket.hpp"
#include "map/sighting.hpp"
#include "topology/connector.hpp"
#include "topology/halves.hpp"

#include <algorithm>

namespace usbroute::import_ {

using topology::PortPath;
using topology::UsbPlace;

namespace {

bool has_connector(const Proposal& proposal, const ConnectorName& name)
{
    return std::ranges::any_of(proposal.connectors,
                               [&](const auto& one) { return one.settings.spec.name == name; });
}

std::string new_connector_name(Draft& draft, const Slot& slot)
{
    if (const auto own = plain_name(slot.name); !own.empty() && !draft.guests.contains(slot.name))
        return draft.connector_names.free(own);
    if (!slot.guest.empty()) return draft.connector_names.next(draft.guest_names.of(slot.guest, "guest"));
    return draft.connector_names.next("socket");
}

void say_of_bit(Draft& draft, chips::MuxBit bit, const Slot& slot, bool has_superspeed)
{
    if (!slot.told.empty())
        draft.say(slot.origin, Weight::note,
                  format("{} is the socket of bit {} of the mux", slot.told.front().text(), bit.value));
    if (!has_superspeed)
        draft.say(
            slot.origin, Weight::note,
            format(
                "the firmware does not say whether the socket of bit {} has a SuperSpeed half; run `usbroute map` to find out",
                bit.value));
}

void say_of_halves(Draft& draft, const Spot& spot, const Slot& slot)
{
    if (spot.bit)
        return say_of_bit(draft, *spot.bit, slot,
                          slot.superspeed || draft.spots.connector(spot).spec.superspeed);
    if (spot.added && std::ranges::find(slot.told, *spot.added) == slot.told.end()) {
        const bool by_firmware = spot.added_by.starts_with("firmware");
        return draft.say(slot.origin, by_firmware ? Weight::note : Weight::warning,
                         format("added the socket's other half {}: {}", spot.added->text(),
                                by_firmware ? "reported by the firmware"
                                            : "the kernel guesses it from equal port numbers"));
    }
    if (spot.places.size() != 1 || spot.places.front().ports.size() != 1) return;
    topology::ConnectorSpec spec;
    spec.places = spot.places;
    if (const auto half = topology::unknown_half(draft.here.snapshot, spec, {}))
        draft.say(slot.origin, Weight::note,
                  format("the {} of {} is unknown; run `usbroute map` to find it", half->name(),
                         spot.places.front().text()));
}

/// A hub that somebody can plug in elsewhere; null: the device is none.
const topology::Device* loose_hub(const topology::Snapshot& snapshot, const PortPath& path)
{
    const auto* device = snapshot.device_at(path);
    if (device == nullptr || !device->is_hub() || map::is_part_of_the_board(snapshot, *device))
        return nullptr;
    return device;
}

/// How the connector would follow the hub, as lines of the configuration.
std::vector<std::string> lines_to_follow(const map::HubToName& hub, const std::string& name,
                                         std::uint8_t port)
{
    std::vector<std::string> lines{
        format("to follow the hub wherever it is plugged in, replace usb with usb = [\"{}-hub/{}\"] and add",
               name, port),
        format("[hub.{}-hub]", name), format("id = \"{}\"", hub.spec.id.text())};
    if (!hub.serial.empty())
        lines.push_back(format("serial = \"{}\"", printable(hub.serial, 126)));
    else if (!hub.others.empty() && hub.at)
        lines.push_back(format("at = \"{}\"", topology::text_of(*hub.at)));
    return lines;
}

/// Of hubs in the socket and above it: lines for the connector.
std::vector<std::string> say_of_hubs(Draft& draft, const Spot& spot, const Slot& slot,
                                     const std::string& name)
{
    const auto& snapshot = draft.here.snapshot;
    for (const auto& place : slot.told) {
        const auto path = topology::path_of(snapshot, place);
        if (!path) continue;
        if (const auto* hub = loose_hub(snapshot, *path)) {
            draft.say(slot.origin, Weight::note,
                      format("{} is in this socket now: everything plugged into it moves with the socket",
                             hub->shown()));
            return {};
        }
        if (spot.bit || path->ports().size() < 2) continue;
        const PortPath above(path->bus(), {path->ports().begin(), path->ports().end() - 1});
        const auto* hub = loose_hub(snapshot, above);
        if (hub == nullptr || hub->speed.is_superspeed()) continue;
        const auto named = map::hub_to_name(snapshot, above);
        if (!named) continue;
        draft.say(
            slot.origin, Weight::note,
            format(
                "this is a port of {} and stays here when that hub is plugged in elsewhere; use [hub.NAME] to follow the hub",
                hub->shown()));
        return lines_to_follow(*named, name, path->ports().back());
    }
    return {};
}

/// The places that can be written in a form that outlives new numbers, as a line; none: nothing.
void add_lasting_forms(const topology::Snapshot& snapshot, const topology::ConnectorSpec& spec,
                       std::vector<std::string>& lines)
{
    std::vector<std::string> lasting;
    for (const auto& place : spec.places)
        if (const auto form = topology::lasting_form(snapshot, place);
            !std::holds_alternative<UsbPlace>(form))
            lasting.push_back(format("\"{}\"", topology::text_of(form)));
    if (!lasting.empty())
        lines.push_back(
            format("by device.function, which stays valid when PCI buses are renumbered: usb = [{}]",
                   join(lasting, ", ")));
}

std::string propose_connector(Draft& draft, const Spot& spot, const Slot& slot)
{
    auto made = draft.spots.connector(spot);
    for (const auto& connector : draft.proposal.connectors)
        if (spot.bit && connector.settings.spec.bit == spot.bit) return connector.settings.spec.name.text();
    if (made.spec.name.text().empty())
        made.spec.name = ConnectorName(new_connector_name(draft, slot));
    else if (has_connector(draft.proposal, made.spec.name))
        made.spec.name = ConnectorName(draft.connector_names.next(made.spec.name.text()));
    if (spot.bit && !made.spec.superspeed) made.spec.superspeed = slot.superspeed;
    const auto id = slot.expected ? slot.expected->id() : std::nullopt;
    made.spec.expect = slot.is_expected_by_all ? id : std::nullopt;
    const auto name = made.spec.name.text();
    say_of_halves(draft, spot, slot);
    auto remarks = say_of_hubs(draft, spot, slot, name);
    add_lasting_forms(draft.here.snapshot, made.spec, remarks);
    draft.connector_names.reserve(name);
    draft.proposal.connectors.push_back({.settings = std::move(made), .remarks = std::move(remarks)});
    return name;
}

/// The socket of the mux is a connector, whoever is told to have a port of the hub in it.
void propose_port_behind(Draft& draft, Slot& slot)
{
    Spot socket;
    socket.bit = slot.spot.bit;
    Slot above{
        .spot = socket, .name = {}, .guest = slot.guest, .told = {}, .origin = slot.origin, .expected = {}};
    for (const auto& other : draft.slots)
        if (&other != &slot && other.spot.is_same(socket)) above.name = other.name;
    const auto name = propose_connector(draft, socket, above);
    config::ConnectorSettings made;
    made.spec.behind = topology::BehindConnector{.socket = ConnectorName(name), .ports = slot.spot.behind};
    made.spec.name = ConnectorName(draft.connector_names.next(name));
    draft.say(slot.origin, Weight::warning,
              format("this port is on a hub in the mux socket {} and moves with that socket", name));
    draft.proposal.connectors.push_back({.settings = std::move(made), .remarks = {}});
    slot.name = name;
}

} // namespace

void propose_connectors(Draft& draft)
{
    for (auto& slot : draft.slots) {
        if (draft.proposal.connectors.size() >= most_connectors)
            return draft.say(slot.origin, Weight::left, "there are too many sockets");
        if (slot.spot.bit && !slot.spot.behind.empty())
            propose_port_behind(draft, slot);
        else
            slot.name = propose_connector(draft, slot.spot, slot);
    }
}

} // namespace usbroute::import_
