// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "cli/options.hpp"
#include "config/settings.hpp"
#include "linux/locations.hpp"

/// The verbs of `usbroute guest`, a function each. They print, and return the exit code.
namespace usbroute::cli {

/// What a verb of `usbroute guest` works with.
struct GuestCall {
    const Invocation& invocation;
    const linux_::Locations& where;
    const config::Settings& settings;
    /// The guest that was named, or the only one; null for a verb that wants none, and with --boot.
    const config::GuestSettings* guest = nullptr;
};

[[nodiscard]] int run_guest_list(const GuestCall& call);
[[nodiscard]] int run_guest_show(const GuestCall& call);
[[nodiscard]] int run_guest_lines(const GuestCall& call);
[[nodiscard]] int run_guest_setup(const GuestCall& call);
[[nodiscard]] int run_guest_bind(const GuestCall& call);
[[nodiscard]] int run_guest_release(const GuestCall& call);
[[nodiscard]] int run_guest_assign(const GuestCall& call);
[[nodiscard]] int run_guest_unassign(const GuestCall& call);

} // namespace usbroute::cli
