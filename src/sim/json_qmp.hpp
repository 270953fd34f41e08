// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace usbroute::sim {

/// A value of QMP's arguments; monostate for what no command here takes: null, lists, objects, numbers with a fraction.
using QmpValue = std::variant<std::monostate, bool, std::int64_t, std::string>;

struct QmpCommand {
    std::string execute;
    std::string id; ///< as JSON, which the answer repeats; empty: none
    std::map<std::string, QmpValue> arguments;
};

/// Why QEMU does not take what was sent, in its words.
struct QmpProblem {
    std::string words;
    std::string id = {};
};

/// Reads one JSON value that came over a monitor.
[[nodiscard]] std::expected<QmpCommand, QmpProblem> read_qmp_command(std::string_view json);

/// A text as JSON, quotes included. Bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string json_text(std::string_view text);

} // namespace usbroute::sim
