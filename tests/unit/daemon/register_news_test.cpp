// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/register_news.hpp"
#include "fakes/daemon_room.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace usbroute::daemon {
namespace {

class RegisterNewsTest : public testing::Test, protected fakes::DaemonRoom {
protected:
    void look()
    {
        machine.take(board);
        news.look_again();
    }
    void look_without_xhci()
    {
        machine.take({});
        news.look_again();
    }
    std::string called() { return std::exchange(calls, {}); }

    std::string calls;
    bool can_recover = true;
    RegisterNews news{machine,
                      [this] {
                          calls += "recover ";
                          return can_recover;
                      },
                      [this] { calls += "begin "; }};
};

TEST_F(RegisterNewsTest, AChangeThatWasCutShortIsEndedBeforeAnythingElseBeginsAndOnce)
{
    EXPECT_FALSE(news.can_read());

    look();
    look();

    EXPECT_EQ(called(), "recover begin ");
    EXPECT_TRUE(news.can_read());
}

TEST_F(RegisterNewsTest, WhileAnotherProcessHoldsTheLockNothingBegins)
{
    can_recover = false;
    look();
    look();
    EXPECT_EQ(called(), "recover recover ");
    EXPECT_FALSE(news.can_read());

    can_recover = true;
    look();

    EXPECT_EQ(called(), "recover begin ");
    EXPECT_TRUE(news.can_read());
}

TEST_F(RegisterNewsTest, AMachineWithoutAnXhciBeginsAndRecoversWhenThereIsOne)
{
    look_without_xhci();
    EXPECT_EQ(called(), "recover begin ");

    look();
    EXPECT_EQ(called(), "recover ");
    look_without_xhci();
    look();

    EXPECT_EQ(called(), "recover ");
}

} // namespace
} // namespace usbroute::daemon
