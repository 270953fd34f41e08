// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "import/draft.hpp"
#include "import/readers.hpp"

#include <algorithm>

namespace usbroute::import_ {

namespace {

/// The device that a file of libvirt's with that name describes; null: it is not given, or has none.
const Entry* described_in(const std::vector<Found>& found, std::string_view name)
{
    const Entry* meant = nullptr;
    for (const auto& file : found)
        if (file.kind == Kind::libvirt && last_name_of(file.file) == name && !file.entries.empty())
            meant = &file.entries.front();
    return meant;
}

/// Its devices have the guests of the commands that name it, so its own remarks about guests are answered.
void take_back(Draft& draft, Found& file)
{
    std::erase_if(file.entries, [](const Entry& entry) { return entry.guest.empty(); });
    std::erase_if(draft.proposal.remarks, [&](const Remark& remark) {
        return remark.origin.file == file.file && remark.weight == Weight::warning;
    });
}

} // namespace

void join_device_files(Draft& draft)
{
    std::set<std::string> used;
    for (auto& file : draft.found)
        for (auto& entry : file.entries) {
            if (entry.file.empty()) continue;
            const auto name = std::string(last_name_of(entry.file));
            if (const auto* meant = described_in(draft.found, name)) {
                used.insert(name);
                if (!entry.device) entry.device = meant->device;
                if (!entry.socket && !entry.device) entry.socket = meant->socket;
            } else if (!entry.device && !entry.socket) {
                draft.say(
                    entry.origin, Weight::left,
                    format("the device is described in {}: import that file as well", said(entry.file)));
            }
            entry.file.clear();
        }
    for (auto& file : draft.found)
        if (file.kind == Kind::libvirt && used.contains(std::string(last_name_of(file.file))))
            take_back(draft, file);
}

} // namespace usbroute::import_
