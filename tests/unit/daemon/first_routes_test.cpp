// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/first_routes.hpp"
#include "fakes/at_once.hpp"
#include "fakes/daemon_room.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace usbroute::daemon {
namespace {

/// A daemon that shall begin with `keys` on EHCI.
class FirstRoutesTest : public testing::Test, protected fakes::DaemonRoom {
protected:
    FirstRoutesTest() { begin_with("on-ehci"); }

    void begin_with(const char* profile)
    {
        auto wanted = fakes::settings();
        wanted.at_start = ProfileName(profile);
        machine.adopt(std::move(wanted));
    }
    void look()
    {
        machine.take(board);
        first.look_again(now);
    }
    /// As the timer does, when it was started.
    void wake()
    {
        now += std::exchange(woken_after, {});
        look();
    }

    int told = 0;
    std::chrono::milliseconds now{1000};
    std::chrono::milliseconds woken_after{};
    FirstRoutes first{machine, [this](const Moved&) { ++told; },
                      [this](std::chrono::milliseconds after) { woken_after = after; }};
};

TEST_F(FirstRoutesTest, MakesTheProfileHoldOnce)
{
    look();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    EXPECT_EQ(told, 1);

    registers.bits.usb2_owner = 0x3fff;
    look();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_EQ(told, 1);
}

TEST_F(FirstRoutesTest, WaitsForAControllerThatComesLate)
{
    const auto whole = board;
    std::erase_if(board.controllers.edit(),
                  [](const auto& c) { return c.kind == topology::ControllerKind::ehci; });
    look();
    EXPECT_EQ(told, 0);

    board = whole;
    look();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
}

TEST_F(FirstRoutesTest, WaitsForAGuestThatIsGivenItsControllersLate)
{
    begin_with("desk");
    look();
    EXPECT_EQ(told, 0);

    for (const char* address : {"00:1a.0", "00:1d.0"}) fakes::controller(board, address).driver = "vfio-pci";
    look();
    wake();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu & ~(1u << 2) & ~(1u << 9));
}

TEST_F(FirstRoutesTest, LeavesWhatSomebodyHasAskedForSinceTheBoot)
{
    begin_with("desk"); // keys and rear to the guest, which has no controller yet
    look();
    const auto ask = [&](const char* connector, topology::Side side) {
        return fakes::carry_out(machine, {.wish = plan::MoveRequest{{ConnectorName(connector)}, side}})
            .has_value();
    };
    ASSERT_TRUE(ask("keys", topology::Side::xhci)); // where it is already
    ASSERT_TRUE(ask("front", topology::Side::ehci));

    for (const char* address : {"00:1a.0", "00:1d.0"}) fakes::controller(board, address).driver = "vfio-pci";
    look();
    wake();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu & ~(1u << 0) & ~(1u << 9));
    EXPECT_EQ(told, 1);
}

TEST_F(FirstRoutesTest, IsOverAfterARestartInTheSameBoot)
{
    look();
    registers.bits.usb2_owner = 0x3fff;
    FirstRoutes of_the_next_daemon{machine, [this](const Moved&) { ++told; },
                                   [](std::chrono::milliseconds) {}};

    of_the_next_daemon.look_again(now);

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(FirstRoutesTest, DoesNotTakeTheLastKeyboardWhenAnotherOneIsPluggedInHoursLater)
{
    begin_with("desk");
    for (const char* address : {"00:1a.0", "00:1d.0"}) fakes::controller(board, address).driver = "vfio-pci";
    fakes::plug_keyboard(board, "3-3");
    look();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);

    fakes::plug_keyboard(board, "3-1");
    look();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(FirstRoutesTest, WaitsUntilAKeyboardThatIsPluggedInWouldHaveBeenFound)
{
    begin_with("desk");
    for (const char* address : {"00:1a.0", "00:1d.0"}) fakes::controller(board, address).driver = "vfio-pci";
    look();
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_EQ(woken_after, std::chrono::seconds(3));

    fakes::plug_keyboard(board, "3-3"); // in keys
    wake();

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_EQ(told, 0);
}

TEST_F(FirstRoutesTest, DoesNotTryAWriteThatFailsForEver)
{
    registers.failing_write = fakes::FakeRegisters::every_write;
    for (int i = 0; i < 20; ++i) look();

    EXPECT_LE(registers.writes, 3);
}

} // namespace
} // namespace usbroute::daemon
