// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/udev_conditions.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "import/patterns.hpp"
#include "import/readers.hpp"

#include <algorithm>
#include <array>

namespace usbroute::import_ {

namespace {

/// A part of DEVPATH or KERNEL without the patterns around it.
struct PlainPart {
    std::string_view text;
    bool begins_alike = false; ///< it fits longer numbers, too
};

PlainPart plain_part(std::string_view part, bool by_kernel)
{
    PlainPart plain{.text = part};
    auto& text = plain.text;
    while (text.ends_with('*')) {
        text.remove_suffix(1);
        plain.begins_alike = true;
    }
    if (!by_kernel)
        while (text.starts_with('*')) text.remove_prefix(1);
    if (text.ends_with(':')) {
        text.remove_suffix(1);
        plain.begins_alike = false;
    }
    if (text.ends_with('/')) plain.begins_alike = false;
    return plain;
}

bool is_interface_path(std::string_view text)
{
    return last_name_of(text).find(':') != std::string_view::npos &&
           text.find('-') != std::string_view::npos && !PciAddress::parse(last_name_of(text));
}

/// Patterns that every USB device fits.
bool fits_all(std::string_view kernel)
{
    return kernel == "*" || kernel == "[0-9]*" || kernel == "*-*" || kernel == "?*-?*";
}

/// "46d/c31c/111" has the ids in front.
std::optional<UsbIds> ids_of_product(std::string_view text)
{
    const auto parts = split(text, '/');
    const auto vendor = number_from<std::uint16_t>(parts[0], 16);
    const auto product = parts.size() > 1 ? number_from<std::uint16_t>(parts[1], 16) : std::nullopt;
    if (!vendor || !product) return std::nullopt;
    return UsbIds{.vendor = *vendor, .product = *product};
}

/// Conditions by what a program says.
bool is_run(std::string_view key)
{
    return key == "PROGRAM" || key == "RESULT" || key == "TEST" || key == "IMPORT";
}

} // namespace

void UdevConditions::add(const UdevItem& item, bool acts)
{
    const auto& key = item.key;
    const auto& value = item.value;
    if (item.op == "!=") return not_equal(item, acts);
    if (key == "ACTION") return;
    if (key == "SUBSYSTEM" || key == "SUBSYSTEMS") return subsystem(value);
    if (key == "DEVPATH") return socket(value, false);
    if (key == "KERNEL" || key == "KERNELS") return fits_all(value) ? void() : socket(value, true);
    if (key == "ENV") return environment(item);
    if (key == "ATTR" || key == "ATTRS") return attribute(item);
    if (key == "TAG" || key == "TAGS")
        return no(format("usbroute does not match udev tags ({})", said(value)));
    if (key == "DRIVER" || key == "DRIVERS")
        return value == "usb" ? void() : no(format("usbroute does not match by driver ({})", said(value)));
    if (is_run(key)) return no(format("{} is not run: {}", key, said(value)));
    no(format("usbroute has no equivalent for the condition {}", key));
}

void UdevConditions::not_equal(const UdevItem& item, bool acts)
{
    const bool is_usual = item.key == "ACTION" || item.key == "SUBSYSTEM" || item.key == "SUBSYSTEMS" ||
                          (item.key == "ENV" && item.of == "DEVTYPE");
    if (is_usual && !acts && (item.value == "usb" || item.value == "usb_device" || item.key == "ACTION"))
        return;
    no(format("usbroute has no equivalent for !=: {} != {}", item.key, said(item.value)));
}

void UdevConditions::subsystem(const std::string& value)
{
    if (value != "usb" && value != "usb|usb_device" && value != "usb*")
        no(format("the rule is for devices of {}, not usb", said(value)));
}

std::optional<ToldSocket> UdevConditions::part_of_socket(const std::string& part, bool by_kernel)
{
    if (part.starts_with("/sys"))
        found_.warn(
            line_,
            format(
                "{} never matched, because DEVPATH begins with /devices; imported as the same path without /sys",
                said(part)));
    const auto plain = plain_part(part, by_kernel);
    std::optional<ToldSocket> one;
    if (!is_glob(plain.text))
        one = by_kernel ? socket_by_bus(plain.text.substr(0, plain.text.find(':')))
                        : socket_by_devpath(plain.text);
    if (one) {
        if (is_interface_path(plain.text))
            found_.warn(line_, format("{} is an interface of a device; imported as that device's socket",
                                      said(part)));
        one->said = part;
        one->with_what_begins_alike = plain.begins_alike;
        return one;
    }
    if (!is_glob(part)) return std::nullopt;
    ToldSocket fits{.said = part, .bus = {}, .way = {}, .superspeed = {}, .ports = {}};
    (by_kernel ? fits.kernel_glob : fits.glob) = part;
    return fits;
}

void UdevConditions::socket(const std::string& value, bool by_kernel)
{
    std::vector<ToldSocket> told;
    for (const auto& part : alternatives_of_glob(value)) {
        auto one = part_of_socket(part, by_kernel);
        if (!one) return no(format("{} is not the path of a USB device", said(part)));
        told.push_back(std::move(*one));
    }
    if (!sockets_.empty()) return no("the rule names two ports, and both would have to match");
    sockets_ = std::move(told);
}

void UdevConditions::id_path(const std::string& value)
{
    if (!sockets_.empty()) return;
    for (const auto& part : alternatives_of_glob(value)) {
        std::string_view plain = part;
        while (plain.ends_with('*')) plain.remove_suffix(1);
        auto one = is_glob(plain) ? std::nullopt : socket_by_id_path(plain);
        if (!one) return no(format("{} in ID_PATH is not the path of a USB device", said(part)));
        one->said = part;
        one->with_what_begins_alike = plain.size() != part.size();
        sockets_.push_back(std::move(*one));
    }
}

void UdevConditions::hex_id(std::optional<std::uint16_t>& id, const std::string& value)
{
    const auto number = number_from<std::uint16_t>(value, 16);
    if (!number) return no(format("{} is not an id of hexadecimal digits", said(value)));
    id = number;
    has_device_ = true;
}

void UdevConditions::text(std::string& where, const std::string& value)
{
    if (is_glob(value))
        return no(format("usbroute cannot match the pattern {}; write the exact text instead", said(value)));
    where = value;
    has_device_ = true;
}

void UdevConditions::environment(const UdevItem& item)
{
    const auto& of = item.of;
    if (of == "DEVTYPE") {
        if (item.value == "usb_interface")
            no("the rule is for an interface, and usbroute gives only entire devices");
        return;
    }
    if (of == "ID_PATH" || of == "ID_PATH_WITH_USB_REVISION") return id_path(item.value);
    if (of == "ID_VENDOR_ID") return hex_id(device_.vendor, item.value);
    if (of == "ID_MODEL_ID") return hex_id(device_.product, item.value);
    if (of == "ID_SERIAL_SHORT") return text(device_.serial, item.value);
    if (of == "ID_SERIAL") return text(device_.udev_serial, item.value);
    if (of == "PRODUCT") return product(item.value);
    if (of == "DEVNAME" || of == "BUSNUM" || of == "DEVNUM")
        return no(format("{} changes each time the device is plugged in; match its socket or its ids", of));
    no(format("usbroute has no equivalent for the condition ENV{{{}}}", printable(of, 64)));
}

void UdevConditions::product(const std::string& value)
{
    if (value.find('|') != std::string::npos) return products(value);
    const auto ids = ids_of_product(value);
    if (!ids) return no(format("{} in PRODUCT is not VENDOR/PRODUCT/REVISION", said(value)));
    const auto parts = split(value, '/');
    if (parts.size() > 2 && !is_glob(parts[2]))
        found_.note(line_, "usbroute ignores the revision in PRODUCT");
    device_.vendor = ids->vendor;
    device_.product = ids->product;
    has_device_ = true;
}

/// "46d/c31c/*|46d/c077/*"
void UdevConditions::products(const std::string& value)
{
    for (const auto& part : alternatives_of_glob(value)) {
        const auto ids = ids_of_product(part);
        if (!ids) return no(format("{} in PRODUCT is not VENDOR/PRODUCT/REVISION", said(part)));
        products_.push_back(*ids);
    }
}

void UdevConditions::attribute(const UdevItem& item)
{
    if (item.key == "ATTRS" && !warned_parent_) {
        warned_parent_ = true;
        found_.note(line_, "ATTRS can also match a hub above the device; imported as the device's own");
    }
    if (item.of == "idVendor") return hex_id(device_.vendor, item.value);
    if (item.of == "idProduct") return hex_id(device_.product, item.value);
    if (item.of == "serial") return text(device_.serial, item.value);
    if (item.of == "product" || item.of == "manufacturer") return text(device_.name, item.value);
    if (item.of == "busnum") {
        bus_ = number_from<std::uint16_t>(item.value);
        return bus_ ? void() : no(format("busnum {} is not a number", said(item.value)));
    }
    if (item.of == "devpath") {
        devpath_ = item.value;
        return;
    }
    if (item.of == "bDeviceClass")
        if (const auto one = number_from<std::uint8_t>(item.value, 16)) {
            device_.device_class = format("{:02x}", *one);
            has_device_ = true;
            return;
        }
    no(format("usbroute has no equivalent for the attribute {}", printable(item.of, 64)));
}

std::vector<Entry> UdevConditions::devices(const Entry& base) const
{
    if (products_.empty()) return {base};
    std::vector<Entry> made;
    for (const auto& ids : products_) {
        made.push_back(base);
        made.back().device = device_;
        made.back().device->vendor = ids.vendor;
        made.back().device->product = ids.product;
    }
    return made;
}

std::vector<ToldSocket> UdevConditions::sockets()
{
    auto sockets = sockets_;
    if (!bus_ || devpath_.empty()) return sockets;
    if (auto one = socket_by_bus(format("{}-{}", *bus_, devpath_))) sockets.push_back(std::move(*one));
    if (!warned_gone_)
        found_.note(
            line_,
            "the old rule never took the device back, because ATTR{busnum} and ATTR{devpath} are gone once it is unplugged");
    warned_gone_ = true;
    return sockets;
}

std::vector<Entry> UdevConditions::entries(const std::string& guest)
{
    Entry base{.origin = found_.at(line_),
               .guest = guest,
               .socket = {},
               .device = {},
               .name = {},
               .mapping = {},
               .file = {},
               .parent_hash = {}};
    if (has_device_) base.device = device_;
    auto bases = devices(base);
    const auto told = sockets();
    if (told.empty()) return bases;
    std::vector<Entry> made;
    for (const auto& one : told)
        for (const auto& entry : bases) {
            made.push_back(entry);
            made.back().socket = one;
        }
    return made;
}

} // namespace usbroute::import_
