// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Which domain is which guest's: two names for one, and another one after the configuration was read again.

#include "fakes/given_life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace usbroute::daemon {
namespace {

using fakes::GivenLife;

TEST(SameDomain, OfTwoGuestsWithOneDomainTheSecondIsGivenNothingAndTakesNothing)
{
    GivenLife life({"windows", "linux"});
    life.libvirt->domains["windows"].uuid = "63d8e2f0";
    life.domains_of["linux"] = "63d8e2f0";
    life.guest_starts("windows");
    life.daemon_starts();
    life.settle();
    life.move("left", "windows");
    life.move("right", "linux");
    life.plug("3-1");
    life.plug("3-2");
    life.settle();

    EXPECT_EQ(life.shown(), "3-1 windows, 3-2 host [3-1]") << life.said << life.heard;
    life.ask(R"({"do":"status"})");
    life.settle();
    EXPECT_NE(life.said.find("the domain of linux is that of guest windows already"), std::string::npos)
        << life.said;
    EXPECT_TRUE(std::ranges::none_of(life.libvirt->seen,
                                     [](const std::string& one) { return one.starts_with("detach"); }));

    life.daemon_is_killed();
    life.daemon_starts();
    life.settle();
    EXPECT_EQ(life.shown(), "3-1 windows, 3-2 host [3-1]");
}

/// windows has what is in the left socket.
class AnotherDomain : public testing::Test {
protected:
    AnotherDomain()
    {
        life.guest_starts("windows");
        life.libvirt->domains["other"];
        life.daemon_starts();
        life.settle();
        life.move("left", "windows");
        life.plug("3-1");
        life.settle();
        EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
        life.libvirt->seen.clear();
        life.domains_of["windows"] = "other";
    }
    GivenLife life{std::set<std::string>{"windows"}};
};

TEST_F(AnotherDomain, GetsWhatTheOneBeforeHasGivenBack)
{
    life.libvirt->starts("other");
    life.daemon_reads_its_configuration();
    life.settle();

    EXPECT_EQ(life.shown(), "3-1 other [3-1]");
    ASSERT_EQ(life.libvirt->seen.size(), 2);
    EXPECT_TRUE(life.libvirt->seen[0].starts_with("detach windows ua-usbroute-3-1-"));
    EXPECT_TRUE(life.libvirt->seen[1].starts_with("attach other ua-usbroute-3-1-"));
}

TEST_F(AnotherDomain, ThatIsOffLeavesItToTheHost)
{
    life.daemon_reads_its_configuration();
    life.settle();

    EXPECT_EQ(life.shown(), "3-1 host");
}

TEST_F(AnotherDomain, WaitsUntilTheOneBeforeHasLetGo)
{
    life.libvirt->starts("other");
    life.libvirt->ignores.insert("detach");
    life.daemon_reads_its_configuration();
    life.settle();
    EXPECT_EQ(life.shown(), "3-1 windows [3-1]");

    // Back to the first one meanwhile: it is asked what it has.
    life.domains_of.clear();
    life.daemon_reads_its_configuration();
    life.libvirt->ignores.clear();
    life.settle(std::chrono::seconds(70));

    EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
}

} // namespace
} // namespace usbroute::daemon
