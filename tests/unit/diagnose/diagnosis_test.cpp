// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/diagnosis.hpp"
#include "fakes/boards.hpp"
#include "observe/condition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace usbroute::diagnose {
namespace {

using chips::MuxState;
using chips::PciFunction;

PciFunction function(std::string_view address, std::uint16_t vendor, std::uint16_t device, std::uint32_t code,
                     std::optional<std::uint32_t> group = {})
{
    return {.address = *PciAddress::parse(address),
            .vendor = vendor,
            .device = device,
            .class_code = code,
            .driver = {},
            .iommu_group = group};
}

/// A Z97 board with nothing to complain about: root looks, the daemon answers, the guest has its controllers.
Facts all_is_well()
{
    Facts facts;
    facts.snapshot = fakes::z97();
    fakes::controller(facts.snapshot, "00:1a.0").driver = "vfio-pci";
    fakes::controller(facts.snapshot, "00:1d.0").driver = "vfio-pci";
    facts.settings = fakes::settings();
    facts.may_write = true;
    facts.daemon = DaemonLook{.answers = true, .trouble = {}, .process = 711, .since = "2026-11-22 12:00:31"};
    auto& condition = facts.condition;
    condition.functions = {function("00:14.0", 0x8086, 0x8cb1, 0x0c0330, 4),
                           function("00:1a.0", 0x8086, 0x8cad, 0x0c0320, 7),
                           function("00:1d.0", 0x8086, 0x8ca6, 0x0c0320, 9)};
    condition.kernel_words = {"intel_iommu=on"};
    condition.lockdown_told = true;
    condition.iommu_units = true;
    condition.iommu_groups = true;
    condition.firmware_iommu = true;
    condition.vfio_driver = true;
    condition.power_controls = {{*PciAddress::parse("00:14.0"), "on"}};
    return facts;
}

const Finding* finding(const Diagnosis& diagnosis, std::string_view code)
{
    const auto found = std::ranges::find(diagnosis.findings, code, &Finding::code);
    return found == diagnosis.findings.end() ? nullptr : &*found;
}

void remove_ehci(Facts& facts, std::string_view address)
{
    const auto which = *PciAddress::parse(address);
    std::erase_if(facts.snapshot.controllers.edit(), [&](const auto& c) { return c.address == which; });
    std::erase_if(facts.condition.functions, [&](const auto& f) { return f.address == which; });
}

topology::PciController& its_xhci(Facts& facts) { return fakes::controller(facts.snapshot, "00:14.0"); }
chips::RouteBits& bits(Facts& facts) { return fakes::bits(facts.snapshot); }

TEST(Diagnosis, OfAMachineWhereAllIsWellSaysSo)
{
    const auto facts = all_is_well();

    const auto diagnosis = diagnose(facts);

    EXPECT_TRUE(diagnosis.works);
    EXPECT_EQ(diagnosis.family, "9-series");
    EXPECT_EQ(diagnosis.chipset.state, MuxState::ready);
    EXPECT_EQ(
        diagnosis.verdict,
        "This machine can move USB sockets between host and guests: 9-series chipset, 14 of its 14 sockets");
    for (const auto& one : diagnosis.findings) EXPECT_EQ(one.severity, Severity::fine) << one.code;
    std::string codes;
    for (const auto& one : diagnosis.findings) codes += one.code + " ";
    EXPECT_EQ(
        codes,
        "both-visible mask-full lockdown-none iommu-on given-to-guests vfio-present runtime-power-off daemon-running ");
}

/// One thing is wrong, and everything else is as in `all_is_well`, where the finding is absent.
struct Trouble {
    const char* code;
    Severity severity;
    bool works;
    std::function<void(Facts&)> make;
    const char* in_the_sentence;
};

const Trouble troubles[] = {
    {"virtual-machine", Severity::warning, true, [](Facts& f) { f.condition.maker = "QEMU"; },
     "virtual machine"},
    {"ehci-hidden", Severity::obstacle, false,
     [](Facts& f) {
         remove_ehci(f, "00:1a.0");
         remove_ehci(f, "00:1d.0");
         f.settings.guests.clear();
     },
     "firmware hides the EHCIs of the 9-series chipset"},
    {"xhci-hidden", Severity::obstacle, false, [](Facts& f) { remove_ehci(f, "00:14.0"); },
     "has an xHCI (8086:8cb1), and firmware hides it"},
    {"ehci-partly-hidden", Severity::warning, true, [](Facts& f) { remove_ehci(f, "00:1a.0"); },
     "EHCI #2 (8086:8cad) is not on the bus: the 6 sockets of bits 0x3f00"},
    {"no-mux", Severity::note, true,
     [](Facts& f) {
         f.snapshot = {};
         f.condition.functions = {function("00:14.0", 0x8086, 0xa12f, 0x0c0330, 4)};
     },
     "the 100-series chipset has no port mux"},
    {"too-old", Severity::note, true,
     [](Facts& f) {
         f.snapshot = {};
         f.condition.functions = {function("00:1d.0", 0x8086, 0x1c26, 0x0c0320, 4)};
     },
     "6-series chipset has EHCI only"},
    {"several-muxes", Severity::obstacle, false,
     [](Facts& f) {
         auto second = its_xhci(f);
         second.address = *PciAddress::parse("05:00.0");
         f.snapshot.controllers.push_back(second);
     },
     "more than one xHCI that the chip table knows"},
    {"read-only-chip", Severity::obstacle, false,
     [](Facts& f) {
         its_xhci(f).device = 0x0f35;
         fakes::controller(f.snapshot, "00:1d.0").device = 0x0f34;
         f.condition.functions = {function("00:14.0", 0x8086, 0x0f35, 0x0c0330, 4),
                                  function("00:1d.0", 0x8086, 0x0f34, 0x0c0320, 9)};
     },
     "Bay Trail chipset's registers are only read"},
    {"registers-unreadable", Severity::obstacle, false,
     [](Facts& f) { f.snapshot.note_registers(its_xhci(f).address, topology::Unreadable{}); },
     "shows only its first 64 bytes"},
    {"not-permitted", Severity::obstacle, false,
     [](Facts& f) {
         f.may_write = false;
         f.daemon->answers = false;
     },
     "cannot write the routing registers"},
    {"mask-empty", Severity::obstacle, false, [](Facts& f) { bits(f).usb2_movable = 0; },
     "XUSB2PRM is empty"},
    {"mask-partial", Severity::note, true, [](Facts& f) { bits(f).usb2_movable = 0x0fff; },
     "12 of 14 sockets move: bits 0x3000"},
    {"no-twin-movable", Severity::obstacle, false,
     [](Facts& f) {
         remove_ehci(f, "00:1a.0");
         bits(f).usb2_movable = 0x3f00;
     },
     "belongs to an EHCI that is not on the bus"},
    {"outside-mask", Severity::note, true, [](Facts& f) { bits(f).usb2_movable = 0x1fff; },
     "bits 0x2000 of XUSB2PR are set although XUSB2PRM lacks them"},
    {"usb-r", Severity::note, true, [](Facts& f) { bits(f).usb2_owner |= 0x4000; },
     "bit 14 is in use: USB-R"},
    {"unknown-bits", Severity::note, true, [](Facts& f) { bits(f).usb2_movable |= 0x30000; },
     "bits 0x30000 are set and route no known port"},
    {"xhci-does-not-answer", Severity::obstacle, false,
     [](Facts& f) {
         const auto ones = ~std::uint32_t{0};
         bits(f) = {
             .usb2_owner = ones, .usb2_movable = ones, .superspeed_on = ones, .superspeed_movable = ones};
     },
     "every routing register reads as ones"},
    {"changed-meanwhile", Severity::obstacle, false, [](Facts& f) { f.snapshot = {}; },
     "came or went during the scan"},
    {"fused-off", Severity::note, true, [](Facts& f) { bits(f).fuses = 0x04; },
     "lacks the ports of bits 0x30c0"},
    {"ports-switched-off", Severity::note, true, [](Facts& f) { bits(f).usb2_disabled = 2; },
     "dead on both sides"},
    {"no-driver", Severity::warning, true, [](Facts& f) { its_xhci(f).driver.clear(); },
     "no driver runs xHCI 0000:00:14.0"},
    {"lockdown", Severity::obstacle, false, [](Facts& f) { f.condition.lockdown = "integrity"; },
     "kernel lockdown is on (integrity)"},
    {"write-refused", Severity::obstacle, false,
     [](Facts& f) { f.trial = WriteTrial{.took = false, .trouble = "it says no", .code = "write-failed"}; },
     "failed: it says no"},
    {"write-not-tried", Severity::note, true,
     [](Facts& f) { f.trial = WriteTrial{.took = false, .trouble = "no mux", .code = "not-tried"}; },
     "nothing was written: no mux"},
    {"write-took", Severity::fine, true,
     [](Facts& f) { f.trial = WriteTrial{.took = true, .trouble = {}, .code = {}}; },
     "allowed writing the same value"},
    {"under-xen", Severity::obstacle, false, [](Facts& f) { f.condition.hypervisor = "xen"; },
     "runs under Xen"},
    {"iommu-off", Severity::obstacle, false, [](Facts& f) { f.condition.iommu_groups = false; },
     "no IOMMU is in use"},
    {"shared-group", Severity::warning, true,
     [](Facts& f) { f.condition.functions.push_back(function("00:1f.2", 0x8086, 0x8c82, 0x010601, 9)); },
     "0000:00:1d.0 shares IOMMU group 9 with 0000:00:1f.2 8086:8c82"},
    {"group-together", Severity::note, true,
     [](Facts& f) { f.condition.functions.push_back(function("00:1d.1", 0x8086, 0x3a35, 0x0c0300, 9)); },
     "0000:00:1d.0 and 0000:00:1d.1 go together: they are IOMMU group 9"},
    {"held-by-stub", Severity::warning, true,
     [](Facts& f) { fakes::controller(f.snapshot, "00:1d.0").driver = "pci-stub"; },
     "pci-stub holds EHCI 0000:00:1d.0, and nobody can use it"},
    {"taken-at-boot", Severity::warning, true,
     [](Facts& f) {
         its_xhci(f).driver = "vfio-pci";
         f.condition.kernel_words->push_back("vfio-pci.ids=8086:8cb1");
     },
     "xHCI 0000:00:14.0 is on vfio-pci since boot"},
    {"not-authorized", Severity::warning, true,
     [](Facts& f) { its_xhci(f).buses.front().authorized = false; },
     "root hub usb3 of xHCI 0000:00:14.0 is not authorized"},
    {"device-not-authorized", Severity::warning, true,
     [](Facts& f) { fakes::plug(f.snapshot, "3-2", "Stick").authorized = false; },
     "1 device is not authorized"},
    {"asleep", Severity::warning, true, [](Facts& f) { its_xhci(f).asleep = true; },
     "xHCI 0000:00:14.0 is asleep"},
    {"new-devices-wait", Severity::warning, true,
     [](Facts& f) { its_xhci(f).buses.front().authorizes_new = false; },
     "new devices on xHCI 0000:00:14.0 wait to be authorized"},
    {"superspeed-off", Severity::warning, true, [](Facts& f) { bits(f).superspeed_on = 0x3e; },
     "SuperSpeed is off on 1 port"},
    {"profile-out-of-reach", Severity::warning, true, [](Facts& f) { bits(f).usb2_movable = 0x3ffb; },
     "profile desk: it cannot be applied as firmware is set up: firmware does not let bit 2"},
    {"out-of-reach", Severity::warning, true,
     [](Facts& f) { f.settings.guests.front().controllers = {*PciAddress::parse("00:1a.0")}; },
     "profile desk: it can never be applied: keys can reach EHCI #1 0000:00:1d.0"},
    {"only-noise", Severity::note, true,
     [](Facts& f) { f.daemon->noisy_lines = {"windows (/run/usbroute/windows.sock): 212 lines"}; },
     "sends only noise"},
    {"guest-has-the-mux", Severity::warning, true,
     [](Facts& f) {
         its_xhci(f).driver = "vfio-pci";
         f.settings.guests.front().controllers.push_back(*PciAddress::parse("00:14.0"));
     },
     "a guest has the xHCI"},
    {"xhci-with-nobody", Severity::warning, true, [](Facts& f) { its_xhci(f).driver = "vfio-pci"; },
     "vfio-pci holds the xHCI 0000:00:14.0, and no guest in the configuration is meant to have it"},
    {"guest-gets-the-mux", Severity::warning, true,
     [](Facts& f) { f.settings.guests.front().controllers.push_back(*PciAddress::parse("00:14.0")); },
     "windows is to get the xHCI and with it the routing registers"},
    {"ehci-with-the-xhci", Severity::obstacle, false,
     [](Facts& f) {
         for (auto& one : f.condition.functions) one.iommu_group = 4;
         for (auto& one : f.snapshot.controllers.edit()) one.iommu_group = 4;
     },
     "share IOMMU group 4 with the xHCI 0000:00:14.0, so no guest can have one while the host keeps"},
    {"vfio-absent", Severity::note, true, [](Facts& f) { f.condition.vfio_driver = false; }, "is not loaded"},
    {"runtime-power", Severity::warning, true,
     [](Facts& f) { f.condition.power_controls.front().second = "auto"; }, "may put the xHCI to sleep"},
    {"power-saver", Severity::warning, true,
     [](Facts& f) { f.condition.foreign_lines = {{"etc/tlp.conf", "RUNTIME_PM_ON_AC=auto"}}; },
     "a power saving program runs here"},
    {"foreign-writer", Severity::warning, true,
     [](Facts& f) { f.condition.foreign_lines = {{"etc/rc.local", "setpci -H1 -d 8086:8cb1 d0.l=3fff"}}; },
     "a script writes the routing registers"},
    {"asus-wmi", Severity::warning, true,
     [](Facts& f) {
         f.condition.model = "X550LB";
         f.condition.modules = {"asus_nb_wmi"};
     },
     "asus-nb-wmi writes 0x01d9"},
    {"usbguard", Severity::note, true, [](Facts& f) { f.condition.usbguard = "etc/usbguard"; },
     "USBGuard is installed"},
    {"config-broken", Severity::obstacle, false,
     [](Facts& f) { f.config_trouble = "usbroute.toml:1:1: what"; }, "the configuration cannot be used"},
    {"config-misfit", Severity::warning, true,
     [](Facts& f) { f.config_misfits = {"usbroute.toml:1:1: connector x: mux_bit = 20"}; },
     "does not fit this machine"},
    {"no-connectors", Severity::note, true, [](Facts& f) { f.settings.connectors.clear(); },
     "no socket has a name"},
    {"no-guest", Severity::note, true, [](Facts& f) { f.settings.guests.clear(); }, "no guest is configured"},
    {"guest-not-given", Severity::note, true,
     [](Facts& f) { fakes::controller(f.snapshot, "00:1d.0").driver = "ehci-pci"; },
     "a guest is to get 0000:00:1d.0, which the host has now"},
    {"claims-absent", Severity::note, true, [](Facts& f) { f.daemon->sees_claims = false; },
     "usbrouted cannot see every use of a disk"},
    {"daemon-absent", Severity::note, true, [](Facts& f) { f.daemon->answers = false; },
     "usbrouted does not answer"},
};

TEST(Diagnosis, FindsEachTroubleWhereItIsAndNotWhereItIsNot)
{
    const auto well = diagnose(all_is_well());
    for (const auto& trouble : troubles) {
        auto facts = all_is_well();
        trouble.make(facts);

        const auto diagnosis = diagnose(facts);

        EXPECT_EQ(finding(well, trouble.code), nullptr) << trouble.code;
        const auto* found = finding(diagnosis, trouble.code);
        ASSERT_NE(found, nullptr) << trouble.code;
        EXPECT_EQ(found->severity, trouble.severity) << trouble.code;
        EXPECT_EQ(diagnosis.works, trouble.works) << trouble.code;
        EXPECT_NE(found->sentence.find(trouble.in_the_sentence), std::string::npos) << found->sentence;
        if (found->severity == Severity::obstacle || found->severity == Severity::warning) {
            EXPECT_FALSE(found->remedy.empty()) << trouble.code;
            EXPECT_FALSE(found->evidence.empty()) << trouble.code;
        }
    }
}

TEST(Diagnosis, LosesEachFineFindingWithItsCause)
{
    const std::pair<const char*, std::function<void(Facts&)>> causes[] = {
        {"both-visible",
         [](Facts& f) {
             remove_ehci(f, "00:1a.0");
             remove_ehci(f, "00:1d.0");
         }},
        {"mask-full", [](Facts& f) { bits(f).usb2_movable = 1; }},
        {"lockdown-none", [](Facts& f) { f.condition.lockdown_told = false; }},
        {"iommu-on", [](Facts& f) { f.condition.iommu_groups = false; }},
        {"given-to-guests",
         [](Facts& f) {
             fakes::controller(f.snapshot, "00:1a.0").driver = "ehci-pci";
             fakes::controller(f.snapshot, "00:1d.0").driver = "ehci-pci";
         }},
        {"vfio-present", [](Facts& f) { f.condition.vfio_driver = false; }},
        {"runtime-power-off", [](Facts& f) { f.condition.power_controls.clear(); }},
        {"daemon-running", [](Facts& f) { f.daemon.reset(); }},
    };
    for (const auto& [code, take_away] : causes) {
        auto facts = all_is_well();
        take_away(facts);

        EXPECT_NE(finding(diagnose(all_is_well()), code), nullptr) << code;
        EXPECT_EQ(finding(diagnose(facts), code), nullptr) << code;
    }
}

TEST(Diagnosis, GivesTheFirstObstaclesRemedyAsTheOneNextStep)
{
    auto facts = all_is_well();
    bits(facts).usb2_movable = 0;
    facts.condition.lockdown = "integrity";
    facts.condition.iommu_groups = false;

    const auto diagnosis = diagnose(facts);

    EXPECT_EQ(diagnosis.findings.at(0).code, "mask-empty");
    EXPECT_EQ(diagnosis.findings.at(1).code, "lockdown");
    EXPECT_EQ(diagnosis.findings.at(2).code, "iommu-off");
    EXPECT_EQ(diagnosis.next_step, diagnosis.findings.front().remedy);
    EXPECT_EQ(diagnosis.verdict, "Not yet: firmware lets no socket move: XUSB2PRM is empty");
}

TEST(Diagnosis, SaysWhatToDoAboutTheIommuByWhatFirmwareAndKernelSay)
{
    const auto step = [](std::optional<bool> firmware, std::vector<std::string> kernel_words) {
        auto facts = all_is_well();
        facts.condition.iommu_groups = false;
        facts.condition.firmware_iommu = firmware;
        facts.condition.kernel_words = std::move(kernel_words);
        return diagnose(facts).next_step;
    };

    EXPECT_EQ(step(true, {}), "add intel_iommu=on to the kernel's command line and reboot");
    EXPECT_EQ(
        step(false, {}),
        "switch VT-d on in the firmware set-up; if there is no such option, the processor or the board lacks it");
    EXPECT_EQ(
        step({}, {"intel_iommu=on"}),
        "switch VT-d on in the firmware set-up; if there is no such option, the processor or the board lacks it");
    EXPECT_EQ(step(true, {"intel_iommu=off"}),
              "remove intel_iommu=off from the kernel's command line and reboot");
    EXPECT_EQ(step(true, {"amd_iommu=off"}), // which means nothing to Intel's
              "add intel_iommu=on to the kernel's command line and reboot");
    EXPECT_EQ(
        step(true, {"intel_iommu=on"}),
        "see why the kernel does not use the IOMMU: `sudo dmesg | grep -i dmar`; firmware has VT-d on, so the kernel was built without its driver (CONFIG_INTEL_IOMMU), or that driver failed");
}

TEST(Diagnosis, BelievesATrialMoreThanTheLockdownFile)
{
    auto facts = all_is_well();
    facts.condition.lockdown = "integrity";
    facts.trial = WriteTrial{.took = true, .trouble = {}, .code = {}};

    EXPECT_TRUE(diagnose(facts).works);

    facts.recorded = true; // a file takes every write
    EXPECT_FALSE(diagnose(facts).works);
}

TEST(Diagnosis, NamesWhoHoldsAControllerThatWasGivenAway)
{
    auto facts = all_is_well();
    fakes::controller(facts.snapshot, "00:1d.0").iommu_group = 9;
    facts.holders = {{.group = 9, .process = 4242, .command = "qemu-system-x86"}};

    const auto diagnosis = diagnose(facts);

    const auto* found = finding(diagnosis, "given-to-guests");
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found->evidence.size(), 2u);
    EXPECT_EQ(
        found->evidence[1],
        "EHCI 0000:00:1d.0 on vfio-pci: guest windows according to the configuration, held open by qemu-system-x86 (process 4242)");
}

TEST(Diagnosis, TellsASetpciThatWritesTheRouteFromOneThatDoesNot)
{
    const auto found = [](std::string line) {
        auto facts = all_is_well();
        facts.condition.foreign_lines = {{"etc/rc.local", std::move(line)}};
        const auto diagnosis = diagnose(facts);
        const auto* one = finding(diagnosis, "foreign-writer");
        return one == nullptr ? "no" : one->inferred ? "perhaps" : "yes";
    };

    EXPECT_STREQ(found("setpci -H1 -d 8086:8cb1 d0.l=0"), "yes");
    EXPECT_STREQ(found("setpci -H1 -d 8086:8c31 d0.l=0"), "no"); // the xHCI of the 8-series
    EXPECT_STREQ(found("ExecStart=/usr/bin/setpci -s 00:14.0 0xD0.W=3fff"), "yes");
    EXPECT_STREQ(found("setpci -s 00:14.0 d8.l=0:1"), "yes");
    EXPECT_STREQ(found("setpci -s 00:14.0 $REGISTER=$VALUE"), "perhaps");
    EXPECT_STREQ(found("setpci -s 00:1b.0 44.b=00"), "no");
    EXPECT_STREQ(found("echo d0.l=0"), "no");
}

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

TEST(Diagnosis, NamesACommandOnlyWherePlanningItLeadsThere)
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

TEST(Diagnosis, DoesNotAdviseWhatLeavesTheHostWithoutUsb)
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

TEST(Diagnosis, PutsNoCommandFirstThatTakesTheDefaultRouteAlong)
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

TEST(Diagnosis, NamesFirstWhatKeepsADriverAway)
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

TEST(Diagnosis, NamesFirstAConfigurationThatCannotWork)
{
    auto facts = all_is_well();
    facts.config_misfits = {
        "usbroute.toml:1:1: guest windows: 0000:05:00.0 is not a USB controller of this machine"};

    EXPECT_EQ(diagnose(facts).next_step, "correct the configuration: `usbroute config check` says where");
}

TEST(Diagnosis, NamesAllIdsOfOneWordAtOnce)
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

TEST(Diagnosis, TriesToGiveAGroupBeforeItAdvisesThat)
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
        function("00:00.0", 0x1022, 0x1480, 0x060000), function("02:00.0", 0x1022, 0x43ef, 0x0c0330),
        function("02:00.1", 0x1022, 0x43eb, 0x010601), function("30:00.3", 0x1022, 0x149c, 0x0c0330),
        function("30:00.4", 0x1022, 0x1487, 0x040300)};
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

TEST(Diagnosis, OffersWithoutAnIommuOnlyWhatTheHostCanSpare)
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

TEST(Diagnosis, SaysHowSuperSpeedComesBackWhereAMoveBringsIt)
{
    auto facts = all_is_well();
    bits(facts).superspeed_on = 0x3e; // "front" has SuperSpeed port 1

    EXPECT_EQ(diagnose(facts).next_step,
              "usbroute move front --to host; then unplug what is there and plug it in again");

    bits(facts).superspeed_movable = 0x3e;
    const auto kept = diagnose(facts);
    EXPECT_NE(finding(kept, "superspeed-off")->sentence.find("and firmware keeps it off"), std::string::npos);
    EXPECT_EQ(kept.next_step.find("usbroute move"), std::string::npos) << kept.next_step;

    // On EHCI it has to be off.
    bits(facts).usb2_owner &= ~1u;
    EXPECT_EQ(finding(diagnose(facts), "superspeed-off"), nullptr);
}

TEST(Diagnosis, DoesNotTakeARecordingsReaderForTheMachinesUser)
{
    auto facts = all_is_well();
    facts.recorded = true;
    facts.may_write = false;
    facts.daemon.reset();

    EXPECT_TRUE(diagnose(facts).works);
}

TEST(Diagnosis, NotesTheIommuWhereNoMuxIsAnyway)
{
    const auto machine = fakes::recorded("dock-four-deep");
    Facts facts;
    facts.recorded = true;
    facts.snapshot = machine.snapshot;
    facts.settings = machine.settings;
    facts.condition.functions = {function("00:14.0", 0x8086, 0xa12f, 0x0c0330)};

    const auto diagnosis = diagnose(facts);

    ASSERT_NE(finding(diagnosis, "iommu-off"), nullptr);
    EXPECT_EQ(finding(diagnosis, "iommu-off")->severity, Severity::note);
    EXPECT_TRUE(diagnosis.works);
}

} // namespace
} // namespace usbroute::diagnose
