// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/unreadable.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace usbroute::plan {
namespace {

using topology::RegisterAccess;
using topology::Unreadable;

TEST(Unreadable, NamesTheRightsThatAreMissingAndWhatToDo)
{
    EXPECT_EQ(
        why_unreadable(Unreadable{}).in_one_line(),
        "the kernel shows only its first 64 bytes to a process without CAP_SYS_ADMIN; run it as root, or "
        "ask the daemon");
    EXPECT_EQ(why_unreadable({.access = RegisterAccess::not_handed}).in_one_line(),
              "usbrouted was not started as root, and nobody has handed it the registers; as root: "
              "usbroute-reopen; or start usbrouted as root");
    EXPECT_EQ(
        why_unreadable({.access = RegisterAccess::lost}).in_one_line(),
        "the controller was removed from the bus and came back, and usbrouted no longer has the rights to "
        "open it again; as root: usbroute-reopen; or restart usbrouted");
}

TEST(Unreadable, LeavesARemedyThatIsAGuessOutOfALine)
{
    const auto why = why_unreadable({.errno_value = EIO});

    EXPECT_EQ(why.in_one_line(), "Input/output error");
    EXPECT_EQ(why.remedy, "run it as root, or ask the daemon");
}

TEST(Unreadable, DoesNotSendAClientOfTheDaemonToTheDaemon)
{
    EXPECT_EQ(why_unreadable(Unreadable{}, Told::a_client).in_one_line(),
              "the kernel shows 64 bytes only, run the daemon as root");
    EXPECT_EQ(why_unreadable({.errno_value = EACCES}, Told::a_client).in_one_line(), "Permission denied");
}

} // namespace
} // namespace usbroute::plan
