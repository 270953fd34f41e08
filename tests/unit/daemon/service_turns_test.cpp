// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Commands that have to wait: for a look, for the kernel's answer about disks, for another process's lock.

#include "daemon/service.hpp"
#include "fakes/served_world.hpp"
#include "linux/listen.hpp"
#include "linux/state_lock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::Thing;

constexpr std::uint32_t before_any_move = 0x3fff;

class ServiceTurns : public testing::Test, protected fakes::ServedWorld {
protected:
    ServiceTurns() { start(); }
    fakes::ClientEnd another() { return life->connect(config::default_control_listener(), "another"); }
    fakes::FakeLoop& loop = ground.loop;
};

TEST_F(ServiceTurns, WhatIsKnownIsAnsweredInTheSameTurnWithoutALook)
{
    person->say("toggle\n");

    loop.turn();

    EXPECT_EQ(person->hear(), "ok on-ehci ehci=keys\n");
    EXPECT_EQ(loop.errands(), 0u);
}

TEST_F(ServiceTurns, AfterAHintACommandIsAnsweredWithWhatTheNextLookFinds)
{
    world.plug(front, Thing::keyboard);
    world.unplug(keys);
    give_ehcis_to_windows();
    something_has_happened();

    EXPECT_EQ(ask("move keys windows"), "");
    loop.advance(1s);
    EXPECT_EQ(person->hear(), "");
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    // The keyboard that it knew of has left the socket, and there is another one.
    EXPECT_EQ(person->hear(), "ok windows=keys\n");
    EXPECT_EQ(wires(), before_any_move & ~(1u << keys));
}

TEST_F(ServiceTurns, ASubscriptionWaitsForNoLook)
{
    something_has_happened();

    EXPECT_EQ(ask("subscribe"), "ok\n");
}

TEST_F(ServiceTurns, WhoWaitsForOneLookIsAnsweredInTheOrderInWhichTheyCame)
{
    auto second = another();
    something_has_happened();
    EXPECT_EQ(ask("move rear ehci"), "");
    EXPECT_EQ(ask(second, "undo"), "");
    ASSERT_EQ(loop.errands(), 1u);

    loop.run_errand();

    EXPECT_EQ(person->hear(), "ok ehci=rear\n");
    EXPECT_EQ(second.hear(), "ok xhci=rear\n"); // there was something to undo
    EXPECT_EQ(wires(), before_any_move);
    EXPECT_EQ(loop.errands(), 0u);
}

TEST_F(ServiceTurns, WhoComesAfterAHintDuringALookWaitsForTheNextOne)
{
    auto late = another();
    something_has_happened();
    EXPECT_EQ(ask("status"), "");
    loop.work(); // it has seen the machine, and its end is still to come
    something_has_happened();
    world.drive("0000:00:14.0", "");
    EXPECT_EQ(ask(late, "status"), "");

    loop.run_errand();
    EXPECT_EQ(person->hear(), "ok all-host host=front,keys,rear\n");
    EXPECT_EQ(late.hear(), "");
    ASSERT_EQ(loop.errands(), 1u);
    loop.run_errand();

    EXPECT_NE(late.hear(), "");
}

TEST_F(ServiceTurns, WhatAClientSaysWhileItsCommandWaitsIsAnsweredAfterItInItsOrder)
{
    something_has_happened();
    EXPECT_EQ(ask("move rear ehci\nundo\nmove front ehci\nundo"), "");

    loop.run_errand();

    EXPECT_EQ(person->hear(), "ok ehci=rear\nok xhci=rear\nok ehci=front\nok xhci=front\n");
}

TEST_F(ServiceTurns, AClientWhoseCommandWaitsIsReadNoFurther)
{
    something_has_happened();
    EXPECT_EQ(ask("status"), "");
    const std::string line = "undo\n";
    std::size_t said = 0;
    while (person->say(line) == line.size()) {
        loop.settle();
        ++said;
        ASSERT_LT(said, 1'000'000u); // what is not read fills the socket
    }
    EXPECT_TRUE(life->assembly.machine.history().done.empty());

    loop.run_errand();

    std::size_t answers = 0;
    for (auto heard = person->hear(); !heard.empty(); heard = person->hear()) {
        answers += static_cast<std::size_t>(std::ranges::count(heard, '\n'));
        loop.settle();
    }
    EXPECT_GE(answers, said);
}

TEST_F(ServiceTurns, WhereALookTakesFiveSecondsNothingIsTouchedAndEachIsTold)
{
    auto second = another();
    something_has_happened();
    ask("move rear ehci");
    ask(second, "toggle");

    loop.advance(5s);

    EXPECT_EQ(person->hear().find("failed timed-out the kernel does not say which devices there are"), 0u);
    EXPECT_EQ(second.hear().find("failed timed-out "), 0u);
    loop.run_errand();
    EXPECT_EQ(wires(), before_any_move);
    EXPECT_EQ(ask("move rear ehci"), "ok ehci=rear\n");
}

TEST_F(ServiceTurns, ACommandWhoseListenerIsClosedWhileItWaitsIsNotCarriedOut)
{
    something_has_happened();
    ask("move rear ehci");

    life->assembly.clients.close_all(life->open(config::default_control_listener()));
    loop.run_errand();

    EXPECT_EQ(wires(), before_any_move);
    (void)person->hear();
    EXPECT_TRUE(person->is_closed());
}

TEST_F(ServiceTurns, OneThatHangsUpWhileItsCommandWaitsDisturbsNobodyWhoWaitsBehindIt)
{
    auto second = another();
    something_has_happened();
    ask("status");
    ask(second, "status");
    person->hang_up();

    loop.run_errand();

    EXPECT_EQ(second.hear(), "ok all-host host=front,keys,rear\n");
    EXPECT_EQ(life->open(config::default_control_listener()).clients, 1u);
}

TEST_F(ServiceTurns, ADaemonThatEndsWhileCommandsWaitClosesTheirClients)
{
    something_has_happened();
    ask("toggle");

    life.reset();

    EXPECT_EQ(person->hear(), "");
    EXPECT_TRUE(person->is_closed());
    EXPECT_EQ(wires(), before_any_move);
}

TEST_F(ServiceTurns, AnotherProcessesLockIsWaitedForAndTheCommandsBehindItKeepTheirOrder)
{
    linux_::LockFile other(ground.state.path() + "/change.lock");
    {
        const auto held = other.take(0ms);
        ASSERT_TRUE(held);
        EXPECT_EQ(ask("move rear ehci\nstatus"), "");
        loop.advance(1s);
        EXPECT_EQ(person->hear(), "");
    }

    loop.advance(20ms);
    while (loop.errands() > 0) loop.run_errand();
    loop.advance(20ms);

    EXPECT_EQ(person->hear(), "ok ehci=rear\nok host=front,keys,rear\n");
}

/// usbroute-claims listens, and says nothing until it is told to.
class ServiceThatAsks : public ServiceTurns {
protected:
    ServiceThatAsks()
    {
        ground.claims = ground.state.path() + "/claims.sock";
        world.unplug(rear);
        world.plug(rear, Thing::disk);
        start();
    }
    void answer(std::string_view text)
    {
        auto question = linux_::accept_client(door.fd());
        ASSERT_TRUE(question && *question);
        fakes::ClientEnd asked(std::move(**question));
        asked.say(text);
        loop.settle();
    }
    linux_::ListeningSocket door = *linux_::listen_unix(ground.state.path() + "/claims.sock", std::nullopt);
};

TEST_F(ServiceThatAsks, AMoveThatWouldTakeADiskAlongWaitsForWhatTheKernelSaysAndOthersDoNot)
{
    auto second = another();
    EXPECT_EQ(ask("move rear ehci"), "");
    EXPECT_EQ(ask(second, "move front ehci"), "ok ehci=front\n");
    EXPECT_EQ(wires() & 1u << rear, 1u << rear);

    loop.advance(3s); // no answer comes

    EXPECT_EQ(person->hear().find("refused disk-in-use rear holds disk "), 0u);
    EXPECT_EQ(wires() & 1u << rear, 1u << rear);
}

TEST_F(ServiceThatAsks, AnAnswerThatMakesNoSenseIsNoLeave)
{
    EXPECT_EQ(ask("move rear ehci"), "");

    answer("hello\n");

    EXPECT_EQ(person->hear().find("refused disk-in-use rear holds disk "), 0u);
}

TEST_F(ServiceThatAsks, WhyWaitsForTheKernelAndStatusDoesNot)
{
    EXPECT_EQ(ask("status"), "ok all-host host=front,keys,rear\n");
    EXPECT_EQ(ask("why rear"), "");

    loop.advance(3s);

    EXPECT_EQ(person->hear().find("ok host=rear -- "), 0u);
}

} // namespace
} // namespace usbroute::daemon
