// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "cli/options.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace usbroute::cli {

/// Asked for and printed in place of doing anything.
struct HelpAsked {
    std::string text;
};

using Read = std::variant<Invocation, HelpAsked, Error>;

/// Reads a command line without the program's name. No command means `status`.
[[nodiscard]] Read read_arguments(const std::vector<std::string>& arguments);

/// True when the caller wants JSON, also where the rest of the line cannot be read.
[[nodiscard]] bool wants_json(const std::vector<std::string>& arguments);

} // namespace usbroute::cli
