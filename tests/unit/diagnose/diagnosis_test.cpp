// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/well_machine.hpp"
#include "observe/condition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace usbroute::diagnose {
namespace {

using chips::MuxState;
using fakes::all_is_well;
using fakes::bits;
using fakes::finding;
using fakes::its_xhci;
using fakes::pci_function;
using fakes::remove_ehci;

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
         f.condition.functions = {pci_function("00:14.0", 0x8086, 0xa12f, 0x0c0330, 4)};
     },
     "the 100-series chipset has no port mux"},
    {"too-old", Severity::note, true,
     [](Facts& f) {
         f.snapshot = {};
         f.condition.functions = {pci_function("00:1d.0", 0x8086, 0x1c26, 0x0c0320, 4)};
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
         f.condition.functions = {pci_function("00:14.0", 0x8086, 0x0f35, 0x0c0330, 4),
                                  pci_function("00:1d.0", 0x8086, 0x0f34, 0x0c0320, 9)};
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
     [](Facts& f) { f.condition.functions.push_back(pci_function("00:1f.2", 0x8086, 0x8c82, 0x010601, 9)); },
     "0000:00:1d.0 shares IOMMU group 9 with 0000:00:1f.2 8086:8c82"},
    {"group-together", Severity::note, true,
     [](Facts& f) { f.condition.functions.push_back(pci_function("00:1d.1", 0x8086, 0x3a35, 0x0c0300, 9)); },
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
    {"binder-absent", Severity::warning, true,
     [](Facts& f) {
         f.settings.guests.front().on_move = {*PciAddress::parse("0000:04:00.0")};
         f.daemon->sees_binder = false;
     },
     "nobody is there to bind them"},
    {"daemon-keeps-out", Severity::note, true,
     [](Facts& f) {
         f.daemon->answers = false;
         f.daemon->keeps_us_out = true;
     },
     "this user may not connect to it"},
    {"daemon-absent", Severity::note, true, [](Facts& f) { f.daemon->answers = false; },
     "usbrouted does not answer"},
};

TEST(Diagnosis, SendsAUserWhomTheDaemonKeepsOutToItsGroupAndDoesNotStartIt)
{
    auto facts = all_is_well();
    facts.may_write = false;
    facts.daemon->answers = false;
    facts.daemon->keeps_us_out = true;
    auto blind = facts;
    blind.snapshot.note_registers(its_xhci(blind).address, topology::Unreadable{});

    EXPECT_EQ(diagnose(facts).next_step,
              "join the group of the daemon's socket, then log in again: sudo usermod -aG usbroute $USER");
    EXPECT_EQ(
        diagnose(blind).next_step,
        "look as root: sudo usbroute doctor; or join the group of the daemon's socket, then log in again: sudo usermod -aG usbroute $USER");
}

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
    facts.condition.functions = {pci_function("00:14.0", 0x8086, 0xa12f, 0x0c0330)};

    const auto diagnosis = diagnose(facts);

    ASSERT_NE(finding(diagnosis, "iommu-off"), nullptr);
    EXPECT_EQ(finding(diagnosis, "iommu-off")->severity, Severity::note);
    EXPECT_TRUE(diagnosis.works);
}

} // namespace
} // namespace usbroute::diagnose
