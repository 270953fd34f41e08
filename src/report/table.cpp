// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/table.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::report {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest_last_column = 16;

std::string_view escape_of(Tone tone)
{
    switch (tone) {
    case Tone::plain: return "";
    case Tone::heading: return "\x1b[1m";
    case Tone::dim: return "\x1b[2m";
    // Blue and yellow stay apart for every eye, green and cyan do not. What is dark or light on this terminal is not known, so letters
    // say the same.
    case Tone::host: return "\x1b[1;34m";
    case Tone::guest: return "\x1b[1;33m";
    case Tone::second_guest: return "\x1b[1;36m";
    case Tone::third_guest: return "\x1b[1;35m";
    case Tone::superspeed: return "\x1b[1m";
    case Tone::warning: return "\x1b[31m";
    }
    return "";
}

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

} // namespace

std::string painted(std::string_view text, Tone tone, const Style& style)
{
    if (!style.colour || tone == Tone::plain || text.empty()) return std::string(text);
    return format("{}{}\x1b[0m", escape_of(tone), text);
}

std::string fit_for(std::string_view text, const Style& style)
{
    if (style.unicode) return std::string(text);
    std::string plain;
    for (const char c : text)
        if (!continues_a_character(c)) plain += static_cast<unsigned char>(c) < 0x80 ? c : '?';
    return plain;
}

std::string cut(std::string_view text, std::size_t width, const Style& style)
{
    if (width == 0) return {};
    if (columns(text) <= width) return std::string(text);
    const auto ellipsis = style.unicode ? std::string_view("…") : std::string_view("...").substr(0, width);
    const auto kept = width > columns(ellipsis) ? width - columns(ellipsis) : 0;
    return std::string(text.substr(0, bytes_within(text, kept))) + std::string(ellipsis);
}

std::string wrapped(std::string_view text, Indent indent, const Style& style)
{
    std::string out(indent.first, ' ');
    std::size_t at = indent.first;
    bool line_is_empty = true;
    for (const auto word : words(text)) {
        const auto length = columns(word);
        if (!line_is_empty && style.width != 0 && at + 1 + length > style.width) {
            out += "\n" + std::string(indent.rest, ' ');
            at = indent.rest;
        } else if (!line_is_empty) {
            out += ' ';
            ++at;
        }
        out += word;
        at += length;
        line_is_empty = false;
    }
    return out + "\n";
}

std::string labelled(std::string_view label, const std::vector<std::string>& lines, Tone tone,
                     const Style& style)
{
    std::string out;
    for (const auto& line : lines) {
        const auto head = format("{}: ", label);
        const auto text = wrapped(head + fit_for(line, style), {.first = 0, .rest = head.size()}, style);
        out += painted(label, tone, style) + text.substr(label.size());
    }
    return out;
}

std::vector<std::size_t> Table::widths() const
{
    std::vector<std::size_t> widths;
    for (const auto& column : columns_) widths.push_back(columns(column.heading));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i].text));
    return widths;
}

std::size_t Table::room_in_last(const Style& style) const
{
    if (style.width == 0) return std::string::npos;
    std::size_t used = 0;
    const auto all = widths();
    for (std::size_t i = 0; i + 1 < all.size(); ++i) used += all[i] + gap;
    return std::max(style.width > used ? style.width - used : 0, narrowest_last_column);
}

std::string Table::text(const Style& style) const
{
    const auto all = widths();
    const auto room = room_in_last(style);
    std::string out;
    const auto add_row = [&](const std::vector<Cell>& row) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool last = i + 1 == columns_.size();
            const auto shown = last ? cut(row[i].text, room, style) : row[i].text;
            const auto filler = std::string(last ? 0 : all[i] - columns(shown), ' ');
            const auto text = painted(shown, row[i].tone, style);
            out += columns_[i].align == Align::right ? filler + text : text + filler;
            if (!last) out.append(gap, ' ');
        }
        out.erase(out.find_last_not_of(' ') + 1);
        out += '\n';
    };
    std::vector<Cell> headings;
    for (const auto& column : columns_) headings.push_back({column.heading, Tone::heading});
    add_row(headings);
    for (const auto& row : rows_) add_row(row);
    return out;
}

} // namespace usbroute::report
