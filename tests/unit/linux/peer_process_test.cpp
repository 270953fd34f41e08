// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/fake_loop.hpp"
#include "fakes/state_directory.hpp"
#include "linux/connecting.hpp"
#include "linux/peer_process.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

using namespace std::chrono_literals;

/// A directory of its own with the place of a socket in it; gone afterwards.
struct Room {
    [[nodiscard]] UniqueFd bound_socket() const
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        return fd;
    }
    fakes::StateDirectory room;
    std::string directory = room.path();
    std::string path = directory + "/deep/line.sock";
};

TEST(PeerProcess, IsTheOneOnTheOtherSide)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);

    const auto peer = peer_process_of(ours.get());
    ASSERT_TRUE(peer && *peer);
    EXPECT_EQ((*peer)->id.number, ::getpid());
    EXPECT_GT((*peer)->id.start, 0u);
    EXPECT_FALSE((*peer)->command.empty());

    EXPECT_FALSE(is_hung_up(ours.get()));
    theirs = {};
    EXPECT_TRUE(is_hung_up(ours.get()));
}

TEST(PeerProcess, IsFoundAgainOnlyIfItIsTheSame)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);
    const auto id = (*peer_process_of(ours.get()))->id;

    EXPECT_TRUE(find_process(id)->has_value());
    EXPECT_FALSE(find_process({.number = id.number, .start = id.start + 1})->has_value());
    EXPECT_FALSE(find_process({.number = 0, .start = 1})->has_value());
    EXPECT_FALSE(find_process({.number = 0x7fffffff, .start = 1})->has_value());
}

TEST(PeerProcess, TellsWhenItEndsAlsoBeforeAnybodyHasAskedHow)
{
    const Room room;
    std::filesystem::create_directory(room.directory + "/deep");
    const auto listening = room.bound_socket();
    ASSERT_EQ(::listen(listening.get(), 1), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, room.path.data(), room.path.size());
        const int line = ::socket(AF_UNIX, SOCK_STREAM, 0);
        if (::connect(line, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) ::pause();
        ::_exit(1);
    }
    const UniqueFd line(::accept(listening.get(), nullptr, nullptr));
    const auto known = peer_process_of(line.get());
    ASSERT_TRUE(known && *known);
    EXPECT_EQ((*known)->id.number, child);
    pollfd end{.fd = (*known)->pidfd.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&end, 1, 0), 0);

    ::kill(child, SIGKILL);

    EXPECT_EQ(::poll(&end, 1, 5000), 1);
    EXPECT_TRUE(is_hung_up(line.get()));
    EXPECT_FALSE(find_process((*known)->id)->has_value());
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(find_process((*known)->id)->has_value());
}

TEST(PeerProcess, KnowsWhichBootThisIs)
{
    EXPECT_EQ(this_boot().size(), 36u);
    EXPECT_EQ(this_boot(), this_boot());
}

TEST(Connecting, WaitsForTheDirectoryForTheFileAndForWhoListens)
{
    const Room room;
    fakes::FakeLoop loop;
    int connections = 0;
    UniqueFd listening;
    Connecting connecting(loop, room.path, [&](const UniqueFd& fd) {
        ++connections;
        EXPECT_TRUE(fd.is_open());
    });

    connecting.begin();
    loop.advance(1h);
    EXPECT_EQ(loop.until_next_ring(), std::nullopt); // nothing ticks
    std::filesystem::create_directory(room.directory + "/deep");
    loop.advance(1h);
    EXPECT_EQ(loop.until_next_ring(), std::nullopt);
    listening = room.bound_socket();
    loop.advance(120ms);
    EXPECT_EQ(connections, 0);
    ASSERT_EQ(::listen(listening.get(), 1), 0);
    loop.advance(29ms); // tried after 50 ms and another 100
    EXPECT_EQ(connections, 0);
    loop.advance(1ms);

    EXPECT_EQ(connections, 1);
}

TEST(Connecting, ConnectsAgainWhenTheSocketIsMadeAnew)
{
    const Room room;
    fakes::FakeLoop loop;
    int connections = 0;
    std::filesystem::create_directory(room.directory + "/deep");
    UniqueFd listening = room.bound_socket();
    ASSERT_EQ(::listen(listening.get(), 1), 0);
    Connecting connecting(loop, room.path, [&](const UniqueFd&) { ++connections; });
    connecting.begin();
    ASSERT_EQ(connections, 1);

    listening = {}; // its file stays
    connecting.again();
    loop.advance(24h);
    EXPECT_EQ(connections, 1);
    EXPECT_EQ(loop.until_next_ring(), std::nullopt); // who begins to listen makes it anew
    std::filesystem::remove(room.path);
    listening = room.bound_socket();
    ASSERT_EQ(::listen(listening.get(), 1), 0);
    loop.settle();

    EXPECT_EQ(connections, 2);
}

} // namespace
} // namespace usbroute::linux_
