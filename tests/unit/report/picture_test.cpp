// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "fakes/boards.hpp"
#include "report/picture.hpp"
#include "report/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace usbroute::report {
namespace {

const Style ascii{.colour = false, .unicode = false, .width = 60};
const Style unicode{.colour = false, .unicode = true, .width = 60};

ConnectorView socket(std::string name, std::string owner, std::string panel = {}, std::optional<int> row = {},
                     std::optional<int> column = {})
{
    ConnectorView view;
    view.name = std::move(name);
    view.owner = std::move(owner);
    view.movable = true;
    view.panel = std::move(panel);
    view.row = row;
    view.column = column;
    return view;
}

ConnectorView with(ConnectorView view, std::string device)
{
    view.devices.push_back({.place = "3-1",
                            .name = std::move(device),
                            .speed = "12",
                            .keyboard = false,
                            .hub = false,
                            .disks = {},
                            .in_use = {}});
    return view;
}

StatusView view_of(std::vector<ConnectorView> connectors)
{
    StatusView view;
    view.connectors = std::move(connectors);
    return view;
}

ControllerView controller_of(std::string owner)
{
    ControllerView view;
    view.owner = std::move(owner);
    return view;
}

StatusView recorded_view(const std::string& name)
{
    const auto machine = fakes::recorded(name);
    return status_view(machine.snapshot, machine.settings, machine.use);
}

/// A machine on which everything that can be said about a socket is said, by devices that mean no good.
StatusView hostile_view()
{
    auto view = recorded_view("z97-guest");
    view.connectors[0].devices.front().name = "\x1b[2J\x1b]0;owned\x07\n<script>&\"'\xff\xfe";
    view.connectors[1] = with(view.connectors[1], std::string(4000, 'x'));
    view.connectors[2] = with(view.connectors[2], "键盘键盘键盘键盘键盘键盘键盘键盘");
    std::string marks = "a";
    for (int i = 0; i < 200; ++i) marks += "\u0301";
    view.connectors[3] = with(view.connectors[3], marks);
    view.connectors[4] = with(view.connectors[4], "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀");
    view.connectors[5] = with(view.connectors[5], "\u202egnirts\u200b \u2066isolate");
    view.connectors[6].name = std::string(64, 'n');
    view.connectors[7].owner = "nobody";
    view.connectors[8].owner = std::string(64, 'o');
    view.connectors[9].owner = "unknown";
    view.connectors[10].panel = "a\x1b[31mpanel" + std::string(100, 'p');
    view.connectors[11].movable = false;
    view.connectors[12].row = view.connectors[12].column = 99;
    view.connectors[13].row = 1;
    view.connectors[13].panel = "rear";
    return view;
}

TEST(Picture, ShowsSocketsInTheirPlaces)
{
    auto superspeed = with(socket("rear-2", "windows", "rear", 1, 2), "Camera (1234:5678)");
    superspeed.superspeed = 1;
    superspeed.superspeed_on = true;
    const auto view = view_of({socket("rear-3", "host", "rear", 2, 2),
                               with(socket("rear-1", "host", "rear", 1, 1), "Mouse"), superspeed});

    EXPECT_EQ(picture_text(picture_of(view), unicode), "rear\n"
                                                       "┌H rear-1 ───┐┌W rear-2  SS┐\n"
                                                       "│Mouse       ││Camera      │\n"
                                                       "└────────────┘└────────────┘\n"
                                                       "              ┌H rear-3 ───┐\n"
                                                       "              │            │\n"
                                                       "              └────────────┘\n"
                                                       "\n"
                                                       "H host   W windows   SS SuperSpeed\n");
}

TEST(Picture, SaysWhatStandsForWhat)
{
    auto fixed = socket("rear-1", "nobody", "rear");
    fixed.movable = false;
    auto superspeed = socket("rear-2", "unknown", "rear");
    superspeed.superspeed = 1;
    superspeed.superspeed_on = false;
    const auto view = view_of({fixed, superspeed, socket("rear-3", "windows", "rear")});

    EXPECT_EQ(text_of(legend(picture_of(view), ascii), ascii), "H host   W windows   - nobody   ? unknown\n"
                                                               "ss SuperSpeed, off   = cannot move\n");
}

TEST(Picture, GivesNoTwoOwnersOneLetter)
{
    auto view = view_of({socket("a", "hal", "rear"), socket("b", "windows", "rear"),
                         socket("c", "win", "rear"), socket("d", "w", "rear"), socket("e", "unknown"),
                         socket("f", "unknown-guest"), socket("g", "nobody")});

    std::string letters;
    for (const auto& mark : owner_marks(view)) letters += mark.letter;

    EXPECT_EQ(letters, "HAWIN-?!");
    EXPECT_EQ(owner_marks(view)[0].owner, "host");
}

TEST(Picture, KeepsAGuestsLetterWhenItsLastSocketHasGoneBack)
{
    auto view = view_of({socket("a", "host", "rear"), socket("b", "windows", "rear")});
    view.controllers = {controller_of("host"), controller_of("windows"), controller_of("windows-2"),
                        controller_of("nobody")};
    const auto before = owner_marks(view);
    view.connectors[1].owner = "host";

    const auto after = owner_marks(view);

    ASSERT_EQ(after.size(), 3u);
    for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i].owner, before[i].owner);
        EXPECT_EQ(after[i].letter, before[i].letter);
        EXPECT_EQ(after[i].tone, before[i].tone);
    }
}

TEST(Picture, LeavesAGapWhereTheCaseHasOne)
{
    const auto picture =
        picture_of(view_of({socket("left", "host", "rear", 1, 1), socket("right", "host", "rear", 1, 40),
                            socket("down", "host", "rear", 90, 1)}));

    ASSERT_EQ(picture.panels.size(), 1u);
    EXPECT_EQ(picture.panels[0].columns, 3u);
    EXPECT_EQ(picture.panels[0].rows, 3u);
}

TEST(Picture, PutsNoTwoSocketsInOnePlace)
{
    const auto view =
        view_of({socket("first", "host", "rear", 1, 1), socket("same", "host", "rear", 1, 1),
                 socket("row-only", "host", "rear", 1), socket("column-only", "host", "rear", {}, 1)});

    const auto drawing = draw(picture_of(view), ascii);

    ASSERT_EQ(drawing.boxes.size(), 4u);
    for (const auto& one : drawing.boxes)
        for (const auto& other : drawing.boxes)
            EXPECT_TRUE(&one == &other || one.line != other.line || one.column != other.column)
                << one.connector << " and " << other.connector;
}

TEST(Picture, FindsAPlaceForASocketOfNoPanel)
{
    const auto text = picture_text(
        picture_of(view_of({socket("lost", "host"), socket("rear-1", "host", "rear", 1, 1)})), ascii);

    EXPECT_LT(text.find("rear"), text.find("no panel\n")) << text;
    EXPECT_NE(text.find("H lost"), std::string::npos) << text;
}

TEST(Picture, ShowsAnUnnamedSocketOnlyWithSomethingInIt)
{
    auto empty = socket("bit4", "host");
    empty.named = false;
    auto used = with(socket("bit5", "host"), "Camera");
    used.named = false;

    const auto text = picture_text(picture_of(view_of({empty, used})), ascii);

    EXPECT_EQ(text.find("bit4"), std::string::npos) << text;
    EXPECT_NE(text.find("bit5"), std::string::npos) << text;
}

TEST(Picture, FramesTheChosenSocketWithoutColour)
{
    const auto picture = picture_of(view_of({socket("a", "host"), socket("b", "host")}));

    EXPECT_EQ(text_of(draw(picture, ascii, "b").lines, ascii), "+H a -------+#H b ########\n"
                                                               "|           |#           #\n"
                                                               "+-----------+#############\n");
    EXPECT_NE(text_of(draw(picture, unicode, "b").lines, unicode).find("╔H b"), std::string::npos);
}

TEST(Picture, DropsTheMakerBeforeTheDevice)
{
    const auto view = view_of({with(socket("a", "host"), "Logitech USB Optical Mouse (046d:c077)"),
                               with(socket("b", "host"), "Kingston DataTraveler 2.0 (0951:1665)"),
                               with(socket("c", "host"), "Unbelievablylongword"),
                               with(socket("d", "host"), "Texas Codec from DAC 5")});
    const Style narrow{.colour = false, .unicode = true, .width = 16};

    const auto text = picture_text(picture_of(view), narrow);

    EXPECT_NE(text.find("│Optical Mouse │"), std::string::npos) << text;
    EXPECT_NE(text.find("│DAC 5         │"), std::string::npos) << text;
    EXPECT_NE(text.find("│DataTraveler …│"), std::string::npos) << text;
    EXPECT_NE(text.find("│Unbelievablyl…│"), std::string::npos) << text;
}

TEST(Picture, NeverBreaksItsFrameAtAnyWidth)
{
    for (const auto& view : {recorded_view("z97-guest"), recorded_view("z97e-itx-ac"), hostile_view()}) {
        const auto picture = picture_of(view);
        for (const bool with_unicode : {true, false}) {
            for (std::size_t width = 4; width <= 200; ++width) {
                const Style style{.colour = false, .unicode = with_unicode, .width = width};
                const auto drawing = draw(picture, style, "rear-1");
                for (const auto& line : drawing.lines) ASSERT_LE(width_of(line), width);
                for (const auto& line : legend(picture, style)) ASSERT_LE(width_of(line), width);
                const auto text = picture_text(picture, style);
                ASSERT_EQ(std::ranges::count(text, '\x1b'), 0);
                if (!with_unicode) {
                    ASSERT_TRUE(std::ranges::all_of(
                        text, [](char c) { return (c >= ' ' && c < 0x7f) || c == '\n'; }));
                }
                // Each socket's right side stands under its corner.
                for (const auto& box : drawing.boxes) {
                    ASSERT_LE(box.column + box.width, width);
                    for (std::size_t k = 0; k < box.height; ++k) {
                        std::string line;
                        for (const auto& span : drawing.lines.at(box.line + k)) line += span.text;
                        const auto end = bytes_within(line, box.column + box.width);
                        ASSERT_EQ(columns(std::string_view(line).substr(0, end)), box.column + box.width)
                            << width << ": " << line;
                    }
                }
            }
        }
    }
}

TEST(Picture, SvgHasASignWithATitleForEachKindOfDevice)
{
    for (const auto* kind : {"keyboard", "mouse", "disk", "sound", "camera", "radio", "hub"}) {
        auto connector = with(socket("a", "host"), "Thing");
        connector.devices.front().kind = kind;
        connector.devices.front().hub = std::string_view(kind) == "hub";

        const auto svg = picture_svg(picture_of(view_of({connector})));

        EXPECT_NE(svg.find(format("<title>{}</title><path", kind)), std::string::npos) << kind;
    }
}

TEST(Picture, SvgShowsALongNameOfADeviceWholeInTwoLines)
{
    const auto svg =
        picture_svg(picture_of(view_of({with(socket("a", "host"), "Logitech USB Optical Mouse")})));

    EXPECT_NE(svg.find(">Logitech USB<"), std::string::npos) << svg;
    EXPECT_NE(svg.find(">Optical Mouse<"), std::string::npos) << svg;
}

TEST(Picture, SvgSaysWhatWasLastSeenAndDoesNotShowItAsPresent)
{
    auto connector = socket("a", "windows");
    connector.last_seen = "Mouse";

    const auto svg = picture_svg(picture_of(view_of({connector})));

    EXPECT_NE(svg.find("class=\"device quiet\""), std::string::npos);
    EXPECT_NE(svg.find("last seen: Mouse</title>"), std::string::npos) << svg;
    EXPECT_EQ(svg.find("<g class=\"sign\""), std::string::npos);
}

TEST(Picture, SvgSurvivesHostileStrings)
{
    const auto svg = picture_svg(picture_of(hostile_view()));

    EXPECT_EQ(svg.find("<script>"), std::string::npos);
    EXPECT_NE(svg.find("&lt;script&gt;&amp;&quot;&#39;"), std::string::npos);
    EXPECT_TRUE(
        std::ranges::none_of(svg, [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 0x7f; }));
    EXPECT_EQ(svg.find("\xef\xbf\xbf"), std::string::npos);
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST(Picture, SvgHoldsNoCharacterThatXmlForbids)
{
    const auto svg = picture_svg(picture_of(view_of({with(socket("a", "host"), "x\uFFFEy\uFFFFz")})));

    EXPECT_NE(svg.find("x\uFFFDy\uFFFDz"), std::string::npos) << svg;
}

TEST(Status, ShowsThePictureOnlyWhereThereIsRoom)
{
    const auto view = recorded_view("z97-guest");
    const auto shows = [&](std::size_t width, std::size_t rows, Detail detail) {
        const Style style{.colour = false, .unicode = false, .width = width};
        return status_text(view, style, detail, rows).find("+H rear-1") != std::string::npos;
    };

    EXPECT_TRUE(shows(0, 0, Detail::brief));
    EXPECT_TRUE(shows(100, 60, Detail::brief));
    EXPECT_FALSE(shows(100, 24, Detail::brief));
    EXPECT_FALSE(shows(39, 0, Detail::brief));
    EXPECT_FALSE(shows(100, 60, Detail::full));
}

TEST(Status, IsOnlyATableWhereNoPanelHasAName)
{
    const auto view = view_of({socket("a", "host")});

    EXPECT_EQ(status_text(view, ascii, Detail::brief, 0), status_text(view, ascii, Detail::brief));
}

} // namespace
} // namespace usbroute::report
