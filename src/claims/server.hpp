// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "claims/conversation.hpp"

#include <string>

namespace usbroute::claims {

/// For machines whose service manager does not listen for us: listens at `path`, and talks to each client in a process of
/// its own, because a disk that hangs holds up the process that asks about it. With four of those the next are turned
/// away. Comes back only with an error.
[[nodiscard]] Error serve(const std::string& path, const std::string& user, const Answer& answer);

} // namespace usbroute::claims
