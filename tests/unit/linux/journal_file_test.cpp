// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/bitwise_change.hpp"
#include "fakes/state_directory.hpp"
#include "linux/files.hpp"
#include "linux/journal_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace usbroute::linux_ {
namespace {

using namespace std::chrono_literals;

plan::Change change(std::uint32_t mask, std::string title)
{
    return fakes::BitwiseChange{.controller = {.device = 0x14},
                                .usb2 = {.mask = mask, .before = mask, .after = 0},
                                .superspeed = {},
                                .title = std::move(title)};
}

const plan::Change front = change(1, "move front to ehci");
const plan::Change keys = change(4, "move keys to ehci");

/// A directory whose place somebody else can take: then nothing can be written there, whoever the tests run as.
class JournalFileTest : public testing::Test {
protected:
    void take_the_place() const
    {
        std::filesystem::remove_all(state);
        std::ofstream(state) << "a file";
    }
    void give_it_back() const { std::filesystem::remove(state); }
    [[nodiscard]] std::string text() const
    {
        return read_file(state + "/journal", 1U << 20).value_or("no journal");
    }
    static bool make(JournalFile& journal, const plan::Change& what, const apply::Signature& signature = {})
    {
        const auto held = journal.lock();
        const auto begun = journal.begin(what, signature);
        const auto ended = journal.end(apply::Ending::done);
        return begun && ended;
    }

    fakes::StateDirectory directory;
    std::string room = directory.path();
    std::string state = room + "/state";
};

TEST_F(JournalFileTest, KnowsWhatItCannotWriteAndWritesItWhenItCan)
{
    take_the_place();
    JournalFile journal(state);
    EXPECT_FALSE(make(journal, front));
    EXPECT_FALSE(journal.is_written());
    EXPECT_EQ(journal.history().undoable, std::vector{front});

    give_it_back();
    EXPECT_TRUE(make(journal, keys));

    EXPECT_TRUE(journal.is_written());
    EXPECT_EQ(JournalFile(state).history().undoable, (std::vector{front, keys}));
}

TEST_F(JournalFileTest, SaysWhyNothingCanBeWrittenAndWhatToDo)
{
    take_the_place();

    JournalFile journal(state);

    EXPECT_EQ(journal.why_not_written(), "cannot write the journal " + state + "/journal: Not a directory");
    EXPECT_EQ(remedy_for_writing(ENOSPC), "; make room there");
    EXPECT_EQ(JournalFile(room + "/other").why_not_written(), std::nullopt);
}

TEST_F(JournalFileTest, StaysSmallHoweverLongNothingCanBeWritten)
{
    take_the_place();
    JournalFile journal(state);
    for (int i = 0; i < 1000; ++i) EXPECT_FALSE(make(journal, i % 2 == 0 ? front : keys));
    EXPECT_EQ(journal.history().undoable.size(), apply::remembered);

    give_it_back();
    EXPECT_TRUE(make(journal, keys));

    EXPECT_LT(text().size(), 48U * 1024);
    EXPECT_EQ(JournalFile(state).history().undoable.size(), apply::remembered);
}

TEST_F(JournalFileTest, ATrialThatWasConfirmedWhileNothingCouldBeWrittenHasNoPartInTheNextOne)
{
    take_the_place();
    JournalFile journal(state);
    const auto until = [](std::chrono::milliseconds deadline) {
        return apply::Signature{.who = "control",
                                .trial = apply::TrialTerms{.boot = "b", .deadline = deadline, .lasts = 30s}};
    };
    EXPECT_FALSE(make(journal, front, until(90s)));
    EXPECT_FALSE(journal.end_trial());

    give_it_back();
    EXPECT_TRUE(make(journal, keys, until(95s)));

    EXPECT_EQ(fakes::usb2(JournalFile(state).history().trial->way).mask, 4u);
}

TEST_F(JournalFileTest, IsMadeAnewWhereSomebodyHasTakenItsDirectoryAway)
{
    JournalFile journal(state);
    EXPECT_TRUE(make(journal, front));
    std::filesystem::remove_all(state);

    EXPECT_TRUE(make(journal, keys));

    EXPECT_EQ(JournalFile(state).history().undoable, std::vector{keys});
}

TEST_F(JournalFileTest, ATornLineIsTakenOffAndAnOldVersionTakenOver)
{
    std::filesystem::create_directory(state);
    std::ofstream(state + "/journal")
        << "usbroute-journal 3\nbegin move 0000:00:14.0 4:4:0 0:0:0 0 - - move keys to ehci\n"
           "end done\nbegin 0000:00";

    JournalFile journal(state);

    EXPECT_TRUE(journal.remark().empty());
    EXPECT_TRUE(text().starts_with("usbroute-journal 4\n"));
    EXPECT_EQ(journal.history().undoable, std::vector{keys});
    EXPECT_EQ(journal.history().unreadable, 0u);
}

TEST_F(JournalFileTest, IsItsOwnersAloneInADirectoryThatOthersCannotEnter)
{
    JournalFile journal(state);
    EXPECT_TRUE(make(journal, front));

    struct stat status{};
    ASSERT_EQ(::stat(state.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777u, 0700u);
    for (const auto& entry : std::filesystem::directory_iterator(state)) {
        ASSERT_EQ(::lstat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777u, 0600u) << entry.path();
    }
}

TEST_F(JournalFileTest, IsNotHeldUpByLocksOnWhatAnOlderVersionLeftOpenToAll)
{
    std::filesystem::create_directory(state);
    std::ofstream(state + "/journal") << "usbroute-journal 3\n";
    ::chmod((state + "/journal").c_str(), 0644);
    ::chmod(state.c_str(), 0755);
    const std::array strangers = {UniqueFd(::open((state + "/journal").c_str(), O_RDONLY | O_CLOEXEC)),
                                  UniqueFd(::open(state.c_str(), O_RDONLY | O_CLOEXEC))};
    for (const auto& fd : strangers) ASSERT_EQ(::flock(fd.get(), LOCK_EX | LOCK_NB), 0);

    JournalFile journal(state);

    EXPECT_TRUE(journal.lock());
    EXPECT_TRUE(make(journal, front));
    struct stat open_before{};
    struct stat now{};
    ASSERT_EQ(::fstat(strangers[0].get(), &open_before), 0);
    ASSERT_EQ(::stat((state + "/journal").c_str(), &now), 0);
    EXPECT_NE(open_before.st_ino, now.st_ino) << "who had it open reads on";
}

TEST_F(JournalFileTest, IsOpenedWhenTheLockIsFreeAndTellsWhatItHoldsBefore)
{
    EXPECT_TRUE([&] {
        JournalFile journal(state);
        return make(journal, front);
    }());
    LockFile other(state + "/change.lock");
    auto held = other.take(0ms);
    ASSERT_TRUE(held);

    JournalFile journal(state);
    const auto refused = journal.lock();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), "busy");
    EXPECT_EQ(journal.end_trial().error().code(), "busy");
    EXPECT_EQ(journal.history().undoable, std::vector{front});

    other.release().reset();
    EXPECT_TRUE(make(journal, keys));
    EXPECT_EQ(journal.history().undoable, (std::vector{front, keys}));
}

TEST_F(JournalFileTest, TakesOverTheJournalOfAnOlderVersionWithItsTrial)
{
    std::ofstream(room + "/journal") << "usbroute-journal 3\n"
                                     << apply::trial_line({.boot = "b", .deadline = 90s, .lasts = 30s})
                                     << "begin move 0000:00:14.0 1:1:0 0:0:0 0 control - move front to ehci\n"
                                     << apply::end_line(apply::Ending::done);
    ::chmod((room + "/journal").c_str(), 0644);

    JournalFile journal(state, room);

    ASSERT_TRUE(journal.history().trial) << text() << journal.remark();
    EXPECT_EQ(journal.history().undoable, std::vector{front});
    EXPECT_FALSE(std::filesystem::exists(room + "/journal"));
}

TEST_F(JournalFileTest, HoldsWhatAnotherProcessHasWrittenSinceItWasAsked)
{
    JournalFile ours(state);
    ASSERT_TRUE(make(ours, front));
    ASSERT_EQ(ours.history().undoable.size(), 1U);

    JournalFile theirs(state);
    ASSERT_TRUE(make(theirs, keys));
    EXPECT_EQ(ours.history().undoable.back().title, "move keys to ehci") << "a longer file";

    const auto before = text();
    const auto at = before.rfind("keys");
    ASSERT_NE(at, std::string::npos);
    std::fstream(state + "/journal", std::ios::in | std::ios::out).seekp(static_cast<long>(at)) << "door";
    EXPECT_EQ(ours.history().undoable.back().title, "move door to ehci") << "as long as before";

    std::ofstream(state + "/fresh") << apply::journal_header();
    std::filesystem::permissions(state + "/fresh", std::filesystem::perms::owner_read);
    std::filesystem::rename(state + "/fresh", state + "/journal");
    EXPECT_TRUE(ours.history().undoable.empty()) << "another file under the name";
}

TEST_F(JournalFileTest, SetsAsideWhatOthersCouldHaveWritten)
{
    std::filesystem::create_directory(state);
    std::ofstream(state + "/journal") << "usbroute-journal 3\n";
    ::chmod((state + "/journal").c_str(), 0666);

    JournalFile journal(state);

    EXPECT_NE(journal.remark().find("was set aside as"), std::string::npos) << journal.remark();
    EXPECT_TRUE(make(journal, keys));
    EXPECT_EQ(JournalFile(state).history().undoable, std::vector{keys});
}

} // namespace
} // namespace usbroute::linux_
