// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/qmp.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::wire {
namespace {

TEST(Qmp, KnowsWhatTellsWhetherAMachineRuns)
{
    EXPECT_EQ(
        read_qmp_line(
            R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}})"),
        QmpSaid::greeting);
    EXPECT_EQ(
        read_qmp_line(
            R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}})"),
        QmpSaid::shut_down);
    EXPECT_EQ(read_qmp_line(R"({"event": "RESUME"})"), QmpSaid::running);
}

TEST(Qmp, TakesAnythingElseForNothing)
{
    for (const auto& line :
         {std::string(R"({"event": "RESET", "data": {"guest": true, "reason": "guest-reset"}})"),
          std::string(R"({"event": "STOP"})"), std::string(R"({"event": {"SHUTDOWN": 1}})"),
          std::string(R"({"return": {"event": "SHUTDOWN"}})"), std::string(R"(["SHUTDOWN"])"),
          std::string("SHUTDOWN"), std::string(), std::string("\0\xff", 2), std::string(4000, '{'),
          std::string(4000, '[')})
        EXPECT_EQ(read_qmp_line(line), QmpSaid::otherwise) << line;
}

} // namespace
} // namespace usbroute::wire
