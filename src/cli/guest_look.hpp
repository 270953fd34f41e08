// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "linux/locations.hpp"
#include "plan/handover.hpp"

namespace usbroute::cli {

/// One look at the machine, as far as guests and their controllers matter.
struct GuestLook {
    topology::Snapshot snapshot;
    topology::HandoverLook look;
    topology::HostUse use;
    topology::HolderLook holders;

    [[nodiscard]] plan::HandoverSituation with(const config::Settings& settings) const
    {
        return {.snapshot = snapshot, .look = look, .settings = settings, .use = use, .holders = holders};
    }
};

/// What is in use besides disks and keyboards matters only where something is about to leave.
[[nodiscard]] GuestLook look_at_guests(const linux_::Locations& where,
                                       const topology::UseParts& parts = {.disks = true, .inputs = true});

} // namespace usbroute::cli
