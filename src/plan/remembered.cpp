// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/remembered.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "topology/connector.hpp"
#include "topology/halves.hpp"
#include "topology/seat.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace usbroute::plan {

using topology::DeviceKey;
using topology::Key;
using topology::Placed;
using topology::Snapshot;

namespace {

constexpr std::string_view socket_word = "socket";
constexpr std::string_view device_word = "device";
constexpr std::string_view device_at_word = "device-at";

std::vector<Key> keys_of(const config::ConnectorSettings& connector, const Snapshot& snapshot)
{
    auto spec = connector.spec;
    if (spec.bit) return {};
    topology::locate(snapshot, spec);
    return topology::place_keys(spec);
}

std::string line_of(const DeviceKey& key, const topology::Word& word, const Snapshot& snapshot)
{
    if (!key.at) return format("{} {} {}", device_word, key.text(), word);
    return format("{} {} {} {}", device_at_word, key.ids.text(), word,
                  topology::text_of(topology::lasting_form(snapshot, *key.at)));
}

/// A guest that is not in the configuration any more has nothing.
bool is_known(std::string_view word, const config::Settings& settings)
{
    const auto seat = topology::seat_of_word(word);
    if (!seat) return false;
    const auto* guest = std::get_if<GuestName>(&*seat);
    return guest == nullptr || settings.guest(*guest) != nullptr;
}

void add_socket(std::vector<Placed>& placed, std::string_view name, std::string_view word,
                const Snapshot& snapshot, const config::Settings& settings)
{
    const auto* connector = settings.connector(ConnectorName(std::string(name)));
    if (connector == nullptr) return;
    for (auto& key : keys_of(*connector, snapshot))
        placed.push_back({.key = std::move(key), .word = std::string(word)});
}

void add_device_at(std::vector<Placed>& placed, std::string_view ids_text, std::string_view word,
                   std::string_view place_text, const Snapshot& snapshot)
{
    const auto ids = UsbIds::parse(ids_text);
    const auto told = topology::told_place_from(place_text);
    if (!ids || !told) return;
    auto place = topology::located(snapshot, *told);
    if (!place) return;
    placed.push_back(
        {.key = DeviceKey{.ids = *ids, .serial = {}, .at = std::move(place)}, .word = std::string(word)});
}

} // namespace

std::vector<std::string> lines_of(const std::vector<Placed>& assigned, const Snapshot& snapshot,
                                  const config::Settings& settings)
{
    std::vector<std::string> lines;
    for (const auto& connector : settings.connectors) {
        const auto keys = keys_of(connector, snapshot);
        const auto said = std::ranges::find_if(assigned, [&](const Placed& placed) {
            return std::ranges::find(keys, placed.key) != keys.end();
        });
        if (said != assigned.end())
            lines.push_back(format("{} {} {}", socket_word, connector.spec.name.text(), said->word));
    }
    for (const auto& placed : assigned)
        if (const auto* key = std::get_if<DeviceKey>(&placed.key))
            lines.push_back(line_of(*key, placed.word, snapshot));
    return lines;
}

std::vector<Placed> placed_by(std::span<const std::string> lines, const Snapshot& snapshot,
                              const config::Settings& settings)
{
    std::vector<Placed> placed;
    for (const auto& line : lines) {
        const auto parts = words(line);
        if (parts.size() < 3 || !is_known(parts[2], settings)) continue;
        const auto key = parts[0] == device_word ? DeviceKey::parse(parts[1]) : std::nullopt;
        if (parts[0] == socket_word) add_socket(placed, parts[1], parts[2], snapshot, settings);
        if (key) placed.push_back({.key = *key, .word = std::string(parts[2])});
        if (parts[0] == device_at_word && parts.size() > 3)
            add_device_at(placed, parts[1], parts[2],
                          parts.size() == 4 ? std::string(parts[3]) : format("{} {}", parts[3], parts[4]),
                          snapshot);
    }
    // In the order of their keys; of several about one, the first.
    std::map<std::string, Placed> by_key;
    for (auto& one : placed) by_key.try_emplace(topology::text_of(one.key), std::move(one));
    placed.clear();
    for (auto& [key, one] : by_key) placed.push_back(std::move(one));
    return placed;
}

} // namespace usbroute::plan
