// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/change.hpp"

#include "base/groups.hpp"

namespace usbroute::plan {

namespace {

void add_owned(std::vector<OwnedBits>& all, const std::string& owner, std::uint32_t bits)
{
    if (bits == 0) return;
    group_with(all, &OwnedBits::owner, owner).bits |= bits;
}

} // namespace

Change Change::inverse() const
{
    const auto turned = [](const BitChange& change) {
        return BitChange{.mask = change.mask, .before = change.after, .after = change.before};
    };
    return {.controller = controller,
            .usb2 = turned(usb2),
            .superspeed = turned(superspeed),
            .title = "undo " + title,
            .kind = ChangeKind::undo};
}

Change Change::followed_by(const Change& later) const
{
    if (later.controller != controller) return later;
    const auto joined = [](const BitChange& first, const BitChange& second) {
        const auto keep = ~second.mask;
        const auto keep_before = ~first.mask;
        return BitChange{.mask = first.mask | second.mask,
                         .before = first.before | (second.before & keep_before),
                         .after = (first.after & keep) | second.after};
    };
    Change both{.controller = controller,
                .usb2 = joined(usb2, later.usb2),
                .superspeed = joined(superspeed, later.superspeed),
                .title = later.title,
                .owners_before = owners_before,
                .keyboards_may_go = (keyboards_may_go & ~later.usb2.mask) | later.keyboards_may_go,
                .kind = later.kind};
    for (const auto& owned : later.owners_before)
        add_owned(both.owners_before, owned.owner, owned.bits & ~usb2.mask);
    return both;
}

Change Change::net() const { return part(usb2.before ^ usb2.after, superspeed.before ^ superspeed.after); }

Change Change::part(std::uint32_t usb2_bits, std::uint32_t superspeed_bits) const
{
    const auto of = [](const BitChange& change, std::uint32_t bits) {
        const auto mask = change.mask & bits;
        return BitChange{.mask = mask, .before = change.before & mask, .after = change.after & mask};
    };
    Change left{.controller = controller,
                .usb2 = of(usb2, usb2_bits),
                .superspeed = of(superspeed, superspeed_bits),
                .title = title,
                .keyboards_may_go = keyboards_may_go & usb2.mask & usb2_bits,
                .kind = kind};
    for (const auto& owned : owners_before)
        add_owned(left.owners_before, owned.owner, owned.bits & left.usb2.mask);
    return left;
}

} // namespace usbroute::plan
