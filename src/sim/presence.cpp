// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/presence.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

namespace usbroute::sim {

namespace {

std::string_view presence_attribute(const Node& node, std::string_view name)
{
    const auto found = std::ranges::find(node.attributes, name, &Attribute::name);
    return found == node.attributes.end() ? std::string_view() : trim(found->content);
}

/// The two numbers at the end of "3-1:1.0".
struct InterfaceName {
    std::uint8_t configuration = 1;
    std::uint8_t number = 0;
};

InterfaceName parse_interface_name(std::string_view name)
{
    const auto colon = name.rfind(':');
    const auto dot = name.rfind('.');
    if (colon == std::string_view::npos || dot == std::string_view::npos || dot < colon) return {};
    const auto byte = [](std::string_view text) {
        const auto value = parse_decimal(text);
        return value && *value <= 255 ? std::optional(static_cast<std::uint8_t>(*value)) : std::nullopt;
    };
    return {.configuration = byte(name.substr(colon + 1, dot - colon - 1)).value_or(std::uint8_t{1}),
            .number = byte(name.substr(dot + 1)).value_or(std::uint8_t{0})};
}

/// For an interface that a program had when it was recorded: what the kernel has for its class (USB defined class codes).
std::string usual_interface_driver(std::string_view device_class)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> drivers{{{"01", "snd-usb-audio"},
                                                                                    {"02", "cdc_acm"},
                                                                                    {"03", "usbhid"},
                                                                                    {"08", "usb-storage"},
                                                                                    {"09", "hub"},
                                                                                    {"0e", "uvcvideo"}}};
    const auto* const found =
        std::ranges::find(drivers, device_class, &std::pair<std::string_view, std::string_view>::first);
    return found == drivers.end() ? std::string() : std::string(found->second);
}

PresentInterface interface_from(Node node)
{
    PresentInterface interface;
    interface.number = parse_interface_name(node.name()).number;
    interface.driver = std::exchange(node.driver, {});
    interface.native = interface.driver == "usbfs"
                           ? usual_interface_driver(presence_attribute(node, "bInterfaceClass"))
                           : interface.driver;
    const auto is_of_a_port = [](const Attribute& attribute) {
        return attribute.name.find("-port") != std::string::npos;
    };
    std::ranges::copy_if(node.attributes, std::back_inserter(interface.ports), is_of_a_port);
    std::erase_if(node.attributes, is_of_a_port);
    interface.node = std::move(node);
    return interface;
}

} // namespace

PresentInterface* PresentDevice::interface_numbered(unsigned wanted)
{
    const auto found = std::ranges::find(interfaces, wanted, &PresentInterface::number);
    return !is_configured || found == interfaces.end() ? nullptr : &*found;
}

bool PresentDevice::carries() const
{
    return is_configured &&
           std::ranges::find(interfaces, "hub", &PresentInterface::driver) != interfaces.end();
}

bool PresentDevice::can_wake() const
{
    constexpr std::uint32_t remote_wakeup = 0x20;
    const auto bits = parse_hex(presence_attribute(node, "bmAttributes"));
    return bits && (*bits & remote_wakeup) != 0;
}

const PresentInterface* PresentDevice::taken() const
{
    const auto found = std::ranges::find(interfaces, "usbfs", &PresentInterface::driver);
    return !is_configured || found == interfaces.end() ? nullptr : &*found;
}

PresentDevice present_device(const DeviceModel& model, std::vector<Node> nodes)
{
    PresentDevice device;
    device.model = &model;
    device.node = std::move(nodes.front());
    for (std::size_t i = 1; i < nodes.size(); ++i) {
        auto& node = nodes[i];
        if (node.subsystem == "bus/usb") {
            device.configuration = parse_interface_name(node.name()).configuration;
            device.interfaces.push_back(interface_from(std::move(node)));
        } else if (!device.interfaces.empty()) {
            device.interfaces.back().made.push_back(std::move(node));
        }
    }
    return device;
}

std::vector<Attribute> unconfigured_attributes(const Node& device)
{
    std::vector<Attribute> changed;
    for (const auto* name :
         {"bConfigurationValue", "bNumInterfaces", "bmAttributes", "bMaxPower", "configuration"})
        if (std::ranges::find(device.attributes, name, &Attribute::name) != device.attributes.end())
            changed.push_back({.name = name, .content = ""});
    if (std::ranges::find(device.attributes, "maxchild", &Attribute::name) != device.attributes.end())
        changed.push_back({.name = "maxchild", .content = "0\n"});
    return changed;
}

} // namespace usbroute::sim
