// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/recording.hpp"

#include "base/format.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "observe/condition.hpp"
#include "observe/decode.hpp"
#include "observe/handover.hpp"
#include "observe/kept_part.hpp"
#include "observe/panels.hpp"
#include "observe/scan.hpp"

#include <algorithm>
#include <cerrno>

namespace usbroute::observe {

namespace {

std::string below(const std::string& directory, std::string_view name)
{
    return directory.empty() ? std::string(name) : directory + "/" + std::string(name);
}

} // namespace

std::size_t Recording::bytes() const
{
    std::size_t all = 0;
    for (const auto& [path, text] : files) all += path.size() + text.size();
    for (const auto& [path, target] : links) all += path.size() + target.size();
    return all;
}

const std::expected<std::string, Errno>& RecordingTree::link_at(const std::string& path) const
{
    const auto known = known_links_.find(path);
    return known != known_links_.end() ? known->second
                                       : known_links_.emplace(path, tree_.link(path)).first->second;
}

RecordingTree::Place RecordingTree::resolve(const std::string& path, LastPart last) const
{
    constexpr int most_links = 40; // as many as the kernel follows
    Place place;
    std::string rest = path;
    for (int followed = 0; !rest.empty();) {
        const auto slash = rest.find('/');
        const auto part = rest.substr(0, slash);
        rest = slash == std::string::npos ? std::string() : rest.substr(slash + 1);
        if (part.empty()) continue;
        auto here = below(place.path, part);
        asked_below_.insert(place.path);
        // That one leads to the process that asks, which is another one when the recording is read.
        const bool may_follow =
            (!rest.empty() || last == LastPart::followed) && followed < most_links && here != "proc/self";
        if (may_follow) {
            if (const auto& target = link_at(here)) {
                ++followed;
                place.through.emplace(here, *target);
                auto onward = resolve_link(here, *target);
                rest = rest.empty() ? std::move(onward) : onward + "/" + rest;
                place.path.clear();
                continue;
            }
        }
        place.path = std::move(here);
    }
    return place;
}

/// "Not there" is an answer like any other, and so is "that is no link".
void RecordingTree::note(const std::string& path, Errno why) const
{
    if (why.value == ENOENT || why.value == ENOTDIR || why.value == EINVAL || why.value == EISDIR ||
        why.value == ENODEV)
        return;
    auto text = format("could not read {}: {}", path, errno_text(why.value));
    if (std::ranges::find(recording_.notes, text) == recording_.notes.end())
        recording_.notes.push_back(std::move(text));
}

std::expected<std::vector<std::string>, Errno> RecordingTree::list(const std::string& directory) const
{
    auto names = tree_.list(directory);
    const auto place = resolve(directory, LastPart::followed);
    if (!names) {
        note(directory, names.error());
        return names;
    }
    recording_.links.insert(place.through.begin(), place.through.end());
    recording_.directories.insert(place.path);
    names_[place.path] = *names;
    return names;
}

std::expected<std::string, Errno> RecordingTree::read(const std::string& file, std::size_t limit) const
{
    auto text = tree_.read(file, limit);
    const auto place = resolve(file, LastPart::followed);
    if (!text) {
        note(file, text.error());
        return text;
    }
    auto kept = kept_part(file, *text);
    if (kept.empty() && !text->empty()) return text;
    recording_.links.insert(place.through.begin(), place.through.end());
    auto& held = recording_.files[place.path];
    if (kept.size() > held.size()) held = std::move(kept);
    return text;
}

std::expected<std::string, Errno> RecordingTree::link(const std::string& path) const
{
    const auto place = resolve(path, LastPart::kept);
    auto target = link_at(place.path);
    if (!target) {
        note(path, target.error());
        return target;
    }
    recording_.links.insert(place.through.begin(), place.through.end());
    recording_.links.emplace(place.path, *target);
    return target;
}

/// Only that it is there matters, so what it holds is left out; a link stays one, for whoever reads by hand.
void RecordingTree::add_by_name(Recording& recording, const std::string& path) const
{
    if (const auto& target = link_at(path))
        recording.links.emplace(path, *target);
    else if (tree_.list(path))
        recording.directories.insert(path);
    else
        recording.files.try_emplace(path);
}

Recording RecordingTree::taken() const
{
    auto recording = recording_;
    for (const auto& [directory, names] : names_) {
        const bool names_alone = !asked_below_.contains(directory);
        // The list of a bus or class in sysfs is one of links, and tells what there is even where some are followed.
        const bool may_be_such_a_list = directory.starts_with("sys/");
        for (const auto& name : names) {
            const auto path = below(directory, name);
            if (names_alone || (may_be_such_a_list && link_at(path))) add_by_name(recording, path);
        }
    }
    return recording;
}

Recording record(const KernelTree& tree)
{
    const RecordingTree recorder(tree);
    (void)read_panels(recorder, scan(recorder, Ports::read));
    auto parts = topology::UseParts::all();
    parts.processes = false; // what people run is nobody's business
    (void)look_at_host_use(recorder, parts);
    (void)lockdown_level(recorder);
    (void)look_at_condition(recorder);
    (void)look_at_handover(recorder);
    return recorder.taken();
}

} // namespace usbroute::observe
