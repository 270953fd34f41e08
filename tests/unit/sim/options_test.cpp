// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/configuration.hpp"
#include "sim/options.hpp"

#include <gtest/gtest.h>

namespace usbroute::sim {
namespace {

TEST(SimOptions, WhatFollowsTheOptionsIsTheCommand)
{
    const auto options = parse_options({"--delay", "5", "-q", "--", "usbroute", "--json", "status"});

    ASSERT_TRUE(options);
    EXPECT_EQ(options->delay, std::chrono::milliseconds(5));
    EXPECT_TRUE(options->is_quiet);
    EXPECT_EQ(options->command, (std::vector<std::string>{"usbroute", "--json", "status"}));
}

TEST(SimOptions, AWrongOptionIsNamed)
{
    EXPECT_EQ(parse_options({"--dely", "5"}).error().message(), "unknown option --dely; try --help");
    EXPECT_EQ(parse_options({"--dir"}).error().message(), "--dir needs a value");
    EXPECT_EQ(parse_options({"--delay", "soon"}).error().message(),
              "--delay takes milliseconds, 0 to 60000, not soon");
}

TEST(SimConfiguration, NamesEverySocketWithItsBit)
{
    const auto text = configuration_text("/tmp/x", 1410);

    EXPECT_NE(text.find("[connector.rear-1]\nmux_bit = 2\n"), std::string::npos);
    EXPECT_NE(text.find("[connector.rear-6]\nmux_bit = 11\nsuperspeed = 6\n"), std::string::npos);
    EXPECT_NE(text.find("[profile.desk-on-ehci]\nehci = [\"rear-1\", \"rear-2\"]\n"), std::string::npos);
    EXPECT_NE(text.find("tcp = \"127.0.0.1:1410\"\n"), std::string::npos);
}

} // namespace
} // namespace usbroute::sim
