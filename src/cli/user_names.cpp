// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/user_names.hpp"

#include <pwd.h>

namespace usbroute::cli {

report::NameOfUser names_of_users(const linux_::Locations& where)
{
    if (where.recorded && !where.socket_was_named) return {};
    return [](std::uint32_t user) {
        const auto* entry = ::getpwuid(user); // NOLINT(concurrency-mt-unsafe): this program has one thread
        return entry == nullptr ? std::string() : std::string(entry->pw_name);
    };
}

} // namespace usbroute::cli
