// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/taken_at_boot.hpp"
#include "fakes/boards.hpp"

#include <gtest/gtest.h>

namespace usbroute::diagnose {
namespace {

std::string remedy(std::string driver, std::vector<std::string> words,
                   std::vector<topology::ForeignLine> lines = {})
{
    auto snapshot = fakes::z97();
    auto& xhci = fakes::controller(snapshot, "00:14.0");
    xhci.driver = std::move(driver);
    topology::Condition condition;
    condition.kernel_words = std::move(words);
    condition.foreign_lines = std::move(lines);
    const auto taken = taken_at_boot(xhci, condition);
    return taken ? how_to_get_back({*taken}) : "";
}

TEST(TakenAtBoot, NamesTheWordOfTheCommandLine)
{
    EXPECT_EQ(remedy("vfio-pci", {"quiet", "vfio-pci.ids=8086:8cb1"}),
              "remove vfio-pci.ids=8086:8cb1 from the kernel's command line and reboot");
    EXPECT_EQ(remedy("vfio-pci", {"vfio_pci.ids=8086:8CB1"}),
              "remove vfio_pci.ids=8086:8CB1 from the kernel's command line and reboot");
    EXPECT_EQ(
        remedy("vfio-pci", {"vfio-pci.ids=10de:13c2,8086:8cb1"}),
        "remove 8086:8cb1 from vfio-pci.ids=10de:13c2,8086:8cb1 on the kernel's command line and reboot");
    EXPECT_EQ(remedy("pci-stub", {"pci-stub.ids=8086:8cb1"}),
              "remove pci-stub.ids=8086:8cb1 from the kernel's command line and reboot");
    EXPECT_EQ(remedy("xen-pciback", {"xen-pciback.hide=(00:14.0)"}),
              "remove xen-pciback.hide=(00:14.0) from the kernel's command line and reboot");
}

TEST(TakenAtBoot, NamesTheLineOfModprobe)
{
    EXPECT_EQ(
        remedy("vfio-pci", {}, {{"etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:13c2,8086:8cb1"}}),
        "remove 8086:8cb1 from ids= in /etc/modprobe.d/vfio.conf, rebuild the initramfs, and reboot");
}

TEST(TakenAtBoot, DoesNotBlameAWordForAnotherControllerOrDriver)
{
    EXPECT_EQ(remedy("vfio-pci", {"vfio-pci.ids=8086:8ca6"}), "");
    EXPECT_EQ(remedy("vfio-pci", {"pci-stub.ids=8086:8cb1"}), "");
    EXPECT_EQ(remedy("vfio-pci", {"vfio-pci.disable_idle_d3=1"}), "");
    EXPECT_EQ(remedy("vfio-pci", {}, {{"etc/rc.local", "options vfio-pci ids=8086:8cb1"}}), "");
}

} // namespace
} // namespace usbroute::diagnose
