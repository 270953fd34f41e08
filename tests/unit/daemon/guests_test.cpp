// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "daemon/guests.hpp"
#include "fakes/at_once.hpp"
#include "fakes/boards.hpp"
#include "fakes/daemon_life.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/guest_process.hpp"
#include "fakes/world.hpp"
#include "linux/listen.hpp"
#include "linux/state_lock.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::GuestProcess;
using fakes::Thing;
using fakes::World;

constexpr std::uint8_t keys_socket = 2;
constexpr std::uint8_t rear_socket = 9;

/// A daemon's life from one start to one death, as far as guests are concerned.
struct GuestsLife {
    GuestsLife(World& world, fakes::FakeLoop& on, const std::string& directory, config::Settings settings)
        : loop(on),
          locations{.state = directory},
          journal(directory),
          machine(world.tree(), journal,
                  [&world](const PciAddress&) -> Result<std::unique_ptr<apply::RouteRegisters>> {
                      return std::make_unique<fakes::BorrowedRegisters>(world);
                  },
                  {.lines = {}, .ask_claims = {}, .locked_out = [this] { ++locked_out; }, .asleep = {}}),
          scanner([&world](const auto&, const auto&) { return world.snapshot(); }),
          lookout({.loop = loop, .machine = machine, .scanner = scanner, .hints = hints, .events = count},
                  [this](const Findings&) { guests.look_again(); }),
          guests({.loop = loop,
                  .machine = machine,
                  .lookout = lookout,
                  .locations = locations,
                  .tell = {.moved =
                               [this](const Moved& moved) {
                                   said += moved.done.plan->title + ", " + moved.who + "\n";
                               },
                           .changed =
                               [this](const GuestName& guest, std::string_view what) {
                                   said += guest.text() + " " + std::string(what) + "\n";
                               }}})
    {
        machine.adopt(std::move(settings));
        guests.adopt();
        EXPECT_TRUE(lookout.begin());
        loop.run_errand();
    }
    ~GuestsLife() { loop.leave_errands(); }
    GuestsLife(const GuestsLife&) = delete;
    GuestsLife& operator=(const GuestsLife&) = delete;

    bool move(const char* connector, const char* to)
    {
        return fakes::carry_out(
                   machine, {.wish = plan::MoveRequest{{ConnectorName(connector)}, config::target_from(to)},
                             .yes = true})
            .has_value();
    }
    void look()
    {
        hints.has_changed = true;
        EXPECT_FALSE(lookout.is_fresh());
        lookout.doubt_everything();
        loop.advance(50ms);
        loop.run_errand();
    }
    std::string told() { return std::exchange(said, {}); }

    fakes::FakeLoop& loop;
    linux_::Locations locations;
    linux_::JournalFile journal;
    fakes::ScriptedHints hints;
    observe::NoCount count;
    std::string said;
    int locked_out = 0; ///< how often the lock was found held
    Machine machine;
    fakes::ScriptedScanner scanner;
    Lookout lookout;
    Guests guests;
};

/// The host's one keyboard is in `keys`, and both EHCIs are given to `windows`, which has half a second of grace.
class GuestsTest : public testing::Test {
protected:
    GuestsTest()
    {
        world.plug(keys_socket, Thing::keyboard);
        world.drive("0000:00:1a.0", "vfio-pci");
        world.drive("0000:00:1d.0", "vfio-pci");
        settings.guests.front().when_off = config::WhenOff::host;
    }
    void start() { life = std::make_unique<GuestsLife>(world, loop, state.path(), settings); }
    void kill_daemon() { life.reset(); }
    std::unique_ptr<GuestProcess> new_process(int lines = 1)
    {
        return std::make_unique<GuestProcess>(state.path(), lines);
    }
    /// What comes back is called when the line closes.
    std::function<void()> connect(const GuestProcess& process, std::size_t line = 0)
    {
        auto closed = life->guests.line_opened(GuestName("windows"), process.line(line));
        loop.settle();
        return closed;
    }
    /// In the kernel's order: what a process had open is closed before its end is told.
    void kill(GuestProcess& process, const std::function<void()>& closed)
    {
        closed();
        process.kill();
        loop.settle();
    }
    [[nodiscard]] bool is_in_the_guest(std::uint8_t bit) const
    {
        return (world.bits.usb2_owner >> bit & 1U) == 0;
    }
    std::string remembered()
    {
        std::ifstream file(state.path() + "/guests");
        return {std::istreambuf_iterator<char>(file), {}};
    }

    World world;
    fakes::StateDirectory state;
    fakes::FakeLoop loop;
    config::Settings settings = fakes::settings();
    std::unique_ptr<GuestsLife> life;
};

constexpr auto came_home = "windows is gone\nreturn from windows, guest windows, which is gone\n";

TEST_F(GuestsTest, WhatAKilledGuestHadComesHomeWhenItsGraceIsOver)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    EXPECT_EQ(life->told(), "windows has come\n");
    ASSERT_TRUE(life->move("keys", "windows"));
    ASSERT_TRUE(life->move("rear", "windows"));

    kill(*process, closed);
    loop.advance(499ms);
    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "");
    loop.advance(1ms);

    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_FALSE(is_in_the_guest(rear_socket));
    EXPECT_EQ(life->told(), came_home);
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(GuestsTest, OneThatIsBackWithinItsGraceKeepsWhatItHas)
{
    settings.guests.front().grace = 3s;
    start();
    const auto before = new_process();
    const auto closed = connect(*before);
    ASSERT_TRUE(life->move("keys", "windows"));
    kill(*before, closed);
    loop.advance(2999ms);

    const auto after = new_process();
    const auto closed_again = connect(*after);
    loop.advance(1h);
    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "windows has come\nwindows is back\n");

    kill(*after, closed_again);
    loop.advance(2999ms);
    EXPECT_TRUE(is_in_the_guest(keys_socket));
    loop.advance(1ms);
    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), came_home);
}

TEST_F(GuestsTest, ALineThatClosesAloneTakesNothingAway)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));

    closed();
    loop.advance(1h);
    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "windows has come\n");

    process->kill();
    loop.advance(500ms);
    EXPECT_FALSE(is_in_the_guest(keys_socket));
}

TEST_F(GuestsTest, ALineThatOutlivesItsProcessIsHeldBySomebodyElseAndTheGuestIsThere)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));

    process->kill();
    loop.advance(1h);
    EXPECT_TRUE(is_in_the_guest(keys_socket));

    closed();
    loop.advance(500ms);
    EXPECT_FALSE(is_in_the_guest(keys_socket));
}

TEST_F(GuestsTest, ADaemonThatIsKilledInTheGraceOfALineThatOutlivedItsProcessFinishesWhatItBegan)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));
    process->kill();
    loop.advance(1h);
    closed();
    loop.advance(400ms);
    kill_daemon();

    start();
    loop.advance(500ms);

    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), came_home);
}

TEST_F(GuestsTest, WhenOffStayLeavesEverythingWhereItIs)
{
    settings.guests.front().when_off = config::WhenOff::stay;
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));

    kill(*process, closed);
    loop.advance(1h);
    life->look();

    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "windows has come\nwindows is gone\n");
}

TEST_F(GuestsTest, WhenOffReserveLeavesWiresWhereTheyAre)
{
    settings.guests.front().when_off = config::WhenOff::reserve;
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));

    kill(*process, closed);
    loop.advance(1h);
    life->look();

    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "windows has come\nwindows is gone\n");
}

TEST_F(GuestsTest, OneThatDiesWhileNoDaemonRunsComesHomeAfterTheStart)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));
    kill_daemon();
    process->kill();
    loop.advance(1h);
    EXPECT_TRUE(is_in_the_guest(keys_socket));

    start();
    EXPECT_TRUE(is_in_the_guest(keys_socket));
    loop.advance(500ms);

    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), came_home);
}

TEST_F(GuestsTest, ADaemonThatIsKilledWithinTheGraceFinishesWhatItBeganOnce)
{
    settings.guests.front().grace = 2s;
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));
    kill(*process, closed);
    loop.advance(400ms);
    kill_daemon();

    start();
    loop.advance(1999ms);
    EXPECT_TRUE(is_in_the_guest(keys_socket));
    loop.advance(1ms);
    EXPECT_FALSE(is_in_the_guest(keys_socket));

    // And it is done with: another start moves nothing.
    ASSERT_TRUE(life->move("keys", "windows"));
    kill_daemon();
    start();
    loop.advance(1h);
    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "");
}

TEST_F(GuestsTest, ARestartWithTheGuestAliveDoesNothingWhetherItsLineComesBackOrNot)
{
    settings.guests.front().on_start = ProfileName("desk");
    settings.profiles.back().may_take_last_keyboard = true;
    start();
    const auto process = new_process(2);
    const auto closed = connect(*process);
    ASSERT_TRUE(is_in_the_guest(keys_socket));
    ASSERT_TRUE(life->move("keys", "host"));
    kill_daemon();

    start();
    loop.advance(1h);
    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_TRUE(is_in_the_guest(rear_socket));
    const auto closed_again = connect(*process, 1);
    loop.advance(1h);
    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_TRUE(is_in_the_guest(rear_socket));

    kill(*process, closed_again);
    loop.advance(500ms);
    EXPECT_FALSE(is_in_the_guest(rear_socket));
    EXPECT_EQ(life->told(), came_home);
}

TEST_F(GuestsTest, WhatWasRememberedBeforeTheMachineStartedIsForgotten)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));
    kill_daemon();
    process->kill();
    auto text = remembered();
    const auto boot = linux_::this_boot();
    ASSERT_NE(text.find(boot), std::string::npos);
    text.replace(text.find(boot), boot.size(), "another-boot");
    std::ofstream(state.path() + "/guests") << text;

    start();
    loop.advance(1h);

    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "");
}

TEST_F(GuestsTest, AMemoryThatCannotBeReadIsSetAside)
{
    std::ofstream(state.path() + "/guests") << "usbroute guests 99\n";
    std::filesystem::permissions(state.path() + "/guests", std::filesystem::perms(0600));

    start();

    EXPECT_TRUE(std::filesystem::exists(state.path() + "/guests.bad"));
    const auto process = new_process();
    const auto closed = connect(*process);
    EXPECT_NE(remembered().find("process windows " + std::to_string(process->number())), std::string::npos);
}

TEST_F(GuestsTest, OnStartIsAppliedOnceForEachProcess)
{
    settings.guests.front().on_start = ProfileName("desk");
    settings.profiles.back().may_take_last_keyboard = true;
    start();
    const auto first = new_process(2);
    const auto closed = connect(*first);
    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "windows has come\napply desk, guest windows, which has come\n");
    ASSERT_TRUE(life->move("keys", "host"));
    closed();
    const auto closed_again = connect(*first, 1);
    life->look();
    EXPECT_FALSE(is_in_the_guest(keys_socket));

    kill(*first, closed_again);
    loop.advance(500ms);
    EXPECT_EQ(life->told(), came_home);
    const auto second = new_process();
    const auto closed_by_second = connect(*second);

    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "windows has come\napply desk, guest windows, which has come\n");
}

TEST_F(GuestsTest, ASecondProcessOfAGuestThatIsThereStartsNothing)
{
    settings.guests.front().on_start = ProfileName("desk");
    settings.profiles.back().may_take_last_keyboard = true;
    start();
    const auto first = new_process();
    const auto closed = connect(*first);
    ASSERT_TRUE(life->move("keys", "host"));
    const auto second = new_process();
    const auto closed_by_second = connect(*second);
    life->look();
    EXPECT_FALSE(is_in_the_guest(keys_socket));

    kill(*first, closed);
    loop.advance(1h);

    EXPECT_TRUE(is_in_the_guest(rear_socket));
    EXPECT_EQ(life->guests.process_of(GuestName("windows"))
                  .substr(life->guests.process_of(GuestName("windows")).rfind(' ') + 1),
              std::to_string(second->number()));
}

TEST_F(GuestsTest, AnOnStartThatWasRefusedIsNotTriedAgain)
{
    settings.guests.front().on_start = ProfileName("desk");
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    EXPECT_FALSE(is_in_the_guest(keys_socket)); // the only keyboard

    world.plug(7, Thing::keyboard);
    life->look();
    loop.advance(1h);

    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "windows has come\n");
}

TEST_F(GuestsTest, WhatCannotComeHomeComesWhenALookFindsThatItCan)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));
    world.drive("0000:00:14.0", "vfio-pci");
    life->look();
    kill(*process, closed);
    loop.advance(500ms);
    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "windows has come\nwindows is gone\n");

    world.drive("0000:00:14.0", "xhci_hcd");
    life->look();

    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "return from windows, guest windows, which is gone\n");
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(GuestsTest, WhileAnotherProcessHoldsTheLockNothingComesHomeAndAfterwardsItDoes)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));
    {
        linux_::LockFile other(state.path() + "/change.lock");
        const auto held = other.take(0ms);
        ASSERT_TRUE(held);
        kill(*process, closed);
        loop.advance(500ms);
        EXPECT_TRUE(is_in_the_guest(keys_socket));
        EXPECT_EQ(life->locked_out, 1);
        EXPECT_EQ(loop.until_next_ring(), std::nullopt);
    }

    life->look();

    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), std::string("windows has come\n") + came_home);
}

TEST_F(GuestsTest, AGuestThatIsBackBeforeItsThingsCouldComeHomeKeepsThem)
{
    start();
    const auto before = new_process();
    const auto closed = connect(*before);
    ASSERT_TRUE(life->move("keys", "windows"));
    world.drive("0000:00:14.0", "vfio-pci");
    life->look();
    kill(*before, closed);
    loop.advance(10s);

    const auto after = new_process();
    const auto closed_again = connect(*after);
    world.drive("0000:00:14.0", "xhci_hcd");
    life->look();
    loop.advance(1h);

    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "windows has come\nwindows is gone\nwindows is back\n");
}

TEST_F(GuestsTest, AWriteThatFailsIsTriedAgainLessAndLessOftenAndNotAtEveryLook)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));
    world.writes_until_fault = 1;
    world.is_fault_lasting = true;
    kill(*process, closed);
    loop.advance(500ms);
    EXPECT_TRUE(std::exchange(world.had_fault, false));
    life->look();
    EXPECT_FALSE(world.had_fault);

    std::vector<std::chrono::milliseconds> pauses;
    while (pauses.size() < 8) {
        ASSERT_TRUE(loop.until_next_ring());
        pauses.push_back(*loop.until_next_ring());
        loop.advance(pauses.back());
        EXPECT_TRUE(std::exchange(world.had_fault, false));
    }
    pauses.front() += 50ms; // the look
    EXPECT_EQ(pauses, (std::vector<std::chrono::milliseconds>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}));
    EXPECT_EQ(life->told(), "windows has come\nwindows is gone\n");

    world.writes_until_fault = 0;
    world.is_fault_lasting = false;
    loop.advance(60s);
    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(GuestsTest, ADeviceThatHangsKeepsNobodysKeyboard)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));
    life->hints.has_changed = true;
    kill(*process, closed);
    loop.advance(500ms);
    ASSERT_EQ(loop.errands(), 1u);
    loop.advance(4999ms);
    EXPECT_TRUE(is_in_the_guest(keys_socket));

    loop.advance(1ms);

    EXPECT_EQ(loop.errands(), 1u);
    EXPECT_FALSE(is_in_the_guest(keys_socket));
}

TEST_F(GuestsTest, WhatATrialGaveBackToAGuestThatHasGoneMeanwhileComesHomeAgain)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    kill(*process, closed);
    loop.advance(500ms);
    EXPECT_EQ(life->told(), "windows has come\nwindows is gone\n");
    ASSERT_TRUE(life->move("keys", "windows")); // as the end of a trial does

    life->guests.bring_home_again();

    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "return from windows, guest windows, which is gone\n");
}

TEST_F(GuestsTest, AGuestThatTheConfigurationNoLongerKnowsTakesNothingHome)
{
    start();
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));
    auto without = settings;
    without.guests.clear();
    without.profiles.clear();
    without.toggle.clear();
    life->machine.adopt(without);
    life->guests.adopt();

    kill(*process, closed);
    loop.advance(1h);

    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(GuestsTest, AProcessThatCannotBeWatchedIsNobodyWhoseEndBringsAnythingHome)
{
    start();
    const auto process = new_process();
    loop.is_full = true;
    const auto closed = connect(*process);
    loop.is_full = false;
    ASSERT_TRUE(life->move("keys", "windows"));

    kill(*process, closed);
    loop.advance(1h);

    EXPECT_TRUE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), "");
}

TEST_F(GuestsTest, AMonitorThatSaysTheGuestIsOffCountsMoreThanItsProcess)
{
    const auto path = state.path() + "/qmp.sock";
    const auto door = *linux_::listen_unix(path, std::nullopt);
    settings.guests.front().qmp = path;
    start();
    const auto monitor = std::move(**linux_::accept_client(door.fd()));
    const auto say = [&](std::string_view text) {
        ASSERT_EQ(linux_::send(monitor.get(), text.data(), text.size()).count, text.size());
        loop.settle();
    };
    say("{\"QMP\": {}}\n");
    say("{\"return\": {}, \"id\": 1}\n");
    EXPECT_EQ(life->told(), "windows has come\n");
    const auto process = new_process();
    const auto closed = connect(*process);
    ASSERT_TRUE(life->move("keys", "windows"));

    say("{\"event\": \"SHUTDOWN\"}\n");
    loop.advance(500ms);
    EXPECT_FALSE(is_in_the_guest(keys_socket));
    EXPECT_EQ(life->told(), came_home);
    say("{\"event\": \"RESUME\"}\n");
    EXPECT_EQ(life->told(), "windows has come\n");
}

TEST_F(GuestsTest, OneWhoseMonitorIsTakenAndSaysNothingYetIsNotGone)
{
    const auto path = state.path() + "/qmp.sock";
    settings.guests.front().qmp = path;
    start();
    ASSERT_EQ(life->guests.seen().size(), 1u);
    EXPECT_TRUE(life->guests.seen().front().is_gone);

    const auto door = *linux_::listen_unix(path, std::nullopt);
    loop.settle();
    {
        const auto monitor = std::move(**linux_::accept_client(door.fd()));
        EXPECT_FALSE(life->guests.seen().front().is_gone) << "QEMU is busy, or serves somebody else";
    }
    loop.settle();
    EXPECT_TRUE(life->guests.seen().front().is_gone);
}

TEST_F(GuestsTest, WhatAGuestHadIsReadAgainWhenItIsGoneThoughNoEventTellsThatUsbfsHasLetGo)
{
    const auto path = state.path() + "/qmp.sock";
    const auto door = *linux_::listen_unix(path, std::nullopt);
    settings.guests.front().qmp = path;
    start();
    {
        const auto monitor = std::move(**linux_::accept_client(door.fd()));
        for (const std::string_view text : {"{\"QMP\": {}}\n", "{\"return\": {}, \"id\": 1}\n"}) {
            ASSERT_EQ(linux_::send(monitor.get(), text.data(), text.size()).count, text.size());
            loop.settle();
        }
    }
    loop.settle();
    const auto devices = [&] {
        while (loop.errands() > 0) loop.run_errand();
        return life->machine.snapshot()->devices.size();
    };
    const auto before = devices();

    world.plug(rear_socket, Thing::mouse); // unannounced, as is what usbfs does
    loop.advance(499ms);
    EXPECT_EQ(devices(), before);
    loop.advance(100ms);
    EXPECT_EQ(devices(), before + 1);

    world.unplug(rear_socket); // a node that was closed later
    loop.advance(2100ms);
    EXPECT_EQ(devices(), before);
}

} // namespace
} // namespace usbroute::daemon
