// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/apart.hpp"

#include "attach/seats.hpp"
#include "plan/expected.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace usbroute::plan {

using config::RuleSettings;
using topology::Connector;
using topology::Device;
using topology::OwnController;
using topology::PortPath;
using topology::SeatId;
using topology::Snapshot;

namespace {

SeatId seat_for(const config::Target& target)
{
    if (const auto* guest = std::get_if<GuestName>(&target)) return *guest;
    if (std::holds_alternative<config::ToNobody>(target)) return topology::Parked{};
    return OwnController{};
}

/// A question keeps everybody from it until there is an answer.
SeatId seat_by(const RuleSettings& rule)
{
    return rule.ask.empty() ? seat_for(rule.to) : SeatId(topology::Parked{});
}

std::optional<SeatId> said_of(const Snapshot& snapshot, const topology::Key& key)
{
    const auto found = std::ranges::find(snapshot.assigned, key, &topology::Placed::key);
    return found == snapshot.assigned.end() ? std::nullopt : topology::seat_of_word(found->word);
}

std::optional<SeatId> said_of(const Snapshot& snapshot, const Connector& connector)
{
    for (const auto& key : topology::place_keys(connector.spec))
        if (auto seat = said_of(snapshot, key)) return seat;
    return std::nullopt;
}

/// By its serial number, or by its place: what was said of it by one counts while its twin is there, too.
std::optional<std::pair<topology::DeviceKey, SeatId>> said_of(const Snapshot& snapshot, const Device& device)
{
    const UsbIds ids{.vendor = device.vendor, .product = device.product};
    const auto place = topology::place_of(snapshot, device.path);
    for (const auto& key : {topology::DeviceKey{.ids = ids, .serial = {}, .at = place},
                            topology::DeviceKey{.ids = ids, .serial = device.serial, .at = {}}}) {
        if (!key.at && key.serial.empty()) continue;
        if (auto seat = said_of(snapshot, topology::Key(key))) return std::pair(key, std::move(*seat));
    }
    return std::nullopt;
}

bool has_said_of_devices(const Snapshot& snapshot)
{
    return std::ranges::any_of(snapshot.assigned, [](const topology::Placed& placed) {
        return std::holds_alternative<topology::DeviceKey>(placed.key);
    });
}

std::vector<HubName> hubs_above(const Board& board, const PortPath& place)
{
    std::vector<std::pair<std::size_t, HubName>> above;
    for (const auto& hub : board.hubs)
        for (const auto& half : {hub.usb2, hub.superspeed})
            if (half && *half != place && half->contains(place))
                above.emplace_back(half->ports().size(), hub.spec.name);
    std::ranges::sort(above, std::greater{});
    std::vector<HubName> names;
    for (auto& [depth, name] : above) names.push_back(std::move(name));
    return names;
}

/// What was said of a device holds while it is unplugged, too, and can be taken back.
void add_what_is_unplugged(Board& board, const Snapshot& snapshot, const std::vector<GuestName>& takers)
{
    for (const auto& placed : snapshot.assigned) {
        const auto* key = std::get_if<topology::DeviceKey>(&placed.key);
        const auto is_it = [&](const ApartDevice& one) { return one.connector.spec.device == *key; };
        if (key == nullptr || std::ranges::any_of(board.apart, is_it)) continue;
        ApartDevice apart;
        auto& connector = apart.connector;
        connector.spec.name = ConnectorName(key->text());
        connector.spec.device = *key;
        connector.seats.push_back({.id = OwnController{}});
        connector.at = OwnController{};
        connector.missing = key->ids.text() + " is not plugged in";
        attach::add_seats(connector, snapshot, takers);
        board.apart.push_back(std::move(apart));
    }
}

} // namespace

RuledDevice ruled(const Board& board, const Snapshot& snapshot, const Device& device)
{
    RuledDevice ruled{.device = device, .hubs = hubs_above(board, device.path)};
    if (const auto said = said_of(snapshot, device)) ruled.by_hand = said->second;
    const auto* socket = board.connector_of(device.path);
    if (socket == nullptr) return ruled;
    ruled.socket = socket->spec.name;
    if (means_of(*socket) == Means::attach) ruled.socket_by_hand = said_of(snapshot, *socket);
    return ruled;
}

void put_sockets_where_rules_say(Board& board, const Snapshot& snapshot, const config::Settings& settings)
{
    for (const auto& rule : settings.rules) {
        if (!rule.match.is_a_socket_alone() || !rule.ask.empty()) continue;
        const auto socket = std::ranges::find_if(
            board.connectors, [&](const Connector& one) { return one.spec.name == rule.match.socket; });
        if (socket == board.connectors.end() || means_of(*socket) != Means::attach ||
            said_of(snapshot, *socket))
            continue;
        auto seat = seat_by(rule);
        if (socket->seat(seat) != nullptr) socket->at = std::move(seat);
    }
}

std::optional<ApartDevice> as_apart(const Board& board, const Snapshot& snapshot, const Device& device,
                                    const std::vector<GuestName>& takers)
{
    const auto place = topology::place_of(snapshot, device.path);
    auto key = topology::key_of(snapshot, device);
    if (!place || !key || device.is_hub()) return std::nullopt;
    if (auto said = said_of(snapshot, device)) key = std::move(said->first);
    ApartDevice apart{.connector = {}, .place = device.path, .rule = {}, .socket = {}};
    auto& connector = apart.connector;
    connector.spec.name = ConnectorName(device.path.text());
    connector.spec.places = {*place};
    connector.spec.device = std::move(key);
    connector.seats.push_back({.id = OwnController{},
                               .controller = snapshot.pci_controller_of_bus(device.path.bus()),
                               .places = {device.path}});
    connector.at = OwnController{};
    const auto* socket = board.connector_of(device.path);
    if (socket != nullptr) {
        apart.socket = socket->spec.name;
        if (means_of(*socket) == Means::attach) connector.at = socket->at;
        if (socket->spec.expect && !is_expected(snapshot, *socket, device))
            connector.spec.expect = socket->spec.expect;
    }
    const auto before = connector.at;
    attach::add_seats(connector, snapshot, takers);
    if (!said_of(snapshot, device) && before && connector.seat(*before) != nullptr) connector.at = before;
    return apart;
}

bool may_have_devices_apart(const Snapshot& snapshot, const config::Settings& settings)
{
    return !settings.rules.empty() || has_said_of_devices(snapshot);
}

void add_devices_apart(Board& board, const Snapshot& snapshot, const config::Settings& settings,
                       const std::vector<GuestName>& takers)
{
    if (!may_have_devices_apart(snapshot, settings)) return;
    for (const auto& device : snapshot.devices) {
        if (device->is_hub()) continue;
        const auto told = ruled(board, snapshot, *device);
        const auto judgement = judge(told, settings.rules);
        if (judgement.by != Authority::rule && judgement.by != Authority::by_hand) continue;
        const auto* socket = told.socket ? board.find(*told.socket) : nullptr;
        const bool goes_with_socket =
            judgement.rule != nullptr && judgement.rule->match.is_a_socket_alone() &&
            judgement.rule->ask.empty() && socket != nullptr && means_of(*socket) == Means::attach;
        if (goes_with_socket) continue;
        auto apart = as_apart(board, snapshot, *device, takers);
        if (!apart) continue;
        if (judgement.rule != nullptr) {
            apart->rule = judgement.rule->name;
            apart->connector.at = seat_by(*judgement.rule);
            if (apart->connector.seat(*apart->connector.at) == nullptr) apart->connector.at = OwnController{};
            apart->asked = judgement.rule->ask;
        }
        board.apart.push_back(std::move(*apart));
    }
    add_what_is_unplugged(board, snapshot, takers);
}

} // namespace usbroute::plan
