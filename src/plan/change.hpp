// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "topology/connector.hpp"
#include "topology/key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::plan {

using topology::Key;
using topology::Word;

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

/// One key that goes from one place to another.
struct Shift {
    Key key;
    Word from;
    Word to;
    /// Whose it was, one word as status prints it; empty: not known, or it is no socket of its own.
    std::string owner_before = {};
    /// A profile lets it go with the host's last keyboard: it may be brought there again when nobody asks. What a person
    /// said yes to was for that moment.
    bool keyboard_may_go = false;
    bool operator==(const Shift&) const = default;
};

/// What a plan does, without the reasons: enough to undo it, or to name the state that an interrupted one left.
struct Change {
    PciAddress controller;          ///< of the mux, whose keys these are
    std::vector<Shift> shifts = {}; ///< by key
    std::string title = {};         ///< "toggle to desk-in-windows"
    ChangeKind kind = ChangeKind::move;
    std::optional<ProfileName> profile = {}; ///< it puts this one in force

    /// `topology::Snapshot::applied` after it.
    [[nodiscard]] std::optional<ProfileName>
    applied_after(const std::optional<ProfileName>& applied_before) const;
    [[nodiscard]] const Shift* of(const Key& key) const;
    /// Adds a shift, or replaces that of the same key.
    void set(Shift shift);
    /// An undo of it.
    [[nodiscard]] Change inverse() const;
    /// What this change and a later one come to together.
    [[nodiscard]] Change followed_by(const Change& later) const;
    /// Without what is after it as it was before it.
    [[nodiscard]] Change net() const;
    /// Without what another change moves.
    [[nodiscard]] Change without(const Change& other) const;
    /// What of it is this connector.
    [[nodiscard]] Change part_of(const topology::ConnectorSpec& connector) const;
    /// What a profile lets go is said of what stands, and of no way back.
    void forget_what_may_go();
    /// That of a connector's wires, or of what is plugged into it; null: it moves neither.
    [[nodiscard]] const Shift* main_shift(const topology::ConnectorSpec& connector) const;
    [[nodiscard]] bool moves(const topology::ConnectorSpec& connector) const
    {
        return main_shift(connector) != nullptr;
    }
    /// Moves a half of this connector, or both.
    [[nodiscard]] bool touches(const topology::ConnectorSpec& connector) const;
    /// Where the connector was before it; nothing: it does not move that one's wires.
    [[nodiscard]] std::optional<topology::SeatId> seat_before(const topology::ConnectorSpec& connector) const;
    [[nodiscard]] bool is_empty() const { return shifts.empty(); }
    /// Where everything was before it, and shall be after it.
    [[nodiscard]] std::vector<topology::Placed> before() const;
    [[nodiscard]] std::vector<topology::Placed> after() const;
    bool operator==(const Change&) const = default;
};

/// Whom places are for that no mux reaches, once a change has been carried out: those that are not the host's, by key.
[[nodiscard]] std::vector<topology::Placed> assigned_after(std::vector<topology::Placed> assigned,
                                                           const Change& change);

} // namespace usbroute::plan
