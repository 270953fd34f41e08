// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/journal.hpp"
#include "fakes/bitwise_change.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace usbroute::apply {
namespace {

using namespace std::chrono_literals;

plan::Change change(std::uint32_t mask, std::uint32_t before, std::uint32_t after, std::string title)
{
    return fakes::BitwiseChange{.controller = {.device = 0x14},
                                .usb2 = {.mask = mask, .before = before, .after = after},
                                .superspeed = {},
                                .title = std::move(title)};
}

const plan::Change front = change(1, 1, 0, "move front to ehci");
const plan::Change keys = change(4, 4, 0, "move keys to ehci");

std::string done(const plan::Change& what) { return begin_line(what) + end_line(Ending::done); }

const TrialTerms half_a_minute{.boot = "b00t-1d", .deadline = 90'500ms, .lasts = 30s};

TEST(JournalTrial, IsReadBackWithTheWayBack)
{
    const auto history =
        read_history(journal_header() + done(front) + trial_line(half_a_minute) + done(keys));

    ASSERT_TRUE(history.trial);
    EXPECT_EQ(history.trial->terms, half_a_minute);
    EXPECT_EQ(fakes::usb2(history.trial->way), fakes::usb2(keys));
    EXPECT_EQ(history.trial->undoable, 1u);
    EXPECT_EQ(history.undoable.size(), 2u);
}

TEST(JournalTrial, AChangeDuringATrialJoinsItAndTheWayBackIsToBeforeTheFirst)
{
    const auto back_again = change(1, 0, 1, "move front to xhci");
    const auto text =
        journal_header() + trial_line(half_a_minute) + done(front) + done(keys) + done(back_again);

    const auto history = read_history(text);

    ASSERT_TRUE(history.trial);
    EXPECT_EQ(fakes::usb2(history.trial->way), fakes::usb2(keys)); // front is where it was
    EXPECT_EQ(history.trial->undoable, 3u);
}

TEST(JournalTrial, AnotherTimeMovesTheEndAndKeepsTheWayBack)
{
    auto later = half_a_minute;
    later.deadline = 200s;

    const auto history = read_history(journal_header() + trial_line(half_a_minute) + done(front) +
                                      trial_line(later) + done(keys));

    ASSERT_TRUE(history.trial);
    EXPECT_EQ(history.trial->terms.deadline, 200s);
    EXPECT_EQ(fakes::usb2(history.trial->way), (fakes::Bits{.mask = 5, .before = 5, .after = 0}));
}

TEST(JournalTrial, EndsWhenConfirmedRevertedUndoneOrNeverBegun)
{
    const auto begun = journal_header() + trial_line(half_a_minute) + done(front);
    const plan::Change reverted = [] {
        auto back = front.inverse();
        back.title = "revert " + front.title;
        back.kind = plan::ChangeKind::revert;
        return back;
    }();

    EXPECT_FALSE(read_history(begun + trial_end_line()).trial);
    EXPECT_FALSE(read_history(begun + done(reverted)).trial);
    EXPECT_FALSE(read_history(begun + done(front.inverse())).trial);
    EXPECT_FALSE(read_history(journal_header() + trial_line(half_a_minute) + begin_line(front) +
                              end_line(Ending::undone))
                     .trial);
    EXPECT_TRUE(read_history(begun + begin_line(keys) + end_line(Ending::undone)).trial);
}

TEST(JournalTrial, ARevertTakesAllItsChangesOffTheUndoList)
{
    auto back = front.followed_by(keys).inverse();
    back.title = "revert move keys to ehci";
    back.kind = plan::ChangeKind::revert;
    const auto rear = change(0x200, 0x200, 0, "move rear to ehci");

    const auto history = read_history(journal_header() + done(rear) + trial_line(half_a_minute) +
                                      done(front) + done(keys) + done(back));

    ASSERT_EQ(history.undoable.size(), 1u);
    EXPECT_EQ(history.undoable[0].title, rear.title);
    EXPECT_EQ(history.done.size(), 4u);
}

plan::Change revert_of(const plan::Change& what)
{
    auto back = what.inverse();
    back.title = "revert " + what.title;
    back.kind = plan::ChangeKind::revert;
    return back;
}

TEST(JournalTrial, ShrinksByWhatWentBackAndItsRestIsNoChangeToUndo)
{
    const auto begun = journal_header() + done(change(0x200, 0x200, 0, "move rear to ehci")) +
                       trial_line(half_a_minute) + done(front) + done(keys);

    const auto history = read_history(begun + done(revert_of(keys)));

    ASSERT_TRUE(history.trial);
    EXPECT_TRUE(history.trial->is_ending);
    EXPECT_EQ(fakes::usb2(history.trial->way), fakes::usb2(front));
    EXPECT_EQ(history.trial->way.title, keys.title); // as it is called in every line about it
    ASSERT_EQ(history.undoable.size(), 1u);
    EXPECT_EQ(history.undoable[0].title, "move rear to ehci");
    EXPECT_EQ(read_history(written(history)).trial, history.trial);
    EXPECT_FALSE(read_history(begun + done(revert_of(keys)) + done(revert_of(front))).trial);
}

TEST(JournalTrial, OfWhichNothingCouldGoBackIsEndingAllTheSame)
{
    const auto history =
        read_history(journal_header() + trial_line(half_a_minute) + done(front) + trial_rest_line(front));

    ASSERT_TRUE(history.trial);
    EXPECT_TRUE(history.trial->is_ending);
    EXPECT_EQ(fakes::usb2(history.trial->way), fakes::usb2(front));
    EXPECT_TRUE(history.undoable.empty());
}

TEST(JournalTrial, ThatIsEndingIsNotJoinedAndLosesWhatIsMovedByHand)
{
    const auto ending =
        journal_header() + trial_line(half_a_minute) + done(front) + trial_rest_line(front) + done(keys);

    EXPECT_EQ(fakes::usb2(read_history(ending).trial->way), fakes::usb2(front));
    EXPECT_EQ(read_history(ending).undoable, std::vector{keys});
    EXPECT_FALSE(read_history(ending + done(change(1, 0, 1, "move front to xhci"))).trial);
    // Another trial takes what is left of it along.
    const auto again = read_history(ending + trial_line(half_a_minute) + done(keys.inverse()));
    ASSERT_TRUE(again.trial);
    EXPECT_FALSE(again.trial->is_ending);
    EXPECT_TRUE(again.trial->was_ending);
    EXPECT_EQ(read_history(written(again)).trial, again.trial);
    EXPECT_EQ(read_history(written(again)).undoable, again.undoable);
}

TEST(JournalTrial, AChangeThatStaysOutOfItIsNotTakenBackAndLiesBelowItForUndo)
{
    auto by_leave = keys;
    for (auto& shift : by_leave.shifts) shift.keyboard_may_go = true;
    const Stamp apart{.when = {}, .who = "windows", .stays_out = true};
    const auto begun =
        journal_header() + trial_line(half_a_minute) + done(front) + begin_line(by_leave, apart);

    const auto open = read_history(begun);
    EXPECT_TRUE(open.open_stamp.stays_out);
    EXPECT_EQ(fakes::may_go(*open.open), 4u);
    EXPECT_EQ(read_history(written(open)).open_stamp, open.open_stamp);

    for (const auto& text : {begun, written(open)}) {
        const auto history = read_history(text + end_line(Ending::done));
        ASSERT_TRUE(history.trial);
        EXPECT_EQ(fakes::usb2(history.trial->way), fakes::usb2(front));
        EXPECT_EQ(history.trial->undoable, 1u);
        EXPECT_EQ(history.undoable, (std::vector{keys, front}));
        EXPECT_EQ(history.unreadable, 0u);
        EXPECT_EQ(read_history(written(history)).done, history.done);
        // The trial's end takes its own change off the list, and not the other.
        EXPECT_EQ(read_history(text + end_line(Ending::done) + done(revert_of(front))).undoable,
                  std::vector{keys});
        // It is said of one change alone.
        const auto rear = change(0x200, 0x200, 0, "move rear to ehci");
        EXPECT_EQ(fakes::usb2(read_history(text + end_line(Ending::done) + done(rear)).trial->way).mask,
                  0x201u);
    }
    const auto own = begin_line(front.inverse(), apart) + end_line(Ending::done);
    EXPECT_FALSE(read_history(journal_header() + trial_line(half_a_minute) + done(front) + own).trial);
}

TEST(JournalTrial, WhatAProfileLetsGoIsReadBackAndEndsWithTheNextMoveOfThatSocket)
{
    auto by_leave = change(5, 5, 0, "apply desk");
    for (auto& shift : by_leave.shifts) shift.keyboard_may_go = true;

    const auto history = read_history(journal_header() + done(by_leave));
    const auto again = read_history(written(history));

    EXPECT_EQ(fakes::may_go(*history.standing), 5u);
    EXPECT_EQ(again.standing, history.standing);
    EXPECT_EQ(again.unreadable, 0u);
    EXPECT_EQ(fakes::may_go(*read_history(written(history) + done(keys)).standing), 1u);
    EXPECT_EQ(fakes::may_go(*read_history(journal_header() + begin_line(by_leave)).open), 5u);
    // The version before said it in a line of its own, for the very next line alone.
    const std::string before = "usbroute-journal 3\nmay-go 5\n";
    const std::string moved = "begin move 0000:00:14.0 1:1:0 0:0:0 0 - - move front to ehci\nend done\n";
    EXPECT_EQ(fakes::may_go(*read_history(before + moved).standing), 1u);
    EXPECT_EQ(fakes::may_go(*read_history(before + "begin 0000\n" + moved).standing), 0u);
}

TEST(JournalTrial, ARestoreMeanwhileLeavesTheWayBackAsItIs)
{
    auto restore = front;
    restore.title = "restore the routes";
    restore.kind = plan::ChangeKind::restore;

    const auto history =
        read_history(journal_header() + trial_line(half_a_minute) + done(front) + done(restore));

    ASSERT_TRUE(history.trial);
    EXPECT_EQ(fakes::usb2(history.trial->way), fakes::usb2(front));
    EXPECT_EQ(history.trial->undoable, 1u);
}

TEST(JournalTrial, SurvivesTheJournalBeingWrittenAnew)
{
    auto owned = front;
    owned.shifts.front().owner_before = "windows";
    const Stamp stamp{.when = std::chrono::sys_seconds(1'790'000'000s), .who = "netcat"};
    const auto history =
        read_history(journal_header() + trial_line(half_a_minute) + begin_line(owned, stamp) +
                     end_line(Ending::done) + begin_line(keys, stamp));

    const auto again = read_history(written(history));

    EXPECT_EQ(again.trial, history.trial);
    EXPECT_EQ(again.trial->way.shifts, owned.shifts);
    EXPECT_EQ(fakes::usb2(again.undoable[0]), fakes::usb2(owned));
    EXPECT_EQ(again.open, history.open);
    EXPECT_EQ(again.open_stamp, stamp);
    EXPECT_EQ(again.done, history.done);
    EXPECT_EQ(again.unreadable, 0u);
}

TEST(JournalTrial, LongerThanTheMemoryOfUndoStillHasItsWayBackWhenWrittenAnew)
{
    const auto keys_again = change(4, 0, 4, "move keys to xhci");
    std::string text = journal_header() + trial_line(half_a_minute) + done(front);
    for (std::size_t i = 0; i < remembered + 3; ++i) text += done(i % 2 == 0 ? keys : keys_again);

    const auto history = read_history(text);
    const auto again = read_history(written(history));

    ASSERT_TRUE(again.trial);
    EXPECT_EQ(again.trial, history.trial);
    EXPECT_EQ(fakes::usb2(again.trial->way), (fakes::Bits{.mask = 5, .before = 5, .after = 0}));
    EXPECT_EQ(again.trial->undoable, remembered);
}

TEST(JournalTrial, OfTheVersionBeforeBitsAreReadAsShiftsAndOwnersToo)
{
    const std::string before = "usbroute-journal 3\n";
    const auto history = read_history(
        before + "begin move 0000:00:14.0 5:5:0 2:0:2 0 - host:1,windows:4 apply desk\nend done\n");

    EXPECT_FALSE(history.is_of_today);
    EXPECT_FALSE(history.is_foreign);
    EXPECT_EQ(history.unreadable, 0u);
    ASSERT_EQ(history.undoable.size(), 1u);
    const std::vector<plan::Shift> shifts = {
        {.key = chips::MuxBit{0}, .from = "xhci", .to = "ehci", .owner_before = "host"},
        {.key = chips::MuxBit{2}, .from = "xhci", .to = "ehci", .owner_before = "windows"},
        {.key = chips::SuperSpeedPort{2}, .from = "off", .to = "on"}};
    EXPECT_EQ(history.undoable[0].shifts, shifts);
    EXPECT_EQ(history.undoable[0].title, "apply desk");
    EXPECT_EQ(history.undoable[0].kind, plan::ChangeKind::move);
    // Written anew it is of today.
    EXPECT_EQ(read_history(written(history)).undoable, history.undoable);

    const auto unreadable = [&](const std::string& line) { return read_history(before + line).unreadable; };
    EXPECT_EQ(unreadable("begin move 0000:00:14.0 1:2:0 0:0:0 0 - - value outside its mask\n"), 1u);
    EXPECT_EQ(unreadable("begin move 0000:00:14.0 1:1:0 0:0:0 0 - host=1 no list\n"), 1u);
}

TEST(JournalTrial, OfZeroPointOneEachChangeIsOfTheKindThatItsTitleSays)
{
    const std::string keys_away = "usbroute-journal 2\nbegin 0000:00:14.0 4:4:0 0:0:0 0 - - ";
    const auto history = read_history(keys_away + "move keys to ehci\nend done\n");

    EXPECT_FALSE(history.is_of_today);
    EXPECT_FALSE(history.is_foreign);
    EXPECT_EQ(history.undoable, std::vector{keys});
    EXPECT_EQ(history.unreadable, 0u);

    const auto kind_of = [&](const std::string& title) {
        return read_history(keys_away + title + "\nend done\n").done.at(0).change.kind;
    };
    EXPECT_EQ(kind_of("undo move keys to xhci"), plan::ChangeKind::undo);
    EXPECT_EQ(kind_of("revert move keys to xhci"), plan::ChangeKind::revert);
    EXPECT_EQ(kind_of("restore the routes"), plan::ChangeKind::restore);
    EXPECT_EQ(kind_of("apply undo"), plan::ChangeKind::move);
    EXPECT_TRUE(read_history("usbroute-journal 1\n").is_foreign);
}

TEST(JournalTrial, ALineThatSaysAKeyTwiceOrAWordThatItCannotHaveIsPassedOver)
{
    const auto unreadable = [](const std::string& shifts) {
        return read_history(journal_header() + "begin move 0000:00:14.0 0 - " + shifts + " x\n").unreadable;
    };
    EXPECT_EQ(unreadable("bit0:xhci>ehci=host!,ss1:on>off"), 0u);
    EXPECT_EQ(unreadable("-"), 0u);
    for (const auto* shifts : {"bit0:xhci>ehci,bit0:ehci>xhci", "ss1:on>off,bit0:xhci>ehci", "bit0:on>off",
                               "bit32:xhci>ehci", "ss0:on>off", "bit0:xhci", "bit0>ehci",
                               "bit0:xhci>ehci=a=b", "", "0000:00:1d.0:ehci-pci>vfio-pci", "bit0:xhci>ehci,"})
        EXPECT_EQ(unreadable(shifts), 1u) << shifts;
}

TEST(JournalTrial, AChangeIsOfTheKindThatItWasWrittenAsWhateverItsTitle)
{
    for (const auto kind : {plan::ChangeKind::move, plan::ChangeKind::undo, plan::ChangeKind::restore,
                            plan::ChangeKind::revert, plan::ChangeKind::come_home, plan::ChangeKind::start}) {
        auto what = change(4, 4, 0, "undo revert restore");
        what.kind = kind;
        EXPECT_EQ(read_history(journal_header() + done(what)).done.at(0).change.kind, kind);
    }
    const auto history =
        read_history(journal_header() + "begin mvoe 0000:00:14.0 4:4:0 0:0:0 0 - - x\nend done\n");
    EXPECT_TRUE(history.done.empty());
    EXPECT_EQ(history.unreadable, 1u);
}

TEST(JournalTrial, TheProfileInForceIsReadBackAndLastsUntilSomethingElseIsMoved)
{
    auto desk = change(4, 4, 0, "toggle to desk");
    desk.profile = ProfileName("desk");
    auto restored = change(4, 4, 0, "restore");
    restored.kind = plan::ChangeKind::restore;
    const auto applied = [](const std::string& text) { return read_history(text).standing->profile; };

    auto text = journal_header() + done(desk);
    EXPECT_TRUE(text.contains("begin move=desk ")) << text;
    EXPECT_EQ(applied(text), ProfileName("desk"));
    EXPECT_EQ(applied(written(read_history(text))), ProfileName("desk"));

    text += done(restored);
    EXPECT_EQ(applied(text), ProfileName("desk")) << "it is back where the profile wants it";
    text += done(front);
    EXPECT_EQ(applied(text), std::nullopt);

    EXPECT_FALSE(read_history(journal_header() + "begin move=a/b 0000:00:14.0 0 - - x\nend done\n").standing);
}

TEST(JournalTrial, OfEachBitTheLastChangeIsKeptHoweverLongAgo)
{
    std::string text = journal_header() + done(keys);
    for (int i = 0; i < 1000; ++i) text += done(i % 2 == 0 ? front : front.inverse());

    const auto history = read_history(text);

    ASSERT_EQ(history.done.size(), remembered + 1);
    EXPECT_EQ(history.done.front().change.title, keys.title);
}

TEST(JournalTrial, AHeaderInTheMiddleReplacesAllThatIsAboveIt)
{
    const auto kept = written(read_history(journal_header() + done(front)));

    // A torn line above it does no harm, nor does an older version.
    const auto history = read_history("usbroute-journal 3\nbegin 0000:0\n" + kept + done(keys));

    EXPECT_EQ(history.undoable, (std::vector{front, keys}));
    EXPECT_EQ(history.unreadable, 0u);
    EXPECT_TRUE(history.is_of_today);
}

TEST(JournalTrial, WhateverTheWallClockSaysTheChangeIsReadBack)
{
    for (const auto when :
         {std::chrono::sys_seconds(-90'000'000s), std::chrono::sys_seconds(9'000'000'000s)}) {
        const auto line = begin_line(front, {.when = when, .who = "control"});

        const auto history = read_history(journal_header() + line + end_line(Ending::done));

        EXPECT_EQ(history.undoable, std::vector{front});
        EXPECT_EQ(history.unreadable, 0u);
    }
}

TEST(JournalTrial, NothingInAFileCanMakeItGrowOrFail)
{
    auto by_leave = front;
    by_leave.shifts.front().keyboard_may_go = true;
    const auto good = journal_header() + trial_line(half_a_minute) + done(front) + done(keys) +
                      standing_line(by_leave) + trial_rest_line(front) + done(front.inverse());
    std::mt19937 random(7);

    for (int round = 0; round < 3000; ++round) {
        auto text = good;
        for (int i = 0; i < 4; ++i)
            text[random() % text.size()] =
                static_cast<char>(random() % 2 == 0 ? random() % 256 : '0' + random() % 10);
        const auto history = read_history(text);
        EXPECT_LE(history.undoable.size(), remembered);
        const auto again = read_history(written(history));
        EXPECT_EQ(again.undoable.size(), history.undoable.size());
        EXPECT_EQ(again.unreadable, 0u);
    }
}

} // namespace
} // namespace usbroute::apply
