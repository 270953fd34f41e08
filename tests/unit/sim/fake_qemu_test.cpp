// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "sim/fake_qemu.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include <fcntl.h>

namespace usbroute::sim {
namespace {

using namespace std::chrono_literals;

/// Devices as a test puts them there; what is done with them is in `log`.
class FakeUsbHost final : public UsbHost {
public:
    std::vector<HostUsbDevice> list() override { return devices; }
    std::expected<int, int> open(const std::string& node) override
    {
        if (denies) return std::unexpected(EACCES);
        log += "open " + node + "\n";
        opened.push_back(node);
        return static_cast<int>(opened.size()) - 1;
    }
    std::string node_of(int) override { return passed; }
    void take(int handle) override { log += format("take {}\n", handle); }
    bool is_there(int handle) override
    {
        for (const auto& device : devices)
            if (device.node() == opened.at(static_cast<std::size_t>(handle))) return true;
        return false;
    }
    void give_back(int handle) override { log += format("give back {}\n", handle); }

    std::vector<HostUsbDevice> devices;
    std::vector<std::string> opened;
    std::string passed;
    std::string log;
    bool denies = false;
};

class SimQemu : public testing::Test {
protected:
    SimQemu()
    {
        (void)qemu_.greet();
        EXPECT_EQ(say(R"({"execute":"qmp_capabilities"})"), R"({"return": {}})");
    }
    /// The answers and events, without their line ends.
    std::string say(std::string_view text)
    {
        auto answer = qemu_.feed(text, now_);
        std::erase(answer, '\r');
        if (answer.ends_with('\n')) answer.pop_back();
        return answer;
    }
    std::string add(std::string_view id, std::string_view properties)
    {
        return say(format(R"({{"execute":"device_add","arguments":{{"driver":"usb-host","id":"{}",{}}}}})",
                          id, properties));
    }
    bool is_attached(std::string_view id)
    {
        return say(format(
                   R"({{"execute":"qom-get","arguments":{{"path":"/machine/peripheral/{}","property":"attached"}}}})",
                   id)) == R"({"return": true})";
    }
    std::string pass(std::chrono::milliseconds time)
    {
        now_ += time;
        return qemu_.advance(now_);
    }
    static HostUsbDevice device(std::uint8_t address, std::string port, std::uint8_t device_class = 0)
    {
        return {.bus = 3,
                .address = address,
                .port = std::move(port),
                .device_class = device_class,
                .vendor = 0x046d,
                .product = 0xc31c};
    }

    FakeUsbHost host_;
    FakeQemu qemu_{host_, "windows", [] { return std::chrono::microseconds(1'000'002); }};
    FakeQemu::Moment now_;
};

constexpr const char* done = R"({"return": {}})";

TEST_F(SimQemu, AFilterTakesWhatIsThereAndGivesItBack)
{
    host_.devices = {device(4, "1")};

    EXPECT_EQ(add("a", R"("hostbus":3,"hostport":"1")"), done);
    EXPECT_TRUE(is_attached("a"));
    EXPECT_EQ(say(R"({"execute":"device_del","arguments":{"id":"a"}})"), done);

    EXPECT_EQ(host_.log, "open /dev/bus/usb/003/004\ntake 0\ngive back 0\n");
}

TEST_F(SimQemu, AFilterLooksEveryTwoSecondsAndWhenItIsForced)
{
    EXPECT_EQ(add("a", R"("hostbus":3,"hostport":"1")"), done);
    host_.devices = {device(4, "1")};
    (void)pass(1999ms);
    EXPECT_FALSE(is_attached("a"));
    (void)pass(1ms);
    EXPECT_TRUE(is_attached("a"));

    host_.devices = {device(5, "1")};
    EXPECT_EQ(add("none", R"("hostbus":255,"hostport":"1")"), done);
    EXPECT_FALSE(is_attached("a"));
    EXPECT_EQ(say(R"({"execute":"device_del","arguments":{"id":"none"}})"), done);
    EXPECT_TRUE(is_attached("a"));
}

TEST_F(SimQemu, AnAddressIsOpenedOnceAndStaysAttachedToAGhost)
{
    EXPECT_EQ(add("a", R"("hostbus":3,"hostaddr":4)"),
              R"({"error": {"class": "GenericError", "desc": "failed to find host usb device 3:4"}})");
    host_.devices = {device(4, "1")};
    EXPECT_EQ(add("a", R"("hostbus":3,"hostaddr":4)"), done);

    host_.devices = {device(5, "1")};
    (void)pass(2000ms);

    EXPECT_TRUE(is_attached("a"));
    EXPECT_EQ(host_.log, "open /dev/bus/usb/003/004\ntake 0\n");
}

TEST_F(SimQemu, ThreeFailuresGiveAFilterUpUntilItsDeviceWasAbsent)
{
    host_.devices = {device(4, "1")};
    host_.denies = true;
    EXPECT_EQ(add("a", R"("hostbus":3,"hostport":"1")"), done);
    (void)pass(2000ms);
    (void)pass(2000ms);
    host_.denies = false;
    (void)pass(2000ms);
    EXPECT_FALSE(is_attached("a"));

    host_.devices.clear();
    (void)pass(2000ms);
    host_.devices = {device(5, "1")};
    (void)pass(2000ms);
    EXPECT_TRUE(is_attached("a"));
}

TEST_F(SimQemu, HubsAreSkippedByFiltersAndTakenByAddress)
{
    host_.devices = {device(4, "1", 9)};

    EXPECT_EQ(add("a", R"("hostbus":3,"hostport":"1")"), done);
    EXPECT_EQ(add("b", R"("hostbus":3,"hostaddr":4)"), done);

    EXPECT_FALSE(is_attached("a"));
    EXPECT_TRUE(is_attached("b"));
}

TEST_F(SimQemu, APausedMachineLooksWhenItGoesOn)
{
    EXPECT_NE(say(R"({"execute":"stop"})").find(R"("event": "STOP")"), std::string::npos);
    host_.devices = {device(4, "1")};
    EXPECT_EQ(add("a", R"("hostbus":3,"hostport":"1")"), done);
    EXPECT_FALSE(is_attached("a"));

    (void)say(R"({"execute":"cont"})");

    EXPECT_TRUE(is_attached("a"));
}

TEST_F(SimQemu, AnIdIsFreeAgainWhenItsDeletionHasBeenTold)
{
    EXPECT_EQ(add("a", R"("hostbus":3,"hostport":"1")"), done);
    EXPECT_EQ(say(R"({"execute":"device_del","arguments":{"id":"a"}})"), done);
    EXPECT_EQ(add("a", R"("hostbus":3,"hostport":"1")"),
              R"({"error": {"class": "GenericError", "desc": "Duplicate device ID 'a'"}})");

    EXPECT_EQ(pass(60ms),
              "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"DEVICE_DELETED\", "
              "\"data\": {\"device\": \"a\", \"path\": \"/machine/peripheral/a\"}}\r\n");
    EXPECT_EQ(add("a", R"("hostbus":3,"hostport":"1")"), done);
}

TEST_F(SimQemu, AControllerGoesWithWhatIsOnIt)
{
    host_.devices = {device(4, "1")};
    EXPECT_EQ(
        say(R"({"execute":"device_add","arguments":{"driver":"qemu-xhci","id":"more","bus":"rp1","p2":15,"p3":15}})"),
        done);
    EXPECT_EQ(add("a", R"("bus":"more.0","hostbus":3,"hostport":"1")"), done);

    EXPECT_EQ(say(R"({"execute":"device_del","arguments":{"id":"more"}})"), done);
    EXPECT_EQ(
        say(R"({"execute":"device_del","arguments":{"id":"more"}})"),
        R"({"error": {"class": "GenericError", "desc": "Device more is already in the process of unplug"}})");
    (void)pass(60ms);

    EXPECT_EQ(host_.log, "open /dev/bus/usb/003/004\ntake 0\ngive back 0\n");
    EXPECT_EQ(add("b", R"("bus":"more.0","hostbus":3,"hostport":"1")"),
              R"({"error": {"class": "GenericError", "desc": "Bus 'more.0' not found"}})");
}

TEST_F(SimQemu, APassedDescriptorIsOfTheNodeThatItWasOpenedFor)
{
    host_.passed = "/dev/bus/usb/003/004";
    EXPECT_EQ(
        say(R"({"execute":"add-fd","arguments":{"fdset-id":7}})"),
        R"({"error": {"class": "GenericError", "desc": "No file descriptor supplied via SCM_RIGHTS"}})");
    qemu_.pass(linux_::UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)));
    EXPECT_NE(say(R"({"execute":"add-fd","arguments":{"fdset-id":7}})").find(R"("fdset-id": 7)"),
              std::string::npos);
    EXPECT_EQ(add("a", R"("hostdevice":"/dev/fdset/7")"), done);
    EXPECT_EQ(host_.log, "open /dev/bus/usb/003/004\ntake 0\n");

    host_.passed.clear(); // it was unplugged
    EXPECT_EQ(
        add("b", R"("hostdevice":"/dev/fdset/7")"),
        R"({"error": {"class": "GenericError", "desc": "failed to open host usb device /dev/fdset/7"}})");
    EXPECT_EQ(say(R"({"execute":"remove-fd","arguments":{"fdset-id":7}})"), done);
}

TEST_F(SimQemu, QuitGivesEverythingBackAndSaysSoBefore)
{
    host_.devices = {device(4, "1")};
    EXPECT_EQ(add("a", R"("hostbus":3,"hostport":"1")"), done);

    const auto said = say(R"({"execute":"quit","id":"bye"})");

    EXPECT_TRUE(said.ends_with("\n{\"return\": {}, \"id\": \"bye\"}")) << said;
    EXPECT_TRUE(qemu_.has_quit());
    EXPECT_EQ(host_.log, "open /dev/bus/usb/003/004\ntake 0\ngive back 0\n");
}

TEST_F(SimQemu, CommandsNeedNoLinesOfTheirOwnAndMayComeInPieces)
{
    std::string all;
    for (const char byte : std::string_view(
             "{\"execute\": \"query-name\"\n}{\"execute\":\"query-name\", \"id\": \"}\\\"\"} hello "))
        all += say(std::string_view(&byte, 1));

    EXPECT_EQ(
        all,
        "{\"return\": {\"name\": \"windows\"}}{\"return\": {\"name\": \"windows\"}, \"id\": \"}\\\"\"}"
        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error, invalid keyword 'hello'\"}}");
}

TEST_F(SimQemu, NothingThatIsSentGrowsWithoutBound)
{
    const std::string much(40'000, '[');
    EXPECT_EQ(say(much), "");
    EXPECT_EQ(say(much), R"({"error": {"class": "GenericError", "desc": "JSON token size limit exceeded"}})");
    for (int i = 0; i < 400; ++i)
        (void)say(format(R"({{"execute":"device_add","arguments":{{"driver":"usb-host","port":"{}"}}}})", i));
    for (int i = 0; i < 100; ++i) qemu_.pass(linux_::UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)));
    for (const auto* odd : {"}", "]", "\"", "\xff\xfe ", "{\"execute\":\"\xff\"}", "[[[[]]]]", "{}", "null ",
                            "7 ", "{\"id\":1e400}"})
        (void)say(odd);

    // Whatever state the input was left in, the next client begins anew.
    (void)qemu_.greet();
    EXPECT_EQ(say(R"({"execute":"qmp_capabilities"})"), done);
    EXPECT_EQ(say(R"({"execute":"query-name"})"), R"({"return": {"name": "windows"}})");
}

} // namespace
} // namespace usbroute::sim
