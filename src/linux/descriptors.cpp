// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/descriptors.hpp"

#include "linux/unique_fd.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <sys/resource.h>

namespace usbroute::linux_ {

namespace {

constexpr std::size_t most = 64;

} // namespace

bool can_open(std::size_t count)
{
    std::array<UniqueFd, most> tried;
    for (std::size_t i = 0; i < std::min(count, most); ++i) {
        auto& fd = tried.at(i);
        fd = UniqueFd(i == 0 ? ::open("/", O_PATH | O_CLOEXEC)
                             : ::fcntl(tried.front().get(), F_DUPFD_CLOEXEC, 0));
        if (!fd.is_open()) return false;
    }
    return true;
}

bool can_open_beside(int newest, std::size_t count)
{
    // The kernel gives the lowest number that is free, and there are never many above it.
    constexpr rlim_t far_from_the_end = 256;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        static_cast<rlim_t>(newest) + far_from_the_end < limit.rlim_cur)
        return true;
    return can_open(count);
}

} // namespace usbroute::linux_
