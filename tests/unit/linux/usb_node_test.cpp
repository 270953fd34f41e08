// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "fakes/fake_usb_nodes.hpp"
#include "linux/usb_node.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

using topology::PortPath;

/// A kernel with a root hub of several ports at usb3, whose port 2 is empty; a keyboard can be plugged into it.
class UsbGround {
public:
    virtual ~UsbGround() = default;
    [[nodiscard]] virtual UsbNodes& nodes() = 0;
    /// `devnum`.
    virtual std::uint8_t plug() = 0;
    virtual void unplug() = 0;
    [[nodiscard]] virtual std::string driver() = 0; ///< of the keyboard's first interface
};

class FakeGround final : public UsbGround {
public:
    FakeGround() { kernel_.add_bus(3, 15); }
    UsbNodes& nodes() override { return kernel_; }
    std::uint8_t plug() override
    {
        kernel_.plug(place_, "usbhid");
        return kernel_.devices[place_].number;
    }
    void unplug() override { kernel_.unplug(place_); }
    std::string driver() override { return kernel_.devices[place_].driver; }

private:
    fakes::FakeUsbNodes kernel_;
    PortPath place_{3, {2}};
};

/// Inside the simulated board, as tests/system/claims.bats starts these tests: the program's real system calls.
class SimulatedGround final : public UsbGround {
public:
    UsbNodes& nodes() override { return kernel_; }
    std::uint8_t plug() override
    {
        tell("plug 3-2 keyboard as claimed; usbroute-sim do settle");
        const auto number = tree_.read("sys/bus/usb/devices/3-2/devnum", 16);
        return static_cast<std::uint8_t>(std::atoi(number.value_or("0").c_str()));
    }
    void unplug() override { tell("unplug claimed"); }
    std::string driver() override
    {
        const auto link = tree_.link("sys/bus/usb/devices/3-2:1.0/driver");
        return link ? link->substr(link->rfind('/') + 1) : std::string();
    }
    ~SimulatedGround() override
    {
        if (std::filesystem::exists("/sys/bus/usb/devices/3-2")) unplug();
    }

private:
    static void tell(const std::string& words)
    {
        ASSERT_EQ(std::system(("usbroute-sim do " + words).c_str()), 0); // NOLINT: one thread
    }

    UsbFileSystem kernel_{"/"};
    LiveTree tree_{"/"};
};

using MakeGround = std::unique_ptr<UsbGround> (*)();

std::vector<MakeGround> grounds()
{
    std::vector<MakeGround> all{
        []() -> std::unique_ptr<UsbGround> { return std::make_unique<FakeGround>(); }};
    if (std::getenv("USBROUTE_SIM") != nullptr) // NOLINT: one thread
        all.push_back([]() -> std::unique_ptr<UsbGround> { return std::make_unique<SimulatedGround>(); });
    return all;
}

class UsbNodesContract : public testing::TestWithParam<MakeGround> {
protected:
    [[nodiscard]] std::unique_ptr<UsbNode> hub()
    {
        auto opened = ground_->nodes().open({PortPath(3, {}), 1});
        EXPECT_TRUE(opened) << opened.error().message();
        return opened ? std::move(*opened) : nullptr;
    }
    [[nodiscard]] std::unique_ptr<UsbNode> device(std::uint8_t number)
    {
        auto opened = ground_->nodes().open({PortPath(3, {2}), number});
        EXPECT_TRUE(opened) << opened.error().message();
        return opened ? std::move(*opened) : nullptr;
    }
    template <class T> static std::string code(const Result<T>& outcome)
    {
        return outcome ? "done" : outcome.error().code();
    }
    /// A claim ends when the kernel has heard of it, which inside the simulated board takes a moment.
    static std::string claimed_in_the_end(UsbNode& hub, std::uint8_t port)
    {
        auto outcome = hub.claim_port(port);
        for (int i = 0; i < 1000 && !outcome && outcome.error().code() == "port-claimed"; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            outcome = hub.claim_port(port);
        }
        return code(outcome);
    }

    std::unique_ptr<UsbGround> ground_ = GetParam()();
};

TEST_P(UsbNodesContract, APortIsClaimedOnceAndReleasedByItsClaimerAlone)
{
    const auto first = hub();
    const auto second = hub();

    EXPECT_EQ(code(first->claim_port(2)), "done");
    EXPECT_EQ(code(first->claim_port(2)), "port-claimed");
    EXPECT_EQ(code(second->claim_port(2)), "port-claimed");
    EXPECT_EQ(code(second->release_port(2)), "port-not-claimed");
    EXPECT_EQ(code(second->claim_port(3)), "done");

    EXPECT_EQ(code(first->release_port(2)), "done");
    EXPECT_EQ(code(second->claim_port(2)), "done");
}

TEST_P(UsbNodesContract, AClaimEndsWithItsNode)
{
    auto first = hub();
    EXPECT_EQ(code(first->claim_port(2)), "done");

    first.reset();

    EXPECT_EQ(claimed_in_the_end(*hub(), 2), "done");
}

TEST_P(UsbNodesContract, APortThatIsNotThereIsNotClaimed)
{
    const auto number = ground_->plug();

    EXPECT_EQ(code(hub()->claim_port(0)), "no-such-port");
    EXPECT_EQ(code(hub()->claim_port(200)), "no-such-port");
    EXPECT_EQ(code(device(number)->claim_port(1)), "no-such-port");
}

TEST_P(UsbNodesContract, WhatComesIntoAClaimedPortIsConfiguredByItsClaimerAndHasNoDriver)
{
    const auto claimer = hub();
    ASSERT_EQ(code(claimer->claim_port(2)), "done");

    const auto node = device(ground_->plug());
    EXPECT_EQ(code(node->give_back(0)), "not-configured");
    EXPECT_EQ(code(node->set_configuration(77)), "configuration-refused");
    EXPECT_EQ(code(node->set_configuration(1)), "done");

    EXPECT_EQ(ground_->driver(), "");
    EXPECT_EQ(node->give_back(0).value_or(GivenBack::bound), GivenBack::without_driver);
    EXPECT_EQ(ground_->driver(), "");
    EXPECT_EQ(code(node->give_back(9)), "no-such-interface");
}

TEST_P(UsbNodesContract, AfterTheReleaseTheHostsDriversComeBack)
{
    const auto claimer = hub();
    ASSERT_EQ(code(claimer->claim_port(2)), "done");
    const auto configured = device(ground_->plug());
    ASSERT_EQ(code(configured->set_configuration(1)), "done");

    ASSERT_EQ(code(claimer->release_port(2)), "done");
    EXPECT_EQ(configured->give_back(0).value_or(GivenBack::without_driver), GivenBack::bound);
    EXPECT_EQ(ground_->driver(), "usbhid");
    EXPECT_EQ(configured->give_back(0).value_or(GivenBack::bound), GivenBack::had_one_already);
    EXPECT_EQ(code(configured->set_configuration(1)), "interface-in-use");

    // One that was never configured needs no more than a configuration.
    ground_->unplug();
    ASSERT_EQ(code(claimer->claim_port(2)), "done");
    const auto fresh = device(ground_->plug());
    ASSERT_EQ(code(claimer->release_port(2)), "done");
    EXPECT_EQ(code(fresh->set_configuration(1)), "done");
    EXPECT_EQ(ground_->driver(), "usbhid");
}

TEST_P(UsbNodesContract, WhatIsThereAlreadyKeepsItsDrivers)
{
    const auto number = ground_->plug();
    const auto claimer = hub();

    ASSERT_EQ(code(claimer->claim_port(2)), "done");

    EXPECT_EQ(ground_->driver(), "usbhid");
    EXPECT_EQ(device(number)->give_back(0).value_or(GivenBack::bound), GivenBack::had_one_already);
}

TEST_P(UsbNodesContract, AnUnpluggedDeviceIsGoneForWhoeverHasItOpenAndForWhoeverMeansIt)
{
    const auto number = ground_->plug();
    const auto node = device(number);

    ground_->unplug();

    EXPECT_EQ(code(node->set_configuration(1)), "device-gone");
    EXPECT_EQ(code(ground_->nodes().open({PortPath(3, {2}), number})), "device-gone");
    ground_->plug();
    EXPECT_EQ(code(node->give_back(0)), "device-gone");
    EXPECT_EQ(code(ground_->nodes().open({PortPath(3, {2}), number})), "device-gone");
}

INSTANTIATE_TEST_SUITE_P(Each, UsbNodesContract, testing::ValuesIn(grounds()));

/// A root of our own with whatever a test puts there.
class UsbNodeFiles : public testing::Test {
protected:
    UsbNodeFiles()
    {
        root_ = testing::TempDir() + "usbroute-nodes.XXXXXX";
        EXPECT_NE(::mkdtemp(root_.data()), nullptr);
        root_ += '/';
        std::filesystem::create_directories(root_ + "dev/bus/usb/003");
        std::filesystem::create_directories(root_ + "sys/bus/usb/devices/3-1");
        std::ofstream(root_ + "sys/bus/usb/devices/3-1/dev") << "189:259\n";
    }
    ~UsbNodeFiles() override { std::filesystem::remove_all(root_); }

    std::string root_;
};

TEST_F(UsbNodeFiles, AFileThatIsNoNodeIsToldFromADeviceThatIsGone)
{
    const auto gone = UsbFileSystem(root_).open({PortPath(3, {1}), 4});
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code(), "device-gone");
    EXPECT_EQ(
        gone.error().message(),
        "USB device 3-1 is gone: it was unplugged, or its controller changed hands: No such file or directory");

    std::ofstream(root_ + "dev/bus/usb/003/004") << "12";
    const auto file = UsbFileSystem(root_).open({PortPath(3, {1}), 4});
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code(), "not-a-device");
    EXPECT_NE(file.error().message().find("dev/bus/usb/003/004 is no node of a USB device"),
              std::string::npos);
}

TEST_F(UsbNodeFiles, WithoutTheRightToOpenItTheNodeAndTheWayOutAreNamed)
{
    std::ofstream(root_ + "dev/bus/usb/003/004") << "12";
    std::filesystem::permissions(root_ + "dev/bus/usb/003/004", std::filesystem::perms::owner_read);
    if (::geteuid() == 0) GTEST_SKIP() << "root may open everything";

    const auto denied = UsbFileSystem(root_).open({PortPath(3, {1}), 4});

    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().code(), "node-not-permitted");
    EXPECT_EQ(denied.error().kind(), ErrorKind::not_permitted);
    EXPECT_NE(denied.error().message().find("udev rule"), std::string::npos);
}

/// Runs inside the test bed that the test below makes.
TEST(UsbNodesOnUmockdev, Inside)
{
    if (std::getenv("UMOCKDEV_DIR") == nullptr)
        GTEST_SKIP() << "the test after it runs it, inside a test bed of its own"; // NOLINT
    UsbFileSystem nodes("/");

    const auto opened = nodes.open({PortPath(3, {1}), 4});
    ASSERT_TRUE(opened) << opened.error().message();
    const auto elsewhere = nodes.open({PortPath(3, {2}), 4});
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().code(), "device-gone");
    const auto changed = nodes.open({PortPath(3, {3}), 4});
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code(), "device-changed");
    // More than the question who it is libumockdev has not learned to answer.
    const auto claimed = (*opened)->claim_port(1);
    ASSERT_FALSE(claimed);
    EXPECT_EQ(claimed.error().code(), "not-a-device");
    EXPECT_TRUE((*opened)->give_away().is_open());
}

TEST(UsbNodesOnUmockdev, TheDeviceThatWasMeantIsOpenedAndNoOther)
{
    if (std::system("command -v umockdev-run > /dev/null") != 0)
        GTEST_SKIP() << "umockdev-run is not installed"; // NOLINT
    std::string directory = testing::TempDir() + "usbroute-umockdev.XXXXXX";
    ASSERT_NE(::mkdtemp(directory.data()), nullptr);
    const auto device = [](int port, int number) {
        return format(
            "P: /devices/pci0000:00/0000:00:14.0/usb3/3-{0}\nN: bus/usb/003/{1:03}\nE: DEVTYPE=usb_device\n"
            "E: DEVNAME=/dev/bus/usb/003/{1:03}\nE: SUBSYSTEM=usb\nA: dev=189:{2}\\n\n\n",
            port, number, 255 + number);
    };
    std::ofstream(directory + "/devices") << device(1, 4) << device(3, 5);
    std::ofstream(directory + "/calls") << "USBDEVFS_CONNECTINFO 0 0400000000000000\n";

    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto line = format("umockdev-run -d {0}/devices -i /dev/bus/usb/003/004={0}/calls -- {1} "
                             "--gtest_filter=UsbNodesOnUmockdev.Inside > {0}/out 2>&1",
                             directory, self);
    const int status = std::system(line.c_str()); // NOLINT: one thread

    const auto said = (std::ostringstream() << std::ifstream(directory + "/out").rdbuf()).str();
    EXPECT_EQ(WEXITSTATUS(status), 0) << said;
    EXPECT_NE(said.find("OK ] UsbNodesOnUmockdev.Inside"), std::string::npos) << said;
    std::filesystem::remove_all(directory);
}

} // namespace
} // namespace usbroute::linux_
