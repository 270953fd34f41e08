// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "topology/snapshot.hpp"

#include <gtest/gtest.h>

namespace usbroute::topology {
namespace {

TEST(PortPath, ReadsWhatTheKernelWritesAndNothingElse)
{
    EXPECT_EQ(PortPath::parse("3-1.4")->text(), "3-1.4");
    EXPECT_EQ(PortPath::parse("usb3")->text(), "usb3");
    EXPECT_TRUE(PortPath::parse("usb3")->is_root_hub());
    for (const char* wrong :
         {"", "3", "3-", "-1", "3-0", "3-1.", "3-1.0", "3-256", "0-1", "3-1:1.0", "3-1.2.3.4.5.6.7.8", "usb",
          "usb0", "usb70000", "3-1 ", "i2c-1", "99999999999-1"})
        EXPECT_FALSE(PortPath::parse(wrong)) << wrong;
}

TEST(PortPath, ContainsItsOwnPlaceAndWhatIsBelowOnly)
{
    const auto hub = *PortPath::parse("3-1");

    EXPECT_TRUE(hub.contains(*PortPath::parse("3-1")));
    EXPECT_TRUE(hub.contains(*PortPath::parse("3-1.4")));
    EXPECT_FALSE(hub.contains(*PortPath::parse("3-14")));
    EXPECT_FALSE(hub.contains(*PortPath::parse("4-1")));
}

TEST(Speed, UnderstandsTheKernelsAttribute)
{
    EXPECT_EQ(Speed::parse("1.5\n").kilobit, 1500u);
    EXPECT_EQ(Speed::parse("480").kilobit, 480'000u);
    EXPECT_TRUE(Speed::parse("5000").is_superspeed());
    EXPECT_EQ(Speed::parse("unknown").kilobit, 0u);
    EXPECT_EQ(Speed::parse("99999999999").kilobit, 0u);
}

TEST(Device, ShowsHostileStringsWithoutHarm)
{
    Device device;
    device.vendor = 0xdead;
    device.product = 0xbeef;
    device.product_name = "\x1b[2J\x1b]0;owned\a\xff\xc0\xaf" + std::string(300, 'A');

    const auto shown = device.shown();

    EXPECT_EQ(shown,
              "\\x1b[2J\\x1b]0;owned\\x07\\xff\\xc0\\xafAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA... (dead:beef)");
}

TEST(Device, IsShownByItsIdsWhenItHasNoName)
{
    Device device;
    device.vendor = 0x8087;
    device.product = 0x0024;

    EXPECT_EQ(device.shown(), "8087:0024");
}

TEST(Snapshot, FindsDevicesBelowAPlace)
{
    auto snapshot = fakes::z97();
    for (const char* place : {"3-1", "3-1.2", "3-10", "3-2"}) fakes::plug(snapshot, place, place);

    const auto below = snapshot.devices_below(*PortPath::parse("3-1"));

    ASSERT_EQ(below.size(), 2u);
    EXPECT_EQ(below[0]->product_name, "3-1");
    EXPECT_EQ(below[1]->product_name, "3-1.2");
}

} // namespace
} // namespace usbroute::topology
