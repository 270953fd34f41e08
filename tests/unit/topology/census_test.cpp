// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/census.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace usbroute::topology {
namespace {

using List = std::vector<Listed>;

List listed(std::initializer_list<std::string> names)
{
    List list;
    for (const auto& name : names) list.push_back({.name = name, .number = 1});
    return list;
}

TEST(CensusDifference, IsWhatOnlyOneHasInSortedOrder)
{
    EXPECT_EQ(difference(listed({"usb1", "3-1", "1-2"}), listed({"usb1", "3-1", "1-2"})), List{});
    EXPECT_EQ(difference({}, listed({"3-1", "1-2"})), listed({"1-2", "3-1"}));
    EXPECT_EQ(difference(listed({"usb1", "3-1", "1-2"}), listed({"usb1", "1-2"})), listed({"3-1"}));
    EXPECT_EQ(difference(listed({"a", "b", "c"}), listed({"c", "b", "a"})), List{});
    EXPECT_EQ(difference(listed({"a", "a"}), listed({"a"})), listed({"a"}));
}

TEST(CensusDifference, CountsAnotherNumberAsAnotherEntry)
{
    const List before{{.name = "3-1", .number = 7}};
    const List now{{.name = "3-1", .number = 8}};
    EXPECT_EQ(difference(before, now), (List{before.front(), now.front()}));
}

/// Against the plain way: sort both whole.
TEST(CensusDifference, IsTheSameHoweverTheKernelOrders)
{
    std::mt19937 random(20261127);
    for (int round = 0; round < 500; ++round) {
        List before;
        for (unsigned name = 0; name < random() % 12; ++name)
            before.push_back({.name = std::to_string(random() % 9), .number = random() % 2});
        auto now = before;
        for (unsigned change = 0; change < random() % 4; ++change) {
            if (random() % 2 == 0 && !now.empty())
                now.erase(now.begin() + static_cast<std::ptrdiff_t>(random() % now.size()));
            else
                now.insert(now.begin() + static_cast<std::ptrdiff_t>(random() % (now.size() + 1)),
                           {.name = std::to_string(random() % 9), .number = random() % 2});
        }
        if (random() % 3 == 0) std::ranges::shuffle(now, random);
        auto sorted_before = before;
        auto sorted_now = now;
        std::ranges::sort(sorted_before);
        std::ranges::sort(sorted_now);
        List expected;
        std::ranges::set_symmetric_difference(sorted_before, sorted_now, std::back_inserter(expected));
        EXPECT_EQ(difference(before, now), expected);
    }
}

TEST(Census, IsAsAnotherWithTheSameEntries)
{
    const Census census{.functions = listed({"0000:00:14.0"}),
                        .usb = listed_by_bus(listed({"usb1", "3-1", "1-2"})),
                        .blocks = listed({"sda"})};
    auto other = census;
    other.usb = listed_by_bus(listed({"1-2", "3-1", "usb1"}));
    EXPECT_TRUE(census.is_as(other));
    other.blocks = {};
    EXPECT_FALSE(census.is_as(other));
}

TEST(Census, IsNotAsOneWithMoreOrLessOrSomethingElseOnABus)
{
    const Census census{
        .functions = {}, .usb = listed_by_bus(listed({"usb1", "1-2", "usb3", "3-1"})), .blocks = {}};
    for (const auto& usb :
         {listed({"usb1", "1-2", "usb3"}), listed({"usb1", "1-2", "usb3", "3-2"}), listed({"usb1", "1-2"}),
          listed({"usb3", "3-1"}), listed({"usb1", "1-2", "usb2", "usb3", "3-1"})}) {
        const Census other{.functions = {}, .usb = listed_by_bus(usb), .blocks = {}};
        EXPECT_FALSE(census.is_as(other));
        EXPECT_FALSE(other.is_as(census));
    }
}

TEST(BusOf, IsTheNumberInFrontOfAPlaceOrAfterARootHub)
{
    EXPECT_EQ(bus_of("usb3"), 3);
    EXPECT_EQ(bus_of("12-1.4"), 12);
    EXPECT_EQ(bus_of("3-0:1.0"), 3);
    for (const char* name : {"", "usb", "3", "-1", "x3-1", "usb3x", "70000-1", "usb-3"})
        EXPECT_EQ(bus_of(name), 0);
}

} // namespace
} // namespace usbroute::topology
