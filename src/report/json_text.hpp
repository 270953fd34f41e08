// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace usbroute::report {

/// Keys stay in the order in which they were given.
using Json = nlohmann::ordered_json;

/// One line; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] inline std::string written(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace usbroute::report
