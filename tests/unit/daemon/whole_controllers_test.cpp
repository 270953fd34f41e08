// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// A controller that goes whole by a move, together with wires: the daemon, the guest and usbroute-bind end at each step of it.

#include "fakes/whole_life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

const fakes::RecordedTree& board_of_two_cards()
{
    static const fakes::RecordedTree recorded("z97-two-cards");
    return recorded;
}

constexpr std::string_view all_with_the_guest = "wires ehci, card vfio-pci! in windows, for windows";
constexpr std::string_view all_with_the_host = "wires xhci, card xhci_hcd, for host";

constexpr const char* whole_change = "apply three";
constexpr const char* whole_way_back = "move rear-2 slot-1 slot-2 host";

/// A life in which everything is with the host, or after `apply three` all of it with the guest.
struct WholeControllersLife : fakes::WholeLife {
    explicit WholeControllersLife(std::string_view way) : fakes::WholeLife(board_of_two_cards())
    {
        if (way == whole_change) return;
        ask(whole_change);
        settle();
    }
    /// Begins the change, and stops after so many steps. False: it was over before.
    bool goes_so_far(const char* way, std::size_t steps)
    {
        said.clear();
        ask(way);
        for (std::size_t i = 0; i < steps; ++i)
            if (!step()) return false;
        return true;
    }
    std::string settled(std::chrono::milliseconds by = 6s)
    {
        settle(by);
        return shown();
    }
};

/// Where each step has its own test elsewhere, every third does; others of them on the way back.
constexpr std::size_t steps_between_kills = 3;

bool is_all_or_none(std::string_view shown)
{
    return shown == all_with_the_guest || shown == all_with_the_host;
}

TEST(WholeControllers, GoWithAProfileAndComeBackWithUndo)
{
    WholeControllersLife life(whole_change);
    ASSERT_EQ(life.shown(), all_with_the_host);

    life.ask(whole_change);
    EXPECT_EQ(life.settled(), all_with_the_guest) << life.said;
    EXPECT_EQ(life.asked, "give 0000:04:00.0\n");
    life.ask("undo");
    EXPECT_EQ(life.settled(), all_with_the_host) << life.said;
    EXPECT_EQ(life.asked, "give 0000:04:00.0\ntake 0000:04:00.0\n");
}

TEST(WholeControllers, KilledAtAnyStepTheDaemonComesToAllOrNone)
{
    for (const auto* way : {whole_change, whole_way_back}) {
        bool has_gone = false;
        bool has_stayed = false;
        std::size_t steps = 0;
        for (;; ++steps) {
            WholeControllersLife life(way);
            const auto before = life.shown();
            const bool was_under_way = life.goes_so_far(way, steps);
            life.daemon_is_killed();
            life.daemon_starts();

            const auto after = life.settled();

            EXPECT_TRUE(is_all_or_none(after)) << way << ", killed after " << steps << ": " << after;
            (after == before ? has_stayed : has_gone) = true;
            if (!was_under_way) break;
        }
        EXPECT_TRUE(has_gone && has_stayed) << way;
        EXPECT_GT(steps, 10u) << way;
    }
}

/// Without wires nothing shows how far it has come: it is taken back.
TEST(WholeControllers, KilledAtAnyStepOfAFirstChangeWithoutWiresTheCardIsWhereItsSocketsAreFor)
{
    for (std::size_t steps = 0;; ++steps) {
        WholeControllersLife life(whole_change);
        const bool was_under_way = life.goes_so_far("move slot-1 slot-2 windows", steps);
        life.daemon_is_killed();
        life.daemon_starts();

        const auto after = life.settled();

        EXPECT_TRUE(after == all_with_the_host ||
                    after == "wires xhci, card vfio-pci! in windows, for windows")
            << "killed after " << steps << ": " << after;
        if (!was_under_way) break;
    }
}

TEST(WholeControllers, KilledAtAnyStepWithWhatBindsTheDaemonComesToAllOrNone)
{
    for (const auto* way : {whole_change, whole_way_back})
        for (std::size_t steps = way == whole_change ? 0 : 1;; steps += steps_between_kills) {
            WholeControllersLife life(way);
            const bool was_under_way = life.goes_so_far(way, steps);
            life.binder_ends();
            life.daemon_is_killed();
            life.binder_begins();
            life.daemon_starts();

            const auto after = life.settled();

            EXPECT_TRUE(is_all_or_none(after)) << way << ", killed after " << steps << ": " << after;
            if (!was_under_way) break;
        }
}

TEST(WholeControllers, KilledAtAnyStepWithItsGuestTheCardIsTheHostsUntilTheGuestIsBack)
{
    for (const auto* way : {whole_change, whole_way_back})
        for (std::size_t steps = way == whole_change ? 0 : 1;; steps += steps_between_kills) {
            WholeControllersLife life(way);
            const bool was_under_way = life.goes_so_far(way, steps);
            life.guest_is_killed();
            life.daemon_is_killed();
            life.daemon_starts();

            const auto without = life.settled();
            EXPECT_EQ(life.driver, "xhci_hcd") << way << ", killed after " << steps << ": " << without;

            life.guest_starts();
            const auto after = life.settled();
            EXPECT_EQ(life.driver == "vfio-pci", after.ends_with("for windows"))
                << way << ", killed after " << steps << ": " << after;
            if (!was_under_way) break;
        }
}

TEST(WholeControllers, AGuestThatIsKilledAtAnyStepLeavesNothingBetween)
{
    for (const auto* way : {whole_change, whole_way_back})
        for (std::size_t steps = way == whole_change ? 0 : 1;; steps += steps_between_kills) {
            WholeControllersLife life(way);
            const bool was_under_way = life.goes_so_far(way, steps);
            life.guest_is_killed();

            const auto after = life.settled(30s);

            EXPECT_EQ(life.driver, "xhci_hcd") << way << ", killed after " << steps << ": " << after;
            EXPECT_EQ(life.forced, "") << way << ", killed after " << steps;
            EXPECT_FALSE(life.said.empty()) << way << ", killed after " << steps;
            if (!was_under_way) break;
        }
}

TEST(WholeControllers, WhatSomebodyElseBindsAwayIsLeftAloneForAMinute)
{
    WholeControllersLife life(whole_way_back);
    life.ask(whole_way_back);
    ASSERT_EQ(life.settled(), all_with_the_host);
    life.asked.clear();

    life.is_bound_away = true;
    life.settle(30s);

    EXPECT_EQ(std::ranges::count(life.asked, '\n'), 6) << life.asked;
    EXPECT_EQ(life.driver, "vfio-pci");
    life.said.clear();
    life.ask("why slot-1");
    life.settle_now();
    EXPECT_NE(life.said.find("had to change hands 6 times within a minute"), std::string::npos) << life.said;
    life.is_bound_away = false;
    EXPECT_EQ(life.settled(70s), all_with_the_host);
}

TEST(WholeControllers, WhatDoesNotTakeIsTriedAgainAfterAMinute)
{
    WholeControllersLife life(whole_way_back);
    life.guest_is_killed();
    ASSERT_EQ(life.settled(), "wires xhci, card xhci_hcd, for windows");
    life.asked.clear();

    life.is_rebound = true;
    life.guest_starts();
    life.settle(50s);
    EXPECT_EQ(std::ranges::count(life.asked, '\n'), 1) << life.asked;
    EXPECT_EQ(life.driver, "xhci_hcd");

    life.is_rebound = false;
    life.settle(60s);
    EXPECT_EQ(life.driver, "vfio-pci") << life.shown();
}

} // namespace
} // namespace usbroute::daemon
