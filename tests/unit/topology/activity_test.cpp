// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/activity.hpp"

#include <gtest/gtest.h>

namespace usbroute::topology {
namespace {

using Names = std::vector<std::string>;

TEST(Routes, OfTheWholeWorldAreFoundOnceForEachInterface)
{
    EXPECT_EQ(
        parse_routes("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
                     "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                     "eth1\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
                     "eth1\t00000000\t0201A8C0\t0003\t0\t0\t700\t00000000\t0\t0\t0\n"
                     "eth2\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
                     "tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000080\t0\t0\t0\n" // half of the world
                     "eth3\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0\n"),
        (Names{"eth0", "eth1"}));
}

TEST(Routes, OfIpv6AreFoundWithoutThoseThatRefuse)
{
    const std::string anywhere(32, '0');
    const auto row = [&](const char* length, const char* flags, const char* device) {
        return anywhere + " " + length + " " + anywhere +
               " 00 fe800000000000000000000000000001 00000400 00000001 "
               "00000000 " +
               flags + "     " + device + "\n";
    };

    EXPECT_EQ(parse_ipv6_routes(row("00", "00450003", "eth0") + row("40", "00000001", "eth1") +
                                row("00", "00200200", "lo")),
              Names{"eth0"});
}

TEST(Routes, AreNotFoundInNonsense)
{
    for (const auto& text :
         std::vector<std::string>{std::string(), std::string("\n\n"), std::string(100'000, '0'),
                                  std::string("a 00000000 b zz d e f 00000000"), std::string("\0\0\0", 3)}) {
        EXPECT_TRUE(parse_routes(text).empty());
        EXPECT_TRUE(parse_ipv6_routes(text).empty());
    }
}

} // namespace
} // namespace usbroute::topology
