// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/state_directory.hpp"
#include "linux/files.hpp"
#include "linux/passing.hpp"
#include "linux/register_files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

namespace fs = std::filesystem;

const PciAddress address = *PciAddress::parse("0000:00:14.0");

/// A Z97's xHCI as files, 0xd0 holding 0x11223344.
class RegisterFilesTest : public testing::Test {
protected:
    RegisterFilesTest()
    {
        fs::create_directories(function());
        write("vendor", "0x8086\n");
        write("device", "0x8cb1\n");
        write("class", "0x0c0330\n");
        std::string bytes(256, '\0');
        bytes.replace(0xd0, 4, "\x44\x33\x22\x11");
        write("config", bytes);
    }
    [[nodiscard]] std::string function() const { return root() + "sys/bus/pci/devices/0000:00:14.0"; }
    [[nodiscard]] std::string root() const { return directory_.path() + "/"; }
    void write(const char* name, const std::string& text) const
    {
        std::ofstream(function() + "/" + name, std::ios::binary) << text;
    }
    /// XUSB2PR and XUSB2PRM.
    [[nodiscard]] static std::string registers_with(const char* owner, const char* movable)
    {
        std::string bytes(256, '\0');
        bytes.replace(0xd0, 4, owner, 4);
        bytes.replace(0xd4, 4, movable, 4);
        return bytes;
    }
    [[nodiscard]] UniqueFd opened(const std::string& path, int flags = O_RDWR) const
    {
        return UniqueFd(::open(path.c_str(), flags | O_CLOEXEC));
    }

private:
    fakes::StateDirectory directory_;
};

TEST_F(RegisterFilesTest, SaysThatAKeptDescriptorIsOfAFunctionThatLeft)
{
    RegisterFiles files(root());
    files.keep(LiveTree(root()));

    fs::remove_all(function());
    const auto registers = files.open(address);

    ASSERT_FALSE(registers);
    EXPECT_EQ(registers.error().code(), "registers-lost");
    EXPECT_EQ(registers.error().errno_value(), ENODEV);
}

TEST_F(RegisterFilesTest, ReadsAndWritesThroughADescriptorThatWasHandedOver)
{
    fs::rename(function() + "/config", function() + "/hidden");
    fs::create_directories(root() + "elsewhere/0000:00:14.0");
    fs::rename(function() + "/hidden", root() + "elsewhere/0000:00:14.0/config");
    RegisterFiles files(root());
    ASSERT_FALSE(files.open(address));

    ASSERT_TRUE(files.adopt(address, opened(root() + "elsewhere/0000:00:14.0/config")));
    const auto registers = files.open(address);

    ASSERT_TRUE(registers) << registers.error().message();
    EXPECT_EQ((*registers)->read()->usb2_owner, 0x11223344u);
    ASSERT_TRUE((*registers)->write(chips::RouteRegister::usb2_owner, 0x55667788));
    EXPECT_EQ((*registers)->read()->usb2_owner, 0x55667788u);
}

TEST_F(RegisterFilesTest, TakesNothingThatIsNotTheFunctionsConfigurationSpaceForReadingAndWriting)
{
    write("other", "x");
    fs::create_directories(root() + "short/0000:00:14.0");
    std::ofstream(root() + "short/0000:00:14.0/config") << std::string(64, 'x');
    RegisterFiles files(root());

    EXPECT_FALSE(files.adopt(address, opened(function() + "/other")));
    EXPECT_FALSE(files.adopt(*PciAddress::parse("0000:00:1d.0"), opened(function() + "/config")));
    EXPECT_FALSE(files.adopt(address, opened(function() + "/config", O_RDONLY)));
    EXPECT_FALSE(files.adopt(address, opened(root() + "short/0000:00:14.0/config")));
    EXPECT_FALSE(files.adopt(address, UniqueFd()));
}

/// Ends the process with the number of the first thing that is not so; 0: all is. For a process that confines itself for good.
#define STOP_UNLESS(number, thing)                                                                           \
    if (!(thing)) ::_exit(number)

/// In a process of its own: what is forbidden stays so. Ends it where the filter was not built.
void keep_and_confine(RegisterFiles& files, const std::string& root)
{
    files.keep(LiveTree(root));
    const auto filter = files.confine(LiveTree(root));
    STOP_UNLESS(1, filter);
    if (*filter == Filter::not_built) ::_exit(0);
}

TEST_F(RegisterFilesTest, ConfinedWritesWithinTheMaskAndSaysWhyNotBeyond)
{
    write("config", registers_with("\xff\x3f\x00\x00", "\xff\x00\x00\x00"));
    const auto alone = [&] {
        RegisterFiles files(root());
        keep_and_confine(files, root());
        const auto registers = files.open(address);
        STOP_UNLESS(2, registers);
        STOP_UNLESS(3, (*registers)->write(chips::RouteRegister::usb2_owner, 0x3f01));
        STOP_UNLESS(4, (*registers)->read()->usb2_owner == 0x3f01);
        const auto locked = (*registers)->write(chips::RouteRegister::usb2_owner, 0x3e01);
        STOP_UNLESS(5, !locked && locked.error().message().find("restart usbrouted") != std::string::npos);
        STOP_UNLESS(6, !(*registers)->write(chips::RouteRegister::usb2_owner, 0x10003f01));
        STOP_UNLESS(7, (*registers)->read()->usb2_owner == 0x3f01);
        STOP_UNLESS(8, ::socket(AF_INET, SOCK_RAW, 0) < 0 && errno == ENOSYS);
        ::_exit(0);
    };

    EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

TEST_F(RegisterFilesTest, ConfinedWritesTheReservedBitsAsItsOwnDescriptorShowsThem)
{
    write("config", registers_with("\x05\xe0\x80\x00", "\xfc\x3f\x00\x00"));
    const auto alone = [&] {
        RegisterFiles files(root());
        files.keep(LiveTree(root()));
        // As for somebody who is not root any more: the file shows nothing that is needed.
        fs::rename(function() + "/config", function() + "/config.of-root");
        const auto filter = files.confine(LiveTree(root()));
        STOP_UNLESS(1, filter);
        if (*filter == Filter::not_built) ::_exit(0);
        const auto registers = files.open(address);
        STOP_UNLESS(2, registers);
        STOP_UNLESS(3, (*registers)->write(chips::RouteRegister::usb2_owner, 0x80e001));
        STOP_UNLESS(4, (*registers)->read()->usb2_owner == 0x80e001);
        ::_exit(0);
    };

    EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

TEST_F(RegisterFilesTest, ConfinedGoesOnThroughWhatIsHandedOverInThePlaceOfWhatItHad)
{
    write("config", registers_with("\xff\x3f\x00\x00", "\xff\x3f\x00\x00"));
    const auto alone = [&] {
        RegisterFiles files(root());
        keep_and_confine(files, root());
        auto registers = files.open(address);
        STOP_UNLESS(2, registers);
        for (int round = 0; round < 20; ++round) {
            auto handed = opened(function() + "/config");
            STOP_UNLESS(3, files.adopt(address, std::move(handed)));
            STOP_UNLESS(4, (*registers)->write(chips::RouteRegister::usb2_owner, 0x3f00));
            registers = files.open(address);
            STOP_UNLESS(5, registers && (*registers)->write(chips::RouteRegister::usb2_owner, 0x3fff));
        }
        ::_exit(0);
    };

    EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

TEST_F(RegisterFilesTest, ConfinedWritesWithinTheMaskThroughNoOtherNumberEither)
{
    write("config", registers_with("\xff\x3f\x00\x00", "\xff\x00\x00\x00"));
    const auto alone = [&] {
        RegisterFiles files(root());
        keep_and_confine(files, root());
        const auto handed = opened(function() + "/config");
        const auto place_of = [](std::uintptr_t value) {
            return reinterpret_cast<const void*>(RegisterValues::usb2_place + 4 * value); // NOLINT
        };
        for (int number = *first_register_number(); number < *first_register_number() + register_numbers;
             ++number) {
            STOP_UNLESS(2, ::dup3(handed.get(), number, O_CLOEXEC) == number);
            STOP_UNLESS(3, ::pwrite(number, place_of(0x3e01), 4, 0xd0) < 0 && errno == EPERM);
            STOP_UNLESS(4, ::pwrite(number, place_of(0x3f01), 4, 0xd0) == 4);
        }
        ::_exit(0);
    };

    EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

TEST_F(RegisterFilesTest, ConfinedWithTwoMuxesHoldsBothToBothMasksAndSaysSo)
{
    const PciAddress second = *PciAddress::parse("0000:05:00.0");
    write("config", registers_with("\xff\x3f\x00\x00", "\xff\x00\x00\x00"));
    const auto other = root() + "sys/bus/pci/devices/0000:05:00.0";
    fs::copy(function(), other);
    std::ofstream(other + "/config", std::ios::binary)
        << registers_with("\xff\x3f\x00\x00", "\x0f\x3f\x00\x00");
    const auto alone = [&] {
        RegisterFiles files(root());
        keep_and_confine(files, root());
        for (const auto& each : {address, second}) {
            const auto registers = files.open(each);
            STOP_UNLESS(2, registers);
            STOP_UNLESS(3, (*registers)->write(chips::RouteRegister::usb2_owner, 0x3ff0));
            const auto beyond = (*registers)->write(chips::RouteRegister::usb2_owner, 0x3fef);
            STOP_UNLESS(4, !beyond && beyond.error().message().find("(0x400f)") != std::string::npos);
        }
        ::_exit(0);
    };

    EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

TEST_F(RegisterFilesTest, ConfinedNothingElseGetsTheNumbersOfRegistersAndWhatIsHandedOverLaterDoes)
{
    write("config", registers_with("\xff\x3f\x00\x00", "\xff\x3f\x00\x00"));
    const auto alone = [&] {
        rlimit limit{};
        STOP_UNLESS(1, ::getrlimit(RLIMIT_NOFILE, &limit) == 0);
        limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
        STOP_UNLESS(2, ::setrlimit(RLIMIT_NOFILE, &limit) == 0);
        const auto first = first_register_number();
        RegisterFiles files(root());
        const auto filter = files.confine(LiveTree(root()));
        STOP_UNLESS(3, filter);
        if (*filter == Filter::not_built) ::_exit(0);
        auto handed = opened(function() + "/config");
        STOP_UNLESS(4, files.adopt(address, std::move(handed)));
        int highest = -1;
        int next = -1;
        while ((next = ::open("/dev/null", O_WRONLY | O_CLOEXEC)) >= 0) highest = std::max(highest, next);
        STOP_UNLESS(5, errno == EMFILE);
        STOP_UNLESS(6, highest == *first - 1);
        STOP_UNLESS(7, ::write(highest, "x", 1) == 1);
        const auto registers = files.open(address);
        STOP_UNLESS(8, registers && (*registers)->write(chips::RouteRegister::usb2_owner, 0x3f00));
        ::_exit(0);
    };

    EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

TEST(Passing, BringsTextAndFileAndNothingThatIsTooLong)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    UniqueFd here(ends[0]);
    const UniqueFd there(ends[1]);
    const UniqueFd file(::open("/dev/null", O_RDWR | O_CLOEXEC));

    ASSERT_TRUE(pass(here.get(), "registers 0000:00:14.0", file.get()));
    ASSERT_TRUE(answer_passed(here.get(), "ok"));
    ASSERT_TRUE(pass(here.get(), std::string(300, 'x'), file.get()));
    const auto first = receive_passed(there.get());
    const auto second = receive_passed(there.get());
    const auto third = receive_passed(there.get());
    here.reset();
    const auto end = receive_passed(there.get());

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->text, "registers 0000:00:14.0");
    EXPECT_TRUE(first->fd.is_open());
    EXPECT_EQ(second->text, "ok");
    EXPECT_FALSE(second->fd.is_open());
    EXPECT_FALSE(third);
    EXPECT_FALSE(end);
}

} // namespace
} // namespace usbroute::linux_
