// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/plan.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace usbroute::apply {

/// What a fresh look says about one expectation.
enum class Verdict : std::uint8_t {
    confirmed,  ///< Seen, in a look that began after the last step ended.
    consistent, ///< Nothing speaks against it; with an empty socket or a guest behind it nothing can prove it.
    contradicted, ///< Something seen rules it out.
    unknown,      ///< We could not look.
};

[[nodiscard]] std::string_view text_of(Verdict verdict);

struct Judgement {
    ConnectorName connector;
    Verdict verdict = Verdict::unknown;
    std::string text;            ///< what was seen, one sentence
    bool may_still_come = false; ///< its wires came to the host, and nothing was found on them yet
};

/// Compares where the devices of a plan were with where they are now. Devices are recognised by ids and serial,
/// which is all that survives a re-connect.
[[nodiscard]] std::vector<Judgement> judge(const plan::Plan& plan, const topology::Snapshot& before,
                                           const topology::Snapshot& now, const config::Settings& settings);

} // namespace usbroute::apply
