// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/host_use.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace usbroute::topology {

namespace {

bool names(std::string_view source, const BlockDevice& block)
{
    constexpr std::string_view dev = "/dev/";
    source = without_deleted(source);
    if (!block.mapper_name.empty() && source == "/dev/mapper/" + block.mapper_name) return true;
    if (!source.starts_with(dev)) return false;
    return source.substr(source.rfind('/') + 1) == block.name ||
           std::ranges::find(block.links, source.substr(dev.size())) != block.links.end();
}

bool has_number(const BlockDevice& block, std::string_view number)
{
    return !block.number.empty() && block.number == number;
}

/// Whether a loop device is over this block device: by its path, by the number of the node there, or by the kernel's word.
bool is_over(const LoopDevice& loop, const BlockDevice& block, const Claims& claims)
{
    return names(loop.backing, block) || has_number(block, loop.backing_number) ||
           std::ranges::any_of(claims.under, [&](const Under& one) {
               return one.by == loop.block.name && has_number(block, one.number);
           });
}

/// Whether a mount is on this block device, or has a log, a journal or another member there.
bool is_on(const Mount& mount, const BlockDevice& block)
{
    if (has_number(block, mount.number)) return true;
    return names(mount.source, block) || std::ranges::any_of(mount.devices, [&](const std::string& device) {
               return names(device, block) || has_number(block, device);
           });
}

struct Use {
    std::string words; ///< "mounted on /mnt"
    std::string end;   ///< of the chain, "/mnt"
    UseWeight weight = UseWeight::some;
};

/// Where the programs and libraries lie that run now; the host is dead without them. hier(7); Nix and Guix run from their
/// stores, ostree's systems from /sysroot.
bool runs_the_system(std::string_view point)
{
    constexpr std::array<std::string_view, 10> points{
        "/", "/usr", "/var", "/etc", "/lib", "/nix", "/nix/store", "/gnu/store", "/sysroot", "/ostree"};
    return std::ranges::find(points, point) != points.end();
}

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
    for (const auto& served : use.exports)
        if (is_on_it(served.backing))
            return format(", with {} served by {}", printable(served.backing), printable(served.by));
    return {};
}

UseWeight weight_of(const Mount& mount)
{
    return mount.whose.empty() && runs_the_system(mount.point) ? UseWeight::system : UseWeight::mounted;
}

/// Of those for which `is_of_it` holds the one that weighs most, and of these the first; null: there is none.
const Mount* weightiest(const HostUse& use, const std::function<bool(const Mount&)>& is_of_it)
{
    const Mount* found = nullptr;
    for (const auto& mount : use.mounts)
        if (is_of_it(mount) && (found == nullptr || weight_of(mount) > weight_of(*found))) found = &mount;
    return found;
}

Use mounted_as(const Mount& mount, const HostUse& use)
{
    auto words = format("mounted on {}", printable(mount.point));
    if (!mount.whose.empty()) words += " in the mount namespace of " + mount.whose;
    words += also_used(mount, use);
    return {.words = std::move(words), .end = mount.point, .weight = weight_of(mount)};
}

/// A member of a btrfs over several devices; the mount names one of them.
Use part_of_btrfs(const std::vector<std::string>& members, const HostUse& use)
{
    const auto is_of_it = [&](const Mount& mount) {
        constexpr std::string_view dev = "/dev/";
        return mount.type == "btrfs" && mount.source.starts_with(dev) &&
               std::ranges::find(members, mount.source.substr(dev.size())) != members.end();
    };
    const auto* mount = weightiest(use, is_of_it);
    if (mount == nullptr) return {.words = "part of a mounted btrfs file system", .end = "btrfs"};
    return {.words = format("part of the btrfs file system mounted on {}", printable(mount->point)),
            .end = mount->point,
            .weight = weight_of(*mount)};
}

/// How the host uses this very block device; nothing: it does not.
std::optional<Use> direct_use(const BlockDevice& block, const HostUse& use)
{
    if (const auto* mount = weightiest(use, [&](const Mount& each) { return is_on(each, block); }))
        return mounted_as(*mount, use);
    for (const auto& swap : use.swaps)
        if (names(swap, block)) return Use{.words = "swap", .end = "swap", .weight = UseWeight::swap};
    for (const auto& members : use.btrfs)
        if (std::ranges::find(members, block.name) != members.end()) return part_of_btrfs(members, use);
    if (block.filesystem_hint == "zfs_member" && !use.zfs_pools.empty())
        return Use{.words = format("member of a ZFS pool (imported: {})", join(use.zfs_pools, ", ")),
                   .end = "ZFS"};
    if (const auto served = std::ranges::find_if(use.exports,
                                                 [&](const Export& one) {
                                                     return names(one.backing, block) ||
                                                            has_number(block, one.backing_number);
                                                 });
        served != use.exports.end())
        return Use{.words = "served by " + printable(served->by), .end = printable(served->by)};
    return std::nullopt;
}

/// What the kernel names this block device as a part of; to be asked when nothing on it or above it can be named.
std::optional<Use> membership(const BlockDevice& block, const HostUse& use)
{
    const auto member = std::ranges::find(use.members, block.name, &Member::block);
    if (member == use.members.end()) return std::nullopt;
    return Use{.words = member->use, .end = member->end};
}

/// Follows all that is stacked on one block device, and keeps the weightiest use that can be named.
class Stack {
public:
    Stack(const Snapshot& snapshot, const HostUse& use) : snapshot_(snapshot), use_(use) {}

    struct Found {
        Use use;
        std::vector<std::string> chain; ///< from the block device to what is used
    };
    /// Nothing: the device is free.
    std::optional<Found> climb(const BlockDevice& block)
    {
        std::vector<std::string> chain;
        go_up(block, chain);
        return std::move(found_);
    }

private:
    void go_up(const BlockDevice& block, std::vector<std::string>& chain)
    {
        // A stack may not loop, but a recorded tree may say anything; and what was tried need not be tried twice.
        constexpr std::size_t tallest = 16;
        if (chain.size() >= tallest || std::ranges::find(tried_, &block) != tried_.end()) return;
        tried_.push_back(&block);
        chain.push_back(block.mapper_name.empty() ? block.name
                                                  : format("{} ({})", block.name, block.mapper_name));
        const bool had_one = found_.has_value();
        if (auto use = direct_use(block, use_)) keep(std::move(*use), chain);
        for (const auto& holder : block.holders) {
            const auto next = std::ranges::find(snapshot_.blocks, holder, &BlockDevice::name);
            if (next != snapshot_.blocks.end()) go_up(*next, chain);
        }
        for (const auto& loop : use_.loops)
            if (is_over(loop, block, use_.claims)) go_up(loop.block, chain);
        if (had_one == found_.has_value())
            if (auto use = membership(block, use_)) keep(std::move(*use), chain);
        chain.pop_back();
    }

    void keep(Use use, const std::vector<std::string>& chain)
    {
        if (!found_ || use.weight > found_->use.weight) found_ = Found{.use = std::move(use), .chain = chain};
    }

    const Snapshot& snapshot_;
    const HostUse& use_;
    std::vector<const BlockDevice*> tried_;
    std::optional<Found> found_;
};

Use said(std::string words) { return {.words = words, .end = std::move(words)}; }

/// What keeps a block device although nothing is seen mounted on it, or why nothing can be seen; nothing: it is free.
std::optional<Use> kept_by(const BlockDevice& block, const HostUse& use)
{
    auto keepers = block.holders;
    for (const auto& loop : use.loops)
        if (is_over(loop, block, use.claims)) keepers.push_back(loop.block.name);
    if (!keepers.empty()) return said("held by " + join(keepers, ", "));
    if (!use.mounts_unreadable.empty())
        return said("what is mounted cannot be read: " + use.mounts_unreadable);
    // Only the kernel, or udev's look at the disk, tells a member of a pool from a disk that is free.
    if (block.is_unprobed && !use.zfs_pools.empty() && use.claims.answer != ClaimsAnswer::given)
        return said(format("perhaps a member of a ZFS pool (imported: {}): udev's database does not say",
                           join(use.zfs_pools, ", ")));
    return std::nullopt;
}

struct ClaimedPart {
    const BlockDevice* block;
    Use use;
};

/// What is to be said of one block device by the kernel's answer; nothing: it is free.
std::optional<Use> said_of(const BlockDevice& block, const Claims& claims)
{
    const auto under =
        std::ranges::find_if(claims.under, [&](const Under& one) { return has_number(block, one.number); });
    if (under != claims.under.end()) return said("under " + under->by);
    const auto found = std::ranges::find(claims.claims, block.name, &Claim::block);
    if (found == claims.claims.end())
        return said("whether the kernel has claimed it is not known yet: it has just appeared");
    const auto& claim = *found;
    switch (claim.state) {
    case ClaimState::claimed:
        return said(
            "claimed by the kernel (a file system, RAID, LVM, swap or pool that is not in the mount list, "
            "or a program that opened it exclusively)");
    case ClaimState::open: return said("open in " + claim.detail);
    case ClaimState::unknown: return said("the kernel cannot be asked about it: " + claim.detail);
    case ClaimState::free: break;
    }
    if (claims.is_cut) return said("there are too many open files to tell whether a program has it open");
    return std::nullopt;
}

/// A disk by the kernel's answers for it and its partitions. A partition that is claimed makes the whole disk busy, so the
/// partition is the one to be named.
std::optional<ClaimedPart> claimed_part(const Snapshot& snapshot, std::string_view disk, const Claims& claims)
{
    if (claims.answer == ClaimsAnswer::not_asked || claims.answer == ClaimsAnswer::absent)
        return std::nullopt;
    std::optional<ClaimedPart> whole;
    std::optional<ClaimedPart> part;
    for (const auto& block : snapshot.blocks) {
        if (!block.usb || block.whole_disk != disk) continue;
        auto use = claims.answer == ClaimsAnswer::silent
                       ? said("whether the kernel has claimed it is not known: " + claims.why)
                       : said_of(block, claims);
        if (!use) continue;
        auto& place = block.name == disk ? whole : part;
        if (!place) place = ClaimedPart{.block = &block, .use = std::move(*use)};
    }
    const bool is_parts_claim = whole && part && claims.answer == ClaimsAnswer::given;
    return is_parts_claim || !whole ? part : whole;
}

/// The disks stay in their order; of one disk the weightiest comes first, and of equal ones the first.
void insert(std::vector<DiskInUse>& found, DiskInUse one)
{
    const auto is_same_disk = [&](const DiskInUse& other) { return other.disk == one.disk; };
    const auto is_lighter = [&](const DiskInUse& other) {
        return other.disk == one.disk && other.weight < one.weight;
    };
    auto place = std::ranges::find_if(found, is_lighter);
    if (place == found.end()) {
        const auto last = std::ranges::find_if(found.rbegin(), found.rend(), is_same_disk);
        place = last == found.rend() ? found.end() : last.base();
    }
    found.insert(place, std::move(one));
}

} // namespace

std::vector<DiskInUse> disks_in_use(const Snapshot& snapshot, const HostUse& use)
{
    std::vector<DiskInUse> found;
    const auto add = [&](const BlockDevice& block, std::vector<std::string> chain, const Use& how) {
        if (block.whole_disk != block.name) chain.insert(chain.begin(), block.whole_disk);
        chain.push_back(how.end);
        insert(found, {.usb = *block.usb,
                       .disk = block.whole_disk,
                       .chain = std::move(chain),
                       .use = printable(how.words, 256),
                       .weight = how.weight});
    };
    for (const auto& block : snapshot.blocks) {
        if (!block.usb) continue;
        if (auto way = Stack(snapshot, use).climb(block))
            add(block, std::move(way->chain), way->use);
        else if (const auto kept = kept_by(block, use))
            add(block, {block.name}, *kept);
    }
    // The kernel's own word, for disks of which nothing better can be said.
    for (const auto& block : snapshot.blocks) {
        const auto is_explained = [&](const DiskInUse& one) { return one.disk == block.whole_disk; };
        if (!block.usb || std::ranges::any_of(found, is_explained)) continue;
        if (const auto claim = claimed_part(snapshot, block.whole_disk, use.claims))
            add(*claim->block, {claim->block->name}, claim->use);
    }
    return found;
}

} // namespace usbroute::topology
