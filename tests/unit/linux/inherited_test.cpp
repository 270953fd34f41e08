// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/listen.hpp"

#include <gtest/gtest.h>

#include <array>

#include <fcntl.h>
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

} // namespace
} // namespace usbroute::linux_
