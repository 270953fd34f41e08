// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/inputs.hpp"

#include "base/text.hpp"
#include "observe/decode.hpp"

#include <algorithm>

namespace usbroute::observe {

using topology::InputDevice;

namespace {

constexpr std::size_t attribute_limit = 4096;
constexpr std::size_t most_devices = 4096; // a desk has thirty
constexpr const char* all_inputs = "sys/class/input";

/// Of input12, which is what sorts them as they were found; nothing for event3, mouse0 and js0, other faces of them.
std::optional<std::uint32_t> number_of(std::string_view name)
{
    constexpr std::string_view prefix = "input";
    if (!name.starts_with(prefix)) return std::nullopt;
    return parse_decimal(name.substr(prefix.size()));
}

std::string attribute(const KernelTree& tree, const std::string& file)
{
    const auto text = tree.read(file, attribute_limit);
    return text ? std::string(trim(*text)) : std::string();
}

/// EV_KEY is bit 1 (include/uapi/linux/input-event-codes.h).
bool sends_keys(std::string_view events) { return topology::parse_keys(events).test(1); }

/// Without keys it is of no interest here, and that takes one or two reads to know.
std::optional<InputDevice> read_input(const KernelTree& tree, const std::string& name)
{
    const auto link_path = std::string(all_inputs) + "/" + name;
    const auto target = tree.link(link_path);
    InputDevice input;
    input.syspath = target ? resolve_link(link_path, *target) : link_path;
    if (!sends_keys(attribute(tree, input.syspath + "/capabilities/ev"))) return std::nullopt;
    input.keys = topology::parse_keys(attribute(tree, input.syspath + "/capabilities/key"));
    if (input.keys.none()) return std::nullopt;
    input.name = attribute(tree, input.syspath + "/name");
    input.bus =
        static_cast<std::uint16_t>(parse_hex(attribute(tree, input.syspath + "/id/bustype")).value_or(0));
    if (topology::can_type(input.keys))
        input.inhibited = attribute(tree, input.syspath + "/inhibited") == "1";
    input.usb = usb_device_in(input.syspath);
    return input;
}

} // namespace

std::optional<topology::Inputs> look_at_inputs(const KernelTree& tree)
{
    const auto names = tree.list(all_inputs);
    if (!names) return std::nullopt;
    std::vector<std::pair<std::uint32_t, std::string>> numbered;
    for (const auto& name : *names)
        if (const auto number = number_of(name)) numbered.emplace_back(*number, name);
    std::ranges::sort(numbered);
    if (numbered.size() > most_devices) numbered.resize(most_devices);

    topology::Inputs inputs;
    for (const auto& [number, name] : numbered)
        if (auto input = read_input(tree, name)) inputs.devices.push_back(std::move(*input));
    for (const auto& name : tree.list("sys/class/bluetooth").value_or(std::vector<std::string>{})) {
        // "hci0:256" is a connection of hci0.
        if (!name.starts_with("hci") || name.find(':') != std::string::npos) continue;
        const auto link_path = "sys/class/bluetooth/" + name;
        const auto target = tree.link(link_path);
        inputs.adapters.push_back(usb_device_in(target ? resolve_link(link_path, *target) : link_path));
    }
    std::ranges::sort(inputs.adapters);
    return inputs;
}

} // namespace usbroute::observe
