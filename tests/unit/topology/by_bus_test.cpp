// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/by_bus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ranges>
#include <string>
#include <vector>

namespace usbroute::topology {
namespace {

using Texts = ByBus<std::string>;
static_assert(std::ranges::forward_range<Texts>);

/// "3b" is on bus 3.
Texts texts(std::vector<std::string> items)
{
    return {std::move(items),
            [](const std::string& item) { return static_cast<std::uint16_t>(item.front() - '0'); }};
}

TEST(ByBus, IsReadOneBusAfterTheOtherAndKeepsTheOrderOnEach)
{
    const auto all = texts({"3b", "1z", "3a", "2m", "1a"});

    EXPECT_EQ(all.flat(), (std::vector<std::string>{"1z", "1a", "2m", "3b", "3a"}));
    EXPECT_EQ(all.size(), 5u);
    EXPECT_EQ(all.on(3), (std::vector<std::string>{"3b", "3a"}));
    EXPECT_TRUE(all.on(4).empty());
    EXPECT_EQ(std::ranges::count_if(all, [](const auto& text) { return text.ends_with('a'); }), 2);
    EXPECT_TRUE(std::ranges::equal(Texts{}, std::vector<std::string>{}));
}

TEST(ByBus, SharesEveryListWithItsCopyButTheOneThatWasReplaced)
{
    const auto before = texts({"1a", "2a", "3a"});
    auto now = before;
    now.put(2, {"2b", "2c"});

    EXPECT_EQ(now.flat(), (std::vector<std::string>{"1a", "2b", "2c", "3a"}));
    EXPECT_EQ(before.flat(), (std::vector<std::string>{"1a", "2a", "3a"}));
    EXPECT_EQ(&now.on(1), &before.on(1));
    EXPECT_EQ(&now.on(3), &before.on(3));
    EXPECT_EQ(buses_apart(before, now), (std::vector<std::uint16_t>{2}));
}

TEST(ByBus, HasNoBusWithNothingOnIt)
{
    auto all = texts({"1a", "2a", "3a", "3b"});
    const auto before = all;
    all.put(2, {});
    all.put(7, {});
    all.put(5, {"5a"});
    all.erase_if([](const std::string& item) { return item == "1a" || item == "3a"; });

    EXPECT_EQ(all.flat(), (std::vector<std::string>{"3b", "5a"}));
    EXPECT_EQ(all.lists().size(), 2u);
    EXPECT_EQ(buses_apart(before, all), (std::vector<std::uint16_t>{1, 2, 3, 5}));
    EXPECT_EQ(buses_apart(all, before), (std::vector<std::uint16_t>{1, 2, 3, 5}));
}

TEST(ByBus, EqualsWhatHoldsTheSameWhetherSharedOrNot)
{
    const auto all = texts({"1a", "2a"});
    EXPECT_EQ(all, texts({"2a", "1a"}));
    EXPECT_NE(all, texts({"1a", "2b"}));
    EXPECT_NE(all, texts({"1a"}));
    EXPECT_EQ(buses_apart(all, texts({"1a", "2a"})), (std::vector<std::uint16_t>{1, 2}));
}

} // namespace
} // namespace usbroute::topology
