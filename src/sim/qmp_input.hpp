// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::sim {

/// Cuts what comes over a monitor into JSON values: they need no line of their own.
class QmpInput {
public:
    /// What is longer than 64 KiB is forgotten, and `next` says so.
    void feed(std::string_view bytes) { received_ += bytes; }

    struct Item {
        std::string text;
        std::string problem = {}; ///< in QEMU's words; empty: the text may be a command
    };
    /// Nothing: it is not there as a whole yet.
    [[nodiscard]] std::optional<Item> next();

private:
    [[nodiscard]] std::optional<Item> next_word();
    [[nodiscard]] std::optional<std::size_t> end_of_value() const;

    std::string received_;
};

} // namespace usbroute::sim
