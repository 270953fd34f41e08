#include "topology/host_use.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <functional>

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

/// How the host uses this very block device; empty: it does not.
std::string direct_use(const BlockDevice& block, const HostUse& use)
{
    for (const auto& mount : use.mounts)
        if ((!block.number.empty() && mount.number == block.number) || names(mount.source, block))
            return format("mounted on {}", printable(mount.point));
    for (const auto& swap : use.swaps)
        if (names(swap, block)) return "swap";
    if (std::ranges::find(use.btrfs_members, block.name) != use.btrfs_members.end())
        return "part of a mounted btrfs file system";
    if (block.filesystem_hint == "zfs_member" && !use.zfs_pools.empty())
        return format("member of a ZFS pool (imported: {})", printable(join(use.zfs_pools, ", ")));
    return {};
}

} // namespace

std::vector<DiskInUse> disks_in_use(const Snapshot& snapshot, const HostUse& use)
{
    const auto block_named = [&](const std::string& name) -> const BlockDevice* {
        const auto found = std::ranges::find(snapshot.blocks, name, &BlockDevice::name);
        return found == snapshot.blocks.end() ? nullptr : &*found;
    };
    std::vector<DiskInUse> found;
    for (const auto& disk : snapshot.blocks) {
        if (!disk.usb) continue;
        std::vector<std::string> chain;
        std::string how;
        // Depth first along the holders, for the first use that can be named; a stack may not loop, but a
        // recorded tree may say anything.
        const std::function<bool(const BlockDevice&)> look = [&](const BlockDevice& block) {
            if (std::ranges::find(chain, block.name) != chain.end() || chain.size() > 16) return false;
            chain.push_back(block.name);
            how = direct_use(block, use);
            if (!how.empty()) return true;
            for (const auto& holder : block.holders) {
                const auto* next = block_named(holder);
                if (next != nullptr && look(*next)) return true;
            }
            chain.pop_back();
            return false;
        };
        if (!look(disk)) {
            if (disk.holders.empty()) continue;
            chain = {disk.name};
            how = format("held by {}", printable(join(disk.holders, ", ")));
        }
        found.push_back(
            {.usb = *disk.usb, .disk = disk.whole_disk, .chain = std::move(chain), .use = std::move(how)});
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
        mounts.push_back({.number = std::string(fields[2]),
                          .source = unescape(*(dash + 2)),
                          .point = unescape(fields[4]),
                          .type = std::string(*(dash + 1))});
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
                          .type = std::string(fields[2])});
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
