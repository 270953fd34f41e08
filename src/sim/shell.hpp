// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/children.hpp"
#include "sim/file_tree.hpp"

#include <string>
#include <vector>

namespace usbroute::sim {

[[nodiscard]] bool has_terminal();
/// A program other than this command has the terminal of standard error to itself, as `usbroute live` has: what is printed there meanwhile
/// would spoil its screen. A shell that edits its line does not count.
[[nodiscard]] bool is_screen_taken(pid_t command);

/// usbrouted beside the command; says so where it cannot be started.
void start_daemon(Children& children, const FileTree& tree);
/// A command that waits for the daemon's socket before it becomes the one that is wanted.
[[nodiscard]] std::vector<std::string> once_the_daemon_answers(std::vector<std::string> command);
/// The person's shell, with a prompt that tells where they are. Prints the welcome.
[[nodiscard]] Result<std::vector<std::string>> shell_command(const FileTree& tree);

} // namespace usbroute::sim
