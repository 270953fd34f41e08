// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/hid_report.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::topology {
namespace {

using Usages = std::vector<HidUsage>;

std::string bytes(std::initializer_list<unsigned> list)
{
    std::string text;
    for (const auto byte : list) text += static_cast<char>(byte);
    return text;
}

/// HID 1.11, B.1: a boot keyboard as far as its keys.
const std::string keyboard_report =
    bytes({0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7,
           0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0xc0});
const std::string fido = bytes({0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x20, 0x15, 0x00, 0xc0});

TEST(HidReport, SaysWhatEachApplicationIs)
{
    EXPECT_EQ(application_usages(keyboard_report), (Usages{0x00010006}));
    EXPECT_EQ(application_usages(fido), (Usages{0xf1d00001}));
    EXPECT_EQ(application_usages(keyboard_report + fido + keyboard_report), (Usages{0x00010006, 0xf1d00001}));
}

TEST(HidReport, CountsTheOutermostCollectionsOnly)
{
    // A power supply: a collection of page 0x84 in it is a part, and a physical one is no application.
    const auto ups = bytes({0x05, 0x84, 0x09, 0x04, 0xa1, 0x01, 0x09, 0x24, 0xa1, 0x00, 0x09,
                            0x05, 0xa1, 0x01, 0xc0, 0xc0, 0xc0, 0x09, 0x06, 0xa1, 0x00, 0xc0});

    EXPECT_EQ(application_usages(ups), (Usages{hid_ups}));
}

TEST(HidReport, TakesAUsageOfFourBytesAsItIs)
{
    EXPECT_EQ(application_usages(bytes({0x05, 0x01, 0x0b, 0x04, 0x00, 0x84, 0x00, 0xa1, 0x01, 0xc0})),
              (Usages{hid_ups}));
}

TEST(HidReport, OfNoDescriptorGivesWhatCameBefore)
{
    EXPECT_EQ(application_usages(""), Usages{});
    for (std::size_t cut = 0; cut < fido.size(); ++cut)
        EXPECT_EQ(application_usages(fido.substr(0, cut)).size(), cut < 7 ? 0u : 1u) << cut;
    EXPECT_EQ(application_usages(bytes({0xfe})), Usages{});
    EXPECT_EQ(application_usages(bytes({0xfe, 0xff, 0x00}) + keyboard_report), Usages{});
    EXPECT_EQ(application_usages(bytes({0xfe, 0x01, 0x00, 0x55}) + keyboard_report), (Usages{0x00010006}));
    EXPECT_EQ(application_usages(std::string(5000, '\xc0')), Usages{});
    std::string many;
    for (unsigned use = 0; use < 256; ++use) many += bytes({0x05, 0x84, 0x09, use, 0xa1, 0x01, 0xc0});
    EXPECT_EQ(application_usages(many).size(), 64u);
}

} // namespace
} // namespace usbroute::topology
