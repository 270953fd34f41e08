// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "fakes/state_directory.hpp"
#include "linux/state_lock.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

using namespace std::chrono_literals;

class StateLockTest : public testing::Test {
protected:
    /// Another open file has a lock of its own, as another process would.
    [[nodiscard]] UniqueFd hold(mode_t mode) const
    {
        UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, mode));
        ::fchmod(fd.get(), mode);
        EXPECT_EQ(::flock(fd.get(), LOCK_EX | LOCK_NB), 0);
        return fd;
    }
    [[nodiscard]] mode_t mode() const
    {
        struct stat status{};
        return ::lstat(path.c_str(), &status) == 0 ? status.st_mode : 0;
    }

    fakes::StateDirectory directory;
    std::string room = directory.path();
    std::string path = room + "/change.lock";
};

TEST_F(StateLockTest, SaysWhoHoldsItAndDoesNotWaitForIt)
{
    const auto holder = hold(0600);
    LockFile lock(path);

    const auto held = lock.take(0ms);

    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().code(), "busy");
    EXPECT_NE(held.error().message().find(format("process {} (", ::getpid())), std::string::npos)
        << held.error().message();
    EXPECT_NE(held.error().message().find("nothing was done"), std::string::npos);
}

TEST_F(StateLockTest, IsFreeWhenTheOtherOneHasLetGo)
{
    auto holder = hold(0600);
    LockFile lock(path);
    ASSERT_FALSE(lock.take(0ms));

    holder.reset();

    EXPECT_TRUE(lock.take(0ms));
    EXPECT_TRUE(lock.take(0ms)) << "it was not given back";
}

TEST_F(StateLockTest, TakesNoLockOnWhatOthersCanOpen)
{
    for (const mode_t wide : {mode_t{0644}, mode_t{0640}, mode_t{0666}, mode_t{0604}}) {
        const auto stranger = hold(wide);
        LockFile lock(path);

        const auto held = lock.take(0ms);

        EXPECT_TRUE(held) << "a stranger keeps us out, mode " << wide;
        EXPECT_EQ(mode(), S_IFREG | 0600u);
        std::filesystem::remove(path);
    }
}

TEST_F(StateLockTest, TakesAFreshFileWhenSomebodyOpensOursToOthers)
{
    LockFile lock(path);
    ASSERT_TRUE(lock.take(0ms));
    const auto stranger = hold(0644);

    EXPECT_TRUE(lock.take(0ms));

    EXPECT_EQ(mode(), S_IFREG | 0600u);
}

TEST_F(StateLockTest, PutsAFileInThePlaceOfALinkOrAPipe)
{
    const auto target = room + "/precious";
    ASSERT_EQ(::symlink(target.c_str(), path.c_str()), 0);
    EXPECT_TRUE(LockFile(path).take(0ms));
    EXPECT_EQ(mode(), S_IFREG | 0600u);
    EXPECT_FALSE(std::filesystem::exists(target));

    std::filesystem::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0666), 0);
    EXPECT_TRUE(LockFile(path).take(0ms));
    EXPECT_EQ(mode(), S_IFREG | 0600u);
}

TEST_F(StateLockTest, ShutsOutASecondDaemonAndNamesTheFirst)
{
    const auto first = lock_state(room);
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->is_open());

    const auto second = lock_state(room);

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), "in-use");
    EXPECT_NE(
        second.error().message().find(format("another daemon is using {}; usbroute status asks it", room)),
        std::string::npos);
    EXPECT_NE(second.error().message().find(format("process {}", ::getpid())), std::string::npos);
}

TEST_F(StateLockTest, ADirectoryThatAStrangerHasLockedIsNoObstacle)
{
    const UniqueFd stranger(::open(room.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_EQ(::flock(stranger.get(), LOCK_EX | LOCK_NB), 0);

    EXPECT_TRUE(lock_state(room));
}

TEST(HolderIn, FindsTheProcessByDeviceAndInode)
{
    const auto device = ::gnu_dev_makedev(0xfe, 0x0b);
    const std::string locks = "1: FLOCK  ADVISORY  WRITE 100 fe:0a:77 0 EOF\n"
                              "2: POSIX  ADVISORY  WRITE 200 fe:0b:77 0 EOF\n"
                              "2: -> FLOCK  ADVISORY  WRITE 300 fe:0b:77 0 EOF\n"
                              "3: FLOCK  ADVISORY  WRITE 400 fe:0b:77 0 EOF\n";

    EXPECT_EQ(holder_in(locks, device, 77), 400);
    EXPECT_EQ(holder_in(locks, device, 78), std::nullopt);
    EXPECT_EQ(holder_in(locks, ::gnu_dev_makedev(0, 1), 77), std::nullopt) << "two have this inode";
}

TEST(HolderIn, GoesByTheInodeWhereAFileSystemShowsAnotherDevice)
{
    EXPECT_EQ(holder_in("1: FLOCK  ADVISORY  WRITE 100 00:2b:77 0 EOF\n", ::gnu_dev_makedev(0, 1), 77), 100);
}

TEST(HolderIn, NamesNobodyWhereTheListMakesNoSense)
{
    for (const auto* locks :
         {"", "\n", "1: FLOCK", "1: FLOCK ADVISORY WRITE x fe:0b:77 0 EOF",
          "1: FLOCK ADVISORY WRITE 0 fe:0b:77 0 EOF", "1: FLOCK ADVISORY WRITE -1 fe:0b:77 0 EOF",
          "1: FLOCK ADVISORY WRITE 99999999999999 fe:0b:77 0 EOF", "1: FLOCK ADVISORY WRITE 5 fe:0b 0 EOF"})
        EXPECT_EQ(holder_in(locks, ::gnu_dev_makedev(0xfe, 0x0b), 77), std::nullopt) << locks;
}

} // namespace
} // namespace usbroute::linux_
