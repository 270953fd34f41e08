// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/diagnosis.hpp"

#include <algorithm>

namespace usbroute::report {

using diagnose::Diagnosis;
using diagnose::Finding;
using diagnose::Severity;

namespace {

constexpr std::size_t indent = 10; // as wide as "obstacle" and its gap
constexpr std::size_t longest_shown = 1024;

std::string_view label_of(Severity severity)
{
    return severity == Severity::fine ? "ok" : diagnose::text_of(severity);
}

Tone tone_of(Severity severity)
{
    switch (severity) {
    case Severity::obstacle: return Tone::heading;
    case Severity::warning: return Tone::warning;
    case Severity::note: return Tone::plain;
    case Severity::fine: return Tone::dim;
    }
    return Tone::plain;
}

std::string shown(std::string_view text, const Style& style)
{
    return fit_for(printable(text, longest_shown), style);
}

/// A label in front of wrapped text; the label's tone colours the label alone.
std::string under_label(std::string_view label, Tone tone, std::string_view text, const Style& style)
{
    const auto head = format("{:{}}", label, indent);
    const auto lines = wrapped(text, {.first = indent, .rest = indent}, style);
    return painted(label, tone, style) + head.substr(label.size()) + lines.substr(indent);
}

std::string below(std::string_view label, std::string_view text, const Style& style)
{
    const auto head = format("{} ", label);
    const auto lines =
        wrapped(head + std::string(text), {.first = indent, .rest = indent + head.size()}, style);
    return painted(std::string(indent, ' ') + head, Tone::dim, style) + lines.substr(indent + head.size());
}

/// What to do is said once: the next step comes before all findings.
std::string text_of(const Finding& finding, const Diagnosis& diagnosis, const Style& style,
                    bool with_evidence)
{
    auto sentence = shown(finding.sentence, style);
    if (finding.inferred) sentence += " (inferred)";
    auto out = under_label(label_of(finding.severity), tone_of(finding.severity), sentence, style);
    if (!with_evidence) return out;
    for (const auto& line : finding.evidence) out += below("seen:", shown(line, style), style);
    if (!finding.remedy.empty() && finding.remedy != diagnosis.next_step)
        out += below("do:", shown(finding.remedy, style), style);
    return out;
}

std::string verdict_text(const Diagnosis& diagnosis, const Style& style)
{
    const auto& first = diagnosis.findings.front();
    const auto verdict =
        shown(diagnosis.verdict, style) + (!diagnosis.works && first.inferred ? " (inferred)" : "");
    auto out = painted(wrapped(verdict, {.first = 0, .rest = 0}, style), Tone::heading, style);
    if (!diagnosis.works)
        for (const auto& line : first.evidence)
            out += painted(wrapped("seen: " + shown(line, style), {.first = 2, .rest = 8}, style), Tone::dim,
                           style);
    const auto next = wrapped("Next: " + shown(diagnosis.next_step, style), {.first = 0, .rest = 6}, style);
    constexpr std::string_view label = "Next:";
    return out + painted(label, Tone::heading, style) + next.substr(label.size());
}

} // namespace

std::string diagnosis_text(const Diagnosis& diagnosis, const Style& style, WhichFindings which)
{
    auto out = verdict_text(diagnosis, style);
    // The first obstacle is the verdict, and has been shown with it.
    const std::ptrdiff_t shown_already = diagnosis.works ? 0 : 1;
    bool first = true;
    for (auto finding = diagnosis.findings.begin() + shown_already; finding != diagnosis.findings.end();
         ++finding) {
        if (first) out += "\n";
        first = false;
        out += text_of(*finding, diagnosis, style,
                       which == WhichFindings::all || finding->severity != Severity::fine);
    }
    return out;
}

} // namespace usbroute::report
