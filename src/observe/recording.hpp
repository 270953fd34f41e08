// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace usbroute::observe {

/// The part of a tree that looks have asked for: files as far as they were read, links as they are written,
/// directories. A look at nothing but this gets the same answers. Paths have no leading slash, and no part of one
/// is a link.
struct Recording {
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> links;
    std::set<std::string> directories;
    std::vector<std::string> notes; ///< "could not read sys/...: Permission denied"

    [[nodiscard]] std::size_t bytes() const;
};

/// Answers as the tree behind it, and remembers what was asked: the list of what a recording needs is then never
/// written down twice.
class RecordingTree final : public KernelTree {
public:
    explicit RecordingTree(const KernelTree& tree) : tree_(tree) {}

    [[nodiscard]] std::expected<std::vector<std::string>, Errno>
    list(const std::string& directory) const override;
    [[nodiscard]] std::expected<std::string, Errno> read(const std::string& file,
                                                         std::size_t limit) const override;
    [[nodiscard]] std::expected<std::string, Errno> link(const std::string& path) const override;

    /// Of a directory whose names alone were used (the holders of a disk, the tables of ACPI), each name is there, and
    /// nothing that it holds; of the others, what nobody asked for is not there, save links of sysfs.
    [[nodiscard]] Recording taken() const;

private:
    /// A path without links in it, and the links that led there.
    struct Place {
        std::string path;
        std::map<std::string, std::string> through;
    };
    enum class LastPart { followed, kept };
    [[nodiscard]] Place resolve(const std::string& path, LastPart last) const;
    [[nodiscard]] const std::expected<std::string, Errno>& link_at(const std::string& path) const;
    void add_by_name(Recording& recording, const std::string& path) const;
    void note(const std::string& path, Errno why) const;

    const KernelTree& tree_;
    mutable Recording recording_;
    mutable std::map<std::string, std::expected<std::string, Errno>> known_links_;
    mutable std::map<std::string, std::vector<std::string>> names_; ///< by listed directory
    mutable std::set<std::string> asked_below_; ///< directories of which an entry was asked for
};

/// Takes every look that a command or the daemon takes, and keeps what they asked for.
[[nodiscard]] Recording record(const KernelTree& tree);

} // namespace usbroute::observe
