// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "diagnose/findings.hpp"

#include <string>
#include <vector>

/// What a person can do next, tried by planning on the same machine: a command is only named where it leads there.
namespace usbroute::diagnose {

/// What hands a guest its controllers, or why nothing does now.
struct WayToBind {
    bool leads = false;  ///< `text` is a command that is planned without a refusal
    bool is_free = true; ///< and the host can do without what goes; else `text` says what it is
    std::string text;
    std::string command = {}; ///< alone
};
[[nodiscard]] WayToBind way_to_bind(const Examination& examination, const config::GuestSettings& guest);

/// What shows a person that sockets are moved: of those without a mux the first that can go to a guest now.
struct FirstMove {
    std::string
        command; ///< "usbroute move rear-1 --to windows"; empty: none can go, or all are at guests already
    std::string
        sentence; ///< "rear-1 can be given to windows", or that it cannot, and why; empty: all are at guests
    std::string remedy = {}; ///< what to do about what keeps it
};
[[nodiscard]] FirstMove first_move(const Examination& examination);

/// What switches SuperSpeed on again for a socket each: "usbroute move left --to host".
[[nodiscard]] std::vector<std::string> ways_to_superspeed(const Examination& examination, std::uint32_t off);

} // namespace usbroute::diagnose
