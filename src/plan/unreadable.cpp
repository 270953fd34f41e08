// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/unreadable.hpp"

#include "base/format.hpp"
#include "base/result.hpp"

namespace usbroute::plan {

std::string WhyUnreadable::in_one_line() const
{
    return remedy.empty() || remedy_is_a_guess ? cause : format("{}; {}", cause, remedy);
}

WhyUnreadable why_unreadable(const topology::Unreadable& unreadable, Told told)
{
    using topology::RegisterAccess;
    switch (unreadable.access) {
    case RegisterAccess::lost:
        return {
            .cause =
                "the controller was removed from the bus and came back, and usbrouted no longer has the rights to open it again",
            .remedy = "as root: usbroute-reopen; or restart usbrouted"};
    case RegisterAccess::not_handed:
        return {.cause = "usbrouted was not started as root, and nobody has handed it the registers",
                .remedy = "as root: usbroute-reopen; or start usbrouted as root"};
    case RegisterAccess::own: break;
    }
    constexpr auto as_root = "run it as root, or ask the daemon";
    if (unreadable.errno_value != 0)
        return {.cause = errno_text(unreadable.errno_value), .remedy = as_root, .remedy_is_a_guess = true};
    if (told == Told::a_client)
        return {.cause = "the kernel shows 64 bytes only, run the daemon as root", .remedy = {}};
    return {.cause = "the kernel shows only its first 64 bytes to a process without CAP_SYS_ADMIN",
            .remedy = as_root};
}

} // namespace usbroute::plan
