// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/check.hpp"
#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "plan/remembered.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::plan {
namespace {

config::Settings settings_to_remember()
{
    const std::array files{config::SourceText{.name = "test.toml", .text = R"(
[connector.rear-1]
usb = ["0000:00:14.0/1", "0000:00:14.0/ss1"]
[connector.desk-2]
usb = ["desk/2"]
[hub.desk]
id = "2109:2813"
[guest.windows]
qmp = "/run/windows.qmp"
)"}};
    auto parsed = config::parse(files);
    USBROUTE_CHECK(parsed.has_value());
    return std::move(*parsed);
}

std::vector<topology::Placed> placed(const std::vector<std::pair<std::string, std::string>>& all)
{
    std::vector<topology::Placed> list;
    for (const auto& [key, word] : all)
        list.push_back({.key = topology::key_from(key).value(), .word = word});
    return list;
}

TEST(Remembering, WhatWasSaidIsWrittenByNamesAndReadAsTheSame)
{
    const auto snapshot = fakes::z97();
    const auto settings = settings_to_remember();
    const auto said = placed({{"0000:00:14.0/1", "windows"},
                              {"0000:00:14.0/ss1", "windows"},
                              {"046d:c31c+A%20b", "host"},
                              {"0781:5583@0000:00:14.0/3", "none"},
                              {"desk/2", "none"}});

    const auto lines = lines_of(said, snapshot, settings);

    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0], "socket rear-1 windows");
    EXPECT_EQ(lines[1], "socket desk-2 none");
    EXPECT_EQ(lines[2], "device 046d:c31c+A%20b host");
    EXPECT_TRUE(lines[3].starts_with("device-at 0781:5583 none ")) << lines[3];
    EXPECT_EQ(placed_by(lines, snapshot, settings), said);
}

TEST(Remembering, WhatIsNotThereAnyMoreSaysNothing)
{
    const auto snapshot = fakes::z97();
    const auto settings = settings_to_remember();
    const std::vector<std::string> lines{"socket rear-9 windows",
                                         "socket rear-1 linux",
                                         "device 046d:c31c+ host",
                                         "device 046d:c31c+1 linux",
                                         "device-at 0781:5583 none 0000:99:14.0/3 4",
                                         "device-at 0781 none 0000:00:14.0/3",
                                         "device-at 0781:5583 none",
                                         "socket",
                                         "",
                                         "\x1b[2J socket rear-1 host"};

    EXPECT_TRUE(placed_by(lines, snapshot, settings).empty());
}

TEST(Remembering, OfTwoLinesForOneTheFirstCounts)
{
    const auto snapshot = fakes::z97();
    const std::vector<std::string> lines{"device 046d:c31c+1 host", "device 046d:c31c+1 none"};

    EXPECT_EQ(placed_by(lines, snapshot, settings_to_remember()), placed({{"046d:c31c+1", "host"}}));
}

} // namespace
} // namespace usbroute::plan
