// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What the live view shows: title, picture, the chosen socket, what was said last, the keys.

#include "base/format.hpp"
#include "base/text.hpp"
#include "live/model.hpp"
#include "report/plugged.hpp"
#include "report/text.hpp"
#include "report/trial.hpp"

#include <algorithm>
#include <array>

namespace usbroute::live {

using report::Line;
using report::Tone;

namespace {

/// Rows that are worth more than a picture: title, the chosen socket, what was said last, keys.
constexpr std::size_t fixed_rows = 4;
constexpr std::size_t longest_line = 1000; ///< in characters; more than any terminal shows

void keep(std::vector<Line>& lines, std::size_t most)
{
    if (lines.size() > most) lines.resize(most);
}

void append(std::vector<Line>& lines, std::vector<Line> more)
{
    for (auto& line : more) lines.push_back(std::move(line));
}

/// The rows of a drawing that are shown where it is higher than the room: the box of the chosen socket in the middle.
std::vector<Line> part_around(const report::Drawing& drawing, const std::string& chosen, std::size_t rows)
{
    if (drawing.lines.size() <= rows) return drawing.lines;
    const auto box = std::ranges::find(drawing.boxes, chosen, &report::Box::connector);
    std::size_t first = 0;
    if (box != drawing.boxes.end()) {
        const auto margin = rows > box->height ? (rows - box->height) / 2 : 0;
        first = std::min(box->line - std::min(box->line, margin), drawing.lines.size() - rows);
    }
    const auto begin = drawing.lines.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(rows)};
}

} // namespace

/// Whatever the daemon sends, nothing that steers a terminal gets past here.
Line Model::line_of(std::string_view text, Tone tone) const
{
    const auto safe = report::fit_for(printable(text, longest_line), style_);
    return {{report::cut(safe, style_.width, style_), tone}};
}

std::vector<Line> Model::lines_of(const Message& message) const
{
    std::vector<Line> lines;
    const auto wrapped = report::wrapped(report::fit_for(message.text, style_), {}, style_);
    for (const auto line : split(trim(wrapped), '\n')) lines.push_back(line_of(line, message.tone));
    return lines;
}

Line Model::title_line() const
{
    if (!view_)
        return line_of(lost_ ? "usbroute: the daemon is not there" : "usbroute: looking ...", Tone::heading);
    if (lost_)
        return line_of("NOT CONNECTED, trying again; this is how it was: " + report::headline(*view_, style_),
                       Tone::warning);
    if (view_->trial_seconds)
        return line_of(
            format("TRIAL, c keeps it: {}",
                   report::trial_sentence(view_->trial_way_back, std::chrono::seconds(*view_->trial_seconds),
                                          view_->trial_why_out)),
            Tone::warning);
    return line_of(report::headline(*view_, style_), Tone::heading);
}

/// The chosen socket in words, with what the picture has no room for.
Line Model::detail_line() const
{
    const auto* connector = chosen();
    if (connector == nullptr) return {};
    std::vector<std::string> parts{connector->owner};
    if (!connector->side.empty()) parts.push_back(report::side_words(connector->side));
    if (connector->superspeed)
        parts.emplace_back(connector->superspeed_on.value_or(true) ? "SuperSpeed" : "SuperSpeed off");
    if (!connector->missing.empty()) parts.push_back(connector->missing);
    if (connector->has_sign("parked")) parts.emplace_back("parked");
    if (connector->has_sign("reserved")) parts.emplace_back("reserved");
    if (connector->has_sign("expected-missing"))
        parts.push_back(format("{} is expected, and not there", connector->expect));
    if (!connector->movable) parts.push_back(format("cannot move: {}", connector->why_not));
    if (connector->given_by == "place") parts.emplace_back("QEMU looks at the port");
    if (connector->given_by == "libvirt") parts.emplace_back("by libvirt");
    const auto head = format("{}: {}", connector->name, join(parts, ", "));
    if (!connector->waits.empty())
        return line_of(format("{}; {}", head, connector->waits.front().why), Tone::warning);
    const auto taken = columns(head) + 2;
    const auto room = style_.width > taken ? style_.width - taken : 0;
    auto plugged = report::plugged_in(*connector, room, style_);
    if (plugged.empty()) plugged = report::last_seen_words(*connector, room, style_);
    return line_of(plugged.empty() ? head : format("{}; {}", head, plugged), Tone::heading);
}

std::optional<Line> Model::question_line() const
{
    if (lost_ || !view_ || view_->questions.empty() || !std::holds_alternative<Choosing>(mode_))
        return std::nullopt;
    const auto& question = view_->questions.front();
    const auto more = view_->questions.size() > 1 ? format(" (+{})", view_->questions.size() - 1) : "";
    const auto host = question.seconds ? format("; the host in {} s", *question.seconds) : std::string();
    return line_of(format("a answers{}: who is to have {}? {}{}", more, report::without_ids(question.name),
                          join(question.answers, " or "), host),
                   Tone::warning);
}

Line Model::keys_line() const
{
    if (const auto* confirming = std::get_if<Confirming>(&mode_))
        return line_of(confirming->can_be_tried ? "y do it anyway   t try it for 30 s   n leave it as it is"
                                                : "y do it anyway   n leave it as it is",
                       Tone::dim);
    if (std::holds_alternative<Asking>(mode_))
        return line_of(format("{} choose   Enter or its number {}   Esc back",
                              style_.unicode ? "↑↓" : "up/down",
                              std::get<Asking>(mode_).device.empty() ? "moves it there" : "gives it"),
                       Tone::dim);
    if (std::holds_alternative<Helping>(mode_)) return line_of("any key goes back", Tone::dim);
    // From the longest that says all to the shortest that still tells how to get out.
    const std::array<std::string, 5> forms{
        format("{} choose   Enter move   T try   m where to   t toggle   u undo   ? help   q quit",
               style_.unicode ? "←↑↓→" : "arrows"),
        format("{} choose  Enter move  T try  m where to  t toggle  u undo  ? help  q quit",
               style_.unicode ? "←↑↓→" : "arrows"),
        "Enter move  m where to  t toggle  u undo  ? help  q quit", "Enter move  t u m  ? help  q quit",
        "? help  q quit"};
    const auto fits =
        std::ranges::find_if(forms, [&](const auto& form) { return columns(form) <= style_.width; });
    return line_of(fits == forms.end() ? forms.back() : *fits, Tone::dim);
}

/// What is being asked, or what was said last, in at most that many lines. Of a question the end is kept: what the
/// keys mean stands there.
std::vector<Line> Model::dialogue(std::size_t most) const
{
    if (const auto* confirming = std::get_if<Confirming>(&mode_)) {
        auto lines = lines_of({.text = confirming->refusal, .tone = Tone::warning});
        keep(lines, most - 1);
        lines.push_back(
            line_of(confirming->can_be_tried ? "Do it anyway? y/t/n" : "Do it anyway? y/n", Tone::heading));
        return lines;
    }
    if (const auto* asking = std::get_if<Asking>(&mode_)) {
        std::vector<Line> lines;
        if (most > 1)
            lines.push_back(line_of(asking->device.empty() ? format("Where should {} go?", asking->connector)
                                                           : format("Who is to have {} at {}?",
                                                                    asking->device, asking->connector),
                                    Tone::heading));
        const auto room = most - lines.size();
        const auto first = asking->at < room ? 0 : asking->at - room + 1;
        for (std::size_t i = first; i < std::min(asking->destinations.size(), first + room); ++i) {
            const bool is_at = i == asking->at;
            lines.push_back(
                line_of(format("{} {} {}", is_at ? ">" : " ", i + 1, asking->destinations[i].words),
                        is_at ? Tone::heading : Tone::plain));
        }
        return lines;
    }
    if (messages_.empty()) return {legend_in_a_line()};
    // In a small terminal the picture is worth more than the end of a message.
    auto lines = lines_of(messages_.back());
    keep(lines, std::min(most, std::max<std::size_t>(size_.rows / 8, 1)));
    return lines;
}

std::vector<Line> Model::help_lines() const
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 10> keys{{
        {"arrows", "choose a socket"},
        {"Enter", "move it to the other owner; with several, ask which"},
        {"T", "try it: the same, but it goes back after 30 s unless c keeps it"},
        {"m", "ask where it should go, also to xHCI or EHCI"},
        {"a", "answer: who is to have a device that a rule asks about"},
        {"t", "toggle: the next profile"},
        {"u", "undo the last change"},
        {"c", "confirm: keep what is on trial"},
        {"r, Ctrl-L", "draw the screen anew, and look again"},
        {"q, Ctrl-C", "quit"},
    }};
    std::vector<Line> lines;
    for (const auto& [key, what] : keys) lines.push_back(line_of(format("{:9}  {}", key, what), Tone::plain));
    lines.emplace_back();
    for (
        const auto* text :
        {"The letter in a frame is the owner's; = cannot move; SS is SuperSpeed, ss SuperSpeed switched off.",
         "A refusal says why. With y you can still move the last keyboard, or to a side without a driver; with t it goes back after 30 s unless you press c. A disk in use stays: unmount it, or use usbroute move --force-disk."})
        append(lines, lines_of({.text = text}));
    return lines;
}

/// Where there is no room for it below the picture, and nothing has been said yet.
Line Model::legend_in_a_line() const
{
    const auto signs = report::legend(picture_, style_);
    const auto drawing = report::draw(picture_, style_, chosen_);
    const auto room = size_.rows < fixed_rows ? 0 : size_.rows - fixed_rows;
    const bool is_below = drawing.lines.size() + 1 + signs.size() <= room;
    return signs.empty() || drawing.lines.empty() || is_below ? Line{} : signs.front();
}

/// The picture with its legend below, and earlier messages where room is left.
std::vector<Line> Model::middle(std::size_t rows) const
{
    if (std::holds_alternative<Helping>(mode_)) {
        auto lines = help_lines();
        keep(lines, rows);
        return lines;
    }
    const auto drawing = report::draw(picture_, style_, chosen_);
    auto lines = part_around(drawing, chosen_, rows);
    if (drawing.lines.empty() && view_)
        lines =
            lines_of({.text = "No connector is known here; name them in usbroute.toml.", .tone = Tone::dim});
    const auto signs = report::legend(picture_, style_);
    if (!drawing.lines.empty() && lines.size() + 1 + signs.size() <= rows) {
        lines.emplace_back();
        append(lines, signs);
    }
    keep(lines, rows);
    return lines;
}

Screen Model::screen() const
{
    const auto rows = size_.rows;
    Screen screen;
    auto& lines = screen.lines;
    if (rows == 0) return screen;
    if (rows < fixed_rows) {
        // Too small for a picture: what is asked, or else the socket that a key would move and what was said.
        if (std::holds_alternative<Choosing>(mode_)) {
            const auto asks = question_line();
            if (rows > 2) lines.push_back(asks ? *asks : title_line());
            lines.push_back(detail_line());
        }
        append(lines, dialogue(rows));
        keep(lines, rows);
        return screen;
    }
    const auto asks = question_line();
    auto said =
        asks && rows == fixed_rows ? std::vector<Line>() : dialogue(rows - fixed_rows + (asks ? 0 : 1));
    if (asks) said.push_back(*asks);
    const auto room = rows - (fixed_rows - 1) - said.size();
    lines.push_back(title_line());
    auto shown = middle(room);
    // Air above and below the picture where there is more than enough room.
    if (room >= shown.size() + 2) {
        shown.insert(shown.begin(), Line{});
        shown.emplace_back();
    }
    append(lines, std::move(shown));
    // Earlier messages fill what is left, the newest nearest to the last.
    auto left = rows - lines.size() - said.size() - 2;
    std::vector<Line> earlier;
    if (std::holds_alternative<Choosing>(mode_)) {
        for (std::size_t i = messages_.size(); i-- > 1 && left > 0;) {
            auto before = lines_of({.text = messages_[i - 1].text, .tone = Tone::dim});
            if (before.size() > left) break;
            left -= before.size();
            earlier.insert(earlier.begin(), before.begin(), before.end());
        }
    }
    lines.resize(lines.size() + left);
    append(lines, std::move(earlier));
    append(lines, std::move(said));
    lines.push_back(detail_line());
    lines.push_back(keys_line());
    return screen;
}

} // namespace usbroute::live
