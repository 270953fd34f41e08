// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "linux/unique_fd.hpp"

#include <fcntl.h>
#include <sys/resource.h>

namespace usbroute::fakes {

/// This process may open only so many more files, for as long as this lives.
class FewDescriptors {
public:
    explicit FewDescriptors(int left)
    {
        USBROUTE_CHECK(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const linux_::UniqueFd lowest(::open("/", O_PATH | O_CLOEXEC));
        rlimit few = before_;
        few.rlim_cur = static_cast<rlim_t>(lowest.get() + left);
        USBROUTE_CHECK(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    }
    ~FewDescriptors() { USBROUTE_CHECK(::setrlimit(RLIMIT_NOFILE, &before_) == 0); }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

private:
    rlimit before_{};
};

} // namespace usbroute::fakes
