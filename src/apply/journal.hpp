#pragma once

#include "base/result.hpp"
#include "plan/plan.hpp"

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

/// What was done and how to undo it, kept before it is done.
class Journal {
public:
    virtual ~Journal() = default;
    [[nodiscard]] virtual Result<void> begin(const plan::Change& change) = 0;
    [[nodiscard]] virtual Result<void> end(Ending ending) = 0;
};

/// What a journal's text says.
struct History {
    std::vector<plan::Change> undoable; ///< oldest first, at most `remembered`; undo pops the last
    std::optional<plan::Change> open;   ///< begun and not ended: whoever did it was killed
    /// All that was done, added up: where every wire that was ever moved has to be.
    std::optional<plan::Change> standing;
};

inline constexpr std::size_t remembered = 20;

/// The journal's text form, a line for each event. A change that takes another back is known by its title,
/// which begins with "undo "; one that only brings back what somebody else has moved, by "restore ".
[[nodiscard]] std::string journal_header();
[[nodiscard]] std::string begin_line(const plan::Change& change);
[[nodiscard]] std::string end_line(Ending ending);
/// Replaces what all changes before it add up to.
[[nodiscard]] std::string standing_line(const plan::Change& standing);
/// Reads a journal. Lines that are torn, unknown or of another version are passed over: a crash can cut the
/// last one, and nothing in it is worth refusing to start for.
[[nodiscard]] History read_history(std::string_view text);
/// The shortest journal with the same history, for when the file has grown.
[[nodiscard]] std::string written(const History& history);

} // namespace usbroute::apply
