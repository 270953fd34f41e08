// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/reopening.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/fake_loop.hpp"
#include "fakes/few_descriptors.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::daemon {
namespace {

using namespace std::chrono_literals;

constexpr uid_t a_stranger = 65534;

/// usbroute-reopen's place: what it would connect, send and hear.
class Handing {
public:
    explicit Handing(const std::string& path) : line_(*linux_::connect_for_passing(path)) {}
    void pass(std::string_view text)
    {
        const linux_::UniqueFd file(::open("/dev/null", O_RDWR | O_CLOEXEC));
        EXPECT_TRUE(linux_::pass(line_.get(), text, file.get()));
    }
    void say(std::string_view text) { EXPECT_TRUE(linux_::answer_passed(line_.get(), text)); }
    /// "nothing yet"; "end": it was hung up.
    std::string hear()
    {
        std::array<char, 512> bytes{};
        const auto got = ::recv(line_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0) return "nothing yet";
        return got == 0 ? "end" : std::string(bytes.data(), static_cast<std::size_t>(got));
    }

private:
    linux_::UniqueFd line_;
};

class ReopeningTest : public testing::Test {
protected:
    ReopeningTest()
    {
        EXPECT_TRUE(reopening->begin());
        is_root = ::geteuid() == 0;
    }
    std::string told() { return std::exchange(said, {}); }

    fakes::StateDirectory directory;
    std::string path = directory.path() + std::string(reopening_socket);
    fakes::FakeLoop loop;
    bool is_root = false;
    std::string said;
    std::optional<Error> refusal; ///< of who adopts
    std::optional<Reopening> reopening{
        std::in_place, loop, directory.path(),
        [this](const PciAddress& address, linux_::UniqueFd fd) -> Result<void> {
            EXPECT_TRUE(fd.is_open());
            said += "adopt " + address.text() + " ";
            if (refusal) return std::unexpected(*refusal);
            return {};
        },
        [this] { said += "taken "; }};
};

TEST_F(ReopeningTest, TakesWhatRootHandsOverAndSaysSo)
{
    if (!is_root) GTEST_SKIP() << "only root may hand over registers";
    Handing root(path);
    loop.settle();
    root.pass("registers 0000:00:14.0");

    loop.settle();

    EXPECT_EQ(told(), "adopt 0000:00:14.0 taken ");
    EXPECT_EQ(root.hear(), "ok");
    EXPECT_EQ(root.hear(), "end");
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
}

TEST_F(ReopeningTest, SaysWhyWhatWasHandedOverIsNotTaken)
{
    if (!is_root) GTEST_SKIP() << "only root may hand over registers";
    refusal = Error(ErrorKind::failed, "that is no configuration space");
    Handing root(path);
    root.pass("registers 0000:00:14.0");

    loop.settle();

    EXPECT_EQ(told(), "adopt 0000:00:14.0 ");
    EXPECT_EQ(root.hear(), "error that is no configuration space");
    EXPECT_EQ(root.hear(), "end");
}

TEST_F(ReopeningTest, WithoutAnAddressOrWithoutAFileNothingIsTaken)
{
    if (!is_root) GTEST_SKIP() << "only root may hand over registers";
    constexpr auto what_to_say = "error say: registers ADDRESS, with the open configuration space";
    Handing without_address(path);
    without_address.pass("registers of the controller");
    loop.settle();
    EXPECT_EQ(without_address.hear(), what_to_say);

    Handing without_file(path);
    without_file.say("registers 0000:00:14.0");
    loop.settle();
    EXPECT_EQ(without_file.hear(), what_to_say);

    EXPECT_EQ(told(), "");
}

TEST_F(ReopeningTest, OneThatIsSilentKeepsTheNextWaitingForTwoSecondsAtMost)
{
    if (!is_root) GTEST_SKIP() << "only root may hand over registers";
    Handing silent(path);
    Handing next(path);
    next.pass("registers 0000:00:14.0");
    loop.advance(1999ms);
    EXPECT_EQ(next.hear(), "nothing yet");

    loop.advance(1ms);

    EXPECT_EQ(silent.hear(), "end");
    EXPECT_EQ(next.hear(), "ok");
    EXPECT_EQ(told(), "adopt 0000:00:14.0 taken ");
}

TEST_F(ReopeningTest, OneThatHangsUpKeepsNobodyWaiting)
{
    if (!is_root) GTEST_SKIP() << "only root may hand over registers";
    {
        const Handing gone(path);
        loop.settle();
    }
    Handing next(path);
    next.pass("registers 0000:00:14.0");

    loop.settle();

    EXPECT_EQ(next.hear(), "ok");
}

TEST_F(ReopeningTest, WhoIsNotRootIsTurnedAway)
{
    if (!is_root) GTEST_SKIP() << "needs root, to become somebody else";
    ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
    ASSERT_EQ(::seteuid(a_stranger), 0);
    Handing stranger(path);
    ASSERT_EQ(::seteuid(0), 0);

    loop.settle();

    EXPECT_EQ(told(), "");
    EXPECT_EQ(stranger.hear(), "error only root may hand over registers");
}

TEST_F(ReopeningTest, AClientForWhichNoDescriptorIsLeftWakesNobodyAndIsServedLater)
{
    if (!fakes::can_have_none_left()) GTEST_SKIP() << "the sanitizer opens files of its own";
    if (!is_root) GTEST_SKIP() << "only root may hand over registers";
    Handing root(path);
    root.pass("registers 0000:00:14.0");
    {
        const fakes::FewDescriptors none(0);
        loop.advance(1999ms);
    }
    EXPECT_EQ(root.hear(), "nothing yet");

    loop.advance(1ms);

    EXPECT_EQ(root.hear(), "ok");
}

TEST_F(ReopeningTest, SaysWhyItCannotListen)
{
    Reopening nowhere(
        loop, directory.path() + "/not-there",
        [](const PciAddress&, linux_::UniqueFd) -> Result<void> { return {}; }, [] {});
    EXPECT_FALSE(nowhere.begin());

    loop.is_full = true;
    fakes::StateDirectory other;
    Reopening deaf(
        loop, other.path(), [](const PciAddress&, linux_::UniqueFd) -> Result<void> { return {}; }, [] {});
    EXPECT_FALSE(deaf.begin());
}

TEST_F(ReopeningTest, OneThatCannotBeWatchedIsHungUpAndTheNextIsServed)
{
    if (!is_root) GTEST_SKIP() << "only root may hand over registers";
    Handing unwatched(path);
    loop.is_full = true;
    loop.settle();
    EXPECT_EQ(unwatched.hear(), "end");

    loop.is_full = false;
    Handing next(path);
    next.pass("registers 0000:00:14.0");
    loop.settle();

    EXPECT_EQ(next.hear(), "ok");
}

TEST_F(ReopeningTest, TakesItsSocketAwayWhenItEnds)
{
    ASSERT_TRUE(std::filesystem::exists(path));

    reopening.reset();

    EXPECT_FALSE(std::filesystem::exists(path));
}

} // namespace
} // namespace usbroute::daemon
