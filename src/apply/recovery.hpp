// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/journal.hpp"
#include "apply/registers.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace usbroute::apply {

/// Where an interrupted change left the hardware.
enum class Standing : std::uint8_t {
    as_before,
    as_planned,
    in_between, ///< one register written, the other not
    elsewhere,  ///< somebody else has written since
};

[[nodiscard]] Standing standing_of(const plan::Change& change, const chips::RouteBits& now);

/// Plans with what is known of the machine, including the registers as they are now.
using Decide = std::function<plan::Outcome(const plan::Request&)>;

/// What became of a change that was interrupted before its end.
struct Recovered {
    std::string text; ///< what was found and done, for the log
    /// Sockets that a guard keeps half done. While there are any, the change stays open in the journal, to be tried
    /// again.
    std::vector<plan::Stay> staying = {};
};

/// Writes down, of an interrupted change, whom places were for of which nothing was said before: as they were. So whoever follows
/// what is said knows that usbroute had begun with them.
void note_what_was_begun(const plan::Change& open, Journal& journal);

/// Ends an interrupted change: names the state, and takes a half-done change back, with the guards of a move.
[[nodiscard]] Result<Recovered> recover(const plan::Change& open, RouteRegisters& registers, Journal& journal,
                                        const Decide& decide);

} // namespace usbroute::apply
