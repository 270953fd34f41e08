// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/conductor.hpp"
#include "fakes/bitwise_change.hpp"
#include "fakes/boards.hpp"
#include "fakes/fake_registers.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::apply {
namespace {

/// A board in memory that somebody else may write to between any two steps.
class FakeWorkplace final : public Workplace {
public:
    [[nodiscard]] Known known() const override
    {
        return {.snapshot = board, .settings = settings, .registers = last_};
    }
    [[nodiscard]] CloserLook look_closer(const topology::UseParts& needed) const override
    {
        ++looks;
        EXPECT_FALSE(needed.none());
        return {.use = use, .snapshot = {}};
    }
    [[nodiscard]] bool reads_otherwise() override
    {
        const auto before = last_;
        last_ = fakes::bits(board) = registers_.bits;
        return before != last_;
    }
    [[nodiscard]] Result<NotNull<RouteRegisters>> registers(const PciAddress&) override
    {
        if (!can_open) return std::unexpected(Error(ErrorKind::not_permitted, "cannot open them", 13));
        return NotNull<RouteRegisters>(registers_);
    }
    void wrote(const plan::Reading& now, const plan::Plan& plan) override
    {
        last_ = fakes::bits(board) = now.routes.value();
        board.applied = plan.profile;
    }

    topology::Snapshot board = fakes::z97();
    config::Settings settings = fakes::settings();
    topology::HostUse use;
    fakes::FakeRegisters registers_{fakes::bits(board)};
    bool can_open = true;
    mutable int looks = 0;

private:
    chips::RouteBits last_ = fakes::bits(board);
};

class ConductorTest : public testing::Test {
protected:
    static plan::Request move(const char* connector, const char* to)
    {
        return {.wish = plan::MoveRequest{{ConnectorName(connector)}, config::target_from(to)}};
    }
    std::string carry_out(const plan::Request& request, const Signature& signature = {},
                          Remember what = Remember::changes)
    {
        const auto done = conductor.carry_out(request, signature, what);
        if (done) return done->plan->title;
        if (const auto* refusal = std::get_if<plan::Refusal>(&done.error()))
            return std::string(plan::code_of(refusal->reason));
        return std::get<Error>(done.error()).message();
    }
    [[nodiscard]] std::uint32_t owners() const { return place.registers_.bits.usb2_owner; }

    FakeWorkplace place;
    fakes::RecordingJournal journal;
    Conductor conductor{place, journal};
};

TEST_F(ConductorTest, SignsWhatItWritesDown)
{
    EXPECT_EQ(carry_out(move("keys", "ehci"), {.who = "map (uid 0)"}), "move keys to ehci");

    const auto history = journal.history();
    ASSERT_EQ(history.done.size(), 1u);
    EXPECT_EQ(history.done[0].stamp.who, "map (uid 0)");
    EXPECT_EQ(owners(), 0x3ffbu);
}

TEST_F(ConductorTest, PlansAgainWhenSomebodyWasFasterAndGivesUpWhenThatNeverEnds)
{
    place.registers_.bits.usb2_owner = 0x3ffe;
    EXPECT_EQ(carry_out(move("keys", "ehci")), "move keys to ehci");
    EXPECT_EQ(owners(), 0x3ffau);

    place.registers_.on_read = [this] { place.registers_.bits.usb2_owner ^= 1; };
    const int writes = place.registers_.writes;
    EXPECT_TRUE(carry_out(move("keys", "xhci")).contains("has changed since it was planned"));
    EXPECT_EQ(place.registers_.writes, writes);
}

TEST_F(ConductorTest, RefusesOnlyOnWhatTheRegistersHoldNow)
{
    ASSERT_EQ(carry_out(move("keys", "ehci")), "move keys to ehci");
    place.registers_.bits.usb2_owner = 0x3fff; // it was taken back by somebody else
    EXPECT_EQ(carry_out({.wish = plan::UndoRequest{}}), "changed-since");
    EXPECT_EQ(fakes::bits(place.board).usb2_owner, 0x3fffu); // known by now
}

TEST_F(ConductorTest, LooksCloserOnlyWhereTheOutcomeDependsOnIt)
{
    EXPECT_EQ(carry_out({.wish = plan::ToggleRequest{}}), "toggle to on-ehci");
    EXPECT_EQ(carry_out({.wish = plan::ToggleRequest{}}), "toggle to all-host");
    EXPECT_EQ(place.looks, 0);

    fakes::plug_disk(place.board, "3-6", "sdb");
    conductor.forget_plans();
    EXPECT_TRUE(conductor.use_needed(move("rear", "ehci")).disks);
    place.use.mounts_unreadable = "no list here";
    EXPECT_EQ(carry_out(move("rear", "ehci")), "disk-in-use");
    EXPECT_GE(place.looks, 1);
}

TEST_F(ConductorTest, SaysForWhichWishTheRegistersCannotBeOpened)
{
    place.can_open = false;

    EXPECT_TRUE(carry_out(move("keys", "ehci")).starts_with("cannot move keys to ehci: cannot open them"));
    EXPECT_TRUE(journal.history().done.empty());
}

TEST_F(ConductorTest, RemembersAWishThatWasFulfilledAlready)
{
    ASSERT_EQ(carry_out(move("keys", "xhci")), "move keys to xhci");
    ASSERT_TRUE(journal.history().standing);
    EXPECT_EQ(fakes::usb2(*journal.history().standing).mask, 4u);

    // Of a wish for two, one of which is there: only the change, unless all of it has to be remembered.
    const plan::Request both{.wish = plan::MoveRequest{{ConnectorName("keys"), ConnectorName("front")},
                                                       config::target_from("ehci")}};
    ASSERT_TRUE(carry_out(move("keys", "ehci")).starts_with("move"));
    journal.text = journal_header();
    ASSERT_TRUE(carry_out(both).starts_with("move"));
    EXPECT_EQ(fakes::usb2(*journal.history().standing).mask & 4u, 0u);
    ASSERT_TRUE(carry_out(both, {}, Remember::every_wish).starts_with("move"));
    EXPECT_EQ(fakes::usb2(*journal.history().standing).mask & 4u, 4u);
}

TEST_F(ConductorTest, WarnsWhereNothingIsWrittenDown)
{
    journal.broken = true;

    const auto done = conductor.carry_out(move("keys", "ehci"), {});

    ASSERT_TRUE(done);
    ASSERT_FALSE(done->warnings.empty());
    EXPECT_TRUE(done->warnings[0].starts_with("the journal could not be written")) << done->warnings[0];
    EXPECT_EQ(owners(), 0x3ffbu);
}

TEST_F(ConductorTest, EndsWhatWasInterruptedAndOnlyOnce)
{
    EXPECT_FALSE(conductor.recover());
    ASSERT_TRUE(journal.begin(fakes::BitwiseChange{.controller = *PciAddress::parse("00:14.0"),
                                                   .usb2 = {.mask = 4, .before = 4, .after = 0},
                                                   .superspeed = {},
                                                   .title = "move keys to ehci"},
                              {}));

    const auto recovered = conductor.recover();

    ASSERT_TRUE(recovered);
    ASSERT_TRUE(*recovered);
    EXPECT_EQ((*recovered)->text, "\"move keys to ehci\" was interrupted: nothing had been changed");
    EXPECT_FALSE(conductor.recover());
}

TEST_F(ConductorTest, WritesToNoOtherFunctionWhateverTheJournalSays)
{
    ASSERT_TRUE(journal.begin(fakes::BitwiseChange{.controller = {.device = 0x1f},
                                                   .usb2 = {.mask = 4, .before = 4, .after = 0},
                                                   .title = "x"},
                              {}));

    const auto recovered = conductor.recover();

    ASSERT_TRUE(recovered);
    ASSERT_FALSE(*recovered);
    EXPECT_EQ(recovered->error().message(),
              "cannot recover from an interrupted \"x\": 0000:00:1f.0 is not a mux here");
    EXPECT_EQ(place.registers_.writes, 0);
}

TEST_F(ConductorTest, ATrialTakesInWhatIsChangedMeanwhile)
{
    const TrialTerms terms{
        .boot = "b", .deadline = std::chrono::seconds(90), .lasts = std::chrono::seconds(30)};
    ASSERT_EQ(carry_out(move("keys", "ehci"), {.who = "control", .trial = terms}), "move keys to ehci");
    ASSERT_TRUE(carry_out(move("front", "ehci"), {.who = "control"}).starts_with("move"));

    ASSERT_TRUE(conductor.trial());
    EXPECT_EQ(conductor.trial()->way, journal.history().trial->way);
    ASSERT_TRUE(carry_out({.wish = plan::UndoRequest{}}).starts_with("undo"));
    ASSERT_TRUE(carry_out({.wish = plan::UndoRequest{}}).starts_with("undo"));
    EXPECT_FALSE(conductor.trial());
}

} // namespace
} // namespace usbroute::apply
