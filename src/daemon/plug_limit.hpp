// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace usbroute::daemon {

/// How often plugs may start one guest or let it go on, so that a loose cable does not do so for ever: `most` times within
/// `within`. Then no more, until no plug has come for `within`, or until somebody lifts it. Pure.
class PlugLimit {
public:
    using Time = std::chrono::milliseconds; ///< of the loop's clock
    static constexpr std::size_t most = 3;
    static constexpr Time within = std::chrono::minutes(10);

    /// A plug wants to. True: it may, and counts.
    [[nodiscard]] bool admit(Time now)
    {
        if (is_reached_ && now - last_ >= within) lift();
        last_ = now;
        std::erase_if(times_, [&](Time at) { return now - at >= within; });
        is_reached_ = is_reached_ || times_.size() >= most;
        if (!is_reached_) times_.push_back(now);
        return !is_reached_;
    }
    void lift()
    {
        times_.clear();
        is_reached_ = false;
    }
    [[nodiscard]] bool is_reached(Time now) const { return is_reached_ && now - last_ < within; }

private:
    std::vector<Time> times_;
    Time last_{};
    bool is_reached_ = false;
};

} // namespace usbroute::daemon
