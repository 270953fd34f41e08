// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/check.hpp"
#include "config/parse.hpp"
#include "diagnose/diagnosis.hpp"
#include "fakes/boards.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace usbroute::diagnose {
namespace {

constexpr std::string_view two_sockets = R"(
[connector.rear-1]
usb = ["0000:00:14.0/1", "0000:00:14.0/ss1"]
[connector.rear-2]
usb = ["0000:00:14.0/2", "0000:00:14.0/ss2"]
)";
constexpr std::string_view a_taker = R"(
[guest.windows]
qmp = "/run/usbroute/windows.qmp"
)";

config::Settings settings_of(std::string text)
{
    const std::array files{config::SourceText{.name = "usbroute.toml", .text = std::move(text)}};
    auto parsed = config::parse(files);
    USBROUTE_CHECK(parsed.has_value());
    return *parsed;
}

/// AMD's processor with one xHCI alone in its group, and another controller that the host keeps. The daemon answers.
Facts without_a_mux(std::string text)
{
    Facts facts;
    facts.snapshot = fakes::z97();
    auto& xhci = fakes::controller(facts.snapshot, "00:14.0");
    xhci.vendor = 0x1022;
    xhci.device = 0x149c;
    xhci.iommu_group = 4;
    facts.snapshot.registers.clear();
    std::erase_if(facts.snapshot.controllers.edit(),
                  [](const auto& c) { return c.address == *PciAddress::parse("00:1d.0"); });
    facts.condition.functions = {{.address = *PciAddress::parse("00:00.0"),
                                  .vendor = 0x1022,
                                  .device = 0x1480,
                                  .class_code = 0x060000,
                                  .driver = {},
                                  .iommu_group = 1},
                                 {.address = *PciAddress::parse("00:14.0"),
                                  .vendor = 0x1022,
                                  .device = 0x149c,
                                  .class_code = 0x0c0330,
                                  .driver = {},
                                  .iommu_group = 4}};
    facts.condition.iommu_groups = true;
    facts.condition.vfio_driver = true;
    facts.settings = settings_of(std::move(text));
    facts.daemon = DaemonLook{.answers = true, .trouble = {}, .process = 711, .since = {}};
    return facts;
}

std::string next_of(const Facts& facts) { return diagnose(facts).next_step; }

const Finding* finding_of(const Diagnosis& diagnosis, std::string_view code)
{
    const auto found = std::ranges::find(diagnosis.findings, code, &Finding::code);
    return found == diagnosis.findings.end() ? nullptr : &*found;
}

TEST(DiagnosisWithoutAMux, SaysThatDevicesCanBeGivenOneByOne)
{
    const auto facts = without_a_mux("");

    const auto diagnosis = diagnose(facts);

    EXPECT_TRUE(diagnosis.works);
    EXPECT_EQ(diagnosis.means, plan::Means::attach);
    EXPECT_EQ(
        diagnosis.verdict,
        "This machine can move USB sockets between host and guests: it has no port mux, so a socket's devices are given to the guest one by one");
    ASSERT_NE(finding_of(diagnosis, "no-mux"), nullptr);
    EXPECT_EQ(finding_of(diagnosis, "no-mux")->severity, Severity::note);
}

TEST(DiagnosisWithoutAMux, NamesTheNextStepInTheOrderInWhichTheyAreTaken)
{
    EXPECT_EQ(next_of(without_a_mux("")),
              "name the sockets by plugging something into each: sudo usbroute map");
    EXPECT_EQ(next_of(without_a_mux(std::string(a_taker))),
              "name the sockets by plugging something into each: sudo usbroute map");

    EXPECT_EQ(
        next_of(without_a_mux(std::string(two_sockets))),
        "write qmp = \"/run/usbroute/NAME.qmp\" into [guest.NAME] of usbroute.toml, then start its QEMU with the lines that `usbroute guest lines NAME` prints; or write libvirt = \"DOMAIN\" where libvirt runs it; step by step: docs/libvirt.md, docs/proxmox.md");
    EXPECT_EQ(
        next_of(
            without_a_mux(std::string(two_sockets) + "[guest.linux]\ncontrollers = [\"0000:00:1a.0\"]\n")),
        "write qmp = \"/run/usbroute/linux.qmp\" into [guest.linux] of usbroute.toml, then start its QEMU with the lines that `usbroute guest lines linux` prints; or write libvirt = \"DOMAIN\" where libvirt runs it; step by step: docs/libvirt.md, docs/proxmox.md");

    auto facts = without_a_mux(std::string(two_sockets) + std::string(a_taker));
    facts.shut_nodes = {"usbrouted may not write /dev/bus/usb/003/001, which it needs for rear-1"};
    facts.daemon->answers = false;
    facts.daemon->trouble = "no socket";
    EXPECT_EQ(
        next_of(facts),
        "give usbrouted the right: `usbroute config udev` prints the udev rules, and how to install them");

    facts.shut_nodes.clear();
    EXPECT_EQ(next_of(facts), "start it: sudo usbrouted; devices are given to guests only while it runs");

    facts.daemon->answers = true;
    EXPECT_EQ(next_of(facts), "usbroute move rear-1 --to windows");
}

TEST(DiagnosisWithoutAMux, NamesWhatIsMissingBetweenTheDaemonAndADomain)
{
    auto facts =
        without_a_mux(std::string(two_sockets) +
                      "[guest.windows]\nlibvirt = \"win11\"\nuri = \"qemu:///session\"\nuser = \"alice\"\n");
    EXPECT_EQ(next_of(facts), "usbroute move rear-1 --to windows");

    const GuestName windows("windows");
    facts.daemon->silent_guests = {{.guest = windows, .code = "no-helper", .why = "it is not there"}};
    EXPECT_EQ(next_of(facts), "start it: sudo systemctl enable --now usbroute-libvirt@alice.socket");
    EXPECT_EQ(finding_of(diagnose(facts), "libvirt-no-helper")->sentence,
              "windows is given nothing: it is not there");

    facts.daemon->silent_guests = {{.guest = windows, .code = "no-libvirt", .why = "it does not answer"}};
    EXPECT_EQ(next_of(facts), "see whether libvirt runs: virsh -c qemu:///session version");

    facts.daemon->silent_guests = {{.guest = windows, .code = "no-domain", .why = "it has none"}};
    EXPECT_EQ(
        next_of(facts),
        "write the name of the domain into libvirt = \"...\": virsh -c qemu:///session list --all has them");

    facts.daemon->silent_guests = {{.guest = windows, .code = "no-look", .why = "it does not say"}};
    EXPECT_EQ(next_of(facts), "see whether libvirt shows it: virsh -c qemu:///session dumpxml \"win11\"");

    facts.daemon->answers = false;
    facts.without_helper = {windows};
    EXPECT_NE(finding_of(diagnose(facts), "libvirt-no-helper"), nullptr);
}

TEST(DiagnosisWithoutAMux, NamesNoSocketThatIsAGuestsAlready)
{
    auto facts = without_a_mux(std::string(two_sockets) + std::string(a_taker));
    for (const auto* place : {"0000:00:14.0/1", "0000:00:14.0/ss1"})
        facts.snapshot.assigned.push_back({.key = *topology::UsbPlace::parse(place), .word = "windows"});
    EXPECT_EQ(next_of(facts), "usbroute move rear-2 --to windows");

    for (const auto* place : {"0000:00:14.0/2", "0000:00:14.0/ss2"})
        facts.snapshot.assigned.push_back({.key = *topology::UsbPlace::parse(place), .word = "windows"});
    EXPECT_EQ(next_of(facts), "nothing is missing; `usbroute` shows what belongs to whom");
}

TEST(DiagnosisWithoutAMux, NamesAMoveOnlyWherePlanningItLeadsThere)
{
    auto facts = without_a_mux(std::string(two_sockets) + std::string(a_taker));
    fakes::plug_keyboard(facts.snapshot, "3-1");
    EXPECT_EQ(next_of(facts), "usbroute move rear-2 --to windows");

    fakes::plug_disk(facts.snapshot, "3-2", "sdb");
    facts.use.mounts = {{.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "ext4"}};
    const auto diagnosis = diagnose(facts);
    EXPECT_TRUE(diagnosis.works);
    EXPECT_EQ(diagnosis.next_step, "give the host another keyboard first");
    ASSERT_NE(finding_of(diagnosis, "cannot-be-given"), nullptr);
    EXPECT_TRUE(finding_of(diagnosis, "cannot-be-given")
                    ->sentence.starts_with("rear-1 cannot be given to windows now: "));
}

TEST(DiagnosisWithoutAMux, KeepsWholeControllersAsTheSecondWay)
{
    auto facts = without_a_mux("");
    EXPECT_EQ(
        finding_of(diagnose(facts), "no-mux")->remedy,
        "another way: give the guest a whole controller with vfio-pci; 0000:00:14.0 (xHCI) can go: write controllers = [\"0000:00:14.0\"] into [guest.NAME] of usbroute.toml, then sudo usbroute guest bind NAME");

    facts.condition.functions[1].iommu_group = 1; // the bridge's
    facts.condition.functions.push_back({.address = *PciAddress::parse("00:14.2"),
                                         .vendor = 0x1022,
                                         .device = 0x1487,
                                         .class_code = 0x040300,
                                         .driver = {},
                                         .iommu_group = 1});
    const auto shared = diagnose(facts);
    EXPECT_EQ(finding_of(shared, "no-mux")->remedy,
              "another way: add a USB card and give the whole card to the guest with vfio-pci");
    EXPECT_EQ(finding_of(shared, "shared-group")->severity, Severity::note);
}

TEST(DiagnosisWithoutAMux, NeedsNoIommu)
{
    auto facts = without_a_mux("");
    facts.condition.iommu_groups = false;
    for (auto& function : facts.condition.functions) function.iommu_group.reset();

    const auto diagnosis = diagnose(facts);

    EXPECT_TRUE(diagnosis.works);
    EXPECT_EQ(finding_of(diagnosis, "iommu-off")->severity, Severity::note);
    EXPECT_EQ(finding_of(diagnosis, "iommu-off")->sentence,
              "no IOMMU is in use, so no guest can be given a controller; single devices need none");
}

TEST(DiagnosisWithoutAMux, PutsAConfigurationThatCannotBeUsedFirst)
{
    auto facts = without_a_mux("");
    facts.config_trouble = "usbroute.toml:1:1: unknown key";

    const auto diagnosis = diagnose(facts);

    EXPECT_FALSE(diagnosis.works);
    EXPECT_EQ(diagnosis.verdict, "Not yet: the configuration cannot be used");
}

TEST(DiagnosisWithoutAMux, StillSaysNoWhereNobodyHasDevicesToGive)
{
    auto nothing_there = without_a_mux("");
    nothing_there.snapshot = {};
    nothing_there.condition.functions.resize(1);
    auto guest = without_a_mux("");
    guest.condition.maker = "QEMU";
    auto xen = without_a_mux("");
    xen.condition.hypervisor = "xen";
    auto given = without_a_mux("");
    fakes::controller(given.snapshot, "00:14.0").driver = "vfio-pci";

    for (const auto* facts : {&nothing_there, &guest, &xen, &given}) {
        const auto diagnosis = diagnose(*facts);
        EXPECT_FALSE(diagnosis.works);
        EXPECT_EQ(diagnosis.means, plan::Means::none);
        EXPECT_TRUE(diagnosis.verdict.starts_with("No: ")) << diagnosis.verdict;
    }
}

} // namespace
} // namespace usbroute::diagnose
