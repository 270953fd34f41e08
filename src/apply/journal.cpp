#include "apply/journal.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

namespace usbroute::apply {

using plan::BitChange;
using plan::Change;

namespace {

constexpr std::string_view header = "usbroute-journal 1";
constexpr std::string_view undo_prefix = "undo ";
constexpr std::string_view restore_prefix = "restore ";
constexpr std::string_view begin_word = "begin";
constexpr std::string_view standing_word = "standing";

std::string text_of(const BitChange& change)
{
    return format("{:x}:{:x}:{:x}", change.mask, change.before, change.after);
}

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

std::optional<Change> change_from(std::string_view line, std::string_view first_word)
{
    const auto fields = words(line);
    if (fields.size() < 4 || fields[0] != first_word) return std::nullopt;
    const auto address = PciAddress::parse(fields[1]);
    const auto usb2 = bit_change_from(fields[2]);
    const auto superspeed = bit_change_from(fields[3]);
    if (!address || !usb2 || !superspeed) return std::nullopt;
    std::string title;
    for (std::size_t i = 4; i < fields.size(); ++i) {
        if (!title.empty()) title += ' ';
        title += fields[i];
    }
    return Change{
        .controller = *address, .usb2 = *usb2, .superspeed = *superspeed, .title = std::move(title)};
}

std::string line_of(std::string_view first_word, const Change& change)
{
    return format("{} {} {} {} {}\n", first_word, change.controller.text(), text_of(change.usb2),
                  text_of(change.superspeed), printable(change.title));
}

void remember(History& history, Change change)
{
    history.standing = history.standing ? history.standing->followed_by(change) : change;
    if (change.title.starts_with(restore_prefix)) return;
    if (change.title.starts_with(undo_prefix) && !history.undoable.empty()) {
        history.undoable.pop_back();
        return;
    }
    history.undoable.push_back(std::move(change));
    if (history.undoable.size() > remembered) history.undoable.erase(history.undoable.begin());
}

} // namespace

std::string journal_header() { return std::string(header) + "\n"; }

std::string begin_line(const Change& change) { return line_of(begin_word, change); }

std::string standing_line(const Change& standing) { return line_of(standing_word, standing); }

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
    History history;
    const auto lines = split(text, '\n');
    if (lines.front() != header) return history;
    // The last piece has no newline: nothing, or a line that a crash cut.
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        if (lines[i] == "end done" && history.open) remember(history, *history.open);
        if (lines[i].starts_with("end "))
            history.open.reset();
        else if (auto change = change_from(lines[i], begin_word))
            history.open = std::move(change);
        else if (auto standing = change_from(lines[i], standing_word))
            history.standing = std::move(standing);
    }
    return history;
}

std::string written(const History& history)
{
    std::string text = journal_header();
    for (const auto& change : history.undoable) text += begin_line(change) + end_line(Ending::done);
    // More than what can be undone has been done.
    if (history.standing) text += standing_line(*history.standing);
    if (history.open) text += begin_line(*history.open);
    return text;
}

} // namespace usbroute::apply
