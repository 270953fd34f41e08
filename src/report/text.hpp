#pragma once

#include "report/mask.hpp"
#include "report/table.hpp"
#include "report/views.hpp"

#include <cstdint>
#include <string>

/// Views as text for people, a trailing newline included.
namespace usbroute::report {

enum class Detail : std::uint8_t { brief, full };

[[nodiscard]] std::string status_text(const StatusView& view, const Style& style, Detail detail);
[[nodiscard]] std::string registers_text(const RegistersView& view, const Style& style);
[[nodiscard]] std::string plan_text(const PlanView& view, const Style& style);
[[nodiscard]] std::string mask_text(const MaskView& view, const Style& style);

/// "xHCI" and "EHCI" as the standards spell them, for "xhci" and "ehci"; "-" for nothing.
[[nodiscard]] std::string side_words(std::string_view side);

} // namespace usbroute::report
