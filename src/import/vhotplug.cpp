// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"
#include "import/yaml_tree.hpp"

#include <algorithm>
#include <array>

namespace usbroute::import_ {

namespace {

bool is_true(const YamlNode* node) { return node != nullptr && !node->is_quoted && node->text == "true"; }
bool is_false(const YamlNode* node) { return node != nullptr && !node->is_quoted && node->text == "false"; }

/// `disable` wins over `enable` in the same entry.
bool is_disabled(const YamlNode& node)
{
    return is_true(node.get("disable")) || is_false(node.get("enable"));
}

std::optional<std::uint32_t> plain_int(const YamlNode* node)
{
    if (node == nullptr || !node->is_scalar() || node->is_quoted) return std::nullopt;
    return parse_decimal(node->text);
}

std::optional<std::uint16_t> hex_word(const std::string& text)
{
    std::string_view word = text;
    if (word.starts_with("0x") || word.starts_with("0X")) word.remove_prefix(2);
    if (word.empty() || word.size() > 4) return std::nullopt;
    return number_from<std::uint16_t>(word, 16);
}

const YamlNode* class_part(const YamlNode& node, const std::string& of, std::string_view part)
{
    const auto* found = node.get(of + std::string(part));
    // The older form of the name.
    return found == nullptr && part == "Subclass" ? node.get(of + "SubClass") : found;
}

/// "03", "03:01:01", by the numbers of three keys; empty: not told, or with a gap that no text has.
std::string class_text(const YamlNode& node, const std::string& of)
{
    if (class_part(node, of, "Protocol") != nullptr && class_part(node, of, "Subclass") == nullptr) return {};
    const auto first = plain_int(node.get(of + "Class"));
    if (!first || *first > 255) return {};
    auto text = format("{:02x}", *first);
    for (const auto* part : {"Subclass", "Protocol"}) {
        const auto* more = class_part(node, of, part);
        if (more == nullptr) break;
        const auto number = plain_int(more);
        if (!number || *number > 255) return {};
        text += format(":{:02x}", *number);
    }
    return text;
}

/// What entries of one rule have in common.
struct VhotplugRule {
    std::string guest;
    std::string name;
    bool denies = false;
};

void add_vhotplug(Found& found, const YamlNode& node, const VhotplugRule& rule,
                  std::optional<ToldSocket> socket, std::optional<ToldDevice> device)
{
    Entry entry{.origin = found.at(node.line),
                .to = rule.denies ? Entry::To::host : Entry::To::guest,
                .guest = rule.guest,
                .socket = std::move(socket),
                .device = std::move(device),
                .name = rule.denies ? std::string() : rule.name,
                .mapping = {},
                .file = {},
                .parent_hash = {}};
    entry.for_sockets_of_guest = rule.denies && !entry.socket;
    found.entries.push_back(std::move(entry));
}

/// Inside one entry the criteria are alternatives; `removable` is a condition for each of them.
void read_vhotplug_entry(const YamlNode& node, const VhotplugRule& rule, Found& found)
{
    if (!node.is_map()) return found.left(node.line, "an entry of allow or deny must be an object");
    if (is_disabled(node)) return found.left(node.line, "the entry is disabled");
    std::optional<bool> removable;
    if (const auto* list = node.get("removable")) {
        if (!list->is_list()) {
            found.left(list->line, "removable has no effect here: vhotplug reads it only as a list");
        } else if (list->items.size() == 1 && list->items.front().text != "unknown") {
            removable = list->items.front().text == "removable";
        } else {
            found.left(list->line,
                       "usbroute has no equivalent for removable with several words or with \"unknown\"");
        }
    }
    const auto with_removable = [&](ToldDevice device) {
        device.removable = removable;
        return device;
    };
    bool any = false;
    const auto vendor = node.text_at("vendorId");
    const auto product = node.text_at("productId");
    if (!vendor.empty() && !product.empty()) {
        const auto vendor_number = hex_word(vendor);
        const auto product_number = hex_word(product);
        if (vendor_number && product_number) {
            ToldDevice device;
            device.vendor = vendor_number;
            device.product = product_number;
            add_vhotplug(found, node, rule, {}, with_removable(device));
            any = true;
        } else {
            found.left(node.line, format("{}:{} is not a vendor and product id", printable(vendor, 32),
                                         printable(product, 32)));
        }
    } else if (!vendor.empty() || !product.empty()) {
        found.left(node.line, "one of vendorId and productId is missing, so this never matched");
    }
    for (const auto* key : {"vendorName", "productName"}) {
        const auto pattern = node.text_at(key);
        if (pattern.empty()) continue;
        ToldDevice device;
        device.name = pattern;
        add_vhotplug(found, node, rule, {}, with_removable(device));
        found.warn(
            node.get(key)->line,
            format(
                "{} {} is a regular expression, anchored at the start and ignoring case; check what it matches",
                key, said(pattern)));
        any = true;
    }
    const auto* bus = node.get("bus");
    const auto* port = node.get("port");
    if (bus != nullptr && port != nullptr) {
        const auto bus_number = plain_int(bus);
        const auto port_number = plain_int(port);
        if (bus_number && port_number && *bus_number > 0 && *port_number > 0 && *bus_number < 65536 &&
            *port_number < 256) {
            auto socket = socket_by_bus(format("{}-{}", *bus_number, *port_number));
            std::optional<ToldDevice> device;
            if (removable) device = with_removable({});
            add_vhotplug(found, node, rule, std::move(socket), std::move(device));
            any = true;
        } else {
            found.left(bus->line, format("bus {} and port {} must be numbers above 0; this never matched",
                                         said(bus->text), said(port->text)));
        }
    } else if (bus != nullptr || port != nullptr) {
        found.left((bus != nullptr ? bus : port)->line,
                   "one of bus and port is missing, so this never matched");
    }
    if (auto text = class_text(node, "device"); !text.empty()) {
        ToldDevice device;
        device.device_class = std::move(text);
        add_vhotplug(found, node, rule, {}, with_removable(device));
        any = true;
    } else if (const auto* one = node.get("deviceClass")) {
        found.left(one->line,
                   format("deviceClass {} is not a number up to 255, or has a protocol without a subclass",
                          said(one->text)));
    }
    if (auto text = class_text(node, "interface"); !text.empty()) {
        ToldDevice device;
        device.interface_class = std::move(text);
        add_vhotplug(found, node, rule, {}, with_removable(device));
        any = true;
    } else if (const auto* one = node.get("interfaceClass")) {
        found.left(one->line,
                   format("interfaceClass {} is not a number up to 255, or has a protocol without a subclass",
                          said(one->text)));
    }
    if (const auto* driver = node.get("driverPath"))
        found.left(driver->line,
                   format("driverPath {}: usbroute does not match by driver", said(driver->text)));
    if (!any && node.get("removable") != nullptr)
        found.left(node.line, "removable alone does not identify a device");
    constexpr std::array<std::string_view, 20> known{"vendorId",
                                                     "productId",
                                                     "vendorName",
                                                     "productName",
                                                     "bus",
                                                     "port",
                                                     "deviceClass",
                                                     "deviceSubclass",
                                                     "deviceSubClass",
                                                     "deviceProtocol",
                                                     "interfaceClass",
                                                     "interfaceSubclass",
                                                     "interfaceSubClass",
                                                     "interfaceProtocol",
                                                     "driverPath",
                                                     "removable",
                                                     "disable",
                                                     "enable",
                                                     "description",
                                                     "comment"};
    for (const auto& [key, value] : node.pairs)
        if (std::ranges::find(known, key.text) == known.end())
            found.left(key.line, format("{} is unknown and could be a condition", said(key.text)));
}

/// The guest of a rule; empty: there is none, or it is not decided.
std::string guest_of_rule(const YamlNode& node, Found& found)
{
    auto target = node.text_at("targetVm");
    const auto* allowed = node.get("allowedVms");
    if (!target.empty()) return target;
    if (allowed == nullptr || !allowed->is_list() || allowed->items.empty()) {
        found.left(node.line, "the rule has neither targetVm nor allowedVms, so the old tool skipped it");
        return {};
    }
    std::vector<std::string> names;
    for (const auto& item : allowed->items) names.push_back(printable(item.text, 64));
    found.left(
        allowed->line,
        format("the rule has allowedVms but no targetVm: the old tool asked which of {} to use; choose one",
               listed(names)));
    return {};
}

void read_vhotplug_usb(const YamlNode& node, Found& found)
{
    if (!node.is_map()) return found.left(node.line, "a rule must be an object");
    if (is_disabled(node)) return found.left(node.line, "the rule is disabled");
    VhotplugRule rule;
    rule.guest = guest_of_rule(node, found);
    if (rule.guest.empty()) return;
    rule.name = node.text_at("tag");
    const auto* allow = node.get("allow");
    if (allow == nullptr || !allow->is_list() || allow->items.empty())
        return found.left(node.line, "the rule allows nothing");
    for (const auto& entry : allow->items) read_vhotplug_entry(entry, rule, found);
    rule.denies = true;
    if (const auto* deny = node.get("deny"))
        for (const auto& entry : deny->items) read_vhotplug_entry(entry, rule, found);
    if (is_true(node.get("skipOnSuspend")))
        found.note(node.get("skipOnSuspend")->line,
                   "skipOnSuspend is ignored: usbroute always takes devices back before the host sleeps");
}

void read_vhotplug_pci(const YamlNode& node, Found& found)
{
    if (!node.is_map()) return found.left(node.line, "a rule must be an object");
    if (is_disabled(node)) return found.left(node.line, "the rule is disabled");
    const auto guest = node.text_at("targetVm");
    if (guest.empty()) return found.left(node.line, "the rule has no targetVm");
    if (is_true(node.get("pciIommuAddAll")))
        found.left(
            node.get("pciIommuAddAll")->line,
            "pciIommuAddAll gave the guest every function in the IOMMU group; list the ones it should have");
    const auto* allow = node.get("allow");
    if (allow == nullptr || !allow->is_list()) return found.left(node.line, "the rule allows nothing");
    for (const auto& entry : allow->items) {
        if (is_disabled(entry)) {
            found.left(entry.line, "the entry is disabled");
            continue;
        }
        const auto address = PciAddress::parse(entry.text_at("address"));
        if (address)
            found.guest(guest, node.line).functions.emplace_back(*address, found.at(entry.line));
        else if (!entry.text_at("vendorId").empty() || entry.get("deviceClass") != nullptr ||
                 !entry.text_at("address").empty())
            found.left(
                entry.line,
                "usbroute does not match PCI devices by id or class; list USB controllers by address in `controllers`");
    }
}

} // namespace

Result<Found> read_vhotplug(const Source& source)
{
    const auto tree = read_json(source);
    if (!tree) return std::unexpected(tree.error());
    Found found{.file = source.name,
                .kind = Kind::vhotplug,
                .guests = {},
                .entries = {},
                .writes = {},
                .root_hubs = {},
                .remarks = {}};
    if (!tree->is_map()) return bad_input(source, tree->line, "vhotplug's file must be a single object");
    if (const auto* machines = tree->get("vms"))
        for (const auto& machine : machines->items) {
            const auto name = machine.text_at("name");
            if (name.empty()) continue;
            auto& guest = found.guest(name, machine.line);
            const auto type = machine.text_at("type");
            if (type.empty() || type == "qemu")
                guest.qmp = machine.text_at("socket");
            else
                guest.no_monitor = format("{} is a {} machine; usbroute works only with QEMU and libvirt",
                                          said(name), printable(type, 32));
        }
    for (const auto& [key, value] : tree->pairs) {
        if (key.text == "usbPassthrough")
            for (const auto& rule : value.items) read_vhotplug_usb(rule, found);
        else if (key.text == "pciPassthrough")
            for (const auto& rule : value.items) read_vhotplug_pci(rule, found);
        else if (key.text == "evdevPassthrough" && !value.items.empty())
            found.left(key.line, "evdevPassthrough passes input events, not USB devices");
        else if (key.text == "acpiPassthrough" && !value.items.empty())
            found.left(key.line, "acpiPassthrough is not about USB");
        else if (key.text == "usbAuthorization")
            found.left(
                key.line,
                "usbAuthorization stays with vhotplug: usbroute does not decide which devices the kernel may use");
        else if (key.text != "vms" && key.text != "general" && key.text != "evdevPassthrough" &&
                 key.text != "acpiPassthrough")
            found.left(key.line, format("vhotplug has no key {}", said(key.text)));
    }
    return found;
}

} // namespace usbroute::import_
