// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_loop.hpp"
#include "fakes/fake_qemu.hpp"
#include "fakes/state_directory.hpp"
#include "vmm/guest_monitor.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>

namespace usbroute::vmm {
namespace {

using namespace std::chrono_literals;
using attach::GuestPort;
using attach::HostPort;
using attach::ObjectId;
using Took = GuestMonitor::Took;

class GuestMonitorTest : public testing::Test {
protected:
    GuestMonitorTest()
    {
        qemu.add_controller("usbroute0", 15);
        monitor->begin();
        settle();
    }
    void settle()
    {
        do loop.settle();
        while (qemu.serve());
    }
    void add_waiting(const std::string& id, std::uint8_t number = 1)
    {
        monitor->add_waiting(*ObjectId::from(id), port(number), 3, *HostPort::from("1"),
                             [this, id](const Result<Took>& took) {
                                 said += id +
                                         (!took                     ? " " + took.error().code()
                                          : *took == Took::attached ? " attached"
                                                                    : " waiting") +
                                         "; ";
                             });
    }
    void add_file(const std::string& id)
    {
        monitor->add(*ObjectId::from(id), port(1), linux_::UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)),
                     [this, id](const Result<Took>& took) {
                         said += id +
                                 (!took                     ? " " + took.error().code()
                                  : *took == Took::attached ? " attached"
                                                            : " waiting") +
                                 "; ";
                     });
    }
    void remove(const std::string& id) { monitor->remove(*ObjectId::from(id), done("removed " + id)); }
    GuestMonitor::Done<void> done(const std::string& what)
    {
        return [this, what](const Result<void>& result) {
            said += what + (result ? "" : " " + result.error().code()) + "; ";
        };
    }
    void look()
    {
        monitor->look([this](const Result<attach::GuestUsb>& usb) {
            said += usb ? "looked; " : "look " + usb.error().code() + "; ";
        });
        settle();
    }
    std::string told()
    {
        settle();
        return std::exchange(said, {});
    }
    std::string asked()
    {
        std::string all;
        for (const auto& name : std::exchange(qemu.seen, {})) all += name + " ";
        return all;
    }
    void comes_again()
    {
        qemu.monitor.hang_up();
        settle();
        loop.advance(30s);
        settle();
        ASSERT_TRUE(monitor->is_ready());
        asked();
    }
    static GuestPort port(std::uint8_t number) { return {.bus = "usbroute0.0", .port = number}; }

    fakes::StateDirectory directory;
    fakes::FakeLoop loop;
    fakes::FakeQemu qemu{directory.path() + "/qmp.sock"};
    std::string said;
    std::unique_ptr<GuestMonitor> monitor = std::make_unique<GuestMonitor>(
        loop, directory.path() + "/qmp.sock",
        QmpSession::Tell{.ready = [](const attach::QemuVersion&) {},
                         .event = [](const wire::QmpEvent&) {},
                         .ended = [this](std::string_view) { said += "ended; "; }});
};

TEST_F(GuestMonitorTest, ADeviceByItsNodeIsPassedTakenAndItsSetGivenUpAtOnce)
{
    qemu.hosted = {"/dev/fdset/0"};
    asked();
    add_file("usbroute-a");

    EXPECT_EQ(told(), "usbroute-a attached; ");
    EXPECT_EQ(asked(), "add-fd device_add remove-fd qom-get ");
}

TEST_F(GuestMonitorTest, AWaitingObjectFindsItsDeviceAtOnceWhereTheGuestRuns)
{
    qemu.hosted = {"3:1"};
    add_waiting("usbroute-a", 1);
    EXPECT_EQ(told(), "usbroute-a waiting; ");

    qemu.is_running = true;
    add_waiting("usbroute-b", 2);
    EXPECT_EQ(told(), "usbroute-b attached; ");
}

TEST_F(GuestMonitorTest, ARemovalEndsWithTheEventWhicheverComesFirst)
{
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a waiting; ");

    qemu.tells_before = true;
    remove("usbroute-a");
    EXPECT_EQ(told(), "removed usbroute-a; ");
    qemu.tells_before = false;
    qemu.holds_back = true;
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a waiting; ");
    remove("usbroute-a");
    EXPECT_EQ(told(), "");
    qemu.let_go();
    EXPECT_EQ(told(), "removed usbroute-a; ");
}

TEST_F(GuestMonitorTest, AnIdIsNotUsedAgainBeforeTheEventAlsoNotWhereQemuWouldTakeIt)
{
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a waiting; ");
    qemu.holds_back = true;
    remove("usbroute-a");
    EXPECT_EQ(told(), "");
    asked();

    add_waiting("usbroute-a");
    add_file("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a id-in-use; usbroute-a id-in-use; ");
    EXPECT_EQ(asked(), "");
    qemu.let_go();
    EXPECT_EQ(told(), "removed usbroute-a; ");
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a waiting; ");
}

TEST_F(GuestMonitorTest, AnIdWhoseEventIsLostIsFreeAfterALookThatBeganLongAfterwards)
{
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a waiting; ");
    qemu.holds_back = true;
    remove("usbroute-a");
    EXPECT_EQ(told(), "");
    qemu.monitor.hang_up();
    EXPECT_EQ(told(), "removed usbroute-a qemu-ended; ended; ");
    loop.advance(100ms);
    settle();

    look();
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "looked; usbroute-a id-in-use; ");
    loop.advance(5s);
    look();
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "looked; usbroute-a waiting; ");
}

TEST_F(GuestMonitorTest, TwoWhoRemoveTheSameObjectAreBothToldAndQemuIsAskedOnce)
{
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a waiting; ");
    asked();

    remove("usbroute-a");
    remove("usbroute-a");

    EXPECT_EQ(told(), "removed usbroute-a; removed usbroute-a; ");
    EXPECT_EQ(asked(), "device_del ");
}

TEST_F(GuestMonitorTest, ARemovalWhoseEventNeverComesIsJudgedByTheObjectItself)
{
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a waiting; ");
    qemu.holds_back = true;
    remove("usbroute-a");
    EXPECT_EQ(told(), "");

    loop.advance(GuestMonitor::longest_removal);

    EXPECT_EQ(told(), "removed usbroute-a; ");
}

TEST_F(GuestMonitorTest, AnObjectOfAnEarlierDaemonKeepsItsIdOnceItHasBeenSeen)
{
    qemu.add_device("usbroute-look-1", "usb-host", "usbroute0", "7");
    qemu.add_device("usbroute-a", "usb-host", "usbroute0", "8");
    look();
    EXPECT_EQ(told(), "looked; ");
    asked();

    add_waiting("usbroute-a");
    monitor->force_a_look(port(1), done("forced"));

    EXPECT_EQ(told(), "usbroute-a id-in-use; forced; ");
    EXPECT_EQ(asked(), "device_add device_del ");
}

TEST_F(GuestMonitorTest, WhatWasOpenAtTheEndIsToldOnceAndItsIdStaysHeld)
{
    add_waiting("usbroute-a");
    add_file("usbroute-b");
    monitor->force_a_look(port(2), done("forced"));
    monitor->plug_in_controller({.number = 1}, "rp1", done("plugged"));
    monitor->go_on(done("gone-on"));
    monitor->look(
        [this](const Result<attach::GuestUsb>& usb) { said += "look " + usb.error().code() + "; "; });
    loop.settle();

    qemu.monitor.hang_up();
    loop.settle();

    EXPECT_EQ(std::exchange(said, {}),
              "usbroute-a qemu-ended; usbroute-b qemu-ended; forced qemu-ended; plugged qemu-ended; "
              "gone-on qemu-ended; look qemu-ended; ended; ");
    add_waiting("usbroute-a");
    add_waiting("usbroute-c");
    EXPECT_EQ(told(), "usbroute-a id-in-use; usbroute-c qemu-away; ");
}

TEST_F(GuestMonitorTest, WhoeverIsToldMayDestroyTheMonitor)
{
    const auto destroy = [&](const auto&) { monitor.reset(); };
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a waiting; ");
    monitor->remove(*ObjectId::from("usbroute-a"), destroy);
    remove("usbroute-a");
    EXPECT_EQ(told(), "");

    monitor = std::make_unique<GuestMonitor>(loop, directory.path() + "/qmp.sock",
                                             QmpSession::Tell{.ready = [](const attach::QemuVersion&) {},
                                                              .event = [](const wire::QmpEvent&) {},
                                                              .ended = {}});
    monitor->begin();
    settle();
    monitor->look(destroy);
    monitor->go_on(done("gone-on"));
    EXPECT_EQ(told(), "gone-on; ");
    EXPECT_EQ(monitor, nullptr);
}

TEST_F(GuestMonitorTest, ARootPortThatAControllerIsOnItsWayToIsTaken)
{
    qemu.add_root_port("rp1");

    monitor->plug_in_controller({.number = 1}, "rp1", done("first"));
    monitor->plug_in_controller({.number = 2}, "rp1", done("second"));

    EXPECT_EQ(told(), "second root-port-in-use; first; ");
    monitor->plug_in_controller({.number = 2}, "rp1", done("third"));
    EXPECT_EQ(told(), "third root-port-in-use; ");
}

TEST_F(GuestMonitorTest, AGuestThatDoesNotAnswerIsSaidToBeSlowAndNotToHaveRefused)
{
    add_waiting("usbroute-a");
    loop.advance(QmpSession::usual_deadline);

    EXPECT_EQ(std::exchange(said, {}), "usbroute-a qemu-no-answer; ");
    settle(); // it does after all
    add_waiting("usbroute-a");
    EXPECT_EQ(told(), "usbroute-a id-in-use; ");
    remove("usbroute-a");
    EXPECT_EQ(told(), "removed usbroute-a; ");
}

/// The set would keep the node open, and nobody would know of it.
TEST_F(GuestMonitorTest, ASetThatQemuTellsOfTooLateIsGivenUp)
{
    asked();
    add_file("usbroute-a");
    loop.settle(); // it is sent
    loop.advance(QmpSession::usual_deadline);
    EXPECT_EQ(std::exchange(said, {}), "usbroute-a qemu-no-answer; ");

    settle();
    EXPECT_EQ(asked(), "add-fd remove-fd ");
    EXPECT_EQ(said, "");
}

} // namespace
} // namespace usbroute::vmm
