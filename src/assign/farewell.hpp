// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace usbroute::assign {

/// How far a guest is with letting go of a controller that it is asked for. It may never do so: QEMU knows no force but the end of
/// its guest.
enum class Farewell : std::uint8_t {
    none,    ///< it was not asked
    asked,   ///< it was asked, and has a moment to answer
    silent,  ///< the moment has passed: its firmware, or a system that hangs, does not answer
    refused, ///< it said no, or is busy with another hot-plug
    let_go,  ///< it has let go
    gone,    ///< its machine has ended, and with it what it had
};

/// What happens on the way.
enum class FarewellEvent : std::uint8_t {
    asked,   ///< device_del was taken
    no,      ///< the guest has said no (DEVICE_UNPLUG_GUEST_ERROR), or QEMU that it is busy
    quiet,   ///< the moment for an answer has passed
    deleted, ///< the object is gone (DEVICE_DELETED), or there was none
    ended,   ///< the guest's machine
};

/// What becomes of it. Whoever has let go, or has ended, does not come back; whoever was silent or said no can be asked again, and
/// may let go later by himself: at a reset of the machine, or when a system runs that answers.
[[nodiscard]] Farewell after(Farewell now, FarewellEvent event);

/// Whether the guest has it no longer. Nothing is bound to another driver before: the kernel would wait for QEMU without end.
[[nodiscard]] bool is_over(Farewell farewell);
/// Whether the guest was asked and has not answered yet.
[[nodiscard]] bool is_awaited(Farewell farewell);

/// "none", "asked", "silent", "refused", "let-go", "gone".
[[nodiscard]] std::string_view text_of(Farewell farewell);
[[nodiscard]] std::optional<Farewell> farewell_from(std::string_view word);

} // namespace usbroute::assign
