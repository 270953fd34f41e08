// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/given_life.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using assign::Ask;

const PciAddress given_card = *PciAddress::parse("02:00.0");
const GuestName given_windows("windows");

/// A daemon with a line to the guest windows, which has one empty root port.
struct ControllersLife {
    explicit ControllersLife(bool is_running = true)
    {
        if (is_running) {
            life.guest_starts("windows");
            life.qemu("windows").add_root_port("rp1");
        }
        life.daemon_starts();
        life.settle();
    }
    void ask(Ask::What what)
    {
        answer.reset();
        life.daemon->assembly.controllers.answer(
            {.guest = given_windows, .what = what, .function = given_card, .place = "rp1"},
            [this](const wire::Answer& told) { answer = told; });
        life.settle();
    }
    /// "ok: ..." or "failed CODE"
    [[nodiscard]] std::string told() const
    {
        if (!answer) return "nothing yet";
        if (answer->status == wire::Status::ok) return "ok: " + answer->message;
        return std::string(wire::text_of(answer->status)) + " " + answer->code;
    }

    fakes::GivenLife life;
    std::optional<wire::Answer> answer;
};

TEST(Controllers, GoIntoAGuestAndOutOfIt)
{
    ControllersLife bench;

    bench.ask(Ask::What::look);
    EXPECT_EQ(bench.told(), "ok: windows has no controller of the host; 1 of its root ports is free");
    bench.ask(Ask::What::plug_in);
    EXPECT_EQ(bench.told(), "ok: windows has 0000:02:00.0 on rp1; 0 of its root ports are free");
    bench.ask(Ask::What::take_out);
    EXPECT_EQ(bench.told(), "ok: windows has no controller of the host; 1 of its root ports is free");
}

TEST(Controllers, OfASilentGuestStayThereUntilItsMachineIsReset)
{
    ControllersLife bench;
    bench.ask(Ask::What::plug_in);
    bench.life.qemu("windows").guest_answers = false;

    bench.ask(Ask::What::take_out);
    EXPECT_EQ(bench.told(), "nothing yet");
    bench.life.settle(vmm::FunctionAccess::usual_answer);
    EXPECT_EQ(bench.told(), "ok: windows has 0000:02:00.0 on rp1 (silent); 0 of its root ports are free");

    bench.life.qemu("windows").reset_machine();
    bench.life.settle();
    bench.ask(Ask::What::look);
    EXPECT_EQ(bench.told(), "ok: windows has no controller of the host; 1 of its root ports is free");
}

TEST(Controllers, OfAGuestThatEndsAreGoneWithIt)
{
    ControllersLife bench;
    bench.ask(Ask::What::plug_in);
    bench.life.qemu("windows").guest_answers = false;
    bench.ask(Ask::What::take_out);

    bench.life.guest_is_killed("windows");
    bench.life.settle();

    EXPECT_EQ(bench.told(), "ok: windows does not run");
}

TEST(Controllers, OfAGuestThatDoesNotRunAreNotAskedFor)
{
    ControllersLife bench(false);

    bench.ask(Ask::What::plug_in);

    EXPECT_EQ(bench.told(), "ok: windows does not run");
}

TEST(Controllers, AreMovedByRootAloneAndLookedAtByWhoeverMayAsk)
{
    ControllersLife bench;

    bench.life.ask("assign windows look");
    bench.life.settle();
    EXPECT_EQ(std::exchange(bench.life.said, {}),
              "ok -- windows has no controller of the host; 1 of its root ports is free\n");
    bench.life.ask("assign windows plug-in 0000:02:00.0 rp1");
    bench.life.settle();
    EXPECT_EQ(std::exchange(bench.life.said, {}),
              "error not-permitted only root may have a guest take or give whole controllers: it is "
              "root's command that binds them\n");
    bench.life.ask("assign mac look");
    bench.life.settle();
    EXPECT_EQ(std::exchange(bench.life.said, {}), "error no-such-guest usbrouted has no guest mac\n");
}

} // namespace
} // namespace usbroute::daemon
