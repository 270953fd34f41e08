// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "linux/peer_process.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a daemon that starts must know of the guests of before, as text. Pure.
namespace usbroute::daemon {

struct RememberedProcess {
    GuestName guest;
    linux_::ProcessId id;
    bool is_started = false; ///< its `on_start` was applied, or there was none
    bool operator==(const RememberedProcess&) const = default;
};

struct GuestMemory {
    std::string boot; ///< as `linux_::this_boot` says it: no process outlives the kernel
    std::vector<RememberedProcess> processes;
    bool operator==(const GuestMemory&) const = default;
};

[[nodiscard]] std::string written(const GuestMemory& memory);
/// Nothing: that is not what `written` writes.
[[nodiscard]] std::optional<GuestMemory> read_guest_memory(std::string_view text);

} // namespace usbroute::daemon
