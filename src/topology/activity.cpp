// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/activity.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <arpa/inet.h>

namespace usbroute::topology {

namespace {

// include/uapi/linux/route.h
constexpr std::uint32_t route_is_up = 0x0001;   // RTF_UP
constexpr std::uint32_t route_refuses = 0x0200; // RTF_REJECT

constexpr std::uint32_t route_has_gateway = 0x0002; // RTF_GATEWAY

using AddressBytes = std::vector<std::uint8_t>; // in network order

std::optional<AddressBytes> address_of(std::string_view text)
{
    const std::string address(text);
    AddressBytes bytes(16);
    if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return bytes;
    bytes.resize(4);
    if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return bytes;
    return std::nullopt;
}

/// "0007A8C0", as a little-endian machine writes 192.168.7.0.
std::optional<AddressBytes> from_ipv4_field(std::string_view field)
{
    const auto value = parse_hex(field);
    if (!value || field.size() != 8) return std::nullopt;
    AddressBytes bytes(4);
    std::memcpy(bytes.data(), &*value, bytes.size());
    return bytes;
}

/// 32 digits in network order.
std::optional<AddressBytes> from_ipv6_field(std::string_view field)
{
    if (field.size() != 32) return std::nullopt;
    AddressBytes bytes;
    for (std::size_t at = 0; at < field.size(); at += 2) {
        const auto byte = parse_hex(field.substr(at, 2));
        if (!byte) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(*byte));
    }
    return bytes;
}

/// Both of the same kind.
bool has_prefix(const AddressBytes& address, const AddressBytes& row, std::size_t bits)
{
    for (std::size_t bit = 0; bit < bits; ++bit) {
        const auto mask = static_cast<std::uint8_t>(0x80u >> (bit % 8));
        if ((address[bit / 8] & mask) != (row[bit / 8] & mask)) return false;
    }
    return true;
}

std::size_t bits_set(const AddressBytes& mask)
{
    std::size_t bits = 0;
    for (const auto byte : mask) bits += static_cast<std::size_t>(std::popcount(byte));
    return bits;
}

/// One row of a table of routes.
struct RouteRow {
    AddressBytes destination;
    std::size_t bits = 0; ///< of it that count
    std::string_view interface;
};

void add_once(std::vector<std::string>& names, std::string_view name)
{
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
}

bool is_in_use(std::string_view flags)
{
    const auto bits = parse_hex(flags);
    return bits && (*bits & route_is_up) != 0 && (*bits & route_refuses) == 0;
}

std::optional<RouteRow> ipv4_row(std::string_view line)
{
    const auto fields = words(line);
    if (fields.size() < 8 || !is_in_use(fields[3])) return std::nullopt;
    auto destination = from_ipv4_field(fields[1]);
    const auto mask = from_ipv4_field(fields[7]);
    if (!destination || !mask) return std::nullopt;
    return RouteRow{.destination = std::move(*destination), .bits = bits_set(*mask), .interface = fields[0]};
}

std::optional<RouteRow> ipv6_row(std::string_view line)
{
    const auto fields = words(line);
    if (fields.size() < 10 || !is_in_use(fields[8])) return std::nullopt;
    auto destination = from_ipv6_field(fields[0]);
    const auto bits = parse_hex(fields[1]);
    if (!destination || !bits || *bits > 128) return std::nullopt;
    return RouteRow{.destination = std::move(*destination), .bits = *bits, .interface = fields[9]};
}

/// Network file systems, of which the kernel shows the server's address (fs/nfs/super.c, fs/smb/client/cifsfs.c).
bool is_served(std::string_view type)
{
    return type == "nfs" || type == "nfs4" || type == "cifs" || type == "smb3" || type == "ceph";
}

/// "addr=192.168.7.1" among a mount's options; for Ceph the first monitor of "10.0.0.1:6789,10.0.0.2:6789:/".
std::string_view server_in(std::string_view type, std::string_view source, std::string_view options)
{
    if (type == "ceph") return source.substr(0, source.find_first_of(":,"));
    constexpr std::string_view key = "addr=";
    for (const auto option : split(options, ','))
        if (option.starts_with(key)) return option.substr(key.size());
    return {};
}

} // namespace

std::vector<std::string> parse_gateway_routes(std::string_view text)
{
    std::vector<std::string> names;
    for (const auto line : split(text, '\n')) {
        const auto fields = words(line);
        if (fields.size() < 8 || !is_in_use(fields[3])) continue;
        if ((parse_hex(fields[3]).value_or(0) & route_has_gateway) != 0) add_once(names, fields[0]);
    }
    return names;
}

std::optional<std::string> interface_to(std::string_view address, std::string_view routes,
                                        std::string_view ipv6_routes)
{
    const auto wanted = address_of(address);
    if (!wanted) return std::nullopt;
    const bool is_ipv4 = wanted->size() == 4;
    std::optional<RouteRow> best;
    for (const auto line : split(is_ipv4 ? routes : ipv6_routes, '\n')) {
        auto row = is_ipv4 ? ipv4_row(line) : ipv6_row(line);
        if (row && has_prefix(*wanted, row->destination, row->bits) && (!best || row->bits > best->bits))
            best = std::move(row);
    }
    return best ? std::optional(std::string(best->interface)) : std::nullopt;
}

std::vector<ServedMount> parse_served_mounts(std::string_view text)
{
    std::vector<ServedMount> found;
    for (const auto line : split(text, '\n')) {
        // ... root point options [optional fields] - type source super-options (proc(5))
        const auto fields = words(line);
        const auto dash = std::ranges::find(fields, "-");
        if (fields.size() < 5 || fields.end() - dash < 4 || !is_served(dash[1])) continue;
        const auto server = server_in(dash[1], dash[2], dash[3]);
        if (!server.empty())
            found.push_back({.point = std::string(fields[4]), .server = std::string(server)});
    }
    return found;
}

std::vector<std::string> parse_consoles(std::string_view text)
{
    std::vector<std::string> names;
    for (const auto line : split(text, '\n')) {
        // "ttyUSB0              -W- (EC  p  )  188:0"
        const auto open = line.find('(');
        if (open == std::string_view::npos || open + 1 >= line.size() || line[open + 1] != 'E') continue;
        add_once(names, words(line).front());
    }
    return names;
}

std::vector<std::string> parse_pppoe(std::string_view text)
{
    std::vector<std::string> names;
    for (const auto line : split(text, '\n')) {
        const auto fields = words(line);
        if (fields.size() == 3 && fields[0] != "Id") add_once(names, fields[2]);
    }
    return names;
}

std::vector<std::string> parse_routes(std::string_view text)
{
    std::vector<std::string> names;
    for (const auto line : split(text, '\n')) {
        // Iface Destination Gateway Flags RefCnt Use Metric Mask ... (net/ipv4/fib_trie.c, fib_route_seq_show)
        const auto fields = words(line);
        if (fields.size() < 8 || fields[1] != "00000000" || fields[7] != "00000000") continue;
        if (is_in_use(fields[3])) add_once(names, fields[0]);
    }
    return names;
}

std::vector<std::string> parse_ipv6_routes(std::string_view text)
{
    constexpr std::string_view anywhere = "00000000000000000000000000000000";
    std::vector<std::string> names;
    for (const auto line : split(text, '\n')) {
        // destination length source length next-hop metric references use flags device (net/ipv6/route.c)
        const auto fields = words(line);
        if (fields.size() < 10 || fields[0] != anywhere || fields[1] != "00") continue;
        if (is_in_use(fields[8])) add_once(names, fields[9]);
    }
    return names;
}

} // namespace usbroute::topology
