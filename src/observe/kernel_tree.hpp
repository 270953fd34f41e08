// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/text.hpp"
#include "topology/census.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::observe {

/// Why a path could not be looked at. ENOENT in the middle of a scan means "gone while we looked" and is no
/// error; the rest is noted. Light on purpose: a scan asks for many attributes that do not exist.
struct Errno {
    int value = 0;
    bool operator==(const Errno&) const = default;
};

/// What is read of an attribute of sysfs, in bytes: the kernel gives no more than a page (fs/sysfs/file.c).
inline constexpr std::size_t attribute_limit = 4096;

/// What a look needs of the kernel's file trees. Paths have no leading slash: "sys/bus/pci/devices".
class KernelTree {
public:
    virtual ~KernelTree() = default;

    /// Names in a directory, without "." and "..", in no particular order.
    [[nodiscard]] virtual std::expected<std::vector<std::string>, Errno>
    list(const std::string& directory) const = 0;
    /// The same with the number of each entry, where the tree can tell it.
    [[nodiscard]] virtual std::expected<std::vector<topology::Listed>, Errno>
    entries(const std::string& directory) const
    {
        auto names = list(directory);
        if (!names) return std::unexpected(names.error());
        std::vector<topology::Listed> listed;
        for (auto& name : *names) listed.push_back({.name = std::move(name), .number = 0});
        return listed;
    }
    /// The number of one entry, as `entries` of its directory tells it; nothing: it is not there.
    [[nodiscard]] virtual std::optional<std::uint64_t> entry_number(const std::string& path) const
    {
        return link(path) ? std::optional<std::uint64_t>(0) : std::nullopt;
    }
    /// The first `limit` bytes of a file. May wait: the kernel takes the device lock for a device's strings.
    [[nodiscard]] virtual std::expected<std::string, Errno> read(const std::string& file,
                                                                 std::size_t limit) const = 0;
    /// Where a symbolic link points, as written in it.
    [[nodiscard]] virtual std::expected<std::string, Errno> link(const std::string& path) const = 0;
    /// "8:16" where the path is the node of a block device; nothing where it is none, or where the tree cannot tell, as in a
    /// recording.
    [[nodiscard]] virtual std::optional<std::string> block_number(const std::string& /*path*/) const
    {
        return std::nullopt;
    }
};

/// What a small file says, without blanks around it; empty where it cannot be read.
[[nodiscard]] inline std::string attribute(const KernelTree& tree, const std::string& file)
{
    const auto text = tree.read(file, attribute_limit);
    return text ? std::string(trim(*text)) : std::string();
}

} // namespace usbroute::observe
