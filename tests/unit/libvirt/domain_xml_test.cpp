// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/domain_xml.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::libvirt {
namespace {

// As libvirt 9.0 writes it, shortened.
constexpr const char* running = R"(<domain type='qemu' id='1'>
  <name>win11</name>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <target dev='sda' bus='usb'/>
      <alias name='usb-disk0'/>
      <address type='usb' bus='0' port='3'/>
    </disk>
    <controller type='usb' index='0' model='qemu-xhci' ports='15'>
      <alias name='usb'/>
      <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
    </controller>
    <controller type='usb' index='1' model='ich9-ehci1'>
      <alias name='usb1'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x1d' function='0x7'/>
    </controller>
    <controller type='usb' index='1' model='ich9-uhci1'>
      <alias name='usb1'/>
      <master startport='0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x1d' function='0x0'/>
    </controller>
    <controller type='usb' index='2' model='nec-xhci'>
      <alias name='usb2'/>
    </controller>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='pcie-root-port'/>
    <controller type='pci' index='2' model='pcie-root-port'/>
    <controller type='pci' index='3' model='pcie-root-port'/>
    <input type='tablet' bus='usb'>
      <alias name='input0'/>
      <address type='usb' bus='0' port='1.4'/>
    </input>
    <input type='mouse' bus='ps2'>
      <alias name='input1'/>
    </input>
    <hostdev mode='subsystem' type='usb' managed='no'>
      <source>
        <address bus='3' device='7'/>
      </source>
      <alias name='ua-usbroute-3-2_1-7'/>
      <address type='usb' bus='0' port='2'/>
    </hostdev>
    <hostdev mode='subsystem' type='usb' managed='yes'>
      <source startupPolicy='optional' missing='yes'>
        <vendor id='0x1234'/>
        <product id='0x5678'/>
        <address bus='3' device='9'/>
      </source>
      <alias name='hostdev1'/>
    </hostdev>
    <hostdev mode='subsystem' type='pci' managed='no'>
      <driver name='vfio'/>
      <source>
        <address domain='0x0000' bus='0x03' slot='0x1f' function='0x7'/>
      </source>
      <alias name='ua-usbroute-c'/>
      <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>
    </hostdev>
  </devices>
</domain>)";

TEST(DomainXml, TellsWhatTheDomainHas)
{
    const auto has = read_domain_xml(running);

    ASSERT_TRUE(has) << has.error().message();
    EXPECT_EQ(
        has->controllers,
        (std::vector<UsbController>{
            {.index = 0, .alias = "usb", .model = "qemu-xhci", .usb2_ports = 15, .superspeed_ports = 15},
            {.index = 1, .alias = "usb1", .model = "ich9-ehci1", .usb2_ports = {}, .superspeed_ports = {}},
            {.index = 2, .alias = "usb2", .model = "nec-xhci", .usb2_ports = 4, .superspeed_ports = 4}}));
    EXPECT_EQ(has->devices,
              (std::vector<GivenDevice>{
                  {.alias = "ua-usbroute-3-2.1-7", .bus = 3, .device = 7, .guest_bus = 0, .guest_port = "2"},
                  {.alias = "hostdev1", .guest_bus = {}, .guest_port = {}}}));
    EXPECT_EQ(has->others, (std::vector<OtherUsb>{
                               {.alias = "usb-disk0", .type = "disk", .guest_bus = 0, .guest_port = "3"},
                               {.alias = "input0", .type = "tablet", .guest_bus = 0, .guest_port = "1.4"}}));
    EXPECT_EQ(has->functions,
              (std::vector<GivenFunction>{{.alias = "ua-usbroute-c", .pci = "0000:03:1f.7"}}));
    EXPECT_EQ(has->free_root_ports, 1U);
    EXPECT_TRUE(has->is_pci_express);
    EXPECT_EQ(has->aliases.size(), 10U);
}

/// libvirt adds one by itself for a smart card, and gives it the first free port.
TEST(DomainXml, AReaderOfSmartCardsHasAPortAlthoughItIsAController)
{
    const auto has = read_domain_xml(R"(<domain><devices>
        <controller type='usb' index='0' model='qemu-xhci'><alias name='usb'/></controller>
        <controller type='ccid' index='0'><alias name='ccid0'/><address type='usb' bus='0' port='1'/></controller>
        <controller type='sata' index='0'><address type='pci' bus='0x00' slot='0x1f'/></controller>
        <smartcard mode='host'><alias name='smartcard0'/><address type='ccid' controller='0' slot='0'/></smartcard>
        </devices></domain>)");

    ASSERT_TRUE(has);
    EXPECT_EQ(has->others,
              (std::vector<OtherUsb>{{.alias = "ccid0", .type = "ccid", .guest_bus = 0, .guest_port = "1"}}));
    EXPECT_EQ(has->controllers.size(), 1U);
}

TEST(DomainXml, ARootPortWithoutHotPlugIsNotFree)
{
    const auto has = read_domain_xml(R"(<domain><devices>
        <controller type='pci' index='0' model='pcie-root'/>
        <controller type='pci' index='1' model='pcie-root-port'><target chassis='1' port='0x8' hotplug='off'/></controller>
        <controller type='pci' index='2' model='pcie-root-port'><target chassis='2' port='0x9' hotplug='on'/></controller>
        <controller type='pci' index='3' model='pcie-root-port'><target chassis='3' port='0xa'/></controller>
        </devices></domain>)");

    ASSERT_TRUE(has);
    EXPECT_EQ(has->free_root_ports, 2U);
}

TEST(DomainXml, OfADomainWithoutDevicesIsEmpty)
{
    const auto has = read_domain_xml("<domain/>");

    ASSERT_TRUE(has);
    EXPECT_EQ(*has, Contents{});
}

TEST(DomainXml, CutAnywhereIsAnError)
{
    const std::string whole = running;
    for (std::size_t length = 0; length + 1 < whole.size(); ++length)
        EXPECT_FALSE(read_domain_xml(std::string_view(whole).substr(0, length))) << length;
}

TEST(DomainXml, WithADocumentTypeIsRefused)
{
    const auto has = read_domain_xml(
        "<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><domain><devices>&b;</devices></domain>");

    ASSERT_FALSE(has);
    EXPECT_EQ(has.error().message(), "the definition of the domain has a document type of its own");
}

TEST(DomainXml, OfSomethingElseIsRefused)
{
    EXPECT_FALSE(read_domain_xml(""));
    EXPECT_FALSE(read_domain_xml("<network/>"));
    EXPECT_FALSE(read_domain_xml("win11"));
    EXPECT_FALSE(read_domain_xml(std::string(longest_domain_xml + 1, ' ')));
}

TEST(DomainXml, DeeperThanAnyStackIsRead)
{
    std::string deep = "<domain><devices>";
    for (int i = 0; i < 200'000; ++i) deep += "<a>";
    for (int i = 0; i < 200'000; ++i) deep += "</a>";
    deep += "</devices></domain>";

    const auto has = read_domain_xml(deep);

    ASSERT_TRUE(has);
    EXPECT_EQ(*has, Contents{});
}

TEST(DomainXml, LeavesOutWhatIsNoNumberAndKeepsTheRest)
{
    const auto has = read_domain_xml(R"(<domain><devices>
        <controller type='usb' index='99999999999' model='qemu-xhci'/>
        <controller type='usb' model='qemu-xhci'/>
        <controller type='usb' index='1' model='qemu-xhci' ports='-4'/>
        <hostdev type='usb'><source><address bus='x' device='0x'/></source><address type='usb' bus='' port=''/></hostdev>
        <hostdev type='pci'><source><address domain='0' bus='0' slot='0'/></source></hostdev>
        </devices></domain>)");

    ASSERT_TRUE(has);
    EXPECT_EQ(has->controllers.size(), 1U);
    EXPECT_EQ(has->controllers.front().usb2_ports, 4U);
    EXPECT_EQ(has->devices, (std::vector<GivenDevice>{{.alias = {}, .guest_bus = {}, .guest_port = {}}}));
    EXPECT_TRUE(has->functions.empty());
}

TEST(DomainXml, WithMoreDevicesThanThereAreIsRefused)
{
    std::string many = "<domain><devices>";
    for (int i = 0; i < 5000; ++i) many += "<input/>";
    EXPECT_FALSE(read_domain_xml(many + "</devices></domain>"));
}

} // namespace
} // namespace usbroute::libvirt
