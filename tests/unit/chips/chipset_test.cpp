// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "chips/chipset.hpp"

#include <gtest/gtest.h>

namespace usbroute::chips {
namespace {

/// As lspci -nn has it: address, class, vendor and device, blanks between, a line each.
std::vector<PciFunction> bus(std::string_view listing)
{
    std::vector<PciFunction> functions;
    for (const auto line : split(listing, '\n')) {
        const auto fields = words(line);
        if (fields.size() < 3) continue;
        const auto ids = split(fields[2], ':');
        PciFunction function{.address = *PciAddress::parse(fields[0]),
                             .vendor = static_cast<std::uint16_t>(*parse_hex(ids[0])),
                             .device = static_cast<std::uint16_t>(*parse_hex(ids[1])),
                             .class_code = *parse_hex(fields[1])};
        functions.push_back(std::move(function));
    }
    return functions;
}

struct Case {
    const char* what;
    const char* listing;
    const char* name;
    const char* state;
    bool inferred = false;
};

// Ids and addresses as published listings have them; shortened to what can matter.
const Case cases[] = {
    {"Z97 with both EHCIs",
     "00:00.0 060000 8086:0c00\n00:14.0 0c0330 8086:8cb1\n00:1a.0 0c0320 8086:8cad\n00:1d.0 0c0320 8086:8ca6",
     "9-series", "ready"},
    {"Z97 with one EHCI hidden", "00:14.0 0c0330 8086:8cb1\n00:1d.0 0c0320 8086:8ca6", "9-series", "ready"},
    {"Z97, firmware on Enabled", "00:14.0 0c0330 8086:8cb1\n00:1f.0 060100 8086:8cc4", "9-series",
     "ehci-hidden"},
    {"Z97, firmware on Disabled",
     "00:1a.0 0c0320 8086:8cad\n00:1d.0 0c0320 8086:8ca6\n00:1f.0 060100 8086:8cc4", "9-series",
     "xhci-hidden"},
    {"Z97, firmware on Disabled, ASMedia beside it",
     "00:1a.0 0c0320 8086:8cad\n00:1d.0 0c0320 8086:8ca6\n03:00.0 0c0330 1b21:1242", "9-series",
     "xhci-hidden"},
    {"Z97 with all USB hidden, known by its bridge alone", "00:1f.0 060100 8086:8cc4", "9-series",
     "xhci-hidden", true},
    {"X99 with VIA and ASMedia cards",
     "00:14.0 0c0330 8086:8d31\n00:1a.0 0c0320 8086:8d2d\n00:1d.0 0c0320 8086:8d26\n05:00.0 0c0330 1106:3483\n"
     "06:00.0 0c0330 1b21:1242",
     "C610/X99", "ready"},
    {"7-series", "00:14.0 0c0330 8086:1e31\n00:1a.0 0c0320 8086:1e2d\n00:1d.0 0c0320 8086:1e26", "7-series",
     "ready"},
    {"7-series, firmware on Disabled, Renesas card",
     "00:1a.0 0c0320 8086:1e2d\n00:1d.0 0c0320 8086:1e26\n"
     "04:00.0 0c0330 1912:0014",
     "7-series", "xhci-hidden"},
    {"8-series LP has one EHCI", "00:14.0 0c0330 8086:9c31\n00:1d.0 0c0320 8086:9c26", "8-series LP",
     "ready"},
    {"Haswell laptop without EHCI", "00:14.0 0c0330 8086:9c31\n00:1f.0 060100 8086:9c43", "8-series LP",
     "ehci-hidden"},
    {"Bay Trail", "00:14.0 0c0330 8086:0f35\n00:1f.0 060100 8086:0f1c", "Bay Trail", "ehci-hidden"},
    {"P67 with a NEC card", "00:1a.0 0c0320 8086:1c2d\n00:1d.0 0c0320 8086:1c26\n03:00.0 0c0330 1033:0194",
     "6-series", "too-old"},
    {"X79 with two ASMedia cards",
     "00:1a.0 0c0320 8086:1d2d\n00:1d.0 0c0320 8086:1d26\n07:00.0 0c0330 1b21:1042\n08:00.0 0c0330 1b21:1042",
     "C600/X79", "too-old"},
    {"5-series", "00:1a.0 0c0320 8086:3b3c\n00:1d.0 0c0320 8086:3b34", "5-series", "too-old"},
    {"ICH9 with its companions",
     "00:1a.0 0c0300 8086:2937\n00:1a.7 0c0320 8086:293c\n00:1d.7 0c0320 8086:293a", "ICH9", "too-old"},
    {"an EHCI of Intel's that no list has", "00:1d.7 0c0320 8086:5035", "", "too-old", true},
    {"6-series with all USB hidden", "00:1f.0 060100 8086:1c44", "6-series", "too-old", true},
    {"Z170", "00:14.0 0c0330 8086:a12f\n00:1f.0 060100 8086:a145", "100-series", "no-mux"},
    {"Skylake laptop with Thunderbolt", "00:14.0 0c0330 8086:9d2f\n3a:00.0 0c0330 8086:15b5", "100-series LP",
     "no-mux"},
    {"Z690", "00:14.0 0c0330 8086:7ae0", "600-series", "no-mux"},
    {"Tiger Lake laptop, whose processor has an xHCI of its own",
     "00:0d.0 0c0330 8086:9a13\n00:14.0 0c0330 8086:a0ed", "500-series LP", "no-mux"},
    {"Raptor Lake laptop", "00:0d.0 0c0330 8086:a71e\n00:14.0 0c0330 8086:51ed", "600-series mobile",
     "no-mux"},
    {"a processor's xHCI before a chipset's that is too new for any list",
     "00:0d.0 0c0330 8086:fefd\n00:14.0 0c0330 8086:7ae0", "600-series", "no-mux"},
    {"both too new for any list", "00:0d.0 0c0330 8086:fefd\n00:14.0 0c0330 8086:fefe", "", "no-mux", true},
    {"an xHCI of Intel's that is too new for any list", "00:14.0 0c0330 8086:fefe", "", "no-mux", true},
    {"Z97, firmware on Disabled, Thunderbolt xHCI of Intel's on a card",
     "00:1a.0 0c0320 8086:8cad\n00:1d.0 0c0320 8086:8ca6\n06:00.0 0c0330 8086:15b6", "9-series",
     "xhci-hidden"},
    {"AMD A520", "00:00.0 060000 1022:1480\n02:00.0 0c0330 1022:43ef\n30:00.3 0c0330 1022:149c", "AMD",
     "no-mux"},
    {"AMD SB700: EHCI and OHCI only",
     "00:00.0 060000 1022:9601\n00:12.0 0c0310 1002:4397\n00:12.2 0c0320 1002:4396", "AMD", "no-mux"},
    {"AMD listing without its host bridge", "02:00.0 0c0330 1022:43ef", "AMD", "no-mux"},
    {"nothing but a card", "00:00.0 060000 1106:3099\n01:00.0 0c0330 1912:0014", "", "no-mux"},
    {"no PCI at all", "", "", "no-mux"},
};

TEST(Chipset, IsToldFromAListing)
{
    for (const auto& one : cases) {
        const auto functions = bus(one.listing);

        const auto chipset = identify(functions, false);

        EXPECT_EQ(chipset.name, one.name) << one.what;
        EXPECT_EQ(text_of(chipset.state), one.state) << one.what;
        EXPECT_EQ(chipset.inferred, one.inferred) << one.what;
    }
}

TEST(Chipset, IsNotTheFamilyOfAnEhciThatAGuestWasGiven)
{
    const auto functions = bus("00:04.0 0c0330 1b36:000d\n00:05.0 0c0320 8086:8ca6");

    const auto chipset = identify(functions, true);

    EXPECT_EQ(chipset.state, MuxState::no_mux);
    EXPECT_EQ(chipset.family, nullptr);
}

TEST(Chipset, OfAGuestThatWasGivenTheXhciIsTheHosts)
{
    const auto functions = bus("00:05.0 0c0330 8086:8cb1\n00:1d.7 0c0320 8086:293a");

    const auto chipset = identify(functions, true);

    EXPECT_EQ(chipset.name, "9-series");
    EXPECT_EQ(chipset.state, MuxState::ehci_hidden);
}

TEST(Chipset, OfAnEmulatorIsNotTakenForAnOldMachine)
{
    const auto functions = bus("00:1d.7 0c0320 8086:293a\n00:1f.0 060100 8086:2918");

    EXPECT_EQ(identify(functions, true).state, MuxState::no_mux);
    EXPECT_EQ(identify(functions, false).state, MuxState::too_old);
}

TEST(GuestSigns, AreFirmwaresWordsOrVirtualHardwareOnBus0)
{
    const std::vector<PciFunction> none;

    EXPECT_EQ(signs_of_a_guest(none, "QEMU", "Standard PC (Q35 + ICH9, 2009)"), "firmware calls it QEMU");
    EXPECT_EQ(signs_of_a_guest(none, "Microsoft Corporation", "Virtual Machine"),
              "firmware calls it Virtual Machine");
    EXPECT_EQ(signs_of_a_guest(none, "VMware, Inc.", ""), "firmware calls it VMware, Inc.");
    EXPECT_EQ(signs_of_a_guest(none, "ASRock", "Z97E-ITX/ac"), "");
    EXPECT_EQ(signs_of_a_guest(none, "Xenia Systems", "X1"), "");
    EXPECT_EQ(signs_of_a_guest(bus("00:03.0 020000 1af4:1000"), "", ""),
              "0000:00:03.0 is 1af4:1000 (virtio)");
    EXPECT_EQ(signs_of_a_guest(bus("03:00.0 020000 1af4:1000"), "", ""), "");
}

} // namespace
} // namespace usbroute::chips
