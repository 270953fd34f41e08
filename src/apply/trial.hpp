// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/change.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace usbroute::apply {

/// When a trial ends if nobody confirms it.
struct TrialTerms {
    std::string boot; ///< the kernel's id of this boot: the time below means nothing in another
    /// By CLOCK_BOOTTIME: setting the wall clock does not move it, and time asleep counts.
    std::chrono::milliseconds deadline{};
    std::chrono::seconds lasts{}; ///< as it was asked for
    bool operator==(const TrialTerms&) const = default;
};

/// Changes that go back by themselves. A change during a trial joins it: back means to where the wires were before
/// the first of them, for only that state is known to be one that a person could work with.
struct Trial {
    TrialTerms terms;
    plan::Change way;         ///< all of it added up; its inverse is the way back
    std::size_t undoable = 0; ///< how many changes of it `undo` would take back one by one
    /// Its time is over, and `way` is what could not go back yet. What is changed from then on joins no more; who moves a
    /// socket of it by hand has decided about that socket.
    bool is_ending = false;
    /// It was ending once, also if it was given another end since: what is left of it may take the host's last keyboard no
    /// more.
    bool was_ending = false;

    /// An undo, or a move by hand, can have taken everything back: then there is nothing to try any more.
    [[nodiscard]] bool is_over() const { return way.is_empty(); }
    /// Adds a change that was carried out.
    void join(const plan::Change& change);
    /// The same for a change that stays out of it: what that moved goes back no more.
    void leave_out(const plan::Change& change);
    /// Its time is over, and only this is left to take back.
    void end_but_for(plan::Change rest);
    bool operator==(const Trial&) const = default;
};

} // namespace usbroute::apply
