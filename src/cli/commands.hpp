// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/options.hpp"

/// One function a command, each in a file of its own. They print, and return the exit code.
namespace usbroute::cli {

[[nodiscard]] int run_status(const Invocation& invocation);
[[nodiscard]] int run_picture(const Invocation& invocation);
[[nodiscard]] int run_move(const Invocation& invocation);
[[nodiscard]] int run_answer(const Invocation& invocation);
[[nodiscard]] int run_apply(const Invocation& invocation);
[[nodiscard]] int run_toggle(const Invocation& invocation);
[[nodiscard]] int run_undo(const Invocation& invocation);
[[nodiscard]] int run_confirm(const Invocation& invocation);
[[nodiscard]] int run_why(const Invocation& invocation);
[[nodiscard]] int run_log(const Invocation& invocation);
[[nodiscard]] int run_plan(const Invocation& invocation);
[[nodiscard]] int run_wait(const Invocation& invocation);
[[nodiscard]] int run_watch(const Invocation& invocation);
[[nodiscard]] int run_map(const Invocation& invocation);
[[nodiscard]] int run_live(const Invocation& invocation);
[[nodiscard]] int run_reload(const Invocation& invocation);
[[nodiscard]] int run_mask(const Invocation& invocation);
[[nodiscard]] int run_regs(const Invocation& invocation);
[[nodiscard]] int run_doctor(const Invocation& invocation);
[[nodiscard]] int run_record(const Invocation& invocation);
[[nodiscard]] int run_config(const Invocation& invocation);
[[nodiscard]] int run_guest(const Invocation& invocation);
[[nodiscard]] int run_import(const Invocation& invocation);
[[nodiscard]] int run_completion(const Invocation& invocation);
[[nodiscard]] int run_version(const Invocation& invocation);

} // namespace usbroute::cli
