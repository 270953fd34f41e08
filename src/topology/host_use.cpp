// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/host_use.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <optional>

namespace usbroute::topology {

namespace {

/// The kernel writes blanks, tabs, newlines and backslashes in these files as \ooo.
std::string unescape(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] >= '0' &&
                            text[i + 1] <= '3' && text[i + 2] >= '0' && text[i + 2] <= '7' &&
                            text[i + 3] >= '0' && text[i + 3] <= '7';
        if (!escape) {
            plain += text[i];
            continue;
        }
        plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
        i += 3;
    }
    return plain;
}

bool names(std::string_view source, const BlockDevice& block)
{
    if (!block.mapper_name.empty() && source == "/dev/mapper/" + block.mapper_name) return true;
    return source.starts_with("/dev/") && source.substr(source.rfind('/') + 1) == block.name;
}

struct Use {
    std::string words; ///< "mounted on /mnt"
    std::string end;   ///< of the chain, "/mnt"
};

/// The mount that a path lies in: the one with the longest point, and of equal ones the last, which hides the others.
const Mount* mount_of(std::string_view path, const HostUse& use)
{
    const Mount* found = nullptr;
    for (const auto& mount : use.mounts) {
        const std::string_view point = mount.point;
        const bool holds = point == "/" || (path.starts_with(point) &&
                                            (path.size() == point.size() || path[point.size()] == '/'));
        if (holds && mount.whose.empty() && (found == nullptr || point.size() >= found->point.size()))
            found = &mount;
    }
    return found;
}

/// What lies in a mount and is in use for itself, which is why it cannot simply be unmounted.
std::string also_used(const Mount& mount, const HostUse& use)
{
    if (!mount.whose.empty()) return {};
    // Each question goes through all mounts; a table with more than these is somebody's joke.
    int questions_left = 1000;
    const auto is_on_it = [&](std::string_view path) {
        return !path.starts_with("/dev/") && path.starts_with(mount.point) && questions_left-- > 0 &&
               mount_of(path, use) == &mount;
    };
    for (const auto& swap : use.swaps)
        if (is_on_it(swap)) return format(", with swap file {}", printable(swap));
    for (const auto& loop : use.loops)
        if (is_on_it(loop.backing))
            return format(", with {} over {}", printable(loop.block.name, 32), printable(loop.backing));
    for (const auto& overlay : use.mounts)
        if (std::ranges::any_of(overlay.layers, is_on_it))
            return format(", below the overlay {}", printable(overlay.point));
    return {};
}

/// How the host uses this very block device; nothing: it does not.
std::optional<Use> direct_use(const BlockDevice& block, const HostUse& use)
{
    const auto is_of_it = [&](const Mount& mount) {
        return (!block.number.empty() && mount.number == block.number) || names(mount.source, block);
    };
    if (const auto mount = std::ranges::find_if(use.mounts, is_of_it); mount != use.mounts.end()) {
        auto words = format("mounted on {}", printable(mount->point));
        if (!mount->whose.empty()) words += " in the mount namespace of " + mount->whose;
        words += also_used(*mount, use);
        return Use{.words = std::move(words), .end = mount->point};
    }
    for (const auto& swap : use.swaps)
        if (names(swap, block)) return Use{.words = "swap", .end = "swap"};
    if (std::ranges::find(use.btrfs_members, block.name) != use.btrfs_members.end())
        return Use{.words = "part of a mounted btrfs file system", .end = "btrfs"};
    if (block.filesystem_hint == "zfs_member" && !use.zfs_pools.empty())
        return Use{.words = format("member of a ZFS pool (imported: {})", join(use.zfs_pools, ", ")),
                   .end = "ZFS"};
    return std::nullopt;
}

/// Follows what is stacked on one block device, to the first use that can be named.
class Stack {
public:
    Stack(const Snapshot& snapshot, const HostUse& use) : snapshot_(snapshot), use_(use) {}

    /// Nothing: the device is free.
    std::optional<Use> climb(const BlockDevice& block, std::vector<std::string>& chain)
    {
        // A stack may not loop, but a recorded tree may say anything; and what led nowhere need not be tried twice.
        constexpr std::size_t tallest = 16;
        if (chain.size() >= tallest || std::ranges::find(tried_, &block) != tried_.end()) return std::nullopt;
        tried_.push_back(&block);
        chain.push_back(block.mapper_name.empty() ? block.name
                                                  : format("{} ({})", block.name, block.mapper_name));
        if (auto found = direct_use(block, use_)) return found;
        for (const auto& holder : block.holders) {
            const auto next = std::ranges::find(snapshot_.blocks, holder, &BlockDevice::name);
            if (next == snapshot_.blocks.end()) continue;
            if (auto found = climb(*next, chain)) return found;
        }
        for (const auto& loop : use_.loops) {
            if (!names(loop.backing, block)) continue;
            if (auto found = climb(loop.block, chain)) return found;
        }
        chain.pop_back();
        return std::nullopt;
    }

private:
    const Snapshot& snapshot_;
    const HostUse& use_;
    std::vector<const BlockDevice*> tried_;
};

/// What keeps a block device although nothing is seen mounted on it.
std::vector<std::string> keepers_of(const BlockDevice& block, const HostUse& use)
{
    auto keepers = block.holders;
    for (const auto& loop : use.loops)
        if (names(loop.backing, block)) keepers.push_back(loop.block.name);
    return keepers;
}

/// The directories below an overlay (Documentation/filesystems/overlayfs.rst): lowerdir=A:B, or one lowerdir+=A each, and
/// upperdir=C.
std::vector<std::string> layers_in(std::string_view options)
{
    std::vector<std::string> layers;
    for (const auto option : split(options, ',')) {
        const auto equals = option.find('=');
        if (equals == std::string_view::npos) continue;
        const auto key = option.substr(0, equals);
        if (key != "lowerdir" && key != "lowerdir+" && key != "upperdir") continue;
        for (const auto layer : split(option.substr(equals + 1), ':'))
            if (layer.starts_with('/')) layers.push_back(unescape(layer));
    }
    return layers;
}

} // namespace

std::vector<DiskInUse> disks_in_use(const Snapshot& snapshot, const HostUse& use)
{
    std::vector<DiskInUse> found;
    for (const auto& disk : snapshot.blocks) {
        if (!disk.usb) continue;
        std::vector<std::string> chain;
        auto how = Stack(snapshot, use).climb(disk, chain);
        if (!how) {
            const auto keepers = keepers_of(disk, use);
            if (keepers.empty() && use.mounts_unreadable.empty()) continue;
            chain = {disk.name};
            const auto words = keepers.empty() ? "what is mounted cannot be read: " + use.mounts_unreadable
                                               : "held by " + join(keepers, ", ");
            how = Use{.words = printable(words), .end = words};
        }
        if (disk.whole_disk != disk.name) chain.insert(chain.begin(), disk.whole_disk);
        chain.push_back(how->end);
        found.push_back({.usb = *disk.usb,
                         .disk = disk.whole_disk,
                         .chain = std::move(chain),
                         .use = printable(how->words, 256)});
    }
    return found;
}

std::vector<Mount> parse_mountinfo(std::string_view text)
{
    std::vector<Mount> mounts;
    for (const auto line : split(text, '\n')) {
        // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw  (proc(5))
        const auto fields = words(line);
        const auto dash = std::ranges::find(fields, "-");
        if (fields.size() < 7 || fields.end() - dash < 3) continue;
        const bool is_overlay = *(dash + 1) == "overlay" && fields.end() - dash > 3;
        mounts.push_back({.number = std::string(fields[2]),
                          .source = unescape(*(dash + 2)),
                          .point = unescape(fields[4]),
                          .type = std::string(*(dash + 1)),
                          .layers = is_overlay ? layers_in(*(dash + 3)) : std::vector<std::string>{},
                          .whose = {}});
    }
    return mounts;
}

std::vector<Mount> parse_mounts(std::string_view text)
{
    std::vector<Mount> mounts;
    for (const auto line : split(text, '\n')) {
        const auto fields = words(line);
        if (fields.size() < 3) continue;
        mounts.push_back({.number = {},
                          .source = unescape(fields[0]),
                          .point = unescape(fields[1]),
                          .type = std::string(fields[2]),
                          .layers = {},
                          .whose = {}});
    }
    return mounts;
}

std::vector<std::string> parse_swaps(std::string_view text)
{
    std::vector<std::string> swaps;
    for (const auto line : split(text, '\n')) {
        const auto fields = words(line);
        if (!fields.empty() && fields[0].starts_with('/')) swaps.push_back(unescape(fields[0]));
    }
    return swaps;
}

} // namespace usbroute::topology
