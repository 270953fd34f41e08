// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "topology/snapshot.hpp"

#include <cstdint>
#include <string>

namespace usbroute::plan {

/// Why the routing registers could not be read, and what to do.
struct WhyUnreadable {
    /// The half of a sentence behind "cannot read the routing registers of 0000:00:14.0: ".
    std::string cause;
    std::string remedy;             ///< empty: the cause says it
    bool remedy_is_a_guess = false; ///< the kernel gave an error, and what stands behind it is not known

    /// "CAUSE; REMEDY", without a remedy that is a guess.
    [[nodiscard]] std::string in_one_line() const;
};

/// Who is told: a client of the daemon cannot be sent to the daemon.
enum class Told : std::uint8_t { a_command, a_client };

[[nodiscard]] WhyUnreadable why_unreadable(const topology::Unreadable& unreadable,
                                           Told told = Told::a_command);

} // namespace usbroute::plan
