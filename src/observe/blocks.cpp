// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/blocks.hpp"

#include "base/text.hpp"
#include "observe/decode.hpp"

#include <algorithm>
#include <cerrno>

namespace usbroute::observe {

using topology::BlockDevice;

namespace {

constexpr std::size_t udev_record_limit = 16384;

/// sys/class/block has every block device and partition; older or leaner recordings have sys/block only.
std::vector<std::pair<std::string, std::string>> block_directories(const KernelTree& tree)
{
    std::vector<std::pair<std::string, std::string>> found;
    for (const char* top : {"sys/class/block", "sys/block"}) {
        const auto names = tree.list(top);
        if (!names || names->empty()) continue;
        for (const auto& name : *names) {
            const auto link_path = std::string(top) + "/" + name;
            if (const auto target = tree.link(link_path))
                found.emplace_back(name, resolve_link(link_path, *target));
        }
        if (std::string_view(top) == "sys/class/block") return found;
        // Partitions are below their disks.
        const auto disks = found;
        for (const auto& [disk, directory] : disks)
            for (const auto& name : tree.list(directory).value_or(std::vector<std::string>{}))
                if (name.starts_with(disk) && name != disk) found.emplace_back(name, directory + "/" + name);
    }
    return found;
}

/// ZFS names the partitions that it makes zfs-0123456789abcdef (lib/libzutil, zpool_label_disk); the kernel tells a
/// partition's name without rights.
bool has_a_name_of_zfs(std::string_view name)
{
    constexpr std::string_view beginning = "zfs-";
    return name.starts_with(beginning) && parse_hex(name.substr(beginning.size()).substr(0, 8)).has_value();
}

/// What is on it, and its other names, as udev has found them (udev's database, /run/udev/data/bMAJOR:MINOR).
void add_udevs_word(const KernelTree& tree, const std::string& directory, BlockDevice& block)
{
    const auto record = block.number.empty() ? std::unexpected(Errno{ENOENT})
                                             : tree.read("run/udev/data/b" + block.number, udev_record_limit);
    block.is_unprobed = !record;
    if (record) {
        block.filesystem_hint = uevent_value(*record, "E:ID_FS_TYPE");
        for (const auto line : split(*record, '\n'))
            if (line.starts_with("S:")) block.links.emplace_back(line.substr(2));
    }
    if (!block.filesystem_hint.empty()) return;
    const auto uevent = tree.read(directory + "/uevent", attribute_limit).value_or(std::string());
    if (has_a_name_of_zfs(uevent_value(uevent, "PARTNAME"))) block.filesystem_hint = "zfs_member";
}

BlockDevice read_block(const KernelTree& tree, const std::string& name, const std::string& directory)
{
    BlockDevice block;
    block.name = name;
    block.number = attribute(tree, directory + "/dev");
    const auto parent = last_part(std::string_view(directory).substr(0, directory.rfind('/')));
    block.whole_disk = parent == "block" ? name : std::string(parent);
    block.holders = tree.list(directory + "/holders").value_or(std::vector<std::string>{});
    // Git does not keep empty directories, so a recording may have a file there to hold the place.
    std::erase_if(block.holders, [](const std::string& holder) { return holder.starts_with('.'); });
    // A backing or cache device that is registered while its other half is missing has no holder yet.
    if (block.holders.empty() && tree.list(directory + "/bcache")) block.holders.emplace_back("bcache");
    std::ranges::sort(block.holders);
    block.usb = usb_device_in(directory);
    block.mapper_name = attribute(tree, directory + "/dm/name");
    add_udevs_word(tree, directory, block);
    return block;
}

} // namespace

std::vector<BlockDevice> read_usb_blocks(const KernelTree& tree)
{
    const auto directories = block_directories(tree);
    std::vector<BlockDevice> blocks;
    std::vector<std::string> wanted;
    for (const auto& [name, directory] : directories) {
        const auto usb = usb_device_in(directory);
        if (!usb || usb->is_root_hub()) continue;
        blocks.push_back(read_block(tree, name, directory));
        wanted.insert(wanted.end(), blocks.back().holders.begin(), blocks.back().holders.end());
    }
    // What is stacked on them, and on that; each once.
    while (!wanted.empty()) {
        const auto name = wanted.back();
        wanted.pop_back();
        if (std::ranges::find(blocks, name, &BlockDevice::name) != blocks.end()) continue;
        const auto found =
            std::ranges::find(directories, name, [](const auto& entry) { return entry.first; });
        if (found == directories.end()) continue;
        blocks.push_back(read_block(tree, name, found->second));
        wanted.insert(wanted.end(), blocks.back().holders.begin(), blocks.back().holders.end());
    }
    std::ranges::sort(blocks, {}, &BlockDevice::name);
    return blocks;
}

std::vector<topology::LoopDevice> read_loops(const KernelTree& tree)
{
    std::vector<topology::LoopDevice> loops;
    for (const auto& name : tree.list("sys/block").value_or(std::vector<std::string>{})) {
        const bool is_zram = name.starts_with("zram");
        if (!is_zram && !name.starts_with("loop")) continue;
        const auto link_path = "sys/block/" + name;
        const auto target = tree.link(link_path);
        const auto directory = target ? resolve_link(link_path, *target) : link_path;
        // A loop device that is over nothing does not have the file; zram says "none" (Documentation/admin-guide/blockdev/zram.rst).
        auto backing =
            tree.read(directory + (is_zram ? "/backing_dev" : "/loop/backing_file"), attribute_limit);
        if (!backing) continue;
        if (backing->ends_with('\n')) backing->pop_back();
        if (is_zram && !backing->starts_with('/')) continue;
        loops.push_back({.block = read_block(tree, name, directory),
                         .backing = std::move(*backing),
                         .backing_number = {}});
    }
    std::ranges::sort(loops, {},
                      [](const topology::LoopDevice& loop) -> const std::string& { return loop.block.name; });
    return loops;
}

} // namespace usbroute::observe
