// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

/// Who asked for a change, from the journal's words to those for people.
namespace usbroute::report {

/// Empty: that number has no name here.
using NameOfUser = std::function<std::string(std::uint32_t user)>;

/// Of "control (uid 1000, pid 4711, waybar)": "user alice (uid 1000), process 4711 (waybar)". Of "on_drift": "usbrouted, since something else had
/// moved them (on_drift)". What it does not know stays as it is; of nothing, "somebody".
[[nodiscard]] std::string who_in_words(const std::string& who, const NameOfUser& name_of);

} // namespace usbroute::report
