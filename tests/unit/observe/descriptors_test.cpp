// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/descriptors.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::observe {
namespace {

std::string raw_bytes(std::initializer_list<int> all)
{
    std::string text;
    for (const int one : all) text.push_back(static_cast<char>(one));
    return text;
}

const std::string device_bytes =
    raw_bytes({18, 1, 0, 2, 0, 0, 0, 64, 0x6d, 0x04, 0x1c, 0xc3, 0, 1, 1, 2, 0, 1});
const std::string configuration_bytes = raw_bytes({9, 2, 59, 0, 2, 1, 0, 0xa0, 50});
const std::string keyboard_bytes = raw_bytes({9, 4, 0, 0, 1, 3, 1, 1, 0});
const std::string hid_bytes = raw_bytes({9, 0x21, 0x10, 1, 0, 1, 0x22, 65, 0});
const std::string media_keys_bytes = raw_bytes({9, 4, 1, 0, 1, 3, 0, 0, 0});

TEST(Descriptors, TheFirstConfigurationHasAValueAndInterfaces)
{
    const auto first = first_configuration(device_bytes + configuration_bytes + keyboard_bytes + hid_bytes +
                                           media_keys_bytes);

    EXPECT_EQ(first.value, 1);
    ASSERT_EQ(first.interfaces.size(), 2u);
    EXPECT_TRUE(first.interfaces[0].is_boot_keyboard());
    EXPECT_EQ(first.interfaces[1].number, 1);
    EXPECT_TRUE(first.interfaces[0].driver.empty());
}

TEST(Descriptors, OtherSettingsAndOtherConfigurationsAddNothing)
{
    const auto other_setting = raw_bytes({9, 4, 0, 1, 2, 0xff, 0, 0, 0});
    const auto second = raw_bytes({9, 2, 9, 0, 0, 2, 0, 0xa0, 50});

    const auto first = first_configuration(device_bytes + configuration_bytes + keyboard_bytes +
                                           other_setting + second + media_keys_bytes);

    EXPECT_EQ(first.value, 1);
    ASSERT_EQ(first.interfaces.size(), 1u);
    EXPECT_TRUE(first.interfaces[0].is_boot_keyboard());
}

TEST(Descriptors, WhatDoesNotFitEndsTheReadingAndNeverReachesBeyondTheEnd)
{
    const auto whole = device_bytes + configuration_bytes + keyboard_bytes + hid_bytes + media_keys_bytes;
    for (std::size_t length = 0; length <= whole.size(); ++length)
        EXPECT_LE(first_configuration(whole.substr(0, length)).interfaces.size(), 2u);
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const char byte : {'\0', '\1', '\xff'}) {
            auto broken = whole;
            broken[at] = byte;
            EXPECT_LE(first_configuration(broken).interfaces.size(), 2u);
        }
    EXPECT_EQ(first_configuration({}), FirstConfiguration{});
    EXPECT_EQ(first_configuration(device_bytes + raw_bytes({2, 2})), FirstConfiguration{})
        << "too short for one";
}

} // namespace
} // namespace usbroute::observe
