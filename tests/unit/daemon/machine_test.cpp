// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/machine.hpp"
#include "daemon/recovery.hpp"
#include "fakes/at_once.hpp"
#include "fakes/bitwise_change.hpp"
#include "fakes/daemon_room.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::daemon {
namespace {

class MachineTest : public testing::Test, protected fakes::DaemonRoom {
protected:
    using DaemonRoom::DaemonRoom;

    std::string move(const char* connector, const char* to)
    {
        const auto done = fakes::carry_out(
            machine, {.wish = plan::MoveRequest{{ConnectorName(connector)}, config::target_from(to)}});
        if (done) return done->plan->title;
        if (const auto* refusal = std::get_if<plan::Refusal>(&done.error()))
            return std::string(plan::code_of(refusal->reason));
        return std::get<Error>(done.error()).code();
    }
};

/// A machine with a kernel that can be asked about disks.
class MachineThatAsks : public MachineTest {
protected:
    MachineThatAsks()
        : MachineTest([this] {
              ++asked;
              if (answer) machine.know_claims(*answer);
          })
    {}

    int asked = 0;
    std::optional<topology::Claims> answer; ///< at once; nothing: it is still to come
    const topology::Claims nobody_listens{.answer = topology::ClaimsAnswer::absent, .why = "nobody listens"};
};

TEST_F(MachineTest, MovesAndRemembersIt)
{
    machine.take(board);

    EXPECT_EQ(move("keys", "ehci"), "move keys to ehci");

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    ASSERT_EQ(journal.history().undoable.size(), 1u);
    EXPECT_EQ(journal.history().undoable[0].title, "move keys to ehci");
    EXPECT_EQ(machine.read_registers(), std::nullopt); // what we wrote is no drift
}

TEST_F(MachineTest, LooksAtInputDevicesOnlyWhenAKeyboardCouldBeLost)
{
    fakes::plug_keyboard(board, "3-3");
    machine.take(board);

    for (int i = 0; i < 4; ++i) ASSERT_TRUE(fakes::carry_out(machine, {.wish = plan::ToggleRequest{}}));
    EXPECT_EQ(counted.asked, 0); // between the sides of the host

    for (const char* address : {"00:1d.0", "00:1a.0"}) {
        fakes::controller(board, address).driver = "vfio-pci";
        fakes::controller(board, address).buses.clear();
    }
    machine.take(board);
    EXPECT_EQ(move("front", "windows"), "move front to windows");
    EXPECT_EQ(counted.asked, 0); // without a keyboard
    EXPECT_EQ(move("keys", "windows"), "last-keyboard");
    EXPECT_GT(counted.asked, 0);

    using fakes::dir;
    using fakes::file;
    tree.add("sys/class",
             dir("input", {fakes::link("input0", "../../devices/platform/i8042/serio0/input/input0")}));
    tree.add("sys/devices/platform/i8042/serio0/input/input0",
             dir("capabilities", {file("ev", "120013\n"), file("key", "fffffffffffffffe\n")}));
    EXPECT_EQ(move("keys", "windows"), "move keys to windows"); // one is built in
}

TEST_F(MachineThatAsks, HasTheKernelAskedOnlyBeforeADiskCouldGo)
{
    using topology::ClaimsAnswer;
    using topology::ClaimState;
    tree.add("proc/self", fakes::file("mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"));
    const plan::Request rear{.wish = plan::MoveRequest{{ConnectorName("rear")}, config::target_from("ehci")}};
    const plan::Request keys{.wish = plan::MoveRequest{{ConnectorName("keys")}, config::target_from("ehci")}};
    machine.take(board);
    EXPECT_FALSE(machine.awaits_claims(rear)); // nothing is plugged in there
    fakes::plug_disk(board, "3-6", "sdb");
    machine.take(board);

    EXPECT_FALSE(machine.awaits_claims(keys));
    EXPECT_EQ(asked, 0);
    EXPECT_TRUE(machine.awaits_claims(rear));
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(move("rear", "ehci"), "disk-in-use"); // whoever does not wait for the answer
    machine.know_claims(topology::Claims{.answer = ClaimsAnswer::given,
                                         .claims = {{.block = "sdb", .state = ClaimState::claimed}}});
    EXPECT_FALSE(machine.awaits_claims(rear));
    EXPECT_EQ(move("rear", "ehci"), "disk-in-use");
    machine.know_claims(topology::Claims{.answer = ClaimsAnswer::given,
                                         .claims = {{.block = "sdb", .state = ClaimState::free},
                                                    {.block = "sdb1", .state = ClaimState::free}}});
    EXPECT_EQ(move("rear", "ehci"), "move rear to ehci");
    EXPECT_EQ(asked, 1);
}

TEST_F(MachineThatAsks, GoesOnWithAWarningWhereNobodyCanAskTheKernel)
{
    tree.add("proc/self", fakes::file("mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"));
    answer = nobody_listens;
    fakes::plug_disk(board, "3-6", "sdb");
    machine.take(board);
    const plan::Request rear{.wish = plan::MoveRequest{{ConnectorName("rear")}, config::target_from("ehci")}};

    EXPECT_FALSE(machine.awaits_claims(rear));
    const auto done = fakes::carry_out(machine, rear);

    ASSERT_TRUE(done);
    ASSERT_EQ(done->warnings.size(), 1u);
    EXPECT_TRUE(done->warnings[0].ends_with("cannot be seen: nobody listens")) << done->warnings[0];
}

TEST_F(MachineThatAsks, HasTheKernelAskedBeforeAnInterruptedChangeTakesADiskAlong)
{
    using topology::ClaimsAnswer;
    using topology::ClaimState;
    tree.add("proc/self", fakes::file("mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"));
    ASSERT_TRUE(journal.begin(fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                                   .usb2 = {.mask = 0x200, .before = 0, .after = 0x200},
                                                   .superspeed = {},
                                                   .title = "move rear to xhci"},
                              {}));
    fakes::plug_disk(board, "3-6", "sdb");
    machine.take(board);
    std::string ended;
    Recovery recovery(machine, [&](const plan::Change& change) { ended += change.title; });

    recovery.look_again();
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(registers.writes, 0);
    EXPECT_TRUE(journal.history().open);
    EXPECT_EQ(ended, "");

    machine.know_claims(topology::Claims{.answer = ClaimsAnswer::given,
                                         .claims = {{.block = "sdb", .state = ClaimState::free},
                                                    {.block = "sdb1", .state = ClaimState::free}}});
    recovery.look_again();
    EXPECT_FALSE(journal.history().open);
    EXPECT_EQ(ended, "move rear to xhci");
}

TEST_F(MachineThatAsks, TakesALiveMachineWithoutAnyMountForOneThatCannotBeSeen)
{
    answer = nobody_listens;
    fakes::plug_disk(board, "3-6", "sdb");
    machine.take(board);

    EXPECT_FALSE(machine.awaits_claims());
    EXPECT_EQ(move("rear", "ehci"), "disk-in-use");
}

TEST_F(MachineTest, UndoesWhatItRemembers)
{
    machine.take(board);
    ASSERT_EQ(move("keys", "ehci"), "move keys to ehci");

    const auto done = fakes::carry_out(machine, {.wish = plan::UndoRequest{}});

    ASSERT_TRUE(done);
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
    EXPECT_TRUE(journal.history().undoable.empty());
}

TEST_F(MachineTest, PlansAgainWhenSomebodyWritesInBetween)
{
    machine.take(board);
    registers.bits.usb2_owner = 0x3ffe; // after the look

    EXPECT_EQ(move("keys", "ehci"), "move keys to ehci");

    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffau);
}

TEST_F(MachineTest, GivesUpWhenSomebodyWritesAllTheTime)
{
    machine.take(board);
    registers.on_read = [this] { registers.bits.usb2_owner ^= 1; };

    EXPECT_EQ(move("keys", "ehci"), "stale-plan");

    EXPECT_EQ(registers.writes, 0);
}

TEST_F(MachineTest, TellsDriftOnce)
{
    machine.take(board);
    registers.bits.usb2_owner = 0x3fff & ~8u;

    const auto drift = machine.read_registers();

    ASSERT_TRUE(drift);
    EXPECT_EQ(drift->before.usb2_owner, 0x3fffu);
    EXPECT_EQ(drift->now.usb2_owner, 0x3ff7u);
    EXPECT_FALSE(machine.read_registers());
}

TEST_F(MachineTest, RestoresWhatSomebodyElseHasMovedAndUndoStillTakesTheMoveBack)
{
    machine.take(board);
    ASSERT_EQ(move("keys", "ehci"), "move keys to ehci");
    ASSERT_TRUE(fakes::carry_out(machine, {.wish = plan::RestoreRequest{}}));
    EXPECT_FALSE(machine.is_astray());
    registers.bits.usb2_owner = 0x3fff;

    ASSERT_TRUE(machine.read_registers());
    EXPECT_TRUE(machine.is_astray());
    const auto restored = fakes::carry_out(machine, {.wish = plan::RestoreRequest{}});

    ASSERT_TRUE(restored);
    EXPECT_EQ(registers.bits.usb2_owner, 0x3ffbu);
    EXPECT_FALSE(machine.is_astray());
    ASSERT_TRUE(fakes::carry_out(machine, {.wish = plan::UndoRequest{}}));
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(MachineTest, DoesNotRestoreAgainstALaterWishThatWasFulfilledByChance)
{
    machine.take(board);
    ASSERT_EQ(move("keys", "ehci"), "move keys to ehci");
    registers.bits.usb2_owner = 0x3fff; // somebody else
    ASSERT_TRUE(machine.read_registers());
    ASSERT_EQ(move("keys", "xhci"), "move keys to xhci");

    ASSERT_TRUE(fakes::carry_out(machine, {.wish = plan::RestoreRequest{}}));

    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(MachineTest, RefusesWhenTheRegistersCannotBeRead)
{
    machine.take(board);
    registers.read_errno = 5;
    EXPECT_FALSE(machine.read_registers());

    EXPECT_EQ(move("keys", "ehci"), "registers-unreadable");

    registers.read_errno = 0;
    machine.take(board); // opens them anew
    EXPECT_EQ(opened, 2);
    EXPECT_EQ(move("keys", "ehci"), "move keys to ehci");
}

TEST_F(MachineTest, KeepsItsDescriptorWhileTheMuxStays)
{
    machine.take(board);
    machine.take(board);
    machine.take(board);

    EXPECT_EQ(opened, 1);
}

TEST_F(MachineTest, ServesAMachineWithoutMuxAndFindsOneThatComesLater)
{
    machine.take({});
    EXPECT_EQ(move("keys", "ehci"), "no-mux");

    machine.take(board);
    EXPECT_EQ(move("keys", "ehci"), "move keys to ehci");
}

TEST_F(MachineTest, FindsWhatArrivedAndWhatLeft)
{
    machine.take(board);
    auto more = board;
    fakes::plug_keyboard(more, "3-3");
    fakes::plug_keyboard(more, "3-6");
    EXPECT_EQ(machine.take(more).arrived.size(), 2u);

    auto less = board;
    fakes::plug_keyboard(less, "3-6");
    const auto findings = machine.take(less);
    ASSERT_EQ(findings.left.size(), 1u);
    EXPECT_EQ(findings.left[0]->path.text(), "3-3");
    EXPECT_TRUE(findings.arrived.empty());
}

TEST_F(MachineTest, EndsAChangeThatWasInterrupted)
{
    ASSERT_TRUE(journal.begin(fakes::BitwiseChange{.controller = {.device = 0x14},
                                                   .usb2 = {.mask = 4, .before = 4, .after = 0},
                                                   .superspeed = {.mask = 1, .before = 1, .after = 0},
                                                   .title = "toggle to desk"},
                              {}));
    registers.bits.superspeed_on &= ~1u; // the first of two writes had been done
    fakes::bits(board) = registers.bits;
    machine.take(board);

    const auto recovered = machine.recover();

    ASSERT_TRUE(recovered && *recovered);
    EXPECT_EQ(registers.bits.superspeed_on & 1u, 1u);
    EXPECT_FALSE(journal.history().open);
    EXPECT_FALSE(machine.recover());
}

TEST_F(MachineTest, WritesNothingThatTheChipTableDoesNotKnowWhateverTheJournalSays)
{
    ASSERT_TRUE(journal.begin(fakes::BitwiseChange{.controller = {.device = 0x1f},
                                                   .usb2 = {.mask = 4, .before = 4, .after = 0},
                                                   .title = "x"},
                              {}));
    machine.take(board);

    const auto recovered = machine.recover();

    ASSERT_TRUE(recovered);
    EXPECT_FALSE(*recovered);
    EXPECT_EQ(registers.writes, 0);
}

TEST_F(MachineTest, LooksTwiceAtAMachineWithoutAMuxThatHasAControllerWithoutAnAddress)
{
    topology::Snapshot bare;
    fakes::add_usbip(bare);

    machine.take(bare);
    machine.take(bare);

    EXPECT_EQ(move("keys", "ehci"), "no-mux");
    EXPECT_EQ(move("keys", "windows"), "no-mux");
    EXPECT_FALSE(machine.read_registers());
    EXPECT_EQ(opened, 0);
}

TEST_F(MachineTest, RefusesWhileTheXhciIsGoneAndGoesOnWhenItIsBackBesideAControllerWithoutAnAddress)
{
    fakes::add_usbip(board);
    machine.take(board);
    ASSERT_EQ(move("keys", "ehci"), "move keys to ehci");
    auto without = board;
    std::erase_if(without.controllers.edit(), [](const auto& c) { return c.device == 0x8cb1; });

    machine.take(without);
    machine.take(without);
    EXPECT_EQ(move("keys", "xhci"), "no-mux");
    EXPECT_FALSE(fakes::carry_out(machine, {.wish = plan::UndoRequest{}}));
    EXPECT_FALSE(machine.recover());

    machine.take(board);
    EXPECT_EQ(move("keys", "xhci"), "move keys to xhci");
    EXPECT_EQ(registers.bits.usb2_owner, 0x3fffu);
}

TEST_F(MachineTest, RecoversOnlyWhenTheXhciIsBack)
{
    const plan::Change half = fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                                   .usb2 = {.mask = 4, .before = 4, .after = 0},
                                                   .superspeed = {},
                                                   .title = "move keys to ehci"};
    ASSERT_TRUE(journal.begin(half, {}));
    fakes::add_usbip(board);
    auto without = board;
    std::erase_if(without.controllers.edit(), [](const auto& c) { return c.device == 0x8cb1; });

    machine.take(without);
    const auto refused = machine.recover();
    machine.take(board);
    const auto recovered = machine.recover();

    ASSERT_TRUE(refused);
    EXPECT_FALSE(*refused);
    ASSERT_TRUE(recovered);
    EXPECT_TRUE(*recovered);
    EXPECT_FALSE(machine.recover());
}

// Invariant 6.
TEST_F(MachineTest, Invariant6ReadsWhatIsStackedOnADiskAgainBeforeItMoves)
{
    using fakes::dir;
    using fakes::file;
    using fakes::link;
    fakes::plug_disk(board, "3-3", "sdb");
    machine.take(board); // nothing is stacked on it yet
    const std::string disk = "sys/devices/pci0000:00/0000:00:14.0/usb3/3-3/block/sdb";
    tree.add("sys/class", dir("block", {link("sdb", "../../" + disk.substr(4))}));
    tree.add("sys/devices/pci0000:00/0000:00:14.0/usb3/3-3/block",
             dir("sdb", {file("dev", "8:16\n"), dir("holders", {link("dm-0", "../../dm-0")})}));

    EXPECT_EQ(move("keys", "ehci"), "disk-in-use");
}

TEST_F(MachineTest, TouchesNothingAndDoesNotWaitWhileAnotherProcessHoldsTheLock)
{
    machine.take(board);
    linux_::LockFile other(state.path() + "/change.lock");
    const int writes = registers.writes;
    {
        const auto held = other.take(std::chrono::milliseconds(0));
        ASSERT_TRUE(held);

        const auto done = fakes::carry_out(
            machine, {.wish = plan::MoveRequest{{ConnectorName("keys")}, config::target_from("ehci")}});

        ASSERT_FALSE(done);
        EXPECT_TRUE(is_locked_out(done.error()));
        EXPECT_TRUE(is_locked_out(machine.recover()->error()));
        EXPECT_EQ(registers.writes, writes);
        EXPECT_EQ(locked_out, 2);
    }
    EXPECT_TRUE(fakes::carry_out(
        machine, {.wish = plan::MoveRequest{{ConnectorName("keys")}, config::target_from("ehci")}}));
    EXPECT_FALSE(machine.recover());
}

} // namespace
} // namespace usbroute::daemon
