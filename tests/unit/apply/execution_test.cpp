// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/recovery.hpp"
#include "apply/register_backend.hpp"
#include "fakes/bitwise_change.hpp"
#include "fakes/boards.hpp"
#include "fakes/fake_registers.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace usbroute::apply {
namespace {

using chips::RouteBits;
using fakes::FakeRegisters;
using fakes::RecordingJournal;
using plan::Plan;
using topology::Side;

const RouteBits everything_on_xhci{
    .usb2_owner = 0x7fff, .usb2_movable = 0x3fff, .superspeed_on = 0x3f, .superspeed_movable = 0x3f};

/// front (bit 0 and SuperSpeed 1) to EHCI.
Plan front_to_ehci()
{
    auto snapshot = fakes::z97();
    fakes::bits(snapshot) = everything_on_xhci;
    const auto settings = fakes::settings();
    const auto outcome = plan::make_plan(
        {snapshot, settings, {}, {}}, {plan::MoveRequest{{ConnectorName("front")}, Side::ehci}, false, {}});
    return std::get<Plan>(outcome);
}

TEST(Execution, WritesSuperSpeedFirstAndReadsEveryWriteBack)
{
    FakeRegisters registers(everything_on_xhci);
    RecordingJournal journal;

    const auto applied = execute(front_to_ehci(), registers, journal);

    ASSERT_TRUE(applied) << applied.error().message();
    EXPECT_EQ(registers.log, "read\n"
                             "write USB3_PSSEN 003e\n"
                             "read\n"
                             "write XUSB2PR 7ffe\n"
                             "read\n");
    EXPECT_EQ(journal.text, "usbroute-journal 4\n"
                            "begin move 0000:00:14.0 0 - bit0:xhci>ehci=host,ss1:on>off move front to ehci\n"
                            "end done\n");
}

TEST(Execution, Invariant1KeepsTheUsbRBitAndTheUpperHalf)
{
    auto bits = everything_on_xhci;
    bits.usb2_owner = 0xdead'7fff;
    bits.usb2_movable = 0xffff'ffff;
    FakeRegisters registers(bits);
    RecordingJournal journal;
    auto plan = front_to_ehci();
    plan.made_for.routes = bits;

    ASSERT_TRUE(execute(plan, registers, journal));

    EXPECT_EQ(registers.bits.usb2_owner, 0xdead'7ffeu);
}

TEST(Execution, Invariant7TouchesNothingWhenTheRegistersAreNotWhatThePlanWasMadeFor)
{
    auto bits = everything_on_xhci;
    bits.usb2_owner = 0x7ffb;
    FakeRegisters registers(bits);
    RecordingJournal journal;

    const auto applied = execute(front_to_ehci(), registers, journal);

    EXPECT_EQ(applied.error().code(), "stale-plan");
    EXPECT_EQ(registers.log, "read\n");
    EXPECT_EQ(journal.text, "usbroute-journal 4\n");
}

TEST(Execution, Invariant4UndoesAWriteThatDoesNotTake)
{
    FakeRegisters registers(everything_on_xhci);
    registers.stuck = 1; // both registers keep bit 0
    RecordingJournal journal;

    const auto applied = execute(front_to_ehci(), registers, journal);

    EXPECT_EQ(applied.error().code(), "write-did-not-take");
    EXPECT_EQ(applied.error().kind(), ErrorKind::failed);
    EXPECT_EQ(applied.error().message(),
              "cannot move front to ehci: USB3_PSSEN kept its own value: 0x3e was written, 0x3f is "
              "read back (bits 0x1); the machine is as before");
    EXPECT_EQ(registers.bits, everything_on_xhci);
    EXPECT_TRUE(journal.text.ends_with("end undone\n"));
}

TEST(Execution, Invariant4TakesTheFirstStepBackWhenTheSecondIsForbidden)
{
    FakeRegisters registers(everything_on_xhci);
    registers.failing_write = 2;
    RecordingJournal journal;

    const auto applied = execute(front_to_ehci(), registers, journal);

    EXPECT_EQ(applied.error().kind(), ErrorKind::not_permitted);
    EXPECT_EQ(applied.error().code(), "lockdown");
    EXPECT_EQ(registers.bits, everything_on_xhci);
    EXPECT_EQ(registers.log, "read\n"
                             "write USB3_PSSEN 003e\n"
                             "read\n"
                             "write XUSB2PR 7ffe\n"
                             "read\n" // roll back: XUSB2PR is as it was
                             "read\n"
                             "write USB3_PSSEN 003f\n"
                             "read\n"
                             "read\n");
}

TEST(Execution, SaysHowToRecoverWhenItCannotTakeAStepBack)
{
    FakeRegisters registers(everything_on_xhci);
    RecordingJournal journal;
    registers.on_write = [&](int n) {
        if (n == 1) registers.failing_write = FakeRegisters::every_write;
    };

    const auto applied = execute(front_to_ehci(), registers, journal);

    EXPECT_EQ(applied.error().kind(), ErrorKind::half_way);
    EXPECT_TRUE(applied.error().message().ends_with(
        "the change could not be taken back; to recover, as root: setpci -s 0000:00:14.0 d8.l=1:1"))
        << applied.error().message();
    EXPECT_TRUE(journal.text.ends_with("end half-way\n"));
}

TEST(Execution, NoticesThatALaterStepDisturbedAnEarlierOne)
{
    FakeRegisters registers(everything_on_xhci);
    RecordingJournal journal;
    registers.on_write = [&](int n) {
        if (n == 2) registers.bits.superspeed_on = 0x3f;
    };

    const auto applied = execute(front_to_ehci(), registers, journal);

    EXPECT_EQ(applied.error().code(), "write-did-not-take");
    EXPECT_EQ(registers.bits, everything_on_xhci);
}

TEST(Execution, GoesOnWithoutAJournalAndSaysSo)
{
    FakeRegisters registers(everything_on_xhci);
    RecordingJournal journal;
    journal.broken = true;

    const auto applied = execute(front_to_ehci(), registers, journal);

    ASSERT_TRUE(applied);
    EXPECT_EQ(applied->warnings,
              std::vector<std::string>{
                  "the journal could not be written, so undo may not know about this change: cannot "
                  "write the journal: No space left on device"});
}

TEST(Execution, FailsCleanlyWhenTheControllerVanishes)
{
    FakeRegisters registers(everything_on_xhci);
    RecordingJournal journal;
    registers.on_write = [&](int) { registers.read_errno = 19; }; // ENODEV

    const auto applied = execute(front_to_ehci(), registers, journal);

    EXPECT_EQ(applied.error().kind(), ErrorKind::half_way);
}

/// The board as it is now, with settings that name front.
Decide decide_on(const FakeRegisters& registers,
                 std::function<void(topology::Snapshot&, topology::HostUse&)> also = {})
{
    return [&registers, also = std::move(also)](const plan::Request& request) {
        auto snapshot = fakes::z97();
        fakes::bits(snapshot) = registers.bits;
        const auto settings = fakes::settings();
        topology::HostUse use;
        if (also) also(snapshot, use);
        return plan::make_plan({.snapshot = snapshot, .settings = settings, .use = use}, request);
    };
}

/// Killed at an access: everything after it does not happen.
struct Killed {};

TEST(Execution, Invariant8ALeftOverChangeIsRecoveredAfterAKillAtEveryAccess)
{
    for (int kill_at = 1; kill_at <= 5; ++kill_at) {
        FakeRegisters registers(everything_on_xhci);
        RecordingJournal journal;
        int accesses = 0;
        const auto count = [&] {
            if (++accesses == kill_at) throw Killed{};
        };
        registers.on_read = count;
        registers.on_write = [&](int) { count(); };
        try {
            (void)execute(front_to_ehci(), registers, journal);
        } catch (const Killed&) {}
        registers.on_read = nullptr;
        registers.on_write = nullptr;

        const auto open = read_history(journal.text).open;
        if (!open) {
            EXPECT_EQ(registers.bits, everything_on_xhci) << "killed at " << kill_at;
            continue;
        }
        const auto recovered = recover(*open, registers, journal, decide_on(registers));

        ASSERT_TRUE(recovered) << recovered.error().message();
        EXPECT_FALSE(read_history(journal.text).open);
        const bool as_planned = registers.bits.usb2_owner == 0x7ffe && registers.bits.superspeed_on == 0x3e;
        EXPECT_TRUE(as_planned || registers.bits == everything_on_xhci)
            << "killed at " << kill_at << ": " << recovered->text;
    }
}

TEST(Recovery, LeavesAloneWhatSomebodyElseHasMovedSince)
{
    auto bits = everything_on_xhci;
    bits.usb2_owner = 0x7ffd; // bit 0 as before, bit 1 not
    FakeRegisters registers(bits);
    RecordingJournal journal;
    const plan::Change open = fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                                   .usb2 = {.mask = 3, .before = 3, .after = 0},
                                                   .superspeed = {},
                                                   .title = "x"};

    EXPECT_EQ(standing_of(open, bits), Standing::elsewhere);
    ASSERT_TRUE(recover(open, registers, journal, decide_on(registers)));
    EXPECT_EQ(registers.bits, bits);
}

TEST(Recovery, LeavesAMountedDiskWhereItIsAndTheChangeOpenUntilItCanBeTakenBack)
{
    // "move front to xhci" was cut short: its SuperSpeed half is on, the wires are still on EHCI.
    auto bits = everything_on_xhci;
    bits.usb2_owner &= ~1u;
    FakeRegisters registers(bits);
    RecordingJournal journal;
    const plan::Change open = fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                                   .usb2 = {.mask = 1, .before = 0, .after = 1},
                                                   .superspeed = {.mask = 1, .before = 0, .after = 1},
                                                   .title = "move front to xhci"};
    ASSERT_TRUE(journal.begin(open, {}));
    const auto mounted = [](topology::Snapshot& snapshot, topology::HostUse& use) {
        fakes::plug_disk(snapshot, "4-1", "sdb");
        use.mounts = {{.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "ext4"}};
    };

    const auto guarded = recover(open, registers, journal, decide_on(registers, mounted));

    ASSERT_TRUE(guarded) << guarded.error().message();
    EXPECT_EQ(registers.bits, bits);
    ASSERT_EQ(guarded->staying.size(), 1u);
    EXPECT_TRUE(guarded->text.starts_with(
        "\"move front to xhci\" was interrupted: it is half done, and cannot be taken "
        "back yet; front stays: front holds disk sdb"))
        << guarded->text;
    EXPECT_TRUE(read_history(journal.text).open);

    const auto free = recover(open, registers, journal, decide_on(registers));

    ASSERT_TRUE(free);
    EXPECT_EQ(registers.bits.superspeed_on, bits.superspeed_on & ~1u);
    EXPECT_FALSE(read_history(journal.text).open);
    EXPECT_TRUE(read_history(journal.text).undoable.empty());
}

TEST(Journal, ReadsBackWhatItWrote)
{
    const auto change = front_to_ehci().change;
    const Stamp stamp{.when = std::chrono::sys_seconds(std::chrono::seconds(1'790'000'000)),
                      .who = "control (uid 1000, pid 4711)"};
    const auto text = journal_header() + begin_line(change, stamp) + end_line(Ending::done);

    const auto history = read_history(text);

    ASSERT_EQ(history.undoable.size(), 1u);
    EXPECT_EQ(history.undoable[0], change);
    EXPECT_EQ(history.done, (std::vector<Entry>{{.change = change, .stamp = stamp}}));
    const auto again = read_history(written(history));
    EXPECT_EQ(again.undoable, history.undoable);
    EXPECT_EQ(again.done, history.done);
    EXPECT_EQ(again.standing, history.standing);
    EXPECT_EQ(again.unreadable, 0u);
}

TEST(Journal, PassesOverWhatIsTornForeignOrHostile)
{
    const auto change = front_to_ehci().change;
    const auto good = begin_line(change) + end_line(Ending::done);

    for (std::size_t cut = 0; cut < good.size(); ++cut)
        EXPECT_LE(read_history(journal_header() + good.substr(0, cut)).undoable.size(), 1u);
    EXPECT_TRUE(read_history("usbroute-journal 5\n" + good).is_foreign);
    EXPECT_EQ(read_history("usbroute-journal 1\n" + good).undoable.size(), 0u);
    EXPECT_EQ(
        read_history(journal_header() + "begin nonsense\nend done\n\n\xff\xff\n" + good).undoable.size(), 1u);
    EXPECT_EQ(read_history(journal_header() +
                           "begin move 0000:00:14.0 0 - bit0:xhci>off no place of a bit\nend done\n")
                  .undoable.size(),
              0u);
    EXPECT_EQ(read_history("").undoable.size(), 0u);
}

TEST(Journal, AddsUpAllThatWasDoneHoweverLongAgo)
{
    const plan::Change first = fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                                    .usb2 = {.mask = 0x11, .before = 0x11, .after = 0},
                                                    .superspeed = {},
                                                    .title = "move front keys to ehci"};
    const plan::Change second = fakes::BitwiseChange{.controller = first.controller,
                                                     .usb2 = {.mask = 0x30, .before = 0x20, .after = 0x10},
                                                     .superspeed = {},
                                                     .title = "move keys rear to ehci"};
    std::string text = journal_header() + begin_line(first) + end_line(Ending::done);
    for (std::size_t i = 0; i <= remembered; ++i) text += begin_line(second) + end_line(Ending::done);
    text += begin_line(first.inverse()) + end_line(Ending::undone);

    const auto standing = read_history(written(read_history(text))).standing;

    ASSERT_TRUE(standing);
    EXPECT_EQ(fakes::usb2(*standing), (fakes::Bits{.mask = 0x31, .before = 0x31, .after = 0x10}));
}

TEST(Journal, ARestoreIsNoChangeToUndo)
{
    auto change = front_to_ehci().change;
    std::string text = journal_header() + begin_line(change) + end_line(Ending::done);
    change.title = plan::text_of(plan::Wish(plan::RestoreRequest{}));
    change.kind = plan::ChangeKind::restore;
    text += begin_line(change) + end_line(Ending::done);

    const auto history = read_history(text);

    ASSERT_EQ(history.undoable.size(), 1u);
    EXPECT_EQ(history.undoable[0].title, front_to_ehci().change.title);
}

TEST(Journal, UndoTakesTheLastChangeOffAndTwentyAreRemembered)
{
    auto change = front_to_ehci().change;
    std::string text = journal_header();
    for (int i = 0; i < 25; ++i) {
        change.title = "change " + std::to_string(i);
        text += begin_line(change) + end_line(Ending::done);
    }
    EXPECT_EQ(read_history(text).undoable.size(), remembered);

    text += begin_line(change.inverse()) + end_line(Ending::done);
    const auto history = read_history(text);
    EXPECT_EQ(history.undoable.size(), remembered - 1);
    EXPECT_EQ(history.undoable.back().title, "change 23");
}

} // namespace
} // namespace usbroute::apply
