// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/shell.hpp"

#include <gtest/gtest.h>

namespace usbroute {
namespace {

TEST(ShellWord, IsOneWordWhateverIsInIt)
{
    EXPECT_EQ(shell_word("win11"), "'win11'");
    EXPECT_EQ(shell_word(""), "''");
    EXPECT_EQ(shell_word("$(id); `x` \"y\" \\"), "'$(id); `x` \"y\" \\'");
    EXPECT_EQ(shell_word("Bob's"), "'Bob'\\''s'");
}

} // namespace
} // namespace usbroute
