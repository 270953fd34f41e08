// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/handover.hpp"
#include "report/text.hpp"

namespace usbroute::report {

namespace {

std::vector<std::string> names_of(const std::vector<ConnectorName>& connectors)
{
    return texts_of(connectors);
}

std::string step_text(int number, std::string_view line, std::string_view reason, const Style& style)
{
    return wrapped(format("{}. {}", number, line), {.first = 2, .rest = 5}, style) +
           wrapped(painted(reason, Tone::dim, style), {.first = 5, .rest = 5}, style);
}

} // namespace

std::string handover_text(const plan::Handover& handover, const Style& style)
{
    auto out = painted(handover.plan.title, Tone::heading, style);
    out += handover.plan.steps.empty() ? ": nothing to do, everything is as requested\n" : "\n";
    for (const auto& leaving : handover.leaving) {
        out += format("  {}: host {} {}\n", leaving.from, style.unicode ? "→" : "->", handover.guest.text());
        for (const auto& device : leaving.devices)
            out += "    " + painted("disconnects", Tone::dim, style) + " " + fit_for(device, style) + "\n";
    }
    int number = 0;
    for (const auto& move : handover.moves)
        out += step_text(++number,
                         format("usbroute move {} --to {}", join(names_of(move.connectors), " "),
                                topology::text_of(move.to)),
                         "what is plugged in there stays with the host; then everything is scanned again",
                         style);
    for (const auto& step : handover.plan.steps) {
        const auto* rebind = std::get_if<assign::Rebind>(&step.action);
        if (rebind == nullptr) {
            out += step_text(++number, plan::shell_line(step.action), step.reason, style);
            continue;
        }
        for (const auto& write : rebind->writes)
            out += step_text(++number, assign::shell_line(write), write.reason, style);
    }
    for (const auto& address : handover.already)
        if (!handover.plan.steps.empty()) out += format("stays as it is: {}\n", address.text());
    if (!handover.plan.warnings.empty())
        out += "\n" + labelled("warning", handover.plan.warnings, Tone::warning, style);
    return out;
}

} // namespace usbroute::report
