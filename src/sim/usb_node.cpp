// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "sim/node.hpp"
#include "sim/recorded_device.hpp"

namespace usbroute::sim {

namespace {

constexpr unsigned usb_major = 189; // Documentation/admin-guide/devices.txt

std::string_view speed_text(const DeviceModel& model, bool superspeed)
{
    if (superspeed) return "5000";
    switch (model.kilobit) {
    case 1500: return "1.5";
    case 12'000: return "12";
    default: return "480";
    }
}

/// "2" for a root hub's port 2, "1.3" further down; root hubs themselves say "0".
std::string devpath_of(const topology::PortPath& place)
{
    if (place.is_root_hub()) return "0";
    const auto text = place.text();
    return text.substr(text.find('-') + 1);
}

std::uint16_t usb_version(const DeviceModel& model, bool superspeed)
{
    // A USB 3 device that found no SuperSpeed link calls itself 2.10.
    return model.superspeed && !superspeed ? std::uint16_t{0x0210} : model.usb_version;
}

void append_16(std::string& bytes, std::uint16_t value)
{
    bytes += static_cast<char>(value & 0xffu);
    bytes += static_cast<char>(value >> 8u);
}

std::uint8_t endpoint_type(const InterfaceModel& interface)
{
    return interface.device_class == 3 || interface.device_class == 9 ? 3 : 2; // interrupt, bulk
}

Node device_node(const DeviceModel& model, const Seat& seat)
{
    const auto bus = seat.place.bus();
    const auto minor = (bus - 1u) * 128u + seat.number - 1u;
    const bool is_root = seat.place.is_root_hub();
    Node node{.path = seat.directory,
              .subsystem = "bus/usb",
              .attributes = {},
              .uevent = {},
              .driver = "usb",
              .number = format("{}:{}", usb_major, minor)};
    node.uevent = format("MAJOR={}\nMINOR={}\nDEVNAME=bus/usb/{:03}/{:03}\nDEVTYPE=usb_device\n"
                         "PRODUCT={:x}/{:x}/{:x}\nTYPE={}/{}/{}\nBUSNUM={:03}\nDEVNUM={:03}\n",
                         usb_major, minor, bus, seat.number, model.vendor, model.product, model.release,
                         model.device_class, model.subclass, model.protocol, bus, seat.number);
    const auto version = usb_version(model, seat.superspeed);
    node.attributes = {
        {"authorized", "1\n"},
        {"avoid_reset_quirk", "0\n"},
        {"bcdDevice", format("{:04x}\n", model.release)},
        {"bConfigurationValue", "1\n"},
        {"bDeviceClass", format("{:02x}\n", model.device_class)},
        {"bDeviceProtocol", format("{:02x}\n", model.protocol)},
        {"bDeviceSubClass", format("{:02x}\n", model.subclass)},
        {"bmAttributes", format("{:02x}\n", model.power_bits)},
        {"bMaxPacketSize0", format("{}\n", seat.superspeed ? 9 : model.packet_size)},
        {"bMaxPower", format("{}mA\n", model.milliampere)},
        {"bNumConfigurations", "1\n"},
        {"bNumInterfaces", format("{:2}\n", model.interfaces.size())},
        {"busnum", format("{}\n", bus)},
        {"configuration", ""},
        {"descriptors", descriptors_of(model, seat.superspeed)},
        {"dev", node.number + "\n"},
        {"devnum", format("{}\n", seat.number)},
        {"devpath", devpath_of(seat.place) + "\n"},
        {"idProduct", format("{:04x}\n", model.product)},
        {"idVendor", format("{:04x}\n", model.vendor)},
        {"ltm_capable", "no\n"},
        {"maxchild", format("{}\n", model.hub_ports)},
        {"quirks", "0x0\n"},
        {"removable", format("{}\n", seat.removable)},
        {"rx_lanes", "1\n"},
        {"speed", format("{}\n", speed_text(model, seat.superspeed))},
        {"tx_lanes", "1\n"},
        {"urbnum", "12\n"},
        {"version", format("{:2x}.{:02x}\n", version >> 8u, version & 0xffu)},
        {"power/control", model.device_class == 9 ? "auto\n" : "on\n"},
        {"power/runtime_status", "active\n"},
        {"power/autosuspend_delay_ms", is_root ? "0\n" : "2000\n"},
        {"power/persist", "1\n"},
        {"power/wakeup", "disabled\n"},
    };
    if (is_root) {
        node.attributes.push_back({"authorized_default", "1\n"});
        node.attributes.push_back({"interface_authorized_default", "1\n"});
    }
    if (!model.manufacturer.empty()) node.attributes.push_back({"manufacturer", model.manufacturer + "\n"});
    if (!model.product_name.empty()) node.attributes.push_back({"product", model.product_name + "\n"});
    if (!model.serial.empty()) node.attributes.push_back({"serial", model.serial + "\n"});
    return node;
}

Node interface_node(const DeviceModel& model, const Seat& seat, std::size_t number)
{
    const auto& interface = model.interfaces[number];
    const auto stem = seat.place.is_root_hub() ? format("{}-0", seat.place.bus()) : seat.place.text();
    Node node{.path = format("{}/{}:1.{}", seat.directory, stem, number),
              .subsystem = "bus/usb",
              .attributes = {},
              .uevent = {},
              .driver = std::string(interface.driver),
              .number = {}};
    const auto modalias =
        format("usb:v{:04X}p{:04X}d{:04X}dc{:02X}dsc{:02X}dp{:02X}ic{:02X}isc{:02X}ip{:02X}in{:02X}",
               model.vendor, model.product, model.release, model.device_class, model.subclass, model.protocol,
               interface.device_class, interface.subclass, interface.protocol, number);
    node.uevent =
        format("DEVTYPE=usb_interface\nPRODUCT={:x}/{:x}/{:x}\nTYPE={}/{}/{}\nINTERFACE={}/{}/{}\n"
               "MODALIAS={}\n",
               model.vendor, model.product, model.release, model.device_class, model.subclass, model.protocol,
               interface.device_class, interface.subclass, interface.protocol, modalias);
    node.attributes = {{"authorized", "1\n"},
                       {"bAlternateSetting", " 0\n"},
                       {"bInterfaceClass", format("{:02x}\n", interface.device_class)},
                       {"bInterfaceNumber", format("{:02x}\n", number)},
                       {"bInterfaceProtocol", format("{:02x}\n", interface.protocol)},
                       {"bInterfaceSubClass", format("{:02x}\n", interface.subclass)},
                       {"bNumEndpoints", format("{:02x}\n", interface.endpoints)},
                       {"modalias", modalias + "\n"},
                       {"supports_autosuspend", "1\n"}};
    return node;
}

/// "0003:046D:C31C.0001": bus, ids and a number that rises; here that of the input device.
Node hid_node(const DeviceModel& model, const std::string& interface_path, unsigned number)
{
    return {.path =
                format("{}/0003:{:04X}:{:04X}.{:04X}", interface_path, model.vendor, model.product, number),
            .subsystem = "bus/hid",
            .attributes = {},
            .uevent = format("HID_ID=0003:{:08X}:{:08X}\nHID_NAME={}\n", model.vendor, model.product,
                             shown_name(model)),
            .driver = "hid-generic",
            .number = {}};
}

Node input_node(const DeviceModel& model, const InterfaceModel& interface, const std::string& above,
                unsigned number)
{
    auto name = model.manufacturer;
    if (!name.empty() && !model.product_name.empty()) name += ' ';
    name += model.product_name;
    return {.path = format("{}/input/input{}", above, number),
            .subsystem = "class/input",
            .attributes = {{"name", name + "\n"},
                           {"inhibited", "0\n"},
                           {"id/bustype", "0003\n"},
                           {"id/vendor", format("{:04x}\n", model.vendor)},
                           {"id/product", format("{:04x}\n", model.product)},
                           {"capabilities/ev", format("{}\n", interface.events)},
                           {"capabilities/key", format("{}\n", interface.keys)}},
            .uevent = format("PRODUCT=3/{:x}/{:x}/111\nNAME=\"{}\"\nEV={}\nKEY={}\n", model.vendor,
                             model.product, shown_name(model), interface.events, interface.keys),
            .driver = {},
            .number = {}};
}

Node event_node(const std::string& input_path, unsigned number)
{
    constexpr unsigned input_major = 13; // Documentation/admin-guide/devices.txt
    const auto minor = 64 + number;
    return {.path = format("{}/event{}", input_path, number),
            .subsystem = "class/input",
            .attributes = {{"dev", format("{}:{}\n", input_major, minor)}},
            .uevent = format("MAJOR={}\nMINOR={}\nDEVNAME=input/event{}\n", input_major, minor, number),
            .driver = {},
            .number = format("{}:{}", input_major, minor)};
}

} // namespace

std::vector<Node> usb_nodes(const DeviceModel& model, const Seat& seat)
{
    if (model.recorded) return nodes_at(*model.recorded, seat);
    std::vector<Node> nodes{device_node(model, seat)};
    auto input = seat.first_input;
    for (std::size_t number = 0; number < model.interfaces.size(); ++number) {
        nodes.push_back(interface_node(model, seat, number));
        const auto& interface = model.interfaces[number];
        if (interface.keys.empty()) continue;
        if (interface.driver == "usbhid") nodes.push_back(hid_node(model, nodes.back().path, input));
        nodes.push_back(input_node(model, interface, nodes.back().path, input));
        nodes.push_back(event_node(nodes.back().path, input));
        ++input;
    }
    return nodes;
}

unsigned count_inputs(const DeviceModel& model)
{
    unsigned count = 0;
    for (const auto& interface : model.interfaces) count += interface.keys.empty() ? 0U : 1U;
    return count;
}

std::string descriptors_of(const DeviceModel& model, bool superspeed)
{
    std::string bytes{18, 1}; // USB 2.0, 9.6.1
    append_16(bytes, usb_version(model, superspeed));
    bytes += static_cast<char>(model.device_class);
    bytes += static_cast<char>(model.subclass);
    bytes += static_cast<char>(model.protocol);
    bytes += static_cast<char>(superspeed ? 9 : model.packet_size);
    append_16(bytes, model.vendor);
    append_16(bytes, model.product);
    append_16(bytes, model.release);
    bytes += static_cast<char>(model.manufacturer.empty() ? 0 : 1);
    bytes += static_cast<char>(model.product_name.empty() ? 0 : 2);
    bytes += static_cast<char>(model.serial.empty() ? 0 : 3);
    bytes += static_cast<char>(1);

    std::string interfaces;
    std::uint8_t endpoint = 0x81;
    for (std::size_t number = 0; number < model.interfaces.size(); ++number) {
        const auto& interface = model.interfaces[number];
        interfaces += {9,
                       4,
                       static_cast<char>(number),
                       0,
                       static_cast<char>(interface.endpoints),
                       static_cast<char>(interface.device_class),
                       static_cast<char>(interface.subclass),
                       static_cast<char>(interface.protocol),
                       0};
        for (unsigned i = 0; i < interface.endpoints; ++i) {
            interfaces += {7, 5, static_cast<char>(endpoint++), static_cast<char>(endpoint_type(interface))};
            append_16(interfaces, model.kilobit < 12'000 ? 8 : 64);
            interfaces += static_cast<char>(10);
        }
    }
    bytes += {9, 2};
    append_16(bytes, static_cast<std::uint16_t>(9 + interfaces.size()));
    // The unit of bMaxPower is 2 mA, at SuperSpeed 8 mA.
    bytes += {static_cast<char>(model.interfaces.size()), 1, 0, static_cast<char>(model.power_bits),
              static_cast<char>(model.milliampere / (superspeed ? 8 : 2))};
    return bytes + interfaces;
}

} // namespace usbroute::sim
