// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/execution.hpp"
#include "apply/joint_backend.hpp"
#include "apply/recovery.hpp"
#include "apply/register_backend.hpp"
#include "attach/seen.hpp"
#include "base/format.hpp"
#include "fakes/attach_world.hpp"
#include "fakes/boards.hpp"
#include "fakes/fake_registers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace usbroute::apply {
namespace {

constexpr std::size_t never = 1000;

/// Devices and guests as values. One action of a plan can fail, or never be answered.
class WorldBackend final : public Backend {
public:
    WorldBackend(fakes::AttachWorld& world, std::size_t& acted, std::size_t failing, std::size_t hanging)
        : world_(world), acted_(acted), failing_(failing), hanging_(hanging)
    {}
    void look(Seen seen) override { seen(plan::Reading{.devices = world_.seen}); }
    void act(const plan::Action& action, Seen seen) override
    {
        const auto number = acted_++;
        if (number == hanging_) return; // the daemon is killed here
        if (number == failing_) return seen(std::unexpected(Error(ErrorKind::failed, "QEMU says no")));
        std::visit([this](const auto& one) { carry_out(one); }, action);
        look(std::move(seen));
    }

private:
    template <class One> void carry_out(const One& one)
    {
        if constexpr (std::is_constructible_v<attach::Action, One>)
            world_.act(one);
        else
            FAIL() << "a means of another backend";
    }

    fakes::AttachWorld& world_;
    std::size_t& acted_;
    std::size_t failing_;
    std::size_t hanging_;
};

/// The recorded board with a mux, a card and a guest that runs; the profile takes sockets of both.
struct MixedDesk {
    MixedDesk()
    {
        for (const auto& device : machine.snapshot.devices)
            world.seen.devices.push_back(attach::seen(*device));
        world.start("windows");
        registers.emplace(fakes::bits(machine.snapshot));
        plan = planned(plan::ApplyRequest{ProfileName("desk-in-windows")});
    }

    [[nodiscard]] plan::Plan planned(plan::Wish wish) const
    {
        auto outcome =
            plan::make_plan({machine.snapshot, machine.settings, machine.use, {}, {}, {}, {}, world.seen, {}},
                            {.wish = std::move(wish)});
        if (const auto* refusal = std::get_if<plan::Refusal>(&outcome)) {
            ADD_FAILURE() << plan::text_of(*refusal);
            return {};
        }
        return std::get<plan::Plan>(std::move(outcome));
    }
    /// "3ff3 3f | 5-1 windows usbroute0.0/1 ..."
    [[nodiscard]] std::string shown() const
    {
        return format("{:x} {:x} | {}", registers->bits.usb2_owner, registers->bits.superspeed_on,
                      world.shown());
    }
    std::optional<Result<Applied>> carry_out(std::size_t failing = never, std::size_t hanging = never)
    {
        std::size_t acted = 0;
        JointBackend backend(std::make_unique<RegisterBackend>(*registers),
                             std::make_unique<WorldBackend>(world, acted, failing, hanging));
        std::optional<Result<Applied>> done;
        Execution execution(plan, backend, journal, signature);
        execution.begin([&](Result<Applied> applied) { done = std::move(applied); });
        return done;
    }
    [[nodiscard]] std::size_t device_steps() const
    {
        return static_cast<std::size_t>(std::ranges::count_if(plan.steps, [](const plan::Step& step) {
            return !std::holds_alternative<route::WriteRegister>(step.action);
        }));
    }
    [[nodiscard]] std::size_t route_steps() const { return plan.steps.size() - device_steps(); }

    fakes::Machine machine = fakes::recorded("z97-with-card");
    fakes::AttachWorld world;
    std::optional<fakes::FakeRegisters> registers;
    fakes::RecordingJournal journal;
    Signature signature;
    plan::Plan plan;
};

TEST(JointBackend, APlanOfTwoMeansTakesAllItsSockets)
{
    MixedDesk desk;
    ASSERT_GE(desk.route_steps(), 1u);
    ASSERT_GE(desk.device_steps(), 2u);

    const auto done = desk.carry_out();

    ASSERT_TRUE(done && *done) << (*done).error().message();
    EXPECT_EQ(desk.registers->bits.usb2_owner, 0x3ff2u);
    EXPECT_TRUE(desk.world.shown().contains("5-1 windows")) << desk.world.shown();
    EXPECT_EQ((*done)->after.routes, desk.registers->bits);
    EXPECT_EQ((*done)->after.devices, desk.world.seen);
}

TEST(JointBackend, WhereAnyStepOfEitherMeansFailsAllOfBothIsTakenBack)
{
    const auto before = MixedDesk().shown();
    for (std::size_t failing = 0; failing < MixedDesk().device_steps(); ++failing) {
        MixedDesk desk;
        const auto done = desk.carry_out(failing);
        ASSERT_TRUE(done && !*done) << "step " << failing;
        EXPECT_TRUE(done->error().message().ends_with("the machine is as before")) << done->error().message();
        EXPECT_EQ(desk.shown(), before) << "step " << failing;
        EXPECT_FALSE(desk.journal.history().open) << "step " << failing;
    }
    for (int failing = 1; failing <= static_cast<int>(MixedDesk().route_steps()); ++failing) {
        MixedDesk desk;
        desk.registers->failing_write = failing;
        const auto done = desk.carry_out();
        ASSERT_TRUE(done && !*done) << "write " << failing;
        EXPECT_EQ(desk.shown(), before) << "write " << failing;
    }
}

/// Whoever is killed leaves an open change. What becomes of it is either the whole profile or nothing, of both means: the wires
/// by what the registers show, and the devices by whom their sockets are for, which the follower then sees to.
TEST(JointBackend, KilledBetweenAnyTwoStepsBothMeansEndOnTheSameSide)
{
    constexpr std::uint32_t wires_before = 0x3ffe;
    constexpr std::uint32_t wires_after = 0x3ff2;
    std::set<std::string> ends;
    const auto kill_and_recover = [&](std::size_t killed, bool before_the_wires) {
        MixedDesk desk;
        ASSERT_FALSE(desk.carry_out(never, killed)) << "it was not killed";
        if (before_the_wires) desk.registers->bits.usb2_owner = wires_before;
        const auto open = desk.journal.history().open;
        ASSERT_TRUE(open);
        desk.world.daemon_dies(); // claims end with it
        desk.machine.snapshot.note_registers(open->controller, desk.registers->bits);

        const auto recovered =
            recover(*open, *desk.registers, desk.journal, [&](const plan::Request& request) -> plan::Outcome {
                return desk.planned(request.wish);
            });

        ASSERT_TRUE(recovered) << recovered.error().message();
        EXPECT_FALSE(desk.journal.history().open);
        const auto standing = desk.journal.history().standing;
        const bool has_devices = standing && !plan::assigned_after({}, *standing).empty();
        EXPECT_EQ(desk.registers->bits.usb2_owner, has_devices ? wires_after : wires_before)
            << "killed at " << killed << ": " << recovered->text;
        ends.insert(has_devices ? "all" : "nothing");
    };
    for (std::size_t killed = 0; killed < MixedDesk().device_steps(); ++killed)
        kill_and_recover(killed, false);
    kill_and_recover(0, true);

    EXPECT_EQ(ends, (std::set<std::string>{"all", "nothing"}));
}

} // namespace
} // namespace usbroute::apply
