// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/verdicts.hpp"
#include "fakes/at_once.hpp"
#include "fakes/boards.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/world.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::Thing;

/// A keyboard in `keys`, a mouse in `rear`, both at the xHCI.
class VerdictsTest : public testing::Test {
protected:
    VerdictsTest()
    {
        world.plug(keys, Thing::keyboard);
        world.plug(rear, Thing::mouse);
        machine.adopt(fakes::settings());
        machine.take(world.snapshot());
    }
    void move_to_ehci(const char* connector)
    {
        const auto before = machine.snapshot();
        const auto done = fakes::carry_out(
            machine,
            {.wish = plan::MoveRequest{{ConnectorName(connector)}, topology::Side::ehci}, .yes = true});
        ASSERT_TRUE(done);
        verdicts.begin(done->plan, before);
    }
    void look()
    {
        machine.take(world.snapshot());
        verdicts.look_again();
    }
    std::string told() { return std::exchange(said, {}); }

    static constexpr std::uint8_t keys = 2;
    static constexpr std::uint8_t rear = 9;
    fakes::World world;
    fakes::StateDirectory state;
    fakes::FakeLoop loop;
    linux_::JournalFile journal{state.path()};
    Machine machine{world.tree(), journal,
                    [this](const PciAddress&) -> Result<std::unique_ptr<apply::RouteRegisters>> {
                        return std::make_unique<fakes::BorrowedRegisters>(world);
                    }};
    std::string said;
    Verdicts verdicts{loop, machine, [this](const std::vector<apply::Judgement>& judgements) {
                          for (const auto& judgement : judgements)
                              said += judgement.connector.text() + " " +
                                      std::string(apply::text_of(judgement.verdict)) + "\n";
                      }};
};

TEST_F(VerdictsTest, SaysOnceThatADeviceHasArrivedWhenALookHasSeenIt)
{
    move_to_ehci("keys");
    world.unplug(keys); // its port is being reset
    look();
    loop.advance(1s);
    EXPECT_EQ(told(), "");

    world.plug(keys, Thing::keyboard);
    look();

    EXPECT_EQ(told(), "keys confirmed\n");
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
    look();
    loop.advance(1h);
    EXPECT_EQ(told(), "");
}

TEST_F(VerdictsTest, WaitsThreeSecondsForADeviceThatDoesNotArrive)
{
    move_to_ehci("keys");
    world.unplug(keys);
    look();
    loop.advance(2999ms);
    EXPECT_EQ(told(), "");

    loop.advance(1ms);

    EXPECT_EQ(told(), "keys unknown\n");
    world.plug(keys, Thing::keyboard);
    look();
    EXPECT_EQ(told(), "");
}

TEST_F(VerdictsTest, ALaterMoveTakesThePlaceOfOneThatIsStillWatchedAndHasItsOwnThreeSeconds)
{
    move_to_ehci("keys");
    world.unplug(keys);
    look();
    loop.advance(2s);
    move_to_ehci("rear");
    world.unplug(rear);
    look();
    loop.advance(2999ms);
    EXPECT_EQ(told(), "");

    loop.advance(1ms);

    EXPECT_EQ(told(), "rear unknown\n");
}

TEST_F(VerdictsTest, AnEmptySocketIsJudgedAtTheFirstLook)
{
    move_to_ehci("front");

    look();

    EXPECT_EQ(told(), "front consistent\n");
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(VerdictsTest, WiresThatAreBackWhereTheyWereContradictTheMoveAfterThreeSecondsInCaseTheyComeAgain)
{
    move_to_ehci("keys");
    world.bits.usb2_owner = 0x3fff;
    look();
    loop.advance(2999ms);
    EXPECT_EQ(told(), "");

    loop.advance(1ms);

    EXPECT_EQ(told(), "keys contradicted\n");
}

TEST_F(VerdictsTest, ALookWithoutAMoveSaysNothing)
{
    look();
    loop.advance(1h);

    EXPECT_EQ(told(), "");
}

} // namespace
} // namespace usbroute::daemon
