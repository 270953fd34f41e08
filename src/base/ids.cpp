// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/ids.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute {

bool is_plain_name(std::string_view text)
{
    return is_plain_word(text, "-_.") && text.size() <= 64 && text.front() != '-' && text.front() != '.';
}

bool can_name_a_device(std::string_view text)
{
    constexpr std::size_t longest = 400;
    return !text.empty() && text.size() <= longest && text.front() != '-' && printable(text, longest) == text;
}

std::optional<PciAddress> PciAddress::parse(std::string_view text)
{
    auto parts = split(text, ':');
    if (parts.size() == 2) parts.insert(parts.begin(), "0");
    if (parts.size() != 3) return std::nullopt;
    const auto dot = parts[2].find('.');
    if (dot == std::string_view::npos) return std::nullopt;

    const auto domain = parse_hex(parts[0]);
    const auto bus = parse_hex(parts[1]);
    const auto device = parse_hex(parts[2].substr(0, dot));
    const auto function = parse_hex(parts[2].substr(dot + 1));
    if (!domain || !bus || !device || !function) return std::nullopt;
    if (*bus > 0xff || *device > 0x1f || *function > 7) return std::nullopt;
    return PciAddress{.domain = *domain,
                      .bus = static_cast<std::uint8_t>(*bus),
                      .device = static_cast<std::uint8_t>(*device),
                      .function = static_cast<std::uint8_t>(*function)};
}

std::string PciAddress::text() const
{
    return format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, device, function);
}

std::optional<UsbIds> UsbIds::parse(std::string_view text)
{
    constexpr std::size_t digits = 4;
    const auto colon = text.find(':');
    if (colon != digits || text.size() != 2 * digits + 1) return std::nullopt;
    const auto vendor = parse_hex(text.substr(0, colon));
    const auto product = parse_hex(text.substr(colon + 1));
    if (!vendor || !product) return std::nullopt;
    return UsbIds{.vendor = static_cast<std::uint16_t>(*vendor),
                  .product = static_cast<std::uint16_t>(*product)};
}

std::string UsbIds::text() const { return format("{:04x}:{:04x}", vendor, product); }

} // namespace usbroute
