// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/duration.hpp"

#include <gtest/gtest.h>

namespace usbroute {
namespace {

TEST(Duration, HasAUnitOrCountsSeconds)
{
    using namespace std::chrono_literals;
    EXPECT_EQ(parse_duration("500ms"), 500ms);
    EXPECT_EQ(parse_duration("5s"), 5s);
    EXPECT_EQ(parse_duration("60m"), 1h);
    EXPECT_EQ(parse_duration("1h"), 1h);
    EXPECT_EQ(parse_duration("5"), 5s);
    EXPECT_EQ(parse_duration("0"), 0s);
    EXPECT_EQ(parse_duration("4294967295h"), std::chrono::hours(4'294'967'295));
    for (const auto* text :
         {"", "s", "ms", "-1s", "+1s", "1.5s", "99999999999s", "5 s", "5sec", "0x10", "1m30s"})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

} // namespace
} // namespace usbroute
