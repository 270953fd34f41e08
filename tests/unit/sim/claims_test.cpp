// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/usbfs.hpp"
#include "unit/sim/sim_board.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>

namespace usbroute::sim {
namespace {

using std::chrono::milliseconds;
using topology::PortPath;

/// The usual board, with programs that have nodes open.
class SimClaims : public SimBoard {
protected:
    [[nodiscard]] std::uint64_t device(const PortPath& place) const { return kernel_.at(place)->serial; }
    [[nodiscard]] std::uint64_t root_hub() const { return device(PortPath(3, {})); }
    void plug(std::string_view line)
    {
        order(line);
        pass(milliseconds(20));
    }
    [[nodiscard]] std::string driver(const std::string& interface) const
    {
        const auto link =
            linux_::LiveTree(tree_.root() + "/").link("sys/bus/usb/devices/" + interface + "/driver");
        return link ? link->substr(link->rfind('/') + 1) : "none";
    }

    const Opener claimer_{.id = 1, .process = 812};
    const Opener other_{.id = 2, .process = 813};
};

TEST_F(SimClaims, APortHasOneClaimerAndIsReleasedByIt)
{
    EXPECT_EQ(kernel_.claim_port(root_hub(), 7, claimer_).error, 0);

    EXPECT_EQ(kernel_.claim_port(root_hub(), 7, other_).error, EBUSY);
    EXPECT_EQ(kernel_.claim_port(root_hub(), 7, claimer_).error, EBUSY);
    EXPECT_EQ(kernel_.release_port(root_hub(), 7, other_).error, ENOENT);
    EXPECT_EQ(kernel_.claim_port(root_hub(), 0, claimer_).error, EINVAL);
    EXPECT_EQ(kernel_.claim_port(root_hub(), 99, claimer_).error, EINVAL);
    EXPECT_EQ(kernel_.claim_port(device(PortPath(3, {3})), 1, claimer_).error, EINVAL);

    kernel_.close(root_hub(), claimer_);
    EXPECT_EQ(kernel_.claim_port(root_hub(), 7, other_).error, 0);
}

TEST_F(SimClaims, ADiskInAClaimedPortIsNoDiskOfTheHost)
{
    ASSERT_EQ(kernel_.claim_port(root_hub(), 7, claimer_).error, 0);
    plug("plug rear-5 disk");
    EXPECT_EQ(attribute("3-7/bConfigurationValue"), "");
    EXPECT_EQ(attribute("3-7/bNumInterfaces"), "");
    EXPECT_EQ(attribute("3-7/product"), "DataTraveler 2.0");
    EXPECT_TRUE(tree_.has("dev/bus/usb/003/" + std::string(3 - attribute("3-7/devnum").size(), '0') +
                          attribute("3-7/devnum")));

    EXPECT_EQ(kernel_.set_configuration(device(PortPath(3, {7})), 1).error, 0);
    EXPECT_EQ(attribute("3-7/bConfigurationValue"), "1");
    EXPECT_EQ(driver("3-7:1.0"), "none");
    EXPECT_EQ(kernel_.block("sdd"), nullptr);

    EXPECT_EQ(kernel_.release_port(root_hub(), 7, claimer_).error, 0);
    EXPECT_EQ(kernel_.attach_driver(device(PortPath(3, {7})), 0).value, 1);
    EXPECT_EQ(driver("3-7:1.0"), "usb-storage");
    EXPECT_NE(kernel_.block("sdd1"), nullptr);
}

TEST_F(SimClaims, ADiskThatAProgramTakesIsGoneForTheHostAndComesBack)
{
    const auto disk = device(PortPath(3, {6})); // rear-4
    ASSERT_EQ(driver("3-6:1.0"), "usb-storage");

    EXPECT_EQ(kernel_.claim_interface(disk, 0, claimer_).error, EBUSY);
    EXPECT_EQ(kernel_.detach_driver(disk, 0).error, 0);
    EXPECT_EQ(kernel_.detach_driver(disk, 0).error, ENODATA);
    EXPECT_EQ(kernel_.claim_interface(disk, 0, claimer_).error, 0);
    EXPECT_EQ(driver("3-6:1.0"), "usbfs");
    EXPECT_EQ(attribute("3-6:1.0/uevent").find("DRIVER=usbfs") == std::string::npos, false);
    EXPECT_EQ(kernel_.block("sdb"), nullptr);
    EXPECT_EQ(kernel_.attach_driver(disk, 0).error, EBUSY);
    EXPECT_EQ(kernel_.set_configuration(disk, 1).error, EBUSY);
    EXPECT_EQ(kernel_.release_interface(disk, 0, other_).error, EINVAL);

    EXPECT_EQ(kernel_.release_interface(disk, 0, claimer_).error, 0);
    EXPECT_EQ(kernel_.attach_driver(disk, 0).value, 1);
    EXPECT_EQ(driver("3-6:1.0"), "usb-storage");
    EXPECT_NE(kernel_.block("sdb1"), nullptr);
}

TEST_F(SimClaims, WhatAProgramHadWhenItDiedHasNoDriver)
{
    const auto keyboard = device(PortPath(3, {3}));
    ASSERT_EQ(kernel_.detach_driver(keyboard, 0).error, 0);
    ASSERT_EQ(kernel_.claim_interface(keyboard, 0, claimer_).error, 0);

    kernel_.close(keyboard, claimer_);

    EXPECT_EQ(driver("3-3:1.0"), "none");
    EXPECT_NE(answer("show").find("3-3     keyboard (Logitech USB Keyboard)\n"), std::string::npos);
    kernel_.probe("3-3:1.0");
    EXPECT_EQ(driver("3-3:1.0"), "usbhid");
}

TEST_F(SimClaims, BehindAHubWithoutItsDriverNothingIsSeen)
{
    ASSERT_EQ(kernel_.claim_port(root_hub(), 7, claimer_).error, 0);
    plug("plug rear-5 hub as dock");
    plug("plug dock.2 webcam");
    EXPECT_EQ(attribute("3-7/maxchild"), "0");
    EXPECT_EQ(attribute("3-7.2/product"), "absent");
    EXPECT_TRUE(simulation_.is_settled());

    ASSERT_EQ(kernel_.release_port(root_hub(), 7, claimer_).error, 0);
    const auto dock = device(PortPath(3, {7}));
    EXPECT_EQ(kernel_.claim_port(dock, 2, claimer_).error, EINVAL);
    EXPECT_EQ(kernel_.set_configuration(dock, 1).error, 0);
    EXPECT_EQ(attribute("3-7/maxchild"), "4");
    EXPECT_EQ(kernel_.claim_port(dock, 2, claimer_).error, 0);
    pass(milliseconds(0));
    pass(milliseconds(20));
    EXPECT_EQ(attribute("3-7.2/bConfigurationValue"), "");
    EXPECT_EQ(attribute("3-7.1/bConfigurationValue"), "1");

    EXPECT_EQ(kernel_.detach_driver(dock, 0).error, 0);
    pass(milliseconds(0));
    EXPECT_EQ(attribute("3-7.1/product"), "absent");
    EXPECT_EQ(attribute("3-7/product"), "USB2.0 Hub");
}

TEST_F(SimClaims, AClaimGoesWithItsHubAndItsDeviceWithItsWires)
{
    ASSERT_EQ(kernel_.claim_port(root_hub(), 3, claimer_).error, 0);
    write(0xd0, 0x3ffb);
    pass(milliseconds(20));
    EXPECT_EQ(driver("2-1.3:1.0"), "usbhid");

    order("driver 0000:00:14.0 none");
    order("driver 0000:00:14.0 xhci_hcd");
    pass(milliseconds(20));
    EXPECT_EQ(kernel_.claim_port(root_hub(), 3, other_).error, 0);
}

TEST_F(SimClaims, SleepGivesTheHostWhatAProgramHad)
{
    const auto keyboard = device(PortPath(3, {3}));
    ASSERT_EQ(kernel_.detach_driver(keyboard, 0).error, 0);
    ASSERT_EQ(kernel_.claim_interface(keyboard, 0, claimer_).error, 0);
    (void)said();

    order("resume");

    EXPECT_EQ(driver("3-3:1.0"), "usbhid");
    EXPECT_NE(said().find("3-3 (xHCI): the program that had it has lost it"), std::string::npos);
    EXPECT_EQ(kernel_.release_interface(keyboard, 0, claimer_).error, EINVAL);
}

TEST_F(SimClaims, ACallSaysWhatTheKernelSaysAndAnUnknownOneIsUnknown)
{
    const auto call = [this](std::uint64_t device, unsigned long request, const std::string& memory) {
        return sim::answer(kernel_,
                           {.device = device, .opener = claimer_, .request = request, .memory = memory});
    };
    const auto keyboard = device(PortPath(3, {3}));

    const auto connection =
        call(keyboard, USBDEVFS_CONNECTINFO, std::string(sizeof(usbdevfs_connectinfo), '\0'));
    usbdevfs_connectinfo told{};
    ASSERT_EQ(connection.memory.size(), sizeof told);
    std::memcpy(&told, connection.memory.data(), sizeof told);
    EXPECT_EQ(told.devnum, 3u);
    EXPECT_EQ(call(keyboard, USBDEVFS_SUBMITURB, "").error, ENOTTY);
    EXPECT_EQ(call(keyboard, USBDEVFS_SETCONFIGURATION, std::string("\x05\0\0\0", 4)).error, EBUSY);
    EXPECT_EQ(call(0, USBDEVFS_RESET, "").error, ENODEV);
    EXPECT_EQ(call(keyboard, USBDEVFS_CLAIM_PORT, "").error, EINVAL);
}

} // namespace
} // namespace usbroute::sim
