// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_loop.hpp"
#include "fakes/real_qemu.hpp"
#include "fakes/state_directory.hpp"
#include "vmm/guest_monitor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

namespace usbroute::vmm {
namespace {

using namespace std::chrono_literals;

/// What only a real QEMU can tell: machines with more than the fake one knows.
class RealQemuTest : public testing::Test {
protected:
    void SetUp() override
    {
        if (!fakes::RealQemu::is_there()) GTEST_SKIP() << "qemu-system-x86_64 with usb-host is not installed";
    }
    template <class Holds> void until(const Holds& holds)
    {
        for (int turns = 0; !holds(); ++turns) {
            ASSERT_LT(turns, 30'000) << "QEMU did not do it";
            ::usleep(1000);
            loop.advance(1ms);
        }
    }
    attach::GuestUsb look(std::vector<std::string> devices)
    {
        const fakes::RealQemu qemu(path, std::move(devices));
        std::optional<attach::GuestUsb> seen;
        GuestMonitor monitor(loop, path,
                             {.ready = [](const attach::QemuVersion&) {},
                              .event = [](const wire::QmpEvent&) {},
                              .ended = [](std::string_view) {}});
        monitor.begin();
        until([&] { return monitor.is_ready(); });
        monitor.look([&](Result<attach::GuestUsb> usb) { seen = usb.value_or(attach::GuestUsb{}); });
        until([&] { return seen.has_value(); });
        return *seen;
    }

    fakes::StateDirectory directory;
    std::string path = directory.path() + "/qmp.sock";
    fakes::FakeLoop loop;
};

TEST_F(RealQemuTest, ALookSeesControllersAndDevicesWithoutAnId)
{
    const auto usb = look({"qemu-xhci,p2=4,p3=2", "usb-kbd,port=2", "usb-ehci,id=e", "ich9-usb-uhci1,id=u",
                           "usb-host,hostbus=250,hostport=1"});

    ASSERT_EQ(usb.controllers.size(), 3U);
    EXPECT_EQ(usb.controllers[0].id, "");
    EXPECT_EQ(usb.controllers[0].path, "/machine/peripheral-anon/device[0]");
    EXPECT_EQ(usb.controllers[0].usb2_ports, 4);
    EXPECT_EQ(usb.controllers[0].superspeed_ports, 2);
    EXPECT_EQ(usb.controllers[1].type, "usb-ehci");
    EXPECT_EQ(usb.controllers[2].type, "ich9-usb-uhci1");
    EXPECT_FALSE(usb.controllers[1].is_xhci() || usb.controllers[2].is_xhci());
    ASSERT_EQ(usb.other_devices.size(), 1U);
    EXPECT_EQ(usb.other_devices[0].type, "usb-kbd");
    EXPECT_EQ(usb.other_devices[0].port, "2");
    ASSERT_EQ(usb.host_objects.size(), 1U);
    EXPECT_EQ(usb.host_objects[0].id, "");
    EXPECT_EQ(usb.host_objects[0].port, ""); // QEMU chose one
    EXPECT_EQ(usb.host_objects[0].host_bus, 250U);
    EXPECT_FALSE(usb.host_objects[0].is_ours() || usb.host_objects[0].is_attached);
}

TEST_F(RealQemuTest, AHubTakesItsPortAndWhatIsBehindItIsSeen)
{
    const auto usb = look({"qemu-xhci,id=x", "usb-hub,bus=x.0,port=2", "usb-mouse,bus=x.0,port=2.3"});

    std::vector<std::string> ports;
    for (const auto& device : usb.other_devices) ports.push_back(device.type + " " + device.port);
    std::ranges::sort(ports);
    EXPECT_EQ(ports, (std::vector<std::string>{"usb-hub 2", "usb-mouse 2.3"}));
    std::vector<unsigned> free;
    for (const auto& port : attach::free_ports(usb, "x.0")) free.push_back(port.port);
    EXPECT_EQ(free, (std::vector<unsigned>{1, 3, 4}));
}

TEST_F(RealQemuTest, ARootPortIsOnlyFreeWhereItIsEmptyHasANameAndTakesDevices)
{
    const auto usb = look({"pcie-root-port,id=free,chassis=1", "pcie-root-port,id=full,chassis=2",
                           "qemu-xhci,bus=full", "pcie-root-port,chassis=3",
                           "pcie-root-port,id=fixed,chassis=4,hotplug=off", "ioh3420,id=intel,chassis=5"});

    EXPECT_EQ(usb.free_root_ports, (std::vector<std::string>{"free", "intel"}));
    EXPECT_EQ(usb.controllers.size(), 1U); // behind a root port like any other
}

} // namespace
} // namespace usbroute::vmm
