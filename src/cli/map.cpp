// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/hand_over.hpp"

namespace usbroute::cli {

int run_map(const Invocation& invocation) { return hand_over(invocation, "usbroute-map"); }

} // namespace usbroute::cli
