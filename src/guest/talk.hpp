// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "guest/arguments.hpp"
#include "guest/border.hpp"
#include "guest/exit_code.hpp"

#include <string>

namespace usbroute::guest {

/// How a talk ended.
struct Outcome {
    ExitCode code = ExitCode::done;
    std::string message; ///< for people, one line; empty where there is nothing to say
    bool was_stopped = false;
    bool is_json = false; ///< `message` is the daemon's JSON answer
};

/// Opens the port, says the line once, and waits for the answer, which it shows. With `wait` it first asks for
/// `status` until something answers: that can be asked any number of times; the request cannot.
[[nodiscard]] Outcome talk(const Request& request, Border& border);

} // namespace usbroute::guest
