// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/guest_usb.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace usbroute::attach {
namespace {

GuestUsb guest_with_one_xhci(std::uint8_t usb2_ports, std::uint8_t superspeed_ports)
{
    return {.controllers = {{.id = "usbroute0",
                             .path = "/machine/peripheral/usbroute0",
                             .bus = "usbroute0.0",
                             .type = "qemu-xhci",
                             .usb2_ports = usb2_ports,
                             .superspeed_ports = superspeed_ports}}};
}

std::vector<unsigned> numbers_of(const std::vector<GuestPort>& ports)
{
    std::vector<unsigned> numbers;
    for (const auto& port : ports) numbers.push_back(port.port);
    return numbers;
}

TEST(ObjectId, IsOursAndWhatEveryQemuTakes)
{
    for (const auto* id : {"usbroute-front-1", "usbroute-a", "usbroute-9", "usbroute-a.b_c-d"})
        EXPECT_TRUE(ObjectId::from(id)) << id;
    EXPECT_TRUE(ObjectId::from("usbroute-" + std::string(54, 'x')));

    for (const auto* id : {"", "usbroute-", "usbroute0", "usb-front", "Usbroute-a", "usbroute-a b",
                           "usbroute-a/b", "usbroute-\xc3\xa9", "xusbroute-a"})
        EXPECT_FALSE(ObjectId::from(id)) << id;
    EXPECT_FALSE(ObjectId::from("usbroute-" + std::string(55, 'x')));
}

TEST(HostPort, IsAPortAsTheKernelWritesItAndNeverEmpty)
{
    for (const auto* port : {"1", "15", "255", "3.1", "1.2.3.4.5.6.7"})
        EXPECT_TRUE(HostPort::from(port)) << port;

    for (const auto* port : {"", "0", "01", "256", "1.", ".1", "1..2", "1.0", "a", "1.a", "-1", "+1", " 1",
                             "1-2", "1.2.3.4.5.6.7.8", "10.11.12.13.14.15"})
        EXPECT_FALSE(HostPort::from(port)) << port;
}

TEST(FreePorts, AreThoseThatNothingUsesAlsoNotWithAHub)
{
    auto usb = guest_with_one_xhci(6, 4);
    usb.host_objects = {{.bus = "usbroute0.0", .port = "2"}, {.bus = "other.0", .port = "1"}};
    usb.other_devices = {{.bus = "usbroute0.0", .port = "4.1"}, {.bus = "usbroute0.0", .port = ""}};

    EXPECT_EQ(numbers_of(free_ports(usb, "usbroute0.0")), (std::vector<unsigned>{1, 3, 5, 6}));
}

TEST(FreePorts, AreNoneWhereNobodyTellsHowManyThereAre)
{
    auto usb = guest_with_one_xhci(255, 255);
    EXPECT_EQ(free_ports(usb, "usbroute0.0").size(), 255U);

    usb.controllers.front().usb2_ports.reset();
    EXPECT_EQ(free_ports(usb, "usbroute0.0").size(), 0U);
    EXPECT_EQ(free_ports(usb, "nosuch.0").size(), 0U);
}

TEST(UnusedControllerId, IsTheLowestNumberThatNoControllerHas)
{
    EXPECT_EQ(unused_controller_id({})->text(), "usbroute0");
    auto usb = guest_with_one_xhci(15, 15);
    EXPECT_EQ(unused_controller_id(usb)->text(), "usbroute1");

    for (int number = 1; number < 100; ++number)
        usb.controllers.push_back({.id = "usbroute" + std::to_string(number)});
    EXPECT_FALSE(unused_controller_id(usb));
}

TEST(GuestUsb, FindsAnObjectByItsIdAndAControllerByItsBus)
{
    auto usb = guest_with_one_xhci(15, 15);
    usb.host_objects = {{.id = "usbroute-a"}, {.id = "hostdev0"}};

    EXPECT_EQ(usb.find(*ObjectId::from("usbroute-a")), &usb.host_objects[0]);
    EXPECT_EQ(usb.find(*ObjectId::from("usbroute-b")), nullptr);
    EXPECT_EQ(usb.find_bus("usbroute0.0"), &usb.controllers[0]);
    EXPECT_FALSE(usb.host_objects[1].is_ours());
}

} // namespace
} // namespace usbroute::attach
