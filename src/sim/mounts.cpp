// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What is mounted: /proc/self/mountinfo and its older sister.

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/simulation.hpp"

#include <algorithm>

namespace usbroute::sim {

namespace {

/// Field `number` of a line, from 0.
std::string_view field_of(std::string_view line, std::size_t number)
{
    const auto fields = words(line);
    return number < fields.size() ? fields[number] : std::string_view();
}

} // namespace

/// Those of the recording; the fields are those of Documentation/filesystems/proc.rst, 3.5, and fstab(5).
void Simulation::read_mounts()
{
    mounts_.clear();
    const auto info = tree_.read("proc/self/mountinfo").value_or(std::string());
    auto older = tree_.read("proc/self/mounts").value_or(std::string());
    if (older.empty()) older = tree_.read("proc/mounts").value_or(std::string());
    const auto lines = split(older, '\n');
    for (const auto line : split(info, '\n')) {
        const auto point = field_of(line, 4);
        if (point.empty()) continue;
        const auto twin = std::ranges::find_if(lines, [&](auto each) { return field_of(each, 1) == point; });
        mounts_.push_back({.point = std::string(point),
                           .mountinfo = std::string(line),
                           .mounts = twin == lines.end() ? std::string() : std::string(*twin)});
    }
}

Result<std::string> Simulation::run(const command::Mount& mount, Clock::time_point /*now*/)
{
    const auto* block = kernel_.block(mount.partition);
    if (block == nullptr)
        return failure(format("there is no USB disk or partition {}", printable(mount.partition)));
    if (std::ranges::find(mounts_, mount.point, &MountEntry::point) != mounts_.end())
        return failure(format("something is mounted on {}", printable(mount.point)));
    constexpr std::string_view key = "ID_FS_TYPE=";
    const auto at = block->extra.find(key);
    const auto type =
        at == std::string::npos
            ? "vfat"
            : block->extra.substr(at + key.size(), block->extra.find('\n', at) - at - key.size());
    std::uint32_t id = 20;
    for (const auto& entry : mounts_)
        id = std::max(id, parse_decimal(field_of(entry.mountinfo, 0)).value_or(0));
    mounts_.push_back(
        {.point = mount.point,
         .mountinfo = format("{} 1 {} / {} rw,relatime shared:{} - {} /dev/{} rw", id + 1, block->number,
                             mount.point, id + 1, type, mount.partition),
         .mounts = format("/dev/{} {} {} rw,relatime 0 0", mount.partition, mount.point, type)});
    if (auto done = write_mounts(); !done) return std::unexpected(done.error());
    return std::string();
}

Result<std::string> Simulation::run(const command::Unmount& unmount, Clock::time_point /*now*/)
{
    if (std::erase_if(mounts_, [&](const MountEntry& entry) { return entry.point == unmount.point; }) == 0)
        return failure(format("nothing is mounted on {}", printable(unmount.point)));
    if (auto done = write_mounts(); !done) return std::unexpected(done.error());
    return std::string();
}

/// The programs inside must not take the mounts of the real machine for those of this board.
Result<void> Simulation::write_mounts()
{
    std::string info;
    std::string mounts;
    for (const auto& entry : mounts_) {
        info += entry.mountinfo + "\n";
        if (!entry.mounts.empty()) mounts += entry.mounts + "\n";
    }
    if (auto done = tree_.write("proc/self/mountinfo", info); !done) return done;
    if (auto done = tree_.write("proc/self/mounts", mounts); !done) return done;
    return tree_.write("proc/mounts", mounts);
}

} // namespace usbroute::sim
