// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "route/words.hpp"

#include <gtest/gtest.h>

#include <array>

namespace usbroute::route {
namespace {

using chips::MuxBit;
using chips::RouteBits;
using chips::RouteRegister;
using chips::SuperSpeedPort;

const PciAddress xhci{.device = 0x14};

TEST(Words, SayWhereAKeyIsByItsOwnBitAlone)
{
    const RouteBits bits{.usb2_owner = 0x4, .superspeed_on = 0x1};

    EXPECT_EQ(word_of(MuxBit{2}, bits), "xhci");
    EXPECT_EQ(word_of(MuxBit{3}, bits), "ehci");
    EXPECT_EQ(word_of(SuperSpeedPort{1}, bits), "on");
    EXPECT_EQ(word_of(SuperSpeedPort{3}, bits), "off");
    EXPECT_EQ(word_of(xhci, bits), "");
}

TEST(Words, OfAnotherKindAreNoneOfAKey)
{
    EXPECT_TRUE(is_word_of(MuxBit{2}, "ehci"));
    EXPECT_FALSE(is_word_of(MuxBit{2}, "on"));
    EXPECT_TRUE(is_word_of(SuperSpeedPort{1}, "off"));
    EXPECT_FALSE(is_word_of(SuperSpeedPort{1}, "xhci"));
    EXPECT_FALSE(is_word_of(xhci, "vfio-pci"));
    EXPECT_FALSE(is_at({.key = xhci, .word = ""}, {}));
}

TEST(Words, BecomeOneWriteARegisterWithSuperSpeedFirst)
{
    const std::array placed{Placed{.key = MuxBit{2}, .word = "ehci"},
                            Placed{.key = MuxBit{9}, .word = "xhci"},
                            Placed{.key = SuperSpeedPort{6}, .word = "on"}};

    const auto writes = writes_for(xhci, placed);

    ASSERT_EQ(writes.size(), 2u);
    EXPECT_EQ(writes[0],
              (WriteRegister{
                  .controller = xhci, .target = RouteRegister::superspeed_on, .mask = 0x20, .value = 0x20}));
    EXPECT_EQ(writes[1],
              (WriteRegister{
                  .controller = xhci, .target = RouteRegister::usb2_owner, .mask = 0x204, .value = 0x200}));
    EXPECT_EQ(shell_line(writes[1]), "setpci -s 0000:00:14.0 d0.l=200:204");
    EXPECT_TRUE(writes_for(xhci, {}).empty());

    const auto after = with({.usb2_owner = 0xffff'0004, .superspeed_on = 0x1}, placed);
    EXPECT_EQ(after.usb2_owner, 0xffff'0200u);
    EXPECT_EQ(after.superspeed_on, 0x21u);
    for (const auto& one : placed) EXPECT_TRUE(is_at(one, after));
}

} // namespace
} // namespace usbroute::route
