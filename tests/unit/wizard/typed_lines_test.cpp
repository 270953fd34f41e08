// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wizard/typed_lines.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

#include <unistd.h>

namespace usbroute::wizard {
namespace {

/// What is written into a pipe, read by TypedLines as it comes.
struct Pipe {
    std::array<int, 2> ends{-1, -1};
    TypedLines lines;

    Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
    ~Pipe()
    {
        ::close(ends[0]);
        if (ends[1] >= 0) ::close(ends[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    bool type(std::string_view text)
    {
        EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
        return lines.read_some(ends[0]);
    }
    bool end()
    {
        ::close(ends[1]);
        ends[1] = -1;
        return lines.read_some(ends[0]);
    }
};

TEST(TypedLines, ComeInWhateverPieces)
{
    Pipe pipe;
    EXPECT_TRUE(pipe.type("fro"));
    EXPECT_EQ(pipe.lines.next(), std::nullopt);
    EXPECT_TRUE(pipe.type("nt\n\nrear"));
    EXPECT_EQ(pipe.lines.next(), "front");
    EXPECT_EQ(pipe.lines.next(), "");
    EXPECT_EQ(pipe.lines.next(), std::nullopt);
}

TEST(TypedLines, CountTheLastOneWithoutItsEnd)
{
    Pipe pipe;
    EXPECT_TRUE(pipe.type("rear-1\ndone"));
    EXPECT_EQ(pipe.lines.next(), "rear-1");
    EXPECT_TRUE(pipe.end());
    EXPECT_EQ(pipe.lines.next(), "done");
    EXPECT_FALSE(pipe.lines.read_some(pipe.ends[0]));
}

TEST(TypedLines, DoNotGrowWithoutBound)
{
    Pipe pipe;
    const std::string endless(1000, 'x');
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(pipe.type(endless));
    EXPECT_TRUE(pipe.type("\n"));
    EXPECT_LE(pipe.lines.next()->size(), 4096u);
}

} // namespace
} // namespace usbroute::wizard
