// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "topology/handover.hpp"

#include <vector>

namespace usbroute::plan {

/// What is known of controllers that go whole into guests that run, and of those guests.
struct ControllersKnown {
    struct OfGuest {
        GuestName guest;
        assign::InGuest seen;
        bool operator==(const OfGuest&) const = default;
    };

    topology::HandoverLook look;
    bool can_bind = false;       ///< root's program that binds drivers is there
    std::vector<OfGuest> guests; ///< as of the last look at each; none of one that was not looked at yet
    bool operator==(const ControllersKnown&) const = default;

    [[nodiscard]] const assign::InGuest* of(const GuestName& guest) const
    {
        for (const auto& one : guests)
            if (one.guest == guest) return &one.seen;
        return nullptr;
    }
};

} // namespace usbroute::plan
