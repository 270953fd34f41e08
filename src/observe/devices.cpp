// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/devices.hpp"

#include "base/text.hpp"
#include "observe/census.hpp"
#include "observe/decode.hpp"
#include "observe/descriptors.hpp"

#include <algorithm>

namespace usbroute::observe {

using topology::Device;
using topology::HubPort;
using topology::Interface;
using topology::PortPath;

namespace {

constexpr std::uint8_t hub_class = 9; // USB 2.0, 11.23.1: bDeviceClass of a hub
/// wTotalLength of a configuration has 16 bits (USB 2.0, table 9-10); the first one is enough.
constexpr std::size_t descriptors_limit = 0x10000;
constexpr std::size_t deepest_tier = 7; // USB 2.0, 4.1.1: a root hub, five hubs, a device

using Names = std::vector<std::string>;

bool has(const Names& sorted, std::string_view name)
{
    return std::ranges::binary_search(sorted, name, {}, [](const auto& n) { return std::string_view(n); });
}

/// Attributes of one directory.
struct Attributes {
    const KernelTree& tree;
    const std::string& directory;

    [[nodiscard]] std::string text(const char* name) const
    {
        auto value = tree.read(directory + "/" + name, attribute_limit);
        if (!value) return {};
        // The kernel ends an attribute with one newline; a device's own string may hold more of anything.
        if (value->ends_with('\n')) value->pop_back();
        return std::move(*value);
    }
};

std::uint8_t hex_byte(std::string_view text)
{
    return static_cast<std::uint8_t>(std::min(parse_hex(trim(text)).value_or(0), 0xffu));
}

/// Who the device is: PRODUCT=46d/c31c/6400 and TYPE=0/0/0 stand together in `uevent`, which saves reads, the
/// number of ports of what is no hub among them; a recording without them has the attributes. False: it is gone, or
/// not whole yet: the kernel makes a directory before what stands in it, and takes it away last (driver core,
/// device_add and device_del).
bool read_identity(const Attributes& attributes, Device& device)
{
    const auto read_ports = [&] {
        const auto ports = parse_decimal(trim(attributes.text("maxchild"))).value_or(0);
        device.hub_ports = static_cast<std::uint8_t>(std::min(ports, 255u));
    };
    const auto uevent = attributes.text("uevent");
    const auto take_number = [&](std::string_view text) {
        device.number = static_cast<std::uint8_t>(std::min(parse_decimal(text).value_or(0), 255u));
    };
    take_number(uevent_value(uevent, "DEVNUM"));
    const auto ids = split(uevent_value(uevent, "PRODUCT"), '/');
    const auto type = split(uevent_value(uevent, "TYPE"), '/');
    if (ids.size() == 3 && type.size() == 3) {
        device.vendor = static_cast<std::uint16_t>(parse_hex(ids[0]).value_or(0));
        device.product = static_cast<std::uint16_t>(parse_hex(ids[1]).value_or(0));
        device.device_class = static_cast<std::uint8_t>(parse_decimal(type[0]).value_or(0));
        if (device.device_class == hub_class) read_ports();
        return true;
    }
    const auto vendor = parse_hex(trim(attributes.text("idVendor")));
    const auto product = parse_hex(trim(attributes.text("idProduct")));
    if (!vendor || !product) return false;
    device.vendor = static_cast<std::uint16_t>(*vendor);
    device.product = static_cast<std::uint16_t>(*product);
    device.device_class = hex_byte(attributes.text("bDeviceClass"));
    take_number(trim(attributes.text("devnum")));
    read_ports();
    return true;
}

/// INTERFACE=3/1/1 and DRIVER= stand together in `uevent`: one read in place of five.
Interface read_interface(const KernelTree& tree, const std::string& directory, std::string_view name)
{
    Interface interface;
    interface.number = static_cast<std::uint8_t>(parse_decimal(name.substr(name.rfind('.') + 1)).value_or(0));
    const auto uevent = tree.read(directory + "/uevent", attribute_limit).value_or(std::string());
    const auto numbers = split(uevent_value(uevent, "INTERFACE"), '/');
    if (numbers.size() == 3) {
        const auto byte = [&](std::size_t i) {
            return static_cast<std::uint8_t>(parse_decimal(numbers[i]).value_or(0));
        };
        interface.device_class = byte(0);
        interface.subclass = byte(1);
        interface.protocol = byte(2);
    } else {
        const auto attribute = [&](const char* file) {
            return hex_byte(tree.read(directory + "/" + file, attribute_limit).value_or(std::string()));
        };
        interface.device_class = attribute("bInterfaceClass");
        interface.subclass = attribute("bInterfaceSubClass");
        interface.protocol = attribute("bInterfaceProtocol");
    }
    interface.driver = uevent_value(uevent, "DRIVER");
    if (interface.driver.empty())
        if (const auto link = tree.link(directory + "/driver")) interface.driver = last_part(*link);
    return interface;
}

/// Of a device without interfaces. `bConfigurationValue` is empty where no configuration is chosen (Linux,
/// drivers/usb/core/sysfs.c, bConfigurationValue_show); a recording may lack it.
void read_what_it_offers(const Attributes& attributes, Device& device)
{
    const auto chosen = attributes.tree.read(attributes.directory + "/bConfigurationValue", attribute_limit);
    if (!chosen || !trim(*chosen).empty()) return;
    device.is_configured = false;
    const auto bytes = attributes.tree.read(attributes.directory + "/descriptors", descriptors_limit);
    auto first = first_configuration(bytes ? std::string_view(*bytes) : std::string_view());
    device.first_configuration = first.value;
    device.interfaces = std::move(first.interfaces);
}

} // namespace

void DeviceWalk::know_all(Names names)
{
    all_ = std::move(names);
    std::ranges::sort(all_);
    knows_all_ = true;
}

std::vector<std::string> DeviceWalk::names_in(const PortPath& place, const std::string& directory) const
{
    // A recording may lack the links of a bus; its folders are asked then.
    if (!has(all_, PortPath(place.bus(), {}).text())) return tree_.list(directory).value_or(Names{});
    // Below usb3 stand 3-1, 3-2 and 3-0:1.0, below 3-1 stand 3-1.4 and 3-1:1.0: neighbours when sorted.
    const auto bus = std::to_string(place.bus());
    const auto children = place.is_root_hub() ? bus + "-" : place.text() + ".";
    const auto interfaces = place.is_root_hub() ? bus + "-0:" : place.text() + ":";
    Names names;
    const auto take = [&](const std::string& prefix, std::string_view deeper) {
        for (auto name = std::ranges::lower_bound(all_, prefix);
             name != all_.end() && name->starts_with(prefix); ++name)
            if (name->find_first_of(deeper, prefix.size()) == std::string::npos) names.push_back(*name);
    };
    take(children, ".:");
    take(interfaces, "");
    return names;
}

void DeviceWalk::below_hub(const PortPath& place, const std::string& directory)
{
    walk_down(place, directory, names_in(place, directory));
}

void DeviceWalk::walk_down(const PortPath& place, const std::string& directory, const Names& names)
{
    for (const auto& name : names) {
        if (const auto path = PortPath::parse(name)) {
            if (!path->is_root_hub() && place.contains(*path) &&
                path->ports().size() == place.ports().size() + 1)
                at(*path, directory + "/" + name);
        } else if (ports_ == Ports::read && name.ends_with(":1.0")) {
            read_hub_ports(place, directory + "/" + name);
        }
    }
}

bool DeviceWalk::count(const PortPath& place, std::string_view name)
{
    if (knows_all_) return true;
    const auto number_of = [&](std::string_view one) {
        return tree_.entry_number(std::string(usb_list) + "/" + std::string(one));
    };
    const auto number = number_of(name);
    if (number) found_.listed.push_back({.name = std::string(name), .number = *number});
    return number || !number_of(PortPath(place.bus(), {}).text());
}

void DeviceWalk::at(const PortPath& place, const std::string& directory)
{
    if (place.ports().size() >= deepest_tier) return;
    if (!count(place, place.text())) return;
    const Attributes attributes{tree_, directory};
    auto device = std::make_shared<Device>();
    device->path = place;
    if (!read_identity(attributes, *device)) return; // gone while we looked
    device->speed = topology::Speed::parse(attributes.text("speed"));
    device->manufacturer = attributes.text("manufacturer");
    device->product_name = attributes.text("product");
    device->serial = attributes.text("serial");
    device->removable = trim(attributes.text("removable")) != "fixed";
    const auto names = names_in(place, directory);
    const auto prefix = place.text() + ":";
    for (const auto& name : names) {
        if (!name.starts_with(prefix) || !count(place, name)) continue;
        device->interfaces.push_back(read_interface(tree_, directory + "/" + name, name));
    }
    std::ranges::sort(device->interfaces, {}, &Interface::number);
    // Without authorization a device has no configuration, and so no interface (usb_deauthorize_device): the others
    // need not be asked.
    if (device->interfaces.empty()) {
        device->authorized = trim(attributes.text("authorized")) != "0";
        read_what_it_offers(attributes, *device);
    }
    const bool hub = device->is_hub();
    found_.devices.push_back(std::move(device));
    if (hub) walk_down(place, directory, names);
}

void DeviceWalk::read_hub_ports(const PortPath& hub, const std::string& interface_directory)
{
    // Root hubs name their ports usb3-port1, hubs 3-1-port1.
    const auto prefix = hub.text() + "-port";
    auto ports = std::make_shared<std::vector<HubPort>>();
    for (const auto& name : tree_.list(interface_directory).value_or(Names{})) {
        if (!name.starts_with(prefix)) continue;
        const auto number = parse_decimal(std::string_view(name).substr(prefix.size()));
        if (!number || *number == 0 || *number > 255) continue;
        const auto directory = interface_directory + "/" + name;
        HubPort port;
        port.place = hub.child(static_cast<std::uint8_t>(*number));
        port.connect_type =
            trim(tree_.read(directory + "/connect_type", attribute_limit).value_or(std::string()));
        port.location =
            parse_hex(trim(tree_.read(directory + "/location", attribute_limit).value_or(std::string())))
                .value_or(0);
        if (const auto peer = tree_.link(directory + "/peer")) {
            // ".../usb4-port2": the hub, then the port.
            const auto text = last_part(*peer);
            const auto dash = text.rfind("-port");
            const auto peer_hub = PortPath::parse(text.substr(0, dash));
            const auto peer_port =
                dash == std::string_view::npos ? std::nullopt : parse_decimal(text.substr(dash + 5));
            if (peer_hub && peer_port && *peer_port >= 1 && *peer_port <= 255)
                port.peer = peer_hub->child(static_cast<std::uint8_t>(*peer_port));
        }
        ports->push_back(std::move(port));
    }
    if (ports->empty()) return;
    std::ranges::sort(*ports, {}, &HubPort::place);
    found_.hubs.push_back(std::move(ports));
}

namespace {

/// `first`: in the order of paths, what is told of the place itself begins there.
template <class Item>
void put_in_order(topology::ByBus<Item>& by_bus, const PortPath& place,
                  typename std::vector<Item>::const_iterator first, std::vector<Item> found)
{
    const auto path = [](const Item& item) -> const PortPath& { return path_of(item); };
    const auto& list = by_bus.on(place.bus());
    const auto last =
        std::find_if_not(first, list.end(), [&](const Item& item) { return place.contains(path_of(item)); });
    std::ranges::sort(found, {}, path);
    for (auto& item : found) {
        const auto old = std::ranges::lower_bound(first, last, path_of(item), {}, path);
        if (old != last && **old == *item) item = *old;
    }
    if (std::equal(first, last, found.begin(), found.end())) return;
    std::vector<Item> now(list.begin(), first);
    now.insert(now.end(), found.begin(), found.end());
    now.insert(now.end(), last, list.end());
    by_bus.put(place.bus(), std::move(now));
}

} // namespace

void put_found(topology::Snapshot& into, const PortPath& place, Found found)
{
    const auto path = [](const auto& item) -> const PortPath& { return path_of(item); };
    const auto& devices = into.devices.on(place.bus());
    put_in_order(into.devices, place, std::ranges::lower_bound(devices, place, {}, path),
                 std::move(found.devices));
    // The hub above has its first port at the place itself, if that is the first one; what is below has longer paths.
    const auto& hubs = into.ports.on(place.bus());
    put_in_order(into.ports, place, std::ranges::upper_bound(hubs, place, {}, path), std::move(found.hubs));
}

} // namespace usbroute::observe
