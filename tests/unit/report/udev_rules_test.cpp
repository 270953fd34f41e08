// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "report/udev_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace usbroute::report {
namespace {

UdevRules rules_for(const std::string& text)
{
    const std::array files{config::SourceText{.name = "test.toml", .text = text}};
    const auto settings = *config::parse(files);
    return udev_rules(fakes::z97(), settings);
}

const std::string rule_guest = "[guest.windows]\ncontrollers = [\"0000:00:1a.0\"]\nqmp = \"/run/w.qmp\"\n";

TEST(UdevRules, NameControllerHalfAndPortsOfWhatIsNeeded)
{
    auto rules =
        rules_for("[connector.desk]\nusb = [\"0000:02:00.0/2.1\", \"0000:02:00.0/ss3\"]\n" + rule_guest);

    EXPECT_FALSE(rules.none);
    std::erase_if(rules.lines, [](const auto& line) { return line.find("MODE") == std::string::npos; });
    EXPECT_EQ(
        rules.lines,
        (std::vector<std::string>{
            R"(DEVPATH=="*/0000:02:00.0/usb[0-9]*", KERNELS=="usb[0-9]*", ATTRS{speed}=="12|480", KERNEL=="usb[0-9]*", GROUP="usbroute", MODE="0660")",
            R"(DEVPATH=="*/0000:02:00.0/usb[0-9]*", KERNELS=="usb[0-9]*", ATTRS{speed}=="12|480", KERNEL=="[0-9]*-2", ATTR{bDeviceClass}=="09", GROUP="usbroute", MODE="0660")",
            R"(DEVPATH=="*/0000:02:00.0/usb[0-9]*", KERNELS=="usb[0-9]*", ATTRS{speed}=="12|480", KERNEL=="[0-9]*-2.1|[0-9]*-2.1.*", GROUP="usbroute", MODE="0660")",
            R"(DEVPATH=="*/0000:02:00.0/usb[0-9]*", KERNELS=="usb[0-9]*", ATTRS{speed}=="[1-9]*000", KERNEL=="usb[0-9]*", GROUP="usbroute", MODE="0660")",
            R"(DEVPATH=="*/0000:02:00.0/usb[0-9]*", KERNELS=="usb[0-9]*", ATTRS{speed}=="[1-9]*000", KERNEL=="[0-9]*-3|[0-9]*-3.*", GROUP="usbroute", MODE="0660")",
        }));
}

TEST(UdevRules, SayWhereTheyBelongAndForWhichSockets)
{
    const auto lines = rules_for("[connector.desk]\nusb = [\"0000:02:00.0/2\"]\n" + rule_guest).lines;

    const auto has = [&](const std::string& line) { return std::ranges::find(lines, line) != lines.end(); };
    EXPECT_TRUE(has("#   usbroute config udev | sudo tee /etc/udev/rules.d/72-usbroute.rules"));
    EXPECT_TRUE(has("# 0000:02:00.0, USB 2: desk"));
    EXPECT_EQ(lines.back(), "LABEL=\"usbroute_nodes_end\"");
}

TEST(UdevRules, OfNothingAreNoneAndSayWhy)
{
    EXPECT_EQ(
        *rules_for("[connector.a]\nmux_bit = 3\n" + rule_guest).none,
        "no connector has a place of its own; usbrouted needs nodes only for sockets that no mux reaches, "
        R"([connector.NAME] with usb = ["0000:02:00.0/1"])");
    EXPECT_EQ(
        *rules_for("[connector.a]\nusb = [\"0000:02:00.0/2\"]\n").none,
        "no guest can take devices one by one; add qmp = \"/run/usbroute/NAME.qmp\" or libvirt = \"DOMAIN\" to [guest.NAME]");
    const auto behind =
        rules_for("[connector.a]\nmux_bit = 2\n[connector.b]\nusb = [\"0000:00:14.0/3.1\"]\n" + rule_guest);
    EXPECT_EQ(*behind.none,
              "every connector with a place of its own goes with a socket of the mux that it is behind");
    EXPECT_TRUE(behind.lines.empty());
}

} // namespace
} // namespace usbroute::report
