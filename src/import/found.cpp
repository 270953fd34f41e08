// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/found.hpp"

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "topology/snapshot.hpp"

#include <algorithm>
#include <array>

namespace usbroute::import_ {

namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 16> kind_words{{
    {"hotplugger", Kind::hotplugger},
    {"vhotplug", Kind::vhotplug},
    {"whawty", Kind::whawty},
    {"libvirt", Kind::libvirt},
    {"udev", Kind::udev},
    {"tables", Kind::tables},
    {"proxmox", Kind::proxmox},
    {"proxmox-mapping", Kind::proxmox_mapping},
    {"qemu", Kind::qemu},
    {"unraid", Kind::unraid},
    {"unraid-kept", Kind::unraid_kept},
    {"usbguard", Kind::usbguard},
    {"quickemu", Kind::quickemu},
    {"microvm", Kind::microvm},
    {"setpci", Kind::setpci},
    {"script", Kind::script},
}};

/// What can be typed by hand is bounded; so is a file.
constexpr std::size_t most_remarks = 2000;

} // namespace

std::string_view text_of(Kind kind)
{
    return std::ranges::find(kind_words, kind, &std::pair<std::string_view, Kind>::second)->first;
}

std::optional<Kind> kind_from(std::string_view word)
{
    const auto* found = std::ranges::find(kind_words, word, &std::pair<std::string_view, Kind>::first);
    if (found == kind_words.end()) return std::nullopt;
    return found->second;
}

const std::vector<Kind>& all_kinds()
{
    static const auto kinds = [] {
        std::vector<Kind> all;
        for (const auto& row : kind_words) all.push_back(row.second);
        return all;
    }();
    return kinds;
}

std::optional<ToldSocket> socket_by_bus(std::string_view text)
{
    const auto path = topology::PortPath::parse(text);
    if (!path || path->bus() == 0) return std::nullopt;
    return ToldSocket{
        .said = std::string(text), .bus = path->bus(), .way = {}, .superspeed = {}, .ports = path->ports()};
}

std::optional<ToldSocket> socket_by_devpath(std::string_view text)
{
    ToldSocket socket{.said = std::string(text), .bus = {}, .way = {}, .superspeed = {}, .ports = {}};
    bool root_bus = false;
    for (auto part : split(text, '/')) {
        if (part.starts_with("pci") && part.find(':') != std::string_view::npos) {
            root_bus = true;
            continue;
        }
        if (const auto address = PciAddress::parse(part); address && !socket.bus) {
            socket.way.push_back(*address);
            continue;
        }
        if (const auto colon = part.find(':'); colon != std::string_view::npos) part = part.substr(0, colon);
        const auto path = topology::PortPath::parse(part);
        if (!path || path->bus() == 0) continue;
        if (socket.bus && *socket.bus != path->bus()) return std::nullopt;
        socket.bus = path->bus();
        if (path->ports().size() >= socket.ports.size()) socket.ports = path->ports();
    }
    socket.way_is_whole = root_bus;
    if (!socket.bus) return std::nullopt;
    return socket;
}

std::optional<ToldSocket> socket_by_id_path(std::string_view text)
{
    ToldSocket socket{.said = std::string(text), .bus = {}, .way = {}, .superspeed = {}, .ports = {}};
    constexpr std::array<std::pair<std::string_view, int>, 3> marks{
        {{"-usb-", 0}, {"-usbv2-", 2}, {"-usbv3-", 3}}};
    for (const auto& [mark, revision] : marks) {
        const auto at = text.find(mark);
        if (at == std::string_view::npos) continue;
        auto address = text.substr(0, at);
        if (!address.starts_with("pci-")) return std::nullopt;
        const auto function = PciAddress::parse(address.substr(4));
        auto place = text.substr(at + mark.size());
        const auto colon = place.find(':');
        if (!function || colon == std::string_view::npos) return std::nullopt;
        place = place.substr(colon + 1);
        if (const auto end = place.find(':'); end != std::string_view::npos) place = place.substr(0, end);
        const auto path = topology::PortPath::parse("1-" + std::string(place));
        if (!path) return std::nullopt;
        socket.way.push_back(*function);
        socket.ports = path->ports();
        if (revision != 0) socket.superspeed = revision == 3;
        return socket;
    }
    return std::nullopt;
}

ToldGuest& Found::guest(const std::string& name, std::uint32_t line)
{
    const auto known = std::ranges::find(guests, name, &ToldGuest::name);
    if (known != guests.end()) return *known;
    guests.push_back({.name = name,
                      .origin = at(line),
                      .qmp = {},
                      .libvirt = {},
                      .functions = {},
                      .slots = {},
                      .no_monitor = {}});
    return guests.back();
}

void Found::add(std::uint32_t line, Weight weight, std::string text)
{
    if (remarks.size() < most_remarks)
        remarks.push_back({.origin = at(line), .weight = weight, .text = std::move(text)});
}

std::string_view last_name_of(std::string_view path)
{
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string stem_of(std::string_view file)
{
    auto name = last_name_of(file);
    if (const auto dot = name.rfind('.'); dot != std::string_view::npos && dot > 0)
        name = name.substr(0, dot);
    return std::string(name);
}

} // namespace usbroute::import_
