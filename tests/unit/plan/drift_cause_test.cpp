// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/drift_cause.hpp"

#include <gtest/gtest.h>

namespace usbroute::plan {
namespace {

constexpr chips::RouteBits all_at_xhci{
    .usb2_owner = 0x3fff, .usb2_movable = 0x3fff, .superspeed_on = 0x3f, .superspeed_movable = 0x3f};

chips::RouteBits with_wires(std::uint32_t usb2_owner)
{
    auto bits = all_at_xhci;
    bits.usb2_owner = usb2_owner;
    return bits;
}

TEST(DriftCause, TakesASleepForTheCauseWhereThereWasOne)
{
    EXPECT_EQ(likely_cause({.before = with_wires(0x3ff7), .now = all_at_xhci, .has_slept = true}),
              "probably the kernel or the firmware, when the machine woke");
    EXPECT_EQ(likely_cause({.before = with_wires(0x3ff7), .now = with_wires(0), .has_slept = true}),
              "probably the firmware, when the machine woke");
}

TEST(DriftCause, TakesADriverThatGivesTheXhciEverything)
{
    EXPECT_EQ(likely_cause({.before = with_wires(0x3ff7), .now = all_at_xhci, .has_a_new_driver = true}),
              "probably the kernel, when the xHCI got its driver");
    EXPECT_EQ(likely_cause({.before = with_wires(0x3ff7), .now = all_at_xhci}),
              "probably the kernel, when the xHCI woke from its own sleep");
    // Bits that firmware pins to an EHCI are nobody's to give.
    auto pinned = with_wires(0x3ffe);
    pinned.usb2_movable = 0x3ffe;
    EXPECT_EQ(likely_cause({.before = with_wires(0x3ff6), .now = pinned}),
              "probably the kernel, when the xHCI woke from its own sleep");
}

TEST(DriftCause, BlamesAProgramForWhatNoKernelWrites)
{
    EXPECT_EQ(likely_cause({.before = all_at_xhci, .now = with_wires(0x3ff7)}),
              "probably another program, such as setpci");
    EXPECT_EQ(likely_cause({.before = all_at_xhci, .now = with_wires(0x3ff7), .has_a_new_driver = true}),
              "probably another program, such as setpci");
}

TEST(DriftCause, BlamesTheGuestThatHasTheController)
{
    EXPECT_EQ(
        likely_cause(
            {.before = all_at_xhci, .now = with_wires(0x3ff7), .has_slept = true, .is_given_away = true}),
        "probably the guest that has the xHCI");
}

} // namespace
} // namespace usbroute::plan
