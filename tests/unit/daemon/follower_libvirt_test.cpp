// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// A guest that libvirt runs: the same results, in whatever order things come and go, its helper and libvirtd among them.

#include "fakes/travelled_life.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <string>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;
using fakes::GivenLife;
using fakes::Order;
using fakes::TravelledLife;

const std::set<std::string> windows_alone{"windows"};
const std::set<std::string> both{"windows", "linux"};

TEST(FollowerOfLibvirt, DeviceGuestAssignmentAndDaemonMayComeInAnyOrder)
{
    fakes::expect_in_each_order_of({"plug 3-1", "start windows", "move left windows", "restart"}, {},
                                   windows_alone);
}

TEST(FollowerOfLibvirt, DeviceGuestAssignmentAndDaemonMayGoInAnyOrder)
{
    const Order given{"plug 3-1", "start windows", "move left windows"};
    fakes::expect_in_each_order_of({"unplug 3-1", "quit windows", "move left host", "restart"}, given,
                                   windows_alone);
    fakes::expect_in_each_order_of({"unplug 3-1", "kill windows", "move left host", "restart"}, given,
                                   windows_alone);
}

TEST(FollowerOfLibvirt, HelperAndLibvirtdMayBeStartedAnewAtAnyTime)
{
    fakes::expect_in_each_order_of({"helper", "plug 3-1", "start windows", "move left windows"}, {},
                                   windows_alone);
    fakes::expect_in_each_order_of({"libvirtd", "unplug 3-1", "quit windows", "helper", "restart"},
                                   {"plug 3-1", "start windows", "move left windows"}, windows_alone);
}

TEST(FollowerOfLibvirt, ADaemonThatStartsWithoutLibvirtLeavesTheHostWhatNobodyCanGive)
{
    GivenLife life(windows_alone);
    life.libvirt->loses_libvirt("no socket");
    life.daemon_starts();
    life.settle(20s);
    life.move("left", "windows");
    life.plug("3-1");
    life.settle();
    EXPECT_EQ(life.shown(), "3-1 host") << life.said;

    life.libvirt->finds_libvirt();
    life.settle();
    EXPECT_EQ(life.shown(), "3-1 host");
    life.guest_starts("windows");
    life.settle();
    EXPECT_EQ(life.shown(), "3-1 windows [3-1]") << life.heard;
}

TEST(FollowerOfLibvirt, GuestsOfOneLibvirtAndOneOfAMonitorAreNotMixedUp)
{
    for (const auto& which : {windows_alone, both})
        fakes::expect_in_each_order_of({"plug 3-1", "plug 3-2", "start windows", "start linux"},
                                       {"move left windows", "move right linux"}, which);
}

const Order anything{"plug 3-1",
                     "plug 3-2",
                     "unplug 3-1",
                     "unplug 3-2",
                     "start windows",
                     "start linux",
                     "quit windows",
                     "quit linux",
                     "kill windows",
                     "kill linux",
                     "move left host",
                     "move left linux",
                     "move left windows",
                     "move left none",
                     "move right host",
                     "move right windows",
                     "move right linux",
                     "restart",
                     "sleep",
                     "start windows",
                     "helper",
                     "libvirtd",
                     "plug 3-1",
                     "plug 3-2"};

TEST(FollowerOfLibvirt, AnythingMayHappenAfterAnything)
{
    for (unsigned seed = 1; seed <= 40; ++seed) {
        std::mt19937 dice(seed);
        TravelledLife travelled(seed % 2 == 0 ? both : windows_alone);
        std::string trace;
        for (int i = 0; i < 12; ++i) {
            const auto& event = anything[dice() % anything.size()];
            trace += event + ", ";
            travelled.happens(event);
            travelled.life.settle();
            ASSERT_EQ(travelled.life.shown(), travelled.due()) << "seed " << seed << ": " << trace << "\n"
                                                               << travelled.life.heard;
        }
    }
}

TEST(FollowerOfLibvirt, AnythingMayHappenWhileAnythingIsUnderWay)
{
    for (unsigned seed = 1; seed <= 80; ++seed) {
        std::mt19937 dice(seed);
        TravelledLife travelled(seed % 2 == 0 ? both : windows_alone);
        std::string trace;
        for (int i = 0; i < 12; ++i) {
            const auto& event = anything[dice() % anything.size()];
            auto steps = dice() % 40;
            trace += event + format(" ({} steps), ", steps);
            travelled.happens(event);
            while (steps > 0 && travelled.life.step()) --steps;
        }
        travelled.life.settle(70s);
        ASSERT_EQ(travelled.life.shown(), travelled.due()) << "seed " << seed << ": " << trace << "\n"
                                                           << travelled.life.heard;
    }
}

/// A guest of libvirt's that has what is in the left socket.
class GivenByLibvirt : public testing::Test {
public:
    GivenByLibvirt()
    {
        life.daemon_starts();
        life.guest_starts("windows");
        life.move("left", "windows");
        life.settle();
        life.plug("3-1");
        life.settle();
        EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
        life.libvirt->seen.clear();
        life.heard.clear();
    }
    std::string status_says()
    {
        life.said.clear();
        life.ask(R"({"do": "status"})");
        life.settle(1s);
        return life.said;
    }

    GivenLife life{windows_alone};
};

TEST_F(GivenByLibvirt, ADeviceIsTakenByItsAliasWhenItIsUnpluggedAndGivenToTheSamePortAgain)
{
    life.unplug("3-1");
    life.settle();
    EXPECT_EQ(life.shown(), " [3-1]");
    life.plug("3-1");
    life.settle();

    EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
    EXPECT_EQ(life.libvirt->seen, (std::vector<std::string>{"detach windows ua-usbroute-3-1-2",
                                                            "attach windows ua-usbroute-3-1-3 3/3 0/1"}));
}

TEST_F(GivenByLibvirt, WhileTheHelperIsGoneWhatIsPluggedInWaitsAndTheGuestIsNotHeldToBeGone)
{
    life.libvirt->helper_ends();
    life.settle();
    life.unplug("3-1");
    life.plug("3-1");
    life.settle(60s);
    EXPECT_EQ(life.shown(), "3-1 nobody [3-1] ghost ua-usbroute-3-1-2");
    EXPECT_NE(status_says().find("monitor-silent"), std::string::npos) << life.said;
    EXPECT_NE(life.said.find("usbroute-libvirt cannot be reached at "), std::string::npos) << life.said;

    life.libvirt->helper_begins();
    life.settle(60s);

    EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
}

TEST_F(GivenByLibvirt, WhileLibvirtIsGoneWhatIsPluggedInWaits)
{
    life.libvirt->loses_libvirt("Connection reset by peer");
    life.unplug("3-1");
    life.plug("3-1");
    life.settle(60s);
    EXPECT_EQ(life.shown(), "3-1 nobody [3-1] ghost ua-usbroute-3-1-2");
    EXPECT_NE(status_says().find("libvirt does not answer at qemu:///system: Connection reset by peer"),
              std::string::npos)
        << life.said;

    life.libvirt->finds_libvirt();
    life.settle();

    EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
}

TEST_F(GivenByLibvirt, AGuestThatEndsWhileTheHelperIsGoneIsGoneOnceItIsBack)
{
    life.libvirt->helper_ends();
    life.guest_quits("windows");
    life.settle();
    life.libvirt->helper_begins();
    life.settle(60s);

    EXPECT_EQ(life.shown(), "3-1 host");
}

TEST_F(GivenByLibvirt, ADaemonThatStartsWithoutTheHelperLeavesTheGuestWhatItHas)
{
    life.libvirt->helper_ends();
    life.daemon_is_killed();
    life.daemon_starts();
    life.settle(60s);
    EXPECT_EQ(life.shown(), "3-1 windows");

    life.libvirt->helper_begins();
    life.settle(60s);

    EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
    EXPECT_EQ(life.libvirt->seen, std::vector<std::string>{}); // adopted, and not given once more
}

/// libvirt sets the owner of their nodes to root.
TEST_F(GivenByLibvirt, WhatADomainHadComesHomeAlthoughItsNodeCanBeOpenedNoMore)
{
    for (const bool is_started_anew : {false, true}) {
        if (is_started_anew) {
            life.daemon_is_killed();
            life.daemon_starts();
            life.settle(60s);
        }
        life.nodes.denies_all = true;
        life.guest_is_killed("windows");
        life.settle();
        EXPECT_EQ(life.shown(), "3-1 host");

        life.guest_starts("windows");
        life.settle();
        EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
        life.nodes.denies_all = false;
    }
}

TEST_F(GivenByLibvirt, AGuestThatIsPausedOrSleepsIsStillThereAndIsGivenDevices)
{
    life.libvirt->turns("windows", "paused");
    life.plug("3-2");
    life.move("right", "windows");
    life.settle();
    EXPECT_EQ(life.shown(), "3-1 windows, 3-2 windows [3-1] [3-2]");

    life.libvirt->turns("windows", "suspended");
    life.settle();

    EXPECT_EQ(life.shown(), "3-1 windows, 3-2 windows [3-1] [3-2]");
}

TEST_F(GivenByLibvirt, ADomainThatLibvirtDoesNotKnowAnyMoreIsGone)
{
    life.libvirt->ends("windows", "undefined");
    life.settle();

    EXPECT_EQ(life.shown(), "3-1 host");
    EXPECT_NE(status_says().find("libvirt has no domain windows at qemu:///system"), std::string::npos)
        << life.said;
}

TEST_F(GivenByLibvirt, WhatLibvirtDoesNotSayOfARunningDomainIsSaidWithItsReason)
{
    life.libvirt->refuses = {{"watch", "failed"}, {"look", "failed"}};
    life.libvirt->helper_ends();
    life.libvirt->helper_begins();
    life.settle(60s);
    EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
    EXPECT_NE(status_says().find("libvirt does not say what windows at qemu:///system has: libvirt refused"),
              std::string::npos)
        << life.said;

    life.libvirt->refuses.clear();
    life.settle(60s);
    EXPECT_EQ(status_says().find("does not say"), std::string::npos) << life.said;
    EXPECT_EQ(life.shown(), "3-1 windows [3-1]");
}

TEST_F(GivenByLibvirt, WhatOthersHaveGivenTheDomainIsReportedAndNeverTouched)
{
    life.plug("3-2");
    life.settle();
    life.libvirt->attach_foreign("windows", "hostdev0",
                                 {.bus = 3, .number = 3, .guest_bus = 0, .guest_port = 7});
    life.libvirt->attach_foreign("windows", "hostdev1",
                                 {.bus = 0, .number = 0, .guest_bus = 0, .guest_port = 8});
    life.settle();
    life.move("right", "windows");
    life.settle();

    EXPECT_NE(status_says().find("windows (hostdev0) has it"), std::string::npos) << life.said;
    EXPECT_EQ(life.libvirt->seen, std::vector<std::string>{});
}

TEST_F(GivenByLibvirt, WhereNoPortIsFreeTheHostHasItAndThePersonIsToldWhatToAdd)
{
    life.libvirt->domains.at("windows").controllers.at(0).ports = 1;
    life.libvirt->turns("windows", "running"); // and is looked at
    life.settle();
    life.move("right", "windows");
    life.plug("3-2");
    life.settle();

    EXPECT_EQ(life.shown(), "3-1 windows, 3-2 host [3-1]");
    EXPECT_NE(
        status_says().find(
            "no free USB 2 port in the domain windows: add this controller to its XML, and start it anew: <controller type='usb' model='qemu-xhci' ports='15'/>"),
        std::string::npos)
        << life.said;
    EXPECT_EQ(life.libvirt->seen, std::vector<std::string>{});
}

TEST_F(GivenByLibvirt, WhatLibvirtRefusesTwiceIsTheHosts)
{
    life.libvirt->refuses["attach"] = "not-allowed";
    life.unplug("3-1");
    life.plug("3-1");
    life.settle();

    EXPECT_EQ(life.shown(), "3-1 host");
    EXPECT_NE(status_says().find("forbids it to have this USB device"), std::string::npos) << life.said;
}

TEST_F(GivenByLibvirt, AnAttachThatIsNotAnsweredEndsTheLineAndIsTriedAgain)
{
    life.libvirt->ignores.insert("attach");
    life.unplug("3-1");
    life.plug("3-1");
    life.settle(31s);
    life.libvirt->ignores.clear();
    life.settle(120s);

    EXPECT_EQ(life.shown(), "3-1 windows [3-1]") << life.heard;
}

} // namespace
} // namespace usbroute::daemon
