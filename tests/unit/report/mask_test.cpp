// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "report/mask.hpp"
#include "report/text.hpp"

#include <gtest/gtest.h>

namespace usbroute::report {
namespace {

RegisterView z97_registers() { return registers_view(fakes::z97(), fakes::settings()).controllers.front(); }

std::vector<std::string> ehci_ports(const MaskView& view, bool set)
{
    std::vector<std::string> ports;
    for (const auto& row : view.rows)
        if (row.set == set) ports.push_back(row.ehci_port);
    return ports;
}

TEST(ParseMask, TakesHexAndBinaryAndNothingElse)
{
    EXPECT_EQ(parse_mask("0x00ff"), 0xffU);
    EXPECT_EQ(parse_mask("0X3FFF"), 0x3fffU);
    EXPECT_EQ(parse_mask("0xffffffff"), 0xffffffffU);
    EXPECT_EQ(parse_mask("0b1010"), 0xaU);
    EXPECT_EQ(parse_mask("0b11111111111111111111111111111111"), 0xffffffffU);
    for (const auto* word : {"", "0x", "0b", "3fff", "15", "0x100000000", "0b2",
                             "0b111111111111111111111111111111111", "0xg", "-0x1", "front"})
        EXPECT_EQ(parse_mask(word), std::nullopt) << word;
}

TEST(Mask, SaysThatTheHowtosExamplePutsTheSixOfEhci2OnEhci)
{
    const auto view = mask_of_value(z97_registers(), 0x00ff);

    EXPECT_EQ(ehci_ports(view, false),
              (std::vector<std::string>{"#2.1", "#2.2", "#2.3", "#2.4", "#2.5", "#2.6"}));
    EXPECT_EQ(ehci_ports(view, true),
              (std::vector<std::string>{"#1.1", "#1.2", "#1.3", "#1.4", "#1.5", "#1.6", "#1.7", "#1.8"}));
    EXPECT_EQ(view.values.front().setpci, "setpci -s 0000:00:14.0 d0.l=ff:3fff");
}

TEST(Mask, GivesBothValuesThatPeopleWantForNames)
{
    const auto view = mask_of_names(z97_registers(), {"keys", "rear"});

    ASSERT_TRUE(view);
    EXPECT_EQ(mask_text(*view, {}), "keys, rear: mask 0x0204 of 0000:00:14.0 (9-series)\n"
                                    "\n"
                                    "BIT  MASK    NOW   XHCI PORT  EHCI PORT  CONNECTOR\n"
                                    "  2  0x0004  xHCI          3  #1.3       keys\n"
                                    "  9  0x0200  xHCI          6  #2.2       rear\n"
                                    "\n"
                                    "XUSB2PR 0x3dfb  these on EHCI, the rest on xHCI\n"
                                    "  setpci -s 0000:00:14.0 d0.l=3dfb:3fff\n"
                                    "XUSB2PR 0x0204  these on xHCI, the rest on EHCI\n"
                                    "  setpci -s 0000:00:14.0 d0.l=204:3fff\n");
}

TEST(Mask, ReadsItsOwnAnswer)
{
    const auto registers = z97_registers();
    const auto named = mask_of_names(registers, {"front", "bit7"});
    ASSERT_TRUE(named);

    const auto back = mask_of_value(registers, named->values.front().value);

    EXPECT_EQ(ehci_ports(back, false), (std::vector<std::string>{"#1.1", "#1.8"}));
}

TEST(Mask, WarnsOfASuperSpeedHalfThatStaysBehind)
{
    const auto view = mask_of_value(z97_registers(), 0x3ffe);

    EXPECT_EQ(view.superspeed_setpci, "setpci -s 0000:00:14.0 d8.l=0:1");
    EXPECT_EQ(
        view.warnings,
        std::vector<std::string>{
            "a USB 3 device in front (SS port 1, USB3_PSSEN bit 0) stays on xHCI unless SuperSpeed is switched off there first"});
}

TEST(Mask, WarnsOfBitsOutsideTheChipAndOfUsbR)
{
    const auto view = mask_of_value(z97_registers(), 0x1ffff);

    EXPECT_EQ(view.warnings,
              (std::vector<std::string>{
                  "bit 14 is USB-R, the management engine's redirection port: usbroute never moves it",
                  "bits 0x18000 route no port of the 9-series chipset (its bits are 0x3fff)"}));
    EXPECT_EQ(view.values.front().setpci, "setpci -s 0000:00:14.0 d0.l=3fff:3fff");
}

TEST(Mask, WarnsOfBitsThatFirmwareHolds)
{
    auto snapshot = fakes::z97();
    fakes::bits(snapshot).usb2_movable = 0x3ff0;
    const auto registers = registers_view(snapshot, fakes::settings()).controllers.front();

    const auto view = mask_of_value(registers, 0x3ffb);

    EXPECT_EQ(view.warnings,
              std::vector<std::string>{
                  "bits 0x0004 are outside XUSB2PRM (0x3ff0): firmware does not let them move"});
    EXPECT_EQ(view.values.front().setpci, "setpci -s 0000:00:14.0 d0.l=3ff0:3ff0");
}

TEST(Mask, WarnsOfSocketsThatWouldBeDeadOnEhci)
{
    auto snapshot = fakes::z97();
    std::erase_if(snapshot.controllers.edit(), [](const auto& c) { return c.device == 0x8cad; });
    const auto registers = registers_view(snapshot, fakes::settings()).controllers.front();

    const auto view = mask_of_names(registers, {"rear", "keys"});

    ASSERT_TRUE(view);
    EXPECT_EQ(view->warnings,
              std::vector<std::string>{
                  "rear would be dead on EHCI: it has no port there, or that EHCI is not on the bus"});
}

TEST(Mask, HandsOutNoLineForAChipThatIsNeverWritten)
{
    auto registers = z97_registers();
    registers.writable = false;

    const auto view = mask_of_value(registers, 0x00ff);

    EXPECT_EQ(view.values.front().setpci, "");
    EXPECT_EQ(view.superspeed_setpci, "");
    EXPECT_EQ(view.warnings.back(),
              "usbroute does not write the registers of this machine; `usbroute regs` says why");
}

TEST(Mask, AsksWhetherANearNameWasMeant)
{
    const auto view = mask_of_names(z97_registers(), {"frnt"});

    ASSERT_FALSE(view);
    EXPECT_EQ(view.error().kind(), ErrorKind::not_found);
    EXPECT_EQ(view.error().message(), "there is no connector frnt with a mux bit; did you mean front?");
    EXPECT_EQ(mask_of_names(z97_registers(), {"15"}).error().message(),
              "there is no connector 15 with a mux bit; a mask is written 0x00ff or 0b11111111");
}

} // namespace
} // namespace usbroute::report
