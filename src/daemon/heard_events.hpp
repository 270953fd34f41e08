// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <set>
#include <span>

namespace usbroute::daemon {

/// The numbers of the kernel's events that were heard, kept until what they tell of is known.
///
/// Events of other subsystems are counted and not heard, so a gap says nothing; where there is none, nothing has happened that was
/// not heard.
class HeardEvents {
public:
    /// In any order. Of more than 4096 that are kept all are forgotten, which costs a comparison of the kernel's lists.
    void add(std::span<const std::uint64_t> numbers);
    /// The highest number such that every event after number `count`, up to it, was heard; `count` where the next one was not.
    [[nodiscard]] std::uint64_t unbroken_after(std::uint64_t count) const;
    void forget_up_to(std::uint64_t count);

private:
    std::set<std::uint64_t> numbers_;
};

} // namespace usbroute::daemon
