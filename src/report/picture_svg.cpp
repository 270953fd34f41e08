// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// The picture as SVG: no script, no outside font, no reference to anything.

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/picture.hpp"
#include "report/picture_signs.hpp"
#include "report/plugged.hpp"
#include "report/texts.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace usbroute::report {

namespace {

// All lengths are in the unit of the view box, which is a pixel at full size.
constexpr std::size_t narrowest_cell_px = 182;
constexpr std::size_t widest_cell_px = 300;
constexpr std::size_t cell_height_px = 68;
constexpr std::size_t cell_gap = 8;
constexpr std::size_t padding = 14;      ///< between a panel's edge and its sockets
constexpr std::size_t title_height = 26; ///< a panel's title, above its sockets
constexpr std::size_t panel_gap_px = 16;
constexpr std::size_t margin = 16;
constexpr std::size_t legend_height = 34;
/// What a page shows of a picture without making it smaller.
constexpr std::size_t widest_row = 1010;

/// From the left edge of a socket: its name, and the device beside its sign.
constexpr std::size_t name_left = 72;
constexpr std::size_t device_left = 60;
constexpr std::size_t badge_width = 34;
/// Of the font of names and of that of devices, about; a tool tip has what is cut.
constexpr std::size_t name_column = 8;
constexpr std::size_t device_column = 7;

/// For text and for attribute values. What XML 1.0 cannot hold comes out as U+FFFD; text that is printable
/// has only U+FFFE and U+FFFF of that.
std::string xml(std::string_view text)
{
    return replaced(printable(text, 400), {{"&", "&amp;"},
                                           {"<", "&lt;"},
                                           {">", "&gt;"},
                                           {"\"", "&quot;"},
                                           {"'", "&#39;"},
                                           {"\xef\xbf\xbe", "\xef\xbf\xbd"},
                                           {"\xef\xbf\xbf", "\xef\xbf\xbd"}});
}

std::string_view class_of(Tone tone)
{
    switch (tone) {
    case Tone::host: return "host";
    case Tone::guest: return "guest";
    case Tone::second_guest: return "second";
    case Tone::third_guest: return "third";
    default: return "wrong";
    }
}

const Style wide{.colour = false, .unicode = true, .width = 0};

/// Letters on what is light are dark, so that both can be read.
std::string_view letter_on(std::string_view colour)
{
    return colour == "host" || colour == "third" ? "letter" : "letter dark";
}

/// What is shown in a socket, in this many columns: a device, or why none is.
std::string contents(const Picture& picture, const Picture::Socket& socket, std::size_t room)
{
    const auto& connector = socket.connector;
    if (auto text = contents_of(picture, socket, room, wide).text; !text.empty()) return text;
    if (is_in_sight(connector)) return "empty";
    if (connector.owner == "nobody") return "dead: nothing drives it";
    if (connector.owner == "unknown") return "owner not known";
    if (auto text = last_seen_words(connector, room, wide); !text.empty()) return text;
    return is_a_guest(connector.owner) ? "not visible from here" : "empty";
}

/// Everything about one socket, as a tool tip and for screen readers.
std::string spoken(const Picture::Socket& socket, const OwnerMark& mark)
{
    const auto& connector = socket.connector;
    auto text = format("{}: {}", connector.name, mark.owner);
    if (!connector.side.empty()) text += format(", {}", connector.side == "xhci" ? "xHCI" : "EHCI");
    if (socket.superspeed == Picture::SuperSpeed::on) text += ", SuperSpeed";
    if (socket.superspeed == Picture::SuperSpeed::off) text += ", SuperSpeed off";
    if (!connector.movable) text += ", cannot move";
    if (connector.has_sign("parked")) text += ", parked";
    if (connector.has_sign("reserved")) text += ", reserved until the guest runs";
    if (connector.has_sign("expected-missing")) text += format(", {} is expected here", connector.expect);
    if (!connector.last_seen.empty()) text += format("; last seen: {}", connector.last_seen);
    for (const auto& device : connector.devices) {
        text += format("; {}", device.name);
        if (const auto disk = disk_words(device); !disk.empty()) text += format(", {}", disk);
        if (is_away(connector, device)) text += format(", {}", who_has_it(device));
    }
    return text;
}

/// In one line, or in two that are broken at a blank.
std::vector<std::string> in_two_lines(const std::string& text, std::size_t room)
{
    if (columns(text) <= room) return {text};
    auto at = text.rfind(' ', bytes_within(text, room));
    if (at == std::string::npos || at == 0) return {cut(text, room, wide)};
    return {text.substr(0, at), cut(text.substr(at + 1), room, wide)};
}

/// Columns of one of its lines.
std::size_t room_for_device(std::size_t width) { return (width - device_left - 6) / device_column; }

/// What is worth a sign: of a hub, what is behind it.
const Sign* sign_of(const ConnectorView& connector)
{
    const Sign* of_a_hub = nullptr;
    for (const auto& device : connector.devices) {
        const auto* sign = sign_for(device.kind);
        if (sign == nullptr) continue;
        if (!device.hub) return sign;
        of_a_hub = sign;
    }
    return of_a_hub;
}

std::string sign_svg(const Sign& sign, std::size_t x, std::size_t y)
{
    return format("<g class=\"sign\" transform=\"translate({} {})\"><title>{}</title><path d=\"{}\"/></g>", x,
                  y, sign.words, sign.path);
}

/// The hole itself, as one sees it: a shell with a tongue in it, which is blue where there is SuperSpeed.
std::string hole_svg(Picture::SuperSpeed superspeed, std::size_t x, std::size_t y)
{
    const auto* tongue = superspeed == Picture::SuperSpeed::on    ? "superspeed"
                         : superspeed == Picture::SuperSpeed::off ? "off"
                                                                  : "tongue";
    return format("<rect class=\"shell\" x=\"{}\" y=\"{}\" width=\"27\" height=\"14\" rx=\"2\"/>"
                  "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"19\" height=\"4\"/>",
                  x, y, tongue, x + 4, y + 3);
}

/// "SS" in its own colour at the right end of the name's line.
std::string superspeed_badge(Picture::SuperSpeed superspeed, std::size_t width)
{
    if (superspeed == Picture::SuperSpeed::none) return {};
    const bool on = superspeed == Picture::SuperSpeed::on;
    return format("    <rect class=\"{}\" x=\"{}\" y=\"9\" width=\"22\" height=\"14\" rx=\"4\"/>"
                  "<text class=\"badge\" x=\"{}\" y=\"19\">{}</text>\n",
                  on ? "superspeed" : "off", width - 31, width - 20, on ? "SS" : "ss");
}

/// With as much of the device's name as two lines hold, and what must be said of it whole.
std::vector<std::string> lines_for_device(const Picture& picture, const Picture::Socket& socket,
                                          std::size_t room)
{
    for (auto most = 2 * room; most > room; --most) {
        const auto text = contents(picture, socket, most);
        auto lines = in_two_lines(text, room);
        if (join(lines, " ") == text) return lines;
    }
    return in_two_lines(contents(picture, socket, room), room);
}

std::string device_svg(const Picture& picture, const Picture::Socket& socket, std::size_t width)
{
    const auto* sign = sign_of(socket.connector);
    const auto left = sign == nullptr ? std::size_t{38} : device_left;
    std::string out;
    if (sign != nullptr) out += format("    {}\n", sign_svg(*sign, 38, 36));
    const auto lines = lines_for_device(picture, socket, room_for_device(width));
    const auto* quiet = socket.connector.devices.empty() ? " quiet" : "";
    auto y = lines.size() == 1 ? std::size_t{48} : std::size_t{42};
    for (const auto& line : lines) {
        out +=
            format("    <text class=\"device{}\" x=\"{}\" y=\"{}\">{}</text>\n", quiet, left, y, xml(line));
        y += 15;
    }
    return out;
}

/// A socket at a place; an inner svg element cuts off whatever a font makes longer than we think.
std::string socket_svg(const Picture& picture, const Picture::Socket& socket, std::size_t width,
                       std::size_t x, std::size_t y)
{
    const auto& mark = picture.marks[socket.mark];
    const auto colour = class_of(mark.tone);
    const auto name_room =
        (width - name_left - (socket.superspeed == Picture::SuperSpeed::none ? 6 : badge_width)) /
        name_column;
    auto out = format("  <svg x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\n", x, y, width, cell_height_px);
    out += format("    <title>{}</title>\n", xml(spoken(socket, mark)));
    out += format("    <rect class=\"socket edge-{}\" x=\"1\" y=\"1\" width=\"{}\" height=\"{}\" rx=\"7\" "
                  "stroke-width=\"2\"/>\n",
                  colour, width - 2, cell_height_px - 2);
    out += format("    <path class=\"{}\" d=\"M30 1H8a7 7 0 0 0 -7 7V{}a7 7 0 0 0 7 7H30Z\"/>\n", colour,
                  cell_height_px - 8);
    out += format("    <text class=\"{}\" x=\"16\" y=\"{}\">{}</text>\n", letter_on(colour),
                  socket.connector.movable ? 40 : 35, xml(std::string(1, mark.letter)));
    if (!socket.connector.movable)
        out += format("    <text class=\"{}\" x=\"16\" y=\"51\">=</text>\n", letter_on(colour));
    out += format("    {}\n", hole_svg(socket.superspeed, 38, 9));
    out += format("    <text class=\"name\" x=\"{}\" y=\"21\">{}</text>\n", name_left,
                  xml(cut(socket.connector.name, name_room, wide)));
    out += superspeed_badge(socket.superspeed, width);
    return out + device_svg(picture, socket, width) + "  </svg>\n";
}

struct Size {
    std::size_t width = 0;
    std::size_t height = 0;
};

/// A panel with its sockets put into rows and columns.
struct Placed {
    const Picture::Panel* panel = nullptr;
    std::vector<Picture::GridPlace> places;
    Size size;
};

std::size_t length_of(std::size_t cells, std::size_t one)
{
    return cells == 0 ? 0 : cells * (one + cell_gap) - cell_gap;
}

/// Sockets that have no place go beside each other as far as this.
constexpr std::size_t most_beside = 5;

/// As wide as the longest name needs; but no panel wider than a page.
std::size_t cell_width_of(const Picture& picture)
{
    std::size_t wanted = narrowest_cell_px;
    std::size_t beside = 1;
    for (const auto& panel : picture.panels) {
        const bool has_loose =
            std::ranges::any_of(panel.sockets, [](const auto& socket) { return !socket.place; });
        beside = std::max({beside, panel.columns,
                           has_loose ? std::min(panel.sockets.size(), most_beside) : std::size_t{1}});
        for (const auto& socket : panel.sockets) {
            const auto badge = socket.superspeed == Picture::SuperSpeed::none ? std::size_t{6} : badge_width;
            wanted = std::max(wanted, name_left + columns(socket.connector.name) * name_column + badge);
        }
    }
    const auto there_is = (widest_row - 2 * padding + cell_gap) / beside - cell_gap;
    return std::max(narrowest_cell_px, std::min({wanted, there_is, widest_cell_px}));
}

Placed place(const Picture::Panel& panel, std::size_t cell_width)
{
    Placed placed{.panel = &panel, .places = {}, .size = {}};
    const auto loose = static_cast<std::size_t>(
        std::ranges::count_if(panel.sockets, [](const auto& socket) { return !socket.place; }));
    const auto lines = (loose + most_beside - 1) / most_beside;
    const auto per_line = lines == 0 ? 0 : std::max((loose + lines - 1) / lines, panel.columns);
    std::size_t next = 0;
    std::size_t rows = panel.rows;
    std::size_t columns = panel.columns;
    for (const auto& socket : panel.sockets) {
        auto at = socket.place.value_or(Picture::GridPlace{});
        if (!socket.place) {
            at = {.row = panel.rows + next / per_line, .column = next % per_line};
            ++next;
        }
        rows = std::max(rows, at.row + 1);
        columns = std::max(columns, at.column + 1);
        placed.places.push_back(at);
    }
    placed.size = {.width = length_of(columns, cell_width) + 2 * padding,
                   .height = length_of(rows, cell_height_px) + 2 * padding + title_height};
    return placed;
}

std::string panel_svg(const Picture& picture, const Placed& placed, std::size_t cell_width, std::size_t x,
                      std::size_t y)
{
    const auto& panel = *placed.panel;
    auto out = format("  <rect class=\"panel\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"10\"/>\n", x,
                      y, placed.size.width, placed.size.height);
    out += format("  <text class=\"title\" x=\"{}\" y=\"{}\">{}</text>\n", x + padding, y + 25,
                  xml(panel.title.empty() ? "no panel" : panel.title));
    for (std::size_t i = 0; i < panel.sockets.size(); ++i) {
        const auto& socket = panel.sockets[i];
        const auto& at = placed.places[i];
        out += socket_svg(picture, socket, cell_width, x + padding + at.column * (cell_width + cell_gap),
                          y + padding + title_height + at.row * (cell_height_px + cell_gap));
    }
    return out;
}

struct Drawn {
    std::string text;
    Size size;
};

/// Panels beside each other as long as there is room.
Drawn panels_svg(const Picture& picture)
{
    Drawn drawn;
    std::size_t x = 0;
    std::size_t y = 0;
    std::size_t next_y = 0;
    const auto cell_width = cell_width_of(picture);
    for (const auto& panel : picture.panels) {
        const auto placed = place(panel, cell_width);
        if (x > 0 && x + placed.size.width > widest_row) {
            x = 0;
            y = next_y;
        }
        drawn.text += panel_svg(picture, placed, cell_width, margin + x, margin + y);
        drawn.size.width = std::max(drawn.size.width, x + placed.size.width);
        drawn.size.height = std::max(drawn.size.height, y + placed.size.height);
        x += placed.size.width + panel_gap_px;
        next_y = std::max(next_y, y + placed.size.height + panel_gap_px);
    }
    return drawn;
}

/// The owners in a row, each by colour, letter and name; a new row where the picture's width is used up.
Drawn legend_svg(const Picture& picture, Size above)
{
    constexpr std::size_t column = 7; // of this size of letters, about
    Drawn drawn{.text = {}, .size = {.width = 0, .height = legend_height}};
    std::size_t x = 0;
    std::size_t y = above.height + panel_gap_px;
    // Where the next entry goes: its left and top edge.
    const auto next = [&](const std::string& words) {
        const auto width = 42 + columns(words) * column;
        if (x > 0 && x + width > std::max(above.width, narrowest_cell_px)) {
            x = 0;
            y += legend_height;
            drawn.size.height += legend_height;
        }
        const auto left = margin + x;
        x += width;
        drawn.size.width = std::max(drawn.size.width, x);
        return std::pair(left, margin + y);
    };
    const auto add = [&](std::string_view colour, const std::string& sign, const std::string& words) {
        const auto [left, top] = next(words);
        const bool is_short = sign.size() == 1;
        drawn.text += format("  <rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"22\" height=\"20\" rx=\"5\"/>"
                             "<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>"
                             "<text class=\"legend\" x=\"{}\" y=\"{}\">{}</text>\n",
                             colour, left, top, is_short ? letter_on(colour) : "badge", left + 11,
                             top + (is_short ? 15U : 13U), xml(sign), left + 29, top + 14, xml(words));
    };
    for (const auto& mark : picture.marks)
        add(class_of(mark.tone), std::string(1, mark.letter), cut(mark.owner, 40, wide));
    const auto any = [&](const auto& holds) {
        return std::ranges::any_of(picture.panels, [&](const Picture::Panel& panel) {
            return std::ranges::any_of(panel.sockets, holds);
        });
    };
    const auto is = [](Picture::SuperSpeed wanted) {
        return [wanted](const Picture::Socket& socket) { return socket.superspeed == wanted; };
    };
    if (any(is(Picture::SuperSpeed::on))) add("superspeed", "SS", "SuperSpeed");
    if (any(is(Picture::SuperSpeed::off))) add("off", "ss", "SuperSpeed, off");
    if (any([](const Picture::Socket& socket) { return !socket.connector.movable; }))
        add("wrong", "=", "cannot move");
    if (has_sign(picture, "?")) add("wrong", "?", "nobody's yet: usbroute answer");
    if (has_sign(picture, ">")) add("wrong", ">", "not with its socket");
    std::vector<const Sign*> signs_shown;
    for (const auto& panel : picture.panels)
        for (const auto& socket : panel.sockets)
            if (const auto* sign = sign_of(socket.connector);
                sign != nullptr && std::ranges::find(signs_shown, sign) == signs_shown.end())
                signs_shown.push_back(sign);
    for (const auto* sign : signs_shown) {
        const std::string words(sign->words);
        const auto [left, top] = next(words);
        drawn.text += format("  {}<text class=\"legend\" x=\"{}\" y=\"{}\">{}</text>\n",
                             sign_svg(*sign, left + 4, top + 2), left + 29, top + 14, xml(words));
    }
    return drawn;
}

} // namespace

std::string picture_svg(const Picture& picture)
{
    const auto panels = panels_svg(picture);
    const auto legend = legend_svg(picture, panels.size);
    const auto width = std::max(panels.size.width, legend.size.width) + 2 * margin;
    const auto height = panels.size.height + panel_gap_px + legend.size.height + 2 * margin - 12;
    auto out =
        format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" "
               "role=\"img\">\n<title>USB sockets and who has them</title>\n",
               width, height, width, height);
    out += format("<style>\n{}</style>\n", texts::style_sheet);
    out += format("  <rect class=\"page\" width=\"{}\" height=\"{}\" rx=\"12\"/>\n", width, height);
    return out + panels.text + legend.text + "</svg>\n";
}

} // namespace usbroute::report
