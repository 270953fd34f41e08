// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/inputs.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "observe/decode.hpp"
#include "observe/hid.hpp"

#include <algorithm>

namespace usbroute::observe {

using topology::InputDevice;

namespace {

constexpr std::size_t most_devices = 4096; // a desk has thirty
constexpr const char* all_inputs = "sys/class/input";

/// Of input12, which is what sorts them as they were found; nothing for event3, mouse0 and js0, other faces of them.
std::optional<std::uint32_t> number_of(std::string_view name)
{
    constexpr std::string_view prefix = "input";
    if (!name.starts_with(prefix)) return std::nullopt;
    return parse_decimal(name.substr(prefix.size()));
}

// include/uapi/linux/input-event-codes.h
constexpr std::size_t ev_key = 0x01;
constexpr std::size_t ev_rel = 0x02;
constexpr std::size_t ev_abs = 0x03;
constexpr std::size_t ev_led = 0x11;

/// Bitmaps of sysfs all look like that of the keys.
topology::Keys bits_in(const KernelTree& tree, const std::string& file)
{
    return topology::parse_keys(attribute(tree, file));
}

/// REL_X and REL_Y, ABS_X and ABS_Y are bits 0 and 1 of their bitmaps. A wheel alone makes no pointer, nor does a volume
/// knob.
bool moves_pointer(const KernelTree& tree, const std::string& syspath, const topology::Keys& events)
{
    const auto has_axes = [&](const char* bitmap) {
        const auto axes = bits_in(tree, syspath + "/capabilities/" + bitmap);
        return axes.test(0) && axes.test(1);
    };
    return (events.test(ev_rel) && has_axes("rel")) || (events.test(ev_abs) && has_axes("abs"));
}

/// LED_NUML, LED_CAPSL and LED_SCROLLL are bits 0 to 2; a recording of an older version has only `ev`.
bool has_lights(const KernelTree& tree, const std::string& syspath, const topology::Keys& events)
{
    if (!events.test(ev_led)) return false;
    const auto lights = tree.read(syspath + "/capabilities/led", attribute_limit);
    return !lights || (topology::parse_keys(*lights) & topology::Keys(0x7)).any();
}

/// Of what cannot be typed on, the keys and the name suffice; of what has no keys, whether it is a pointer.
void read_input(const KernelTree& tree, const std::string& name, topology::Inputs& inputs)
{
    const auto link_path = std::string(all_inputs) + "/" + name;
    const auto target = tree.link(link_path);
    InputDevice input;
    input.syspath = target ? resolve_link(link_path, *target) : link_path;
    input.usb = usb_device_in(input.syspath);
    const auto events = bits_in(tree, input.syspath + "/capabilities/ev");
    if (events.test(ev_key)) input.keys = bits_in(tree, input.syspath + "/capabilities/key");
    const bool can_type = topology::can_type(input.keys);
    if (input.usb || can_type) input.moves_pointer = moves_pointer(tree, input.syspath, events);
    if (input.usb && input.moves_pointer) inputs.pointers.push_back(*input.usb);
    if (input.keys.none()) return;
    input.name = attribute(tree, input.syspath + "/name");
    input.bus =
        static_cast<std::uint16_t>(parse_hex(attribute(tree, input.syspath + "/id/bustype")).value_or(0));
    if (can_type) {
        input.inhibited = attribute(tree, input.syspath + "/inhibited") == "1";
        // Without `ev` nothing would have been read at all.
        input.has_lights = has_lights(tree, input.syspath, events);
    }
    inputs.devices.push_back(std::move(input));
}

bool has_entry(const KernelTree& tree, const std::string& directory, std::string_view prefix)
{
    const auto names = tree.list(directory);
    return names &&
           std::ranges::any_of(*names, [&](const std::string& name) { return name.starts_with(prefix); });
}

/// The first field of the line that ends in "i8042" with "1:" in front is what the first processor took, and so on
/// (fs/proc/interrupts.c); line 1 is the keyboard's, 12 the mouse's.
std::optional<std::uint64_t> keyboard_interrupts(const KernelTree& tree)
{
    constexpr std::size_t interrupts_limit = 1U << 20; // a column for each processor
    const auto table = tree.read("proc/interrupts", interrupts_limit);
    if (!table) return std::nullopt;
    for (const auto line : split(*table, '\n')) {
        const auto fields = words(line);
        if (fields.size() < 3 || fields.front() != "1:" || fields.back() != "i8042") continue;
        std::uint64_t sum = 0;
        for (std::size_t i = 1; i < fields.size(); ++i) {
            const auto count = parse_decimal(fields[i]);
            if (!count) break;
            sum += *count;
        }
        return sum;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> chassis_type(const KernelTree& tree)
{
    return parse_decimal(attribute(tree, "sys/class/dmi/id/chassis_type"));
}

topology::Ps2Facts ps2_facts(const KernelTree& tree)
{
    topology::Ps2Facts facts{.chassis = chassis_type(tree), .interrupts = keyboard_interrupts(tree)};
    constexpr std::uint32_t other = 1; // SMBIOS 3.7, 7.4.1
    constexpr std::uint32_t unknown = 2;
    if (facts.chassis == other || facts.chassis == unknown) facts.chassis.reset();
    if (facts.chassis) return facts;
    for (const auto& name : tree.list("sys/class/power_supply").value_or(std::vector<std::string>{})) {
        const auto supply = "sys/class/power_supply/" + name;
        // A mouse's battery has the scope "Device" (Documentation/ABI/testing/sysfs-class-power).
        if (is_entry_name(name) && attribute(tree, supply + "/type") == "Battery" &&
            attribute(tree, supply + "/scope") != "Device")
            facts.has_battery = true;
    }
    facts.has_lid = tree.list("sys/bus/acpi/devices/PNP0C0D:00").has_value(); // ACPI 6.5, 5.6.7
    return facts;
}

/// By the driver, by the ACPI table or device that announces it whether a driver runs or not, and by the graphics of
/// ASPEED, who makes nothing but such controllers.
bool has_management_controller(const KernelTree& tree)
{
    if (has_entry(tree, "sys/class/ipmi", "") || has_entry(tree, "sys/firmware/acpi/tables", "SPMI") ||
        tree.list("sys/bus/acpi/devices/IPI0001:00"))
        return true;
    constexpr std::uint32_t main_server_chassis = 0x11; // SMBIOS 3.7, 7.4.1
    constexpr std::uint32_t rack_mount_chassis = 0x17;
    constexpr std::uint32_t blade = 0x1c;
    constexpr std::uint32_t blade_enclosure = 0x1d;
    const auto chassis = chassis_type(tree);
    if (chassis == main_server_chassis || chassis == rack_mount_chassis || chassis == blade ||
        chassis == blade_enclosure)
        return true;
    for (const auto& name : tree.list("sys/bus/pci/devices").value_or(std::vector<std::string>{}))
        if (is_entry_name(name) && attribute(tree, format("sys/bus/pci/devices/{}/vendor", name)) == "0x1a03")
            return true;
    return false;
}

void add_adapters(const KernelTree& tree, topology::Inputs& inputs)
{
    for (const auto& name : tree.list("sys/class/bluetooth").value_or(std::vector<std::string>{})) {
        // "hci0:256" is a connection of hci0.
        if (!name.starts_with("hci") || name.find(':') != std::string::npos) continue;
        const auto link_path = "sys/class/bluetooth/" + name;
        const auto target = tree.link(link_path);
        inputs.adapters.push_back(usb_device_in(target ? resolve_link(link_path, *target) : link_path));
    }
    std::ranges::sort(inputs.adapters);
}

/// What raises doubts about keyboards, each looked at only where there is one that it can be about.
void add_signs(const KernelTree& tree, topology::Inputs& inputs)
{
    constexpr std::uint16_t bus_i8042 = 0x11; // include/uapi/linux/input.h
    std::vector<topology::PortPath> on_usb;
    bool is_on_ps2 = false;
    for (const auto& input : inputs.devices) {
        if (!topology::can_type(input.keys)) continue;
        if (input.usb) on_usb.push_back(*input.usb);
        is_on_ps2 = is_on_ps2 || input.bus == bus_i8042;
    }
    if (is_on_ps2) inputs.ps2 = ps2_facts(tree);
    if (on_usb.empty()) return;
    inputs.management_controller = has_management_controller(tree);
    inputs.reports = read_hid_reports(tree, on_usb);
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
    for (const auto& [number, name] : numbered) read_input(tree, name, inputs);
    add_adapters(tree, inputs);
    add_signs(tree, inputs);
    return inputs;
}

} // namespace usbroute::observe
