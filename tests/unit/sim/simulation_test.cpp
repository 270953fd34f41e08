// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/scan.hpp"
#include "sim/session.hpp"
#include "unit/sim/sim_board.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace usbroute::sim {
namespace {

using std::chrono::milliseconds;

TEST_F(SimBoard, ADeviceIsNowhereBetweenLeavingAndArriving)
{
    write(0xd0, 0x3ffb);
    EXPECT_EQ(said(), "XUSB2PR 0x00003fff -> 0x00003ffb\n"
                      "rear-1: Logitech USB Keyboard leaves 3-3 (xHCI)");
    EXPECT_EQ(attribute("3-3/product"), "absent");
    EXPECT_FALSE(simulation_.is_settled());

    pass(milliseconds(19));
    EXPECT_EQ(attribute("2-1.3/product"), "absent");

    pass(milliseconds(1));
    EXPECT_EQ(said(), "rear-1: Logitech USB Keyboard arrives at 2-1.3 (EHCI #1)");
    EXPECT_EQ(attribute("2-1.3/product"), "USB Keyboard");
    EXPECT_EQ(attribute("2-1.3:1.0/bInterfaceProtocol"), "01");
    EXPECT_TRUE(simulation_.is_settled());
}

TEST_F(SimBoard, WhatIsBehindAHubLeavesFirstAndArrivesLast)
{
    write(0xd0, 0x3fef);
    pass(milliseconds(20));

    EXPECT_EQ(said(), "XUSB2PR 0x00003fff -> 0x00003fef\n"
                      "internal-1: Microsoft Controller leaves 3-9.3 (xHCI)\n"
                      "internal-1: Burr-Brown from TI USB Audio DAC leaves 3-9.1 (xHCI)\n"
                      "internal-1: USB2.0 Hub leaves 3-9 (xHCI)\n"
                      "internal-1: USB2.0 Hub arrives at 2-1.5 (EHCI #1)\n"
                      "internal-1: Burr-Brown from TI USB Audio DAC arrives at 2-1.5.1 (EHCI #1)\n"
                      "internal-1: Microsoft Controller arrives at 2-1.5.3 (EHCI #1)");
}

TEST_F(SimBoard, ARefusedBitIsPutBackAndTheRestTakes)
{
    write(0xd0, 0xfffb);

    EXPECT_EQ(read(0xd0), 0x3ffbu);
    EXPECT_EQ(said(), "register 0xd0: the chip keeps 0x00003ffb; 0x0000fffb was written\n"
                      "XUSB2PR 0x00003fff -> 0x00003ffb\n"
                      "rear-1: Logitech USB Keyboard leaves 3-3 (xHCI)");
}

TEST_F(SimBoard, AMaskThatIsWrittenIsPutBack)
{
    write(0xd4, 0);

    EXPECT_EQ(read(0xd4), 0x3fffu);
    EXPECT_TRUE(simulation_.is_settled());
}

TEST_F(SimBoard, EveryArrivalGetsADeviceNumberThatIsFree)
{
    EXPECT_EQ(attribute("usb3/devnum"), "1");
    EXPECT_EQ(attribute("3-3/devnum"), "3");

    // 130 arrivals: 118 from 10 to 127, then 3, which is free, then 11 from 10 on.
    for (int turn = 0; turn < 130; ++turn) {
        write(0xd0, 0x3ffb);
        pass(milliseconds(20));
        write(0xd0, 0x3fff);
        pass(milliseconds(20));
    }

    EXPECT_EQ(attribute("usb3/devnum"), "1");
    EXPECT_EQ(attribute("3-3/devnum"), "20");
}

TEST_F(SimBoard, ADeviceThatReturnsInTimeArrivesWhereItsWiresEnd)
{
    write(0xd0, 0x3ffb);
    write(0xd0, 0x3fff);
    (void)said();

    pass(milliseconds(20));

    EXPECT_EQ(said(), "rear-1: Logitech USB Keyboard arrives at 3-3 (xHCI)");
}

TEST_F(SimBoard, WritingToUnbindTakesTheBusAway)
{
    write(0xd0, 0x3ffb);
    pass(milliseconds(20));
    (void)said();

    ASSERT_TRUE(tree_.write("sys/bus/pci/drivers/ehci-pci/unbind", "0000:00:1d.0\n"));
    pass(milliseconds(0));

    EXPECT_EQ(said(), "rear-1: Logitech USB Keyboard leaves 2-1.3 (EHCI #1)\n"
                      "0000:00:1d.0 (EHCI #1): no driver\n"
                      "rear-1: keyboard is out of sight: 0000:00:1d.0 (EHCI #1) has no driver");
    EXPECT_EQ(attribute("usb2/product"), "absent");
}

TEST_F(SimBoard, ARescanFindsTheXhciAndRoutesEverythingToIt)
{
    write(0xd0, 0);
    pass(milliseconds(20));
    order("remove 0000:00:14.0");
    EXPECT_EQ(attribute("usb3/product"), "absent");

    order("rescan");
    pass(milliseconds(20));

    EXPECT_EQ(read(0xd0), 0x3fffu);
    EXPECT_EQ(attribute("3-3/product"), "USB Keyboard");
}

TEST_F(SimBoard, AMountedPartitionStandsInMountinfo)
{
    order("mount sdb1 /mnt/stick");
    EXPECT_NE(tree_.read("proc/self/mountinfo")->find(" 8:17 / /mnt/stick "), std::string::npos);

    order("umount /mnt/stick");
    EXPECT_EQ(tree_.read("proc/self/mountinfo")->find("8:17"), std::string::npos);
}

/// What a scan says of the machine that is played; numbers of reads and looks left out.
topology::Snapshot seen_in(const std::string& root)
{
    auto snapshot = observe::scan(linux_::LiveTree(root + "/"));
    snapshot.census = nullptr;
    snapshot.generation = 0;
    return snapshot;
}

std::vector<std::string> devices_in(const topology::Snapshot& snapshot)
{
    std::vector<std::string> lines;
    for (const auto& device : snapshot.devices)
        lines.push_back(device->path.text() + " " + device->shown() + " " +
                        std::to_string(device->speed.kilobit));
    return lines;
}

class SimEachBoard : public SimBoard, public testing::WithParamInterface<const char*> {
protected:
    SimEachBoard() : SimBoard(GetParam()) {}
};

TEST_P(SimEachBoard, ShowsWhatItsRecordingShows)
{
    const auto recording = seen_in(machine_folder(GetParam()));

    const auto played = seen_in(tree_.root());

    EXPECT_EQ(played.controllers, recording.controllers);
    EXPECT_EQ(played.off_pci, recording.off_pci);
    EXPECT_EQ(devices_in(played), devices_in(recording));
    EXPECT_EQ(played.blocks, recording.blocks);
    EXPECT_EQ(said(), "");
}

/// Boards whose controllers have the numbers that the kernel would give them in a row.
class SimEachBoardInARow : public SimEachBoard {};

TEST_P(SimEachBoardInARow, WithItsDriversTakenAwayAndGivenBackIsAsBefore)
{
    const auto before = seen_in(tree_.root());

    // In the order of the buses, so that each gets its number again.
    std::map<std::uint16_t, const topology::PciController*> by_bus;
    for (const auto& controller : before.controllers)
        if (!controller.buses.empty()) by_bus.emplace(controller.buses.front().number, &controller);
    for (const auto& [bus, controller] : by_bus) order("driver " + controller->name + " none");
    EXPECT_TRUE(seen_in(tree_.root()).devices.empty());
    for (const auto& [bus, controller] : by_bus)
        order("driver " + controller->name + " " + controller->driver);
    pass(milliseconds(20));

    const auto after = seen_in(tree_.root());
    EXPECT_EQ(after.controllers, before.controllers);
    EXPECT_EQ(devices_in(after), devices_in(before));
    EXPECT_EQ(after.blocks, before.blocks);
    ASSERT_EQ(after.ports.size(), before.ports.size());
    for (auto one = after.ports.begin(), other = before.ports.begin(); one != after.ports.end();)
        EXPECT_EQ(**one++, **other++);
}

TEST_P(SimEachBoard, ARemovedControllerIsFoundAgainWithAllThatIsItsOwn)
{
    const auto before = seen_in(tree_.root());

    for (const auto& controller : before.controllers) order("remove " + controller.name);
    EXPECT_TRUE(seen_in(tree_.root()).controllers.empty());
    order("rescan");
    pass(milliseconds(20));

    const auto after = seen_in(tree_.root());
    ASSERT_EQ(after.controllers.size(), before.controllers.size());
    for (std::size_t i = 0; i < after.controllers.size(); ++i) {
        EXPECT_EQ(after.controllers[i].name, before.controllers[i].name);
        EXPECT_EQ(after.controllers[i].iommu_group, before.controllers[i].iommu_group);
        EXPECT_TRUE(after.controllers[i].is_driven_by_host());
        EXPECT_FALSE(after.controllers[i].buses.empty());
    }
}

INSTANTIATE_TEST_SUITE_P(Recorded, SimEachBoard,
                         testing::Values("z97e-itx-ac", "z97-guest", "desk-in-use", "z97-pro-gamer",
                                         "macbookpro12-1", "hp-500-502nj", "thinkpad-l540", "gigabyte-z77",
                                         "lenovo-t430s", "haswell-lp-laptop", "gigabyte-x99-ud4", "amd-a520m",
                                         "qemu-q35", "dock-four-deep", "no-usb"));
INSTANTIATE_TEST_SUITE_P(Recorded, SimEachBoardInARow,
                         testing::Values("z97e-itx-ac", "z97-pro-gamer", "macbookpro12-1", "hp-500-502nj",
                                         "thinkpad-l540", "gigabyte-z77", "lenovo-t430s", "gigabyte-x99-ud4",
                                         "amd-a520m", "qemu-q35", "dock-four-deep", "no-usb"));

TEST_F(SimBoard, WhatIsPluggedIntoAHubArrivesBehindItAndMovesWithIt)
{
    order("plug rear-5 hub");
    pass(milliseconds(20));
    (void)said();

    order("plug rear-5.2 webcam as cam");
    EXPECT_EQ(attribute("3-7.2/product"), "absent");
    pass(milliseconds(20));
    EXPECT_EQ(said(), "rear-5: HD Pro Webcam C920 arrives at 3-7.2 (xHCI)");

    write(0xd0, 0x3bff);
    pass(milliseconds(20));
    EXPECT_EQ(attribute("1-1.3.2/product"), "HD Pro Webcam C920");
    (void)said();

    order("unplug cam");
    EXPECT_EQ(said(), "rear-5: HD Pro Webcam C920 leaves 1-1.3.2 (EHCI #2)");
    EXPECT_EQ(attribute("1-1.3.1/idProduct"), "028e");
}

TEST_F(SimBoard, AHubThatWasRecordedTakesDevicesToo)
{
    order("plug 3-9.2 hub as second");
    pass(milliseconds(20));
    order("plug second.4 disk");
    order("plug internal-1.2.2 mouse");
    pass(milliseconds(20));

    EXPECT_EQ(attribute("3-9.2.4/product"), "DataTraveler 2.0");
    EXPECT_EQ(attribute("3-9.2.2/product"), "USB Optical Mouse");

    order("unplug 3-9.2");
    EXPECT_EQ(attribute("3-9.2/idProduct"), "absent");
    EXPECT_EQ(attribute("3-9.2.4/product"), "absent");
    EXPECT_EQ(attribute("3-9.1/product"), "USB Audio DAC");
}

TEST_F(SimBoard, AHubRefusesWhatItCannotTake)
{
    EXPECT_EQ(answer("plug rear-5.1 mouse"), "error: there is no hub for rear-5.1");
    EXPECT_EQ(answer("plug rear-1.1 mouse"), "error: keyboard in rear-1 is not a hub");
    EXPECT_EQ(answer("plug internal-1.1 mouse"), "error: internal-1.1 is occupied by audio; unplug it first");
    EXPECT_EQ(answer("plug 3-9.5 mouse"), "error: hub in internal-1 has the ports 1 to 4");
    EXPECT_EQ(answer("plug 3-9.0 mouse"), "error: there is no socket 3-9.0");
    EXPECT_EQ(answer("plug 3-9.1.1.1.1.1.1.1 mouse"), "error: USB has no more than 5 hubs in a row");

    EXPECT_TRUE(simulation_.is_settled());
}

TEST_F(SimBoard, BehindAHubThatAGuestHasNothingIsSeen)
{
    order("write d0 3fef");
    pass(milliseconds(20));
    order("driver 0000:00:1d.0 vfio-pci");
    (void)said();

    order("plug internal-1.2 webcam");
    pass(milliseconds(20));

    EXPECT_EQ(said(),
              "internal-1: webcam is out of sight: it is the guest's: 0000:00:1d.0 (EHCI #1) is on vfio-pci");
    order("driver 0000:00:1d.0 ehci-pci");
    pass(milliseconds(20));
    EXPECT_EQ(attribute("2-1.5.2/product"), "HD Pro Webcam C920");
}

class SimDock : public SimBoard {
protected:
    SimDock() : SimBoard("dock-four-deep") {}
};

TEST_F(SimDock, AConnectorBehindHubsIsAPlaceToPlugInto)
{
    order("unplug console-a");
    EXPECT_EQ(attribute("1-4.4.1.2.1/product"), "absent");

    order("plug console-a serial");
    pass(milliseconds(20));

    EXPECT_EQ(attribute("1-4.4.1.2.1/product"), "FT232R USB UART");
}

class SimBoardWithoutMux : public SimBoard {
protected:
    SimBoardWithoutMux() : SimBoard("amd-a520m") {}
};

TEST_F(SimBoardWithoutMux, WhatIsPluggedInArrivesAndLeaves)
{
    order("plug 1-6 webcam");
    pass(milliseconds(20));
    EXPECT_EQ(said(), "1-6: HD Pro Webcam C920 arrives at 1-6 (xHCI #1)");
    EXPECT_EQ(attribute("1-6/product"), "HD Pro Webcam C920");

    order("unplug 1-6");

    EXPECT_EQ(said(), "1-6: HD Pro Webcam C920 leaves 1-6 (xHCI #1)");
    EXPECT_EQ(attribute("1-6/product"), "absent");
}

TEST_F(SimBoardWithoutMux, HasNoRegistersToWriteAndSleepMovesNothing)
{
    EXPECT_EQ(answer("write d0 0"), "error: this board has no mux, and so no routing registers");

    order("resume");

    EXPECT_EQ(said(), "the machine wakes from sleep");
    EXPECT_TRUE(simulation_.is_settled());
}

TEST_F(SimBoard, AnAddressThatIsNotThereChangesNothing)
{
    const auto before = devices_in(seen_in(tree_.root()));

    EXPECT_EQ(answer("driver 0000:00:1c.0 none"), "error: 0000:00:1c.0 drives no USB on this board");
    EXPECT_EQ(answer("remove 0000:09:00.0"), "error: 0000:09:00.0 drives no USB on this board");
    EXPECT_EQ(answer("plug 9-9 webcam"), "error: there is no socket 9-9");
    EXPECT_EQ(answer("unplug 3-77"), "error: nothing is plugged in there, and nothing has that name: 3-77");

    EXPECT_EQ(said(), "");
    EXPECT_EQ(devices_in(seen_in(tree_.root())), before);
}

TEST_F(SimBoard, ALetterThatIsFreeIsTakenAndADiskWhoseLetterIsGoneGetsAnother)
{
    order("write d0 3dff");
    order("plug rear-3 disk as stick");
    pass(milliseconds(20));
    const auto names = [this] {
        std::vector<std::string> found;
        for (const auto& block : seen_in(tree_.root()).blocks)
            found.push_back(block.name + " " + block.number + " " + block.usb->text());
        return found;
    };
    EXPECT_EQ(names(), (std::vector<std::string>{"sdb 8:16 1-1.2", "sdb1 8:17 1-1.2", "sdc 8:32 4-6",
                                                 "sdc1 8:33 4-6", "sdd 8:48 3-5", "sdd1 8:49 3-5"}));

    order("unplug rear-4");
    order("unplug stick");
    order("write d8 1f");
    order("plug rear-4 disk");
    order("plug rear-5 disk");
    pass(milliseconds(20));

    EXPECT_EQ(names(), (std::vector<std::string>{"sdb 8:16 1-1.2", "sdb1 8:17 1-1.2", "sdc 8:32 3-7",
                                                 "sdc1 8:33 3-7", "sdd 8:48 3-8", "sdd1 8:49 3-8"}));
}

TEST_F(SimBoard, SettleWaitsForArrivalsAndQuietForAPause)
{
    std::string answers;
    Session session(Session::Answers::each, [&answers](const std::string& text) { answers += text; });
    write(0xd0, 0x3ffb);

    session.feed("settle\nquiet 50\n");
    session.run(simulation_, now_);
    EXPECT_EQ(answers, "");

    pass(milliseconds(20));
    session.run(simulation_, now_);
    EXPECT_EQ(answers, "ok\n");

    pass(milliseconds(49));
    session.run(simulation_, now_);
    EXPECT_EQ(answers, "ok\n");

    pass(milliseconds(1));
    session.run(simulation_, now_);
    EXPECT_EQ(answers, "ok\nok\n");
}

} // namespace
} // namespace usbroute::sim
