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

/// Plans on what is known of the machine; the registers as they are now among it.
using Decide = std::function<plan::Outcome(const plan::Request&)>;

/// What has become of a change whose maker did not live to end it.
struct Recovered {
    std::string text; ///< what was found and done, for the log
    /// What was guarded and is still half done. Then the change stays open in the journal, to be tried again.
    std::vector<plan::Stay> staying = {};
};

/// Puts an end to a change that whoever made it did not live to end: names the state, and takes a half-done one back, with
/// the guards of a move.
[[nodiscard]] Result<Recovered> recover(const plan::Change& open, RouteRegisters& registers, Journal& journal,
                                        const Decide& decide);

} // namespace usbroute::apply
