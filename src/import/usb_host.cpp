// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/usb_host.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/readers.hpp"
#include "import/yaml_tree.hpp"

namespace usbroute::import_ {

namespace {

/// The same of the JSON form.
QemuProperties json_properties(std::string_view text)
{
    QemuProperties found;
    const auto tree = read_json({.name = "-device", .text = std::string(text)});
    if (!tree || !tree->is_map()) return found;
    for (const auto& [key, value] : tree->pairs)
        if (value.is_scalar()) found[key.text == "driver" ? std::string() : key.text] = value.text;
    return found;
}

/// The properties of a usb-host device on their way to an entry. What cannot be taken over is reported; then nothing is added.
class UsbHost {
public:
    UsbHost(const QemuProperties& properties, bool is_json, std::uint32_t line, Found& found)
        : properties_(properties), is_json_(is_json), line_(line), found_(found)
    {}

    void read(const std::string& guest)
    {
        Entry entry{.origin = found_.at(line_),
                    .guest = guest,
                    .socket = {},
                    .device = {},
                    .name = text("id"),
                    .mapping = {},
                    .file = {},
                    .parent_hash = {}};
        if (!read_numbers() || !read_node() || !read_ids() || !read_port(entry) || !read_address()) return;
        if (!entry.socket && !has_device_) return leave_any();
        if (has_device_) entry.device = device_;
        found_.entries.push_back(std::move(entry));
    }

private:
    using Number = std::optional<std::uint32_t>;

    [[nodiscard]] std::string text(const std::string& name) const { return property_of(properties_, name); }
    /// False, for whoever goes on only with what can be taken over.
    bool leave(std::string why)
    {
        found_.left(line_, std::move(why));
        return false;
    }

    /// Whether it is not given, or a number.
    bool number(const std::string& name, Number& number)
    {
        const auto given = text(name);
        if (given.empty()) return true;
        const auto value = is_json_ ? parse_decimal(given) : c_number(given);
        if (!value || *value > 0xffff)
            return leave(format("{}={} is not a number up to 65535", name, said(given)));
        if (!is_json_ && is_octal(given))
            found_.warn(line_, format("{}={} begins with 0, so it is octal: {}", name, said(given), *value));
        number = value;
        return true;
    }

    /// Whether all four are right; each that is wrong is reported.
    bool read_numbers()
    {
        bool is_right = number("vendorid", vendor_);
        is_right = number("productid", product_) && is_right;
        is_right = number("hostbus", bus_) && is_right;
        return number("hostaddr", address_) && is_right;
    }

    bool read_node()
    {
        const auto node = text("hostdevice");
        if (node.empty()) return true;
        const auto parts = split(node, '/');
        bus_ = parts.size() > 1 ? parse_decimal(parts[parts.size() - 2]) : std::nullopt;
        address_ = parse_decimal(parts.back());
        if (bus_ && address_) return true;
        return leave(format("hostdevice={} is not a device node such as /dev/bus/usb/001/004", said(node)));
    }

    bool read_ids()
    {
        if (!vendor_ && !product_) return true;
        if (!vendor_ || !product_)
            return leave("vendorid and productid only identify a device together; give both");
        device_.vendor = static_cast<std::uint16_t>(*vendor_);
        device_.product = static_cast<std::uint16_t>(*product_);
        has_device_ = true;
        return true;
    }

    [[nodiscard]] bool has_bus() const { return bus_ && *bus_ != 0; }

    bool read_port(Entry& entry)
    {
        const auto port = text("hostport");
        if (port.empty()) return true;
        if (!has_bus())
            return leave(format("hostport={} without hostbus means that port on every bus", said(port)));
        entry.socket = socket_by_bus(format("{}-{}", *bus_, port));
        return entry.socket || leave(format("hostport={} is not a port chain such as 2.1", said(port)));
    }

    bool read_address()
    {
        if (!address_ || *address_ == 0) return true;
        if (!has_bus())
            return leave(format("hostaddr={} without hostbus means that address on every bus", *address_));
        device_.bus = static_cast<std::uint16_t>(*bus_);
        device_.number = static_cast<std::uint16_t>(*address_);
        has_device_ = true;
        return true;
    }

    void leave_any()
    {
        leave(
            bus_
                ? format(
                      "hostbus={} alone takes any device on that bus; give the guest the entire controller, or list sockets",
                      *bus_)
                : "usb-host without a condition takes any device; give sockets or ids");
    }

    const QemuProperties& properties_;
    bool is_json_;
    std::uint32_t line_;
    Found& found_;
    Number vendor_;
    Number product_;
    Number bus_;
    Number address_;
    ToldDevice device_;
    bool has_device_ = false;
};

void read_vfio(const QemuProperties& properties, std::uint32_t line, const std::string& guest, Found& found)
{
    const auto at = properties.find("host");
    if (at == properties.end()) return;
    auto text = at->second;
    if (text.find('.') == std::string::npos) text += ".0";
    const auto address = PciAddress::parse(text);
    if (!address) return found.left(line, format("host={} is not a PCI address", said(at->second)));
    found.guest(guest, line).functions.emplace_back(*address, found.at(line));
}

} // namespace

QemuProperties qemu_properties(std::string_view text)
{
    QemuProperties found;
    std::string part;
    bool is_first = true;
    const auto add = [&] {
        const auto equals = part.find('=');
        if (equals == std::string::npos)
            found[is_first ? std::string() : part] = is_first ? part : "on";
        else
            found[part.substr(0, equals)] = part.substr(equals + 1);
        part.clear();
        is_first = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != ',') {
            part += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == ',') {
            part += ',';
            ++i;
        } else {
            add();
        }
    }
    if (!part.empty()) add();
    return found;
}

std::string property_of(const QemuProperties& properties, const std::string& name)
{
    const auto at = properties.find(name);
    return at == properties.end() ? std::string() : at->second;
}

void read_device(std::string_view text, std::uint32_t line, const std::string& guest, Found& found)
{
    const bool is_json = text.starts_with('{');
    auto properties = is_json ? json_properties(text) : qemu_properties(text);
    if (!is_json && properties.contains("driver")) properties[""] = properties["driver"];
    const auto driver = property_of(properties, "");
    if (is_json && !properties.contains("") && text.find("usb-host") != std::string_view::npos)
        found.left(line, format("not valid JSON: {}", said(text)));
    if (driver == "usb-host")
        UsbHost(properties, is_json, line, found).read(guest);
    else if (driver == "vfio-pci")
        read_vfio(properties, line, guest, found);
    else if (driver == "usb-redir" && !is_json)
        found.left(line, "usb-redir is for devices of a remote viewer, not for a socket of this machine");
}

void read_usbdevice(std::string_view text, std::uint32_t line, const std::string& guest, Found& found)
{
    if (!text.starts_with("host:")) return;
    text.remove_prefix(5);
    found.note(line, "QEMU 4.0 removed -usbdevice host:");
    Entry entry{.origin = found.at(line),
                .guest = guest,
                .socket = {},
                .device = {},
                .name = {},
                .mapping = {},
                .file = {},
                .parent_hash = {}};
    const auto dot = text.find('.');
    if (const auto ids = ids_from(text)) {
        entry.device = device_of(*ids);
    } else if (dot != std::string_view::npos) {
        const auto bus = parse_decimal(text.substr(0, dot));
        const auto number = parse_decimal(text.substr(dot + 1));
        if (!bus || !number || *bus > 0xffff || *number > 0xffff)
            return found.left(line, format("host:{} is not a device", printable(text, 64)));
        ToldDevice device;
        device.bus = static_cast<std::uint16_t>(*bus);
        device.number = static_cast<std::uint16_t>(*number);
        entry.device = device;
    } else {
        return found.left(line, format("host:{} is not a device", printable(text, 64)));
    }
    found.entries.push_back(std::move(entry));
}

void read_usb_host(std::string_view properties, std::uint32_t line, const std::string& guest, Found& found)
{
    const auto map = qemu_properties("usb-host," + std::string(properties));
    UsbHost(map, false, line, found).read(guest);
}

} // namespace usbroute::import_
