// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What versions 2 and 3 of the journal wrote. Only read; to be taken out when nobody upgrades from 0.1 any more.

#include "apply/journal_lines.hpp"
#include "base/text.hpp"
#include "route/words.hpp"

#include <utility>

namespace usbroute::apply::lines {

using plan::Change;
using plan::ChangeKind;
using topology::Key;

namespace {

constexpr std::string_view may_go_word = "may-go";

/// Some bits of one register as version 3 wrote them, "MASK:BEFORE:AFTER".
struct BitChange {
    std::uint32_t mask = 0;
    std::uint32_t before = 0;
    std::uint32_t after = 0;
};

std::optional<BitChange> bit_change_from(std::string_view text)
{
    const auto parts = split(text, ':');
    if (parts.size() != 3) return std::nullopt;
    const auto mask = parse_hex(parts[0]);
    const auto before = parse_hex(parts[1]);
    const auto after = parse_hex(parts[2]);
    if (!mask || !before || !after || ((*before | *after) & ~*mask) != 0) return std::nullopt;
    return BitChange{.mask = *mask, .before = *before, .after = *after};
}

/// "host:8,windows:3", whose the bits were; false: it is no such list.
bool take_owners(std::string_view text, Change& change)
{
    if (text == nothing) return true;
    for (const auto part : split(text, ',')) {
        const auto colon = part.rfind(':');
        if (colon == std::string_view::npos) return false;
        const auto bits = parse_hex(part.substr(colon + 1));
        if (!bits || !is_plain_name(part.substr(0, colon))) return false;
        for (auto& shift : change.shifts)
            if (std::holds_alternative<chips::MuxBit>(shift.key) && (route::mask_of(shift.key) & *bits) != 0)
                shift.owner_before = part.substr(0, colon);
    }
    return true;
}

void take_bits(const BitChange& bits, const Key& key, std::uint32_t may_go, Change& change)
{
    const auto mask = route::mask_of(key);
    if ((bits.mask & mask) == 0) return;
    const auto word = [&](std::uint32_t value) {
        return route::word_of(key, {.usb2_owner = value, .superspeed_on = value});
    };
    change.set({.key = key,
                .from = word(bits.before),
                .to = word(bits.after),
                .keyboard_may_go = (may_go & mask) != 0});
}

/// Titles of version 2 all began with a verb of ours.
ChangeKind kind_of_title(std::string_view title)
{
    for (const auto kind : {ChangeKind::undo, ChangeKind::restore, ChangeKind::revert})
        if (title.starts_with(word_of(kind)) && title.substr(word_of(kind).size()).starts_with(' '))
            return kind;
    return ChangeKind::move;
}

} // namespace

std::optional<std::uint32_t> may_go_from(const Fields& fields)
{
    if (fields.size() != 2 || fields[0] != may_go_word) return std::nullopt;
    return parse_hex(fields[1]);
}

std::optional<Entry> entry_of_bits(Fields fields, Version version, std::uint32_t may_go)
{
    constexpr std::size_t title_at = 8;
    constexpr std::uint8_t register_bits = 32;
    if (version == Version::two && !fields.empty())
        fields.insert(fields.begin() + 1, word_of(ChangeKind::move));
    if (fields.size() < title_at) return std::nullopt;
    const auto kind = kind_from(fields[1]);
    const auto address = PciAddress::parse(fields[2]);
    const auto usb2 = bit_change_from(fields[3]);
    const auto superspeed = bit_change_from(fields[4]);
    auto stamp = stamp_from(fields[5], fields[6]);
    if (!kind || !address || !usb2 || !superspeed || !stamp) return std::nullopt;
    Change change{.controller = *address, .title = title_from(fields, title_at), .kind = *kind};
    for (std::uint8_t i = 0; i < register_bits; ++i) {
        take_bits(*usb2, chips::MuxBit{i}, may_go, change);
        take_bits(*superspeed, chips::SuperSpeedPort{static_cast<std::uint8_t>(i + 1)}, 0, change);
    }
    if (version == Version::two) change.kind = kind_of_title(change.title);
    if (!take_owners(fields[7], change)) return std::nullopt;
    return Entry{.change = std::move(change), .stamp = std::move(*stamp)};
}

} // namespace usbroute::apply::lines
