// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "fakes/boards.hpp"
#include "plan/assigning.hpp"

#include <gtest/gtest.h>

namespace usbroute::plan {
namespace {

using assign::Farewell;
using assign::MachineState;

const PciAddress one_ehci = *PciAddress::parse("00:1d.0");
const PciAddress other_ehci = *PciAddress::parse("00:1a.0");

/// The Z97 board, each function in a group of its own; the guest windows, which runs as process 77, is to have both EHCIs and has two
/// free root ports.
struct AssignBench {
    explicit AssignBench(const char* keyboard = "3-5")
    {
        for (auto& controller : snapshot.controllers.edit()) {
            controller.iommu_group = controller.address.device;
            look.functions.push_back(
                {.address = controller.address,
                 .vendor = 0x8086,
                 .device = controller.device,
                 .class_code = controller.kind == topology::ControllerKind::xhci ? 0x0c0330u : 0x0c0320u,
                 .driver = controller.driver,
                 .iommu_group = controller.iommu_group});
            look.controllers.push_back({.address = controller.address});
        }
        look.vfio_driver = true;
        fakes::plug_keyboard(snapshot, keyboard);
        settings.guests.front().qmp = "/run/usbroute/windows.qmp";
    }
    void set_driver(const PciAddress& address, const std::string& driver)
    {
        for (auto& controller : snapshot.controllers.edit())
            if (controller.address == address) {
                controller.driver = driver;
                controller.buses.clear();
            }
        for (auto& function : look.functions)
            if (function.address == address) function.driver = driver;
    }
    /// It is on vfio-pci, in the guest, whose process has the group open.
    void put_in(const PciAddress& address, const std::string& place)
    {
        set_driver(address, "vfio-pci");
        for (auto& state : look.controllers)
            if (state.address == address) state.driver_override = "vfio-pci";
        guest.held.push_back({.function = address, .object = assign::object_of(address), .place = place});
        std::erase(guest.free_places, place);
        holders.holders.push_back({.group = address.device, .process = 77, .command = "qemu-system-x86"});
    }
    HandoverOutcome give(const BindRequest& request = {.guest = GuestName("windows")}) const
    {
        return plan_assign({snapshot, look, settings, use, holders}, request, guest);
    }
    HandoverOutcome take() const
    {
        return plan_unassign({snapshot, look, settings, use, holders}, GuestName("windows"), guest);
    }

    topology::Snapshot snapshot = fakes::z97();
    topology::HandoverLook look;
    config::Settings settings = fakes::settings();
    topology::HostUse use;
    topology::HolderLook holders;
    assign::InGuest guest{.machine = MachineState::there, .process = 77, .free_places = {"rp1", "rp2"}};
};

/// "code: sentence (evidence); remedy", or the lines of the plan.
std::string told(const HandoverOutcome& outcome)
{
    if (const auto* refusal = std::get_if<Refusal>(&outcome)) {
        EXPECT_FALSE(refusal->remedy.empty());
        return std::string(code_of(refusal->reason)) + ": " + text_of(*refusal);
    }
    const auto& handover = std::get<Handover>(outcome);
    std::string text = handover.plan.title + "\n";
    for (const auto& step : handover.plan.steps) {
        EXPECT_TRUE(step.inverse.has_value());
        text += shell_line(step.action) + "\n";
    }
    for (const auto& address : handover.already) text += address.text() + " is so already\n";
    for (const auto& warning : handover.plan.warnings)
        if (warning.find("reset") != std::string::npos) text += "warning: " + warning + "\n";
    return text;
}

Reason reason_of(const HandoverOutcome& outcome) { return std::get<Refusal>(outcome).reason; }

TEST(Assign, BindsEverythingBeforeTheGuestGetsAnything)
{
    EXPECT_EQ(
        told(AssignBench().give()),
        "give 0000:00:1d.0 and 0000:00:1a.0 to windows, which runs\n"
        "echo vfio-pci > /sys/bus/pci/devices/0000:00:1d.0/driver_override; "
        "echo 0000:00:1d.0 > /sys/bus/pci/drivers/ehci-pci/unbind; "
        "echo 0000:00:1d.0 > /sys/bus/pci/drivers_probe\n"
        "echo vfio-pci > /sys/bus/pci/devices/0000:00:1a.0/driver_override; "
        "echo 0000:00:1a.0 > /sys/bus/pci/drivers/ehci-pci/unbind; "
        "echo 0000:00:1a.0 > /sys/bus/pci/drivers_probe\n"
        "in the monitor of windows: device_add vfio-pci,host=0000:00:1d.0,id=usbroute-00-1d-0,bus=rp1\n"
        "in the monitor of windows: device_add vfio-pci,host=0000:00:1a.0,id=usbroute-00-1a-0,bus=rp2\n");
}

TEST(Assign, OfADomainOfLibvirtsTheLinesAreVirshs)
{
    AssignBench bench;
    bench.settings.guests.front().libvirt = config::LibvirtSettings{.domain = "Bob's"};
    bench.put_in(one_ehci, "rp2");
    bench.set_driver(other_ehci, "vfio-pci");

    EXPECT_EQ(
        told(bench.give()),
        "give 0000:00:1d.0 and 0000:00:1a.0 to windows, which runs\n"
        "virsh -c qemu:///system attach-device 'Bob'\\''s' --live --file /dev/stdin <<< \"<hostdev mode='subsystem' type='pci' "
        "managed='no'><source><address domain='0x0000' bus='0x00' slot='0x1a' function='0x0'/></source><alias "
        "name='ua-usbroute-00-1a-0'/></hostdev>\"\n"
        "0000:00:1d.0 is so already\n");
    EXPECT_NE(told(bench.take())
                  .find("virsh -c qemu:///system detach-device-alias 'Bob'\\''s' --live --alias "
                        "ua-usbroute-00-1d-0\n"),
              std::string::npos);
}

TEST(Assign, FinishesWhatWasCutShort)
{
    AssignBench bench;
    bench.put_in(one_ehci, "rp2");
    bench.set_driver(other_ehci, "vfio-pci");

    EXPECT_EQ(told(bench.give()),
              "give 0000:00:1d.0 and 0000:00:1a.0 to windows, which runs\n"
              "in the monitor of windows: device_add vfio-pci,host=0000:00:1a.0,id=usbroute-00-1a-0,bus=rp1\n"
              "0000:00:1d.0 is so already\n");

    bench.put_in(other_ehci, "rp1");

    EXPECT_FALSE(std::get<Handover>(bench.give()).plan.changes_something());
}

TEST(Assign, OfADomainOfLibvirtsLeavesThePlaceToLibvirt)
{
    AssignBench bench;
    bench.put_in(other_ehci, "");
    bench.guest.chooses_places = true;
    bench.guest.free_places = {""};

    EXPECT_EQ(told(bench.give()).find("bus="), std::string::npos);
}

TEST(Assign, RefusesWhatABindIsRefusedFor)
{
    AssignBench bench("2-1.3");

    EXPECT_EQ(reason_of(bench.give()), Reason::last_keyboard);
    bench.look.vfio_driver = false;
    EXPECT_EQ(reason_of(bench.give()), Reason::vfio_not_loaded);
}

TEST(Assign, RefusesAGuestThatNobodyCanAsk)
{
    AssignBench bench;
    bench.guest.machine = MachineState::away;
    EXPECT_EQ(told(bench.give()), "guest-not-running: windows does not run; start it; or give it its "
                                  "controllers before: usbroute guest bind windows");

    bench.guest.machine = MachineState::silent;
    bench.guest.why = "usbroute-libvirt does not run";
    EXPECT_EQ(
        told(bench.give()),
        "guest-silent: nobody can ask windows now, and it may run: what it has is not known "
        "(usbroute-libvirt does not run); see `usbroute status`; its monitor serves one client at a time");

    bench.settings.guests.front().qmp.clear();
    EXPECT_EQ(reason_of(bench.give()), Reason::no_monitor);
}

TEST(Assign, AsksForTheRootPortsThatAreMissing)
{
    AssignBench bench;
    bench.guest.free_places = {"rp1"};
    EXPECT_EQ(told(bench.give()),
              "no-root-port: windows has 1 empty PCI Express root port, and 2 are needed: none can be added "
              "while it runs; before its next start add to its QEMU: -device "
              "pcie-root-port,id=usbroute-rp1,chassis=201");

    bench.guest.free_places.clear();
    bench.settings.guests.front().qmp.clear();
    bench.settings.guests.front().libvirt = config::LibvirtSettings{.domain = "win11"};
    EXPECT_EQ(
        told(bench.give()),
        "no-root-port: windows has no empty PCI Express root ports, and 2 are needed: none can be added "
        "while it runs; before its next start add to <devices> of its domain: <controller type='pci' "
        "model='pcie-root-port'/> <controller type='pci' model='pcie-root-port'/>");
}

TEST(Assign, RefusesWhatAnotherProcessHasOpen)
{
    AssignBench bench;
    bench.set_driver(one_ehci, "vfio-pci");
    bench.holders.holders.push_back({.group = 0x1d, .process = 78, .command = "qemu-system-x86"});

    EXPECT_EQ(
        told(bench.give()),
        "guest-running: another process than windows's has 0000:00:1d.0 open (process 78 "
        "(qemu-system-x86) has IOMMU group 29 open); one guest gets all of a group: end that process, or "
        "take the controller out of it");
}

TEST(Assign, RefusesWhileTheGuestHasNotLetGo)
{
    AssignBench bench;
    bench.put_in(one_ehci, "rp1");
    bench.guest.held.front().farewell = Farewell::silent;

    EXPECT_EQ(reason_of(bench.give()), Reason::guest_silent);
}

TEST(Assign, SaysThatAControllerCannotBeReset)
{
    AssignBench bench;
    for (auto& state : bench.look.controllers)
        if (state.address == one_ehci) state.reset_methods.emplace();

    EXPECT_NE(told(bench.give()).find("warning: the kernel knows no way to reset 0000:00:1d.0"),
              std::string::npos);
    EXPECT_EQ(told(bench.give()).find("reset 0000:00:1a.0"), std::string::npos);
}

TEST(Unassign, BindsNothingBeforeTheGuestHasLetGoOfEverything)
{
    AssignBench bench;
    bench.put_in(one_ehci, "rp1");
    bench.put_in(other_ehci, "rp2");

    EXPECT_EQ(told(bench.take()),
              "take 0000:00:1d.0 and 0000:00:1a.0 out of windows, which runs, for the host\n"
              "in the monitor of windows: device_del usbroute-00-1d-0\n"
              "in the monitor of windows: device_del usbroute-00-1a-0\n"
              "echo > /sys/bus/pci/devices/0000:00:1d.0/driver_override; "
              "echo 0000:00:1d.0 > /sys/bus/pci/drivers/vfio-pci/unbind; "
              "echo 0000:00:1d.0 > /sys/bus/pci/drivers_probe\n"
              "echo > /sys/bus/pci/devices/0000:00:1a.0/driver_override; "
              "echo 0000:00:1a.0 > /sys/bus/pci/drivers/vfio-pci/unbind; "
              "echo 0000:00:1a.0 > /sys/bus/pci/drivers_probe\n");
}

TEST(Unassign, OfAGuestThatDoesNotRunIsARelease)
{
    AssignBench bench;
    bench.set_driver(one_ehci, "vfio-pci");
    bench.guest = {.machine = MachineState::away};

    EXPECT_EQ(std::get<Handover>(bench.take()).plan.steps.size(), 1U);

    bench.holders.holders.push_back({.group = 0x1d, .process = 78, .command = "qemu-system-x86"});
    EXPECT_EQ(reason_of(bench.take()), Reason::guest_running);
}

TEST(Unassign, RefusesWhereNobodyCanTellWhatTheGuestHasAndSomebodyHasItOpen)
{
    AssignBench bench;
    bench.put_in(one_ehci, "rp1");
    bench.guest = {.machine = MachineState::silent, .why = "usbrouted does not run"};

    EXPECT_EQ(
        told(bench.take()),
        "guest-silent: nobody can ask windows now, and it may run: what it has is not known (usbrouted does "
        "not run; process 77 (qemu-system-x86) has IOMMU group 29 open); see `usbroute status`; its monitor "
        "serves one client at a time");

    bench.holders.holders.clear();
    EXPECT_TRUE(std::holds_alternative<Handover>(bench.take()));
}

TEST(Unassign, LeavesWhatSomebodyElseHasPutThere)
{
    AssignBench bench;
    bench.put_in(one_ehci, "rp1");
    bench.guest.held.front().object = "hostdev0";

    EXPECT_EQ(
        told(bench.take()),
        "not-ours: windows has 0000:00:1d.0 by somebody else's doing, as hostdev0 (usbroute's own would be "
        "usbroute-00-1d-0); take it out as it was put in (device_del in its monitor, virsh detach-device), or "
        "shut the guest down; `usbroute guest release windows` gives it back then");
}

TEST(Unassign, LeavesAGroupOfWhichAnotherPartStaysInTheGuest)
{
    AssignBench bench;
    bench.put_in(one_ehci, "rp1");
    const auto card = *PciAddress::parse("00:1b.0");
    bench.look.functions.push_back(
        {.address = card, .class_code = 0x040300, .driver = "vfio-pci", .iommu_group = 0x1d});
    bench.guest.held.push_back({.function = card, .object = "sound", .place = "rp2"});

    EXPECT_EQ(reason_of(bench.take()), Reason::group_shared);
}

TEST(Unassign, GoesOnAfterTheGuestHasLetGoLate)
{
    AssignBench bench;
    bench.put_in(one_ehci, "rp1");
    bench.guest.held.front().farewell = Farewell::silent;
    EXPECT_EQ(std::get<Handover>(bench.take()).plan.steps.size(), 2U);

    bench.guest.held.clear();
    bench.holders.holders.clear();
    const auto handover = std::get<Handover>(bench.take());

    ASSERT_EQ(handover.plan.steps.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<assign::Rebind>(handover.plan.steps.front().action));
}

} // namespace
} // namespace usbroute::plan
