// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/spoken.hpp"

#include <gtest/gtest.h>

namespace usbroute::report {
namespace {

TEST(Spoken, AdviceIsInWhatItsReaderCanType)
{
    const std::string advice =
        "try it with a way back (revert-after=30s), say yes (yes=1), or force it by name: force-disk=sdb";
    const std::string trial = "rear-1 goes back to host in 30 s unless confirmed; say confirm to keep it";

    EXPECT_EQ(as_options(advice),
              "try it with a way back (--revert-after 30s), say yes (--yes), or force it by "
              "name: --force-disk sdb");
    EXPECT_EQ(as_keys(advice), "try it with a way back (t), say yes (y), or force it by name: usbroute move "
                               "--force-disk sdb");
    EXPECT_EQ(as_options(trial),
              "rear-1 goes back to host in 30 s unless confirmed; `usbroute confirm` keeps it");
    EXPECT_EQ(as_keys(trial), "rear-1 goes back to host in 30 s unless confirmed; c keeps it");
    EXPECT_EQ(as_options(R"(grant it: may = ["yes", "force-disk"])"),
              R"(grant it: may = ["yes", "force-disk"])");
}

} // namespace
} // namespace usbroute::report
