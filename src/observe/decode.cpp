// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/decode.hpp"

#include "base/text.hpp"

#include <ranges>

namespace usbroute::observe {

using topology::ControllerKind;
using topology::PortPath;

topology::RegisterLook decode_config(std::string_view bytes)
{
    if (bytes.size() < config_bytes_needed) return topology::Unreadable{};
    const auto dword = [bytes](std::uint16_t offset) {
        std::uint32_t value = 0;
        for (std::uint16_t i = 0; i < 4; ++i)
            value |= std::uint32_t{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
        return value;
    };
    namespace reg = chips::route_reg;
    return chips::RouteBits{.usb2_owner = dword(reg::usb2_owner),
                            .usb2_movable = dword(reg::usb2_movable),
                            .superspeed_on = dword(reg::superspeed_on),
                            .superspeed_movable = dword(reg::superspeed_movable),
                            .fuses = dword(reg::fuses),
                            .usb2_disabled = dword(reg::usb2_disabled),
                            .superspeed_disabled = dword(reg::superspeed_disabled)};
}

bool has_pci_express_capability(std::string_view bytes)
{
    constexpr std::size_t status = 0x06;           // PCI 3.0, 6.2.3: bit 4, there is a list of capabilities
    constexpr std::size_t first = 0x34;            // 6.7
    constexpr unsigned char pci_express_id = 0x10; // PCI Code and ID assignment, capability ids
    constexpr std::size_t header = 64;
    constexpr int most_capabilities = 48; // as many as fit, so that a list that bites its tail ends
    const auto byte = [bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    if (bytes.size() < header || (byte(status) & 0x10u) == 0) return false;
    std::size_t at = byte(first) & 0xfcu;
    for (int i = 0; i < most_capabilities && at >= header && at + 1 < bytes.size(); ++i) {
        if (byte(at) == pci_express_id) return true;
        at = byte(at + 1) & 0xfcu;
    }
    return false;
}

std::optional<ControllerKind> kind_from_class(std::string_view attribute)
{
    const auto code = parse_hex(trim(attribute));
    if (!code || *code >> 8 != 0x0c03) return std::nullopt;
    switch (*code & 0xff) {
    case 0x00: return ControllerKind::uhci;
    case 0x10: return ControllerKind::ohci;
    case 0x20: return ControllerKind::ehci;
    case 0x30: return ControllerKind::xhci;
    default: return ControllerKind::other;
    }
}

std::string_view uevent_value(std::string_view uevent, std::string_view key)
{
    for (const auto line : split(uevent, '\n'))
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
            return line.substr(key.size() + 1);
    return {};
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_entry_name(std::string_view name)
{
    return !name.empty() && name.find('/') == std::string_view::npos && name != "." && name != "..";
}

std::string resolve_link(std::string_view link_path, std::string_view target)
{
    std::vector<std::string_view> parts;
    const auto walk = [&parts](std::string_view path) {
        for (const auto part : split(path, '/')) {
            if (part == "..") {
                if (!parts.empty()) parts.pop_back();
            } else if (!part.empty() && part != ".") {
                parts.push_back(part);
            }
        }
    };
    if (!target.starts_with('/')) {
        const auto slash = link_path.rfind('/');
        if (slash != std::string_view::npos) walk(link_path.substr(0, slash));
    }
    walk(target);

    std::string path;
    for (const auto part : parts) {
        if (!path.empty()) path += '/';
        path += part;
    }
    return path;
}

std::optional<PortPath> usb_device_in(std::string_view syspath)
{
    std::optional<PortPath> deepest;
    for (const auto part : split(syspath, '/')) {
        const auto path = PortPath::parse(part);
        // Begins at a root hub; "1-1" elsewhere (an I2C client, say) is a name that only looks alike.
        if (path && (deepest ? deepest->contains(*path) : path->is_root_hub())) deepest = path;
    }
    return deepest;
}

} // namespace usbroute::observe
