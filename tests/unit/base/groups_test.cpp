// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/groups.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute {
namespace {

struct Shelf {
    std::string letter;
    std::vector<std::string> books;
    bool operator==(const Shelf&) const = default;
};

TEST(Groups, StandInTheOrderInWhichTheirKeysAppear)
{
    std::vector<std::pair<char, std::vector<std::string>>> pairs;
    std::vector<Shelf> shelves;

    for (const auto* word : {"rear", "front", "right", "fan"}) {
        group_with(pairs, word[0]).emplace_back(word);
        group_with(shelves, &Shelf::letter, std::string(1, word[0])).books.emplace_back(word);
    }

    EXPECT_EQ(pairs, (decltype(pairs){{'r', {"rear", "right"}}, {'f', {"front", "fan"}}}));
    EXPECT_EQ(shelves, (std::vector<Shelf>{{"r", {"rear", "right"}}, {"f", {"front", "fan"}}}));
}

} // namespace
} // namespace usbroute
