// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/hand_over.hpp"

namespace usbroute::cli {

int run_import(const Invocation& invocation) { return hand_over(invocation, "usbroute-import"); }

} // namespace usbroute::cli
