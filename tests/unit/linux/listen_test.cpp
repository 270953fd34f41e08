// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/listen.hpp"

#include <gtest/gtest.h>

namespace usbroute::linux_ {
namespace {

TEST(GroupIn, FindsTheNumberOfTheWholeNameAlone)
{
    const std::string list = "root:x:0:\nusbroute-guest:x:7:\nusbroute:x:993:ann,ben\n";

    EXPECT_EQ(group_in(list, "usbroute"), gid_t{993});
    EXPECT_EQ(group_in(list, "root"), gid_t{0});
    EXPECT_EQ(group_in(list, "ann"), std::nullopt);
    EXPECT_EQ(group_in(list, "x"), std::nullopt);
}

TEST(GroupIn, PassesOverLinesThatAreNone)
{
    EXPECT_EQ(group_in("usbroute\nusbroute:x\nusbroute:x:many:\nusbroute:x:-1:\n+usbroute::5:\nusbroute:x:12",
                       "usbroute"),
              gid_t{12});
    EXPECT_EQ(group_in("", "usbroute"), std::nullopt);
}

} // namespace
} // namespace usbroute::linux_
