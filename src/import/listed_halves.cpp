// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "import/draft.hpp"
#include "import/readers.hpp"

#include <algorithm>

namespace usbroute::import_ {

using topology::UsbPlace;

namespace {

/// Lists written by hand have both halves of a socket side by side.
bool are_side_by_side(const Origin& one, const Origin& other)
{
    return one.file == other.file &&
           (one.line > other.line ? one.line - other.line : other.line - one.line) <= 1;
}

/// A socket of the mux that can have one more half.
bool lacks_superspeed(const Draft& draft, const Slot& slot)
{
    return slot.spot.bit && !slot.superspeed && !draft.spots.connector(slot.spot).spec.superspeed;
}

void give_half(Draft& draft, Slot& slot, const Entry& entry, chips::SuperSpeedPort port)
{
    slot.superspeed = port;
    draft.say(
        entry.origin, Weight::warning,
        format(
            "assuming that SuperSpeed port {} is the other half of bit {}, because the file lists them side by side; run `usbroute map` to check",
            port.value, slot.spot.bit->value));
}

/// One half told, and the other guessed by equal numbers.
bool is_lone_guess(const Slot& slot)
{
    return !slot.spot.bit && slot.spot.added && !slot.spot.added_by.starts_with("firmware") &&
           slot.told.size() == 1 && slot.told.front().ports.size() == 1;
}

bool are_listed_halves(const Slot& one, const Slot& other)
{
    return is_lone_guess(one) && is_lone_guess(other) && !one.guest.empty() && one.guest == other.guest &&
           are_side_by_side(one.origin, other.origin) &&
           one.told.front().controller == other.told.front().controller &&
           one.told.front().superspeed != other.told.front().superspeed;
}

void join_halves(Draft& draft, Slot& one, Slot& other)
{
    draft.say(
        other.origin, Weight::warning,
        format(
            "assuming that {} and {} are the halves of one socket, because the file lists them side by side; the kernel guesses {} and {} from equal port numbers; run `usbroute map` to check",
            one.told.front().text(), other.told.front().text(), one.spot.added->text(),
            other.spot.added->text()));
    one.told.push_back(other.told.front());
    one.spot.places = one.told;
    std::ranges::sort(one.spot.places, {}, &UsbPlace::superspeed);
    one.spot.added.reset();
    other.told.clear();
}

/// Takes out sockets that became part of others, by index into which, and lets rules follow.
void drop_joined(Draft& draft, const std::map<std::size_t, std::size_t>& joined)
{
    std::vector<Slot> kept;
    std::vector<std::size_t> now(draft.slots.size());
    for (std::size_t i = 0; i < draft.slots.size(); ++i) {
        now[i] = kept.size();
        if (!joined.contains(i)) kept.push_back(std::move(draft.slots[i]));
    }
    draft.slots = std::move(kept);
    for (auto& rule : draft.rules)
        if (rule.slot) rule.slot = now[joined.contains(*rule.slot) ? joined.at(*rule.slot) : *rule.slot];
}

} // namespace

void take_unpaired(Draft& draft, const Entry& entry, chips::SuperSpeedPort port)
{
    for (auto& slot : draft.slots)
        if (slot.guest == entry.guest && are_side_by_side(slot.origin, entry.origin) &&
            lacks_superspeed(draft, slot))
            return give_half(draft, slot, entry, port);
    draft.unpaired.push_back({.entry = entry, .port = port});
}

void pair_with_unpaired(Draft& draft, Slot& slot, const Entry& entry)
{
    if (!lacks_superspeed(draft, slot)) return;
    for (auto half = draft.unpaired.begin(); half != draft.unpaired.end(); ++half)
        if (half->entry.guest == entry.guest && are_side_by_side(half->entry.origin, entry.origin)) {
            const auto told = std::move(*half);
            draft.unpaired.erase(half);
            return give_half(draft, slot, told.entry, told.port);
        }
}

void join_listed_halves(Draft& draft)
{
    std::map<std::size_t, std::size_t> joined; // into which
    for (std::size_t i = 0; i < draft.slots.size(); ++i)
        for (std::size_t k = i + 1; k < draft.slots.size(); ++k)
            if (are_listed_halves(draft.slots[i], draft.slots[k])) {
                join_halves(draft, draft.slots[i], draft.slots[k]);
                joined.emplace(k, i);
                break;
            }
    drop_joined(draft, joined);
}

void leave_unpaired(Draft& draft)
{
    for (const auto& half : draft.unpaired)
        draft.say(
            half.entry.origin, Weight::left,
            format(
                "{}: the firmware does not say which socket has SuperSpeed port {}; run `usbroute map` to find out",
                said(half.entry.socket ? half.entry.socket->said : std::string()), half.port.value));
}

} // namespace usbroute::import_
