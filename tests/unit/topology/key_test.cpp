// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/key.hpp"

#include <gtest/gtest.h>

namespace usbroute::topology {
namespace {

TEST(Key, ReadsWhatItWrites)
{
    for (const Key& key : {Key(chips::MuxBit{0}), Key(chips::MuxBit{31}), Key(chips::SuperSpeedPort{1}),
                           Key(chips::SuperSpeedPort{32}), Key(PciAddress{.device = 0x1d}),
                           Key(*UsbPlace::parse("00:14.0/2.1")), Key(*HubPlace::parse("desk.1/2.3"))})
        EXPECT_EQ(key_from(text_of(key)), key) << text_of(key);
    EXPECT_EQ(text_of(chips::MuxBit{3}), "bit3");
    EXPECT_EQ(text_of(chips::SuperSpeedPort{2}), "ss2");
    EXPECT_EQ(text_of(*HubPlace::parse("desk/2")), "desk/2");
}

TEST(Key, IsNothingElse)
{
    for (const char* wrong :
         {"", "bit", "bit32", "bit-1", "bit03x", "ss0", "ss33", "ss", "xhci", "3", "desk/", "a b/2"})
        EXPECT_FALSE(key_from(wrong)) << wrong;
}

} // namespace
} // namespace usbroute::topology
