// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "chips/registers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::plan {

/// What a change is made for. Undo, trials and restores treat each otherwise.
enum class ChangeKind : std::uint8_t {
    move,      ///< somebody asked: a move, a profile, a toggle
    undo,      ///< takes the last change back
    restore,   ///< brings back what somebody else has moved
    revert,    ///< takes a trial back
    come_home, ///< the sockets of a guest that is gone
    start,     ///< the profile of the boot
    recover,   ///< takes half a change back; never written down, for that one is open
};

/// Some bits of one register, and what they are to be.
struct BitChange {
    std::uint32_t mask = 0;
    std::uint32_t before = 0; ///< only bits of `mask`
    std::uint32_t after = 0;  ///< only bits of `mask`
    bool operator==(const BitChange&) const = default;
};

/// Whose sockets they were before a change: bits of XUSB2PR.
struct OwnedBits {
    std::string owner; ///< one word, as status prints it
    std::uint32_t bits = 0;
    bool operator==(const OwnedBits&) const = default;
};

/// What a plan does to the registers, without the reasons: enough to undo it, or to name the state that an
/// interrupted one left.
struct Change {
    PciAddress controller;
    BitChange usb2;       ///< XUSB2PR
    BitChange superspeed; ///< USB3_PSSEN
    std::string title;    ///< "toggle to desk-in-windows"
    /// One entry an owner; empty where it is not known, as in what an older version wrote.
    std::vector<OwnedBits> owners_before = {};
    /// Bits of XUSB2PR whose socket a profile lets go with the host's last keyboard: they may be brought there again
    /// when nobody asks. What a person said yes to was for that moment.
    std::uint32_t keyboards_may_go = 0;
    ChangeKind kind = ChangeKind::move;

    /// An undo of it.
    [[nodiscard]] Change inverse() const;
    /// What this change and a later one come to together.
    [[nodiscard]] Change followed_by(const Change& later) const;
    /// Without the bits that are after it as they were before it.
    [[nodiscard]] Change net() const;
    /// These bits of it alone.
    [[nodiscard]] Change part(std::uint32_t usb2_bits, std::uint32_t superspeed_bits) const;
    /// Whether it moves the USB 2 wires of this bit; a connector that has none is never moved.
    [[nodiscard]] bool moves(const std::optional<chips::MuxBit>& bit) const
    {
        return bit && (usb2.mask & bit->mask()) != 0;
    }
    [[nodiscard]] bool is_empty() const { return usb2.mask == 0 && superspeed.mask == 0; }
    bool operator==(const Change&) const = default;
};

} // namespace usbroute::plan
