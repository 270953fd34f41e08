// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/log.hpp"

#include "base/format.hpp"
#include "base/groups.hpp"
#include "base/text.hpp"
#include "report/text.hpp"
#include "route/mux.hpp"
#include "topology/connector.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace usbroute::report {

namespace {

/// Where the change is of another controller, or of a socket that the configuration no longer has, the keys are all there is.
std::vector<LogView::Moved> moved_by(const plan::Change& change, const config::Settings& settings,
                                     const topology::Snapshot& snapshot)
{
    std::vector<LogView::Moved> moved;
    const auto mux = route::find_mux(snapshot);
    const bool is_of_this_mux = mux && mux->xhci->address == change.controller;
    std::vector<topology::Key> named;
    for (const auto& connector : settings.connectors) {
        auto spec = connector.spec;
        topology::locate(snapshot, spec);
        if (spec.bit && !is_of_this_mux) continue;
        const auto* shift = change.main_shift(spec);
        if (shift == nullptr) continue;
        for (const auto& part : change.part_of(spec).shifts) named.push_back(part.key);
        moved.push_back({.name = spec.name.text(), .from = shift->from, .to = shift->to});
    }
    for (const auto& shift : change.shifts)
        if (std::ranges::find(named, shift.key) == named.end())
            moved.push_back({.name = topology::text_of(shift.key), .from = shift.from, .to = shift.to});
    return moved;
}

/// "front, keys: xHCI -> EHCI; rear: host -> windows".
std::string moves_in_words(const std::vector<LogView::Moved>& moved)
{
    std::vector<std::pair<std::string, std::vector<std::string>>> ways;
    for (const auto& one : moved)
        group_with(ways, format("{} -> {}", words_of_seat(one.from), words_of_seat(one.to)))
            .push_back(one.name);
    return join(
        texts_of(ways, [](const auto& way) { return format("{}: {}", join(way.second, ", "), way.first); }),
        "; ");
}

/// Where the clock has been changed since, an hour is not the same hour: its own zone follows it.
std::string when_in_words(const LogView::Entry& entry, const std::string& zone)
{
    const auto when = moment_of(entry.when);
    if (!when) return "at an unknown time";
    const auto its_zone = zone_at(*when);
    return its_zone == zone ? local_time(*when) : format("{} ({})", local_time(*when), its_zone);
}

std::string zone_of(const LogView& view)
{
    for (const auto& entry : view.entries | std::views::reverse)
        if (const auto when = moment_of(entry.when)) return zone_at(*when);
    return {};
}

} // namespace

LogView log_view(const std::vector<PastChange>& past, const config::Settings& settings,
                 const topology::Snapshot& snapshot)
{
    LogView view;
    for (const auto& one : past)
        view.entries.push_back({.when = utc(one.when),
                                .who = printable(one.who),
                                .what = printable(one.change.title),
                                .moved = moved_by(one.change, settings, snapshot)});
    return view;
}

LogView part_of(LogView view, const LogPart& part)
{
    if (part.since)
        std::erase_if(view.entries, [&](const LogView::Entry& entry) {
            const auto when = moment_of(entry.when);
            return !when || *when < *part.since;
        });
    if (part.most && view.entries.size() > *part.most)
        view.entries.erase(view.entries.begin(),
                           view.entries.end() - static_cast<std::ptrdiff_t>(*part.most));
    return view;
}

std::string log_text(const LogView& view, const Style& style, const NameOfUser& name_of)
{
    std::string text;
    const auto zone = zone_of(view);
    for (const auto& entry : view.entries) {
        text += wrapped(
            format("{} {}, by {}", when_in_words(entry, zone), entry.what, who_in_words(entry.who, name_of)),
            {.first = 0, .rest = 4}, style);
        if (!entry.moved.empty())
            text += painted(wrapped(moves_in_words(entry.moved), {.first = 4, .rest = 4}, style), Tone::dim,
                            style);
    }
    return zone.empty() ? text
                        : painted(format("times are local ({})", zone), Tone::dim, style) + "\n" + text;
}

std::string log_in_a_line(const LogView& view)
{
    if (view.entries.empty()) return "nothing was moved since the machine started";
    return join(texts_of(view.entries,
                         [](const LogView::Entry& entry) {
                             return format("{} {}, by {} ({})",
                                           entry.when.empty() ? "at an unknown time" : entry.when, entry.what,
                                           entry.who.empty() ? "somebody" : entry.who,
                                           moves_in_words(entry.moved));
                         }),
                "; ");
}

} // namespace usbroute::report
