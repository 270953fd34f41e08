// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/own_nodes.hpp"
#include "linux/syscall_filter.hpp"

#include <gtest/gtest.h>

namespace usbroute::daemon {
namespace {

config::Settings with_guest_and_socket(std::string qmp, std::vector<topology::UsbPlace> places)
{
    config::Settings settings;
    config::GuestSettings guest;
    guest.name = GuestName("windows");
    guest.qmp = std::move(qmp);
    settings.guests = {guest};
    config::ConnectorSettings connector;
    connector.spec.name = ConnectorName("rear-1");
    connector.spec.places = std::move(places);
    settings.connectors = {connector};
    return settings;
}

const std::vector<topology::UsbPlace> a_place{*topology::UsbPlace::parse("0000:02:00.0/2")};
const linux_::Locations the_machine_itself{};

TEST(OwnNodes, AttachesDevicesOnlyWhereAGuestHasAMonitorAndASocketHasAPlace)
{
    EXPECT_TRUE(with_guest_and_socket("/run/windows.qmp", a_place).gives_devices());
    EXPECT_FALSE(with_guest_and_socket("", a_place).gives_devices());
    EXPECT_FALSE(with_guest_and_socket("/run/windows.qmp", {}).gives_devices());
    EXPECT_FALSE(config::Settings{}.gives_devices());
}

TEST(OwnNodes, AreShutByAFilterThatWasMadeWithNothingToGive)
{
    OwnNodes nodes(the_machine_itself, with_guest_and_socket("", a_place));
    EXPECT_EQ(nodes.message(), nullptr);
    EXPECT_NE(nodes.nodes(), nullptr); // not filtered yet, or not at all
    EXPECT_FALSE(nodes.is_shut_by_filter());

    nodes.confined();

    EXPECT_EQ(nodes.nodes(), nullptr);
    EXPECT_TRUE(nodes.is_shut_by_filter());
}

TEST(OwnNodes, StayOpenWithAFilterThatKnowsTheMessage)
{
    if (!linux_::first_register_number()) GTEST_SKIP() << "built without libseccomp";
    OwnNodes nodes(the_machine_itself, with_guest_and_socket("/run/windows.qmp", a_place));
    ASSERT_FALSE(nodes.why_not());
    ASSERT_NE(nodes.message(), nullptr);
    EXPECT_EQ(nodes.message()->number(), linux_::lending_number(*linux_::first_register_number()));

    nodes.confined();

    EXPECT_NE(nodes.nodes(), nullptr);
    EXPECT_FALSE(nodes.is_shut_by_filter());
}

TEST(OwnNodes, OfARecordedMachineAreNone)
{
    linux_::Locations recorded;
    recorded.root = "/recorded/";
    recorded.recorded = true;
    OwnNodes nodes(recorded, with_guest_and_socket("/run/windows.qmp", a_place));

    nodes.confined();

    EXPECT_EQ(nodes.message(), nullptr);
    EXPECT_EQ(nodes.nodes(), nullptr);
    EXPECT_FALSE(nodes.is_shut_by_filter()); // no restart would help
}

} // namespace
} // namespace usbroute::daemon
