// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/commands.hpp"

#include <string_view>

namespace usbroute::cli {

/// Goes on as another program of ours, with the same command line. Those that need libraries which would make
/// every `usbroute move` start slower are programs of their own (docs/decisions/0010): beside this program as in a
/// build tree, or where they are installed. PATH may name a folder of somebody else's and is not asked. Returns only when that
/// program cannot be started, with the exit code.
[[nodiscard]] int hand_over(const Invocation& invocation, std::string_view program);

} // namespace usbroute::cli
