// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/assign_backend.hpp"
#include "apply/driver_backend.hpp"
#include "apply/execution.hpp"
#include "base/format.hpp"
#include "fakes/fake_drivers.hpp"
#include "plan/handover.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace usbroute::apply {
namespace {

using assign::InGuest;
using assign::MachineState;

const PciAddress assigned_card = *PciAddress::parse("01:00.0");
const GuestName assigned_guest("windows");

/// A guest that does what it is told, unless it is told otherwise.
class FakeGuest final : public GuestLine {
public:
    explicit FakeGuest(std::string& log) : log_(log) {}

    void look(Told told) override { told(seen); }
    void plug_in(const assign::PlugIn& plug, Told told) override
    {
        log_ += "plug in\n";
        if (plugging) return told(std::unexpected(*plugging));
        seen.held.push_back(
            {.function = plug.function, .object = assign::object_of(plug.function), .place = plug.place});
        told(seen);
    }
    void take_out(const assign::TakeOut&, Told told) override
    {
        log_ += "take out\n";
        if (taking) return told(std::unexpected(*taking));
        seen.held.clear();
        told(seen);
    }

    InGuest seen{.machine = MachineState::there, .process = 77, .free_places = {"rp1"}};
    std::optional<Error> plugging;
    std::optional<Error> taking;

private:
    std::string& log_;
};

/// A assigned_card that the host drives, a guest that runs, and an execution of plans between them.
struct AssignRun {
    AssignRun()
    {
        drivers.functions[assigned_card.text()] = {.native = "xhci_hcd", .driver = "xhci_hcd", .forced = {}};
    }

    [[nodiscard]] plan::Plan into() const
    {
        plan::Plan plan{.title = "give it"};
        const auto rebind = assign::give({.function = assigned_card, .driver = "xhci_hcd", .forced = {}});
        plan.made_for.bindings = assign::Bindings{rebind.before};
        plan.made_for.in_guest = guest.seen;
        plan.steps.push_back({.action = rebind, .inverse = assign::PutBack{rebind.before}, .reason = {}});
        const assign::PlugIn plug{.guest = assigned_guest, .function = assigned_card, .place = "rp1"};
        const assign::TakeOut out{.guest = assigned_guest, .function = assigned_card, .place = "rp1"};
        plan.steps.push_back({.action = plug, .inverse = out, .reason = {}});
        return plan;
    }
    [[nodiscard]] plan::Plan out_of() const
    {
        plan::Plan plan{.title = "take it"};
        const auto rebind =
            assign::take({.function = assigned_card, .driver = "vfio-pci", .forced = "vfio-pci"}, false);
        plan.made_for.bindings = assign::Bindings{rebind.before};
        plan.made_for.in_guest = guest.seen;
        const assign::TakeOut out{.guest = assigned_guest, .function = assigned_card, .place = "rp1"};
        const assign::PlugIn plug{.guest = assigned_guest, .function = assigned_card, .place = "rp1"};
        plan.steps.push_back({.action = out, .inverse = plug, .reason = {}});
        plan.steps.push_back({.action = rebind, .inverse = assign::PutBack{rebind.before}, .reason = {}});
        return plan;
    }
    /// "done", or the code and the message.
    std::string run(const plan::Plan& plan)
    {
        DriverBackend bound(drivers, plan);
        AssignBackend backend(bound, &guest, [this](const PciAddress&) { return held; });
        NoJournal journal;
        drivers.log.clear();
        log.clear();
        const auto done = execute(plan, backend, journal);
        return done ? "done" : format("{}: {}", done.error().code(), done.error().message());
    }
    void be_in_guest()
    {
        ASSERT_EQ(run(into()), "done");
        ASSERT_EQ(drivers.state(), "0000:01:00.0 vfio-pci forced vfio-pci");
    }

    fakes::FakeDrivers drivers;
    std::string log;
    FakeGuest guest{log};
    std::optional<Error> held;
};

TEST(AssignBackend, GivesAControllerAndTakesItBack)
{
    AssignRun run;

    EXPECT_EQ(run.run(run.into()), "done");
    EXPECT_EQ(run.log, "plug in\n");
    EXPECT_NE(run.guest.seen.find(assigned_card), nullptr);
    EXPECT_EQ(run.run(run.out_of()), "done");
    EXPECT_EQ(run.log, "take out\n");
    EXPECT_EQ(run.drivers.state(), "0000:01:00.0 xhci_hcd");
}

TEST(AssignBackend, GivesTheHostBackWhatTheGuestCouldNotTake)
{
    AssignRun run;
    run.guest.plugging = Error(ErrorKind::not_permitted, "QEMU may not open it").with_code("group-no-rights");

    EXPECT_EQ(run.run(run.into()),
              "group-no-rights: cannot give it: QEMU may not open it; the machine is as before");
    EXPECT_EQ(run.drivers.state(), "0000:01:00.0 xhci_hcd");
}

TEST(AssignBackend, BindsNothingWhileTheGuestHasNotLetGo)
{
    AssignRun run;
    run.be_in_guest();
    run.guest.taking =
        Error(ErrorKind::timed_out, "windows has not let go of 0000:01:00.0").with_code("guest-silent");

    EXPECT_EQ(
        run.run(run.out_of()),
        "guest-silent: cannot take it: windows has not let go of 0000:01:00.0; nothing was rebound; a guest "
        "lets go when its system answers to a hot-unplug; when none does, its shutdown ends that, or "
        "system_reset in its monitor (`virsh reset windows` with libvirt)");
    EXPECT_EQ(run.drivers.log, "");
    EXPECT_EQ(run.log, "take out\n");
    EXPECT_EQ(run.drivers.state(), "0000:01:00.0 vfio-pci forced vfio-pci");
}

TEST(AssignBackend, BindsNothingOfAGuestThatSaysNo)
{
    AssignRun run;
    run.be_in_guest();
    run.guest.taking = Error(ErrorKind::failed, "windows says no").with_code("guest-refused");

    EXPECT_EQ(run.run(run.out_of()),
              "guest-refused: cannot take it: windows says no; the machine is as before");
    EXPECT_EQ(run.drivers.log, "");
}

TEST(AssignBackend, DoesNotUnbindWhatAProcessHasOpenWhateverTheGuestSays)
{
    AssignRun run;
    run.be_in_guest();
    run.held = Error(ErrorKind::failed, "process 77 has it open").with_code("guest-running");

    EXPECT_EQ(run.run(run.out_of()),
              "guest-running: cannot take it: process 77 has it open; the machine is as before");
    EXPECT_EQ(run.drivers.log, "");
    EXPECT_EQ(run.log, "take out\nplug in\n");
}

TEST(AssignBackend, DoesNotUnbindOnTheWayBackEitherWhatTheGuestKeeps)
{
    AssignRun run;
    auto plan = run.into();
    plan.expected.push_back({.key = assigned_card, .word = "nonsense"}); // fails when all is done
    run.guest.taking = Error(ErrorKind::timed_out, "silent").with_code("guest-silent");
    run.held = Error(ErrorKind::failed, "process 77 has it open").with_code("guest-running");

    const auto end = run.run(plan);

    EXPECT_TRUE(end.starts_with("half-way: ")) << end;
    EXPECT_NE(end.find("in the monitor of windows: device_del usbroute-01-00-0"), std::string::npos) << end;
    EXPECT_EQ(run.drivers.state(), "0000:01:00.0 vfio-pci forced vfio-pci");
}

TEST(AssignBackend, DoesNothingForAPlanOfAnotherMoment)
{
    AssignRun run;
    const auto plan = run.into();
    run.guest.seen.free_places.clear();

    EXPECT_TRUE(run.run(plan).starts_with("stale-plan: "));
    EXPECT_EQ(run.drivers.log + run.log, "");
}

} // namespace
} // namespace usbroute::apply
