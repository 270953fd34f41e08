// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "plan/change.hpp"
#include "route/words.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Changes as bits of registers, for tests that say which bits they mean.
namespace usbroute::fakes {

/// Bits of one register, and what they are to be.
struct Bits {
    std::uint32_t mask = 0;
    std::uint32_t before = 0; ///< only bits of `mask`
    std::uint32_t after = 0;  ///< only bits of `mask`
    bool operator==(const Bits&) const = default;
};

struct OwnedBits {
    std::string owner;
    std::uint32_t bits = 0; ///< of XUSB2PR
};

struct BitwiseChange {
    PciAddress controller;
    Bits usb2;       ///< XUSB2PR
    Bits superspeed; ///< USB3_PSSEN
    std::string title;
    std::vector<OwnedBits> owners_before = {};
    std::uint32_t keyboards_may_go = 0; ///< bits of XUSB2PR
    plan::ChangeKind kind = plan::ChangeKind::move;

    operator plan::Change() const // NOLINT(google-explicit-constructor)
    {
        plan::Change change{.controller = controller, .title = title, .kind = kind};
        for (std::uint8_t i = 0; i < 32; ++i) {
            add(change, usb2, chips::MuxBit{i});
            add(change, superspeed, chips::SuperSpeedPort{static_cast<std::uint8_t>(i + 1)});
        }
        return change;
    }

private:
    void add(plan::Change& change, const Bits& bits, const plan::Key& key) const
    {
        const auto mask = route::mask_of(key);
        if ((bits.mask & mask) == 0) return;
        const auto word = [&](std::uint32_t value) {
            return route::word_of(key, {.usb2_owner = value, .superspeed_on = value});
        };
        plan::Shift shift{.key = key, .from = word(bits.before), .to = word(bits.after)};
        if (&bits == &usb2) {
            for (const auto& owned : owners_before)
                if ((owned.bits & mask) != 0) shift.owner_before = owned.owner;
            shift.keyboard_may_go = (keyboards_may_go & mask) != 0;
        }
        change.set(std::move(shift));
    }
};

inline Bits bits_of(const plan::Change& change, chips::RouteRegister target)
{
    Bits bits;
    for (const auto& shift : change.shifts) {
        if (route::register_of(shift.key) != target) continue;
        const auto mask = route::mask_of(shift.key);
        const auto is_set = [](const plan::Word& word) {
            return word == route::word_on || word == topology::text_of(topology::Side::xhci);
        };
        bits.mask |= mask;
        if (is_set(shift.from)) bits.before |= mask;
        if (is_set(shift.to)) bits.after |= mask;
    }
    return bits;
}

/// What of XUSB2PR a change moves.
inline Bits usb2(const plan::Change& change) { return bits_of(change, chips::RouteRegister::usb2_owner); }
/// What of USB3_PSSEN it switches.
inline Bits superspeed(const plan::Change& change)
{
    return bits_of(change, chips::RouteRegister::superspeed_on);
}
/// Bits of XUSB2PR whose keyboards a profile lets go.
inline std::uint32_t may_go(const plan::Change& change)
{
    std::uint32_t bits = 0;
    for (const auto& shift : change.shifts)
        if (shift.keyboard_may_go) bits |= route::mask_of(shift.key);
    return bits;
}

} // namespace usbroute::fakes
