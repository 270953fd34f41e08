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

TEST(Routes, ToAServerLeaveByTheMostExactRow)
{
    const std::string routes = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
                               "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\n"
                               "usb0\t0007A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\n"
                               "eth2\t0107A8C0\t00000000\t0000\t0\t0\t100\tFFFFFFFF\t0\n"; // it is not up
    const std::string ipv6_routes =
        "fd000000000000000000000000000000 08 00000000000000000000000000000000 00 "
        "00000000000000000000000000000000 00000100 00000001 00000000 00000001 usb1\n";

    EXPECT_EQ(interface_to("192.168.7.1", routes, ipv6_routes), "usb0");
    EXPECT_EQ(interface_to("192.168.8.1", routes, ipv6_routes), "eth0");
    EXPECT_EQ(interface_to("fd00::1", routes, ipv6_routes), "usb1");
    EXPECT_EQ(interface_to("fe80::1", routes, ipv6_routes), std::nullopt);
    EXPECT_EQ(interface_to("files.example", routes, ipv6_routes), std::nullopt);
    EXPECT_EQ(parse_gateway_routes(routes), Names{"eth0"});
}

TEST(ServedMounts, AreThoseOfNetworkFileSystemsWhoseServerIsKnown)
{
    EXPECT_EQ(
        parse_served_mounts(
            "27 1 0:25 / / rw,relatime shared:1 - nfs 192.168.7.1:/srv/root rw,vers=3,addr=192.168.7.1\n"
            "28 27 0:26 / /home rw - nfs4 [fd00::1]:/home rw,addr=fd00::1\n"
            "29 27 0:27 / /media rw - cifs //nas/media rw,addr=10.0.0.2,file_mode=0755\n"
            "30 27 0:28 / /ceph rw - ceph 10.0.0.3:6789,10.0.0.4:6789:/ rw,name=admin\n"
            "31 27 8:17 / /mnt rw - ext4 /dev/sdb1 rw,addr=10.0.0.5\n"
            "32 27 0:29 / /odd rw - nfs\n"),
        (std::vector<ServedMount>{
            {"/", "192.168.7.1"}, {"/home", "fd00::1"}, {"/media", "10.0.0.2"}, {"/ceph", "10.0.0.3"}}));
}

TEST(Consoles, AreThoseThatTheKernelWritesTo)
{
    EXPECT_EQ(parse_consoles("tty0                 -WU (EC  p  )    4:7\n"
                             "ttyUSB0              -W- (E   p  )  188:0\n"
                             "ttyS0                -W- (    p  )    4:64\n"),
              (Names{"tty0", "ttyUSB0"}));
}

TEST(Pppoe, SessionsNameTheInterfaceBelowThem)
{
    EXPECT_EQ(parse_pppoe("Id       Address              Device\n00000001 00:11:22:33:44:55     eth1\n"),
              Names{"eth1"});
}

TEST(Routes, AreNotFoundInNonsense)
{
    for (const auto& text :
         std::vector<std::string>{std::string(), std::string("\n\n"), std::string(100'000, '0'),
                                  std::string("a 00000000 b zz d e f 00000000"), std::string("\0\0\0", 3)}) {
        EXPECT_TRUE(parse_routes(text).empty());
        EXPECT_TRUE(parse_ipv6_routes(text).empty());
        EXPECT_EQ(interface_to("10.0.0.1", text, text), std::nullopt);
        EXPECT_TRUE(parse_served_mounts(text).empty());
        EXPECT_TRUE(parse_consoles(text).empty());
    }
}

} // namespace
} // namespace usbroute::topology
