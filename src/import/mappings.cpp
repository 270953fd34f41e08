// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "import/draft.hpp"
#include "import/readers.hpp"
#include "import/told_devices.hpp"

#include <algorithm>

namespace usbroute::import_ {

namespace {

bool holds_mappings(const Found& file) { return file.kind == Kind::proxmox_mapping; }

/// Proxmox' mappings of all files, of a cluster whose nodes have maps of their own.
class MappingJoin {
public:
    explicit MappingJoin(Draft& draft) : draft_(draft) {}

    void run()
    {
        find_node();
        for (const auto& file : draft_.found)
            if (holds_mappings(file)) learn(file);
        for (auto& file : draft_.found)
            if (!holds_mappings(file)) resolve(file);
        for (auto& file : draft_.found)
            if (holds_mappings(file)) keep_known(file);
    }

private:
    [[nodiscard]] bool is_plugged_in(const Entry& entry) const
    {
        if (!entry.socket || !entry.socket->bus) return false;
        return std::ranges::any_of(draft_.here.snapshot.devices.flat(), [&](const auto& device) {
            return device->path.ports() == entry.socket->ports && is_device(*device, *entry.device);
        });
    }

    /// The one node of whose maps a device is at its ports here; empty: none, or several.
    std::string node_by_devices()
    {
        std::set<std::string> seen;
        Origin told;
        for (const auto& file : draft_.found)
            if (holds_mappings(file))
                for (const auto& entry : file.entries)
                    if (is_plugged_in(entry)) {
                        seen.insert(entry.node);
                        told = entry.origin;
                    }
        if (seen.size() != 1) return {};
        draft_.say(
            told, Weight::warning,
            format(
                "assuming that this machine is node {}, because a device mapped there is at the same ports here",
                said(*seen.begin())));
        return *seen.begin();
    }

    void find_node()
    {
        for (const auto& file : draft_.found)
            if (holds_mappings(file))
                for (const auto& entry : file.entries) nodes_.insert(entry.node);
        node_ = draft_.here.hostname;
        if (nodes_.size() > 1 && !nodes_.contains(node_))
            if (const auto seen = node_by_devices(); !seen.empty()) node_ = seen;
        knows_node_ = nodes_.size() <= 1 || nodes_.contains(node_);
    }

    [[nodiscard]] bool is_here(const Entry& entry) const
    {
        return entry.node.empty() || nodes_.size() == 1 || entry.node == node_;
    }

    void learn(const Found& file)
    {
        const auto& hostname = draft_.here.hostname;
        if (nodes_.size() == 1 && !hostname.empty() && !nodes_.contains(hostname) && !nodes_.begin()->empty())
            draft_.say(file.at(1), Weight::warning,
                       format("the mappings are for node {}, but this machine is {}", said(*nodes_.begin()),
                              said(hostname)));
        for (const auto& entry : file.entries)
            if (knows_node_)
                learn_map(entry);
            else
                learn_lone_map(file, entry);
    }

    void learn_map(const Entry& entry)
    {
        if (!is_here(entry))
            draft_.say(
                entry.origin, Weight::left,
                format("the map of {} is for another node, {}", said(entry.mapping), said(entry.node)));
        else if (!known_.emplace(entry.mapping, entry).second)
            draft_.say(entry.origin, Weight::left,
                       format("{} already has a map for this node", said(entry.mapping)));
    }

    /// Where nobody knows which node this is.
    void learn_lone_map(const Found& file, const Entry& entry)
    {
        const auto maps = std::ranges::count(file.entries, entry.mapping, &Entry::mapping);
        if (maps == 1 && known_.emplace(entry.mapping, entry).second)
            draft_.say(
                entry.origin, Weight::warning,
                format(
                    "cannot tell which node this machine is; using the only map of {}, which is for node {}",
                    said(entry.mapping), said(entry.node)));
        else
            draft_.say(entry.origin, Weight::left,
                       format("cannot tell which node this machine is; skipping the map of {} for node {}",
                              said(entry.mapping), said(entry.node)));
    }

    /// Takes the entries that name a mapping out of a file, and gives the mapping their guest.
    void resolve(Found& file)
    {
        std::vector<Entry> kept;
        for (auto& entry : file.entries) {
            if (entry.mapping.empty()) {
                kept.push_back(std::move(entry));
                continue;
            }
            const auto meant = known_.find(entry.mapping);
            if (meant == known_.end())
                leave_unknown(entry);
            else
                use(entry, meant->second);
        }
        file.entries = std::move(kept);
    }

    void leave_unknown(const Entry& entry)
    {
        const bool is_elsewhere = std::ranges::any_of(draft_.found, [&](const Found& other) {
            return holds_mappings(other) &&
                   std::ranges::find(other.entries, entry.mapping, &Entry::mapping) != other.entries.end();
        });
        draft_.say(
            entry.origin, Weight::left,
            is_elsewhere
                ? format("the mapping {} has no map for this node", said(entry.mapping))
                : format("the mapping {} is not in these files: import /etc/pve/mapping/usb.cfg as well",
                         said(entry.mapping)));
    }

    void use(const Entry& entry, const Entry& meant)
    {
        if (!used_.insert(entry.mapping).second)
            draft_.say(entry.origin, Weight::warning,
                       format("the mapping {} is used twice", said(entry.mapping)));
        for (auto& other : draft_.found)
            if (holds_mappings(other))
                for (auto& definition : other.entries)
                    if (definition.mapping == entry.mapping && definition.origin == meant.origin &&
                        definition.guest.empty())
                        definition.guest = entry.guest;
    }

    void keep_known(Found& file)
    {
        std::erase_if(file.entries, [&](const Entry& entry) {
            const auto meant = known_.find(entry.mapping);
            return meant == known_.end() || meant->second.origin != entry.origin;
        });
        for (auto& entry : file.entries) {
            // An owner that a helper of Proxmox' users reads from the name.
            if (entry.guest.empty())
                draft_.say(entry.origin, Weight::warning,
                           format("no machine in these files uses the mapping {}, so its guest is unknown",
                                  said(entry.mapping)));
            entry.mapping.clear();
        }
    }

    Draft& draft_;
    std::set<std::string> nodes_; ///< that have maps
    std::string node_;            ///< this machine
    bool knows_node_ = false;
    std::map<std::string, Entry> known_; ///< maps that hold here, by their mapping
    std::set<std::string> used_;
};

} // namespace

void join_mappings(Draft& draft) { MappingJoin(draft).run(); }

} // namespace usbroute::import_
