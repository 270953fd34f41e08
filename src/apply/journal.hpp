// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/trial.hpp"
#include "base/result.hpp"
#include "plan/change.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::apply {

/// How a change that was begun has ended.
enum class Ending : std::uint8_t {
    done,
    undone,   ///< rolled back; the machine is as before
    half_way, ///< neither, and the user was told how to recover
};

/// When a change was made, and at whose request.
struct Stamp {
    std::chrono::sys_seconds when{}; ///< by the wall clock, kept until 2106; zero: not known
    std::string who;                 ///< "control (uid 1000, pid 4711)", "on_drift"; empty: not known
    bool stays_out = false;          ///< of the trial under way; told until the change has ended
    bool operator==(const Stamp&) const = default;
};

/// For whom a change is made, and whether it is a trial.
struct Signature {
    std::string who;
    std::optional<TrialTerms> trial = {}; ///< begins one, or gives the one under way another end
    bool stays_out = false;               ///< of the trial under way: `plan::Plan::stays_out_of_trial`
};

/// A change that was carried out, of whatever kind.
struct Entry {
    plan::Change change;
    Stamp stamp;
    bool operator==(const Entry&) const = default;
};

/// What a journal's text says.
struct History {
    std::vector<plan::Change> undoable; ///< oldest first, at most `remembered`; undo pops the last
    std::optional<plan::Change> open;   ///< begun and not ended: whoever did it was killed
    /// All that was done, added up: where every wire that was ever moved has to be.
    std::optional<plan::Change> standing;
    std::optional<Trial> trial; ///< not confirmed and not taken back yet
    /// What was done, undos and restores too, oldest first: the last `remembered`, and of each bit the last change
    /// of it.
    std::vector<Entry> done;
    Stamp open_stamp;           ///< of `open`
    bool is_foreign = false;    ///< the first line is not one of ours: nothing else was read
    std::size_t unreadable = 0; ///< lines that are none of ours, a torn last one included
    bool is_of_today = true;    ///< written by this version
};

inline constexpr std::size_t remembered = 20;
/// The code of an error that says: somebody else holds a lock.
inline constexpr std::string_view code_of_a_held_lock = "busy";

/// What was done and how to undo it, kept before it is done.
class Journal {
public:
    virtual ~Journal() = default;
    [[nodiscard]] virtual Result<void> begin(const plan::Change& change, const Signature& signature) = 0;
    [[nodiscard]] virtual Result<void> end(Ending ending) = 0;
    /// Adds to what all changes add up to, without a change: somebody asked for what was so already, and from now on
    /// it has to stay so.
    [[nodiscard]] virtual Result<void> stand(const plan::Change& wanted) = 0;
    [[nodiscard]] virtual History history() const = 0;
};

/// For changes that are not written down: one that is already open in the journal and stays open until it has been taken
/// back, and one that `undo` does not take back.
class NoJournal final : public Journal {
public:
    [[nodiscard]] Result<void> begin(const plan::Change&, const Signature&) override { return {}; }
    [[nodiscard]] Result<void> end(Ending) override { return {}; }
    [[nodiscard]] Result<void> stand(const plan::Change&) override { return {}; }
    [[nodiscard]] History history() const override { return {}; }
};

/// The journal's text form, a line for each event.
[[nodiscard]] std::string journal_header();
[[nodiscard]] std::string begin_line(const plan::Change& change, const Stamp& stamp = {});
[[nodiscard]] std::string end_line(Ending ending);
/// Replaces what all changes before it add up to.
[[nodiscard]] std::string standing_line(const plan::Change& standing);
/// Stands before the change that begins a trial, or that gives the one under way another end.
[[nodiscard]] std::string trial_line(const TrialTerms& terms);
/// The time of the trial is over, and this could not be taken back yet.
[[nodiscard]] std::string trial_rest_line(const plan::Change& rest);
/// The trial was confirmed, or there is nothing left to take back.
[[nodiscard]] std::string trial_end_line();
/// Reads a journal of this version or the one before. Lines that are torn or unknown are counted and passed over: a
/// crash can cut the last one, and nothing in it is worth refusing to start for. A header in the middle replaces all that
/// is above it.
[[nodiscard]] History read_history(std::string_view text);
/// The shortest journal with the same history, for when the file has grown.
[[nodiscard]] std::string written(const History& history);

} // namespace usbroute::apply
