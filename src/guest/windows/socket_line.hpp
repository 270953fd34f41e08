// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/border.hpp"
#include "guest/tcp_address.hpp"

#include <winsock2.h>

namespace usbroute::guest {

/// A TCP connection to the host.
class SocketLine final : public Line {
public:
    /// `name` is the port as typed, for messages.
    [[nodiscard]] static std::expected<std::unique_ptr<Line>, Failure>
    to(const TcpAddress& address, const std::string& name, std::chrono::milliseconds patience);

    explicit SocketLine(SOCKET socket) : socket_(socket) {}
    SocketLine(const SocketLine&) = delete;
    SocketLine& operator=(const SocketLine&) = delete;
    ~SocketLine() override;

    [[nodiscard]] Received receive(std::span<char> into, std::chrono::milliseconds patience) override;
    [[nodiscard]] Came send(std::string_view bytes, std::chrono::milliseconds patience) override;
    [[nodiscard]] bool is_shared() const override { return false; }

private:
    enum class For : std::uint8_t { reading, writing };
    /// Came::bytes: it is ready. A connection that could not be made is ready too, and says so by SO_ERROR.
    [[nodiscard]] Came wait(For what, std::chrono::milliseconds patience) const;

    SOCKET socket_;
};

} // namespace usbroute::guest
