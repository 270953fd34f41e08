// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "linux/unique_fd.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#ifdef __has_feature
#if __has_feature(undefined_behavior_sanitizer)
#define USBROUTE_SANITIZER_NEEDS_DESCRIPTORS
#endif
#endif

namespace usbroute::fakes {

/// False: a sanitizer is built in that opens a pipe to look at the object of each virtual call, and takes an object for none
/// where it cannot.
constexpr bool can_have_none_left()
{
#ifdef USBROUTE_SANITIZER_NEEDS_DESCRIPTORS
    return false;
#else
    return true;
#endif
}

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
