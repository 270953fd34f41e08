// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace usbroute::linux_ {

/// When a process of this machine was started. Nothing: it is gone.
[[nodiscard]] std::optional<std::chrono::sys_seconds> start_of(std::uint32_t process);

} // namespace usbroute::linux_
