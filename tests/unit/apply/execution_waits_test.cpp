// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/execution.hpp"
#include "fakes/boards.hpp"
#include "fakes/fake_registers.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace usbroute::apply {
namespace {

using chips::RouteBits;
using plan::Reading;

/// Answers when it is told to, as a backend does that waits for somebody else.
class PatientBackend final : public Backend {
public:
    void look(Seen seen) override { wait("look", std::move(seen)); }
    void act(const plan::Action& action, Seen seen) override
    {
        wait(plan::shell_line(action), std::move(seen));
    }

    void answer(Result<Reading> reading)
    {
        ASSERT_TRUE(waiting_) << "nothing is asked";
        const auto seen = std::exchange(waiting_, nullptr);
        seen(std::move(reading));
    }

    std::string log;

private:
    void wait(const std::string& what, Seen seen)
    {
        EXPECT_FALSE(waiting_) << "asked twice";
        log += what + "\n";
        waiting_ = std::move(seen);
    }

    Seen waiting_;
};

struct Desk {
    Desk() : plan(front_to_ehci()), execution(plan, backend, journal, signature)
    {
        execution.begin([this](Result<Applied> applied) { done = std::move(applied); });
    }

    static plan::Plan front_to_ehci()
    {
        const auto snapshot = fakes::z97();
        const auto settings = fakes::settings();
        return std::get<plan::Plan>(
            plan::make_plan({snapshot, settings, {}, {}},
                            {plan::MoveRequest{{ConnectorName("front")}, topology::Side::ehci}, false, {}}));
    }

    static Reading wires(std::uint32_t usb2, std::uint32_t superspeed)
    {
        return {.routes = RouteBits{.usb2_owner = usb2,
                                    .usb2_movable = 0x3fff,
                                    .superspeed_on = superspeed,
                                    .superspeed_movable = 0x3f}};
    }

    plan::Plan plan;
    PatientBackend backend;
    fakes::RecordingJournal journal;
    Signature signature;
    Execution execution;
    std::optional<Result<Applied>> done;
};

constexpr auto superspeed_off = "setpci -s 0000:00:14.0 d8.l=0:1\n";
constexpr auto wires_to_ehci = "setpci -s 0000:00:14.0 d0.l=0:1\n";
constexpr auto superspeed_on = "setpci -s 0000:00:14.0 d8.l=1:1\n";

TEST(ExecutionThatWaits, GoesOnWhenItIsAnsweredAndTellsOnceAtTheEnd)
{
    Desk desk;
    EXPECT_EQ(desk.backend.log, "look\n");
    EXPECT_EQ(desk.journal.text.find("begin"), std::string::npos)
        << "nothing is begun before it was looked at";

    desk.backend.answer(Desk::wires(0x3fff, 0x3f));
    EXPECT_NE(desk.journal.text.find("begin"), std::string::npos);
    desk.backend.answer(Desk::wires(0x3fff, 0x3e));
    EXPECT_FALSE(desk.done);
    desk.backend.answer(Desk::wires(0x3ffe, 0x3e));

    ASSERT_TRUE(desk.done);
    ASSERT_TRUE(*desk.done) << desk.done->error().message();
    EXPECT_EQ((*desk.done)->after, Desk::wires(0x3ffe, 0x3e));
    EXPECT_EQ(desk.backend.log, std::string("look\n") + superspeed_off + wires_to_ehci);
    EXPECT_TRUE(desk.journal.text.ends_with("end done\n"));
}

TEST(ExecutionThatWaits, TakesBackWhatItHasDoneAndLooksBeforeEachStepBack)
{
    Desk desk;
    desk.backend.answer(Desk::wires(0x3fff, 0x3f));
    desk.backend.answer(Desk::wires(0x3fff, 0x3e));
    desk.backend.answer(std::unexpected(Error(ErrorKind::failed, "no answer")));

    desk.backend.answer(Desk::wires(0x3fff, 0x3e)); // the wires are where they were
    desk.backend.answer(Desk::wires(0x3fff, 0x3e));
    EXPECT_FALSE(desk.done);
    desk.backend.answer(Desk::wires(0x3fff, 0x3f)); // SuperSpeed is on again
    desk.backend.answer(Desk::wires(0x3fff, 0x3f));

    ASSERT_TRUE(desk.done);
    EXPECT_EQ(desk.done->error().message(), "cannot move front to ehci: no answer; the machine is as before");
    EXPECT_EQ(desk.backend.log, std::string("look\n") + superspeed_off + wires_to_ehci + "look\nlook\n" +
                                    superspeed_on + "look\n");
    EXPECT_TRUE(desk.journal.text.ends_with("end undone\n"));
}

TEST(ExecutionThatWaits, LeavesAStepAloneThatHangsAndTakesBackWhatWasDoneBeforeIt)
{
    Desk desk;
    desk.backend.answer(Desk::wires(0x3fff, 0x3f));
    desk.backend.answer(Desk::wires(0x3fff, 0x3e));
    desk.backend.answer(std::unexpected(Error(ErrorKind::timed_out, "no answer")));

    desk.backend.answer(Desk::wires(0x3fff, 0x3e));
    desk.backend.answer(Desk::wires(0x3fff, 0x3f)); // SuperSpeed is on again
    desk.backend.answer(Desk::wires(0x3ffe, 0x3f)); // and what hung has happened after all

    ASSERT_TRUE(desk.done);
    EXPECT_EQ(desk.done->error().code(), hanging_step_code);
    EXPECT_EQ(
        desk.done->error().message(),
        "cannot move front to ehci: no answer; that will happen when the kernel lets go, if it ever does; "
        "everything else is as before");
    EXPECT_EQ(desk.backend.log,
              std::string("look\n") + superspeed_off + wires_to_ehci + "look\n" + superspeed_on + "look\n");
    EXPECT_TRUE(desk.journal.text.ends_with("end half-way\n"));
}

TEST(ExecutionThatWaits, SaysWhereALaterStepHasDisturbedAnEarlierOne)
{
    Desk desk;
    desk.backend.answer(Desk::wires(0x3fff, 0x3f));
    desk.backend.answer(Desk::wires(0x3fff, 0x3e));
    desk.backend.answer(Desk::wires(0x3ffe, 0x3f)); // SuperSpeed is on again by itself
    for (int i = 0; i < 4 && !desk.done; ++i) desk.backend.answer(Desk::wires(0x3fff, 0x3f));

    ASSERT_TRUE(desk.done);
    EXPECT_EQ(desk.done->error().code(), "write-did-not-take");
    EXPECT_NE(desk.done->error().message().find("USB3_PSSEN did not stay as written"), std::string::npos)
        << desk.done->error().message();
}

TEST(ExecutionThatWaits, TouchesNothingWhereTheMachineIsAnotherOneByNow)
{
    Desk desk;
    desk.backend.answer(Desk::wires(0x3ffb, 0x3f));

    ASSERT_TRUE(desk.done);
    EXPECT_EQ(desk.done->error().code(), code_of_a_stale_plan);
    EXPECT_EQ(desk.backend.log, "look\n");
    EXPECT_EQ(desk.journal.text.find("begin"), std::string::npos);
}

} // namespace
} // namespace usbroute::apply
