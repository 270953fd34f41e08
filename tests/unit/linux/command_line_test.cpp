// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/command_line.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace usbroute::linux_ {
namespace {

constexpr Program one_argument{
    .name = "usbroute-test", .help = "a help\n", .most_arguments = 1, .too_many = "one at most"};

struct Read {
    std::string user;
    int listens = 0;
    std::expected<std::vector<std::string>, int> arguments;
};

Read read(std::vector<std::string> words)
{
    words.insert(words.begin(), "usbroute-test");
    std::vector<char*> line;
    for (auto& word : words) line.push_back(word.data());
    line.push_back(nullptr);
    optind = 0; // getopt(3): from the start
    Read result{.user = {}, .arguments = {}};
    result.arguments = read_command_line(
        static_cast<int>(words.size()), line.data(), one_argument,
        {{.name = "listen", .said = [&](const char*) { ++result.listens; }},
         {.name = "user", .takes_word = true, .said = [&](const char* word) { result.user = word; }}});
    return result;
}

TEST(CommandLine, TellsWhatWasSaidAndLeavesTheArguments)
{
    const auto result = read({"--user", "anna", "here", "--listen"});

    EXPECT_EQ(result.user, "anna");
    EXPECT_EQ(result.listens, 1);
    ASSERT_TRUE(result.arguments);
    EXPECT_EQ(*result.arguments, std::vector<std::string>{"here"});
    EXPECT_TRUE(read({}).arguments);
}

TEST(CommandLine, EndsWithHelpAndVersion)
{
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(read({"--help"}).arguments, std::unexpected(0));
    EXPECT_EQ(read({"-V"}).arguments, std::unexpected(0));
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "a help\nusbroute-test " USBROUTE_VERSION "\n");
}

TEST(CommandLine, EndsWithTwoWhereItIsWrong)
{
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(read({"--fly"}).arguments, std::unexpected(2));
    EXPECT_EQ(read({"--user"}).arguments, std::unexpected(2));
    EXPECT_EQ(read({"--listen=yes"}).arguments, std::unexpected(2));
    EXPECT_EQ(read({"a", "b"}).arguments, std::unexpected(2));
    const auto said = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("usbroute-test: one at most; see --help\n"), std::string::npos) << said;
}

TEST(RunWhole, EndsWithOneAndTheWordsOfWhatWasThrown)
{
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(run_whole(one_argument, []() -> int { throw std::runtime_error("no memory"); }), 1);
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "usbroute-test: no memory\n");
    EXPECT_EQ(run_whole(one_argument, [] { return 7; }), 7);
}

} // namespace
} // namespace usbroute::linux_
