// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "topology/claims.hpp"

#include <functional>
#include <string>

namespace usbroute::claims {

using Answer = std::function<topology::Claims()>;

/// One client: its question, a line, and the answer, a line. Nobody but root and `user` is answered, whatever the mode of
/// the socket's file is, and nothing is asked of the kernel for anybody else. The question has two seconds.
[[nodiscard]] Result<void> talk(int client, const std::string& user, const Answer& answer);

} // namespace usbroute::claims
