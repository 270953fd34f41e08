// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/handover.hpp"
#include "report/table.hpp"

#include <string>
#include <vector>

namespace usbroute::report {

/// What would be done, step by step, and why.
[[nodiscard]] std::string handover_text(const plan::Handover& handover, const Style& style);
[[nodiscard]] std::string to_json(const plan::Handover& handover);

/// {"ok":true,"guest":"windows","changed":[...],"already":[...],"warnings":[...]}: it was carried out.
[[nodiscard]] std::string done_json(const plan::Handover& handover);

} // namespace usbroute::report
