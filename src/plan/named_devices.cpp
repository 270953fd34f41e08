// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/named_devices.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "plan/apart.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace usbroute::plan {

using topology::Device;
using topology::PortPath;
using topology::Snapshot;

namespace {

constexpr std::size_t most_candidates_told = 8;

std::vector<const Device*> all_that(const Snapshot& snapshot, const std::function<bool(const Device&)>& fits)
{
    std::vector<const Device*> found;
    for (const auto& device : snapshot.devices)
        if (fits(*device)) found.push_back(device.get());
    return found;
}

/// "3:12", "003:012".
std::optional<std::pair<std::uint16_t, std::uint8_t>> bus_and_number_from(std::string_view word)
{
    constexpr std::size_t most_digits = 3;
    const auto colon = word.find(':');
    if (colon == std::string_view::npos || colon > most_digits || word.size() - colon - 1 > most_digits)
        return std::nullopt;
    const auto bus = number_from<std::uint16_t>(word.substr(0, colon));
    const auto number = number_from<std::uint8_t>(word.substr(colon + 1));
    if (!bus || !number) return std::nullopt;
    return std::pair(*bus, *number);
}

bool has_key(const Device& device, const topology::DeviceKey& key, const Snapshot& snapshot)
{
    if (key.ids != UsbIds{.vendor = device.vendor, .product = device.product}) return false;
    return key.at ? topology::place_of(snapshot, device.path) == key.at : device.serial == key.serial;
}

/// By the first form that the word has.
std::vector<const Device*> by_its_form(const Snapshot& snapshot, std::string_view word)
{
    if (const auto path = PortPath::parse(word))
        return all_that(snapshot, [&](const Device& one) { return one.path == *path; });
    if (const auto at = bus_and_number_from(word))
        return all_that(snapshot, [&](const Device& one) {
            return one.path.bus() == at->first && one.number == at->second;
        });
    if (const auto ids = UsbIds::parse(word))
        return all_that(snapshot, [&](const Device& one) {
            return *ids == UsbIds{.vendor = one.vendor, .product = one.product};
        });
    if (const auto key = topology::DeviceKey::parse(word))
        return all_that(snapshot, [&](const Device& one) { return has_key(one, *key, snapshot); });
    return {};
}

Refusal several_devices(std::string_view word, const std::vector<const Device*>& found)
{
    std::vector<std::string> names;
    for (const auto* device : found) {
        if (names.size() == most_candidates_told) {
            names.push_back(format("{} more", found.size() - names.size()));
            break;
        }
        names.push_back(format("{} ({})", device->path.text(), device->shown()));
    }
    return {Reason::several_devices, printable(word, 64),
            format("{} can be {} devices: {}", printable(word, 64), found.size(), join(names, ", ")),
            format("name one by its place, such as {}", found.front()->path.text())};
}

Refusal a_hub(const Device& device)
{
    return {Reason::no_such_connector, device.path.text(),
            format("{} at {} is a hub, and a hub is never given", device.shown(), device.path.text()),
            "name what is plugged into it, or its socket"};
}

Refusal not_by_itself(const Device& device)
{
    return {Reason::no_such_connector, device.path.text(),
            format("{} at {} cannot be moved by itself: no guest of the configuration takes single devices",
                   device.shown(), device.path.text()),
            "give a guest qmp or libvirt, and write a connector with usb or a rule: docs/rules.md"};
}

Refusal always_the_hosts(const Device& device, const config::RuleSettings& rule)
{
    return {Reason::always_host, device.path.text(),
            format("{} at {} always stays with the host: [rule.{}] ({}) says so", device.shown(),
                   device.path.text(), rule.name.text(), rule.origin.text()),
            format("take always out of [rule.{}] of the configuration", rule.name.text())};
}

/// Puts it on the board, if it is not there. A refusal: it may not go there, or cannot.
std::optional<Refusal> put_apart(Board& board, const Situation& situation, const Device& device,
                                 const config::Target& to)
{
    if (!situation.settings.gives_devices()) return not_by_itself(device);
    const auto judgement = judge(ruled(board, situation.snapshot, device), situation.settings.rules);
    if (judgement.rule != nullptr && judgement.rule->always && to != config::Target(config::ToHost{}))
        return always_the_hosts(device, *judgement.rule);
    if (board.apart_at(device.path) != nullptr) return std::nullopt;
    auto apart = as_apart(board, situation.snapshot, device, takers_of(situation.settings));
    if (!apart) return not_by_itself(device);
    board.apart.push_back(std::move(*apart));
    return std::nullopt;
}

} // namespace

std::vector<const Device*> devices_named(const Snapshot& snapshot, std::string_view word)
{
    if (auto found = by_its_form(snapshot, word); !found.empty()) return found;
    if (word.empty()) return {};
    if (auto found = all_that(snapshot, [&](const Device& one) { return one.serial == word; });
        !found.empty())
        return found;
    const auto wanted = lower(word);
    return all_that(snapshot, [&](const Device& one) {
        return lower(one.shown()) == wanted || lower(printable(name_of(one))) == wanted;
    });
}

std::expected<const Device*, Refusal> device_named(const Snapshot& snapshot, std::string_view word)
{
    const auto found = devices_named(snapshot, word);
    if (found.empty())
        return std::unexpected(Refusal{Reason::no_such_connector, printable(word, 64),
                                       format("there is no connector and no device {}", printable(word, 64)),
                                       "`usbroute status -v` lists them"});
    if (found.size() > 1) return std::unexpected(several_devices(word, found));
    if (found.front()->is_hub()) return std::unexpected(a_hub(*found.front()));
    return found.front();
}

std::expected<Request, Refusal> with_devices_apart(Board& board, const Situation& situation, Request request)
{
    auto* move = std::get_if<MoveRequest>(&request.wish);
    if (move == nullptr) return request;
    for (auto& name : move->connectors) {
        if (board.find(name) != nullptr && board.find(name)->spec.device == std::nullopt) continue;
        if (devices_named(situation.snapshot, name.text()).empty()) continue;
        const auto device = device_named(situation.snapshot, name.text());
        if (!device) return std::unexpected(device.error());
        if (auto refusal = put_apart(board, situation, **device, move->to)) return std::unexpected(*refusal);
        name = ConnectorName((*device)->path.text());
    }
    return request;
}

} // namespace usbroute::plan
