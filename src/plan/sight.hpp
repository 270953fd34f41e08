// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "plan/refusal.hpp"
#include "topology/snapshot.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace usbroute::plan {

/// What a guest's line may be told of: the sockets that profiles give to the guest, as long as the host or the guest
/// itself has them, and those that it has; the profiles of the toggle round, which it may name. Nothing of other guests, and
/// nothing of what the host does with its devices.
struct Sight {
    GuestName guest;
    std::vector<std::string> sockets;
    std::vector<std::string> profiles;
    std::vector<std::string> lines; ///< listeners that speak for this guest

    [[nodiscard]] bool sees(std::string_view connector) const;
    /// "host", a side, the guest itself.
    [[nodiscard]] bool sees_owner(std::string_view owner) const;
    [[nodiscard]] bool sees_profile(std::string_view profile) const;
};

/// By what the configuration grants alone: for answers that name the owners themselves.
[[nodiscard]] Sight sight_of(const GuestName& guest, const config::Settings& settings);
/// By who has the sockets now.
[[nodiscard]] Sight sight_of(const GuestName& guest, const config::Settings& settings,
                             const topology::Snapshot& snapshot);

/// The refusal as a guest is told it: the same reason in general words, with no more of the host than the name of a socket
/// that the guest sees.
[[nodiscard]] Refusal in_general_words(const Refusal& refusal, const Sight& sight);

} // namespace usbroute::plan
