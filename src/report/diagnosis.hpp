// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "diagnose/diagnosis.hpp"
#include "report/table.hpp"

#include <cstdint>
#include <string>

namespace usbroute::report {

enum class WhichFindings : std::uint8_t {
    that_matter, ///< obstacles, warnings and notes in full, the rest in a line each
    all,         ///< everything with its evidence
};

/// For people: the verdict, the one next step, then what was found. Ends with a newline.
[[nodiscard]] std::string diagnosis_text(const diagnose::Diagnosis& diagnosis, const Style& style,
                                         WhichFindings which);

/// One document, for bug reports and scripts.
[[nodiscard]] std::string to_json(const diagnose::Diagnosis& diagnosis);

} // namespace usbroute::report
