// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The grammar of udev's rules (udev(7)).
namespace usbroute::import_ {

/// `KEY{of} OP "value"` of a rule.
struct UdevItem {
    std::string key;
    std::string of;
    std::string op;
    std::string value;

    [[nodiscard]] bool is_match() const { return op == "==" || op == "!="; }
};

struct UdevLine {
    std::uint32_t line = 0;
    std::string text;
};

/// With lines that go on put together; comments left out.
[[nodiscard]] std::vector<UdevLine> udev_lines(std::string_view text);
/// False: the line is no rule; `items` has what came before.
[[nodiscard]] bool read_udev_items(std::string_view text, std::vector<UdevItem>& items);
/// Whether udev puts something else in place of parts of it: %k, $env{...}.
[[nodiscard]] bool is_of_udev(std::string_view word);

} // namespace usbroute::import_
