// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/file_status.hpp"
#include "fakes/state_directory.hpp"
#include "linux/first_move.hpp"
#include "linux/journal_file.hpp"
#include "linux/private_files.hpp"
#include "linux/safe_directory.hpp"
#include "linux/state_lock.hpp"

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

constexpr uid_t stranger_user = 4711;

TEST(SafeDirectory, ALinkIsFollowedWhereOnlyRootAndWeCanHavePutIt)
{
    const auto link = status_of(0, S_IFLNK | 0777);
    const auto run = status_of(0, S_IFDIR | 0755);

    EXPECT_TRUE(is_link_followed(link, run, 0));
    EXPECT_TRUE(is_link_followed(link, run, 900));
    EXPECT_TRUE(is_link_followed(link, status_of(0, S_IFDIR | 01777), 0));
    EXPECT_TRUE(is_link_followed(status_of(900, S_IFLNK | 0777), status_of(900, S_IFDIR | 0700), 900));
    EXPECT_FALSE(is_link_followed(status_of(900, S_IFLNK | 0777), status_of(900, S_IFDIR | 0755), 0));
    EXPECT_FALSE(is_link_followed(status_of(900, S_IFLNK | 0777), status_of(0, S_IFDIR | 01777), 0));
    EXPECT_FALSE(is_link_followed(link, status_of(900, S_IFDIR | 0755), 0)) << "moved there";
    EXPECT_FALSE(is_link_followed(link, status_of(0, S_IFDIR | 0775), 0));
    EXPECT_FALSE(is_link_followed(link, status_of(0, S_IFDIR | 0757), 0));
    EXPECT_FALSE(is_link_followed(status_of(0, S_IFLNK | 0777, 2), status_of(0, S_IFDIR | 01777), 0))
        << "a second name of another link";
}

TEST(SafeDirectory, IsTakenFromRootFromOurselvesAndFromWhoOwnsTheOneAbove)
{
    const auto roots = status_of(0, S_IFDIR | 0755);
    const auto daemons = status_of(900, S_IFDIR | 0755);
    const auto strangers = status_of(stranger_user, S_IFDIR | 0755);

    EXPECT_TRUE(is_directory_taken(roots, roots, 0));
    EXPECT_TRUE(is_directory_taken(daemons, daemons, 0)) << "/run/usbroute/state";
    EXPECT_TRUE(is_directory_taken(daemons, roots, 0)) << "/var/lib/usbroute";
    EXPECT_TRUE(is_directory_taken(roots, daemons, 900));
    EXPECT_FALSE(is_directory_taken(strangers, daemons, 0));
    EXPECT_FALSE(is_directory_taken(strangers, status_of(0, S_IFDIR | 01777), 0)) << "in /tmp";
    EXPECT_FALSE(is_directory_taken(strangers, status_of(0, S_IFDIR | 0775), 0));
}

class SafeDirectoryTest : public testing::Test {
protected:
    SafeDirectoryTest()
    {
        std::filesystem::create_directory(room + "/run");
        std::filesystem::create_directory(room + "/precious");
        ::chmod((room + "/precious").c_str(), 0755);
    }

    /// What a stranger puts into a directory that is the stranger's.
    void give_run_away() const
    {
        for (const auto& entry : std::filesystem::directory_iterator(room + "/run"))
            ASSERT_EQ(::lchown(entry.path().c_str(), stranger_user, stranger_user), 0);
        ASSERT_EQ(::chown((room + "/run").c_str(), stranger_user, stranger_user), 0);
    }
    [[nodiscard]] struct stat there(const std::string& name) const
    {
        struct stat status{};
        EXPECT_EQ(::lstat((room + "/" + name).c_str(), &status), 0) << name;
        return status;
    }
    void expect_precious_untouched() const
    {
        EXPECT_TRUE(std::filesystem::is_empty(room + "/precious"));
        EXPECT_EQ(there("precious").st_mode & 07777u, 0755u);
        EXPECT_EQ(there("precious").st_uid, ::geteuid());
    }
    /// Everything that works in a state directory, one after the other.
    static void use(const std::string& state)
    {
        static_cast<void>(make_private_directory(state));
        static_cast<void>(lock_state(state));
        static_cast<void>(replace_private(state + "/guests", "text"));
        static_cast<void>(exchange_private(state + "/journal", "text", O_RDWR));
        static_cast<void>(open_private(state + "/journal", O_RDWR | O_CREAT));
        static_cast<void>(FirstMove(state).note());
        JournalFile journal(state);
        static_cast<void>(journal.end(apply::Ending::done));
    }

    fakes::StateDirectory directory;
    std::string room = directory.path();
};

TEST_F(SafeDirectoryTest, FollowsALinkOfOursAndMakesWhatIsMissing)
{
    std::filesystem::create_symlink("run", room + "/var");

    ASSERT_TRUE(open_directory(room + "/var/usbroute//./state", 0700));

    EXPECT_EQ(there("run/usbroute").st_mode, S_IFDIR | 0755u);
    EXPECT_EQ(there("run/usbroute/state").st_mode, S_IFDIR | 0700u);
    EXPECT_EQ(open_directory(room + "/run/other").error(), ENOENT);
    std::ofstream(room + "/file") << "text";
    EXPECT_EQ(open_directory(room + "/file").error(), ENOTDIR);
    EXPECT_EQ(open_directory(room + "/file/below", 0700).error(), ENOTDIR);
}

TEST_F(SafeDirectoryTest, FollowsNoLinkWhereOthersCanWrite)
{
    std::filesystem::create_directory_symlink(room + "/precious", room + "/run/state");
    ::chmod((room + "/run").c_str(), 0777);

    EXPECT_EQ(open_directory(room + "/run/state").error(), ELOOP);
    EXPECT_EQ(open_directory(room + "/run/state/below", 0700).error(), ELOOP);
    use(room + "/run/state");

    expect_precious_untouched();
}

TEST_F(SafeDirectoryTest, SaysThatALinkIsInTheWay)
{
    std::filesystem::create_directory_symlink(room + "/precious", room + "/run/state");
    ::chmod((room + "/run").c_str(), 0777);

    const auto made = make_private_directory(room + "/run/state");

    ASSERT_FALSE(made);
    EXPECT_NE(made.error().message().find("is not followed"), std::string::npos) << made.error().message();
}

TEST_F(SafeDirectoryTest, RootDoesNothingWhereALinkOfTheDaemonsUserLeads)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root is led away";
    std::filesystem::create_directory_symlink(room + "/precious", room + "/run/state");
    give_run_away();

    use(room + "/run/state");
    use(room + "/run/state/deeper");

    expect_precious_untouched();
}

TEST_F(SafeDirectoryTest, RootPutsNothingIntoADirectoryThatAThirdUserHasMadeThere)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make one of another user";
    std::filesystem::create_directory(room + "/run/state");
    give_run_away();
    ASSERT_EQ(::chown((room + "/run/state").c_str(), 4712, 4712), 0);

    EXPECT_EQ(open_directory(room + "/run/state").error(), EPERM);
    use(room + "/run/state");

    EXPECT_TRUE(std::filesystem::is_empty(room + "/run/state"));
}

TEST_F(SafeDirectoryTest, RootGivesWhatItWritesInAnothersDirectoryToThatUser)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    std::filesystem::create_directory(room + "/run/state");
    give_run_away();

    use(room + "/run/state");

    for (const auto& entry : std::filesystem::directory_iterator(room + "/run/state")) {
        struct stat status{};
        ASSERT_EQ(::lstat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_uid, stranger_user) << entry.path();
        EXPECT_EQ(status.st_mode, S_IFREG | 0600u) << entry.path();
    }
    EXPECT_TRUE(std::filesystem::exists(room + "/run/state/journal"));
}

TEST_F(SafeDirectoryTest, RootReadsNoFileOfItsOwnThatGotASecondNameThere)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root has files to lose";
    std::filesystem::create_directory(room + "/run/state");
    std::ofstream(room + "/precious/shadow") << "secret";
    ::chmod((room + "/precious/shadow").c_str(), 0640);
    give_run_away();
    std::filesystem::create_hard_link(room + "/precious/shadow", room + "/run/state/journal");

    renew_private(room + "/run/state/journal");
    EXPECT_FALSE(read_private(room + "/run/state/journal", 100));
    JournalFile journal(room + "/run/state");

    EXPECT_EQ(there("precious/shadow").st_uid, 0u);
    EXPECT_EQ(there("precious/shadow").st_mode & 07777u, 0640u);
    EXPECT_EQ(there("precious/shadow").st_ino, there("run/state/journal.bad").st_ino)
        << "the same, set aside";
}

TEST_F(SafeDirectoryTest, ADirectoryThatIsOpenStaysTheSameWhateverTakesItsName)
{
    std::filesystem::create_directory(room + "/run/state");
    const auto state = open_directory(room + "/run/state");
    ASSERT_TRUE(state);
    std::filesystem::rename(room + "/run/state", room + "/run/away");
    std::filesystem::create_directory_symlink(room + "/precious", room + "/run/state");

    const UniqueFd file(::openat(state->get(), "journal", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));

    EXPECT_TRUE(readable(*state).is_open());
    EXPECT_TRUE(std::filesystem::exists(room + "/run/away/journal"));
    expect_precious_untouched();
}

} // namespace
} // namespace usbroute::linux_
