// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/foreign_lines.hpp"

#include <gtest/gtest.h>

namespace usbroute::diagnose {
namespace {

const XhciNames its_names{
    .address = *PciAddress::parse("00:14.0"), .vendor = 0x8086, .device = 0x1e31, .driver = "xhci_hcd"};

std::string_view word_for(Does does)
{
    return does == Does::yes ? "yes" : does == Does::perhaps ? "perhaps" : "no";
}

struct Line {
    const char* line;
    const char* writes;
};

// The first four groups are lines of public scripts; the others vary one thing of them.
constexpr Line routing_lines[] = {
    {"setpci -s 00:1f.0 dc.b=09", "no"},      // BIOS_CNTL of the LPC bridge
    {"setpci -H1 -d 8086:1e26 d0.l=0", "no"}, // an EHCI
    {"setpci -H1 -d 8086:1e2d d0.l=0", "no"}, //
    {"[ \"$1\" = pre ] && setpci -s 00:14.0 CAP_PM+4.b=08", "no"},
    {"setpci -H1 -d 8086:1e31 d0.l=0", "yes"},

    // which function
    {"setpci -s 14.0 d0.l=0", "yes"},
    {"setpci -s 0000:00:14.0 d0.l=0", "yes"},
    {"setpci -s 00:14 d0.l=0", "yes"},
    {"setpci -s 00:14.* d0.l=0", "yes"},
    {"setpci -s00:14.0 d0.l=0", "yes"},
    {"setpci -vs 00:14.0 d0.l=0", "yes"},
    {"setpci -s 00:14.2 d0.l=0", "no"},
    {"setpci -s 03:00.0 d0.l=0", "no"},
    {"setpci -s 0001:00:14.0 d0.l=0", "no"},
    {"setpci -d 8086:8cb1 d0.l=0", "no"},
    {"setpci -d 8086: d0.l=0", "yes"},
    {"setpci -d ::0c03 d0.l=0", "yes"},
    {"setpci -d ::0c03:20 d0.l=0", "no"},
    {"setpci -d 8086:1E31 D0.L=0", "yes"},
    {"setpci -d 8086:1e31 -s 00:1d.0 d0.l=0", "no"},
    {"setpci -s 00:1f.0 dc.b=09 -s 00:14.0 d0.l=0", "yes"},
    {"setpci -s 00:14.0 40.b=0 -s 00:1f.0 dc.b=09", "no"},
    {"setpci d0.l=0", "no"},

    // which is only printed
    {"echo use setpci -s 00:14.0 d0.l=3fff to reset", "no"},
    {"printf 'setpci -s 00:14.0 d0.l=0\\n'", "no"},
    {"echo setpci -s 00:14.0 d0.l=0 | sh", "yes"},
    {"echo moving; setpci -s 00:14.0 d0.l=0", "yes"},
    {"test -x /usr/bin/setpci && setpci -s 00:14.0 d0.l=0", "yes"},

    // which register
    {"setpci -s 00:14.0 d0.l", "no"}, // reads
    {"setpci -D -s 00:14.0 d0.l=0", "no"},
    {"setpci -s 00:14.0 d4.l=f", "yes"},
    {"setpci -s 00:14.0 0xd8.b=1:1", "yes"},
    {"setpci -s 00:14.0 dd.b=0", "yes"},
    {"setpci -s 00:14.0 e0.l=0", "no"},
    {"setpci -s 00:14.0 cc.l=0", "no"},
    {"setpci -s 00:14.0 cc.l=0,0", "yes"},
    {"setpci -s 00:14.0 cf.w=0", "yes"},
    {"setpci -s 00:14.0 COMMAND=0006", "no"},
    {"setpci -s 00:14.0 BASE_ADDRESS_0+c0.l=0", "yes"},
    {"setpci -s 00:14.0 CAP_PM+60.l=0", "yes"},
    {"setpci -s 00:14.0 CAP05+50.l=0", "yes"},
    {"setpci -s 00:14.0 ECAP_AER+8.l=0", "no"},

    // how it is written down
    {"ExecStart=/usr/bin/setpci -s 00:14.0 d0.l=0", "yes"},
    {"@reboot root /usr/sbin/setpci -s 00:14.0 d0.l=0", "yes"},
    {"ACTION==\"add\", RUN+=\"/usr/bin/setpci -s 00:14.0 d0.l=0\"", "yes"},
    {"bash -c 'sleep 5; setpci -s 00:14.0 d0.l=0'", "yes"},
    {"subprocess.run([\"setpci\", \"-s\", \"00:14.0\", \"d0.l=0\"])", "yes"},
    {"setpci -s \"00:14.0\" \"d0.l=0\" # back to EHCI", "yes"},
    {"true # setpci -s 00:14.0 d0.l=0", "no"},
    {"setpci -s 00:1f.0 40.b=0; echo -s 00:14.0 d0.l=0", "no"},
    {"echo d0.l=0", "no"},
    {"mysetpci -s 00:14.0 d0.l=0", "no"},

    // what cannot be told
    {"setpci -s $XHCI d0.l=0", "perhaps"},
    {"setpci -s 00:14.0 $REGISTER=$VALUE", "perhaps"},
    {"setpci $ARGUMENTS", "perhaps"},
    {"setpci -s 00:1f.0 $REGISTER=0", "no"},
    {"setpci -s $XHCI 40.b=0", "no"},
    {"dd if=/tmp/x of=/sys/bus/pci/devices/0000:00:14.0/config bs=1 seek=208", "perhaps"},
    {"dd if=/sys/bus/pci/devices/0000:00:14.0/config of=/tmp/x", "no"},
    {"dd if=/tmp/x of=/sys/bus/pci/devices/0000:00:1f.0/config", "no"},
    {"", "no"},
    {"setpci", "no"},
    {"setpci -s", "no"},
    {"setpci -s 00:14.0 =0 .l=0 +=0 d0.=0 d0.ll=0", "no"},
};

TEST(ForeignLines, OfSetpciAreJudgedByFunctionAndRegister)
{
    for (const auto& one : routing_lines)
        EXPECT_EQ(word_for(writes_the_route(one.line, its_names)), one.writes) << one.line;
}

struct PowerLine {
    const char* line;
    bool covers;
};

constexpr PowerLine power_lines[] = {
    {"powertop --auto-tune", true},
    {"powertop --html", false},
    {"RUNTIME_PM_ON_BAT=auto", true},
    {"RUNTIME_PM_ON_AC=\"auto\"", true},
    {"RUNTIME_PM_ON_AC=on", false},
    {"echo auto > /sys/bus/pci/devices/0000:00:14.0/power/control", true},
    {"for f in /sys/bus/pci/devices/*/power/control; do echo auto > $f; done", true},
    {"echo auto > /sys/bus/pci/devices/$1/power/control", true},
    {"echo auto > /sys/bus/pci/devices/0000:00:1f.2/power/control", false},
    {"echo on > /sys/bus/pci/devices/0000:00:14.0/power/control", false},
    {"for f in /sys/bus/usb/devices/*/power/control; do echo auto > $f; done", false},
    {"w /sys/bus/pci/devices/0000:00:14.0/power/control - - - - auto", true},
    {R"(ACTION=="add", SUBSYSTEM=="pci", ATTR{power/control}="auto")", true},
    {R"(SUBSYSTEM=="pci", ATTR{vendor}=="0x8086", ATTR{device}=="0x1e31", ATTR{power/control}="auto")", true},
    {R"(SUBSYSTEM=="pci", ATTR{class}=="0x0c03*", ATTR{power/control}="auto")", true},
    {R"(SUBSYSTEM=="pci", KERNEL=="0000:00:14.0", ATTR{power/control}="auto")", true},
    {R"(SUBSYSTEM=="pci", ATTR{device}=="0x1e02", ATTR{power/control}="auto")", false},
    {R"(SUBSYSTEM=="pci", ATTR{class}=="0x030000", ATTR{power/control}="auto")", false},
    {R"(SUBSYSTEM=="pci", ATTR{device}!="0x1e31", ATTR{power/control}="auto")", false},
    {R"(SUBSYSTEM=="usb", ATTR{power/control}="auto")", false},
    {R"(ATTR{idVendor}=="046d", ATTR{power/control}="auto")", false},
    {R"(SUBSYSTEM=="pci", ATTR{power/control}="on")", false},
    {R"(SUBSYSTEM=="pci", KERNEL=="****************************************1f.2", ATTR{power/control}="auto")",
     false},
};

TEST(ForeignLines, OfPowerAreJudgedByTheFunctionThatTheyCover)
{
    for (const auto& one : power_lines)
        EXPECT_EQ(lets_it_sleep({"etc/x", one.line}, its_names), one.covers) << one.line;
}

TEST(ForeignLines, OfTlpCanExemptTheXhci)
{
    EXPECT_TRUE(is_exempt_from_tlp({{"etc/tlp.conf", "RUNTIME_PM_DENYLIST=\"02:00.0 00:14.0\""}}, its_names));
    EXPECT_TRUE(
        is_exempt_from_tlp({{"etc/tlp.conf", "RUNTIME_PM_DRIVER_DENYLIST=\"mei_me xhci_hcd\""}}, its_names));
    EXPECT_FALSE(is_exempt_from_tlp({{"etc/tlp.conf", "RUNTIME_PM_DENYLIST=\"02:00.0\""}}, its_names));
    EXPECT_FALSE(is_exempt_from_tlp({{"etc/tlp.conf", "RUNTIME_PM_ON_AC=auto"}}, its_names));
}

} // namespace
} // namespace usbroute::diagnose
