// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/fake_qemu.hpp"

#include <algorithm>
#include <array>

/// Controllers, root ports and their buses in QEMU's object tree, as QEMU 7.2 shows them (seen; tests/unit/vmm/real_qemu_test.cpp
/// holds what is asked of them against a real one).
namespace usbroute::sim {

namespace {

constexpr std::string_view named_devices = "/machine/peripheral/";
constexpr std::array<std::string_view, 2> root_port_ids{"rp1", "rp2"};

std::string child_row(std::string_view name, std::string_view type)
{
    return format(R"({{"name": "{}", "type": "child<{}>"}})", name, type);
}
std::string link_row(std::size_t index, std::string_view type)
{
    return format(R"({{"name": "child[{}]", "type": "link<{}>"}})", index, type);
}

/// "xhci" and "xhci.0" of "/machine/peripheral/xhci/xhci.0"; the second is empty for a device itself.
struct Place {
    std::string_view device;
    std::string_view bus;
};
std::optional<Place> place_in(std::string_view path)
{
    if (!path.starts_with(named_devices)) return std::nullopt;
    const auto parts = split(path.substr(named_devices.size()), '/');
    if (parts.empty() || parts.size() > 2) return std::nullopt;
    return Place{.device = parts[0], .bus = parts.size() == 2 ? parts[1] : std::string_view()};
}

std::optional<std::size_t> index_in(std::string_view property)
{
    if (!property.starts_with("child[") || !property.ends_with(']')) return std::nullopt;
    property.remove_prefix(std::string_view("child[").size());
    property.remove_suffix(1);
    return parse_decimal(property);
}

} // namespace

/// What a path has beside its type, a row each; nothing: there is no such path.
std::optional<std::vector<std::string>> FakeQemu::rows_of_board(std::string_view path) const
{
    const auto place = place_in(path);
    if (!place) return std::nullopt;
    std::vector<std::string> rows;
    const auto controller = std::ranges::find(controllers_, place->device, &Controller::id);
    if (controller != controllers_.end() && place->bus.empty()) {
        for (const auto* name : {"p2", "p3"})
            rows.push_back(format(R"({{"name": "{}", "type": "uint32"}})", name));
        rows.push_back(child_row(controller->id + ".0", "usb-bus"));
        return rows;
    }
    if (controller != controllers_.end() && place->bus == controller->id + ".0") {
        for (const auto* object : on_bus(place->bus)) {
            static_cast<void>(object);
            rows.push_back(link_row(rows.size(), "usb-host"));
        }
        return rows;
    }
    if (std::ranges::find(root_port_ids, place->device) == root_port_ids.end()) return std::nullopt;
    if (place->bus.empty()) {
        rows.emplace_back(R"({"name": "hotplug", "type": "bool"})");
        rows.push_back(child_row(place->device, "PCIE"));
        return rows;
    }
    if (place->bus != place->device) return std::nullopt;
    for (const auto& one : controllers_)
        if (one.place == place->device) rows.push_back(link_row(rows.size(), "qemu-xhci"));
    for (const auto& one : functions_)
        if (one.place == place->device) rows.push_back(link_row(rows.size(), "vfio-pci"));
    return rows;
}

/// A property of a controller, a root port or a bus, as JSON; nothing: there is none.
std::optional<std::string> FakeQemu::property_of_board(std::string_view path, std::string_view name) const
{
    const auto place = place_in(path);
    if (!place) return std::nullopt;
    const auto controller = std::ranges::find(controllers_, place->device, &Controller::id);
    if (controller != controllers_.end() && place->bus.empty()) {
        if (name == "type") return R"("qemu-xhci")";
        if (name == "p2") return format("{}", controller->usb2_ports);
        if (name == "p3") return format("{}", controller->superspeed_ports);
        return std::nullopt;
    }
    if (controller != controllers_.end()) {
        const auto objects = on_bus(place->bus);
        const auto index = index_in(name);
        if (!index || *index >= objects.size()) return std::nullopt;
        return format("\"{}\"", objects[*index]->path);
    }
    const bool is_root_port =
        std::ranges::find(root_port_ids, place->device) != root_port_ids.end() && place->bus.empty();
    if (is_root_port && name == "hotplug") return "true";
    return std::nullopt;
}

std::vector<const FakeQemu::Object*> FakeQemu::on_bus(std::string_view bus) const
{
    std::vector<const Object*> objects;
    for (const auto& object : objects_)
        if (object.bus == bus) objects.push_back(&object);
    return objects;
}

} // namespace usbroute::sim
