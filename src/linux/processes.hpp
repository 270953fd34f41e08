// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>

namespace usbroute::linux_ {

/// When a process of this machine was started, in local time: "2026-11-22 12:00:31". Empty: it is gone.
[[nodiscard]] std::string start_of(std::uint32_t process);

} // namespace usbroute::linux_
