// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "route/wiring.hpp"

#include <gtest/gtest.h>

namespace usbroute::route {
namespace {

using topology::ConnectorSpec;
using topology::Controller;
using topology::Side;
using topology::Unreadable;
using topology::UsbPlace;

ConnectorSpec with_bit(std::uint8_t bit)
{
    return {
        .name = ConnectorName("it"), .bit = chips::MuxBit{bit}, .superspeed = {}, .places = {}, .seen = {}};
}

TEST(UsbPlace, IsWrittenAsItIsRead)
{
    EXPECT_EQ(UsbPlace::parse("0000:00:14.0/2.1")->text(), "0000:00:14.0/2.1");
    EXPECT_EQ(UsbPlace::parse("00:14.0/ss3.1")->text(), "0000:00:14.0/ss3.1");
    for (const char* wrong : {"", "0000:00:14.0", "0000:00:14.0/", "0000:00:14.0/0", "3-1/2",
                              "0000:00:14.8/2", "0000:00:14.0/ssx"})
        EXPECT_FALSE(UsbPlace::parse(wrong)) << wrong;
}

TEST(Connector, AppearsBehindTheRateMatchingHubOfItsTwin)
{
    const auto snapshot = fakes::z97();

    const auto connector = look_at(snapshot, with_bit(9));

    EXPECT_EQ(connector.at, topology::SeatId(Side::xhci));
    EXPECT_EQ(connector.place_on(Side::xhci)->text(), "3-6");   // HS6
    EXPECT_EQ(connector.place_on(Side::ehci)->text(), "1-1.2"); // EHCI #2 is bus 1 here, port 2 of its hub
}

TEST(Connector, IsOnARootPortWhereTheEhciHasNoRateMatchingHub)
{
    auto snapshot = fakes::z97();
    fakes::controller(snapshot, "00:1d.0").buses.front().ports = 6;

    EXPECT_EQ(look_at(snapshot, with_bit(3)).place_on(Side::ehci)->text(), "2-4");
}

TEST(Connector, HasNoPlaceOnAControllerThatIsHiddenOrGivenAway)
{
    auto snapshot = fakes::z97();
    fakes::controller(snapshot, "00:1d.0").buses.clear();
    std::erase_if(snapshot.controllers.edit(), [](const Controller& c) { return c.device == 0x8cad; });

    EXPECT_FALSE(look_at(snapshot, with_bit(0)).place_on(Side::ehci));
    EXPECT_NE(look_at(snapshot, with_bit(0)).controller_at(Side::ehci), nullptr);
    EXPECT_EQ(look_at(snapshot, with_bit(8)).controller_at(Side::ehci), nullptr);
}

TEST(Connector, IsWhereItWasSeenAndNotWhereTheTableSays)
{
    auto spec = with_bit(9);
    spec.seen = {*UsbPlace::parse("00:14.0/11"), *UsbPlace::parse("00:1d.0/1.8")};

    const auto snapshot = fakes::z97();

    const auto connector = look_at(snapshot, spec);

    EXPECT_EQ(connector.place_on(Side::xhci)->text(), "3-11");
    EXPECT_EQ(connector.place_on(Side::ehci)->text(), "2-1.8");
    EXPECT_EQ(connector.controller_at(Side::ehci)->name, "0000:00:1d.0"); // the table has bit 9 on EHCI #2
}

TEST(Connector, HasNoTwinWhereItWasSeenOnWhatIsNoEhci)
{
    auto spec = with_bit(9);
    spec.seen = {*UsbPlace::parse("00:1f.0/1.8")};

    EXPECT_EQ(look_at(fakes::z97(), spec).controller_at(Side::ehci), nullptr);
}

TEST(Mux, FindsEhcisByIdAndNotByAddress)
{
    auto snapshot = fakes::z97();
    fakes::controller(snapshot, "00:1a.0").device = 0x1234;

    const auto mux = find_mux(snapshot);

    EXPECT_EQ(mux->ehci(1)->name, "0000:00:1d.0");
    EXPECT_EQ(mux->ehci(2), nullptr);
    EXPECT_EQ(mux->ehci(3), nullptr);
}

TEST(Mux, MovesOnlyBitsThatChipAndFirmwareBothAllow)
{
    auto snapshot = fakes::z97();
    fakes::bits(snapshot).usb2_movable = 0xffff'fff0;

    EXPECT_EQ(find_mux(snapshot)->movable_bits(), 0x3ff0u);
}

TEST(Mux, HasNoMovableBitsWhileItsRegistersAreUnreadable)
{
    auto snapshot = fakes::z97();
    snapshot.note_registers(*PciAddress::parse("00:14.0"), Unreadable{});

    EXPECT_EQ(find_mux(snapshot)->movable_bits(), 0u);
    EXPECT_FALSE(look_at(snapshot, with_bit(0)).at);
}

TEST(UnnamedConnectors, AreTheBitsThatNobodyNamed)
{
    const auto unnamed = unnamed_connectors(*chips::family_of(0x8086, 0x1e31), {with_bit(1), with_bit(3)});

    ASSERT_EQ(unnamed.size(), 2u);
    EXPECT_EQ(unnamed[0].name.text(), "bit0");
    EXPECT_EQ(unnamed[1].name.text(), "bit2");
    EXPECT_EQ(bit_of_unnamed("bit13")->value, 13);
    EXPECT_FALSE(bit_of_unnamed("bit32"));
    EXPECT_FALSE(bit_of_unnamed("bitter"));
}

} // namespace
} // namespace usbroute::route
