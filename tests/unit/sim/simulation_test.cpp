// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "sim/session.hpp"
#include "sim/simulation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

namespace usbroute::sim {
namespace {

using std::chrono::milliseconds;

/// A board in a directory of its own, with a clock that the test turns.
class SimBoard : public testing::Test {
protected:
    SimBoard()
    {
        const auto started = simulation_.start();
        EXPECT_TRUE(started) << started.error().message();
    }
    ~SimBoard() override
    {
        std::error_code error;
        std::filesystem::remove_all(tree_.root(), error);
    }

    void pass(milliseconds time)
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
    void order(std::string_view line)
    {
        const auto command = parse_command(line);
        ASSERT_TRUE(command) << command.error().message();
        const auto done = simulation_.execute(*command, now_);
        ASSERT_TRUE(done) << done.error().message();
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
    Simulation simulation_{tree_, kernel_, milliseconds(20),
                           [this](const std::string& line) { lines_.push_back(line); }};
    Simulation::Clock::time_point now_{};
};

TEST_F(SimBoard, ADeviceIsNowhereBetweenLeavingAndArriving)
{
    write(0xd0, 0x3ffb);
    EXPECT_EQ(said(), "XUSB2PR 0x00003fff -> 0x00003ffb\n"
                      "rear-1: Logitech USB Keyboard leaves 3-3 (xHCI)");
    EXPECT_EQ(attribute("3-3/product"), "absent");
    EXPECT_FALSE(simulation_.is_settled());

    pass(milliseconds(19));
    EXPECT_EQ(attribute("2-1.3/product"), "absent");

    pass(milliseconds(1));
    EXPECT_EQ(said(), "rear-1: Logitech USB Keyboard arrives at 2-1.3 (EHCI #1)");
    EXPECT_EQ(attribute("2-1.3/product"), "USB Keyboard");
    EXPECT_EQ(attribute("2-1.3:1.0/bInterfaceProtocol"), "01");
    EXPECT_TRUE(simulation_.is_settled());
}

TEST_F(SimBoard, WhatIsBehindAHubLeavesFirstAndArrivesLast)
{
    write(0xd0, 0x3bff);
    pass(milliseconds(20));

    EXPECT_EQ(said(), "XUSB2PR 0x00003fff -> 0x00003bff\n"
                      "rear-5: FTDI FT232R USB UART leaves 3-7.3 (xHCI)\n"
                      "rear-5: \u00a9Microsoft Corporation Controller leaves 3-7.1 (xHCI)\n"
                      "rear-5: GenesysLogic USB2.0 Hub leaves 3-7 (xHCI)\n"
                      "rear-5: GenesysLogic USB2.0 Hub arrives at 1-1.3 (EHCI #2)\n"
                      "rear-5: \u00a9Microsoft Corporation Controller arrives at 1-1.3.1 (EHCI #2)\n"
                      "rear-5: FTDI FT232R USB UART arrives at 1-1.3.3 (EHCI #2)");
}

TEST_F(SimBoard, ARefusedBitIsPutBackAndTheRestTakes)
{
    write(0xd0, 0xfffb);

    EXPECT_EQ(read(0xd0), 0x3ffbu);
    EXPECT_EQ(said(), "register 0xd0: the chip keeps 0x00003ffb; 0x0000fffb was written\n"
                      "XUSB2PR 0x00003fff -> 0x00003ffb\n"
                      "rear-1: Logitech USB Keyboard leaves 3-3 (xHCI)");
}

TEST_F(SimBoard, AMaskThatIsWrittenIsPutBack)
{
    write(0xd4, 0);

    EXPECT_EQ(read(0xd4), 0x3fffu);
    EXPECT_TRUE(simulation_.is_settled());
}

TEST_F(SimBoard, EveryArrivalGetsADeviceNumberThatIsFree)
{
    EXPECT_EQ(attribute("usb3/devnum"), "1");
    EXPECT_EQ(attribute("3-3/devnum"), "3");

    // 130 arrivals: 119 from 9 to 127, then 3, which is free, then 10 from 9 on.
    for (int turn = 0; turn < 130; ++turn) {
        write(0xd0, 0x3ffb);
        pass(milliseconds(20));
        write(0xd0, 0x3fff);
        pass(milliseconds(20));
    }

    EXPECT_EQ(attribute("usb3/devnum"), "1");
    EXPECT_EQ(attribute("3-3/devnum"), "18");
}

TEST_F(SimBoard, ADeviceThatReturnsInTimeArrivesWhereItsWiresEnd)
{
    write(0xd0, 0x3ffb);
    write(0xd0, 0x3fff);
    (void)said();

    pass(milliseconds(20));

    EXPECT_EQ(said(), "rear-1: Logitech USB Keyboard arrives at 3-3 (xHCI)");
}

TEST_F(SimBoard, WritingToUnbindTakesTheBusAway)
{
    write(0xd0, 0x3ffb);
    pass(milliseconds(20));
    (void)said();

    ASSERT_TRUE(tree_.write("sys/bus/pci/drivers/ehci-pci/unbind", "0000:00:1d.0\n"));
    pass(milliseconds(0));

    EXPECT_EQ(said(), "rear-1: Logitech USB Keyboard leaves 2-1.3 (EHCI #1)\n"
                      "0000:00:1d.0 (EHCI #1): no driver\n"
                      "rear-1: keyboard is out of sight: 0000:00:1d.0 (EHCI #1) has no driver");
    EXPECT_EQ(attribute("usb2/product"), "absent");
}

TEST_F(SimBoard, ARescanFindsTheXhciAndRoutesEverythingToIt)
{
    write(0xd0, 0);
    pass(milliseconds(20));
    order("remove 0000:00:14.0");
    EXPECT_EQ(attribute("usb3/product"), "absent");

    order("rescan");
    pass(milliseconds(20));

    EXPECT_EQ(read(0xd0), 0x3fffu);
    EXPECT_EQ(attribute("3-3/product"), "USB Keyboard");
}

TEST_F(SimBoard, AMountedPartitionStandsInMountinfo)
{
    order("mount sdb1 /mnt/stick");
    EXPECT_NE(tree_.read("proc/self/mountinfo")->find(" 8:17 / /mnt/stick "), std::string::npos);

    order("umount /mnt/stick");
    EXPECT_EQ(tree_.read("proc/self/mountinfo")->find("8:17"), std::string::npos);
}

TEST_F(SimBoard, SettleWaitsForArrivalsAndQuietForAPause)
{
    std::string answers;
    Session session(Session::Answers::each, [&answers](const std::string& text) { answers += text; });
    write(0xd0, 0x3ffb);

    session.feed("settle\nquiet 50\n");
    session.run(simulation_, now_);
    EXPECT_EQ(answers, "");

    pass(milliseconds(20));
    session.run(simulation_, now_);
    EXPECT_EQ(answers, "ok\n");

    pass(milliseconds(49));
    session.run(simulation_, now_);
    EXPECT_EQ(answers, "ok\n");

    pass(milliseconds(1));
    session.run(simulation_, now_);
    EXPECT_EQ(answers, "ok\nok\n");
}

} // namespace
} // namespace usbroute::sim
