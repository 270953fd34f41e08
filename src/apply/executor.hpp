// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/journal.hpp"
#include "apply/registers.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"

#include <string>
#include <vector>

namespace usbroute::apply {

/// A plan that was carried out and read back.
struct Applied {
    topology::RouteBits after;
    std::vector<std::string> warnings; ///< things that did not stop it: the journal could not be written
};

/// Carries a plan out: journal, write, read back, step by step. Decides nothing.
///
/// An error says how the machine was left. Its code is "stale-plan" when the registers are not what the plan was
/// made for (nothing was touched, plan again), "write-did-not-take" when the hardware kept its own value,
/// "half-way" when what was written could not be taken back either; then the message has the lines that do.
[[nodiscard]] Result<Applied> execute(const plan::Plan& plan, RouteRegisters& registers, Journal& journal);

/// Where an interrupted change left the hardware.
enum class Standing : std::uint8_t {
    as_before,
    as_planned,
    in_between, ///< one register written, the other not
    elsewhere,  ///< somebody else has written since
};

[[nodiscard]] Standing standing_of(const plan::Change& change, const topology::RouteBits& now);

/// Puts an end to a change that whoever made it did not live to end: names the state, and takes a half-done one
/// back. Returns what it found and did, in words for the log.
[[nodiscard]] Result<std::string> recover(const plan::Change& open, RouteRegisters& registers,
                                          Journal& journal);

} // namespace usbroute::apply
