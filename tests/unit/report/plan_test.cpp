// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "report/text.hpp"
#include "report/views.hpp"

#include <gtest/gtest.h>

namespace usbroute::report {
namespace {

PlanView planned(const topology::Snapshot& snapshot, plan::Wish wish)
{
    const auto settings = fakes::settings();
    const topology::HostUse use;
    auto outcome = plan::make_plan({snapshot, settings, use, {}}, {std::move(wish), true, {}});
    return plan_view(std::get<plan::Plan>(outcome), snapshot);
}

plan::MoveRequest move(const char* name, config::Target to) { return {{ConnectorName(name)}, std::move(to)}; }

TEST(Plan, ShowsEachStepWithItsReasonAndItsSetpciLine)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "3-1", "Camera");

    EXPECT_EQ(
        plan_text(planned(snapshot, move("front", topology::Side::ehci)), {}),
        "move front to ehci, on 0000:00:14.0\n"
        "  front: xHCI -> EHCI, host keeps it\n"
        "    disconnects 3-1 Camera (1234:5678)\n"
        "\n"
        "STEPS\n"
        "  1. USB3_PSSEN 0x3f -> 0x3e (bit 0)\n"
        "     the SuperSpeed half goes before the USB 2 wires, or a USB 3 device ends up on the wrong side\n"
        "     setpci -s 0000:00:14.0 d8.l=0:1\n"
        "  2. XUSB2PR 0x3fff -> 0x3ffe (bit 0)\n"
        "     EHCI gets front\n"
        "     setpci -s 0000:00:14.0 d0.l=0:1\n"
        "\n"
        "VERIFIED AFTERWARDS\n"
        "  USB3_PSSEN bits 0x01 read back as 0x00\n"
        "  XUSB2PR bits 0x0001 read back as 0x0000\n"
        "\n"
        "TAKES IT BACK\n"
        "  setpci -s 0000:00:14.0 d0.l=1:1\n"
        "  setpci -s 0000:00:14.0 d8.l=1:1\n");
}

TEST(Plan, SaysThatThereIsNothingToDo)
{
    EXPECT_EQ(plan_text(planned(fakes::z97(), move("front", config::ToHost{})), {}),
              "move front to host: nothing to do, everything is as requested\n");
}

TEST(Plan, DoesNotBreakASetpciLine)
{
    const auto text = plan_text(planned(fakes::z97(), move("front", topology::Side::ehci)), {.width = 30});

    EXPECT_NE(text.find("     setpci -s 0000:00:14.0 d8.l=0:1\n"), std::string::npos) << text;
}

} // namespace
} // namespace usbroute::report
