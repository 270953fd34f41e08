// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "report/table.hpp"
#include "report/views.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The sockets as a person sees them on the case: as lines for a terminal and as SVG.
namespace usbroute::report {

/// The colour and the letter of one owner wherever owners are shown.
struct OwnerMark {
    std::string owner; ///< "host", "windows", "nobody"
    char letter = '?'; ///< no two owners of a picture share one, as long as there are letters
    Tone tone = Tone::plain;
};

/// The host first, then guests, then what is wrong. Who has a controller counts too, so that the marks stay when the
/// last socket of a guest goes back.
[[nodiscard]] std::vector<OwnerMark> owner_marks(const StatusView& view);

struct Picture {
    enum class SuperSpeed : std::uint8_t { none, off, on };
    /// Counted from 0, without the rows and columns that nothing is in, of which at most one is left between two.
    struct GridPlace {
        std::size_t row = 0;
        std::size_t column = 0;
    };
    struct Socket {
        ConnectorView connector;
        std::size_t mark = 0; ///< its owner's, in `marks`
        SuperSpeed superspeed = SuperSpeed::none;
        std::optional<GridPlace> place; ///< nothing: it comes below those that have one, in the order given
    };
    struct Panel {
        std::string title; ///< empty: sockets of which nobody has said where they are
        std::vector<Socket> sockets;
        std::size_t columns = 0; ///< of the sockets that have a place; 0: none has
        std::size_t rows = 0;
    };
    std::vector<OwnerMark> marks;
    std::vector<Panel> panels; ///< in the order in which the configuration first names them
};

[[nodiscard]] Picture picture_of(const StatusView& view);
/// Somebody has said where sockets are, so a picture says more than a list.
[[nodiscard]] bool names_panels(const StatusView& view);

/// A piece of a line in one tone.
struct Span {
    std::string text;
    Tone tone = Tone::plain;
};
using Line = std::vector<Span>;

/// Where a socket came out in a drawing; `width` and `height` include the frame.
struct Box {
    std::string connector;
    std::size_t line = 0, column = 0;
    std::size_t width = 0, height = 0;
};

/// What is shown in a socket, in at most `room` columns: what goes with it; or that it is parked, reserved, misses what is expected there;
/// or a device that does not go with it, behind "?" where it is asked about, else behind ">" and its owner's letter. Empty: nothing to say.
[[nodiscard]] Span contents_of(const Picture& picture, const Picture::Socket& socket, std::size_t room,
                               const Style& style);
/// Signs in front of such devices that this picture has: "?", ">".
[[nodiscard]] bool has_sign(const Picture& picture, std::string_view sign);

struct Drawing {
    std::vector<Line> lines;
    std::vector<Box> boxes; ///< panel by panel, in reading order
};

/// The panels, at most `style.width` columns wide (0: as wide as is good to look at), with a heavier frame round the
/// connector that is `chosen`. If the columns of a panel do not fit beside each other, its sockets are listed.
[[nodiscard]] Drawing draw(const Picture& picture, const Style& style, std::string_view chosen = {});
/// What the letters and marks of this picture mean.
[[nodiscard]] std::vector<Line> legend(const Picture& picture, const Style& style);

[[nodiscard]] std::size_t width_of(const Line& line); ///< in columns
[[nodiscard]] std::string text_of(const std::vector<Line>& lines, const Style& style);

/// Drawing and legend, a trailing newline included.
[[nodiscard]] std::string picture_text(const Picture& picture, const Style& style);
/// The same as an SVG document.
[[nodiscard]] std::string picture_svg(const Picture& picture);

} // namespace usbroute::report
