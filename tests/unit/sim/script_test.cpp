// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/script.hpp"

#include <gtest/gtest.h>

namespace usbroute::sim {
namespace {

std::string complaint(std::string_view line)
{
    const auto command = parse_command(line);
    return command ? "none" : command.error().message();
}

TEST(SimScript, EmptyLinesAndCommentsDoNothing)
{
    for (const auto* line : {"", "   \t ", "# plug front-1 keyboard", "  #x"}) {
        const auto command = parse_command(line);
        ASSERT_TRUE(command) << line;
        EXPECT_TRUE(std::holds_alternative<command::Nothing>(*command)) << line;
    }
}

TEST(SimScript, PlugTakesAName)
{
    const auto command = parse_command("plug front-1 keyboard as spare\r\n");

    ASSERT_TRUE(command);
    const auto& plug = std::get<command::PlugIn>(*command);
    EXPECT_EQ(plug.socket, "front-1");
    EXPECT_EQ(plug.kind, "keyboard");
    EXPECT_EQ(plug.name, "spare");
}

TEST(SimScript, RegistersGoByOffsetAndByTheNameOfTheDataSheet)
{
    const auto by_offset = parse_command("write d0 3ff3");
    const auto by_name = parse_command("write XUSB2PR 0x3ff3");

    ASSERT_TRUE(by_offset && by_name);
    EXPECT_EQ(std::get<command::WriteRegister>(*by_offset).offset, 0xd0);
    EXPECT_EQ(std::get<command::WriteRegister>(*by_name).offset, 0xd0);
    EXPECT_EQ(std::get<command::WriteRegister>(*by_name).value, 0x3ff3u);
}

TEST(SimScript, NoDriverIsCalledNone)
{
    const auto command = parse_command("driver 00:1d.0 none");

    ASSERT_TRUE(command);
    EXPECT_EQ(std::get<command::Driver>(*command).function.text(), "0000:00:1d.0");
    EXPECT_EQ(std::get<command::Driver>(*command).name, "");
}

TEST(SimScript, BadLinesAreRefusedWithTheReason)
{
    EXPECT_EQ(complaint("plug"), "usage: plug SOCKET[.PORT] KIND [as NAME]");
    EXPECT_EQ(complaint("plug a b c"), "plug SOCKET[.PORT] KIND [as NAME]");
    EXPECT_EQ(complaint("plug a b like c"), "plug SOCKET[.PORT] KIND [as NAME]");
    EXPECT_EQ(complaint("plg a b"), "unknown command plg; did you mean plug?");
    EXPECT_EQ(complaint("show me"), "usage: show");
    EXPECT_EQ(complaint("wait -1"), "not milliseconds, 0 to 3600000: -1");
    EXPECT_EQ(complaint("wait 99999999999999"), "not milliseconds, 0 to 3600000: 99999999999999");
    EXPECT_EQ(complaint("write d1 0"), "not a register: d1 (d0 or XUSB2PR, d4, d8 or USB3_PSSEN, dc, ...)");
    EXPECT_EQ(complaint("write 100 0"), "not a register: 100 (d0 or XUSB2PR, d4, d8 or USB3_PSSEN, dc, ...)");
    EXPECT_EQ(complaint("write d0 100000000"), "not a hexadecimal value of 32 bits: 100000000");
    EXPECT_EQ(complaint("remove 00:1d"), "not a PCI address: 00:1d (0000:00:1d.0 is one)");
    EXPECT_EQ(complaint("mount sdb1 here"), "not a mount point: here");
    EXPECT_EQ(complaint(std::string(2000, 'x')), "a line has at most 1024 bytes");
}

TEST(SimScript, WhatALineHoldsIsPrintedHarmless)
{
    EXPECT_EQ(complaint("\x1b[31m\xff"), "unknown command \\x1b[31m\\xff; try: help");
}

} // namespace
} // namespace usbroute::sim
