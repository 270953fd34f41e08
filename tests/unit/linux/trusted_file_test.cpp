// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/state_directory.hpp"
#include "linux/settings_files.hpp"
#include "linux/trusted_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

struct stat standing(mode_t mode, uid_t owner = 0, gid_t group = 0)
{
    struct stat status{};
    status.st_uid = owner;
    status.st_gid = group;
    status.st_mode = mode;
    return status;
}

TEST(Trust, WhatIsInADirectoryOfEverybodysCanBeAnybodys)
{
    const fakes::StateDirectory state;
    const auto outer = state.path() + "/outer";
    const auto inner = outer + "/inner";
    ASSERT_TRUE(std::filesystem::create_directories(inner));
    const auto with_modes = [&](mode_t outer_mode, mode_t inner_mode) {
        EXPECT_EQ(::chmod(outer.c_str(), outer_mode), 0);
        EXPECT_EQ(::chmod(inner.c_str(), inner_mode), 0);
        return can_be_anybodys(inner + "/qmp");
    };

    EXPECT_FALSE(with_modes(0755, 0755));
    EXPECT_FALSE(with_modes(0755, 0775));
    EXPECT_TRUE(with_modes(0755, 01777)) << "who comes first has the name";
    EXPECT_FALSE(with_modes(01777, 0755)) << "nobody else can exchange what is in it";
    EXPECT_TRUE(with_modes(0777, 0755));
}

TEST(Trust, IsForWhatOnlyTrustedUsersCanChange)
{
    constexpr std::array<uid_t, 2> trusted = {0, 900};
    struct Case {
        struct stat status;
        bool is_trusted;
    };
    const std::array cases = {
        Case{standing(S_IFREG | 0644), true},
        Case{standing(S_IFREG | 0600, 900), true},
        Case{standing(S_IFREG | 0644, 1000), false},
        Case{standing(S_IFREG | 0400, 1000), false},
        Case{standing(S_IFREG | 0666), false},
        // Root's group too: an access list shows its mask there.
        Case{standing(S_IFREG | 0664, 0, 0), false},
        Case{standing(S_IFREG | 0664, 0, 100), false},
        Case{standing(S_IFREG | 0664, 900, 900), false},
        Case{standing(S_IFDIR | 0755), true},
        Case{standing(S_IFDIR | 0777), false},
        Case{standing(S_IFDIR | 0775, 0, 100), false},
        Case{standing(S_IFDIR | 0775, 0, 0), false},
        Case{standing(S_IFDIR | 0755, 1000), false},
        Case{standing(S_IFDIR | 01777), true},
        Case{standing(S_IFDIR | 01777, 1000), false},
        // A file's sticky bit says nothing.
        Case{standing(S_IFREG | 01666), false},
        Case{standing(S_IFLNK), true},
        Case{standing(S_IFLNK, 1000), false},
    };
    for (const auto& one : cases)
        EXPECT_EQ(!why_not_trusted("/x", one.status, trusted), one.is_trusted)
            << std::oct << one.status.st_mode << std::dec << " of " << one.status.st_uid;
}

TEST(Trust, SaysWhatToType)
{
    constexpr std::array<uid_t, 1> root = {0};

    EXPECT_EQ(
        why_not_trusted("/etc/u.toml", standing(S_IFREG | 0666), root),
        "/etc/u.toml can be written by everybody (mode 0666), and root would act on it; chmod go-w /etc/u.toml");
    EXPECT_EQ(why_not_trusted("/etc/u.toml", standing(S_IFREG | 0644, 1000), root),
              "/etc/u.toml belongs to user 1000, and root would act on it; chown root /etc/u.toml");
    EXPECT_EQ(
        why_not_trusted("/etc/u", standing(S_IFDIR | 0775, 0, 100), root),
        "/etc/u can be written by its group, or by somebody named in an access list (mode 0775), who could put another configuration there, and root would act on it; chmod g-w /etc/u, and before that setfacl -b /etc/u if getfacl shows such a list");
}

TEST(Judged, AreFilesThatDecideWhatRootOrTheDaemonDoes)
{
    Locations usual;
    Locations named;
    named.config_was_named = true;
    Locations recorded;
    recorded.recorded = true;

    EXPECT_EQ(judged(usual, Purpose::to_serve, 900), Judged::all_of_it);
    EXPECT_EQ(judged(named, Purpose::to_serve, 0), Judged::all_of_it);
    EXPECT_EQ(judged(named, Purpose::to_act, 0), Judged::all_of_it);
    EXPECT_EQ(judged(usual, Purpose::to_look, 0), Judged::all_of_it);
    EXPECT_EQ(judged(named, Purpose::to_look, 0), Judged::file);
    EXPECT_EQ(judged(named, Purpose::to_look, 1000), Judged::nothing);
    EXPECT_EQ(judged(usual, Purpose::to_act, 1000), Judged::nothing);
    EXPECT_EQ(judged(recorded, Purpose::to_serve, 0), Judged::nothing);
}

class TrustedFileTest : public testing::Test {
protected:
    TrustedFileTest()
    {
        std::filesystem::create_directories(room + "/etc/usbroute");
        path = room + "/etc/usbroute/usbroute.toml";
        std::ofstream(path) << "text";
        ::chmod(path.c_str(), 0644);
    }

    [[nodiscard]] Result<std::string> read(const std::string& file) const
    {
        return read_trusted(file, 1000, trusted);
    }
    static std::string code_of(const Result<std::string>& read)
    {
        return read ? "trusted" : read.error().code();
    }

    fakes::StateDirectory directory;
    std::string room = directory.path();
    std::string path;
    std::vector<uid_t> trusted = {0, ::geteuid()};
};

TEST_F(TrustedFileTest, ReadsAFileOfOursInDirectoriesOfOurs)
{
    EXPECT_EQ(read(path), "text");
    EXPECT_EQ(read(room + "//etc/./usbroute/../usbroute/usbroute.toml"), "text");
}

TEST_F(TrustedFileTest, RefusesWhatOthersCanWriteHoweverFarAbove)
{
    for (const auto& place : {path, room + "/etc/usbroute", room + "/etc"}) {
        struct stat status{};
        ASSERT_EQ(::stat(place.c_str(), &status), 0);
        ::chmod(place.c_str(), 0777);
        EXPECT_EQ(code_of(read(path)), "config-writable") << place;
        ::chmod(place.c_str(), status.st_mode & 07777);
        EXPECT_EQ(code_of(read(path)), "trusted") << place;
    }
}

TEST_F(TrustedFileTest, FollowsALinkAndJudgesWhereItLeads)
{
    std::filesystem::create_directories(room + "/store");
    std::filesystem::create_directories(room + "/open");
    std::ofstream(room + "/store/a.toml") << "stored";
    std::ofstream(room + "/open/a.toml") << "open";
    ::chmod((room + "/store/a.toml").c_str(), 0644);
    ::chmod((room + "/open/a.toml").c_str(), 0644);
    ::chmod((room + "/open").c_str(), 0777);

    std::filesystem::create_symlink("../store/a.toml", room + "/etc/relative");
    std::filesystem::create_symlink(room + "/store", room + "/etc/absolute");
    std::filesystem::create_symlink(room + "/open/a.toml", room + "/etc/bad");
    std::filesystem::create_symlink("loop", room + "/etc/loop");

    EXPECT_EQ(read(room + "/etc/relative"), "stored");
    EXPECT_EQ(read(room + "/etc/absolute/a.toml"), "stored");
    EXPECT_EQ(code_of(read(room + "/etc/bad")), "config-writable");
    EXPECT_EQ(read(room + "/etc/loop").error().errno_value(), ELOOP);
}

TEST_F(TrustedFileTest, SaysWhatIsNotThereAndTakesNoPipeForAFile)
{
    EXPECT_EQ(read(room + "/etc/usbroute/other.toml").error().errno_value(), ENOENT);
    EXPECT_EQ(read(room + "/nowhere/usbroute.toml").error().errno_value(), ENOENT);
    EXPECT_EQ(read(room + "/etc").error().errno_value(), EISDIR);
    EXPECT_EQ(read(path + "/below").error().errno_value(), ENOTDIR);
    ASSERT_EQ(::mkfifo((room + "/pipe").c_str(), 0600), 0);
    EXPECT_NE(read(room + "/pipe").error().message().find("is not a regular file"), std::string::npos);
}

TEST_F(TrustedFileTest, TakesAFileOfExactlyTheLimitAndNoLargerOne)
{
    std::ofstream(path) << std::string(1000, 'x');
    EXPECT_TRUE(read(path));
    std::ofstream(path) << std::string(1001, 'x');
    EXPECT_FALSE(read(path));
}

} // namespace
} // namespace usbroute::linux_
