// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/locations.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::daemon {

enum class Job : std::uint8_t { run, show_help, show_version };

struct Options {
    linux_::LocationOptions locations;
    std::optional<std::string> user; ///< --user, or USBROUTE_USER
    bool verbose = false;
    Job job = Job::run;
};

/// The error is one sentence for stderr.
[[nodiscard]] std::expected<Options, std::string> read_options(int argc, char** argv);

[[nodiscard]] std::string_view help_text();

} // namespace usbroute::daemon
