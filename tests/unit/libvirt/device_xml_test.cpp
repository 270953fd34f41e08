// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/device_xml.hpp"

#include <gtest/gtest.h>

namespace usbroute::libvirt {
namespace {

TEST(DeviceXml, NamesTheDeviceByItsNumbersAndGivesItAPlace)
{
    const Question question{.id = 1,
                            .verb = Verb::attach,
                            .domain = "win11",
                            .alias = Alias::from("ua-usbroute-3-2.1-7"),
                            .bus = 3,
                            .device = 7,
                            .guest_bus = 1,
                            .guest_port = 2};

    EXPECT_EQ(usb_device_xml(question),
              "<hostdev mode='subsystem' type='usb' managed='no'>"
              "<source><address bus='3' device='7'/></source>"
              "<alias name='ua-usbroute-3-2_1-7'/><address type='usb' bus='1' port='2'/></hostdev>");
}

TEST(DeviceXml, HasNoStartupPolicyAndNoIdsToMatch)
{
    const Question question{.domain = "a",
                            .alias = Alias::from("ua-usbroute-a"),
                            .bus = 1,
                            .device = 1,
                            .guest_bus = 0,
                            .guest_port = 1};
    const auto xml = usb_device_xml(question);

    for (const auto* word : {"startupPolicy", "vendor", "product"})
        EXPECT_EQ(xml.find(word), std::string::npos) << word;
}

TEST(DeviceXml, LeavesTheDriverOfAFunctionAlone)
{
    EXPECT_EQ(pci_device_xml(*Alias::from("ua-usbroute-c"), *PciAddress::parse("0001:0a:1f.7")),
              "<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>"
              "<source><address domain='0x0001' bus='0x0a' slot='0x1f' function='0x7'/></source>"
              "<alias name='ua-usbroute-c'/></hostdev>");
}

TEST(DeviceXml, AddsAControllerWhosePortsEachTakeAnyDevice)
{
    EXPECT_EQ(
        usb_controller_xml(*Alias::from("ua-usbroute-x")),
        "<controller type='usb' model='qemu-xhci' ports='15'><alias name='ua-usbroute-x'/></controller>");
}

} // namespace
} // namespace usbroute::libvirt
