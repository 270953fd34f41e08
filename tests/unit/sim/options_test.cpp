// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/configuration.hpp"
#include "sim/options.hpp"
#include "unit/sim/recorded.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace usbroute::sim {
namespace {

TEST(SimOptions, WhatFollowsTheOptionsIsTheCommand)
{
    const auto options =
        parse_options({"--delay", "5", "-q", "-d", "--trace", "times", "--", "usbroute", "--json", "status"});

    ASSERT_TRUE(options);
    EXPECT_EQ(options->delay, std::chrono::milliseconds(5));
    EXPECT_TRUE(options->is_quiet);
    EXPECT_TRUE(options->wants_daemon);
    EXPECT_EQ(options->trace, "times");
    EXPECT_EQ(options->command, (std::vector<std::string>{"usbroute", "--json", "status"}));
}

TEST(SimOptions, AWrongOptionIsNamed)
{
    EXPECT_EQ(parse_options({"--dely", "5"}).error().message(), "unknown option --dely; try --help");
    EXPECT_EQ(parse_options({"--dir"}).error().message(), "--dir needs a value");
    EXPECT_EQ(parse_options({"--delay", "soon"}).error().message(),
              "--delay takes milliseconds, 0 to 60000, not soon");
}

std::string configuration_of(const std::string& machine)
{
    return configuration_text(*recorded(machine), "/tmp/x", 1410);
}

TEST(SimConfiguration, NamesEverySocketWithItsBit)
{
    const auto text = configuration_of("z97e-itx-ac");

    EXPECT_NE(text.find("[connector.rear-1]\nmux_bit = 2\n"), std::string::npos);
    EXPECT_NE(text.find("[connector.rear-6]\nmux_bit = 11\nsuperspeed = 6\n"), std::string::npos);
    EXPECT_NE(text.find("[profile.desk-on-ehci]\nehci = [\"rear-1\", \"rear-2\"]\n"), std::string::npos);
    EXPECT_NE(text.find("[profile.desk-in-windows]\nwindows = [\"rear-1\", \"rear-2\"]\n"),
              std::string::npos);
    EXPECT_NE(text.find("tcp = \"127.0.0.1:1410\"\n"), std::string::npos);
}

TEST(SimConfiguration, OfEveryRecordedMachineIsOneThatTheDaemonTakes)
{
    for (const auto& entry : std::filesystem::directory_iterator(USBROUTE_MACHINES)) {
        if (!entry.is_directory()) continue;
        SCOPED_TRACE(entry.path().string());
        const std::vector<config::SourceText> files{
            {.name = "usbroute.toml", .text = configuration_of(entry.path().filename().string())}};

        const auto settings = config::parse(files);

        ASSERT_TRUE(settings) << settings.error().front().text();
        EXPECT_EQ(settings->connectors.size(), recorded(entry.path().filename().string())->connectors.size());
    }
}

} // namespace
} // namespace usbroute::sim
