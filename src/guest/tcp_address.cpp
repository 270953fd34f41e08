// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/tcp_address.hpp"

#include "base/text.hpp"

namespace usbroute::guest {

namespace {

constexpr std::string_view prefix = "tcp:";

} // namespace

bool is_tcp(std::string_view port) { return port.starts_with(prefix); }

std::optional<TcpAddress> tcp_address_from(std::string_view port)
{
    if (!is_tcp(port)) return std::nullopt;
    port.remove_prefix(prefix.size());
    const auto colon = port.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto number = parse_decimal(port.substr(colon + 1));
    auto host = port.substr(0, colon);
    if (!number || *number == 0 || *number > 65535) return std::nullopt;
    const bool has_brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (has_brackets) host = host.substr(1, host.size() - 2);
    // "tcp:::1:1410" could be read in two ways.
    if (host.empty() || has_brackets != (host.find(':') != std::string_view::npos)) return std::nullopt;
    return TcpAddress{.host = std::string(host == "localhost" ? "127.0.0.1" : host),
                      .port = static_cast<std::uint16_t>(*number)};
}

} // namespace usbroute::guest
