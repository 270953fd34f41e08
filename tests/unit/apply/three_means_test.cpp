// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/assign_backend.hpp"
#include "apply/driver_backend.hpp"
#include "apply/execution.hpp"
#include "apply/joint_backend.hpp"
#include "apply/recovery.hpp"
#include "apply/register_backend.hpp"
#include "apply/verify.hpp"
#include "base/format.hpp"
#include "fakes/fake_drivers.hpp"
#include "fakes/fake_registers.hpp"
#include "fakes/three_means.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace usbroute::apply {
namespace {

constexpr std::size_t no_action = 1000;

/// Counts the actions of all means: one of them can fail before it is done, or end the daemon after it is done.
struct Fate {
    std::size_t acted = 0;
    std::size_t failing = no_action;
    std::size_t last = no_action;
};

/// Devices as values.
class DeviceWorld final : public Backend {
public:
    explicit DeviceWorld(fakes::AttachWorld& world) : world_(world) {}
    void look(Seen seen) override { seen(plan::Reading{.devices = world_.seen}); }
    void act(const plan::Action& action, Seen seen) override
    {
        std::visit(
            [this](const auto& one) {
                if constexpr (std::is_constructible_v<attach::Action, std::decay_t<decltype(one)>>)
                    world_.act(one);
                else
                    FAIL() << "a means of another backend";
            },
            action);
        look(std::move(seen));
    }

private:
    fakes::AttachWorld& world_;
};

class Fated final : public Backend {
public:
    Fated(std::unique_ptr<Backend> backend, Fate& fate) : backend_(std::move(backend)), fate_(fate) {}
    void look(Seen seen) override { backend_->look(std::move(seen)); }
    void act(const plan::Action& action, Seen seen) override
    {
        const auto number = fate_.acted++;
        if (number == fate_.failing) return seen(std::unexpected(Error(ErrorKind::failed, "it says no")));
        if (number == fate_.last) return backend_->act(action, [](const Result<plan::Reading>&) {});
        backend_->act(action, std::move(seen));
    }

private:
    std::unique_ptr<Backend> backend_;
    Fate& fate_;
};

class CardGuest final : public GuestLine {
public:
    void look(Told told) override { told(seen); }
    void plug_in(const assign::PlugIn& plug, Told told) override
    {
        seen.held.push_back(
            {.function = plug.function, .object = assign::object_of(plug.function), .place = plug.place});
        std::erase(seen.free_places, plug.place);
        told(seen);
    }
    void take_out(const assign::TakeOut& out, Told told) override
    {
        std::erase_if(seen.held, [&](const auto& held) { return held.function == out.function; });
        seen.free_places = {"rp1", "rp2"};
        told(seen);
    }

    assign::InGuest seen{
        .machine = assign::MachineState::there, .process = 77, .free_places = {"rp1", "rp2"}};
};

struct ThreeMeansRun {
    ThreeMeansRun()
    {
        registers.emplace(fakes::bits(desk.machine.snapshot));
        drivers.functions["0000:04:00.0"] = {.native = "xhci_hcd", .driver = "xhci_hcd", .forced = {}};
        take_plan({.wish = plan::ApplyRequest{ProfileName("desk-in-windows")}});
    }
    void take_plan(plan::Request request)
    {
        auto outcome = desk.decided(std::move(request));
        if (const auto* refusal = std::get_if<plan::Refusal>(&outcome)) FAIL() << plan::text_of(*refusal);
        plan = std::get<plan::Plan>(std::move(outcome));
    }
    std::optional<Result<Applied>> carry_out(Fate fate = {})
    {
        DriverBackend bound(drivers, plan);
        const auto fated = [&](std::unique_ptr<Backend> backend) {
            return std::make_unique<Fated>(std::move(backend), fate);
        };
        // As the daemon has it: no more than the plan is for.
        JointBackend backend(
            plan.made_for.routes ? fated(std::make_unique<RegisterBackend>(*registers)) : nullptr,
            plan.made_for.devices ? fated(std::make_unique<DeviceWorld>(desk.world)) : nullptr,
            fated(std::make_unique<AssignBackend>(bound, &guest,
                                                  [](const PciAddress&) { return std::optional<Error>(); })));
        std::optional<Result<Applied>> done;
        Execution execution(plan, backend, journal, signature);
        execution.begin([&](Result<Applied> applied) { done = std::move(applied); });
        return done;
    }
    /// All that a look would find. What a guest has let go of has the host's drivers as soon as somebody offers it to them, which
    /// is the follower's.
    [[nodiscard]] std::string shown() const
    {
        auto devices = desk.world.shown();
        for (auto at = devices.find("driverless"); at != std::string::npos; at = devices.find("driverless"))
            devices.replace(at, std::string("driverless").size(), "host");
        return format("{:x} {:x} | {} | {} | {}", registers->bits.usb2_owner, registers->bits.superspeed_on,
                      devices, drivers.state(),
                      guest.seen.find(desk.card) == nullptr ? "not in the guest" : "in the guest");
    }
    /// As the daemon does after a look: what it would do for what is said, until nothing is due.
    void follow()
    {
        desk.know(guest.seen);
        const auto& now = drivers.functions["0000:04:00.0"];
        desk.set_driver(now.driver, now.forced);
        desk.standing = journal.history().standing;
        if (desk.standing) desk.say(*desk.standing);
        for (int turn = 0; turn < 4; ++turn) {
            auto outcome = desk.decided({.wish = plan::FollowRequest{}});
            plan = std::get<plan::Plan>(std::move(outcome));
            if (!plan.made_for.bindings || plan.steps.empty()) return;
            DriverBackend bound(drivers, plan);
            AssignBackend backend(bound, plan.made_for.in_guest ? &guest : nullptr,
                                  [](const PciAddress&) { return std::optional<Error>(); });
            NoJournal unwritten;
            const auto done = execute(plan, backend, unwritten);
            ASSERT_TRUE(done) << done.error().message();
            desk.know(guest.seen);
            desk.set_driver(drivers.functions["0000:04:00.0"].driver,
                            drivers.functions["0000:04:00.0"].forced);
        }
        FAIL() << "it does not come to an end";
    }
    [[nodiscard]] bool has_card() const
    {
        return guest.seen.find(desk.card) != nullptr && drivers.state().contains(" vfio-pci");
    }

    fakes::ThreeMeans desk;
    std::optional<fakes::FakeRegisters> registers;
    fakes::FakeDrivers drivers;
    CardGuest guest;
    fakes::RecordingJournal journal;
    Signature signature;
    plan::Plan plan;
};

TEST(ThreeMeans, OneProfileTakesSocketsOfAllAndItsReadingHasWhatWasSeenOfEach)
{
    ThreeMeansRun run;
    const auto done = run.carry_out();

    ASSERT_TRUE(done && *done) << (*done).error().message();
    EXPECT_TRUE(run.has_card()) << run.shown();
    EXPECT_EQ((*done)->after.routes, run.registers->bits);
    EXPECT_EQ((*done)->after.devices, run.desk.world.seen);
    EXPECT_EQ((*done)->after.in_guest, run.guest.seen);
    ASSERT_TRUE((*done)->after.bindings);
    EXPECT_EQ((*done)->after.bindings->front().driver, "vfio-pci");
}

TEST(ThreeMeans, WhicheverStepFailsAllThreeAreTakenBack)
{
    const auto before = ThreeMeansRun().shown();
    const auto steps = ThreeMeansRun().plan.steps.size();
    ASSERT_GE(steps, 5u);
    for (std::size_t failing = 0; failing < steps; ++failing) {
        ThreeMeansRun run;
        const auto done = run.carry_out({.failing = failing});
        ASSERT_TRUE(done && !*done) << "step " << failing;
        EXPECT_TRUE(done->error().message().ends_with("the machine is as before")) << done->error().message();
        EXPECT_EQ(run.shown(), before) << "step " << failing;
        EXPECT_FALSE(run.journal.history().open) << "step " << failing;
    }
}

/// Wires by what the registers show, and the rest by whom the sockets are for.
TEST(ThreeMeans, KilledAfterAnyStepAllThreeEndOnTheSameSide)
{
    const auto before = ThreeMeansRun().registers->bits.usb2_owner;
    const auto steps = ThreeMeansRun().plan.steps.size();
    for (std::size_t last = 0; last < steps; ++last) {
        ThreeMeansRun run;
        ASSERT_FALSE(run.carry_out({.last = last})) << "it was not killed";
        const auto open = run.journal.history().open;
        ASSERT_TRUE(open);
        run.desk.machine.snapshot.note_registers(open->controller, run.registers->bits);
        const auto recovered =
            recover(*open, *run.registers, run.journal,
                    [&](const plan::Request& request) -> plan::Outcome { return run.desk.decided(request); });
        ASSERT_TRUE(recovered) << recovered.error().message();

        run.follow();

        const bool has_wires = run.registers->bits.usb2_owner != before;
        EXPECT_EQ(run.has_card(), has_wires) << "killed after " << last << ": " << run.shown();
        if (!has_wires) {
            EXPECT_EQ(run.drivers.state(), "0000:04:00.0 xhci_hcd") << run.shown();
        }
    }
}

TEST(ThreeMeans, OnTheWayBackNothingIsBoundBeforeTheGuestHasLetGo)
{
    ThreeMeansRun run;
    const auto moved = [](const char* to) {
        return plan::Request{.wish = plan::MoveRequest{{ConnectorName("slot-1"), ConnectorName("slot-2")},
                                                       config::target_from(to)}};
    };
    run.take_plan(moved("windows"));
    ASSERT_TRUE(*run.carry_out());
    run.desk.say(run.plan.change);
    run.desk.know(run.guest.seen);
    run.desk.set_driver("vfio-pci", "vfio-pci");
    run.take_plan(moved("host"));
    const auto before = run.shown();
    ASSERT_TRUE(std::holds_alternative<assign::TakeOut>(run.plan.steps.front().action));
    run.drivers.log.clear();

    const auto failed = run.carry_out({.failing = 0});

    ASSERT_TRUE(failed && !*failed);
    EXPECT_TRUE(failed->error().message().contains("it says no")) << failed->error().message();
    EXPECT_EQ(run.drivers.log, "");
    EXPECT_EQ(run.shown(), before);
    const auto again = run.carry_out();
    ASSERT_TRUE(again && *again) << again->error().message();
    EXPECT_EQ(run.drivers.state(), "0000:04:00.0 xhci_hcd");
}

std::string judged(const fakes::ThreeMeans& desk, const plan::Outcome& outcome,
                   const topology::Snapshot& before)
{
    std::string text;
    for (const auto& one :
         judge(std::get<plan::Plan>(outcome), before, desk.machine.snapshot, desk.machine.settings))
        text += format("{} {}: {}\n", one.connector.text(), text_of(one.verdict), one.text);
    return text;
}

TEST(ThreeMeans, WhatIsOnTheCardLeavesWithItAndIsSeenAgainWhenItIsBack)
{
    fakes::ThreeMeans desk;
    fakes::plug_keyboard(desk.machine.snapshot, "7-2");
    const auto with_keyboard = desk.machine.snapshot;
    const auto there = desk.moved({"slot-1", "slot-2"}, "windows");

    EXPECT_EQ(judged(desk, there, with_keyboard), "slot-1 consistent: nothing was plugged in\n"
                                                  "slot-2 unknown: Keyboard (1234:5678) is still at 7-2\n");
    desk.say(std::get<plan::Plan>(there).change);
    desk.put_card_into_guest();
    desk.machine.snapshot.devices.erase_if([](const auto& device) { return device->path.bus() == 7; });
    EXPECT_EQ(judged(desk, there, with_keyboard),
              "slot-1 consistent: nothing was plugged in\n"
              "slot-2 consistent: Keyboard (1234:5678) has left for windows\n");

    const auto without = desk.machine.snapshot;
    const auto back = desk.moved({"slot-1", "slot-2"}, "host");
    desk.machine.snapshot = with_keyboard;
    EXPECT_EQ(judged(desk, back, without), "slot-1 consistent: nothing was found in it\n"
                                           "slot-2 confirmed: Keyboard (1234:5678) is at 7-2 now\n");
}

} // namespace
} // namespace usbroute::apply
