// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "chips/chips.hpp"
#include "linux/register_values.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include <sys/mman.h>

namespace usbroute::linux_ {
namespace {

using chips::RouteRegister;

std::uint32_t number_at(const void* bytes)
{
    std::uint32_t number = 0;
    std::memcpy(&number, bytes, sizeof number); // little endian, as the chipset and the machines it is in
    return number;
}

TEST(ValueLimit, PermitsTheFreeBitsAndTheOthersAsTheyWereFoundOrAllZero)
{
    struct Row {
        std::uint32_t free, found, value;
        bool permitted;
    };
    constexpr Row rows[] = {
        {.free = 0x3fff, .found = 0x3fff, .value = 0x3ffb, .permitted = true},
        {.free = 0x3fff, .found = 0x3fff, .value = 0x4000, .permitted = false},
        {.free = 0x00ff, .found = 0x3fff, .value = 0x3f00, .permitted = true},
        {.free = 0x00ff, .found = 0x3fff, .value = 0x0012, .permitted = true}, // as the kernel leaves it
        {.free = 0x00ff, .found = 0x3fff, .value = 0x3e00, .permitted = false},
        {.free = 0x00ff, .found = 0x0000, .value = 0x0100, .permitted = false},
        {.free = 0, .found = 0x7ff, .value = 0x7ff, .permitted = true},
        {.free = 0, .found = 0x7ff, .value = 0x7fe, .permitted = false},
        {.free = ~0U, .found = 0, .value = 0xdeadbeef, .permitted = true},
    };
    for (const auto& row : rows)
        EXPECT_EQ((ValueLimit{.free = row.free, .found = row.found}.permits(row.value)), row.permitted)
            << std::hex << row.free << ' ' << row.found << ' ' << row.value;
}

TEST(RegisterValues, HasRoomForEveryChipsetOfTheTable)
{
    for (const auto& family : chips::chip_table()) {
        const auto usb_r = family.usb_r_bit ? std::uint32_t{1} << *family.usb_r_bit : 0;
        EXPECT_EQ((family.usb2_bits() | usb_r) & ~RegisterValues::usb2_field, 0u) << family.name;
        EXPECT_EQ(family.superspeed_bits & ~RegisterValues::superspeed_field, 0u) << family.name;
    }
}

TEST(RegisterValues, HaveEachValueOnceAtTheAddressThatSaysIt)
{
    const auto values = RegisterValues::make(0, 0);

    ASSERT_TRUE(values) << values.error().message();
    for (std::uint32_t value = 0; value <= RegisterValues::usb2_field; ++value) {
        const auto* bytes = values->bytes_of(RouteRegister::usb2_owner, value);
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(bytes), RegisterValues::usb2_place + 4UL * value);
        ASSERT_EQ(number_at(bytes), value);
    }
    for (std::uint32_t value = 0; value <= RegisterValues::superspeed_field; ++value) {
        const auto* bytes = values->bytes_of(RouteRegister::superspeed_on, value);
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(bytes), RegisterValues::superspeed_place + 4UL * value);
        ASSERT_EQ(number_at(bytes), value);
    }
    EXPECT_EQ(values->bytes_of(RouteRegister::usb2_owner, 0x8000), nullptr);
    EXPECT_EQ(values->bytes_of(RouteRegister::superspeed_on, 0x40), nullptr);
}

TEST(RegisterValues, KeepReservedBitsAsTheyWereGivenAndNoOthers)
{
    const auto values = RegisterValues::make(0xdead'7fff, 0x100);

    ASSERT_TRUE(values) << values.error().message();
    EXPECT_EQ(number_at(values->bytes_of(RouteRegister::usb2_owner, 0xdead'0001)), 0xdead'0001u);
    EXPECT_EQ(number_at(values->bytes_of(RouteRegister::superspeed_on, 0x13f)), 0x13fu);
    EXPECT_EQ(values->bytes_of(RouteRegister::usb2_owner, 0x0000'0001), nullptr);
    EXPECT_EQ(values->bytes_of(RouteRegister::superspeed_on, 0x3f), nullptr);
}

TEST(RegisterValues, CannotBeMadeWritableAndCannotBeTwice)
{
    const auto values = RegisterValues::make(0, 0);
    auto* const place =
        reinterpret_cast<void*>(RegisterValues::usb2_place); // NOLINT(performance-no-int-to-ptr)

    ASSERT_TRUE(values);
    EXPECT_EQ(::mprotect(place, 4096, PROT_READ | PROT_WRITE), -1);
    EXPECT_EQ(errno, EACCES);
    EXPECT_FALSE(RegisterValues::make(0, 0));
}

TEST(RegisterValues, AreGoneWithTheirOwner)
{
    ASSERT_TRUE(RegisterValues::make(0, 0));
    EXPECT_TRUE(RegisterValues::make(0, 0));
}

} // namespace
} // namespace usbroute::linux_
