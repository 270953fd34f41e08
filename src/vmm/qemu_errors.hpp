// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "vmm/qmp_session.hpp"

namespace usbroute::vmm {

/// A failure of a command in words for people, with a stable code; QEMU's own words, made safe to print, at the end. The
/// codes stand in the table of the source.
[[nodiscard]] Error error_of(const QmpFailure& failure);

/// QEMU knows no object or device of this name.
[[nodiscard]] bool is_not_there(const QmpFailure& failure);

/// What QEMU answered is not what such a command answers.
[[nodiscard]] Error odd_answer(std::string_view command);

} // namespace usbroute::vmm
