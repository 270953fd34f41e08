// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::report {

/// What the terminal can show.
struct Style {
    bool colour = false;
    bool unicode = false;  ///< false: nothing but ASCII is printed
    std::size_t width = 0; ///< columns; 0: no limit
};

/// Colour adds to what the words say and never replaces it.
enum class Tone : std::uint8_t {
    plain,
    heading,
    dim,
    host,
    guest,
    second_guest,
    third_guest,
    superspeed,
    warning
};

[[nodiscard]] std::string painted(std::string_view text, Tone tone, const Style& style);

/// `text`, which is printable, in at most `width` columns, with an ellipsis where something is left out.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width, const Style& style);

/// Text from devices can be any language; a terminal that is not UTF-8 gets a "?" for each foreign character.
[[nodiscard]] std::string fit_for(std::string_view text, const Style& style);

/// Blanks in front of the first line and of those that follow.
struct Indent {
    std::size_t first = 0;
    std::size_t rest = 0;
};

/// Breaks at blanks; ends with a newline.
[[nodiscard]] std::string wrapped(std::string_view text, Indent indent, const Style& style);

/// "note: ..." lines, each wrapped; empty for none.
[[nodiscard]] std::string labelled(std::string_view label, const std::vector<std::string>& lines, Tone tone,
                                   const Style& style);

enum class Align : std::uint8_t { left, right };

struct Cell {
    std::string text;
    Tone tone = Tone::plain;
};

/// Columns as wide as their contents; the last one takes what is left of the width and is cut.
class Table {
public:
    struct Column {
        std::string heading;
        Align align = Align::left;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
    /// The last cell of a row: what goes there may depend on the room that the other columns leave.
    [[nodiscard]] Cell& last_cell(std::size_t row) { return rows_[row].back(); }
    /// Columns left for the last cell of a row.
    [[nodiscard]] std::size_t room_in_last(const Style& style) const;
    [[nodiscard]] std::string text(const Style& style) const;

private:
    [[nodiscard]] std::vector<std::size_t> widths() const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

} // namespace usbroute::report
