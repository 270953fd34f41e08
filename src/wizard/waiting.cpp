// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wizard/waiting.hpp"

#include <algorithm>

#include <poll.h>

namespace usbroute::wizard {

using Clock = std::chrono::steady_clock;

void wait_for(observe::HintSource& hints, std::chrono::milliseconds longest,
              const std::function<bool()>& is_so)
{
    const auto end = Clock::now() + longest;
    while (!is_so()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0) return;
        const bool deaf = hints.fd() < 0;
        pollfd wanted{.fd = hints.fd(), .events = POLLIN, .revents = 0};
        (void)::poll(&wanted, deaf ? 0 : 1,
                     static_cast<int>(deaf ? std::min(left, blind_pause).count() : left.count()));
        (void)hints.drain();
    }
}

} // namespace usbroute::wizard
