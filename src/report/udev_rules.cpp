// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/udev_rules.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/rule_order.hpp"

#include <algorithm>

namespace usbroute::report {

namespace {

using plan::NeededNodes;

constexpr std::string_view head_of_rules =
    R"(# Nodes of USB devices that usbrouted has to open to give what is in a socket to a guest: for group usbroute.
# Printed by `usbroute config udev` from the sockets of the configuration; when they change, print it again.
#
# It belongs in @PLACE@, and the group has to be there when udev reads it:
#
#   usbroute config udev | sudo tee @PLACE@
#   sudo udevadm control --reload
#   sudo udevadm trigger --subsystem-match=usb
#
# A socket is known by its controller and its ports, because the numbers of buses change. The two halves of an xHCI are two
# buses with the same port numbers, told apart by the speed of their root hubs.

ACTION=="remove", GOTO="usbroute_nodes_end"
SUBSYSTEM!="usb", GOTO="usbroute_nodes_end"
ENV{DEVTYPE}!="usb_device", GOTO="usbroute_nodes_end"
)";
constexpr std::string_view tail = "\nLABEL=\"usbroute_nodes_end\"";

/// udev takes a rule with KERNELS and ATTRS where one device, this one or one above it, fits both. Megabits a second:
/// 12 is a UHCI's or OHCI's, 480 an EHCI's and an xHCI's; SuperSpeed has 5000, 10000, 20000.
std::string_view speeds_of(const NeededNodes& needed) { return needed.superspeed ? "[1-9]*000" : "12|480"; }

/// "2.1", as behind the '-' of the kernel's name "3-2.1".
std::string chain_of(const NeededNodes::Ports& ports)
{
    std::vector<std::string> numbers;
    for (const auto port : ports) numbers.push_back(format("{}", port));
    return join(numbers, ".");
}

/// In DEVPATH. By the way to a controller only the numbers of the buses below are left open: another card changes them.
std::string directories_to(const NeededNodes& needed)
{
    if (!needed.way || needed.way->root.domain != needed.controller.domain) return needed.controller.text();
    auto pattern = needed.way->root.text();
    for (const auto& slot : needed.way->below)
        pattern += format("/{:04x}:??:{:02x}.{:x}", needed.controller.domain, slot.device, slot.function);
    return pattern;
}

/// The name ends with its ports, or goes on with a dot: port 1 is never taken for port 11.
std::string rules_of(const NeededNodes& needed)
{
    const auto rule = [&](std::string_view more) {
        return format(
            R"(DEVPATH=="*/{}/usb[0-9]*", KERNELS=="usb[0-9]*", ATTRS{{speed}}=="{}", {}, GROUP="usbroute", MODE="0660")"
            "\n",
            directories_to(needed), speeds_of(needed), more);
    };
    std::vector<std::string> names;
    for (const auto& name : needed.connectors) names.push_back(name.text());
    auto text = format("\n# {}, {}: {}\n", needed.controller.text(),
                       needed.superspeed ? "SuperSpeed" : "USB 2", join(names, ", "));
    text += rule(R"(KERNEL=="usb[0-9]*")");
    for (const auto& hub : needed.hubs)
        text += rule(format(R"(KERNEL=="[0-9]*-{}", ATTR{{bDeviceClass}}=="09")", chain_of(hub)));
    for (const auto& place : needed.places)
        text += rule(format(R"(KERNEL=="[0-9]*-{0}|[0-9]*-{0}.*")", chain_of(place)));
    return text;
}

/// Of one half of a hub that has a name. All that is asked of ATTRS has to fit one device, this one or one above it. The ports
/// are those at the end of the name; the hub's own before them are open.
std::string rules_of(const plan::NeededHub& needed, const UsbIds& id)
{
    const auto serial = is_plain_word(needed.hub.spec.serial, "-_.: ") && id == needed.hub.spec.id
                            ? format(R"(, ATTRS{{serial}}=="{}")", needed.hub.spec.serial)
                            : std::string();
    const auto rule = [&](std::string_view more) {
        return format(
            R"(ATTRS{{bDeviceClass}}=="09", ATTRS{{idVendor}}=="{:04x}", ATTRS{{idProduct}}=="{:04x}"{}, {}, GROUP="usbroute", MODE="0660")"
            "\n",
            id.vendor, id.product, serial, more);
    };
    auto text =
        rule(format(R"(ATTR{{idVendor}}=="{:04x}", ATTR{{idProduct}}=="{:04x}")", id.vendor, id.product));
    for (const auto& hub : needed.hubs)
        text += rule(format(R"(KERNEL=="[0-9]*-[0-9]*.{}", ATTR{{bDeviceClass}}=="09")", chain_of(hub)));
    for (const auto& place : needed.places)
        text += rule(format(R"(KERNEL=="[0-9]*-[0-9]*.{0}|[0-9]*-[0-9]*.{0}.*")", chain_of(place)));
    return text;
}

std::string rules_of(const plan::NeededHub& needed)
{
    std::vector<std::string> names;
    for (const auto& name : needed.connectors) names.push_back(name.text());
    auto text = format("\n# hub {}, wherever it is plugged in: {}\n", topology::shown(needed.hub.spec),
                       join(names, ", "));
    text += rules_of(needed, needed.hub.spec.id);
    if (needed.superspeed_id)
        text += format("# its SuperSpeed half, {}\n", needed.superspeed_id->text()) +
                rules_of(needed, *needed.superspeed_id);
    else
        text +=
            "# Its SuperSpeed half is not seen now, and its id is another one: if it has one, plug the hub in where it has\n"
            "# SuperSpeed, and print these rules again.\n";
    return text;
}

/// As udev asks for it at the node of a device; empty: it cannot be asked for there.
std::vector<std::string> conditions_of(const config::RuleMatch& match, const config::Settings& settings)
{
    std::vector<std::string> asked;
    if (match.id)
        asked.push_back(format(R"(ATTR{{idVendor}}=="{:04x}", ATTR{{idProduct}}=="{:04x}")", match.id->vendor,
                               match.id->product));
    if (is_plain_word(match.serial, "-_.: "))
        asked.push_back(format(R"(ATTR{{serial}}=="{}")", match.serial));
    const auto interface_code = [](const topology::UsbClass& wanted) {
        return format("{:02x}{}{}", wanted.base, wanted.subclass ? format("{:02x}", *wanted.subclass) : "??",
                      wanted.protocol ? format("{:02x}", *wanted.protocol) : "??");
    };
    for (const auto& wanted : match.interfaces)
        asked.push_back(format(R"(ENV{{ID_USB_INTERFACES}}=="*:{}:*")", interface_code(wanted)));
    if (match.device_class && match.device_class->subclass)
        asked.push_back(format(R"(ENV{{ID_USB_INTERFACES}}=="*:{}:*")", interface_code(*match.device_class)));
    if (match.removable)
        asked.push_back(format(R"(ATTR{{removable}}{}="fixed")", *match.removable ? "!" : "="));
    for (const auto& hub : settings.hubs)
        if (match.hub == hub.spec.name)
            asked.push_back(format(
                R"(ATTRS{{bDeviceClass}}=="09", ATTRS{{idVendor}}=="{:04x}", ATTRS{{idProduct}}=="{:04x}")",
                hub.spec.id.vendor, hub.spec.id.product));
    return asked;
}

/// What is the host's in any case nobody has to open; what is in a socket of its own is opened as that socket's.
bool needs_nodes(const config::RuleSettings& rule, const config::Settings& settings)
{
    if (rule.ask.empty() && rule.to == config::Target(config::ToHost{})) return false;
    const auto* socket = rule.match.socket ? settings.connector(*rule.match.socket) : nullptr;
    return socket == nullptr || !socket->spec.is_by_place();
}

/// Nodes of the devices that a rule names, wherever they are plugged in.
std::string lines_for(const config::RuleSettings& rule, const config::Settings& settings)
{
    auto text = format("\n# rule {}: {}\n", rule.name.text(), config::text_of(rule.match));
    const auto line = [](const std::vector<std::string>& conditions) {
        return format(R"(ATTR{{bDeviceClass}}!="09", {}, GROUP="usbroute", MODE="0660")"
                      "\n",
                      join(conditions, ", "));
    };
    auto conditions = conditions_of(rule.match, settings);
    const auto& kind = rule.match.device_class;
    if (!kind || kind->subclass) {
        if (conditions.empty())
            return text +
                   "# udev is not asked for that: QEMU has to open such a device itself, and needs the right to\n";
        return text + line(conditions);
    }
    auto of_interface = conditions;
    of_interface.push_back(format(R"(ENV{{ID_USB_INTERFACES}}=="*:{:02x}????:*")", kind->base));
    conditions.push_back(format(R"(ATTR{{bDeviceClass}}=="{:02x}")", kind->base));
    return text + line(of_interface) + line(conditions);
}

/// In a sentence.
std::string why_no_rules(const config::Settings& settings)
{
    const auto has_places = [](const auto& connector) { return connector.spec.is_by_place(); };
    if (std::ranges::none_of(settings.connectors, has_places))
        return "no connector has a place of its own; usbrouted needs nodes only for sockets that no mux reaches, "
               R"([connector.NAME] with usb = ["0000:02:00.0/1"])";
    if (std::ranges::all_of(settings.guests, [](const auto& guest) { return !guest.takes_devices(); }))
        return R"(no guest can take devices one by one; add qmp = "/run/usbroute/NAME.qmp" or libvirt = "DOMAIN" to [guest.NAME])";
    return "every connector with a place of its own goes with a socket of the mux that it is behind";
}

} // namespace

UdevRules udev_rules(const topology::Snapshot& snapshot, const config::Settings& settings)
{
    const auto board = plan::look_at_board(snapshot, settings);
    const auto needed = plan::needed_nodes(board);
    const auto hubs = plan::needed_hubs(snapshot, board);
    const bool has_a_taker =
        std::ranges::any_of(settings.guests, [](const auto& guest) { return guest.takes_devices(); });
    std::string of_rules;
    for (const auto& rule : settings.rules)
        if (has_a_taker && needs_nodes(rule, settings)) of_rules += lines_for(rule, settings);
    if (needed.empty() && hubs.empty() && of_rules.empty())
        return {.lines = {}, .none = why_no_rules(settings)};
    auto text = replaced(head_of_rules, {{"@PLACE@", place_of_rules}});
    for (const auto& bus : needed) text += rules_of(bus);
    for (const auto& hub : hubs) text += rules_of(hub);
    text += of_rules;
    text += tail;
    UdevRules rules;
    for (const auto line : split(text, '\n')) rules.lines.emplace_back(line);
    return rules;
}

} // namespace usbroute::report
