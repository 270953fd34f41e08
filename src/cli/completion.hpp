// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "linux/locations.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What can be typed at the cursor of an unfinished command line. All of it follows from the command
/// table: which words a command takes is read from the line that its help shows.
namespace usbroute::cli {

/// What a word in capitals in the command table stands for: "NAME", "DIR".
enum class Placeholder : std::uint8_t {
    connector,
    device,   ///< a single one by its place, where a connector can be typed too
    question, ///< a device about which a question is open
    answer,   ///< to that question
    profile,
    guest,
    target, ///< host, a side, a guest
    when,   ///< of --color
    format, ///< of `watch`
    kind,   ///< of a file that is imported
    file,
    directory,
    /// Nothing can be offered: times, commands. Neither can the disk of --force-disk: it should be typed by somebody
    /// who knows what it means.
    free,
};

/// Nothing for a word that the command table does not use. `NAME` is a connector; behind a verb of `guest` it is a guest.
[[nodiscard]] std::optional<Placeholder> placeholder_from(std::string_view word);

struct Candidate {
    std::string word;
    std::string what; ///< one line, printable; may be empty
    auto operator<=>(const Candidate&) const = default;
};

/// The place of the cursor, understood.
struct Place {
    std::vector<Candidate> words;          ///< that are the same on every machine
    std::vector<Placeholder> placeholders; ///< what else can be typed there
    std::vector<std::string> given;        ///< names already typed, not to be offered again
    std::string before;                    ///< "--to=": comes first in the same word
    linux_::LocationOptions locations;     ///< what was said of them so far
};

/// `typed` are the words behind the program's name up to the cursor; the last is the one that is being typed, and
/// may be empty. Beginnings of words are not compared: the shells do so, each in its own way.
[[nodiscard]] Place place_of(std::span<const std::string> typed);

/// Names that the machine's configuration has.
struct Names {
    std::vector<Candidate> connectors;
    std::vector<Candidate> devices = {}; ///< that are plugged in; only the daemon knows them
    /// About which a question is open, each with its answers; only the daemon knows them.
    std::vector<std::pair<Candidate, std::vector<std::string>>> questions = {};
    std::vector<Candidate> profiles;
    std::vector<Candidate> guests;
};
[[nodiscard]] Names names_in(const config::Settings& settings);

/// True if `names` are needed to say what can be typed there.
[[nodiscard]] bool wants_names(const Place& place);
[[nodiscard]] bool wants_questions(const Place& place);
[[nodiscard]] std::vector<Candidate> candidates(const Place& place, const Names& names);

/// The script for a shell: "bash", "zsh", "fish"; empty for any other word.
[[nodiscard]] std::string_view completion_script(std::string_view shell);

} // namespace usbroute::cli
