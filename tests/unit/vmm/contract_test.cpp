// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/fake_qemu.hpp"
#include "fakes/real_qemu.hpp"
#include "fakes/state_directory.hpp"
#include "vmm/guest_functions.hpp"
#include "vmm/guest_monitor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

// What is asked of a QEMU, of the fake one and of a real one alike.
namespace usbroute::vmm {
namespace {

using namespace std::chrono_literals;
using attach::GuestPort;
using attach::GuestUsb;
using attach::HostPort;
using attach::ObjectId;
using Took = GuestMonitor::Took;

enum class Qemu : std::uint8_t { fake, real };

class Contract : public testing::TestWithParam<Qemu> {
protected:
    void SetUp() override
    {
        if (GetParam() == Qemu::fake) return start_fake();
        if (!fakes::RealQemu::is_there()) GTEST_SKIP() << "qemu-system-x86_64 with usb-host is not installed";
        real.emplace(path, std::vector<std::string>{
                               "qemu-xhci,id=usbroute0,p2=15,p3=15", "qemu-xhci,id=small,p2=1,p3=1",
                               "pcie-root-port,id=rp1,chassis=1", "pcie-root-port,id=rp2,chassis=2",
                               "usb-tablet,id=tab,bus=usbroute0.0,port=3"});
        begin();
    }
    void start_fake()
    {
        fake.emplace(path);
        fake->add_controller("usbroute0", 15);
        fake->add_controller("small", 1);
        fake->add_root_port("rp1");
        fake->add_root_port("rp2");
        fake->add_device("tab", "usb-tablet", "usbroute0", "3");
        begin();
    }
    /// As a daemon does when it starts: one client at a time, and it knows nothing of those before.
    void begin()
    {
        monitor.reset();
        monitor.emplace(
            loop, path,
            QmpSession::Tell{.ready = [this](const attach::QemuVersion& told) { version = told; },
                             .event = [this](const wire::QmpEvent& event) { events += event.name + " "; },
                             .ended = [](std::string_view) {}});
        monitor->begin();
        until([&] { return monitor->is_ready(); });
    }
    /// A real QEMU has its own time. Half a minute is for a machine that has much else to do; a test that passes needs
    /// milliseconds.
    template <class Holds> void until(const Holds& holds)
    {
        for (int turns = 0; !holds(); ++turns) {
            ASSERT_LT(turns, 30'000) << "QEMU did not do it";
            if (fake) fake->serve();
            loop.settle();
            if (real) {
                ::usleep(1000);
                loop.advance(1ms);
            }
        }
    }
    /// The end of one question: "ok", or the code of the error.
    template <class Ask> std::string end_of(const Ask& ask)
    {
        std::optional<std::string> end;
        ask([&](const Result<void>& result) {
            end = result ? "ok" : result.error().code();
            if (!result) last_message = result.error().message();
        });
        EXPECT_FALSE(end) << "called back from within its own call";
        until([&] { return end.has_value(); });
        return *end;
    }
    template <class Ask> std::string end_of_adding(const Ask& ask)
    {
        return end_of([&](const auto& done) {
            ask([done, this](const Result<Took>& took) {
                if (!took) return done(std::unexpected(took.error()));
                last_took = *took;
                done({});
            });
        });
    }
    std::string add_waiting(const std::string& id, const GuestPort& port)
    {
        return end_of_adding([&](const auto& done) {
            monitor->add_waiting(*ObjectId::from(id), port, 250, *HostPort::from("1.2"), done);
        });
    }
    std::string add_file(const std::string& id, const GuestPort& port)
    {
        return end_of_adding([&](const auto& done) {
            monitor->add(*ObjectId::from(id), port, linux_::UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)),
                         done);
        });
    }
    std::string remove(const std::string& id)
    {
        return end_of([&](const auto& done) { monitor->remove(*ObjectId::from(id), done); });
    }
    GuestUsb look()
    {
        std::optional<GuestUsb> seen;
        std::optional<std::string> error;
        monitor->look([&](Result<GuestUsb> usb) {
            if (usb) seen = std::move(*usb);
            if (!usb) error = usb.error().message();
        });
        until([&] { return seen || error; });
        EXPECT_FALSE(error) << *error;
        return seen.value_or(GuestUsb{});
    }
    std::vector<unsigned> free_numbers()
    {
        std::vector<unsigned> numbers;
        for (const auto& port : attach::free_ports(look(), "usbroute0.0")) numbers.push_back(port.port);
        return numbers;
    }

    /// How many of QEMU's descriptors lead to this file.
    std::size_t open_in_qemu(const std::string& file)
    {
        if (fake) return fake->sets();
        std::size_t count = 0;
        std::error_code gone;
        for (const auto& one : std::filesystem::directory_iterator(format("/proc/{}/fd", real->process())))
            if (std::filesystem::read_symlink(one, gone) == file) ++count;
        return count;
    }

    static GuestPort port(std::uint8_t number) { return {.bus = "usbroute0.0", .port = number}; }

    fakes::StateDirectory directory;
    std::string path = directory.path() + "/qmp.sock";
    fakes::FakeLoop loop;
    std::optional<fakes::FakeQemu> fake;
    std::optional<fakes::RealQemu> real;
    attach::QemuVersion version;
    std::string events;
    std::optional<Took> last_took;
    std::string last_message;
    std::optional<GuestMonitor> monitor;
};

TEST_P(Contract, ALookSeesControllersPortsOtherDevicesAndEmptyRootPorts)
{
    auto usb = look();

    EXPECT_GE(usb.qemu, (attach::QemuVersion{.major = 7}));
    EXPECT_EQ(usb.qemu, version);
    usb.qemu = {};
    EXPECT_EQ(usb, (GuestUsb{.status = "prelaunch",
                             .controllers = {{.id = "small",
                                              .path = "/machine/peripheral/small",
                                              .bus = "small.0",
                                              .type = "qemu-xhci",
                                              .usb2_ports = 1,
                                              .superspeed_ports = 1},
                                             {.id = "usbroute0",
                                              .path = "/machine/peripheral/usbroute0",
                                              .bus = "usbroute0.0",
                                              .type = "qemu-xhci",
                                              .usb2_ports = 15,
                                              .superspeed_ports = 15}},
                             .other_devices = {{.path = "/machine/peripheral/tab",
                                                .type = "usb-tablet",
                                                .bus = "usbroute0.0",
                                                .port = "3"}},
                             .free_root_ports = {"rp1", "rp2"}}));
    EXPECT_EQ(free_numbers(), (std::vector<unsigned>{1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
}

TEST_P(Contract, AWaitingObjectIsSeenAsItWasAskedForAndLeavesItsPortAndIdAtItsEnd)
{
    EXPECT_EQ(add_waiting("usbroute-front-1", port(2)), "ok");
    EXPECT_EQ(last_took, Took::waiting);

    auto usb = look();
    EXPECT_EQ(usb.host_objects,
              (std::vector<attach::HostObject>{{.id = "usbroute-front-1",
                                                .path = "/machine/peripheral/usbroute-front-1",
                                                .bus = "usbroute0.0",
                                                .port = "2",
                                                .host_bus = 250,
                                                .host_port = "1.2"}}));
    EXPECT_TRUE(usb.host_objects.front().is_ours());
    EXPECT_EQ(remove("usbroute-front-1"), "ok");
    EXPECT_EQ(events, "DEVICE_DELETED ");

    EXPECT_EQ(look().host_objects.size(), 0U);
    EXPECT_EQ(add_waiting("usbroute-front-1", port(2)), "ok");
}

TEST_P(Contract, WhatIsWrongHasACodeAndQemusWords)
{
    EXPECT_EQ(add_waiting("usbroute-a", port(2)), "ok");

    EXPECT_EQ(add_waiting("usbroute-a", port(4)), "id-in-use");
    EXPECT_EQ(add_waiting("usbroute-b", port(2)), "guest-port-in-use");
    EXPECT_EQ(
        last_message,
        "the guest's USB port is in use, or its controller has no such port; QEMU says: usb port 2 (bus "
        "usbroute0.0) not found (in use?)");
    EXPECT_EQ(add_waiting("usbroute-b", port(16)), "guest-port-in-use");
    EXPECT_EQ(add_waiting("usbroute-b", {.bus = "nosuch.0", .port = 1}), "guest-bus-not-found");
    EXPECT_EQ(add_waiting("usbroute-b", {.bus = "small.0", .port = 1}), "ok"); // its id was given back
    EXPECT_EQ(add_waiting("usbroute-c", {.bus = "small.0", .port = 1}), "guest-port-in-use");
    EXPECT_EQ(attach::free_ports(look(), "small.0").size(), 0U);
}

TEST_P(Contract, AnObjectThatIsNotThereIsRemovedAlready)
{
    EXPECT_EQ(remove("usbroute-nobody"), "ok");

    EXPECT_EQ(events, "");
    EXPECT_EQ(add_waiting("usbroute-nobody", port(1)), "ok");
}

TEST_P(Contract, AFileThatIsNoUsbDeviceIsRefusedAndNothingIsLeftOfIt)
{
    EXPECT_EQ(add_file("usbroute-a", port(1)), "host-device-not-opened");
    EXPECT_EQ(add_file("usbroute-a", port(1)), "host-device-not-opened");

    EXPECT_EQ(look().host_objects.size(), 0U);
}

TEST_P(Contract, SeveralFilesAreEachTakenByTheirOwnObject)
{
    int answers = 0;
    for (const auto* id : {"usbroute-a", "usbroute-b", "usbroute-c", "usbroute-d"})
        monitor->add(*ObjectId::from(id), port(1), linux_::UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)),
                     [&](const Result<Took>& took) {
                         ++answers;
                         EXPECT_EQ(took.error().code(), "host-device-not-opened");
                     });

    until([&] { return answers == 4; });
}

/// QEMU 7.2 never closes what it had opened of the set before it refused (hw/usb/host-libusb.c, usb_host_realize): one
/// descriptor for each refusal stays until QEMU ends. The set's own would be a second one; while a guest is stopped that
/// stays as well (monitor/fds.c, monitor_fdset_cleanup).
TEST_P(Contract, AFileThatWasRefusedIsInNoSetAnyMore)
{
    const auto file = directory.path() + "/node";
    std::ofstream(file) << "no device\n";
    ASSERT_EQ(end_of([&](const auto& done) { monitor->go_on(done); }), "ok");
    for (const auto* id : {"usbroute-a", "usbroute-b"})
        EXPECT_EQ(end_of_adding([&](const auto& done) {
                      monitor->add(*ObjectId::from(id), port(1),
                                   linux_::UniqueFd(::open(file.c_str(), O_RDWR | O_CLOEXEC)), done);
                  }),
                  "host-device-not-opened");

    const std::size_t kept = fake ? 0 : 2;
    until([&] { return open_in_qemu(file) <= kept; });

    EXPECT_EQ(add_waiting("usbroute-a", port(1)), "ok");
}

TEST_P(Contract, OfTwoFilesForOneIdTheSecondIsRefusedAndTheFirstHasItsOwnEnd)
{
    std::vector<std::string> ends;
    for (int times = 0; times < 2; ++times)
        monitor->add(*ObjectId::from("usbroute-a"), port(1),
                     linux_::UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)),
                     [&](const Result<Took>& took) { ends.push_back(took.error().code()); });

    until([&] { return ends.size() == 2; });

    EXPECT_EQ(ends, (std::vector<std::string>{"id-in-use", "host-device-not-opened"}));
}

TEST_P(Contract, AnIdIsNobodysBeforeQemuHasSaidThatItsObjectIsDeleted)
{
    ASSERT_EQ(add_waiting("usbroute-a", port(1)), "ok");
    std::vector<std::string> ends;
    const auto removed = [&](const Result<void>& result) {
        ends.push_back(result ? "removed" : result.error().code());
    };

    monitor->remove(*ObjectId::from("usbroute-a"), removed);
    monitor->remove(*ObjectId::from("usbroute-a"), removed);
    monitor->add_waiting(*ObjectId::from("usbroute-a"), port(1), 250, *HostPort::from("1.2"),
                         [&](const Result<Took>& took) { ends.push_back(took.error().code()); });
    until([&] { return ends.size() == 3; });

    EXPECT_EQ(ends, (std::vector<std::string>{"id-in-use", "removed", "removed"}));
    EXPECT_EQ(events, "DEVICE_DELETED ");
    EXPECT_EQ(add_waiting("usbroute-a", port(1)), "ok");
}

TEST_P(Contract, WhoConnectsLaterFindsWhatIsLeftOfTheOneBeforeAndRemovesIt)
{
    ASSERT_EQ(add_waiting("usbroute-3-2.1-7", port(1)), "ok");
    ASSERT_EQ(add_waiting("usbroute-3-4-9", port(2)), "ok");

    begin();

    EXPECT_EQ(add_waiting("usbroute-3-2.1-7", port(4)), "id-in-use"); // QEMU says so
    const auto usb = look();
    ASSERT_EQ(usb.host_objects.size(), 2U);
    for (const auto& object : usb.host_objects) EXPECT_TRUE(object.is_ours()) << object.id;
    EXPECT_EQ(add_waiting("usbroute-3-4-9", port(4)), "id-in-use"); // and who has looked need not ask
    EXPECT_EQ(remove("usbroute-3-2.1-7"), "ok");
    EXPECT_EQ(events, "DEVICE_DELETED ");
    ASSERT_EQ(look().host_objects.size(), 1U);
    EXPECT_EQ(look().host_objects.front().id, "usbroute-3-4-9");
    EXPECT_EQ(add_waiting("usbroute-3-2.1-7", port(1)), "ok");
}

TEST_P(Contract, AControllerWithoutAFreePortTakesNothingUntilOneIsFree)
{
    for (const auto number : free_numbers())
        ASSERT_EQ(add_waiting("usbroute-" + std::string(1, static_cast<char>('a' + number)),
                              port(static_cast<std::uint8_t>(number))),
                  "ok");

    EXPECT_EQ(free_numbers(), std::vector<unsigned>{});
    EXPECT_EQ(add_file("usbroute-more", port(7)), "guest-port-in-use");
    EXPECT_EQ(remove("usbroute-h"), "ok"); // the seventh

    EXPECT_EQ(free_numbers(), std::vector<unsigned>{7});
    EXPECT_EQ(add_waiting("usbroute-more", port(7)), "ok");
}

TEST_P(Contract, AForcedLookLeavesNothingBehind)
{
    const auto before = look();

    EXPECT_EQ(end_of([&](const auto& done) { monitor->force_a_look(port(5), done); }), "ok");
    EXPECT_EQ(end_of([&](const auto& done) { monitor->force_a_look(port(5), done); }), "ok");

    EXPECT_EQ(look(), before);
    EXPECT_EQ(events, "DEVICE_DELETED DEVICE_DELETED ");
    EXPECT_EQ(end_of([&](const auto& done) { monitor->force_a_look(port(3), done); }), "guest-port-in-use");
}

TEST_P(Contract, AControllerIsPluggedInOnAnEmptyRootPortAndOnNoOther)
{
    const auto plug_in = [&](std::uint8_t number, const char* root_port) {
        return end_of(
            [&](const auto& done) { monitor->plug_in_controller({.number = number}, root_port, done); });
    };

    EXPECT_EQ(plug_in(1, "rp2"), "ok");
    EXPECT_EQ(plug_in(2, "rp2"), "root-port-in-use");
    EXPECT_EQ(plug_in(2, "nosuch"), "guest-object-not-found");
    EXPECT_EQ(plug_in(1, "rp1"), "id-in-use");

    const auto usb = look();
    EXPECT_EQ(usb.free_root_ports, std::vector<std::string>{"rp1"});
    EXPECT_EQ(attach::unused_controller_id(usb)->text(), "usbroute2");
    EXPECT_EQ(attach::free_ports(usb, "usbroute1.0").size(), 15U);
    EXPECT_EQ(add_waiting("usbroute-a", {.bus = "usbroute1.0", .port = 15}), "ok");
}

TEST_P(Contract, AGuestGoesOnAndOneThatDoesNotSleepIsNotWoken)
{
    EXPECT_EQ(end_of([&](const auto& done) { monitor->wake_up(done); }), "guest-not-asleep");
    EXPECT_FALSE(look().is_running);

    EXPECT_EQ(end_of([&](const auto& done) { monitor->go_on(done); }), "ok");

    EXPECT_TRUE(look().is_running);
    EXPECT_EQ(look().status, "running");
    EXPECT_EQ(add_waiting("usbroute-a", port(1)), "ok");
    EXPECT_EQ(remove("usbroute-a"), "ok");
}

/// What is hot-plugged by PCI goes when the guest's system lets go of it, and this guest has none: its processors stand still. An
/// object of another kind stands for a function of the host, which a computer without VFIO has none of; QEMU treats them alike.
TEST_P(Contract, AFunctionOfAGuestThatDoesNotAnswerGoesAtTheResetOfTheMachine)
{
    if (fake) fake->guest_answers = false;
    monitor.reset();
    std::optional<GuestFunctions> functions;
    std::string deleted;
    QmpSession session(loop, path,
                       {.ready = [](const attach::QemuVersion&) {},
                        .event =
                            [&](const wire::QmpEvent& event) {
                                if (event.name == "DEVICE_DELETED") deleted += "deleted ";
                                functions->hear(event);
                            },
                        .ended = [](std::string_view) {}});
    functions.emplace(loop, session);
    session.begin();
    until([&] { return session.is_ready(); });
    const auto command = [&](wire::QmpCommand asked) {
        return end_of([&](const auto& done) {
            session.ask({.command = std::move(asked)}, [done](const QmpReply& reply) {
                if (!reply) return done(std::unexpected(Error(ErrorKind::failed, reply.error().text)));
                done({});
            });
        });
    };
    const auto function = *PciAddress::parse("01:00.0");
    ASSERT_EQ(command({.name = "device_add",
                       .arguments = {{.name = "driver", .value = "qemu-xhci"},
                                     {.name = "id", .value = assign::object_of(function)},
                                     {.name = "bus", .value = "rp1"},
                                     {.name = "p2", .value = std::uint64_t{4}}}}),
              "ok");
    std::vector<std::string> farewells;
    const auto take_out = [&] {
        functions->take_out({.guest = GuestName("windows"), .function = function, .place = "rp1"},
                            [&](const Result<assign::Farewell>& told) {
                                farewells.emplace_back(told ? assign::text_of(*told) : told.error().code());
                            });
    };
    const auto until_told = [&](std::size_t times) {
        until([&] {
            loop.advance(10ms);
            return farewells.size() == times;
        });
    };

    take_out();
    until_told(1);
    take_out();
    until_told(2);

    EXPECT_EQ(farewells, (std::vector<std::string>{"silent", "silent"}));
    EXPECT_EQ(deleted, "");

    take_out();
    ASSERT_EQ(command({.name = "system_reset"}), "ok");
    until_told(3);
    // A QEMU whose processors stand still does not tell of it; then it is known by asking again.
    if (deleted.empty()) {
        take_out();
        until_told(4);
    }
    EXPECT_EQ(farewells.back(), "let-go");

    const auto told = farewells.size();
    take_out();
    until_told(told + 1);
    EXPECT_EQ(farewells.back(), "let-go"); // there is none
}

TEST_P(Contract, AFunctionThatCannotBeHadIsRefusedInWords)
{
    const auto plug_in = [&](const char* function, const char* place) {
        return end_of([&](const auto& done) {
            monitor->functions().plug_in(
                {.guest = GuestName("windows"), .function = *PciAddress::parse(function), .place = place},
                done);
        });
    };

    EXPECT_EQ(plug_in("ffff:1f:00.0", "nosuch"), "guest-bus-not-found");
    if (real) {
        EXPECT_EQ(plug_in("ffff:1f:00.0", "rp1"), "function-not-there");
    }

    std::optional<Result<assign::InGuest>> seen;
    monitor->functions().look([&](Result<assign::InGuest> told) { seen = std::move(told); });
    until([&] { return seen.has_value(); });
    ASSERT_TRUE(seen->has_value());
    EXPECT_EQ((*seen)->machine, assign::MachineState::there);
    EXPECT_TRUE((*seen)->held.empty());
    EXPECT_EQ((*seen)->free_places, (std::vector<std::string>{"rp1", "rp2"}));
}

INSTANTIATE_TEST_SUITE_P(On, Contract, testing::Values(Qemu::fake, Qemu::real),
                         [](const auto& tested) { return tested.param == Qemu::fake ? "Fake" : "Real"; });

} // namespace
} // namespace usbroute::vmm
