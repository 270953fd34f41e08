// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/journal.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "route/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

namespace usbroute::apply {

using plan::Change;
using plan::ChangeKind;
using plan::Shift;
using topology::Key;

namespace {

constexpr std::string_view header = "usbroute-journal 4";
/// A change's shifts are bits of two registers.
constexpr std::string_view header_three = "usbroute-journal 3";
/// That of 0.1: a change's kind is how its title begins, too.
constexpr std::string_view header_two = "usbroute-journal 2";
constexpr std::string_view begin_word = "begin";
constexpr std::string_view standing_word = "standing";
constexpr std::string_view past_word = "past";         ///< done; says nothing of undo
constexpr std::string_view undoable_word = "undoable"; ///< done and told of by `past` already
constexpr std::string_view way_word = "way";
constexpr std::string_view rest_word = "rest"; ///< a way whose time is over
/// "may-go BITS", before a change or what stands: `Shift::keyboard_may_go` in version 3.
constexpr std::string_view may_go_word = "may-go";
/// The same at the end of a shift.
constexpr char may_go_sign = '!';
/// Before a change that stays out of the trial under way.
constexpr std::string_view apart_line = "apart";
constexpr std::string_view trial_word = "trial";
constexpr std::string_view nothing = "-";
/// Stands for a space in what must be one word; no name has it.
constexpr char for_space = '~';
/// The mux has fewer, and nobody has so many controllers.
constexpr std::size_t most_shifts = 64;
/// Beyond this, what has been done is thinned out while reading.
constexpr std::size_t most_done = 400;

enum class Version : std::uint8_t { two, three, four };

std::string one_word(std::string text)
{
    if (text.empty()) return std::string(nothing);
    std::ranges::replace(text, ' ', for_space);
    return text;
}

/// As it comes out however often it is written and read: the second time cuts what escapes have made longer.
std::string settled(std::string_view text) { return printable(printable(text)); }

std::string from_one_word(std::string_view word)
{
    if (word == nothing) return {};
    auto text = settled(word);
    std::ranges::replace(text, for_space, ' ');
    return text;
}

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
    if (!key || !places || !route::is_word_of(*key, places->first) ||
        !route::is_word_of(*key, places->second))
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

/// Whole text or nothing.
template <class Number> std::optional<Number> number_from(std::string_view text)
{
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<Stamp> stamp_from(std::string_view when, std::string_view who)
{
    const auto seconds = number_from<std::uint32_t>(when);
    if (!seconds) return std::nullopt;
    return Stamp{.when = std::chrono::sys_seconds(std::chrono::seconds(*seconds)), .who = from_one_word(who)};
}

/// The words of a line; the first one says what it tells of.
using Fields = std::vector<std::string_view>;

constexpr std::array<std::pair<std::string_view, ChangeKind>, 6> kind_words = {
    {{"move", ChangeKind::move},
     {"undo", ChangeKind::undo},
     {"restore", ChangeKind::restore},
     {"revert", ChangeKind::revert},
     {"come-home", ChangeKind::come_home},
     {"start", ChangeKind::start}}};

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

std::string title_from(const Fields& fields, std::size_t first)
{
    std::string title;
    for (std::size_t i = first; i < fields.size(); ++i) {
        if (i > first) title += ' ';
        title += fields[i];
    }
    return settled(title);
}

/// "WORD KIND CONTROLLER WHEN WHO SHIFTS TITLE"
std::optional<Entry> entry_from(const Fields& fields)
{
    constexpr std::size_t title_at = 6;
    if (fields.size() < title_at) return std::nullopt;
    const auto kind = kind_from(fields[1]);
    const auto address = PciAddress::parse(fields[2]);
    auto stamp = stamp_from(fields[3], fields[4]);
    auto shifts = shifts_from(fields[5]);
    if (!kind || !address || !stamp || !shifts) return std::nullopt;
    return Entry{.change = {.controller = *address,
                            .shifts = std::move(*shifts),
                            .title = title_from(fields, title_at),
                            .kind = *kind},
                 .stamp = std::move(*stamp)};
}

std::string line_of(std::string_view first_word, const Change& change, const Stamp& stamp)
{
    // A wall clock may say anything, and the change has to be read back all the same.
    const auto when = std::clamp<std::int64_t>(stamp.when.time_since_epoch().count(), 0,
                                               std::numeric_limits<std::uint32_t>::max());
    return format("{} {} {} {} {} {} {}\n", first_word, word_of(change.kind), change.controller.text(), when,
                  one_word(printable(stamp.who)), text_of(change.shifts), printable(change.title));
}

std::optional<std::uint32_t> may_go_from(const Fields& fields)
{
    if (fields.size() != 2 || fields[0] != may_go_word) return std::nullopt;
    return parse_hex(fields[1]);
}

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

/// "WORD KIND CONTROLLER XUSB2PR USB3_PSSEN WHEN WHO OWNERS TITLE": an entry of version 3; version 2 had no KIND.
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

/// "trial BOOT DEADLINE LASTS [UNDOABLE]"
std::optional<Trial> trial_from(const Fields& fields)
{
    if (fields.size() < 4 || fields.size() > 5 || fields[0] != trial_word) return std::nullopt;
    const auto deadline = number_from<std::int64_t>(fields[2]);
    const auto lasts = parse_decimal(fields[3]);
    const auto undoable = fields.size() == 5 ? parse_decimal(fields[4]) : 0;
    if (!deadline || *deadline < 0 || !lasts || !undoable || *undoable > remembered) return std::nullopt;
    return Trial{.terms = {.boot = from_one_word(fields[1]),
                           .deadline = std::chrono::milliseconds(*deadline),
                           .lasts = std::chrono::seconds(*lasts)},
                 .way = {},
                 .undoable = *undoable};
}

/// The last ones, and of each key the last change of it: `why` tells since when a socket is where it is.
void thin_out(std::vector<Entry>& done)
{
    std::vector<Entry> kept;
    std::set<Key> seen;
    for (std::size_t i = done.size(); i-- > 0;) {
        bool is_last_of_a_key = false;
        for (const auto& shift : done[i].change.shifts)
            is_last_of_a_key = seen.insert(shift.key).second || is_last_of_a_key;
        if (done.size() - i <= remembered || is_last_of_a_key) kept.push_back(std::move(done[i]));
    }
    std::ranges::reverse(kept);
    done = std::move(kept);
}

void forget_last(std::vector<Change>& undoable, std::size_t count)
{
    undoable.resize(undoable.size() - std::min(count, undoable.size()));
}

void remember_for_undo(History& history, const Change& change, bool is_apart)
{
    auto& undoable = history.undoable;
    if (change.kind == ChangeKind::restore) return;
    if (change.kind == ChangeKind::undo) return forget_last(undoable, 1);
    // Once its time is over, what a trial has left is taken back by the trial alone.
    if (change.kind == ChangeKind::revert)
        return forget_last(undoable, history.trial ? history.trial->undoable : 0);
    // What is on trial is undone first: it is what the trial's end takes off the list.
    const auto on_trial = is_apart && history.trial ? std::min(history.trial->undoable, undoable.size()) : 0;
    undoable.insert(undoable.end() - static_cast<std::ptrdiff_t>(on_trial), change);
    if (undoable.size() > remembered) undoable.erase(undoable.begin());
}

void remember(History& history, Entry entry)
{
    history.standing = history.standing ? history.standing->followed_by(entry.change) : entry.change;
    entry.change.forget_what_may_go();
    const bool is_apart = std::exchange(entry.stamp.stays_out, false);
    remember_for_undo(history, entry.change, is_apart);
    if (history.trial) {
        if (is_apart)
            history.trial->leave_out(entry.change);
        else
            history.trial->join(entry.change);
        // What is beyond the memory of undo is taken back by the trial's way alone.
        history.trial->undoable = std::min(history.trial->undoable, history.undoable.size());
        if (history.trial->is_over()) history.trial.reset();
    }
    history.done.push_back(std::move(entry));
    if (history.done.size() > most_done) thin_out(history.done);
}

/// A trial that is announced while one is under way gives it another end, and keeps the way back.
void announce(History& history, Trial trial)
{
    if (history.trial) {
        trial.way = std::move(history.trial->way);
        trial.undoable = std::max(trial.undoable, history.trial->undoable);
        trial.was_ending = history.trial->was_ending;
    }
    history.trial = std::move(trial);
}

void end_open(History& history, std::string_view line)
{
    if (line == "end done" && history.open)
        remember(history, {.change = std::move(*history.open), .stamp = std::move(history.open_stamp)});
    else if (history.trial && history.trial->is_over())
        history.trial.reset(); // its first change did not come about
    history.open.reset();
    history.open_stamp = {};
}

void end_trial_but_for(History& history, Change rest)
{
    forget_last(history.undoable, history.trial->undoable);
    history.trial->end_but_for(rest);
    history.trial->way.title = std::move(rest.title);
    if (history.trial->is_over()) history.trial.reset();
}

/// What was read so far, and what the line above says of the next.
struct Reader {
    History history;
    Version version = Version::four;
    std::uint32_t may_go = 0;
    bool is_apart = false;
};

/// One line of a change. False: it is none.
bool read_entry(Reader& reading, const Fields& fields)
{
    auto& history = reading.history;
    const auto word = fields.front();
    auto entry = reading.version == Version::four ? entry_from(fields)
                                                  : entry_of_bits(fields, reading.version, reading.may_go);
    if (!entry) return false;
    auto& change = entry->change;
    if (word == begin_word) {
        history.open = std::move(change);
        history.open_stamp = std::move(entry->stamp);
        history.open_stamp.stays_out = reading.is_apart;
        return true;
    }
    if (word == standing_word) {
        history.standing = std::move(change);
        return true;
    }
    change.forget_what_may_go();
    if (word == past_word) {
        history.done.push_back(std::move(*entry));
        if (history.done.size() > most_done) thin_out(history.done);
    } else if (word == undoable_word) {
        history.undoable.push_back(std::move(change));
        if (history.undoable.size() > remembered) history.undoable.erase(history.undoable.begin());
    } else if (word == way_word && history.trial) {
        history.trial->way = std::move(change);
    } else if (word == rest_word && history.trial) {
        end_trial_but_for(history, std::move(change));
    } else {
        return false;
    }
    return true;
}

void read_line(Reader& reading, std::string_view line)
{
    if (line.empty()) return;
    if (line == apart_line) {
        reading.is_apart = true;
        return;
    }
    auto& history = reading.history;
    const auto fields = words(line);
    if (const auto may_go = may_go_from(fields)) {
        reading.may_go = *may_go;
        return;
    }
    if (line == "end done" || line == "end undone" || line == "end half-way")
        end_open(history, line);
    else if (line == "trial-end")
        history.trial.reset();
    else if (auto trial = trial_from(fields))
        announce(history, std::move(*trial));
    else if (fields.empty() || !read_entry(reading, fields))
        ++history.unreadable;
    reading.may_go = 0;
    reading.is_apart = false;
}

} // namespace

std::string journal_header() { return std::string(header) + "\n"; }

std::string begin_line(const Change& change, const Stamp& stamp)
{
    return (stamp.stays_out ? format("{}\n", apart_line) : std::string()) +
           line_of(begin_word, change, stamp);
}

std::string standing_line(const Change& standing) { return line_of(standing_word, standing, {}); }

std::string trial_line(const TrialTerms& terms)
{
    return format("{} {} {} {}\n", trial_word, one_word(terms.boot), terms.deadline.count(),
                  terms.lasts.count());
}

std::string trial_rest_line(const Change& rest) { return line_of(rest_word, rest, {}); }

std::string trial_end_line() { return "trial-end\n"; }

std::string end_line(Ending ending)
{
    switch (ending) {
    case Ending::done: return "end done\n";
    case Ending::undone: return "end undone\n";
    case Ending::half_way: return "end half-way\n";
    }
    return "end half-way\n";
}

History read_history(std::string_view text)
{
    Reader reading;
    auto& history = reading.history;
    const auto lines = split(text, '\n');
    history.is_of_today = lines.front() == header;
    history.is_foreign =
        !text.empty() && !history.is_of_today && lines.front() != header_three && lines.front() != header_two;
    if (text.empty() || history.is_foreign) return history;
    reading.version = history.is_of_today             ? Version::four
                      : lines.front() == header_three ? Version::three
                                                      : Version::two;
    // The last piece has no newline: nothing, or a line that a crash cut.
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        if (lines[i] != header) {
            read_line(reading, lines[i]);
            continue;
        }
        // What could not be written for a while begins with all that was known until then.
        reading = {};
    }
    if (!lines.back().empty()) ++history.unreadable;
    thin_out(history.done);
    return std::move(history);
}

std::string written(const History& history)
{
    std::string text = journal_header();
    for (const auto& entry : history.done) text += line_of(past_word, entry.change, entry.stamp);
    for (const auto& change : history.undoable) text += line_of(undoable_word, change, {});
    // More than what is remembered has been done.
    if (history.standing) text += standing_line(*history.standing);
    if (history.trial) {
        const auto line = trial_line(history.trial->terms);
        if (history.trial->was_ending && !history.trial->is_ending)
            text += line + trial_rest_line(history.trial->way);
        text += format("{} {}\n", std::string_view(line).substr(0, line.size() - 1), history.trial->undoable);
        text += history.trial->is_ending ? trial_rest_line(history.trial->way)
                                         : line_of(way_word, history.trial->way, {});
    }
    if (history.open) text += begin_line(*history.open, history.open_stamp);
    return text;
}

} // namespace usbroute::apply
