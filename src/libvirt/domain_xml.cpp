// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/domain_xml.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "libvirt/alias.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include <pugixml.hpp>

namespace usbroute::libvirt {

namespace {

using pugi::xml_node;

constexpr std::size_t most_devices = 4096;
constexpr std::size_t longest_word = 255; // a longer alias or port is none

std::string_view word_in(const xml_node& node, const char* attribute)
{
    const std::string_view text = node.attribute(attribute).value();
    return text.size() <= longest_word ? text : std::string_view();
}

/// Decimal, or with 0x, as libvirt writes both.
std::optional<std::uint32_t> number_in(const xml_node& node, const char* attribute)
{
    const auto text = word_in(node, attribute);
    return text.starts_with("0x") ? parse_hex(text) : parse_decimal(text);
}

std::string alias_of(const xml_node& device)
{
    return alias_from_libvirt(word_in(device.child("alias"), "name"));
}

bool is(std::string_view text, std::string_view word) { return text == word; }

struct Place {
    std::optional<std::uint32_t> bus;
    std::string port;
};
/// Nothing: it is on no port of a USB controller.
std::optional<Place> usb_place_of(const xml_node& device)
{
    const auto address = device.child("address");
    if (!is(address.attribute("type").value(), "usb")) return std::nullopt;
    return Place{.bus = number_in(address, "bus"), .port = std::string(word_in(address, "port"))};
}

void add_usb_controller(const xml_node& device, Contents& into)
{
    // Those of USB 1 beside an EHCI: the same bus.
    if (device.child("master")) return;
    const auto index = number_in(device, "index");
    if (!index) return;
    const auto model = word_in(device, "model");
    UsbController controller{.index = *index,
                             .alias = alias_of(device),
                             .model = std::string(model),
                             .usb2_ports = {},
                             .superspeed_ports = {}};
    if (model == "qemu-xhci" || model == "nec-xhci") {
        constexpr std::uint32_t usual_ports = 4; // QEMU's p2 and p3, where libvirt does not say
        const auto ports = number_in(device, "ports").value_or(usual_ports);
        controller.usb2_ports = ports;
        controller.superspeed_ports = ports;
    }
    into.controllers.push_back(std::move(controller));
}

void add_usb_device(const xml_node& device, Contents& into)
{
    const auto address = device.child("source").child("address");
    const auto place = usb_place_of(device).value_or(Place{});
    into.devices.push_back({.alias = alias_of(device),
                            .bus = number_in(address, "bus").value_or(0),
                            .device = number_in(address, "device").value_or(0),
                            .guest_bus = place.bus,
                            .guest_port = place.port,
                            .by_descriptor = false});
    if (is(device.child("source").attribute("missing").value(), "yes"))
        into.devices.back().bus = into.devices.back().device = 0;
}

void add_function(const xml_node& device, Contents& into)
{
    const auto address = device.child("source").child("address");
    const auto domain = number_in(address, "domain");
    const auto bus = number_in(address, "bus");
    const auto slot = number_in(address, "slot");
    const auto function = number_in(address, "function");
    if (!domain || !bus || !slot || !function) return;
    into.functions.push_back({.alias = alias_of(device),
                              .pci = format("{:04x}:{:02x}:{:02x}.{:x}", *domain, *bus, *slot, *function)});
}

/// What it is: a tablet, a disk, a hub.
std::string type_of(const xml_node& device)
{
    const auto type = word_in(device, "type");
    const std::string_view element = device.name();
    const bool says_more = element == "input" || element == "controller";
    return std::string(says_more && !type.empty() ? type : element.substr(0, longest_word));
}

void add_device(const xml_node& device, Contents& into)
{
    const std::string_view element = device.name();
    const std::string_view type = device.attribute("type").value();
    if (auto alias = alias_of(device); !alias.empty()) into.aliases.push_back(std::move(alias));
    if (element == "controller" && type == "usb") return add_usb_controller(device, into);
    if (element == "hostdev" && type == "usb") return add_usb_device(device, into);
    if (element == "hostdev" && type == "pci") return add_function(device, into);
    // A controller too can be a USB device: a reader of smart cards (ccid).
    const auto place = usb_place_of(device);
    if (!place) return;
    into.others.push_back({.alias = alias_of(device),
                           .type = type_of(device),
                           .guest_bus = place->bus,
                           .guest_port = place->port});
}

/// Those on which nothing is, and on which something can be put while the guest runs.
std::uint32_t free_root_ports_of(const xml_node& devices)
{
    std::set<std::uint32_t> taken;
    for (const auto& device : devices.children())
        if (const auto address = device.child("address"); is(address.attribute("type").value(), "pci"))
            if (const auto bus = number_in(address, "bus")) taken.insert(*bus);
    std::set<std::uint32_t> free;
    for (const auto& controller : devices.children("controller")) {
        const std::string_view model = controller.attribute("model").value();
        if (model != "pcie-root-port" && model != "pcie-switch-downstream-port") continue;
        if (is(controller.child("target").attribute("hotplug").value(), "off")) continue;
        const auto index = number_in(controller, "index");
        if (index && !taken.contains(*index)) free.insert(*index);
    }
    return static_cast<std::uint32_t>(free.size());
}

bool has_express_root(const xml_node& devices)
{
    const auto controllers = devices.children("controller");
    // NOLINTNEXTLINE(modernize-use-ranges): pugixml has no iterators of theirs
    return std::any_of(controllers.begin(), controllers.end(),
                       [](const xml_node& one) { return is(one.attribute("model").value(), "pcie-root"); });
}

} // namespace

Result<Contents> read_domain_xml(std::string_view text)
{
    if (text.size() > longest_domain_xml) return failure("the definition of the domain is too long");
    pugi::xml_document document;
    const auto parsed = document.load_buffer(text.data(), text.size(),
                                             pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
    if (!parsed) return failure(format("the definition of the domain is no XML: {}", parsed.description()));
    for (const auto& node : document.children())
        if (node.type() == pugi::node_doctype)
            return failure("the definition of the domain has a document type of its own");
    const auto domain = document.child("domain");
    if (!domain) return failure("this is the definition of no domain");
    const auto devices = domain.child("devices");
    Contents contents;
    std::size_t count = 0;
    for (const auto& device : devices.children()) {
        if (++count > most_devices) return failure("the domain has too many devices");
        add_device(device, contents);
    }
    contents.free_root_ports = free_root_ports_of(devices);
    contents.is_pci_express = has_express_root(devices);
    return contents;
}

} // namespace usbroute::libvirt
