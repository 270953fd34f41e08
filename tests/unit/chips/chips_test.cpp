// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "chips/chips.hpp"

#include <gtest/gtest.h>

#include <set>

namespace usbroute::chips {
namespace {

std::uint8_t bit_of(const ChipFamily& family, std::uint8_t xhci_port)
{
    return family.route_of_xhci_port(xhci_port)->bit;
}

TEST(ChipTable, NineSeriesPermutesXhciPortsAsTheFirmwareMethodsDo)
{
    const auto& family = *family_of(0x8086, 0x8cb1);

    // HS1-4 = bits 0-3, HS5-8 = 8-11, HS9-10 = 4-5, HS11-12 = 12-13, HS13-14 = 6-7.
    const std::array<int, 14> expected{0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 12, 13, 6, 7};
    for (std::uint8_t port = 1; port <= 14; ++port)
        EXPECT_EQ(bit_of(family, port), expected[port - 1u]) << "HS" << int{port};
}

TEST(ChipTable, NineSeriesBitsCountThroughBothEhcis)
{
    const auto& family = *family_of(0x8086, 0x8cb1);

    for (std::uint8_t bit = 0; bit < 14; ++bit) {
        const auto ehci = *family.route_of({bit})->ehci;
        EXPECT_EQ(ehci.controller, bit < 8 ? 1 : 2);
        EXPECT_EQ(ehci.port, bit < 8 ? bit + 1 : bit - 7);
    }
}

TEST(ChipTable, EightSeriesAndX99ShareThePermutationOfTheNineSeries)
{
    for (const std::uint16_t id : {std::uint16_t{0x8c31}, std::uint16_t{0x8d31}})
        EXPECT_EQ(family_of(0x8086, id)->routes.data(), family_of(0x8086, 0x8cb1)->routes.data());
    EXPECT_EQ(family_of(0x8086, 0x8d31)->map_trust, Trust::inferred);
    EXPECT_EQ(family_of(0x8086, 0x8c31)->map_trust, Trust::confirmed);
}

struct KnownChip {
    std::uint16_t id;
    std::uint32_t usb2_bits;
    std::uint32_t superspeed_bits;
    int usb_r; ///< -1: none
    WriteAccess access;
};

class ChipRow : public testing::TestWithParam<KnownChip> {};

TEST_P(ChipRow, HasTheValidBitsOfItsFamily)
{
    const auto& row = GetParam();
    const auto* family = family_of(0x8086, row.id);

    ASSERT_NE(family, nullptr);
    EXPECT_EQ(family->usb2_bits(), row.usb2_bits);
    EXPECT_EQ(family->superspeed_bits, row.superspeed_bits);
    EXPECT_EQ(family->usb_r_bit ? *family->usb_r_bit : -1, row.usb_r);
    EXPECT_EQ(family->access, row.access);
}

INSTANTIATE_TEST_SUITE_P(Families, ChipRow,
                         testing::Values(KnownChip{0x1e31, 0x000f, 0x0f, -1, WriteAccess::allowed},
                                         KnownChip{0x8c31, 0x3fff, 0x3f, 14, WriteAccess::allowed},
                                         KnownChip{0x9c31, 0x00ff, 0x0f, 8, WriteAccess::allowed},
                                         KnownChip{0x8cb1, 0x3fff, 0x3f, 14, WriteAccess::allowed},
                                         KnownChip{0x9cb1, 0x03ff, 0x0f, 10, WriteAccess::allowed},
                                         KnownChip{0x8d31, 0x3fff, 0x3f, 14, WriteAccess::allowed},
                                         KnownChip{0x0f35, 0x000f, 0x01, -1, WriteAccess::read_only}));

TEST(ChipTable, EveryMapIsOneToOneAndNeverNamesUsbR)
{
    for (const auto& family : chip_table()) {
        std::set<int> ports;
        std::set<std::pair<int, int>> twins;
        for (const auto& route : family.routes) {
            EXPECT_TRUE(ports.insert(route.xhci_port).second) << family.name;
            EXPECT_NE(route.bit, family.usb_r_bit) << family.name;
            if (!route.ehci) continue;
            EXPECT_TRUE(twins.insert({route.ehci->controller, route.ehci->port}).second) << family.name;
            ASSERT_LE(route.ehci->controller, family.ehcis.size()) << family.name;
            EXPECT_LE(route.ehci->port, family.ehcis[route.ehci->controller - 1u].ports) << family.name;
        }
    }
}

TEST(ChipTable, DoesNotKnowOtherXhcis)
{
    EXPECT_EQ(family_of(0x8086, 0xa12f), nullptr); // 100-series
    EXPECT_EQ(family_of(0x1b36, 0x000d), nullptr); // QEMU
    EXPECT_EQ(family_of(0x1022, 0x8cb1), nullptr); // the id of another vendor
}

TEST(Fuses, CountPortsAsTheDataSheetsSkusDo)
{
    const auto& nine = *family_of(0x8086, 0x8cb1);
    const auto& seven = *family_of(0x8086, 0x1e31);

    EXPECT_EQ(fused_counts(nine, 0x0)->usb2, 14);
    EXPECT_EQ(fused_counts(nine, 0x4)->usb2, 10);
    EXPECT_EQ(fused_counts(nine, 0x10)->superspeed, 2);
    EXPECT_EQ(fused_counts(seven, 0x2)->usb2, 2);
    EXPECT_FALSE(fused_counts(*family_of(0x8086, 0x9cb1), 0x800));
    EXPECT_EQ(fused_off_bits(nine, 0x4), 0x30c0u); // H81: bits 0-5 and 8-11 remain
    EXPECT_EQ(fused_off_bits(nine, 0x0), 0u);
}

} // namespace
} // namespace usbroute::chips
