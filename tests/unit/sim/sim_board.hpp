// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/text.hpp"
#include "sim/config_space.hpp"
#include "sim/recording_copy.hpp"
#include "sim/simulation.hpp"
#include "unit/sim/recorded.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

namespace usbroute::sim {

/// A recorded machine, played in a directory of its own, with a clock that the test turns.
class SimBoard : public testing::Test {
protected:
    SimBoard() : SimBoard("z97e-itx-ac") {}
    explicit SimBoard(const std::string& machine)
        : simulation_(recorded(machine), tree_, kernel_, std::chrono::milliseconds(20),
                      [this](const std::string& line) { lines_.push_back(line); })
    {
        const auto copied = copy_recording(linux_::LiveTree(machine_folder(machine) + "/"), tree_);
        EXPECT_TRUE(copied) << copied.error().message();
        const auto started = simulation_.start();
        EXPECT_TRUE(started) << started.error().message();
    }
    ~SimBoard() override
    {
        std::error_code error;
        std::filesystem::remove_all(tree_.root(), error);
    }

    void pass(std::chrono::milliseconds time)
    {
        now_ += time;
        simulation_.look(now_);
    }
    /// As setpci would, from outside.
    void write(std::uint16_t offset, std::uint32_t value)
    {
        std::string bytes(4, '\0');
        write_register(bytes, 0, value);
        ASSERT_TRUE(tree_.write_at("sys/devices/pci0000:00/0000:00:14.0/config", offset, bytes));
        simulation_.look(now_);
    }
    std::uint32_t read(std::uint16_t offset)
    {
        return read_register(tree_.read("sys/devices/pci0000:00/0000:00:14.0/config").value_or(""), offset);
    }
    std::string attribute(const std::string& path)
    {
        const auto text = tree_.read("sys/bus/usb/devices/" + path);
        return text ? std::string(trim(*text)) : "absent";
    }
    void order(std::string_view line) { ASSERT_EQ(answer(line), ""); }
    /// What the board says to a line; an error after "error: ".
    std::string answer(std::string_view line)
    {
        const auto command = parse_command(line);
        const auto done = command ? simulation_.execute(*command, now_) : std::unexpected(command.error());
        return done ? *done : "error: " + done.error().message();
    }
    std::string said()
    {
        auto text = join(lines_, "\n");
        lines_.clear();
        return text;
    }

    static std::string new_directory()
    {
        // In memory where possible: making two thousand files takes a disk longer than all these tests.
        const std::string base = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : testing::TempDir();
        std::string path = base + "usbroute-sim-test.XXXXXX";
        return ::mkdtemp(path.data()) == nullptr ? "/nonexistent" : path;
    }

    FileTree tree_{new_directory()};
    UeventSender events_{tree_.root()};
    Kernel kernel_{tree_, events_};
    std::vector<std::string> lines_;
    Simulation simulation_;
    Simulation::Clock::time_point now_{};
};

} // namespace usbroute::sim
