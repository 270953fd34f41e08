// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/host_device.hpp"
#include "attach/seen.hpp"
#include "config/settings.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What a plug brings about that is made into a socket of a guest whose machine does not run: `on_plug`. Pure.
namespace usbroute::plan {

/// A device that its guest would get if it ran.
struct Plugged {
    attach::HostDevice device;
    ConnectorName connector;
    GuestName guest;
    bool operator==(const Plugged&) const = default;
};

/// Guests of which nothing is known are taken to run, with every port free.
[[nodiscard]] attach::Seen as_if_guests_run(attach::Seen seen);

/// Of these devices, in their order, those that are in a guest's socket and that no guard keeps with the host. No hubs, which no
/// guest gets. `as_if`: the plan of a FollowRequest with `as_if_guests_run`.
[[nodiscard]] std::vector<Plugged> for_guests(const std::vector<attach::HostDevice>& devices,
                                              const Plan& as_if, const topology::Snapshot& snapshot,
                                              const config::Settings& settings);

/// Whether a guest's machine runs.
enum class Runs : std::uint8_t {
    yes, ///< or it stands still for a reason of its own: before its start, while it is moved elsewhere, after an error
    no,
    paused,
    asleep,
    unknown, ///< nobody can tell, or it comes or goes just now
};
[[nodiscard]] Runs runs(const attach::SeenGuest& guest);

/// What a plug is to bring about.
enum class PlugCalls : std::uint8_t { nothing, waiting, asking, resuming, starting };
[[nodiscard]] PlugCalls plug_calls(config::OnPlug on_plug, Runs runs);

/// What a person does to have the guest run: a command, or of a plain QEMU words.
[[nodiscard]] std::string to_have_it_run(const config::GuestSettings& guest, Runs runs);
/// For programs: "running", "off", "paused", "suspended", "unknown".
[[nodiscard]] std::string_view text_of(Runs runs);
/// "does not run", "is paused", "is asleep"
[[nodiscard]] std::string_view in_words(Runs runs);

} // namespace usbroute::plan
