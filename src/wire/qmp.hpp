// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <string_view>

/// The little of QEMU's machine protocol that tells whether a guest's machine runs (QEMU, docs/interop/qmp-spec and
/// qapi/run-state.json).
namespace usbroute::wire {

/// What is sent once, after the greeting: no event comes before it.
inline constexpr std::string_view qmp_begin = "{\"execute\":\"qmp_capabilities\"}\n";

enum class QmpSaid : std::uint8_t {
    greeting,
    shut_down, ///< SHUTDOWN: the guest has switched itself off, or QEMU was told to end. A reboot is RESET
    running,   ///< RESUME: it runs, again or still
    otherwise, ///< anything else, also what is no JSON
};

[[nodiscard]] QmpSaid read_qmp_line(std::string_view line);

} // namespace usbroute::wire
