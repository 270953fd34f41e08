// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "imported.hpp"

#include <gtest/gtest.h>

namespace usbroute::import_ {

TEST(Kinds, AreToldByTheContent)
{
    struct Row {
        std::string name;
        std::string text;
        Kind kind;
    };
    const std::vector<Row> rows{
        {"a", "vms:\n  tv:\n    socket: /a\n    ports: [x]\n", Kind::hotplugger},
        {"a", "{\"usbPassthrough\": []}", Kind::vhotplug},
        {"a", "machines:\n  a:\n    devices: []\n", Kind::whawty},
        {"tv.yml", "devices:\n- vendor-id: 1\n", Kind::whawty},
        {"a", "\n<domain/>", Kind::libvirt},
        {"a", "# x\nSUBSYSTEM==\"usb\", RUN+=\"virsh attach-device a b\"\n", Kind::udev},
        {"a", "#!/bin/bash\ndeclare -a A=(\"v\" \"1:2\" \"\")\ndeclare -a groups=(\"A\")\n", Kind::tables},
        {"a", "46d/c31c/*:office\n", Kind::tables},
        {"a", "import libvirt\nx = [('a', ['/devices/pci0000:00/0000:00:14.0/usb1/1-1'])]\n", Kind::tables},
        {"100.conf", "cores: 2\nusb0: host=1-2\n", Kind::proxmox},
        {"a", "cores: 2\nargs: -device usb-host,hostbus=1,hostport=2\nostype: l26\n", Kind::proxmox},
        {"usb.cfg", "label\n\tmap node=a,id=1:2\n", Kind::proxmox_mapping},
        {"a", "qemu-system-x86_64 -device usb-host,hostbus=1,hostport=2\n", Kind::qemu},
        {"vm_mappings.cfg", "[x]\nVM = \"\"\n", Kind::unraid},
        {"a", "# x\n046d:c31c no\n", Kind::unraid_kept},
        {"a", "allow id 1:2\n", Kind::usbguard},
        {"a", "usb_devices=(\"1:2\")\n", Kind::quickemu},
        {"a", "[{\"bus\":\"usb\",\"path\":\"hostbus=1,hostport=1\"}]", Kind::microvm},
        {"a", "#!/bin/sh\nsetpci -s 00:14.0 d0.w=f\n", Kind::setpci},
        {"a", "setpci -s 00:14.0 d0.w=f\nvirsh attach-device a b.xml\n", Kind::script},
    };

    for (const auto& row : rows) {
        const auto kind = kind_of({.name = row.name, .text = row.text});
        ASSERT_TRUE(kind.has_value()) << row.text;
        EXPECT_EQ(text_of(*kind), text_of(row.kind)) << row.text;
    }
}

TEST(Kinds, NixIsLeftToNix)
{
    const auto kind = kind_of({.name = "configuration.nix", .text = "{ config, pkgs, ... }: { }"});

    ASSERT_FALSE(kind.has_value());
    EXPECT_NE(kind.error().message().find("nix eval --json"), std::string::npos);
    EXPECT_FALSE(kind_of({.name = "a", .text = "dear diary\n"}).has_value());
    EXPECT_FALSE(kind_of({.name = "a", .text = "# nothing but a comment\n"}).has_value());
}

TEST(Vhotplug, CriteriaOfOneEntryAreAlternatives)
{
    const auto made = imported(
        amd(), "config.json",
        R"({"usbPassthrough":[{"targetVm":"cam","allow":[{"vendorId":"046d","productId":"c31c","bus":3,"port":4}]}],
"vms":[{"name":"cam","type":"qemu","socket":"/run/cam.qmp"}]})");

    EXPECT_TRUE(made.has(R"(usb = ["0000:30:00.3/4", "0000:30:00.3/ss4"])")) << made.all();
    EXPECT_FALSE(made.has("expect")) << made.all();
    EXPECT_TRUE(made.has("match = { id = \"046d:c31c\" }\nto = \"cam\"")) << made.all();
    EXPECT_TRUE(made.has("qmp = \"/run/cam.qmp\"")) << made.all();
}

TEST(Vhotplug, HalfACriterionNeverMatched)
{
    const auto made = imported(
        amd(), "config.json",
        "{\"usbPassthrough\":[{\"targetVm\":\"cam\",\"allow\":[\n{\"vendorId\":\"046d\"},\n{\"bus\":3},\n{\"bus\":\"3\",\"port\":1},\n{\"bus\":0,\"port\":1}]}]}");

    EXPECT_EQ(made.proposal.connectors.size(), 0U);
    EXPECT_EQ(std::ranges::count_if(
                  made.said,
                  [](const std::string& line) { return line.find("never matched") != std::string::npos; }),
              4)
        << made.all();
}

TEST(Vhotplug, ADeniedDeviceStaysWithTheHostAtTheSocketsOfItsRule)
{
    const auto made = imported(
        amd(), "config.json",
        R"({"usbPassthrough":[{"targetVm":"cam","allow":[{"bus":3,"port":4}],"deny":[{"vendorId":"0bda","productId":"8153"}]}]})");

    EXPECT_TRUE(made.has("match = { id = \"0bda:8153\", socket = \"cam-1\" }\nto = \"host\"")) << made.all();
}

TEST(Whawty, IdsAreNumbersAndAllConditionsHold)
{
    const auto made = imported(
        amd(), "c.yml",
        "machines:\n  press:\n    devices:\n    - {vendor-id: 4292, product-id: 0xea60}\n    - {vendor-id: 046d, product-id: 1}\n    - {}\n    - {vendor-id: 1, udev: {tags: [a]}}\n");

    EXPECT_TRUE(made.has("id = \"10c4:ea60\"")) << made.all();
    EXPECT_TRUE(made.says("5 left: \"046d\" of vendor-id is not a number")) << made.all();
    EXPECT_TRUE(made.says("6 left: an empty entry")) << made.all();
    EXPECT_EQ(made.proposal.rules.size(), 1U) << made.all();
}

TEST(Whawty, AFileOfMachinesDIsOfTheMachineOfItsName)
{
    const auto made =
        imported(amd(), "machines.d/press.yml",
                 "devices:\n- udev: {env: [{name: ID_PATH, equals: \"pci-0000:30:00.3-usb-0:2\"}]}\n");

    EXPECT_TRUE(made.has("[guest.press]")) << made.all();
    EXPECT_TRUE(made.has(R"(usb = ["0000:30:00.3/2", "0000:30:00.3/ss2"])")) << made.all();
}

TEST(Libvirt, ALeadingZeroIsOctal)
{
    const auto made = imported(
        amd(), "vm.xml",
        "<domain>\n<name>Tom &amp; Ann</name>\n<devices><hostdev mode='subsystem' type='usb'><source><address bus='3' device='012'/></source></hostdev></devices></domain>");

    EXPECT_TRUE(made.says("3 warning: device=\"012\" begins with 0, so it is octal: 10")) << made.all();
    EXPECT_TRUE(made.has("[guest.Tom-Ann]")) << made.all();
    EXPECT_TRUE(made.has("libvirt = \"Tom & Ann\"")) << made.all();
}

TEST(Libvirt, GuestSideAddressesAreNoPlaces)
{
    const auto made = imported(
        amd(), "vm.xml",
        "<domain><name>a</name><devices><hostdev mode='subsystem' type='usb'><source><vendor id='0x046d'/><product id='0xc31c'/></source>"
        "<address type='usb' bus='3' port='4'/></hostdev></devices></domain>");

    EXPECT_TRUE(made.proposal.connectors.empty()) << made.all();
    EXPECT_TRUE(made.has("id = \"046d:c31c\"")) << made.all();
}

TEST(Libvirt, AnyPrefixOfTheNamespaceAndJsonInArgumentsAreRead)
{
    const auto made = imported(
        amd(), "vm.xml",
        "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><name>a</name><q:commandline><q:arg value='-device'/>"
        "<q:arg value='{&quot;driver&quot;:&quot;usb-host&quot;,&quot;hostbus&quot;:3,&quot;hostport&quot;:&quot;4&quot;}'/></q:commandline></domain>");

    EXPECT_TRUE(made.has(R"(usb = ["0000:30:00.3/4", "0000:30:00.3/ss4"])")) << made.all();
}

TEST(Libvirt, ADoctypeIsRefused)
{
    const auto made = imported(
        amd(), "vm.xml",
        "<?xml version='1.0'?>\n<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>\n<domain><name>&e;</name></domain>");

    EXPECT_NE(made.refused.find("vm.xml:2: the file has a DOCTYPE"), std::string::npos) << made.refused;
}

TEST(Udev, AddAndRemoveAreOneRuleAndAGuessIsSaid)
{
    const auto made = imported(
        amd(), "90.rules",
        "ACTION==\"add\", SUBSYSTEM==\"usb\", KERNEL==\"3-2\", \\\n  RUN+=\"/usr/local/bin/to-vm plotter\"\n"
        "ACTION==\"remove\", SUBSYSTEM==\"usb\", KERNEL==\"3-2\", RUN+=\"/usr/local/bin/to-vm plotter\"\n");

    EXPECT_EQ(made.proposal.connectors.size(), 1U);
    EXPECT_TRUE(made.says("1 warning: guest \"plotter\" is a guess")) << made.all();
    EXPECT_TRUE(made.has("plotter = [\"plotter-1\"]")) << made.all();
}

TEST(Udev, TheXmlOfAttachDeviceSaysTheDeviceWhereItIsGiven)
{
    const Source rules{
        .name = "90.rules",
        .text = "SUBSYSTEM==\"usb\", RUN+=\"/usr/bin/virsh attach-device office /etc/vm/scan.xml\"\n"};
    const auto without = imported(amd(), {rules});
    const auto with = imported(
        amd(),
        {rules,
         {.name = "x/scan.xml",
          .text =
              "<hostdev mode='subsystem' type='usb'><source><vendor id='0x04b8'/><product id='0x013a'/></source></hostdev>"}});

    EXPECT_TRUE(without.says("1 left: the device is described in \"/etc/vm/scan.xml\": import that file"))
        << without.all();
    EXPECT_TRUE(with.has("match = { id = \"04b8:013a\" }\nto = \"office\"")) << with.all();
    EXPECT_EQ(with.proposal.rules.size(), 1U) << with.all();
}

TEST(Udev, WhatCannotBeJudgedIsNotTakenOver)
{
    const auto made = imported(amd(), "90.rules",
                               "SUBSYSTEM==\"usb\", PROGRAM==\"/bin/is-it %k\", RUN+=\"/bin/to-vm a\"\n"
                               "SUBSYSTEM==\"usb\", KERNEL!=\"3-2\", RUN+=\"/bin/to-vm a\"\n"
                               "SUBSYSTEM==\"usb\", ATTR{bInterfaceClass}==\"03\", RUN+=\"/bin/to-vm a\"\n"
                               "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"1d6b\", MODE=\"0666\"\n"
                               "not a rule\n");

    EXPECT_TRUE(made.proposal.connectors.empty() && made.proposal.rules.empty()) << made.all();
    for (const auto* line :
         {"1 left: PROGRAM is not run", "2 left: usbroute has no equivalent for !=",
          "3 left: usbroute has no equivalent for the attribute bInterfaceClass", "5 left: not a udev rule"})
        EXPECT_TRUE(made.says(line)) << line << made.all();
    EXPECT_FALSE(made.says("4 ")) << made.all();
}

TEST(Udev, PatternsAreThePlacesThatFit)
{
    const auto made =
        imported(amd(), "90.rules", "SUBSYSTEM==\"usb\", KERNEL==\"3-[12]\", RUN+=\"/bin/to-vm a\"\n");

    EXPECT_EQ(made.proposal.connectors.size(), 2U) << made.all();
    EXPECT_TRUE(made.says("the pattern matches 3-1 and 3-2 now")) << made.all();
}

TEST(Udev, AlternativesOfProductAreADeviceEach)
{
    const auto made =
        imported(amd(), "90.rules",
                 "SUBSYSTEM==\"usb\", ENV{PRODUCT}==\"46d/c31c/*|46d/c077/*\", RUN+=\"/bin/to-vm a\"\n");

    EXPECT_EQ(made.proposal.rules.size(), 2U) << made.all();
}

TEST(Whawty, PatternsOfPathsAreThePlacesThatFit)
{
    const auto made = imported(
        amd(), "c.yml",
        "machines:\n  a:\n    devices:\n    - udev: {env: [{name: ID_PATH, pattern: '^pci-0000:30:00\\.3-usb-0:[34]$'}]}\n");

    EXPECT_EQ(made.proposal.connectors.size(), 2U) << made.all();
}

TEST(Vhotplug, ASocketWithAConditionThatNoConnectorHasIsInNoProfile)
{
    const auto made = imported(
        amd(), "config.json",
        R"({"usbPassthrough":[{"targetVm":"cam","allow":[{"bus":3,"port":4,"removable":["removable"]}]}]})");

    EXPECT_TRUE(made.has("match = { socket = \"socket-1\", removable = true }")) << made.all();
    EXPECT_FALSE(made.has("[profile.")) << made.all();
}

TEST(Qemu, AMonitorThatLibvirtHoldsMakesItADomain)
{
    const auto made = imported(
        amd(), "win10.log",
        "LC_ALL=C \\\nPATH=/usr/bin \\\n/usr/bin/qemu-system-x86_64 \\\n-name guest=win10,debug-threads=on \\\n-chardev socket,id=charmonitor,fd=25,server=on,wait=off \\\n"
        "-mon chardev=charmonitor,id=monitor,mode=control \\\n-device '{\"driver\":\"usb-host\",\"hostdevice\":\"/dev/bus/usb/003/002\",\"id\":\"hostdev0\"}'\n");

    EXPECT_TRUE(made.has("libvirt = \"win10\"")) << made.all();
    EXPECT_TRUE(made.says("device 2 of bus 3 is a number that changes each time a device is plugged in"))
        << made.all();
}

TEST(Udev, TheInstanceOfAUnitIsAGuest)
{
    const auto made = imported(
        amd(), "90.rules",
        "SUBSYSTEM==\"usb\", ENV{PRODUCT}==\"46d/c31c/*\", ENV{SYSTEMD_WANTS}+=\"attach@kids\\x2droom.service\"\n");

    EXPECT_TRUE(made.has("[guest.kids-room]")) << made.all();
    EXPECT_TRUE(made.has("id = \"046d:c31c\"")) << made.all();
}

TEST(Tables, OnlyTheNamesInGroupsCount)
{
    const auto made = imported(
        amd(), "s.sh",
        "declare -a A=(\"hass\" \"046d:c31c\" \"DONT_KNOW\")\ndeclare -a B=(\"hass\" \"10c4:ea60\" \"0001\")\ndeclare -a groups=(\"A\")\n# virsh\n");

    EXPECT_EQ(made.proposal.rules.size(), 1U) << made.all();
    EXPECT_TRUE(made.says("2 left: \"B\" is not listed in groups")) << made.all();
}

TEST(Tables, BothHalvesListedByHandAreOneSocket)
{
    const auto made = imported(
        amd(), "h.py",
        "import libvirt\nd = [('games', ['/devices/pci0000:00/0000:00:08.1/0000:30:00.3/usb3/3-1', '/devices/pci0000:00/0000:00:08.1/0000:30:00.3/usb4/4-1'])]\n");

    EXPECT_EQ(made.proposal.connectors.size(), 1U) << made.all();
    EXPECT_FALSE(made.says("other half")) << made.all();
}

TEST(Halves, SplitBetweenTwoGuestsHaveOneOwner)
{
    const auto made = imported(
        amd(), "h.py",
        "import libvirt\nd = [('a', ['/devices/pci0000:00/0000:00:08.1/0000:30:00.3/usb3/3-1']),\n('b', ['/devices/pci0000:00/0000:00:08.1/0000:30:00.3/usb4/4-1'])]\n");

    EXPECT_TRUE(made.has("a = [\"a-1\"]")) << made.all();
    EXPECT_TRUE(
        made.says("3 left: 0000:30:00.3/ss1 is the other half of a socket that already belongs to \"a\""))
        << made.all();
}

TEST(Proxmox, OnlyWhatIsInForceCounts)
{
    const auto made = imported(
        amd(), "100.conf",
        "name: print\nusb0: host=3-2   \n[PENDING]\nusb1: host=3-3\ndelete: usb0\n[old]\nusb0: host=3-4\n");

    EXPECT_EQ(made.proposal.connectors.size(), 1U) << made.all();
    EXPECT_TRUE(made.has("qmp = \"/var/run/qemu-server/100.qmp\"")) << made.all();
    for (const auto* line : {"4 left: usb1 is pending", "5 left: \"delete: usb0\" is pending",
                             "7 left: usb0 belongs to the snapshot \"old\""})
        EXPECT_TRUE(made.says(line)) << line << made.all();
}

TEST(Proxmox, AMappingOfAnotherNodeIsNotOurs)
{
    const auto made = imported(
        amd(), "usb.cfg", "scan\n\tmap node=alpha,id=10c4:ea60\n\tmap path=3-1,node=beta,id=10c4:ea60\n");

    EXPECT_TRUE(made.proposal.connectors.empty()) << made.all();
    EXPECT_EQ(made.proposal.rules.size(), 1U) << made.all();
    EXPECT_TRUE(made.says("3 left: the map of \"scan\" is for another node, \"beta\"")) << made.all();
}

TEST(Proxmox, WithoutFunctionAllFunctionsAreMeant)
{
    const auto made = imported(amd(), "100.conf",
                               "name: a\nhostpci0: 30:00,pcie=1\nhostpci1: 2a:00.0\nhostpci2: 7f:00.0\n");

    EXPECT_TRUE(made.has("controllers = [\"0000:30:00.3\"]")) << made.all();
    EXPECT_TRUE(made.says("4 left: this machine has no PCI function 0000:7f:00.0")) << made.all();
    EXPECT_FALSE(made.says("2a:00.0")) << made.all();
}

TEST(Proxmox, ASharedIommuGroupIsSaid)
{
    const auto made = imported(amd(), "100.conf", "name: a\nhostpci0: 02:00.0\n");

    EXPECT_TRUE(made.says("0000:02:00.0 shares its IOMMU group with 0000:02:00.1 and 0000:03:00.0"))
        << made.all();
}

TEST(Qemu, NumbersHaveAnyBaseAndVariablesOfTheFileArePutIn)
{
    const auto made = imported(
        amd(), "run.sh",
        "B=3\nqemu-system-x86_64 -name guest=radio,debug-threads=on -qmp unix:/run/radio.qmp,server=on \\\n -device usb-host,hostbus=$B,hostport=2 \\\n"
        " -device usb-host,hostbus=03,hostport=4 -device \"usb-host,hostbus=$1,hostport=3\" -device usb-host\n");

    EXPECT_EQ(made.proposal.connectors.size(), 2U) << made.all();
    EXPECT_TRUE(made.has("[guest.radio]\nwhen_off = \"host\"\nqmp = \"/run/radio.qmp\"")) << made.all();
    EXPECT_TRUE(made.says("4 left: $1 is known only at run time")) << made.all();
    EXPECT_TRUE(made.says("4 left: usb-host without a condition takes any device")) << made.all();
}

TEST(Qemu, OctalIsSaidAndCommasInValuesAreKept)
{
    const auto made = imported(amd(), "run.sh",
                               "qemu-system-x86_64 -name 'a,,b' -device usb-host,hostbus=3,hostaddr=010\n");

    EXPECT_TRUE(made.says("hostaddr=\"010\" begins with 0, so it is octal: 8")) << made.all();
}

TEST(Qemu, AMonitorForPeopleIsNoUse)
{
    const auto hmp = imported(
        amd(), "run.sh", "qemu-system-x86_64 -name a -monitor stdio -device usb-host,hostbus=3,hostport=2\n");
    const auto chardev = imported(
        amd(), "run.sh",
        "qemu-system-x86_64 -name a -chardev socket,id=m,path=/run/m,server=on -mon chardev=m,mode=control -device usb-host,hostbus=3,hostport=2\n");

    EXPECT_TRUE(hmp.says("1 left: its monitor speaks HMP")) << hmp.all();
    EXPECT_TRUE(hmp.has("qmp = \"/run/usbroute/a.qmp\"")) << hmp.all();
    EXPECT_TRUE(chardev.has("qmp = \"/run/m\"")) << chardev.all();
}

TEST(Unraid, NamesAreDecodedAndLookedUp)
{
    const auto made = imported(
        amd(), "vm_mappings.cfg",
        "[Logitech_USB_Keyboard]\nVM = \"Bob&#039;s PC\"\nautoconnect = \"yes\"\n[Nobody_Knows_1]\nVM = \"a\"\nautoconnect = \"yes\"\n[Port:3-2]\nVM = \"\"\n");

    EXPECT_TRUE(made.has("libvirt = \"Bob's PC\"")) << made.all();
    EXPECT_TRUE(made.has("id = \"046d:c31c\"")) << made.all();
    EXPECT_TRUE(made.says("4 warning: \"Nobody_Knows_1\" is not plugged in")) << made.all();
    EXPECT_TRUE(made.proposal.connectors.empty()) << made.all();
}

TEST(UnraidKept, StaysWithTheHost)
{
    const auto made = imported(amd(), "usb-hotplug.cfg", "046d:c31c keyboard\n10c4:ea60@3-2\n");

    EXPECT_TRUE(made.has("match = { id = \"046d:c31c\" }\nto = \"host\"")) << made.all();
    EXPECT_TRUE(made.has("match = { id = \"10c4:ea60\", socket = \"socket-1\" }\nto = \"host\""))
        << made.all();
    EXPECT_FALSE(made.has("[profile.")) << made.all();
}

TEST(Usbguard, TurnsAwayAndGivesToNobody)
{
    const auto made = imported(amd(), "rules.conf",
                               "reject via-port \"3-2\"\nblock 10c4:ea60\nallow id 046d:c31c\nnonsense\n");

    EXPECT_TRUE(made.proposal.connectors.empty() && made.proposal.guests.empty()) << made.all();
    EXPECT_TRUE(made.says("1 warning: USBGuard rejects what comes back to \"3-2\" (0000:30:00.3/2)"))
        << made.all();
    EXPECT_TRUE(made.says("2 warning: USBGuard blocks 10c4:ea60")) << made.all();
    EXPECT_TRUE(made.says("4 left: not a USBGuard rule")) << made.all();
}

TEST(Quickemu, HasNoMonitorForUs)
{
    const auto made = imported(
        amd(), "vm/scan.conf",
        "guest_os=\"linux\"\nusb_devices=(\"046d:c31c\"\n  '04b8:013a' # scanner\n)\nusb_devices+=(\"$(lsusb)\")\n");

    EXPECT_TRUE(made.has("[guest.scan]")) << made.all();
    EXPECT_EQ(made.proposal.rules.size(), 2U) << made.all();
    EXPECT_TRUE(made.says("extra_args=\"-qmp unix:/run/usbroute/scan.qmp")) << made.all();
    EXPECT_TRUE(made.says("5 left: $(...) is known only at run time")) << made.all();
}

TEST(Microvm, HasNoGuestInAPlainList)
{
    const auto made = imported(amd(), "d.json", R"([{"bus":"usb","path":"hostbus=3,hostport=3"}])");

    EXPECT_TRUE(made.has(R"(usb = ["0000:30:00.3/3", "0000:30:00.3/ss3"])")) << made.all();
    EXPECT_TRUE(made.says("the guest is unknown")) << made.all();
    EXPECT_FALSE(made.has("[guest.")) << made.all();
}

TEST(Setpci, AValueSaysSidesAndValuesAreHexadecimal)
{
    const auto made = imported(z97(), "s.sh", "setpci -s 00:14.0 d0.w=0xf\n");

    EXPECT_TRUE(made.has("xhci = [\"bit0\", \"bit1\", \"bit2\", \"bit3\"]")) << made.all();
    EXPECT_TRUE(made.has(
        "ehci = [\"bit4\", \"bit5\", \"bit6\", \"bit7\", \"bit8\", \"bit9\", \"bit10\", \"bit11\", \"bit12\", \"bit13\"]"))
        << made.all();
    EXPECT_TRUE(made.says("1 warning: there is only one write and no way back")) << made.all();
    EXPECT_TRUE(imported(z97(), "s.sh", "setpci -s 00:14.0 d0.w=10:10\n").has("xhci = [\"bit4\"]"));
}

TEST(Setpci, BitsThatAreAlwaysTheSameAreInNoProfile)
{
    const auto made = imported(
        z97(), "s.sh",
        "case $1 in\nwindows) setpci -H1 -s 0000:00:14.0 D0.W=3ff0 ;;\nhost) setpci -s00:14.0 d0.L=3fff ;;\nesac\n");

    EXPECT_TRUE(made.has("[profile.windows]\nehci = [\"bit0\", \"bit1\", \"bit2\", \"bit3\"]")) << made.all();
    EXPECT_TRUE(made.has("xhci = [\"bit0\", \"bit1\", \"bit2\", \"bit3\"]")) << made.all();
    EXPECT_TRUE(made.has("[toggle]\nprofiles = [\"windows\", \"host-2\"]") ||
                made.has("[toggle]\nprofiles = [\"windows\", \"host\"]"))
        << made.all();
}

TEST(Setpci, AVariableHasAValueInEachBranch)
{
    const auto by_case = imported(
        z97(), "s.sh", "case $1 in\non) V=0x3fff ;;\noff) V=0x3ff0 ;;\nesac\nsetpci -s 00:14.0 d0.w=$V\n");
    const auto by_if = imported(
        z97(), "s.sh", "if [ $1 = on ]; then V=3fff; else V=3ff0; fi\nsetpci -s 00:14.0 d0.w=0x$V\n");

    EXPECT_TRUE(by_case.has("[profile.on]\nxhci = [\"bit0\", \"bit1\", \"bit2\", \"bit3\"]"))
        << by_case.all();
    EXPECT_TRUE(by_case.has("[profile.off]\nehci = [\"bit0\", \"bit1\", \"bit2\", \"bit3\"]"))
        << by_case.all();
    EXPECT_EQ(by_if.proposal.profiles.size(), 2U) << by_if.all();
}

TEST(Setpci, AnotherXhcisIdsAreNotThisMachines)
{
    const auto made = imported(z97(), "s.sh", "setpci -d 8086:1e31 d0.w=0\n");

    EXPECT_TRUE(made.says("1 left: the script is for the xHCI 8086:1e31, but this machine has 8086:8cb1"))
        << made.all();
    EXPECT_EQ(imported(z97(), "s.sh", "setpci -d 8086:8cb1 d0.w=0\n").proposal.profiles.size(), 1U);
}

TEST(Setpci, WhatIsNoRouteIsSaid)
{
    const auto made = imported(
        z97(), "s.sh",
        "setpci -s 00:14.0 d4.w=ffff\nsetpci -s 00:14.0 d8.b=3f\nsetpci -s 00:1f.2 d0.b=1\nsetpci -s 00:14.0 d0.w=$X\nsetpci -s $DEV d0.w=1\nsetpci -s 00:14.0 d0.w=12345\nsetpci -s 00:14.0 d0.w\n");

    for (const auto* line : {"1 left: \"d4.w=ffff\" writes the mask", "2 note: \"d8.b=3f\"",
                             "3 left: \"d0.b=1\" is a register of 00:1f.2", "4 left: the value of",
                             "5 left: the device of register", "6 left: \"12345\" is not a value of 2 bytes"})
        EXPECT_TRUE(made.says(line)) << line << made.all();
    EXPECT_TRUE(made.proposal.profiles.empty()) << made.all();
}

TEST(Setpci, OnABoardWithoutTheMuxNothingIsTakenOver)
{
    const auto made = imported(amd(), "s.sh", "setpci -s 00:14.0 d0.w=0xf\n");

    EXPECT_TRUE(made.says("1 left: this machine has no port mux")) << made.all();
    EXPECT_TRUE(made.proposal.profiles.empty() && made.proposal.connectors.empty());
}

} // namespace usbroute::import_
