// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "report/text.hpp"
#include "report/views.hpp"

#include <gtest/gtest.h>

namespace usbroute::report {
namespace {

using topology::Unreadable;

RegisterView mux_of(const topology::Snapshot& snapshot)
{
    return registers_view(snapshot, fakes::settings()).controllers.front();
}

TEST(Registers, DecodesEachBitInTheOrderOfTheChip)
{
    auto snapshot = fakes::z97();
    fakes::bits(snapshot).usb2_owner = 0x3eff;

    const auto view = mux_of(snapshot);

    ASSERT_EQ(view.rows.size(), 14U);
    const auto& row = view.rows[8];
    EXPECT_EQ(row.bit, 8);
    EXPECT_EQ(row.xhci_port, 5);
    EXPECT_EQ(row.ehci_port, "#2.1");
    EXPECT_EQ(row.side, "ehci");
    EXPECT_TRUE(row.movable);
    EXPECT_EQ(view.rows[9].connector, "rear");
    EXPECT_EQ(view.superspeed_rows[0].connector, "front");
}

TEST(Registers, ShowsAChipInFull)
{
    auto snapshot = fakes::recorded("gigabyte-z77").snapshot;

    const auto text =
        registers_text(registers_view(snapshot, fakes::recorded("gigabyte-z77").settings), {.width = 80});

    EXPECT_EQ(text, "xHCI 0000:00:14.0 8086:1e31 7-series (Panther Point)\n"
                    "  facts: ids confirmed, bit map confirmed, width confirmed; may be written\n"
                    "\n"
                    "AT  REGISTER    VALUE                      BITS  MEANS\n"
                    "d0  XUSB2PR     0x0000000f  0000 0000 0000 1111  USB 2 wires: 1 = xHCI, 0 = EHCI\n"
                    "d4  XUSB2PRM    0x0000000f  0000 0000 0000 1111  bits of it that may change\n"
                    "d8  USB3_PSSEN  0x0000000f            0000 1111  SuperSpeed: 1 = on\n"
                    "dc  USB3PRM     0x0000000f            0000 1111  bits of it that may change\n"
                    "e0  (fuses)     0x00000000  0000 0000 0000 0000  port counts of this chip\n"
                    "e4  USB2PDO     0x00000000  0000 0000 0000 0000  USB 2 ports switched off\n"
                    "e8  USB3PDO     0x00000000            0000 0000  SuperSpeed ports switched off\n"
                    "\n"
                    "BIT  XHCI PORT  EHCI PORT  SIDE  MOVABLE  CONNECTOR\n"
                    "  0          1  #1.1       xHCI  yes      rear-1\n"
                    "  1          2  #1.2       xHCI  yes      rear-2\n"
                    "  2          3  #1.3       xHCI  yes      rear-3\n"
                    "  3          4  #1.4       xHCI  yes      rear-4\n"
                    "\n"
                    "BIT  SS PORT  SUPERSPEED  MOVABLE  CONNECTOR\n"
                    "  0        1  on          yes      rear-1\n"
                    "  1        2  on          yes      rear-2\n"
                    "  2        3  on          yes      rear-3\n"
                    "  3        4  on          yes      rear-4\n"
                    "\n"
                    "note: the fuses leave 4 USB 2 and 4 SuperSpeed ports\n");
}

TEST(Registers, DoesNotDecodeWhatIsNotInTheChipTable)
{
    auto snapshot = fakes::z97();
    fakes::controller(snapshot, "00:14.0").device = 0xa12f;

    const auto view = mux_of(snapshot);

    EXPECT_TRUE(view.rows.empty());
    EXPECT_FALSE(view.writable);
    EXPECT_EQ(view.usb2_owner, 0x3fffU);
    EXPECT_EQ(view.notes,
              std::vector<std::string>{
                  "not in the chip table: read, never written; here these bytes may be something else"});
    const auto text = registers_text(registers_view(snapshot, {}), {});
    EXPECT_EQ(text.find("XUSB2PR"), std::string::npos) << text;
    EXPECT_NE(text.find("d0=00003fff"), std::string::npos) << text;
}

TEST(Registers, NotesBitsThatFirmwareHolds)
{
    auto snapshot = fakes::z97();
    fakes::bits(snapshot) = {.usb2_owner = 0x7ff0,
                             .usb2_movable = 0x4fff,
                             .superspeed_on = 0x3f,
                             .superspeed_movable = 0x0f,
                             .fuses = 0,
                             .usb2_disabled = 0x2000,
                             .superspeed_disabled = 0x20};

    EXPECT_EQ(
        mux_of(snapshot).notes,
        (std::vector<std::string>{
            "bits 0x3000 are outside XUSB2PRM: firmware does not let them move",
            ("bits 0x3000 of XUSB2PR are set although XUSB2PRM does not allow them: the mask guards writes, not values"),
            "bit 14 is USB-R, the management engine's redirection port: never moved, always kept",
            "USB3PRM is 0x0f of 0x3f: the other SuperSpeed ports cannot be switched",
            "the fuses leave 14 USB 2 and 6 SuperSpeed ports",
            "USB2PDO 0x2000: firmware has switched these USB 2 ports off",
            "USB3PDO 0x20: firmware has switched these SuperSpeed ports off",
        }));
}

TEST(Registers, TellsWhyTheyCannotBeRead)
{
    auto snapshot = fakes::z97();
    snapshot.note_registers(*PciAddress::parse("00:14.0"), Unreadable{.errno_value = 13});

    const auto view = mux_of(snapshot);

    EXPECT_EQ(view.unreadable, "Permission denied");
    EXPECT_EQ(view.rows[0].side, "");
    EXPECT_TRUE(view.writable);
}

TEST(Registers, HasWordsForAMachineWithoutXhci)
{
    EXPECT_EQ(registers_text(registers_view({}, {}), {}), "this machine has no xHCI controller\n");
}

} // namespace
} // namespace usbroute::report
