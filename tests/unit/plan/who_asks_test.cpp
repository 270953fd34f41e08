// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Whoever writes the registers, with or without a person at that moment, passes the same guards. What each may do with
// the host's only keyboard, with a mounted disk, with a bit that firmware has fixed.

#include "fakes/bitwise_change.hpp"
#include "unit/plan/bench.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace usbroute::plan {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t keys_bit = 4;
constexpr std::uint32_t rear_bit = 0x200;

/// keys and rear to the guest.
Change to_the_guest(std::uint32_t keyboards_may_go = 0)
{
    return fakes::BitwiseChange{
        .controller = *PciAddress::parse("00:14.0"),
        .usb2 = {.mask = keys_bit | rear_bit, .before = keys_bit | rear_bit, .after = 0},
        .superspeed = {},
        .title = "apply desk",
        .keyboards_may_go = keyboards_may_go};
}

Change from_the_guest()
{
    auto change = to_the_guest().inverse();
    change.title = "move keys rear to host";
    return change;
}

/// The guest has both EHCIs, keys and rear are the host's, and somebody wants them to be the guest's.
Bench board()
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    bench.last = from_the_guest();
    bench.standing = to_the_guest();
    return bench;
}

struct Row {
    const char* who;
    Request request;
    const char* with_the_only_keyboard_in_keys;
    const char* with_a_mounted_disk_in_rear;
    const char* with_keys_fixed_by_firmware;
    std::uint32_t standing_may_go = 0;
    bool does_the_profile_say_so = false;
};

std::string what_happens(const Bench& bench, const Request& request)
{
    const auto outcome = bench.ask(request);
    if (std::holds_alternative<Refusal>(outcome)) return "nothing";
    std::string gone;
    for (const auto& movement : std::get<Plan>(outcome).movements)
        gone += (gone.empty() ? "" : " ") + movement.connector.text();
    return gone.empty() ? "nothing" : gone;
}

TEST(Guards, HoldWhoeverAsks)
{
    const MoveRequest move{{ConnectorName("keys"), ConnectorName("rear")}, GuestName("windows")};
    const ApplyRequest apply{ProfileName("desk")};
    const StartRequest start{ProfileName("desk")};
    const RestoreRequest restore;
    const Row rows[] = {
        // A person, or a guest's on_start: all of it or nothing.
        {"move", {.wish = move}, "nothing", "nothing", "nothing"},
        {"move, with yes", {.wish = move, .yes = true}, "keys rear", "nothing", "nothing"},
        {"move, on trial", {.wish = move, .revert_after = 30s}, "keys rear", "nothing", "nothing"},
        {"apply, on_start", {.wish = apply}, "nothing", "nothing", "nothing"},
        {"apply, by leave", {.wish = apply}, "keys rear", "nothing", "nothing", 0, true},
        {"undo", {.wish = UndoRequest{}}, "nothing", "nothing", "nothing"},
        {"at_start", {.wish = start, .revert_after = 0s}, "nothing", "nothing", "nothing"},
        {"at_start, by leave",
         {.wish = start, .revert_after = 0s},
         "keys rear",
         "nothing",
         "nothing",
         0,
         true},
        // Nobody asks at this moment: socket by socket.
        {"on_drift", {.wish = restore}, "rear", "keys", "rear"},
        {"on_drift, by leave", {.wish = restore}, "keys rear", "keys", "rear", keys_bit},
        {"the end of a trial", {.wish = RevertRequest{from_the_guest()}}, "keys rear", "keys", "rear"},
        {"what a trial has left later",
         {.wish = RevertRequest{.way = from_the_guest(), .is_late = true}},
         "rear",
         "keys",
         "rear"},
        {"recovery", {.wish = RecoverRequest{from_the_guest()}}, "rear", "keys", "rear"},
    };

    for (const auto& row : rows) {
        auto bench = board();
        bench.standing = to_the_guest(row.standing_may_go);
        for (auto& profile : bench.settings.profiles)
            profile.may_take_last_keyboard = row.does_the_profile_say_so;
        // Of what was asked for since the boot, the profile of the boot touches nothing.
        if (std::holds_alternative<StartRequest>(row.request.wish)) bench.standing.reset();

        auto with_keyboard = bench;
        fakes::plug_keyboard(with_keyboard.snapshot, "3-3");
        auto with_disk = bench;
        fakes::plug_disk(with_disk.snapshot, "3-6", "sdb");
        with_disk.use.mounts = {{.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "ext4"}};
        auto fixed = bench;
        fakes::bits(fixed.snapshot).usb2_movable &= ~keys_bit;

        EXPECT_EQ(what_happens(with_keyboard, row.request), row.with_the_only_keyboard_in_keys) << row.who;
        EXPECT_EQ(what_happens(with_disk, row.request), row.with_a_mounted_disk_in_rear) << row.who;
        EXPECT_EQ(what_happens(fixed, row.request), row.with_keys_fixed_by_firmware) << row.who;
        EXPECT_EQ(what_happens(bench, row.request), "keys rear") << row.who;
    }
}

TEST(Guards, HoldForWhoComesHomeToo)
{
    auto bench = board();
    fakes::bits(bench.snapshot).usb2_owner &= ~(keys_bit | rear_bit);
    const Request home{.wish = ReturnRequest{GuestName("windows")}};

    EXPECT_EQ(what_happens(bench, home), "keys rear");
    fakes::bits(bench.snapshot).usb2_movable &= ~keys_bit;
    EXPECT_EQ(what_happens(bench, home), "rear");
}

TEST(Guards, TakeASocketThatHasJustComeForOneThatMayHoldAKeyboard)
{
    auto bench = board();
    const Request restore{.wish = RestoreRequest{}, .unseen_may_type = true};
    const Request start{.wish = StartRequest{ProfileName("desk")}, .unseen_may_type = true};

    EXPECT_EQ(stays_of(bench.ask(restore)), "keys not-seen-yet\nrear not-seen-yet\n");
    bench.standing.reset();
    EXPECT_EQ(refusal_of(bench.ask(start)), "not-seen-yet");

    fakes::plug_keyboard(bench.snapshot, "3-1"); // elsewhere
    bench.standing = to_the_guest();
    EXPECT_EQ(what_happens(bench, restore), "keys rear");
    bench.standing.reset();
    EXPECT_EQ(what_happens(bench, start), "keys rear");
}

TEST(Guards, WarnOfWhatIsInUseAlsoWhereNobodyAsks)
{
    auto bench = board();
    fakes::plug(bench.snapshot, "3-6", "Headset")
        .interfaces.push_back({.device_class = 1, .driver = "snd-usb-audio"});
    bench.use.activities = {
        {.usb = *topology::PortPath::parse("3-6"), .what = "sound card1 is being played"}};

    const auto plan = std::get<Plan>(bench.ask({.wish = RestoreRequest{}}));

    EXPECT_TRUE(plan.use_needed.sound);
    ASSERT_EQ(plan.warnings.size(), 1u);
    EXPECT_EQ(plan.warnings.front(), "rear takes along Headset (1234:5678): sound card1 is being played");
}

} // namespace
} // namespace usbroute::plan
