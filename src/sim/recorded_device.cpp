// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/recorded_device.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "observe/decode.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace usbroute::sim {

using topology::PortPath;

namespace {

/// More than the kernel shows of any device: a recording comes from somebody else.
constexpr std::size_t most_entries = 20'000;
constexpr std::size_t deepest_entry =
    16; ///< below a device; "5-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1" is seven
constexpr std::size_t longest_attribute = 65'536;

/// Links that the kernel makes again wherever the device comes, so they are made from what they mean.
constexpr std::array<std::string_view, 5> made_anew{"driver", "subsystem", "port", "peer", "firmware_node"};

/// "3-3:1.0" and "usb3-port2" begin with these (drivers/usb/core/message.c, usb_set_configuration; port.c,
/// usb_hub_create_port_device).
std::string interface_stem(const PortPath& place)
{
    return (place.is_root_hub() ? format("{}-0", place.bus()) : place.text()) + ":";
}
std::string port_stem(const PortPath& place) { return place.text() + "-port"; }

bool is_port_name(std::string_view name) { return name.find("-port") != std::string_view::npos; }

std::string_view above(std::string_view path) { return path.substr(0, path.rfind('/')); }

/// Where sysfs lists it: by its link, or, since a lean recording has no more links than somebody asked for, by its name.
std::string subsystem_of(const observe::KernelTree& tree, const std::string& directory)
{
    const auto link = format("sys/{}/subsystem", directory);
    if (const auto target = tree.link(link)) {
        const auto place = observe::resolve_link(link, *target);
        const auto parts = split(place, '/');
        if (parts.size() == 3 && parts[0] == "sys" && (parts[1] == "bus" || parts[1] == "class") &&
            observe::is_entry_name(parts[2]))
            return place.substr(4);
    }
    const auto name = observe::last_part(directory);
    const auto parent = observe::last_part(above(directory));
    const auto numbered = [&](std::string_view stem) {
        return name.starts_with(stem) && parse_decimal(name.substr(stem.size()).substr(0, 1)).has_value();
    };
    if (parent == "block") return "class/block";
    if (observe::last_part(above(above(directory))) == "block" && name.starts_with(parent) && name != parent)
        return "class/block";
    if (parent == "input" || (numbered("event") && parent.starts_with("input"))) return "class/input";
    const auto colons = std::ranges::count(name, ':');
    if (numbered("host") || numbered("target") || colons == 3) return "bus/scsi";
    if (colons == 1 && PortPath::parse(name.substr(0, name.find(':')))) return "bus/usb";
    if (colons == 2 && name.find('.') != std::string_view::npos && parent.find(':') != std::string_view::npos)
        return "bus/hid";
    return {};
}

/// Reads the objects at and below a directory.
class NodeReader {
public:
    NodeReader(const observe::KernelTree& tree, std::vector<Node>& nodes) : tree_(tree), nodes_(nodes) {}

    void read(const std::string& directory, std::string subsystem, std::size_t depth = 0)
    {
        Node node{.path = directory,
                  .subsystem = std::move(subsystem),
                  .attributes = {},
                  .uevent = {},
                  .driver = {},
                  .number = {}};
        std::vector<std::string> below;
        take_entries(directory, "", node, below, depth);
        take_driver(node);
        take_number(node);
        nodes_.push_back(std::move(node));
        for (const auto& each : below) read(each, subsystem_of(tree_, each), depth + 1);
    }

private:
    void take_entries(const std::string& directory, const std::string& prefix, Node& node,
                      std::vector<std::string>& below, std::size_t depth)
    {
        auto names = tree_.list("sys/" + directory).value_or(std::vector<std::string>{});
        std::ranges::sort(names);
        for (const auto& name : names) {
            if (!observe::is_entry_name(name) || ++entries_ > most_entries) continue;
            const auto path = format("{}/{}", directory, name);
            if (const auto target = tree_.link("sys/" + path)) {
                if (std::ranges::find(made_anew, name) == made_anew.end() && !is_port_name(prefix))
                    node.attributes.push_back({.name = prefix + name,
                                               .content = {},
                                               .target = observe::resolve_link("sys/" + path, *target)});
            } else if (const auto inside = tree_.list("sys/" + path)) {
                if (is_other_device(name) || depth + prefix.size() / 2 > deepest_entry) continue;
                if (!is_port_name(name) && !subsystem_of(tree_, path).empty())
                    below.push_back(path);
                else if (inside->empty())
                    node.attributes.push_back({.name = prefix + name + "/", .content = {}});
                else
                    take_entries(path, prefix + name + "/", node, below, depth + 1);
            } else if (const auto content = tree_.read("sys/" + path, longest_attribute)) {
                if (prefix.empty() && name == "uevent")
                    node.uevent = *content;
                else if (name != "config")
                    node.attributes.push_back({.name = prefix + name, .content = *content});
            }
        }
    }

    /// What is plugged in behind a hub, a root hub below its controller, a function behind a bridge.
    static bool is_other_device(std::string_view name)
    {
        return PortPath::parse(name).has_value() || PciAddress::parse(name).has_value();
    }

    /// By the link, or by the word in `uevent`, which is left without it: Node::properties adds it again.
    void take_driver(Node& node) const
    {
        std::string rest;
        std::string told;
        for (const auto line : split(node.uevent, '\n')) {
            if (line.empty() || line.find('\0') != std::string_view::npos) continue;
            if (line.starts_with("DRIVER="))
                told = line.substr(7);
            else
                rest += format("{}\n", line);
        }
        node.uevent = std::move(rest);
        if (const auto link = tree_.link(format("sys/{}/driver", node.path)))
            told = observe::last_part(*link);
        if (observe::is_entry_name(told)) node.driver = told;
    }

    static void take_number(Node& node)
    {
        const auto found = std::ranges::find(node.attributes, "dev", &Attribute::name);
        if (found == node.attributes.end()) return;
        const auto text = trim(found->content);
        const auto parts = split(text, ':');
        if (parts.size() == 2 && parse_decimal(parts[0]) && parse_decimal(parts[1])) node.number = text;
    }

    const observe::KernelTree& tree_;
    std::vector<Node>& nodes_;
    std::size_t entries_ = 0;
};

/// What udev has found out about a block device, as it adds it to the events.
void take_udevs_word(const observe::KernelTree& tree, Node& node)
{
    if (!node.is_block() || node.number.empty()) return;
    const auto record = tree.read("run/udev/data/b" + node.number, longest_attribute);
    if (!record) return;
    for (const auto line : split(*record, '\n'))
        if (line.starts_with("E:") && line.find('\0') == std::string_view::npos)
            node.extra += format("{}\n", line.substr(2));
}

Attribute* recorded_attribute(Node& node, std::string_view name)
{
    const auto found = std::ranges::find(node.attributes, name, &Attribute::name);
    return found == node.attributes.end() ? nullptr : &*found;
}

void put_attribute(Node& node, std::string_view name, std::string content)
{
    if (auto* found = recorded_attribute(node, name)) found->content = std::move(content);
}

/// Names and paths of a device that has gone from one place to another.
struct Renaming {
    const RecordedDevice& from;
    const Seat& to;

    [[nodiscard]] std::string part(std::string_view name) const
    {
        for (const auto& [old, anew] : {std::pair{interface_stem(from.place), interface_stem(to.place)},
                                        std::pair{port_stem(from.place), port_stem(to.place)}})
            if (name.starts_with(old)) return anew + std::string(name.substr(old.size()));
        return std::string(name);
    }
    [[nodiscard]] std::string relative(std::string_view path) const
    {
        return join(texts_of(split(path, '/'), [this](const auto each) { return part(each); }), "/");
    }
    /// Below sys; what is elsewhere stays.
    [[nodiscard]] std::string path(std::string_view whole) const
    {
        if (whole == from.directory) return to.directory;
        if (!whole.starts_with(from.directory + "/")) return std::string(whole);
        return format("{}/{}", to.directory, relative(whole.substr(from.directory.size() + 1)));
    }
};

/// The lines that tell bus and device number (drivers/usb/core/usb.c, usb_dev_uevent).
std::string uevent_at(const std::string& uevent, const Seat& seat, std::uint32_t minor)
{
    std::string text;
    for (const auto line : split(uevent, '\n')) {
        if (line.empty()) continue;
        if (line.starts_with("MINOR="))
            text += format("MINOR={}\n", minor);
        else if (line.starts_with("DEVNAME="))
            text += format("DEVNAME=bus/usb/{:03}/{:03}\n", seat.place.bus(), seat.number);
        else if (line.starts_with("BUSNUM="))
            text += format("BUSNUM={:03}\n", seat.place.bus());
        else if (line.starts_with("DEVNUM="))
            text += format("DEVNUM={:03}\n", seat.number);
        else
            text += format("{}\n", line);
    }
    return text;
}

/// A device that has lost its SuperSpeed link calls itself 2.10 and speaks in packets of 64 bytes (USB 3.2, 9.6.1).
void slow_down(Node& device)
{
    put_attribute(device, "speed", "480\n");
    put_attribute(device, "version", " 2.10\n");
    put_attribute(device, "bMaxPacketSize0", "64\n");
    if (auto* power = recorded_attribute(device, "bMaxPower"))
        if (parse_decimal(power->content.substr(0, power->content.find('m'))).value_or(0) > 500)
            power->content = "500mA\n";
    if (auto* bytes = recorded_attribute(device, "descriptors");
        bytes != nullptr && bytes->content.size() >= 18) {
        bytes->content[2] = 0x10;
        bytes->content[3] = 0x02;
        bytes->content[7] = 64;
    }
}

void seat_device(Node& device, const RecordedDevice& from, const Seat& seat)
{
    constexpr std::uint32_t usb_device_major = 189; // Documentation/admin-guide/devices.txt
    const auto bus = seat.place.bus();
    const auto minor = (bus - 1u) * 128u + seat.number - 1u;
    const auto text = seat.place.text();
    device.number = format("{}:{}", usb_device_major, minor);
    device.uevent = uevent_at(device.uevent, seat, minor);
    put_attribute(device, "busnum", format("{}\n", bus));
    put_attribute(device, "devnum", format("{}\n", seat.number));
    put_attribute(device, "dev", device.number + "\n");
    if (seat.place == from.place) return;
    if (!seat.place.is_root_hub()) put_attribute(device, "devpath", text.substr(text.find('-') + 1) + "\n");
    if (const auto* removable = recorded_attribute(device, "removable");
        removable != nullptr && trim(removable->content) != "fixed")
        put_attribute(device, "removable", format("{}\n", seat.removable));
    if (from.superspeed && !seat.superspeed) slow_down(device);
}

} // namespace

RecordedDevice recorded_device(const observe::KernelTree& tree, const std::string& directory,
                               const PortPath& place, bool superspeed)
{
    RecordedDevice device{.place = place, .directory = directory, .superspeed = superspeed, .nodes = {}};
    NodeReader(tree, device.nodes).read(directory, "bus/usb");
    for (auto& node : device.nodes) take_udevs_word(tree, node);
    auto& first = device.nodes.front();
    const auto* told = recorded_attribute(first, "devnum");
    auto number =
        parse_decimal(told == nullptr ? observe::uevent_value(first.uevent, "DEVNUM") : trim(told->content));
    device.number = static_cast<std::uint8_t>(number && *number >= 1 && *number <= 127 ? *number : 1);
    if (first.uevent.empty()) first.uevent = "DEVTYPE=usb_device\n";
    return device;
}

Node recorded_function(const observe::KernelTree& tree, const std::string& directory)
{
    std::vector<Node> nodes;
    NodeReader(tree, nodes).read(directory, "bus/pci");
    return std::move(nodes.front());
}

std::vector<Node> nodes_at(const RecordedDevice& device, const Seat& seat)
{
    const Renaming renaming{device, seat};
    auto nodes = device.nodes;
    for (auto& node : nodes) {
        node.path = renaming.path(node.path);
        for (auto& attribute : node.attributes) {
            attribute.name = renaming.relative(attribute.name);
            if (attribute.target.starts_with("sys/"))
                attribute.target = "sys/" + renaming.path(std::string_view(attribute.target).substr(4));
        }
    }
    seat_device(nodes.front(), device, seat);
    return nodes;
}

std::string disks_among(const std::vector<Node>& nodes)
{
    std::string letters;
    for (const auto& node : nodes)
        if (node.is_block() && node.name().size() == 3 && node.name().starts_with("sd"))
            letters += node.name()[2];
    return letters;
}

void rename_disk(std::vector<Node>& nodes, char from, char to)
{
    constexpr int minors_of_a_disk = 16; // drivers/scsi/sd.c, SD_MINORS
    const auto old = format("sd{}", from);
    const auto anew = format("sd{}", to);
    for (auto& node : nodes) {
        if (!node.is_block() || !node.name().starts_with(old)) continue;
        std::vector<std::string> parts;
        for (const auto part : split(node.path, '/'))
            parts.push_back(part.starts_with(old) ? anew + std::string(part.substr(old.size()))
                                                  : std::string(part));
        node.path = join(parts, "/");
        const auto colon = node.number.find(':');
        const auto minor = parse_decimal(std::string_view(node.number).substr(colon + 1)).value_or(0);
        const auto shifted = static_cast<int>(minor) + minors_of_a_disk * (to - from);
        node.number = format("{}:{}", node.number.substr(0, colon), std::max(shifted, 0));
        put_attribute(node, "dev", node.number + "\n");
        std::string uevent;
        for (const auto line : split(node.uevent, '\n')) {
            if (line.starts_with("MINOR="))
                uevent += format("MINOR={}\n", std::max(shifted, 0));
            else if (line.starts_with("DEVNAME=" + old))
                uevent += format("DEVNAME={}\n", node.name());
            else if (!line.empty())
                uevent += format("{}\n", line);
        }
        node.uevent = std::move(uevent);
    }
}

} // namespace usbroute::sim
