// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/file_status.hpp"
#include "fakes/state_directory.hpp"
#include "linux/private_files.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

using fakes::status_of;

TEST(Privacy, IsKeptLostOrNeverWasByOwnerModeAndNames)
{
    constexpr uid_t self = 900;
    constexpr uid_t stranger = 1000;
    const auto above = status_of(self, S_IFDIR | 0700);
    const auto judged = [&](const struct stat& file) { return privacy_of(file, above, self); };

    EXPECT_EQ(judged(status_of(self, S_IFREG | 0600)), Privacy::kept);
    EXPECT_EQ(judged(status_of(0, S_IFREG | 0600)), Privacy::kept);
    EXPECT_EQ(judged(status_of(self, S_IFREG | 0400)), Privacy::kept);
    EXPECT_EQ(judged(status_of(self, S_IFREG | 0644)), Privacy::lost);
    EXPECT_EQ(judged(status_of(self, S_IFREG | 0640)), Privacy::lost);
    EXPECT_EQ(judged(status_of(self, S_IFREG | 0601)), Privacy::lost);
    EXPECT_EQ(judged(status_of(self, S_IFREG | 0600, 2)), Privacy::lost);
    EXPECT_EQ(judged(status_of(self, S_IFREG | 0602)), Privacy::foreign);
    EXPECT_EQ(judged(status_of(self, S_IFREG | 0620)), Privacy::foreign);
    EXPECT_EQ(judged(status_of(stranger, S_IFREG | 0600)), Privacy::foreign);
    EXPECT_EQ(judged(status_of(self, S_IFIFO | 0600)), Privacy::foreign);
    EXPECT_EQ(judged(status_of(self, S_IFDIR | 0700)), Privacy::foreign);
    // Root that works in the daemon's directory trusts what the daemon has written.
    EXPECT_EQ(privacy_of(status_of(self, S_IFREG | 0600), above, 0), Privacy::kept);
    EXPECT_EQ(privacy_of(status_of(stranger, S_IFREG | 0600), above, 0), Privacy::foreign);
}

class PrivateFilesTest : public testing::Test {
protected:
    static mode_t mode_of(const std::string& path)
    {
        struct stat status{};
        return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
    }
    static ino_t inode_of(const std::string& path)
    {
        struct stat status{};
        return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
    }
    static void write(const std::string& path, const std::string& text, mode_t mode)
    {
        std::ofstream(path) << text;
        ::chmod(path.c_str(), mode);
    }

    fakes::StateDirectory directory;
    std::string room = directory.path();
    std::string state = room + "/state";
};

TEST_F(PrivateFilesTest, MakesADirectoryThatOthersCannotEnterAndReachableOnesAboveIt)
{
    const auto deep = room + "/run/usbroute/state";

    ASSERT_TRUE(make_private_directory(deep));

    EXPECT_EQ(mode_of(deep), 0700u);
    EXPECT_EQ(mode_of(room + "/run/usbroute") & 0055u, 0055u);
}

TEST_F(PrivateFilesTest, ClosesADirectoryThatAnOlderVersionLeftOpen)
{
    ASSERT_EQ(::mkdir(state.c_str(), 0755), 0);
    write(state + "/journal", "text", 0644);
    write(state + "/guests.bad", "text", 0644);

    ASSERT_TRUE(make_private_directory(state));

    EXPECT_EQ(mode_of(state), 0700u);
}

TEST_F(PrivateFilesTest, LeavesADirectoryAloneThatOthersUseToo)
{
    ASSERT_EQ(::mkdir(state.c_str(), 0755), 0);
    write(state + "/somebody-elses", "text", 0644);
    ASSERT_TRUE(make_private_directory(state));
    EXPECT_EQ(mode_of(state), 0755u);

    const auto temporary = room + "/tmp";
    ASSERT_EQ(::mkdir(temporary.c_str(), 0700), 0);
    ASSERT_EQ(::chmod(temporary.c_str(), 01777), 0);
    ASSERT_TRUE(make_private_directory(temporary));
    EXPECT_EQ(mode_of(temporary), 01777u);
}

TEST_F(PrivateFilesTest, OpensNoPipeNoLinkAndNothingThatOthersCouldWrite)
{
    ASSERT_TRUE(make_private_directory(state));
    const auto path = state + "/journal";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_EQ(open_private(path, O_RDWR | O_CREAT).error(), EMEDIUMTYPE);
    EXPECT_FALSE(read_private(path, 100));

    std::filesystem::remove(path);
    write(room + "/precious", "precious", 0600);
    std::filesystem::create_symlink(room + "/precious", path);
    EXPECT_EQ(open_private(path, O_RDWR | O_CREAT).error(), EMEDIUMTYPE);
    EXPECT_FALSE(read_private(path, 100));

    std::filesystem::remove(path);
    write(path, "planted", 0666);
    EXPECT_EQ(open_private(path, O_RDWR | O_CREAT).error(), EMEDIUMTYPE);
    EXPECT_FALSE(read_private(path, 100));
}

TEST_F(PrivateFilesTest, GivesAFileThatOthersHaveOpenANewInode)
{
    ASSERT_TRUE(make_private_directory(state));
    const auto path = state + "/journal";
    write(path, "what was", 0644);
    const auto before = inode_of(path);
    // Else the new one could get the old number.
    const UniqueFd stranger(::open(path.c_str(), O_RDONLY | O_CLOEXEC));

    renew_private(path);

    EXPECT_NE(inode_of(path), before);
    EXPECT_EQ(mode_of(path), 0600u);
    EXPECT_EQ(read_private(path, 100), "what was");
}

TEST_F(PrivateFilesTest, LeavesAPrivateFileAsItIs)
{
    ASSERT_TRUE(make_private_directory(state));
    const auto path = state + "/journal";
    write(path, "what is", 0600);
    const auto before = inode_of(path);

    renew_private(path, room + "/journal");

    EXPECT_EQ(inode_of(path), before);
}

TEST_F(PrivateFilesTest, TakesOverWhatAnOlderVersionKeptElsewhere)
{
    ASSERT_TRUE(make_private_directory(state));
    write(room + "/journal", "what was", 0644);

    renew_private(state + "/journal", room + "/journal");

    EXPECT_EQ(read_private(state + "/journal", 100), "what was");
    EXPECT_EQ(mode_of(state + "/journal"), 0600u);
    EXPECT_FALSE(std::filesystem::exists(room + "/journal"));
}

TEST_F(PrivateFilesTest, TakesOverNothingThatOthersCouldHaveWritten)
{
    ASSERT_TRUE(make_private_directory(state));
    write(room + "/journal", "planted", 0666);
    renew_private(state + "/journal", room + "/journal");
    EXPECT_FALSE(std::filesystem::exists(state + "/journal"));

    std::filesystem::remove(room + "/journal");
    std::filesystem::create_symlink("/etc/passwd", room + "/journal");
    renew_private(state + "/journal", room + "/journal");
    EXPECT_FALSE(std::filesystem::exists(state + "/journal"));
}

TEST_F(PrivateFilesTest, ReplacesAFileForItsOwnerAloneWhateverModeItHad)
{
    const auto path = room + "/guests";
    write(path, "old", 0644);

    ASSERT_TRUE(replace_private(path, "new"));

    EXPECT_EQ(mode_of(path), 0600u);
    EXPECT_EQ(read_private(path, 100), "new");
    EXPECT_FALSE(read_private(path, 2)) << "larger than the limit";
}

} // namespace
} // namespace usbroute::linux_
