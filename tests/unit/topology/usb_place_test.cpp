// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "topology/connector.hpp"
#include "topology/usb_place.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::topology {
namespace {

std::string read_and_written(std::string_view text)
{
    const auto place = told_place_from(text);
    return place ? text_of(*place) : "nothing";
}

TEST(UsbPlace, IsReadInBothFormsAndWrittenAsItWasRead)
{
    EXPECT_EQ(read_and_written("0000:02:00.0/5"), "0000:02:00.0/5");
    EXPECT_EQ(read_and_written("02:00.0/ss1.2"), "0000:02:00.0/ss1.2");
    EXPECT_EQ(read_and_written("00:01.2/00.0 5"), "00:01.2/00.0 5");
    EXPECT_EQ(read_and_written("00:01.2/02.1/00.3 ss1.2"), "00:01.2/02.1/00.3 ss1.2");
    EXPECT_EQ(read_and_written("0000:00:14.0 9"), "00:14.0 9");
    EXPECT_EQ(read_and_written("0001:00:14.0 9"), "0001:00:14.0 9");
}

TEST(UsbPlace, IsNothingElse)
{
    for (const char* wrong :
         {"", " ", "5", "00:01.2", "00:01.2 ", "00:01.2/00.0", "00:01.2/00.0/5", "00:01.2/00.0  5",
          "00:01.2/00.0 0", "00:01.2/00.8 5", "00:01.2/20.0 5", "00:01.2/02:00.0 5", "00:01.2/ 5", "/00.0 5",
          "00:01.2//00.0 5", "00:01.2/00.0 sss1", "00:01.2/00.0 1.2.3.4.5.6.7.8", "desk/2"})
        EXPECT_EQ(read_and_written(wrong), "nothing") << wrong;
    std::string deep = "00:01.2";
    for (int i = 0; i < 40; ++i) deep += "/00.0";
    EXPECT_EQ(read_and_written(deep + " 5"), "nothing");
}

TEST(HubPlace, IsANameAndPorts)
{
    EXPECT_EQ(HubPlace::parse("desk/2.3")->text(), "desk/2.3");
    for (const char* wrong :
         {"", "desk", "desk/", "/2", "desk/0", "desk/256", "a b/2", "0000:02:00.0/5", "desk/ss2"})
        EXPECT_FALSE(HubPlace::parse(wrong)) << wrong;
}

TEST(WayPlace, IsFoundWhateverNumbersFirmwareHasGivenToTheBuses)
{
    const auto place = *WayPlace::parse("00:01.2/00.0 ss5");
    auto machine = fakes::recorded("amd-a520m").snapshot;
    ASSERT_TRUE(located(machine, place));
    EXPECT_EQ(located(machine, place)->text(), "0000:02:00.0/ss5");

    // A card was added: what was 02 is 05 now.
    auto& controller = fakes::controller(machine, "02:00.0");
    controller.address = *PciAddress::parse("05:00.0");
    controller.name = "0000:05:00.0";
    controller.syspath = "sys/devices/pci0000:00/0000:00:01.2/0000:05:00.0";

    EXPECT_EQ(located(machine, place)->text(), "0000:05:00.0/ss5");
    EXPECT_FALSE(located(machine, *WayPlace::parse("00:01.2/00.1 5")));
    EXPECT_FALSE(located(machine, *WayPlace::parse("00:02.2/00.0 5")));
    EXPECT_FALSE(located(machine, *WayPlace::parse("00:01.2 5")));
}

TEST(WayPlace, OfAFunctionOnTheRootBusIsItsAddress)
{
    const auto board = fakes::z97();

    EXPECT_EQ(located(board, *WayPlace::parse("00:14.0 9"))->text(), "0000:00:14.0/9");
}

TEST(WayTo, IsNotGuessedWhereTheDirectoryDoesNotTell)
{
    PciController controller;
    controller.syspath = "sys/bus/pci/devices/0000:02:00.0";
    EXPECT_FALSE(way_to(controller));
    controller.syspath = "sys/devices/pci0000:00/0000:00:01.2/0000:02:00.0";
    EXPECT_EQ(way_to(controller)->text(), "00:01.2/00.0");
    controller.syspath = "sys/devices/pci0000:e0/0000:e0:03.1/0000:e1:00.0/0000:e2:08.0/0000:e4:00.3";
    EXPECT_EQ(way_to(controller)->text(), "e0:03.1/00.0/08.0/00.3");
}

} // namespace
} // namespace usbroute::topology
