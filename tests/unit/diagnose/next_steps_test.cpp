// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/well_machine.hpp"
#include "observe/condition.hpp"

#include <gtest/gtest.h>

namespace usbroute::diagnose {
namespace {

using chips::PciFunction;
using fakes::all_is_well;
using fakes::bits;
using fakes::finding;
using fakes::its_xhci;
using fakes::pci_function;

/// The guest has nothing yet, and every controller is alone in its group.
Facts before_the_guest()
{
    auto facts = all_is_well();
    std::uint32_t group = 4;
    for (auto& controller : facts.snapshot.controllers.edit()) {
        if (controller.is_given_away()) controller.driver = "ehci-pci";
        controller.iommu_group = group++;
    }
    return facts;
}

TEST(NextStep, NamesACommandOnlyWherePlanningItLeadsThere)
{
    EXPECT_EQ(diagnose(before_the_guest()).next_step,
              "before the guest starts: sudo usbroute guest bind windows");

    auto unloaded = before_the_guest();
    unloaded.condition.vfio_driver = false;
    EXPECT_EQ(diagnose(unloaded).next_step,
              "before the guest starts: sudo modprobe vfio-pci; sudo usbroute guest bind windows");

    // The only keyboard is on one of its controllers; its socket can step aside.
    auto keyboard = before_the_guest();
    bits(keyboard).usb2_owner = 0x3fff & ~0x200u;
    fakes::plug_keyboard(keyboard.snapshot, "1-1.2"); // bit 9 behind EHCI #2
    EXPECT_EQ(diagnose(keyboard).next_step,
              "before the guest starts: sudo usbroute guest bind windows --move-first");

    // Firmware holds that socket: no command that is refused, and none that takes the keyboard.
    bits(keyboard).usb2_movable &= ~0x200u;
    const auto held = diagnose(keyboard).next_step;
    EXPECT_EQ(held.find("guest bind windows --move-first"), std::string::npos) << held;
    EXPECT_EQ(held.find("before the guest starts"), std::string::npos) << held;
}

TEST(NextStep, OfAGuestThatIsGivenItsControllersWhileItRunsIsAssign)
{
    auto facts = before_the_guest();
    facts.settings.guests.front().bind = config::BindAt::running;

    const auto step = diagnose(facts).next_step;

    EXPECT_EQ(
        step,
        "once windows runs: sudo usbroute guest assign windows; windows: it is given 2 controllers while it runs, so its machine has to be started with an empty root port for each; `usbroute guest lines windows --qemu` prints them");
}

TEST(NextStep, DoesNotAdviseWhatLeavesTheHostWithoutUsb)
{
    auto facts = before_the_guest();
    its_xhci(facts).driver = "vfio-pci"; // by whatever
    its_xhci(facts).buses.clear();

    const auto diagnosis = diagnose(facts);

    EXPECT_EQ(
        diagnosis.next_step,
        "give 0000:00:14.0 back to the host: as root, echo > /sys/bus/pci/devices/0000:00:14.0/driver_override; echo 0000:00:14.0 > /sys/bus/pci/drivers/vfio-pci/unbind; echo 0000:00:14.0 > /sys/bus/pci/drivers_probe");
    // The command itself is not refused, so that it is named, with what it costs.
    EXPECT_EQ(
        finding(diagnosis, "guest-not-given")->remedy,
        "before the guest starts: sudo usbroute guest bind windows, which leaves the host without any USB controller");

    facts.condition.driverctl = {*PciAddress::parse("00:14.0")};
    EXPECT_EQ(diagnose(facts).next_step,
              "give 0000:00:14.0 back to the host: sudo driverctl unset-override 0000:00:14.0");
    facts.condition.kernel_words->push_back("vfio-pci.ids=8086:8cb1");
    EXPECT_EQ(diagnose(facts).next_step,
              "remove vfio-pci.ids=8086:8cb1 from the kernel's command line and reboot");
}

TEST(NextStep, PutsNoCommandFirstThatTakesTheDefaultRouteAlong)
{
    auto facts = before_the_guest();
    bits(facts).usb2_owner = 0x3fff & ~0x200u;
    fakes::plug(facts.snapshot, "1-1.2", "Adapter"); // bit 9 behind EHCI #2
    facts.use.activities = {{.usb = *topology::PortPath::parse("1-1.2"),
                             .what = "network interface eth1 carries the default route",
                             .route = topology::CarriedRoute{.name = "eth1"}}};
    EXPECT_EQ(diagnose(facts).next_step,
              "before the guest starts: sudo usbroute guest bind windows --move-first");

    bits(facts).usb2_movable &= ~0x200u; // its socket cannot step aside
    EXPECT_EQ(
        diagnose(facts).next_step,
        "before the guest starts: plug what carries the default route (eth1) into a socket of another controller, then sudo usbroute guest bind windows");
}

TEST(NextStep, NamesFirstWhatKeepsADriverAway)
{
    const auto next = [](std::vector<std::string> kernel_words, std::vector<topology::ForeignLine> lines) {
        auto facts = before_the_guest();
        its_xhci(facts).driver.clear();
        its_xhci(facts).buses.clear();
        facts.condition.kernel_words = std::move(kernel_words);
        facts.condition.foreign_lines = std::move(lines);
        return diagnose(facts).next_step;
    };

    EXPECT_EQ(next({"module_blacklist=nouveau,xhci-pci"}, {}),
              "remove module_blacklist=nouveau,xhci-pci from the kernel's command line and reboot");
    EXPECT_EQ(next({"nousb"}, {}),
              "remove nousb from the kernel's command line and reboot; until then modprobe fails");
    EXPECT_EQ(next({}, {{"etc/modprobe.d/usb.conf", "blacklist xhci_hcd"}}),
              "remove `blacklist xhci_hcd` from /etc/modprobe.d/usb.conf, rebuild the initramfs, and reboot");
    // FireWire's driver, and that of the other side.
    const auto* unknown = "load its driver (modprobe xhci_pci), and see dmesg for why it failed";
    EXPECT_EQ(next({}, {{"etc/modprobe.d/blacklist-firewire.conf", "blacklist firewire-ohci"}}), unknown);
    EXPECT_EQ(next({"module_blacklist=ehci_pci"}, {}), unknown);
}

TEST(NextStep, NamesFirstAConfigurationThatCannotWork)
{
    auto facts = all_is_well();
    facts.config_misfits = {
        "usbroute.toml:1:1: guest windows: 0000:05:00.0 is not a USB controller of this machine"};

    EXPECT_EQ(diagnose(facts).next_step, "correct the configuration: `usbroute config check` says where");
}

TEST(NextStep, NamesAllIdsOfOneWordAtOnce)
{
    auto facts = before_the_guest();
    facts.settings.guests.clear();
    facts.settings.profiles.clear();
    for (const auto* address : {"00:1a.0", "00:1d.0"})
        fakes::controller(facts.snapshot, address).driver = "pci-stub";
    facts.condition.kernel_words = {"pci-stub.ids=10de:13c2,8086:8ca6,8086:8cad"};

    const auto diagnosis = diagnose(facts);

    EXPECT_EQ(
        diagnosis.next_step,
        "remove 8086:8cad and 8086:8ca6 from pci-stub.ids=10de:13c2,8086:8ca6,8086:8cad on the kernel's command line and reboot");
    EXPECT_EQ(std::ranges::count(diagnosis.findings, Severity::warning, &Finding::severity), 1);
}

TEST(NextStep, TriesToGiveAGroupBeforeItAdvisesThat)
{
    auto facts = before_the_guest();
    facts.settings.guests.clear();
    facts.settings.profiles.clear();
    for (const auto* address : {"00:1a.0", "00:1d.0"}) {
        fakes::controller(facts.snapshot, address).iommu_group = 7;
        std::ranges::find(facts.condition.functions, *PciAddress::parse(address), &PciFunction::address)
            ->iommu_group = 7;
    }
    EXPECT_EQ(finding(diagnose(facts), "group-together")->remedy,
              "give all of them to one guest: controllers = [\"0000:00:1a.0\", \"0000:00:1d.0\"]");

    bits(facts).usb2_owner = 0x3fff & ~0x200u;
    fakes::plug_keyboard(facts.snapshot, "1-1.2");
    EXPECT_EQ(
        finding(diagnose(facts), "group-together")->remedy,
        "they cannot go to a guest as things are now: 0000:00:1a.0 has the host's only keyboard: Keyboard (1234:5678); give the host another keyboard first");
}

/// A board of AMD's without an IOMMU: a chipset's xHCI beside its SATA, the processor's beside its sound.
Facts amd_without_an_iommu()
{
    Facts facts;
    facts.recorded = true;
    facts.condition.functions = {
        pci_function("00:00.0", 0x1022, 0x1480, 0x060000), pci_function("02:00.0", 0x1022, 0x43ef, 0x0c0330),
        pci_function("02:00.1", 0x1022, 0x43eb, 0x010601), pci_function("30:00.3", 0x1022, 0x149c, 0x0c0330),
        pci_function("30:00.4", 0x1022, 0x1487, 0x040300)};
    const auto model = fakes::controller(facts.snapshot = fakes::z97(), "00:14.0");
    facts.snapshot = {};
    for (const auto* address : {"02:00.0", "30:00.3"}) {
        auto xhci = model;
        xhci.address = *PciAddress::parse(address);
        xhci.name = xhci.address.text();
        xhci.vendor = 0x1022;
        if (address[0] != '0')
            for (auto& bus : xhci.buses) bus.number = static_cast<std::uint16_t>(bus.number + 10);
        facts.snapshot.controllers.push_back(xhci);
    }
    return facts;
}

TEST(NextStep, OffersWithoutAnIommuOnlyWhatTheHostCanSpare)
{
    const auto second_way = [](const Facts& facts) { return finding(diagnose(facts), "no-mux")->remedy; };
    auto facts = amd_without_an_iommu();
    EXPECT_TRUE(second_way(facts).starts_with(
        "once an IOMMU is in use, 0000:30:00.3 (xHCI, of the processor or chipset) can probably be given to the guest whole: "))
        << second_way(facts);

    fakes::plug_keyboard(facts.snapshot, "13-1");
    const auto next = second_way(facts);
    EXPECT_NE(
        next.find(
            "but not as things are now: 0000:30:00.3 has the host's only keyboard: Keyboard (1234:5678); give the host another keyboard first"),
        std::string::npos)
        << next;
    EXPECT_EQ(next.find("0000:02:00.0"), std::string::npos) << next; // shares a group with the disks
}

} // namespace
} // namespace usbroute::diagnose
