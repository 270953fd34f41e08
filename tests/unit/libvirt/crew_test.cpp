// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/crew.hpp"
#include "linux/uv_loop.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>
#include <thread>

namespace usbroute::libvirt {
namespace {

TEST(Crew, DoesItsWorkElsewhereAndComesBackToTheLoop)
{
    linux_::UvLoop loop;
    const auto mailbox = Mailbox::make(loop);
    ASSERT_TRUE(mailbox);
    const auto crew = make_crew(**mailbox, 1);
    const auto here = std::this_thread::get_id();
    std::string worked; // the one thread's, until it has come back
    std::string came;

    crew->put([&] { worked += std::this_thread::get_id() == here ? "first here, " : "first, "; },
              [&] { came += std::this_thread::get_id() == here ? "first, " : "first elsewhere, "; });
    crew->put([&] { worked += "second"; },
              [&] {
                  came += "second";
                  loop.stop();
              });
    loop.run();

    EXPECT_EQ(worked, "first, second");
    EXPECT_EQ(came, "first, second");
}

TEST(Crew, GoesOnWhileOneOfItHangs)
{
    linux_::UvLoop loop;
    const auto mailbox = Mailbox::make(loop);
    ASSERT_TRUE(mailbox);
    const auto crew = make_crew(**mailbox, 2);
    const auto held = std::make_shared<std::latch>(1);
    int others = 0;
    bool has_come_back = false;

    crew->put([held] { held->wait(); },
              [&] {
                  has_come_back = true;
                  loop.stop();
              });
    for (int i = 0; i < 3; ++i)
        crew->put([] {},
                  [&] {
                      // The one that hangs is let go when all others have come back.
                      if (++others == 3) held->count_down();
                  });
    loop.run();

    EXPECT_EQ(others, 3);
    EXPECT_TRUE(has_come_back);
}

} // namespace
} // namespace usbroute::libvirt
