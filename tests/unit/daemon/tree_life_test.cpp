// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/tree_life.hpp"
#include "linux/files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

namespace usbroute::daemon {
namespace {

constexpr std::array machines{"z97-guest", "gigabyte-x99-ud4", "dock-four-deep"};

/// The lives that the fuzzer begins with: "!0vlxl...", the machine's number after the mark.
TEST(TreeLife, EachKeptLifeIsLivedToItsEnd)
{
    int played = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(USBROUTE_TEST_CORPUS "/../fuzz/corpus/tree")) {
        const auto text = linux_::read_file(file.path(), 1U << 16).value_or("");
        if (text.size() < 2 || text[0] != '!') continue;
        SCOPED_TRACE(file.path().filename());
        const fakes::RecordedTree recorded(machines[static_cast<unsigned char>(text[1]) % machines.size()]);
        fakes::TreeLife(recorded).play(std::string_view(text).substr(2));
        ++played;
    }
    EXPECT_GE(played, 10);
}

TEST(TreeLife, ControllersThatComeAndGoBetweenLooksEndNoDaemon)
{
    constexpr std::string_view events = "vdpVDPxefXEFghjGHJllaammmtusnyriwqck";
    std::mt19937 random(12); // NOLINT: the same lives each time
    for (const auto* name : machines) {
        const fakes::RecordedTree recorded(name);
        for (int life = 0; life < 20; ++life) {
            std::string script;
            for (int i = 0; i < 60; ++i) script += events[random() % events.size()];
            SCOPED_TRACE(script);
            fakes::TreeLife(recorded).play(script);
        }
    }
}

} // namespace
} // namespace usbroute::daemon
