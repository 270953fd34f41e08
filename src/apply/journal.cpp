// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/journal.hpp"

#include "apply/journal_lines.hpp"
#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "route/words.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

namespace usbroute::apply {

using lines::Fields;
using lines::settled;
using lines::Version;
using plan::Change;
using plan::ChangeKind;
using plan::Shift;

namespace {

constexpr std::string_view header = "usbroute-journal 4";
constexpr std::string_view header_three = "usbroute-journal 3";
constexpr std::string_view header_two = "usbroute-journal 2";
constexpr std::string_view begin_word = "begin";
constexpr std::string_view standing_word = "standing";
constexpr std::string_view past_word = "past";         ///< done; says nothing of undo
constexpr std::string_view undoable_word = "undoable"; ///< done and told of by `past` already
constexpr std::string_view way_word = "way";
constexpr std::string_view rest_word = "rest"; ///< a way whose time is over
/// Before a change that stays out of the trial under way.
constexpr std::string_view apart_line = "apart";
constexpr std::string_view trial_word = "trial";
/// Beyond this, what has been done is thinned out while reading.
constexpr std::size_t most_done = 400;

/// "trial BOOT DEADLINE LASTS [UNDOABLE]"
std::optional<Trial> trial_from(const Fields& fields)
{
    if (fields.size() < 4 || fields.size() > 5 || fields[0] != trial_word) return std::nullopt;
    const auto deadline = number_from<std::int64_t>(fields[2]);
    const auto lasts = parse_decimal(fields[3]);
    const auto undoable = fields.size() == 5 ? parse_decimal(fields[4]) : 0;
    if (!deadline || *deadline < 0 || !lasts || !undoable || *undoable > remembered) return std::nullopt;
    return Trial{.terms = {.boot = lines::from_one_word(fields[1]),
                           .deadline = std::chrono::milliseconds(*deadline),
                           .lasts = std::chrono::seconds(*lasts)},
                 .way = {},
                 .undoable = *undoable};
}

/// The last ones, and of each key the last change of it: `why` tells since when a socket is where it is.
void thin_out(std::vector<Entry>& done)
{
    std::vector<Entry> kept;
    std::set<topology::Key> seen;
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
    auto entry = reading.version == Version::four
                     ? lines::entry_from(fields)
                     : lines::entry_of_bits(fields, reading.version, reading.may_go);
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
    if (const auto may_go = lines::may_go_from(fields)) {
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
           lines::line_of(begin_word, change, stamp);
}

std::string standing_line(const Change& standing) { return lines::line_of(standing_word, standing, {}); }

std::string trial_line(const TrialTerms& terms)
{
    return format("{} {} {} {}\n", trial_word, lines::one_word(terms.boot), terms.deadline.count(),
                  terms.lasts.count());
}

std::string trial_rest_line(const Change& rest) { return lines::line_of(rest_word, rest, {}); }

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
    for (const auto& entry : history.done) text += lines::line_of(past_word, entry.change, entry.stamp);
    for (const auto& change : history.undoable) text += lines::line_of(undoable_word, change, {});
    // More than what is remembered has been done.
    if (history.standing) text += standing_line(*history.standing);
    if (history.trial) {
        const auto line = trial_line(history.trial->terms);
        if (history.trial->was_ending && !history.trial->is_ending)
            text += line + trial_rest_line(history.trial->way);
        text += format("{} {}\n", std::string_view(line).substr(0, line.size() - 1), history.trial->undoable);
        text += history.trial->is_ending ? trial_rest_line(history.trial->way)
                                         : lines::line_of(way_word, history.trial->way, {});
    }
    if (history.open) text += begin_line(*history.open, history.open_stamp);
    return text;
}

} // namespace usbroute::apply
