// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/proposal.hpp"

#include <string>
#include <string_view>

namespace usbroute::import_ {

/// Whether a text is one JSON document, by the letter. Alone includes the library that says so.
[[nodiscard]] bool is_json(std::string_view text);
/// For programs: the proposed file as a text, and the remarks.
[[nodiscard]] std::string to_json(const Proposal& proposal, const std::string& toml);

} // namespace usbroute::import_
