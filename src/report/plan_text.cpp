// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/text.hpp"

namespace usbroute::report {

namespace {

std::string moves_text(const PlanView& view, const Style& style)
{
    std::string out;
    const auto arrow = style.unicode ? "→" : "->";
    for (const auto& move : view.moves) {
        const auto wires = move.from == move.to
                               ? format("SuperSpeed {}, stays on {}",
                                        move.superspeed.value_or(false) ? "on" : "off", side_words(move.to))
                               : format("{} {} {}", side_words(move.from), arrow, side_words(move.to));
        const auto owner = move.owner_before == move.owner_after
                               ? format("{} keeps it", move.owner_after)
                               : format("{} {} {}", move.owner_before, arrow, move.owner_after);
        const bool has_sides = side_words(move.from) != "-" || side_words(move.to) != "-";
        out += has_sides ? format("  {}: {}, {}\n", move.connector, wires, owner)
                         : format("  {}: {}\n", move.connector, owner);
        for (const auto& device : move.devices)
            out += "    " + painted(has_sides ? "disconnects" : "has", Tone::dim, style) + " " +
                   fit_for(device, style) + "\n";
    }
    return out;
}

std::string steps_text(const PlanView& view, const Style& style)
{
    std::string out;
    int number = 0;
    for (const auto& step : view.steps) {
        out += wrapped(format("{}. {}", ++number, step.action), {.first = 2, .rest = 5}, style);
        out += wrapped(fit_for(step.reason, style), {.first = 5, .rest = 5}, style);
        out += "     " + painted(step.setpci, Tone::dim, style) + "\n";
    }
    return out;
}

std::string lines_text(const char* heading, const std::vector<std::string>& lines, const Style& style)
{
    if (lines.empty()) return {};
    auto out = "\n" + painted(heading, Tone::heading, style) + "\n";
    for (const auto& line : lines) out += "  " + fit_for(line, style) + "\n";
    return out;
}

std::string rule_in_words(const RuleView& rule)
{
    const auto which = rule.serial.empty() ? format("{} in {}", rule.id, rule.socket)
                                           : format("{} with serial number {}", rule.id, rule.serial);
    return format("{}: {} from now on", which, rule.to);
}

} // namespace

std::string plan_text(const PlanView& view, const Style& style)
{
    auto out = painted(view.title, Tone::heading, style);
    if (view.steps.empty() && view.moves.empty())
        out += ": nothing to do, everything is as requested\n";
    else {
        out += view.controller.empty() ? "\n" : format(", on {}\n", view.controller);
        out += moves_text(view, style);
        if (view.steps.empty()) out += "\nnothing is plugged in there that would have to be moved\n";
    }
    if (!view.steps.empty()) {
        out += "\n" + painted("STEPS", Tone::heading, style) + "\n" + steps_text(view, style);
        out += lines_text("VERIFIED AFTERWARDS", view.expectations, style);
        out += lines_text("TAKES IT BACK", view.undo, style);
    }
    if (view.rule) out += lines_text("THE RULE", {rule_in_words(*view.rule)}, style);
    if (!view.already.empty() && !view.steps.empty())
        out += "\n" + wrapped("stays as it is: " + join(view.already, ", "), {.first = 0, .rest = 2}, style);
    if (!view.warnings.empty()) out += "\n" + labelled("warning", view.warnings, Tone::warning, style);
    return out;
}

} // namespace usbroute::report
