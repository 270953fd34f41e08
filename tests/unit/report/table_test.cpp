// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/table.hpp"

#include <gtest/gtest.h>

namespace usbroute::report {
namespace {

const Style ascii_20{.colour = false, .unicode = false, .width = 20};
const Style utf8_20{.colour = false, .unicode = true, .width = 20};

TEST(Table, GivesTheLastColumnWhatIsLeftOfTheWidth)
{
    Table table({{"NAME"}, {"BIT", Align::right}, {"WHAT"}});

    table.add({{"front"}, {"3"}, {"a long description"}});
    table.add({{"x"}, {"12"}, {"-"}});

    EXPECT_EQ(table.text({.width = 29}), "NAME   BIT  WHAT\n"
                                         "front    3  a long descrip...\n"
                                         "x       12  -\n");
}

TEST(Table, LeavesNoBlanksAtTheEndOfALine)
{
    Table table({{"A"}, {"B"}});

    table.add({{"long name"}, {""}});

    EXPECT_EQ(table.text({}), "A          B\nlong name\n");
}

TEST(Table, CountsCharactersAndNotBytes)
{
    Table table({{"N"}, {"W"}});

    table.add({{"Ärger"}, {"x"}});
    table.add({{"Arger"}, {"x"}});

    EXPECT_EQ(table.text({.unicode = true}), "N      W\nÄrger  x\nArger  x\n");
}

TEST(Table, PaintsWithoutMovingTheColumns)
{
    Table table({{"OWNER"}, {"X"}});

    table.add({{"windows", Tone::guest}, {"y"}});

    EXPECT_EQ(table.text({.colour = true}),
              "\x1b[1mOWNER\x1b[0m    \x1b[1mX\x1b[0m\n\x1b[1;33mwindows\x1b[0m  y\n");
}

TEST(Cut, EndsWithAnEllipsisThatTheTerminalCanShow)
{
    EXPECT_EQ(cut("ÄÖÜabc", 4, utf8_20), "ÄÖÜ…");
    EXPECT_EQ(cut("abcdefgh", 6, ascii_20), "abc...");
    EXPECT_EQ(cut("abcdef", 6, ascii_20), "abcdef");
}

TEST(FitFor, LeavesOnlyAsciiWhereTheTerminalIsNotUtf8)
{
    EXPECT_EQ(fit_for("Süß €", ascii_20), "S?? ?");
    EXPECT_EQ(fit_for("Süß €", utf8_20), "Süß €");
}

TEST(Labelled, WrapsUnderTheTextAndNotUnderTheLabel)
{
    EXPECT_EQ(labelled("note", {"one two three four"}, Tone::warning, ascii_20),
              "note: one two three\n      four\n");
}

TEST(Labelled, DoesNotWrapWhereThereIsNoTerminal)
{
    EXPECT_EQ(labelled("note", {"one two three four five six"}, Tone::warning, {}),
              "note: one two three four five six\n");
}

TEST(Wrapped, KeepsAWordThatIsLongerThanTheLine)
{
    EXPECT_EQ(wrapped("a 012345678901234567890123 b", {.first = 1, .rest = 2}, ascii_20),
              " a\n  012345678901234567890123\n  b\n");
}

} // namespace
} // namespace usbroute::report
