// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What people are told of hubs that have a name, and of their sockets.

#include "base/check.hpp"
#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "report/config_check.hpp"
#include "report/text.hpp"
#include "report/udev_rules.hpp"
#include "report/views.hpp"
#include "report/why.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace usbroute::report {
namespace {

config::Settings settings_with_hubs(std::string_view text)
{
    const std::array files{config::SourceText{.name = "test.toml", .text = std::string(text)}};
    auto parsed = config::parse(files);
    USBROUTE_CHECK(parsed.has_value());
    return std::move(*parsed);
}

/// Without a mux.
topology::Snapshot plain_board()
{
    auto snapshot = fakes::z97();
    auto& xhci = fakes::controller(snapshot, "00:14.0");
    xhci.vendor = 0x1022;
    xhci.device = 0x149c;
    snapshot.registers.clear();
    return snapshot;
}

void plug_desk(topology::Snapshot& snapshot, std::string_view place)
{
    auto& hub = fakes::plug(snapshot, place, "Hub");
    hub.vendor = 0x2109;
    hub.product = 0x2813;
    hub.device_class = 9;
    hub.hub_ports = 4;
}

constexpr std::string_view with_a_desk = R"(
[connector.rear-1]
usb = ["00:14.0 1"]
[connector.desk-2]
usb = ["desk/2"]
expect = "10c4:ea60"
[hub.desk]
id = "2109:2813"
serial = "A1"
[guest.windows]
qmp = "/run/windows.qmp"
)";

TEST(HubReports, ConfigCheckSaysThatAHubIsMissingAndWhatIsNamedTwice)
{
    const auto settings = settings_with_hubs(R"(
[connector.a]
usb = ["0000:00:14.0/1"]
[connector.b]
usb = ["00:14.0 2", "0000:00:14.0/2"]
[connector.c]
usb = ["00:01.2/00.0 5"]
[connector.desk-9]
usb = ["desk/9"]
[connector.desk-2]
usb = ["desk/2"]
[connector.d]
usb = ["0000:00:14.0/3.2"]
[hub.desk]
id = "2109:2813"
)");
    auto snapshot = plain_board();
    const auto said = [](const ConfigCheck& check) {
        std::string text;
        for (const auto& misfit : check.misfits) text += misfit.message + "\n";
        for (const auto& warning : check.warnings) text += "warning: " + warning.message + "\n";
        return text;
    };

    EXPECT_EQ(said(check_config(settings, snapshot, {})),
              "connector c: 00:01.2/00.0 5: no USB controller of this machine is at the end of that way\n"
              "connector b: usb names 3-2 twice, in two forms; keep one\n"
              "warning: the hub desk (2109:2813) is not plugged in: desk-9, desk-2 have no place now\n");

    plug_desk(snapshot, "3-3");
    EXPECT_EQ(said(check_config(settings, snapshot, {})),
              "connector c: 00:01.2/00.0 5: no USB controller of this machine is at the end of that way\n"
              "connector b: usb names 3-2 twice, in two forms; keep one\n"
              "connector d: it is at 3-3.2, which already belongs to desk-2 (test.toml:10:12)\n"
              "connector desk-9: desk/9: that hub has ports 1 to 4\n");
}

TEST(HubReports, StatusSaysWhyASocketHasNoPlaceAndShowsWhatIsInTheHubOnce)
{
    const auto settings = settings_with_hubs(with_a_desk);
    auto snapshot = plain_board();

    const auto without = status_view(snapshot, settings, {});
    EXPECT_NE(
        status_text(without, {}, Detail::brief).find("desk-2 (the hub desk (2109:2813) is not plugged in)"),
        std::string::npos)
        << status_text(without, {}, Detail::brief);
    EXPECT_TRUE(without.connectors.back().movable);
    EXPECT_EQ(without.connectors.back().usb.front(), "desk/2");
    EXPECT_EQ(without.connectors.front().usb.front(), "00:14.0 1");

    plug_desk(snapshot, "3-1");
    auto devices = snapshot.devices.flat();
    auto desk = *devices.front();
    desk.serial = "A1";
    snapshot.devices = topology::in_order({std::make_shared<const topology::Device>(desk)});
    fakes::plug(snapshot, "3-1.2", "Thing");
    const auto with = status_view(snapshot, settings, {});
    ASSERT_EQ(with.connectors.front().devices.size(), 1U);
    EXPECT_EQ(with.connectors.front().devices.front().place, "3-1");
    ASSERT_EQ(with.connectors.back().devices.size(), 1U);
    EXPECT_EQ(with.connectors.back().devices.front().place, "3-1.2");
    EXPECT_EQ(with.connectors.back().expect, "10c4:ea60");
    EXPECT_EQ(with.connectors.back().missing, "");
}

TEST(HubReports, RulesOfUdevKnowAHubByItsIdAndAControllerByItsWay)
{
    const auto settings = settings_with_hubs(with_a_desk);
    const auto snapshot = plain_board();

    std::string text;
    for (const auto& line : udev_rules(snapshot, settings).lines) text += line + "\n";

    EXPECT_NE(text.find(R"(DEVPATH=="*/0000:00:14.0/usb[0-9]*")"), std::string::npos) << text;
    EXPECT_NE(
        text.find(
            R"(ATTRS{bDeviceClass}=="09", ATTRS{idVendor}=="2109", ATTRS{idProduct}=="2813", ATTRS{serial}=="A1", KERNEL=="[0-9]*-[0-9]*.2|[0-9]*-[0-9]*.2.*", GROUP="usbroute", MODE="0660")"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find("# Its SuperSpeed half is not seen now"), std::string::npos) << text;
}

TEST(HubReports, RulesOfUdevLeaveOpenTheBusesThatACardChanges)
{
    auto snapshot = plain_board();
    auto& xhci = fakes::controller(snapshot, "00:14.0");
    xhci.syspath = "sys/devices/pci0000:00/0000:00:01.2/0000:02:00.0";
    xhci.address = *PciAddress::parse("02:00.0");
    xhci.name = "0000:02:00.0";
    const auto settings = settings_with_hubs(
        "[connector.rear-1]\nusb = [\"00:01.2/00.0 1\"]\n[guest.windows]\nqmp = \"/run/windows.qmp\"\n");

    std::string text;
    for (const auto& line : udev_rules(snapshot, settings).lines) text += line + "\n";

    EXPECT_NE(text.find(R"(DEVPATH=="*/0000:00:01.2/0000:??:00.0/usb[0-9]*", KERNELS=="usb[0-9]*")"),
              std::string::npos)
        << text;
}

} // namespace
} // namespace usbroute::report
