// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/proposal.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/draft.hpp"
#include "import/limits.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace usbroute::import_ {

namespace {

/// Whether the tool of such a file gives devices by itself, beside usbroute.
bool acts_by_itself(Kind kind)
{
    return kind == Kind::hotplugger || kind == Kind::vhotplug || kind == Kind::whawty || kind == Kind::udev ||
           kind == Kind::tables || kind == Kind::unraid;
}

void list_files(Draft& draft)
{
    for (const auto& file : draft.found) {
        draft.proposal.files.push_back(format("{} ({})", printable(file.file, 160), text_of(file.kind)));
        draft.proposal.remarks.insert(draft.proposal.remarks.end(), file.remarks.begin(), file.remarks.end());
    }
}

void warn_of_tools_beside(Draft& draft)
{
    for (const auto& file : draft.found)
        if (!file.entries.empty() && acts_by_itself(file.kind))
            draft.say(
                file.at(1), Weight::note,
                "the tool that uses this file stays active until you switch it off; do that before you apply the proposal, or both will give devices to guests");
}

/// By file and line; what is said of one line stays in its order.
void sort_remarks(std::vector<Remark>& remarks, const std::vector<std::string>& files)
{
    std::map<std::tuple<std::ptrdiff_t, std::uint32_t, std::size_t>, Remark> sorted;
    for (auto& remark : remarks) {
        const auto file = std::ranges::find(files, remark.origin.file) - files.begin();
        sorted.emplace(std::tuple(file, remark.origin.line, sorted.size()), std::move(remark));
    }
    remarks.clear();
    for (auto& [at, remark] : sorted) remarks.push_back(std::move(remark));
}

} // namespace

Draft::Draft(const Here& machine, std::vector<Found> files)
    : here(machine), found(std::move(files)), spots(here.snapshot, here.settings)
{
    for (const auto* word : {"host", "none", "ehci", "xhci", "may_take_last_keyboard"})
        guest_names.reserve(word);
}

void Draft::say(const Origin& origin, Weight weight, std::string text)
{
    if (proposal.remarks.size() > most_entries) return;
    if (told_.emplace(origin.file, origin.line, text).second)
        proposal.remarks.push_back({.origin = origin, .weight = weight, .text = std::move(text)});
}

bool Proposal::left_something() const
{
    return std::ranges::any_of(remarks, [](const Remark& remark) { return remark.weight == Weight::left; });
}

Proposal propose(const Here& here, std::vector<Found> found)
{
    std::vector<std::string> files;
    for (const auto& file : found) files.push_back(file.file);
    Draft draft(here, std::move(found));
    list_files(draft);
    warn_of_tools_beside(draft);
    join_mappings(draft);
    join_device_files(draft);
    gather_guests(draft);
    take_entries(draft);
    join_listed_halves(draft);
    leave_unpaired(draft);
    propose_connectors(draft);
    propose_guests(draft);
    propose_rules(draft);
    propose_profiles(draft);
    sort_remarks(draft.proposal.remarks, files);
    return std::move(draft.proposal);
}

} // namespace usbroute::import_
