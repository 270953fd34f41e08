#include "unit/plan/bench.hpp"

#include <gtest/gtest.h>

namespace usbroute::plan {
namespace {

using topology::Side;

// Invariant 5.
TEST(Plan, Invariant5RefusesToTakeTheLastKeyboard)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");

    EXPECT_EQ(
        steps_of(bench.ask(move("keys", windows()))),
        "refused: keys holds the host's only keyboard: Keyboard (1234:5678); say yes (--yes, yes=1), or set "
        "may_take_last_keyboard in the profile");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()), true)), "not refused");
}

TEST(Plan, Invariant5CountsAKeyboardBehindAHub)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug(bench.snapshot, "3-3", "Hub");
    fakes::plug_keyboard(bench.snapshot, "3-3.2");

    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "last-keyboard");
}

TEST(Plan, Invariant5LetsAKeyboardGoWhenAnotherStaysOrTheProfileSaysSo)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    EXPECT_EQ(refusal_of(bench.ask(ApplyRequest{ProfileName("desk")})), "last-keyboard");

    bench.settings.profiles[2].may_take_last_keyboard = true;
    EXPECT_EQ(refusal_of(bench.ask(ApplyRequest{ProfileName("desk")})), "not refused");
    fakes::plug_keyboard(bench.snapshot, "3-1");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "not refused");
}

TEST(Plan, Invariant5LetsTheLastKeyboardGoWhereAWayBackExists)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    const auto away = move("keys", windows());
    EXPECT_EQ(refusal_of(bench.ask(away)), "last-keyboard");
    EXPECT_EQ(refusal_of(bench.ask({.wish = away, .revert_after = std::chrono::seconds(30)})), "not refused");
    EXPECT_EQ(refusal_of(bench.ask({.wish = away, .revert_after = std::chrono::seconds(0)})),
              "last-keyboard");
    bench.proven = {GuestName("other")};
    EXPECT_EQ(refusal_of(bench.ask(away)), "last-keyboard");
    bench.proven = {GuestName("windows")};
    EXPECT_EQ(refusal_of(bench.ask(away)), "not refused");
}

TEST(Plan, Invariant5SeesTwoKeyboardsLeaveTogether)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    fakes::plug_keyboard(bench.snapshot, "3-6");

    EXPECT_EQ(refusal_of(bench.ask(MoveRequest{{ConnectorName("keys"), ConnectorName("rear")}, windows()})),
              "last-keyboard");
}

TEST(Plan, Invariant5DoesNotMindAKeyboardThatTheHostKeepsOnTheOtherSide)
{
    Bench bench;
    fakes::plug_keyboard(bench.snapshot, "3-3");

    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "not refused");
}

// Invariant 6.
TEST(Plan, Invariant6RefusesToMoveADiskInUseUntilForcedByName)
{
    Bench bench;
    fakes::plug_disk(bench.snapshot, "3-6", "sdb");
    bench.use.mounts.push_back({.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "ext4"});

    EXPECT_EQ(steps_of(bench.ask(move("rear", Side::ehci))),
              "refused: rear holds disk sdb, which the host uses: sdb1, mounted on /mnt; unmount it, or "
              "force it by "
              "name: --force-disk sdb");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci), true)), "disk-in-use");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci), false, {"sdc"})), "disk-in-use");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci), false, {"sdb"})), "not refused");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "not refused");
}

TEST(Plan, Invariant6SeesADiskOnTheSuperSpeedHalf)
{
    Bench bench;
    fakes::plug_disk(bench.snapshot, "4-1", "sdb");
    bench.use.swaps = {"/dev/sdb1"};

    EXPECT_EQ(refusal_of(bench.ask(move("front", Side::ehci))), "disk-in-use");
}

TEST(Plan, Invariant6SeesADiskBehindAHub)
{
    Bench bench;
    fakes::plug(bench.snapshot, "3-6", "Hub");
    fakes::plug_disk(bench.snapshot, "3-6.1", "sdb");
    bench.use.swaps = {"/dev/sdb1"};

    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci))), "disk-in-use");
}

} // namespace
} // namespace usbroute::plan
