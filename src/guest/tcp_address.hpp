// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::guest {

/// "tcp:127.0.0.1:1410", "tcp:[::1]:1410". No names but localhost: looking one up can take longer than any time-out.
struct TcpAddress {
    std::string host; ///< numeric; not yet looked at
    std::uint16_t port = 0;
};

inline constexpr std::string_view tcp_rule =
    "write tcp:10.0.2.2:1410 or tcp:[::1]:1410, with an address in numbers or localhost";

[[nodiscard]] bool is_tcp(std::string_view port);
[[nodiscard]] std::optional<TcpAddress> tcp_address_from(std::string_view port);

} // namespace usbroute::guest
