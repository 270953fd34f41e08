// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What a daemon that was taken over says to usbroute-bind, and what somebody in its place answers.

#include "wire/binding.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace usbroute;
    const std::string_view line(reinterpret_cast<const char*>(bytes), size);
    // One function, in one way to write it.
    if (const auto question = wire::read_bind_question(line))
        USBROUTE_CHECK(wire::to_line(*question) == line);
    if (const auto answer = wire::read_bind_answer(line)) {
        const auto again = wire::bind_answer(*answer);
        USBROUTE_CHECK(again.size() < wire::longest_bind_answer);
        USBROUTE_CHECK(
            std::ranges::none_of(again, [](char letter) { return letter == '\n' || letter == '\x1b'; }));
        const auto same = wire::read_bind_answer(again);
        USBROUTE_CHECK(same && same->has_value() == answer->has_value());
        USBROUTE_CHECK(*answer || (answer->error().code() == same->error().code() &&
                                   answer->error().kind() == same->error().kind()));
    }
    return 0;
}
