// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/listen.hpp"
#include "linux/notify.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace usbroute::linux_ {
namespace {

bool is_descriptor(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(Inherited, IsClosedButForTheStandardStreamsAndWhatIsWanted)
{
    const auto alone = [] {
        std::array<int, 100> opened{};
        for (auto& fd : opened) fd = ::dup(STDERR_FILENO);
        const int wanted = opened[20];
        const int wanted_too = opened[60];

        close_what_was_inherited({wanted_too, wanted, STDERR_FILENO});

        for (const int fd : opened)
            if (is_descriptor(fd) != (fd == wanted || fd == wanted_too)) ::_exit(1);
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            if (!is_descriptor(fd)) ::_exit(2);
        ::_exit(0);
    };

    EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

TEST(Inherited, AStandardStreamThatIsMissingIsNoneOfOurFilesLater)
{
    const auto alone = [] {
        ::close(STDIN_FILENO);
        ::close(STDERR_FILENO);

        close_what_was_inherited({});

        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            if (!is_descriptor(fd)) ::_exit(1);
        ::_exit(::open("/dev/null", O_RDONLY | O_CLOEXEC) > STDERR_FILENO ? 0 : 2);
    };

    EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

TEST(Inherited, WhatWasLeftWithTheServiceManagerComesBackByItsNameAndNothingElseDoes)
{
    const auto alone = [] {
        std::array<int, 2> pipe{};
        if (::pipe(pipe.data()) != 0) ::_exit(1);
        const int kept = ::fcntl(pipe[0], F_DUPFD, 100);
        const int other = ::fcntl(pipe[1], F_DUPFD, 100);
        ::dup2(other, 3); // does not listen
        ::dup2(kept, 4);
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", "2", 1);
        ::setenv("LISTEN_FDNAMES", "control:usbroute-hub", 1);

        const auto inherited = take_inherited("usbroute-hub");

        if (!inherited.sockets.empty() || inherited.kept.size() != 1) ::_exit(2);
        if (inherited.kept.front().get() != 4 || ::fcntl(4, F_GETFD) != FD_CLOEXEC) ::_exit(3);
        ::_exit(std::getenv("LISTEN_FDS") == nullptr ? 0 : 4);
    };

    EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

/// The service manager's place: its socket, and what is left there.
TEST(ServiceManager, IsLeftAFileUnderItsName)
{
    char directory[] = "/tmp/usbroute-notify-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    const auto path = std::string(directory) + "/notify";
    const UniqueFd heard(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(heard.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ServiceManager manager;
    ASSERT_TRUE(manager.is_there());
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const UniqueFd reading(pipe[0]);

    {
        const UniqueFd writing(pipe[1]);
        manager.keep("usbroute-hub", writing.get());
    }

    std::array<char, 128> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec part{.iov_base = text.data(), .iov_len = text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto got = ::recvmsg(heard.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    ASSERT_GT(got, 0);
    EXPECT_EQ(std::string_view(text.data(), static_cast<std::size_t>(got)), "FDSTORE=1\nFDNAME=usbroute-hub");
    ASSERT_NE(CMSG_FIRSTHDR(&message), nullptr);
    int passed = -1;
    std::memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof passed);
    const UniqueFd kept(passed);
    EXPECT_EQ(::write(kept.get(), "x", 1), 1); // it is the same pipe, and is still open
    char byte = 0;
    EXPECT_EQ(::read(reading.get(), &byte, 1), 1);

    manager.drop("usbroute-hub");
    const auto dropped = ::recv(heard.get(), text.data(), text.size(), MSG_DONTWAIT);
    EXPECT_EQ(std::string_view(text.data(), static_cast<std::size_t>(dropped)),
              "FDSTOREREMOVE=1\nFDNAME=usbroute-hub");
    ::unlink(path.c_str());
    ::rmdir(directory);
}

} // namespace
} // namespace usbroute::linux_
