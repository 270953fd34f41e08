// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/bitwise_change.hpp"
#include "plan/call_back.hpp"
#include "unit/plan/bench.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace usbroute::plan {
namespace {

using config::ListenerSettings;
using config::ProfileEntry;
using config::Verb;

ListenerSettings line_of(const char* guest, std::vector<Verb> allow)
{
    return {.name = ListenerName(guest), .guest = GuestName(guest), .allow = std::move(allow)};
}

/// The host's only keyboard is in keys, the EHCIs belong to windows, and its line is open and has spoken.
Bench with_a_line(std::vector<Verb> allow)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    bench.lines = {line_of("windows", std::move(allow))};
    return bench;
}

void set_round(Bench& bench, std::vector<const char*> profiles)
{
    bench.settings.toggle.clear();
    for (const auto* profile : profiles) bench.settings.toggle.emplace_back(profile);
}

/// keys is given to nobody any more.
void grant_nothing(Bench& bench)
{
    for (auto& profile : bench.settings.profiles)
        std::erase_if(profile.entries,
                      [](const ProfileEntry& entry) { return entry.connector.text() == "keys"; });
}

void add_profile(Bench& bench, const char* name, std::vector<const char*> sockets)
{
    config::ProfileSettings profile{.name = ProfileName(name)};
    for (const auto* socket : sockets) profile.entries.push_back({ConnectorName(socket), windows()});
    bench.settings.profiles.push_back(std::move(profile));
}

struct Case {
    const char* what;
    std::vector<Verb> allow;
    std::function<void(Bench&)> also;
    const char* expected;
};

TEST(CallBack, ExemptsAKeyboardOnlyWhereOneCommandOfThatGuestBringsItHome)
{
    const auto nothing = [](Bench&) {};
    const std::vector<Case> cases{
        {"it can only look",
         {Verb::status, Verb::plan, Verb::subscribe, Verb::confirm},
         nothing,
         "last-keyboard"},
        {"toggle, and a profile of the round has it at the host", {Verb::toggle}, nothing, "not refused"},
        {"toggle, and no profile of the round has it at the host",
         {Verb::toggle},
         [](Bench& b) {
             add_profile(b, "game", {"keys"});
             set_round(b, {"desk", "game"});
         },
         "last-keyboard"},
        {"toggle, and a single profile that does not hold afterwards",
         {Verb::toggle},
         [](Bench& b) { set_round(b, {"desk"}); },
         "last-keyboard"},
        {"toggle, and a single profile that holds afterwards takes turns with the host",
         {Verb::toggle},
         [](Bench& b) {
             add_profile(b, "only-keys", {"keys"});
             set_round(b, {"only-keys"});
         },
         "not refused"},
        {"toggle to a third profile of the round, by its name",
         {Verb::toggle},
         [](Bench& b) {
             add_profile(b, "game", {"keys"});
             set_round(b, {"desk", "game", "all-host"});
         },
         "not refused"},
        {"apply, of a profile in the round", {Verb::apply}, nothing, "not refused"},
        {"apply, of no profile in the round that helps",
         {Verb::apply},
         [](Bench& b) { set_round(b, {"desk"}); },
         "last-keyboard"},
        {"move, of a socket that a profile gives to it", {Verb::move}, nothing, "not refused"},
        {"move, of a socket that no profile gives to it", {Verb::move}, grant_nothing, "last-keyboard"},
        {"undo, which ends with the next change of anybody", {Verb::undo}, nothing, "last-keyboard"},
        {"the line of another guest",
         {Verb::move, Verb::toggle},
         [](Bench& b) { b.lines = {line_of("other", config::all_verbs())}; },
         "last-keyboard"},
        {"no line", {Verb::move}, [](Bench& b) { b.lines.clear(); }, "last-keyboard"},
        {"a second line of the same guest",
         {Verb::status},
         [](Bench& b) { b.lines.push_back(line_of("windows", {Verb::move})); },
         "not refused"},
        {"toggle, and a disk in use would have to go the other way",
         {Verb::toggle},
         [](Bench& b) {
             // Back means to desk-2, which takes rear with a mounted disk.
             add_profile(b, "desk-2", {"rear"});
             set_round(b, {"desk-2"});
             fakes::plug_disk(b.snapshot, "3-6", "sdb");
             b.use.mounts = {{"8:17", "/dev/sdb1", "/mnt", "ext4"}};
         },
         "last-keyboard"},
    };

    for (const auto& [what, allow, also, expected] : cases) {
        auto bench = with_a_line(allow);
        also(bench);
        EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), expected) << what;
    }
}

/// On the machine as it is after the keyboard has gone.
CallBack after_keys_went(const Bench& bench, const std::function<void(topology::Snapshot&)>& also = {})
{
    const auto outcome = bench.ask(move("keys", windows()), true);
    const auto& plan = std::get<Plan>(outcome);
    auto snapshot = snapshot_after(bench.snapshot, plan);
    if (also) also(snapshot);
    const auto use = use_after(bench.use, plan);
    return can_call_back({.snapshot = snapshot,
                          .settings = bench.settings,
                          .use = use,
                          .last_change = {},
                          .standing = {},
                          .lines = {}},
                         bench.lines.front(), ConnectorName("keys"));
}

TEST(CallBack, IsPossibleWhileSomethingElseIsOnTrial)
{
    auto bench = with_a_line({Verb::toggle});
    fakes::bits(bench.snapshot).usb2_owner &= ~1u; // front, which is not the guest's own
    bench.trial = fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                       .usb2 = {.mask = 1, .before = 1, .after = 0},
                                       .superspeed = {},
                                       .title = "move front to ehci"};

    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "not refused");
}

TEST(CallBack, IsNotPossibleWhereTheHardwareDoesNotLetItHome)
{
    const auto bench = with_a_line(config::all_verbs());
    EXPECT_TRUE(after_keys_went(bench).is_possible);

    EXPECT_FALSE(after_keys_went(bench, [](auto& s) { fakes::bits(s).usb2_movable = 0x3ffb; }).is_possible);
    EXPECT_FALSE(after_keys_went(bench, [](auto& s) {
                     fakes::controller(s, "00:14.0").driver = "vfio-pci";
                 }).is_possible);
    EXPECT_FALSE(
        after_keys_went(bench, [](auto& s) { fakes::controller(s, "00:14.0").driver = ""; }).is_possible);
    EXPECT_FALSE(after_keys_went(bench, [](auto& s) {
                     s.controllers.edit().erase(s.controllers.begin());
                 }).is_possible);
}

TEST(CallBack, DoesNotCountOnTakingTheLastKeyboardInTurn)
{
    auto bench = with_a_line({Verb::toggle});
    add_profile(bench, "other-way", {"rear"});
    set_round(bench, {"other-way"});
    fakes::plug_keyboard(bench.snapshot, "3-6");

    EXPECT_FALSE(after_keys_went(bench).is_possible);
    bench.settings.profiles.back().may_take_last_keyboard = true;
    EXPECT_TRUE(after_keys_went(bench).is_possible);
}

TEST(CallBack, AsksForALookAtTheDisksThatItDependsOn)
{
    auto bench = with_a_line({Verb::toggle});
    add_profile(bench, "other-way", {"rear"});
    set_round(bench, {"other-way"});
    fakes::plug_disk(bench.snapshot, "3-6", "sdb");

    EXPECT_TRUE(after_keys_went(bench).use_needed.disks);
    EXPECT_TRUE(after_keys_went(bench).is_possible);
    bench.use.mounts = {{"8:17", "/dev/sdb1", "/mnt", "ext4"}};
    EXPECT_FALSE(after_keys_went(bench).is_possible);
}

TEST(CallBack, LooksAtTheMachineAsThePlanLeavesIt)
{
    auto bench = with_a_line({Verb::move});
    fakes::plug_disk(bench.snapshot, "3-3.1", "sdb");
    bench.use.inputs = topology::Inputs{};
    bench.use.inputs->devices.push_back(
        {.name = "Keyboard", .syspath = "x", .usb = topology::PortPath::parse("3-3"), .keys = {}});

    const auto outcome = bench.ask(move("keys", windows()), true);
    const auto& plan = std::get<Plan>(outcome);
    auto after = snapshot_after(bench.snapshot, plan);

    EXPECT_EQ(fakes::bits(after).usb2_owner, 0x3ffbu);
    EXPECT_TRUE(after.devices.empty());
    EXPECT_TRUE(after.blocks.empty());
    EXPECT_TRUE(use_after(bench.use, plan).inputs->devices.empty());
}

TEST(CallBack, IsNotAskedForWhereNoKeyboardGoes)
{
    auto bench = with_a_line({Verb::move});
    bench.snapshot.devices.clear();
    fakes::plug(bench.snapshot, "3-3", "Camera");

    const auto outcome = bench.ask(move("keys", windows()));

    EXPECT_FALSE(std::get<Plan>(outcome).movements.front().can_come_back);
    EXPECT_TRUE(std::get<Plan>(outcome).use_needed.none());
}

TEST(CallBack, HasTheHostsInputsReadToSayWhatIsLeftToTypeOn)
{
    const auto outcome = with_a_line({Verb::move}).ask(move("keys", windows()));

    EXPECT_TRUE(std::get<Plan>(outcome).movements.front().can_come_back);
    EXPECT_TRUE(std::get<Plan>(outcome).use_needed.inputs);
    EXPECT_FALSE(std::get<Plan>(outcome).use_needed.disks);
}

} // namespace
} // namespace usbroute::plan
