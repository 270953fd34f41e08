// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_loop.hpp"
#include "fakes/fake_qemu.hpp"
#include "fakes/fake_usb_nodes.hpp"
#include "fakes/nodes_tree.hpp"
#include "fakes/state_directory.hpp"
#include "observe/devices.hpp"
#include "vmm/attach_backend.hpp"
#include "vmm/guest_monitor.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::vmm {
namespace {

using topology::PortPath;

PortPath at(const char* path) { return PortPath::parse(path).value(); }

/// Remembers what it was asked, and does it.
class RecordingAccess final : public GuestAccess {
public:
    void give(const attach::Give& action, linux_::UniqueFd node, Done<Took> done) override
    {
        log += "give " + action.object().text() + (node.is_open() ? " with its node" : "");
        done(Took::attached);
    }
    void take(const attach::ObjectId& object, Done<void> done) override
    {
        log += "take " + object.text();
        done(takes());
    }
    void add_controller(const attach::AddController& action, Done<void> done) override
    {
        log += "add " + action.controller.text();
        done({});
    }
    void resume(Done<void> done) override { done({}); }
    void start(Done<void> done) override { done({}); }

    std::string log;
    std::function<Result<void>()> takes = [] { return Result<void>(); };
};

/// A kernel, a guest's QEMU, and the backend between them.
class AttachBackendTest : public testing::Test {
protected:
    AttachBackendTest()
    {
        qemu.add_controller("usbroute0", 15);
        for (const auto* set : {"/dev/fdset/0", "/dev/fdset/1", "/dev/fdset/2"}) qemu.hosted.insert(set);
        nodes.add_bus(3, 4);
        monitor->begin();
        settle();
        look_at_guest([](const Result<void>&) {});
        settle();
    }

    void settle()
    {
        bool was_busy = true;
        while (was_busy) {
            loop.settle();
            was_busy = qemu.serve();
            while (loop.errands() > 0) {
                loop.run_errand();
                was_busy = true;
            }
        }
    }
    void plug(const char* path)
    {
        nodes.plug(at(path), "usbhid");
        device = {.path = at(path), .number = nodes.devices.at(at(path)).number};
    }
    void look_at_guest(std::function<void(Result<void>)> done)
    {
        monitor->look([this, done = std::move(done)](Result<attach::GuestUsb> now) {
            if (!now) return done(std::unexpected(now.error()));
            usb = std::move(*now);
            done({});
        });
    }
    attach::Seen seen()
    {
        attach::Seen all{.claimed = ports.list(),
                         .devices = {},
                         .guests = {{.name = windows, .usb = usb, .silence = silence}}};
        observe::DeviceWalk walk(tree, observe::Ports::skip);
        if (device) walk.at(device->path, "sys/bus/usb/devices/" + device->path.text());
        for (const auto& one : walk.take().devices) all.devices.push_back(attach::seen(*one));
        return all;
    }
    /// "done", or the code of the error.
    std::string act(const plan::Action& action)
    {
        std::string said = "nothing";
        backend.act(action, [&](const Result<plan::Reading>& reading) {
            said = !reading                          ? reading.error().code()
                   : plan::is_done(action, *reading) ? "done"
                                                     : plan::why_undone(action, *reading);
        });
        settle();
        return said;
    }
    plan::Action give(attach::Way way = attach::Way::descriptor)
    {
        return attach::Give{
            .guest = windows, .device = *device, .to = {.bus = "usbroute0.0", .port = 1}, .way = way};
    }

    GuestName windows{"windows"};
    fakes::StateDirectory directory;
    fakes::FakeLoop loop;
    fakes::FakeQemu qemu{directory.path() + "/qmp"};
    fakes::FakeUsbNodes nodes;
    fakes::NodesTree tree{nodes};
    bool is_connected = true;
    bool has_another_way = false; ///< to hand devices over
    std::optional<attach::HostDevice> device;
    std::optional<attach::GuestUsb> usb;
    std::optional<attach::Silence> silence; ///< of a domain
    std::vector<attach::HostDevice> offered;
    std::vector<std::string> shut;
    std::vector<std::string> refused; ///< root ports
    std::unique_ptr<GuestMonitor> monitor =
        std::make_unique<GuestMonitor>(loop, directory.path() + "/qmp",
                                       QmpSession::Tell{.ready = [](const attach::QemuVersion&) {},
                                                        .event = [](const wire::QmpEvent&) {},
                                                        .ended = [](std::string_view) {}});
    GuestAccess* access = monitor.get();
    ClaimedPorts ports{loop, &nodes};
    HeldNodes held{loop, &nodes};
    AttachBackend backend{
        {.loop = loop,
         .tree = tree,
         .nodes = &nodes,
         .ports = ports,
         .held = held,
         .guest = [this](const GuestName&) -> std::optional<AttachBackend::Guest> {
             if (!is_connected) return std::nullopt;
             return AttachBackend::Guest{.access = access,
                                         .look_again = [this](auto done) { look_at_guest(std::move(done)); }};
         },
         .seen = [this] { return seen(); },
         .offered = [this](const auto& one) { offered.push_back(one); },
         .to_be_given = [](const auto&) {},
         .shut =
             [this](const attach::HostDevice& node, const Error&) {
                 shut.push_back(node.path.text());
                 return std::exchange(has_another_way, false);
             },
         .refused = [this](const GuestName&, const std::string& port) { refused.push_back(port); }}};
};

TEST_F(AttachBackendTest, AClaimLastsUntilItIsReleased)
{
    EXPECT_EQ(act(attach::ClaimPort{.port = at("3-1")}), "done");
    EXPECT_EQ(ports.list(), std::vector{at("3-1")});
    EXPECT_EQ(act(attach::ClaimPort{.port = at("3-2")}), "done");
    EXPECT_EQ(act(attach::ReleasePort{.port = at("3-1")}), "done");
    EXPECT_EQ(act(attach::ReleasePort{.port = at("3-1")}), "done");
    EXPECT_EQ(ports.list(), std::vector{at("3-2")});
    EXPECT_EQ(nodes.log, "claim usb3 1\nclaim usb3 2\nrelease usb3 1\n");
}

TEST_F(AttachBackendTest, AClaimOfSomebodyElseIsNamed)
{
    const auto other = nodes.open({.place = at("usb3"), .number = 1});
    ASSERT_TRUE((*other)->claim_port(1).has_value());

    EXPECT_EQ(act(attach::ClaimPort{.port = at("3-1")}), "port-claimed");
    EXPECT_TRUE(ports.list().empty());
}

TEST_F(AttachBackendTest, ClaimsGoWithTheirHub)
{
    ASSERT_EQ(act(attach::ClaimPort{.port = at("3-1")}), "done");

    ports.follow(topology::Snapshot{});

    EXPECT_TRUE(ports.list().empty());
}

TEST_F(AttachBackendTest, ANodeIsAskedWhatItHasClaimedAndHasItStillAfterwards)
{
    const auto ours = nodes.open({.place = at("usb3"), .number = 1});
    const auto other = nodes.open({.place = at("usb3"), .number = 1});
    ASSERT_TRUE((*ours)->claim_port(1) && (*other)->claim_port(2) && (*ours)->claim_port(4));

    EXPECT_EQ(claims_of(**ours), (std::set<std::uint8_t>{1, 4}));

    EXPECT_FALSE((*other)->claim_port(4));
    EXPECT_TRUE((*ours)->release_port(1) && (*other)->release_port(2) && (*ours)->release_port(4));
    EXPECT_TRUE(claims_of(**ours).empty());
}

TEST_F(AttachBackendTest, AKeptHubBringsItsClaimsAndStaysOpenWithoutOne)
{
    std::shared_ptr<linux_::UsbNode> node = std::move(*nodes.open({.place = at("usb3"), .number = 1}));
    ASSERT_TRUE(node->claim_port(1));
    ClaimedPorts kept(loop, &nodes, {{.path = at("usb3"), .number = 1, .node = node, .ports = {1}}});
    EXPECT_EQ(kept.list(), std::vector{at("3-1")});

    std::string said;
    kept.release(at("3-1"),
                 [&](const Result<void>& done) { said = done ? "released" : done.error().code(); });
    settle();
    EXPECT_EQ(said, "released");
    EXPECT_TRUE(kept.list().empty());

    nodes.denies_all = true; // no other node is opened
    kept.claim(at("3-2"), 1,
               [&](const Result<void>& done) { said = done ? "claimed" : done.error().code(); });
    settle();
    EXPECT_EQ(said, "claimed");
    EXPECT_EQ(claims_of(*node), std::set<std::uint8_t>{2}) << "by the file that somebody keeps";
}

TEST_F(AttachBackendTest, WhatCameIntoAClaimedPortIsConfiguredAndGiven)
{
    ASSERT_EQ(act(attach::ClaimPort{.port = at("3-1")}), "done");
    plug("3-1");
    ASSERT_FALSE(nodes.devices.at(at("3-1")).is_configured);

    EXPECT_EQ(act(give()), "done");
    EXPECT_EQ(nodes.log, "claim usb3 1\nconfigure 3-1 1\n");
    ASSERT_EQ(usb->host_objects.size(), 1u);
    EXPECT_EQ(usb->host_objects.front().id, "usbroute-3-1-2");
    EXPECT_TRUE(usb->host_objects.front().is_attached);
}

TEST_F(AttachBackendTest, ADeviceThatIsAnotherOneByNowIsNotGiven)
{
    plug("3-1");
    const auto action = give();
    plug("3-1");

    EXPECT_EQ(act(action), "device-gone");
    EXPECT_TRUE(usb->host_objects.empty());
}

TEST_F(AttachBackendTest, WithoutTheRightToOpenItNothingIsTouched)
{
    plug("3-1");
    nodes.denies_all = true;

    has_another_way = true;
    EXPECT_EQ(act(give()), "stale-plan") << "it is planned again, and QEMU opens the node itself";
    EXPECT_EQ(act(give()), "node-not-permitted");
    EXPECT_EQ(act(attach::ClaimPort{.port = at("3-1")}), "node-not-permitted");
    EXPECT_EQ(shut, (std::vector<std::string>{"3-1", "3-1", "usb3"})) << "which node it was is told";
    EXPECT_TRUE(usb->host_objects.empty());
    EXPECT_TRUE(nodes.log.empty());
}

TEST_F(AttachBackendTest, AControllerIsPluggedInAndIsThereForWhatComesNext)
{
    qemu.add_root_port("rp1");
    ASSERT_EQ(act(attach::ClaimPort{.port = at("3-1")}), "done");
    plug("3-1");
    const attach::AddController add{
        .guest = windows, .controller = {.number = 1}, .root_port = "rp1", .place = at("3-1")};

    EXPECT_EQ(act(add), "done");
    EXPECT_EQ(
        act(attach::Give{.guest = windows, .device = *device, .to = {.bus = "usbroute1.0", .port = 15}}),
        "done");
    EXPECT_TRUE(refused.empty());
    EXPECT_TRUE(usb->free_root_ports.empty());
}

TEST_F(AttachBackendTest, ARootPortThatTakesNoControllerIsTold)
{
    const attach::AddController add{
        .guest = windows, .controller = {.number = 1}, .root_port = "rp7", .place = at("3-1")};

    EXPECT_NE(act(add), "done");
    EXPECT_EQ(refused, std::vector<std::string>{"rp7"});

    is_connected = false;
    EXPECT_EQ(act(add), "monitor-away");
    EXPECT_EQ(refused.size(), 1U);
}

TEST_F(AttachBackendTest, WithoutAConnectionNothingIsGivenAndNothingIsLeftToTake)
{
    plug("3-1");
    is_connected = false;

    EXPECT_EQ(act(give()), "monitor-away");
    EXPECT_EQ(act(attach::Take{.guest = windows, .object = attach::object_for(*device)}), "done");
}

/// The process has not ended yet, or has only hung up.
TEST_F(AttachBackendTest, WithoutAConnectionADeviceIsTakenWhenItsProgramHasLetGo)
{
    plug("3-1");
    nodes.devices.at(at("3-1")).driver = "usbfs";
    is_connected = false;
    std::string said;
    const auto take = [&] {
        said.clear();
        backend.act(
            attach::Take{.guest = windows, .object = attach::object_for(*device)},
            [&](const Result<plan::Reading>& reading) { said = reading ? "done" : reading.error().code(); });
        settle();
    };

    take();
    EXPECT_EQ(said, "");
    nodes.devices.at(at("3-1")).driver.clear();
    loop.advance(std::chrono::milliseconds(100));
    settle();
    EXPECT_EQ(said, "done");

    nodes.devices.at(at("3-1")).driver = "usbfs";
    take();
    for (int tenth = 0; tenth < 21; ++tenth) {
        loop.advance(std::chrono::milliseconds(100));
        settle();
    }
    EXPECT_EQ(said, "monitor-away");

    take();
    nodes.unplug(at("3-1"));
    loop.advance(std::chrono::milliseconds(100));
    settle();
    EXPECT_EQ(said, "done");

    // What has come into its place is somebody else's.
    const auto former = *device;
    plug("3-1");
    nodes.devices.at(at("3-1")).driver = "usbfs";
    device = former;
    take();
    EXPECT_EQ(said, "done");
}

TEST_F(AttachBackendTest, TakenFromTheGuestAndOfferedToTheHost)
{
    plug("3-1");
    static_cast<void>(act(give()));
    ASSERT_EQ(usb->host_objects.size(), 1u);

    EXPECT_EQ(act(attach::Take{.guest = windows, .object = attach::object_for(*device)}), "done");
    EXPECT_TRUE(usb->host_objects.empty());

    nodes.devices.at(at("3-1")).driver.clear(); // as after a QEMU that was killed
    EXPECT_EQ(act(attach::BringHome{.device = *device}), "done");
    EXPECT_EQ(nodes.devices.at(at("3-1")).driver, "usbhid");
    EXPECT_EQ(offered, std::vector{*device});
}

TEST_F(AttachBackendTest, WithoutNodesQemuWaitsAtThePlace)
{
    plug("3-1");
    qemu.hosted = {"3:1"};
    qemu.is_running = true;

    static_cast<void>(act(give(attach::Way::by_place)));

    ASSERT_EQ(usb->host_objects.size(), 1u);
    EXPECT_EQ(usb->host_objects.front().id, "usbroute-3-1");
    EXPECT_EQ(usb->host_objects.front().host_port, "1");
}

TEST_F(AttachBackendTest, LibvirtIsAskedForADeviceThatWasGivenAConfigurationBefore)
{
    RecordingAccess libvirt;
    access = &libvirt;
    ASSERT_EQ(act(attach::ClaimPort{.port = at("3-1")}), "done");
    plug("3-1");
    nodes.log.clear();

    static_cast<void>(act(give(attach::Way::by_libvirt)));

    EXPECT_EQ(libvirt.log, "give usbroute-3-1-2");
    EXPECT_TRUE(nodes.devices.at(at("3-1")).is_configured);
}

/// libvirt sets the owner of a node to root when the domain has ended.
TEST_F(AttachBackendTest, WhatLibvirtHasGivenIsBroughtHomeAlthoughItsNodeCanBeOpenedNoMore)
{
    RecordingAccess libvirt;
    access = &libvirt;
    plug("3-1");
    static_cast<void>(act(give(attach::Way::by_libvirt)));
    nodes.denies_all = true;
    nodes.devices.at(at("3-1")).driver.clear();

    EXPECT_EQ(act(attach::BringHome{.device = *device}), "done");

    EXPECT_EQ(nodes.devices.at(at("3-1")).driver, "usbhid");
    EXPECT_TRUE(shut.empty());
    held.follow(topology::Snapshot{});
    EXPECT_EQ(held.of(*device), nullptr);
}

TEST_F(AttachBackendTest, ANodeThatIsFoundGivenIsHeldWhereItCanBeOpened)
{
    plug("3-1");
    nodes.denies_all = true;
    held.open(*device);
    settle();
    EXPECT_EQ(held.of(*device), nullptr);
    held.follow(topology::Snapshot{});

    nodes.denies_all = false;
    held.open(*device);
    settle();

    EXPECT_NE(held.of(*device), nullptr);
}

/// What is configured needs no node.
TEST_F(AttachBackendTest, LibvirtIsAskedForAConfiguredDeviceAlsoWhereItsNodeCannotBeOpened)
{
    RecordingAccess libvirt;
    access = &libvirt;
    plug("3-1");
    nodes.denies_all = true;

    static_cast<void>(act(give(attach::Way::by_libvirt)));

    EXPECT_EQ(libvirt.log, "give usbroute-3-1-2");
    EXPECT_TRUE(shut.empty());
}

TEST_F(AttachBackendTest, LibvirtIsAskedWithoutANodeWhereThereIsNoneToOpenOrNoNeedTo)
{
    RecordingAccess libvirt;
    access = &libvirt;
    plug("3-1");
    nodes.log.clear();

    static_cast<void>(act(give(attach::Way::by_libvirt)));

    EXPECT_EQ(libvirt.log, "give usbroute-3-1-2");
    EXPECT_EQ(nodes.log, "");
    EXPECT_TRUE(shut.empty());
}

/// Its interfaces are nobody's while the guest's own driver does not use it, and QEMU has it open all the same.
TEST_F(AttachBackendTest, NothingIsHeldToBeTakenBecauseLibvirtOrItsHelperHasEnded)
{
    RecordingAccess libvirt;
    access = &libvirt;
    plug("3-1");
    nodes.devices.at(at("3-1")).driver.clear();
    const attach::Take take{.guest = windows, .object = attach::object_for(*device)};

    for (const auto* code : {"libvirt-away", "libvirt-ended"}) {
        libvirt.takes = [&] {
            return Result<void>(std::unexpected(Error(ErrorKind::half_way, "it has ended").with_code(code)));
        };
        EXPECT_EQ(act(take), code);
    }
    // It ends between the answer and the look that is to bear it out.
    libvirt.takes = [&] {
        is_connected = false;
        silence = attach::Silence{.code = "no-helper", .why = "it cannot be reached"};
        return Result<void>();
    };
    EXPECT_EQ(act(take), "monitor-away");

    is_connected = true;
    silence.reset();
    libvirt.takes = [&] {
        return Result<void>(
            std::unexpected(Error(ErrorKind::not_found, "it does not run").with_code("libvirt-no-domain")));
    };
    EXPECT_EQ(act(take), "done") << "with the domain its devices are gone";
}

TEST_F(AttachBackendTest, WhatIsGoneIsNotAskedOfLibvirt)
{
    RecordingAccess libvirt;
    access = &libvirt;
    plug("3-1");
    const auto action = give(attach::Way::by_libvirt);
    nodes.unplug(at("3-1"));

    EXPECT_EQ(act(action), "device-gone");
    EXPECT_EQ(libvirt.log, "");
}

TEST_F(AttachBackendTest, ADriverThatDoesNotLetGoOfTheDeviceEndsTheActionByItsDeadline)
{
    plug("3-1");
    std::string said;
    backend.act(give(), [&](const Result<plan::Reading>& reading) { said = reading.error().code(); });
    ASSERT_EQ(loop.errands(), 1u);

    loop.advance(AttachBackend::longest_action);
    EXPECT_EQ(said, "device-locked");

    said.clear();
    settle(); // the worker is back, and nobody waits for it any more
    EXPECT_EQ(said, "");
}

} // namespace
} // namespace usbroute::vmm
