// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "claims/server.hpp"

#include "linux/serving.hpp"

#include <unistd.h>

namespace usbroute::claims {

namespace {

constexpr int most_at_once = 4;
constexpr unsigned longest_answer = 10; // seconds, after which a process that still waits ends if it can

} // namespace

Error serve(const std::string& path, const std::string& user, const Answer& answer)
{
    return linux_::serve_each(path, user, most_at_once, [&](int client) {
        ::alarm(longest_answer);
        return talk(client, user, answer).has_value();
    });
}

} // namespace usbroute::claims
