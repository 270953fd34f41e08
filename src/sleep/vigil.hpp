// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

namespace usbroute::sleep {

/// Makes the host wait before it sleeps, and tells the one client when that is near and when it is over, until the client goes.
/// Without logind it says so once, and waits for the client to go.
[[nodiscard]] Result<void> keep_vigil(int client);

} // namespace usbroute::sleep
