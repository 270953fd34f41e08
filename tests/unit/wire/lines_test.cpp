// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/lines.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace usbroute::wire {
namespace {

std::vector<std::string> lines_of(LineCutter& cutter, std::string_view bytes)
{
    std::vector<std::string> lines;
    while (!bytes.empty())
        if (auto line = cutter.next(bytes)) lines.push_back(line->too_long ? "<too long>" : line->text);
    return lines;
}

std::vector<std::string> lines_of(std::string_view bytes)
{
    LineCutter cutter;
    return lines_of(cutter, bytes);
}

using Lines = std::vector<std::string>;

TEST(LineCutter, EndsALineAtEachOfTheThreeEnds)
{
    EXPECT_EQ(lines_of("a\nb\r\nc\rd\n"), (Lines{"a", "b", "c", "d"}));
    EXPECT_EQ(lines_of("a\n\nb\n"), (Lines{"a", "", "b"}));
    EXPECT_EQ(lines_of("a\r\r\nb\n"), (Lines{"a", "", "b"}));
}

TEST(LineCutter, KeepsALineThatHasNotEnded)
{
    LineCutter cutter;

    EXPECT_EQ(lines_of(cutter, "tog"), Lines{});
    EXPECT_EQ(lines_of(cutter, "gle"), Lines{});
    EXPECT_EQ(lines_of(cutter, "\nst"), Lines{"toggle"});
    EXPECT_EQ(lines_of(cutter, "atus\n"), Lines{"status"});
}

TEST(LineCutter, CutsTheSameWhereverTheStreamIsCut)
{
    const std::string stream = "toggle\r\nstatus\n\nmove a b\rundo\r\n";
    const auto whole = lines_of(stream);

    for (std::size_t first = 0; first <= stream.size(); ++first)
        for (std::size_t second = first; second <= stream.size(); ++second) {
            LineCutter cutter;
            auto lines = lines_of(cutter, std::string_view(stream).substr(0, first));
            for (const auto& piece : {stream.substr(first, second - first), stream.substr(second)})
                for (auto& line : lines_of(cutter, piece)) lines.push_back(std::move(line));
            ASSERT_EQ(lines, whole) << first << " " << second;
        }
}

TEST(LineCutter, TakesALineOfTheGreatestLengthAndNoLonger)
{
    const std::string fits(longest_line, 'x');

    EXPECT_EQ(lines_of(fits + "\nnext\n"), (Lines{fits, "next"}));
    EXPECT_EQ(lines_of(fits + "x\nnext\n"), (Lines{"<too long>", "next"}));
}

TEST(LineCutter, ReportsALineThatIsTooLongOnceHoweverItArrives)
{
    LineCutter cutter;
    Lines lines;

    for (int i = 0; i < 300'000; ++i)
        for (auto& line : lines_of(cutter, "[")) lines.push_back(line);
    for (auto& line : lines_of(cutter, "\r\nstatus\n")) lines.push_back(line);

    EXPECT_EQ(lines, (Lines{"<too long>", "status"}));
}

TEST(LineCutter, PassesEveryOtherByteThrough)
{
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        if (byte != '\n' && byte != '\r') all += static_cast<char>(byte);

    EXPECT_EQ(lines_of(all + "\n"), Lines{all});
}

} // namespace
} // namespace usbroute::wire
