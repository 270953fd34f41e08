// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

/// How many may be connected at the same time. Pure; the clock is the caller's.
namespace usbroute::daemon {

/// Whose connections count together: nobody can use up what another party needs.
struct Party {
    enum class Kind : std::uint8_t {
        keeper, ///< root, and the user that the daemon runs as
        user,   ///< anybody else on a Unix socket
        guest,  ///< a guest's line, no matter who is on it
        tcp,    ///< a TCP listener: nobody knows who is there
        called, ///< a socket that we connect to ourselves: once for each listener
    };
    Kind kind = Kind::user;
    std::string id; ///< number of the user, or name of the listener
    auto operator<=>(const Party&) const = default;
};

/// Somebody who is connected.
struct Slot {
    Party party;
    std::chrono::milliseconds last_heard{}; ///< steady time: its last command, or else when it came
    bool has_spoken = false;                ///< a command came from it
    bool is_subscribed = false;
    bool is_served = false; ///< right now: its answer is not out yet
};

struct SeatLimits {
    std::size_t keeper = 32;  ///< for root, and as many for the daemon's own user; nobody else can have these
    std::size_t user = 16;    ///< for each
    std::size_t guest = 8;    ///< for each line; nobody else can have these either
    std::size_t tcp = 16;     ///< for each listener
    std::size_t all_tcp = 32; ///< together
    std::size_t all_others = 64; ///< users and TCP together
    /// A connection from which no command came for so long gives way to one that comes.
    std::chrono::milliseconds idle{10'000};
};

/// Whether a newcomer is let in.
struct Seating {
    bool is_admitted = false;
    std::optional<std::size_t> instead_of; ///< index of the seat that is closed for it
    bool operator==(const Seating&) const = default;
};

/// Where there is no seat left, the party with the most of them loses its longest silent connection, first of those that have
/// never said anything, last of those that have subscribed; but never to a party that has as many.
[[nodiscard]] Seating find_seat(std::span<const Slot> taken, const Party& newcomer,
                                std::chrono::milliseconds now, const SeatLimits& limits = {});

} // namespace usbroute::daemon
