// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "chips/registers.hpp"
#include "fakes/fake_tree.hpp"
#include "observe/scan.hpp"
#include "sim/config_space.hpp"
#include "sim/recorded_device.hpp"
#include "unit/sim/recorded.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace usbroute::sim {
namespace {

using fakes::dir;
using fakes::Entries;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

std::string wire_text(const Board& board, const std::optional<Wire>& wire)
{
    if (!wire) return "-";
    std::vector<std::string> ports;
    for (const auto port : wire->ports) ports.push_back(format("{}", port));
    return format("{} {}{}", board.controllers[wire->controller].title, wire->superspeed ? "ss" : "",
                  join(ports, "."));
}

std::string text_of(const Board& board, std::string_view name)
{
    const auto found = std::ranges::find(board.sockets, name, &BoardSocket::name);
    if (found == board.sockets.end()) return "absent";
    return format("bit {}, xHCI {}, EHCI {}, SuperSpeed {}", found->bit ? int{found->bit->value} : -1,
                  wire_text(board, found->on_xhci), wire_text(board, found->on_ehci),
                  wire_text(board, found->superspeed));
}

/// "rear-1 3-3 keyboard"
std::vector<std::string> plugs_of(const Board& board)
{
    std::vector<std::string> lines;
    for (const auto& plug : board.plugs)
        lines.push_back(
            format("{} {} {}", board.sockets[plug.socket].name, plug.at.text(), plug.model->kind));
    return lines;
}

using Lines = std::vector<std::string>;

TEST(SimRecordedBoard, ABoardWithTheMuxHasTheSocketsOfItsConfiguration)
{
    const auto board = recorded("z97e-itx-ac");

    ASSERT_NE(board, nullptr);
    EXPECT_EQ(board->title, "ASRock Z97E-ITX/ac");
    EXPECT_EQ(board->sockets.size(), 14u);
    EXPECT_EQ(text_of(*board, "rear-1"), "bit 2, xHCI xHCI 3, EHCI EHCI #1 1.3, SuperSpeed -");
    EXPECT_EQ(text_of(*board, "rear-6"), "bit 11, xHCI xHCI 8, EHCI EHCI #2 1.4, SuperSpeed xHCI ss6");
    EXPECT_EQ(plugs_of(*board),
              (Lines{"front-1 3-1 headset", "rear-1 3-3 keyboard", "rear-2 3-4 mouse", "rear-4 3-6 disk",
                     "internal-1 3-9 hub", "internal-1 3-9.1 audio", "internal-1 3-9.3 gamepad",
                     "internal-6 3-12 radio", "rear-6 4-6 superspeed-disk"}));
    EXPECT_EQ(read_register(board->controllers[*board->mux].function->config, chips::route_reg::usb2_owner),
              0x3fffu);
    EXPECT_EQ(board->disks, "abc");
}

TEST(SimRecordedBoard, AControllerThatAGuestHadGetsTheHubsThatItHasOnTheHost)
{
    const auto board = recorded("z97-guest");

    ASSERT_NE(board, nullptr);
    const auto& ehci = board->controllers[*board->ehci(1)];
    EXPECT_EQ(ehci.driver, "vfio-pci");
    EXPECT_EQ(ehci.function->driver, "ehci-pci");
    EXPECT_EQ(ehci.usb2_bus, 0);
    EXPECT_EQ(ehci.usb2_hub.hub_ports, 2);
    ASSERT_EQ(ehci.fixed.size(), 1u);
    EXPECT_EQ(ehci.fixed.front().model.hub_ports, 8);
    EXPECT_EQ(text_of(*board, "front-1"), "bit 0, xHCI xHCI 1, EHCI EHCI #1 1.1, SuperSpeed xHCI ss1");
}

TEST(SimRecordedBoard, ABoardWithoutTheMuxHasOneSocketForEachPort)
{
    const auto board = recorded("amd-a520m");

    ASSERT_NE(board, nullptr);
    EXPECT_EQ(board->chip, nullptr);
    EXPECT_EQ(text_of(*board, "rear-1"), "bit -1, xHCI xHCI #2 1, EHCI -, SuperSpeed xHCI #2 ss1");
    EXPECT_EQ(text_of(*board, "1-6"), "bit -1, xHCI xHCI #1 6, EHCI -, SuperSpeed -");
}

TEST(SimRecordedBoard, AConnectorBehindHubsIsAnotherNameForAPortOfThem)
{
    const auto board = recorded("dock-four-deep");

    ASSERT_NE(board, nullptr);
    const auto alias = std::ranges::find(board->aliases, "console-a", &SocketAlias::name);
    ASSERT_NE(alias, board->aliases.end());
    EXPECT_EQ(board->sockets[alias->socket].name, "dock");
    EXPECT_EQ(alias->ports, (std::vector<std::uint8_t>{4, 1, 2, 1}));
}

TEST(SimRecordedBoard, SocketsOfAHiddenEhciHaveNoOtherSide)
{
    const auto board = recorded("macbookpro12-1");

    ASSERT_NE(board, nullptr);
    EXPECT_TRUE(std::ranges::all_of(board->sockets, [](const BoardSocket& each) { return !each.on_ehci; }));
}

TEST(SimRecordedBoard, AMachineWithoutUsbHasNoSockets)
{
    const auto board = recorded("no-usb");

    ASSERT_NE(board, nullptr);
    EXPECT_TRUE(board->controllers.empty());
    EXPECT_TRUE(board->sockets.empty());
}

TEST(SimRecordedBoard, EveryDeviceOfEveryMachineIsInASocketAndUnchangedAtItsOwnPlace)
{
    for (const auto& entry : std::filesystem::directory_iterator(USBROUTE_MACHINES)) {
        if (!entry.is_directory()) continue;
        const auto name = entry.path().filename().string();
        SCOPED_TRACE(name);
        const auto board = recorded(name);
        ASSERT_NE(board, nullptr);
        const auto snapshot = observe::scan(linux_::LiveTree(machine_folder(name) + "/"));

        std::size_t fixed = 0;
        for (const auto& controller : board->controllers)
            if (controller.usb2_bus != 0) fixed += controller.fixed.size();
        EXPECT_EQ(board->plugs.size() + fixed, snapshot.devices.size());
        for (const auto& plug : board->plugs) {
            const auto& seen = *plug.model->recorded;
            const auto nodes = nodes_at(seen, {.directory = seen.directory,
                                               .place = seen.place,
                                               .number = seen.number,
                                               .superspeed = seen.superspeed});
            ASSERT_EQ(nodes.size(), seen.nodes.size());
            for (std::size_t i = 0; i < nodes.size(); ++i) {
                EXPECT_EQ(nodes[i].path, seen.nodes[i].path);
                EXPECT_EQ(nodes[i].uevent, seen.nodes[i].uevent);
                EXPECT_EQ(nodes[i].number, seen.nodes[i].number);
            }
        }
        std::vector<std::string> names = board->socket_names();
        std::ranges::sort(names);
        EXPECT_EQ(std::ranges::adjacent_find(names), names.end()) << "two sockets have one name";
    }
}

std::string attribute_of(const Node& node, std::string_view name)
{
    const auto found = std::ranges::find(node.attributes, name, &Attribute::name);
    return found == node.attributes.end() ? "absent" : std::string(trim(found->content));
}

TEST(SimRecordedDevice, AtAnotherPlaceItHasThatPlacesNamesAndNumbers)
{
    const auto board = recorded("z97e-itx-ac");
    ASSERT_NE(board, nullptr);
    const auto& keyboard = *board->plugs[1].model->recorded;

    const auto nodes = nodes_at(keyboard, {.directory = "devices/pci0000:00/0000:00:1d.0/usb2/2-1/2-1.3",
                                           .place = *topology::PortPath::parse("2-1.3"),
                                           .number = 3});

    EXPECT_EQ(nodes[0].uevent, "MAJOR=189\nMINOR=130\nDEVNAME=bus/usb/002/003\nDEVTYPE=usb_device\n"
                               "PRODUCT=46d/c31c/6400\nTYPE=0/0/0\nBUSNUM=002\nDEVNUM=003\n");
    EXPECT_EQ(attribute_of(nodes[0], "devpath"), "1.3");
    EXPECT_EQ(attribute_of(nodes[0], "dev"), "189:130");
    EXPECT_EQ(attribute_of(nodes[0], "product"), "USB Keyboard");
    EXPECT_EQ(nodes[1].path, "devices/pci0000:00/0000:00:1d.0/usb2/2-1/2-1.3/2-1.3:1.0");
    EXPECT_EQ(nodes[1].driver, "usbhid");
    EXPECT_EQ(nodes[2].name(), "0003:046D:C31C.0002");
    EXPECT_EQ(nodes[2].subsystem, "bus/hid");
}

TEST(SimRecordedDevice, WithoutItsSuperSpeedLinkItIsSlower)
{
    const auto board = recorded("z97e-itx-ac");
    ASSERT_NE(board, nullptr);
    const auto& disk = *board->plugs.back().model->recorded;

    const auto nodes = nodes_at(disk, {.directory = "devices/pci0000:00/0000:00:14.0/usb3/3-8",
                                       .place = *topology::PortPath::parse("3-8"),
                                       .number = 9});

    EXPECT_EQ(attribute_of(nodes[0], "speed"), "480");
    EXPECT_EQ(attribute_of(nodes[0], "version"), "2.10");
}

TEST(SimRecordedDevice, NamesThatLeadOutOfTheRecordingAreNotTaken)
{
    FakeTree tree(Entries{dir(
        "sys", {dir("devices",
                    {dir("3-4", {file("uevent", std::string("DEVTYPE=usb_device\nA=1\0B=2\nDRIVER=..\n", 37)),
                                 file("dev", "../../etc/passwd\n"), link("driver", "../../../.."),
                                 dir("x", {file("uevent", ""), link("subsystem", "../../../etc/shadow")}),
                                 dir("y", {file("uevent", ""), link("subsystem", "../../../bus")})})})})});

    const auto device = recorded_device(tree, "devices/3-4", *topology::PortPath::parse("3-4"), false);

    ASSERT_EQ(device.nodes.size(), 1u);
    EXPECT_EQ(device.nodes[0].driver, "");
    EXPECT_EQ(device.nodes[0].number, "");
    EXPECT_EQ(device.nodes[0].uevent, "DEVTYPE=usb_device\n");
}

TEST(SimRecordedBoard, WhatALeanRecordingLacksIsMadeUpAndANameOfADriverIsHarmless)
{
    const FakeTree tree(Entries{dir(
        "sys",
        {dir("bus", {dir("pci", {dir("devices",
                                     {link("0000:00:14.0", "../../../devices/pci0000:00/0000:00:14.0")})})}),
         dir("devices",
             {dir("pci0000:00",
                  {dir("0000:00:14.0",
                       {file("vendor", "0x8086\n"), file("device", "0x8cb1\n"), file("class", "0x0c0330\n"),
                        file("config", ""), link("driver", "../../../bus/pci/drivers/\x1b[31mred")})})})})});

    const auto board = load_board(tree, {});

    ASSERT_TRUE(board);
    const auto& xhci = (*board)->controllers.at(0);
    EXPECT_EQ(xhci.driver, "unknown");
    EXPECT_EQ(xhci.function->driver, "xhci_hcd");
    EXPECT_EQ(
        (*board)->notes,
        (Lines{"the recording lacks the routing registers; every socket is assumed to be at the xHCI"}));
    EXPECT_EQ(read_register(xhci.function->config, chips::route_reg::usb2_movable), 0x3fffu);
    EXPECT_EQ(text_of(**board, "0000:00:14.0/3"), "bit 2, xHCI xHCI 3, EHCI -, SuperSpeed -");
}

TEST(SimRecordedBoard, AFolderThatIsNoRecordingIsNamedAsSuch)
{
    const auto board = load_board(FakeTree(Entries{dir("etc", {})}), {});

    ASSERT_FALSE(board);
    EXPECT_EQ(board.error().message(),
              "not a recorded machine (it has no sys folder); `usbroute record` makes one");
}

} // namespace
} // namespace usbroute::sim
