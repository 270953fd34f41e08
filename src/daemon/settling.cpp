// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/settling.hpp"

#include "route/mux.hpp"
#include "topology/connector.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

using std::chrono::milliseconds;

namespace {

/// Debounce, reset and enumeration take about a second (USB 2.0, 7.1.7.3), behind a hub longer. A guess with room.
constexpr milliseconds until_a_device_is_seen{3000};

std::optional<std::uint32_t> wires_of(const topology::Snapshot& snapshot)
{
    const auto mux = route::find_mux(snapshot);
    if (!mux || mux->bits == nullptr) return std::nullopt;
    return mux->bits->usb2_owner;
}

} // namespace

milliseconds Settling::left(const topology::Snapshot& snapshot, milliseconds now)
{
    const auto wires = wires_of(snapshot);
    if (std::exchange(wires_, wires) != wires) since_ = now;
    return std::max(since_ + until_a_device_is_seen - now, milliseconds(0));
}

void Settling::moved_by_us(const topology::Snapshot& snapshot) { wires_ = wires_of(snapshot); }

} // namespace usbroute::daemon
