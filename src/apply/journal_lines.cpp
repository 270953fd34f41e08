// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/journal_lines.hpp"

#include "attach/seats.hpp"
#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "route/words.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

namespace usbroute::apply::lines {

using plan::Change;
using plan::ChangeKind;
using plan::Shift;

namespace {

/// At the end of a shift: `Shift::keyboard_may_go`.
constexpr char may_go_sign = '!';
/// Stands for a space in what must be one word; no name has it.
constexpr char for_space = '~';
/// The mux has fewer, and nobody has so many controllers.
constexpr std::size_t most_shifts = 64;

constexpr std::array<std::pair<std::string_view, ChangeKind>, 6> kind_words = {
    {{"move", ChangeKind::move},
     {"undo", ChangeKind::undo},
     {"restore", ChangeKind::restore},
     {"revert", ChangeKind::revert},
     {"come-home", ChangeKind::come_home},
     {"start", ChangeKind::start}}};

/// "bit3:ehci>xhci=host", for each key: where it was, where it went, and whose it was where that is known.
std::string text_of(const std::vector<Shift>& shifts)
{
    std::string text;
    for (const auto& shift : shifts) {
        if (!text.empty()) text += ',';
        text += topology::text_of(shift.key) + ":" + shift.from + ">" + shift.to;
        if (!shift.owner_before.empty()) text += "=" + shift.owner_before;
        if (shift.keyboard_may_go) text += may_go_sign;
    }
    return text.empty() ? std::string(nothing) : text;
}

/// Both halves of a text at the first of a sign; nothing: it is not there.
std::optional<std::pair<std::string_view, std::string_view>> halves(std::string_view text, char sign)
{
    const auto at = text.find(sign);
    if (at == std::string_view::npos) return std::nullopt;
    return std::pair(text.substr(0, at), text.substr(at + 1));
}

bool is_word_of(const topology::Key& key, std::string_view word)
{
    return route::is_word_of(key, word) || attach::is_word_of(key, word);
}

std::optional<Shift> shift_from(std::string_view text)
{
    const bool may_go = text.ends_with(may_go_sign);
    if (may_go) text.remove_suffix(1);
    std::string_view owner;
    if (const auto owned = halves(text, '=')) {
        std::tie(text, owner) = *owned;
        if (!is_plain_name(owner)) return std::nullopt;
    }
    // From the end: an address has colons, too.
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto key = topology::key_from(text.substr(0, colon));
    const auto places = halves(text.substr(colon + 1), '>');
    if (!key || !places || !is_word_of(*key, places->first) || !is_word_of(*key, places->second))
        return std::nullopt;
    return Shift{.key = *key,
                 .from = std::string(places->first),
                 .to = std::string(places->second),
                 .owner_before = std::string(owner),
                 .keyboard_may_go = may_go};
}

std::optional<std::vector<Shift>> shifts_from(std::string_view text)
{
    std::vector<Shift> shifts;
    if (text == nothing) return shifts;
    for (const auto part : split(text, ',')) {
        auto shift = shift_from(part);
        const bool is_next = shift && (shifts.empty() || shifts.back().key < shift->key);
        if (!is_next || shifts.size() == most_shifts) return std::nullopt;
        shifts.push_back(std::move(*shift));
    }
    return shifts;
}

} // namespace

std::string one_word(std::string text)
{
    if (text.empty()) return std::string(nothing);
    std::ranges::replace(text, ' ', for_space);
    return text;
}

std::string settled(std::string_view text) { return printable(printable(text)); }

std::string from_one_word(std::string_view word)
{
    if (word == nothing) return {};
    auto text = settled(word);
    std::ranges::replace(text, for_space, ' ');
    return text;
}

std::optional<Stamp> stamp_from(std::string_view when, std::string_view who)
{
    const auto seconds = number_from<std::uint32_t>(when);
    if (!seconds) return std::nullopt;
    return Stamp{.when = std::chrono::sys_seconds(std::chrono::seconds(*seconds)), .who = from_one_word(who)};
}

std::string_view word_of(ChangeKind kind)
{
    for (const auto& [word, named] : kind_words)
        if (named == kind) return word;
    return word_of(ChangeKind::move); // what is never written down
}

std::optional<ChangeKind> kind_from(std::string_view word)
{
    for (const auto& [known, kind] : kind_words)
        if (known == word) return kind;
    return std::nullopt;
}

/// "move", or "move=desk" where it puts a profile in force.
std::string kind_and_profile(const Change& change)
{
    const std::string kind(word_of(change.kind));
    return change.profile ? kind + "=" + change.profile->text() : kind;
}

std::string title_from(const Fields& fields, std::size_t first)
{
    std::string title;
    for (std::size_t i = first; i < fields.size(); ++i) {
        if (i > first) title += ' ';
        title += fields[i];
    }
    return settled(title);
}

std::optional<Entry> entry_from(const Fields& fields)
{
    constexpr std::size_t title_at = 6;
    if (fields.size() < title_at) return std::nullopt;
    const auto put_in_force = halves(fields[1], '=');
    const auto kind = kind_from(put_in_force ? put_in_force->first : fields[1]);
    if (put_in_force && !is_plain_name(put_in_force->second)) return std::nullopt;
    const auto address = PciAddress::parse(fields[2]);
    auto stamp = stamp_from(fields[3], fields[4]);
    auto shifts = shifts_from(fields[5]);
    if (!kind || !address || !stamp || !shifts) return std::nullopt;
    Entry entry{.change = {.controller = *address,
                           .shifts = std::move(*shifts),
                           .title = title_from(fields, title_at),
                           .kind = *kind},
                .stamp = std::move(*stamp)};
    if (put_in_force) entry.change.profile.emplace(std::string(put_in_force->second));
    return entry;
}

std::string line_of(std::string_view first_word, const Change& change, const Stamp& stamp)
{
    // A wall clock may say anything, and the change has to be read back all the same.
    const auto when = std::clamp<std::int64_t>(stamp.when.time_since_epoch().count(), 0,
                                               std::numeric_limits<std::uint32_t>::max());
    return format("{} {} {} {} {} {} {}\n", first_word, kind_and_profile(change), change.controller.text(),
                  when, one_word(printable(stamp.who)), text_of(change.shifts), printable(change.title));
}

} // namespace usbroute::apply::lines
