// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/old_buses.hpp"
#include "import/patterns.hpp"
#include "imported.hpp"

#include <gtest/gtest.h>

namespace usbroute::import_ {

TEST(ToldPlaces, DevpathHasTheWayTheBusAndThePorts)
{
    const auto socket =
        socket_by_devpath("/sys/devices/pci0000:00/0000:00:01.2/0000:02:00.0/usb1/1-4/1-4.2/1-4.2:1.0");

    ASSERT_TRUE(socket.has_value());
    EXPECT_EQ(socket->bus, 1);
    ASSERT_EQ(socket->way.size(), 2U);
    EXPECT_EQ(socket->way.back().text(), "0000:02:00.0");
    EXPECT_TRUE(socket->way_is_whole);
    EXPECT_EQ(socket->ports, (std::vector<std::uint8_t>{4, 2}));
    EXPECT_FALSE(socket_by_devpath("/devices/pci0000:00/0000:00:14.0").has_value());
    EXPECT_FALSE(socket_by_devpath("/devices/usb1/2-4").has_value());
}

TEST(ToldPlaces, IdPathHasTheControllerAndThePortsAndNoHalf)
{
    const auto plain = socket_by_id_path("pci-0000:0a:00.3-usb-0:6.3:1.0");
    const auto fast = socket_by_id_path("pci-0000:0a:00.3-usbv3-0:2");

    ASSERT_TRUE(plain && fast);
    EXPECT_EQ(plain->way.back().text(), "0000:0a:00.3");
    EXPECT_EQ(plain->ports, (std::vector<std::uint8_t>{6, 3}));
    EXPECT_FALSE(plain->superspeed.has_value());
    EXPECT_EQ(fast->superspeed, true);
    EXPECT_FALSE(socket_by_id_path("platform-xhci-hcd.0-usb-0:1").has_value());
}

TEST(Patterns, ARegularExpressionThatIsOneTextIsThatText)
{
    const auto whole = literal_of_regex("^pci-0000:30:00\\.3-usb-0:2$");
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(whole->text, "pci-0000:30:00.3-usb-0:2");
    EXPECT_TRUE(whole->is_whole);
    EXPECT_FALSE(literal_of_regex("usb-0:2")->is_whole);
    for (const auto* pattern : {"usb-0:[12]", "a|b", "a*", "(a)", "\\d", "", "^$"})
        EXPECT_FALSE(literal_of_regex(pattern).has_value()) << pattern;
}

TEST(Patterns, GlobsFitAsFnmatchHasThem)
{
    EXPECT_TRUE(fits_glob("*/usb?/?-3", "/devices/pci0000:00/usb1/1-3"));
    EXPECT_TRUE(fits_glob("3-[1-3]", "3-2"));
    EXPECT_TRUE(fits_glob("[!4]-1", "3-1"));
    EXPECT_FALSE(fits_glob("3-[1-3]", "3-4"));
    EXPECT_FALSE(fits_glob("3-1", "3-10"));
    EXPECT_TRUE(fits_glob("a*b*c", "axxbxxbc"));
    EXPECT_TRUE(fits_glob("[", "["));
}

TEST(Patterns, ManyStarsTakeNoLongerThanTheyHaveTo)
{
    const std::string pattern(200, '*');

    EXPECT_FALSE(fits_glob("*a*a*a*a*a*a*a*a*b", std::string(20'000, 'a')));
    EXPECT_TRUE(fits_glob(pattern, std::string(20'000, 'a')));
}

TEST(MovedNumbers, APciAddressInThePathCountsMoreThanTheBus)
{
    const auto here = renumbered_amd();
    const auto made = imported(
        here, "c.yaml",
        "vms:\n  tv:\n    socket: /run/tv.qmp\n    delay: 0\n    hubs: []\n    ports:\n      - /devices/pci0000:00/0000:00:08.1/0000:30:00.3/usb3/3-2\n");

    EXPECT_TRUE(made.has(R"(usb = ["0000:30:00.3/2", "0000:30:00.3/ss2"])")) << made.all();
    EXPECT_TRUE(made.says(
        "7 warning: \"/devices/pci0000:00/0000:00:08.1/0000:30:00.3/usb3/3-2\": bus numbers have changed: bus 3 belonged to 0000:30:00.3"))
        << made.all();
}

TEST(MovedNumbers, AnExpectedDeviceAtTheSamePortsOfAnotherBusTellsThem)
{
    const auto here = renumbered_amd(); // the mouse 046d:c077 was at 3-2
    const auto made =
        imported(here, {{.name = "100.conf", .text = "name: print\nusb0: mapping=mouse\nusb1: host=3-4\n"},
                        {.name = "usb.cfg", .text = "mouse\n\tmap node=alpha,id=046d:c077,path=3-2\n"}});

    EXPECT_TRUE(made.has(
        "[connector.mouse]\nusb = [\"0000:30:00.3/2\", \"0000:30:00.3/ss2\"]\nexpect = \"046d:c077\""))
        << made.all();
    EXPECT_TRUE(made.says("2 warning: \"3-2\": bus numbers have changed: bus 3 belonged to 0000:30:00.3"))
        << made.all();
}

TEST(MovedNumbers, WhatOneLineTellsHoldsForTheBareNumbersOfTheSameFile)
{
    const auto here = renumbered_amd();
    const auto made = imported(
        here, "90-vm.rules",
        "SUBSYSTEM==\"usb\", DEVPATH==\"/devices/pci0000:00/0000:00:08.1/0000:30:00.3/usb3/3-2\", RUN+=\"/bin/to-vm a\"\n"
        "SUBSYSTEM==\"usb\", KERNEL==\"3-4\", RUN+=\"/bin/to-vm a\"\n");

    EXPECT_TRUE(made.has(R"(usb = ["0000:30:00.3/4", "0000:30:00.3/ss4"])")) << made.all();
    EXPECT_TRUE(made.says("(from the PCI address in its path, line 1)")) << made.all();
}

TEST(MovedNumbers, WithoutASecondWitnessTodaysNumberIsTakenAndSaidOncePerFile)
{
    const auto made = imported(
        amd(), "90-vm.rules",
        "SUBSYSTEM==\"usb\", KERNEL==\"3-2\", RUN+=\"/bin/to-vm a\"\nSUBSYSTEM==\"usb\", KERNEL==\"3-4\", RUN+=\"/bin/to-vm a\"\n");

    EXPECT_TRUE(made.has(R"(usb = ["0000:30:00.3/2", "0000:30:00.3/ss2"])")) << made.all();
    EXPECT_EQ(std::ranges::count_if(
                  made.said,
                  [](const std::string& line) { return line.find("may have changed") != std::string::npos; }),
              1);
}

TEST(MovedNumbers, BothBusesOfAnXhciTellWhichHalfEachWas)
{
    // Ports 1 to 3 of 0000:02:00.0 have both halves; its buses are 3 and 4 here and were 2 and 3 in the file.
    const auto here = renumbered_amd();
    const auto made =
        imported(here, "c.yaml",
                 "vms:\n  tv:\n    socket: /run/tv.qmp\n    delay: 0\n    hubs: []\n    ports:\n"
                 "      - /devices/pci0000:00/0000:00:01.2/0000:02:00.0/usb2/2-1\n"
                 "      - /devices/pci0000:00/0000:00:01.2/0000:02:00.0/usb3/3-1\n");

    EXPECT_TRUE(made.has(R"(usb = ["0000:02:00.0/1", "0000:02:00.0/ss1"])")) << made.all();
    EXPECT_FALSE(made.says("other half")) << made.all();
    EXPECT_TRUE(made.says("bus 3 had the SuperSpeed ports of 0000:02:00.0")) << made.all();
}

TEST(MovedNumbers, UsbguardsParentHashTellsTheController)
{
    const auto made =
        imported(amd(), "rules.conf",
                 "allow id 1d6b:0002 serial \"0000:30:00.3\" name \"xHCI\" hash \"H=\" via-port \"usb1\"\n"
                 "reject id 046d:c31c serial \"\" parent-hash \"H=\" via-port \"1-1\"\n");

    EXPECT_TRUE(made.says("2 warning: USBGuard rejects what comes back to \"1-1\" (0000:30:00.3/1)"))
        << made.all();
    EXPECT_TRUE(made.says("bus 1 belonged to 0000:30:00.3")) << made.all();
}

TEST(Places, APortThatIsNotThereIsNotTakenOver)
{
    const auto made = imported(amd(), "100.conf", "name: a\nusb0: host=3-9\nusb1: host=7-1\n");

    EXPECT_TRUE(made.says("2 left: \"3-9\": no such port: 0000:30:00.3 has USB 2 ports 1 to 4"))
        << made.all();
    EXPECT_TRUE(made.says("3 left: \"7-1\": this machine has no bus 7")) << made.all();
}

TEST(Places, ANumberOfADeviceIsTheSocketThatHasItNow)
{
    const auto* mouse = amd().snapshot.device_at(topology::PortPath(3, {2}));
    ASSERT_NE(mouse, nullptr);
    ASSERT_NE(mouse->number, 0);
    const auto made = imported(
        amd(), "vm.xml",
        "<domain><name>a</name><devices><hostdev mode='subsystem' type='usb'><source><address bus='3' device='" +
            std::to_string(mouse->number) + "'/></source></hostdev></devices></domain>");

    EXPECT_TRUE(made.has(R"(usb = ["0000:30:00.3/2", "0000:30:00.3/ss2"])")) << made.all();
    EXPECT_TRUE(made.says("is a number that changes each time a device is plugged in")) << made.all();
}

TEST(Places, WhatTheOldToolsTextWouldHaveTakenTooIsSaid)
{
    const auto made = imported(
        z97(), "c.yaml",
        "vms:\n  tv:\n    socket: /run/tv.qmp\n    delay: 0\n    hubs: []\n    ports:\n      - /devices/pci0000:00/0000:00:14.0/usb3/3-1\n");

    EXPECT_TRUE(made.says("also matched 3-10, 3-11, 3-12, 3-13 and 3-14")) << made.all();
}

TEST(Mux, APlaceOnEitherSideIsTheSocketOfItsBit)
{
    // EHCI #2 is 0000:00:1a.0 with bus 1; port 1 of its rate matching hub is bit 8, the xHCI's port 5.
    for (const auto* place : {"1-1.1", "3-5"}) {
        const auto made = imported(z97(), "100.conf", std::string("name: a\nusb0: host=") + place + "\n");
        EXPECT_TRUE(made.has("mux_bit = 8\n")) << place << made.all();
        EXPECT_TRUE(made.says("is a mux socket, which can be moved only between controllers")) << made.all();
    }
}

TEST(Mux, ASuperSpeedPortIsNotGuessed)
{
    const auto alone = imported(z97(), "100.conf", "name: a\nusb0: host=4-3\n");
    const auto beside = imported(z97(), "100.conf", "name: a\nusb0: host=4-3\nusb1: host=3-5\n");

    EXPECT_TRUE(alone.says("2 left: \"4-3\": the firmware does not say which socket has SuperSpeed port 3"))
        << alone.all();
    EXPECT_TRUE(alone.proposal.connectors.empty()) << alone.all();
    EXPECT_TRUE(beside.has("mux_bit = 8\nsuperspeed = 3\n")) << beside.all();
    EXPECT_TRUE(beside.says("2 warning: assuming that SuperSpeed port 3 is the other half of bit 8"))
        << beside.all();
}

TEST(Mux, APlaceBehindAHubIsAHoleOfTheSocket)
{
    const auto made = imported(z97(), "100.conf", "name: a\nusb0: host=3-9.1\n");

    EXPECT_TRUE(made.has("mux_bit = 4\n")) << made.all();
    EXPECT_TRUE(made.has("behind = \"a-1/1\"")) << made.all();
}

TEST(Mux, AGuestWithTheOtherSidesControllerGetsTheSocket)
{
    const auto made = imported(z97(), "100.conf", "name: a\nhostpci0: 00:1a.0\nusb0: host=3-5\n");

    EXPECT_TRUE(made.has("[profile.imported]\na = [\"a-1\"]\n")) << made.all();
    EXPECT_TRUE(made.has("controllers = [\"0000:00:1a.0\"]")) << made.all();
}

} // namespace usbroute::import_
