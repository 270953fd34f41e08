// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// The picture as lines of a terminal.

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/picture.hpp"
#include "report/plugged.hpp"

#include <algorithm>

namespace usbroute::report {

namespace {

using Socket = Picture::Socket;
using Panel = Picture::Panel;

constexpr std::size_t narrowest_cell =
    13; ///< "front-1" with its marks, and enough of a device's name to know it
constexpr std::size_t widest_cell = 28;
constexpr std::size_t cell_height = 3;
constexpr std::size_t panel_gap = 3;
/// Where no terminal sets a limit: what fits into a letter.
constexpr std::size_t width_without_limit = 100;

struct Frame {
    std::string_view top_left, top_right, bottom_left, bottom_right, across, down;
};
constexpr Frame light{
    .top_left = "┌", .top_right = "┐", .bottom_left = "└", .bottom_right = "┘", .across = "─", .down = "│"};
constexpr Frame heavy{
    .top_left = "╔", .top_right = "╗", .bottom_left = "╚", .bottom_right = "╝", .across = "═", .down = "║"};
constexpr Frame ascii{
    .top_left = "+", .top_right = "+", .bottom_left = "+", .bottom_right = "+", .across = "-", .down = "|"};
constexpr Frame heavy_ascii{
    .top_left = "#", .top_right = "#", .bottom_left = "#", .bottom_right = "#", .across = "#", .down = "#"};

const Frame& frame_for(bool chosen, const Style& style)
{
    if (style.unicode) return chosen ? heavy : light;
    return chosen ? heavy_ascii : ascii;
}

std::string repeated(std::string_view text, std::size_t count)
{
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += text;
    return out;
}

std::string superspeed_mark(Picture::SuperSpeed superspeed)
{
    if (superspeed == Picture::SuperSpeed::none) return {};
    return superspeed == Picture::SuperSpeed::on ? "SS" : "ss";
}

/// What is shown in a socket, and in which tone.
Span contents(const Picture& picture, const Socket& socket, std::size_t room, const Style& style)
{
    if (auto shown = contents_of(picture, socket, room, style); !shown.text.empty()) return shown;
    const auto& owner = socket.connector.owner;
    if (is_in_sight(socket.connector)) return {};
    if (owner == "nobody") return {cut("dead", room, style), Tone::warning};
    if (owner == "unknown") return {cut("owner not known", room, style), Tone::warning};
    if (auto text = last_seen_words(socket.connector, room, style); !text.empty())
        return {std::move(text), Tone::dim};
    if (is_a_guest(owner)) return {cut("not visible", room, style), Tone::dim};
    return {};
}

/// "H rear-1": owner, "=" where it cannot move, name.
std::string label_of(const Socket& socket, const OwnerMark& mark, const Style& style)
{
    return format("{}{}{}", mark.letter, socket.connector.movable ? ' ' : '=',
                  fit_for(socket.connector.name, style));
}

/// So that at least owner, name and marks are whole.
std::size_t label_width(const Picture& picture, const Socket& socket, const Style& style)
{
    constexpr std::size_t sides = 2;
    const auto mark = superspeed_mark(socket.superspeed);
    return sides + columns(label_of(socket, picture.marks[socket.mark], style)) +
           (mark.empty() ? 0 : columns(mark) + 1);
}

std::size_t natural_width(const Picture& picture, const Socket& socket, const Style& style)
{
    constexpr std::size_t sides = 2;
    constexpr std::size_t enough_of_a_device = 20;
    const auto device = columns(contents(picture, socket, enough_of_a_device, style).text);
    return std::max(label_width(picture, socket, style) + 1, sides + device);
}

/// One size for all sockets of a picture: what looks alike is compared at a glance.
struct Widths {
    std::size_t natural = narrowest_cell; ///< shows enough of the devices
    std::size_t least = narrowest_cell;   ///< shows the names
};

Widths widths_of(const Picture& picture, const Style& style)
{
    Widths widths;
    for (const auto& panel : picture.panels)
        for (const auto& socket : panel.sockets) {
            widths.natural = std::max(widths.natural, natural_width(picture, socket, style));
            widths.least = std::max(widths.least, label_width(picture, socket, style));
        }
    return {.natural = std::min(widths.natural, widest_cell), .least = std::min(widths.least, widest_cell)};
}

/// Where each socket of a panel comes, in cells.
struct Arrangement {
    std::size_t cell_width = 0;
    std::size_t columns = 0;
    std::size_t rows = 0;
    std::vector<Picture::GridPlace> places; ///< of each socket of the panel

    [[nodiscard]] std::size_t width() const { return columns * cell_width; }
};

Arrangement arrange(const Panel& panel, Widths widths, std::size_t width)
{
    Arrangement arrangement;
    const bool fits = panel.columns * narrowest_cell <= width;
    const auto placed_columns = fits ? panel.columns : 0;
    // Sockets without a place stand beside each other, if need be so narrow that only names are whole.
    const auto beside = width / widths.natural >= 2 ? width / widths.natural : width / widths.least;
    const auto most_columns = std::max({fits ? beside : 1, placed_columns, std::size_t{1}});
    arrangement.rows = fits ? panel.rows : 0;

    const auto loose = static_cast<std::size_t>(
        std::ranges::count_if(panel.sockets, [&](const Socket& s) { return !fits || !s.place; }));
    // In rows of one length: six go as three and three, not as five and one.
    const auto lines = (loose + most_columns - 1) / most_columns;
    const auto per_line =
        lines == 0 ? 0 : std::max((loose + lines - 1) / lines, std::min(loose, placed_columns));
    const auto columns = std::max(placed_columns, std::min(per_line, loose));
    arrangement.cell_width = std::min(widths.natural, width / std::max<std::size_t>(columns, 1));
    arrangement.columns = columns;
    std::size_t next = 0;
    for (const auto& socket : panel.sockets) {
        if (fits && socket.place) {
            arrangement.places.push_back(*socket.place);
            continue;
        }
        arrangement.places.push_back({arrangement.rows + next / per_line, next % per_line});
        ++next;
    }
    for (const auto& place : arrangement.places) arrangement.rows = std::max(arrangement.rows, place.row + 1);
    return arrangement;
}

/// The three lines of one socket, each exactly `width` columns.
std::vector<Line> cell(const Picture& picture, const Socket& socket, std::size_t width, bool chosen,
                       const Style& style)
{
    const auto& mark = picture.marks[socket.mark];
    const auto& frame = frame_for(chosen, style);
    const auto inner = width - 2;
    const auto paint = [](std::string_view text, Tone tone) { return Span{std::string(text), tone}; };

    const auto superspeed = superspeed_mark(socket.superspeed);
    const auto tail = superspeed.empty() ? 0 : columns(superspeed) + 1;
    const auto label = cut(label_of(socket, mark, style), inner > tail ? inner - tail : inner, style);
    const bool has_room = columns(label) + tail <= inner;
    const auto fill = inner - columns(label) - (has_room ? tail : 0);
    Line top{paint(frame.top_left, mark.tone), paint(label, mark.tone)};
    if (fill > 0) top.push_back(paint(" " + repeated(frame.across, fill - 1), mark.tone));
    if (has_room && tail > 0) top.push_back(paint(" " + superspeed, Tone::superspeed));
    top.push_back(paint(frame.top_right, mark.tone));

    auto inside = contents(picture, socket, inner, style);
    const auto padding = std::string(inner - columns(inside.text), ' ');
    const Line middle{paint(frame.down, mark.tone), std::move(inside), paint(padding, Tone::plain),
                      paint(frame.down, mark.tone)};
    const Line bottom{paint(frame.bottom_left, mark.tone), paint(repeated(frame.across, inner), mark.tone),
                      paint(frame.bottom_right, mark.tone)};
    return {std::move(top), middle, bottom};
}

void fill_up_to(Line& line, std::size_t column)
{
    const auto at = width_of(line);
    if (at < column) line.push_back({std::string(column - at, ' ')});
}

/// A panel by itself; its boxes count from its own corner.
Drawing draw(const Picture& picture, const Panel& panel, const Arrangement& arrangement,
             std::string_view chosen, const Style& style)
{
    Drawing drawing;
    const auto height = arrangement.rows * cell_height;
    const bool needs_title = !panel.title.empty() || picture.panels.size() > 1;
    if (needs_title) {
        const auto title = panel.title.empty() ? std::string("no panel") : fit_for(panel.title, style);
        drawing.lines.push_back({{cut(title, arrangement.width(), style), Tone::heading}});
    }
    const auto first = drawing.lines.size();
    drawing.lines.resize(first + height);

    std::vector<std::size_t> order(panel.sockets.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) {
        return std::pair(arrangement.places[i].row, arrangement.places[i].column);
    });
    for (const auto i : order) {
        const auto& socket = panel.sockets[i];
        const auto& place = arrangement.places[i];
        const Box box{.connector = socket.connector.name,
                      .line = first + place.row * cell_height,
                      .column = place.column * arrangement.cell_width,
                      .width = arrangement.cell_width,
                      .height = cell_height};
        const bool is_chosen = !chosen.empty() && socket.connector.name == chosen;
        auto lines = cell(picture, socket, box.width, is_chosen, style);
        for (std::size_t k = 0; k < lines.size(); ++k) {
            auto& line = drawing.lines[box.line + k];
            fill_up_to(line, box.column);
            line.insert(line.end(), lines[k].begin(), lines[k].end());
        }
        drawing.boxes.push_back(box);
    }
    return drawing;
}

/// Puts a panel beside or below what is there already.
void add(Drawing& whole, const Drawing& part, std::size_t line, std::size_t column)
{
    whole.lines.resize(std::max(whole.lines.size(), line + part.lines.size()));
    for (std::size_t i = 0; i < part.lines.size(); ++i) {
        auto& target = whole.lines[line + i];
        if (!part.lines[i].empty()) fill_up_to(target, column);
        target.insert(target.end(), part.lines[i].begin(), part.lines[i].end());
    }
    for (auto box : part.boxes) {
        box.line += line;
        box.column += column;
        whole.boxes.push_back(std::move(box));
    }
}

std::size_t room_in(const Style& style)
{
    // Below, not even a frame with a letter in it would fit.
    constexpr std::size_t narrowest = 4;
    return std::max(style.width == 0 ? width_without_limit : style.width, narrowest);
}

} // namespace

std::size_t width_of(const Line& line)
{
    std::size_t count = 0;
    for (const auto& span : line) count += columns(span.text);
    return count;
}

Drawing draw(const Picture& picture, const Style& style, std::string_view chosen)
{
    const auto width = room_in(style);
    const auto widths = widths_of(picture, style);
    Drawing drawing;
    std::size_t line = 0;   // where the panels begin that stand beside each other now
    std::size_t column = 0; // where the next of them would begin
    for (const auto& panel : picture.panels) {
        const auto arrangement = arrange(panel, widths, width);
        if (column > 0 && column + panel_gap + arrangement.width() > width) {
            line = drawing.lines.size() + 1;
            column = 0;
        }
        if (column > 0) column += panel_gap;
        add(drawing, draw(picture, panel, arrangement, chosen, style), line, column);
        column += arrangement.width();
    }
    return drawing;
}

std::vector<Line> legend(const Picture& picture, const Style& style)
{
    std::vector<Span> entries;
    for (const auto& mark : picture.marks)
        entries.push_back({format("{} {}", mark.letter, fit_for(mark.owner, style)), mark.tone});
    const auto any = [&](const auto& holds) {
        return std::ranges::any_of(
            picture.panels, [&](const Panel& panel) { return std::ranges::any_of(panel.sockets, holds); });
    };
    const auto has = [](Picture::SuperSpeed superspeed) {
        return [superspeed](const Socket& socket) { return socket.superspeed == superspeed; };
    };
    if (any(has(Picture::SuperSpeed::on))) entries.push_back({"SS SuperSpeed", Tone::superspeed});
    if (any(has(Picture::SuperSpeed::off))) entries.push_back({"ss SuperSpeed, off", Tone::superspeed});
    if (any([](const Socket& socket) { return !socket.connector.movable; }))
        entries.push_back({"= cannot move", Tone::plain});
    if (has_sign(picture, "?")) entries.push_back({"? nobody's yet: usbroute answer", Tone::warning});
    if (has_sign(picture, ">")) entries.push_back({"> not with its socket", Tone::plain});

    constexpr std::size_t gap = 3;
    const auto width = room_in(style);
    std::vector<Line> lines(1);
    for (auto& entry : entries) {
        entry.text = cut(entry.text, width, style);
        const auto at = width_of(lines.back());
        if (at > 0 && at + gap + columns(entry.text) > width)
            lines.emplace_back();
        else if (at > 0)
            fill_up_to(lines.back(), at + gap);
        lines.back().push_back(entry);
    }
    return lines;
}

std::string text_of(const std::vector<Line>& lines, const Style& style)
{
    std::string out;
    for (const auto& line : lines) {
        std::string text;
        for (std::size_t i = 0; i < line.size();) {
            // What stands beside each other in one tone is painted in one go.
            std::string alike;
            const auto tone = line[i].tone;
            for (; i < line.size() && line[i].tone == tone; ++i) alike += line[i].text;
            text += painted(alike, tone, style);
        }
        out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
}

std::string picture_text(const Picture& picture, const Style& style)
{
    const auto drawing = draw(picture, style);
    if (drawing.lines.empty()) return {};
    return text_of(drawing.lines, style) + "\n" + text_of(legend(picture, style), style);
}

} // namespace usbroute::report
