// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/files.hpp"
#include "linux/unique_fd.hpp"
#include "observe/hints.hpp"
#include "observe/kernel_tree.hpp"

#include <string>
#include <unordered_map>
#include <unordered_set>

namespace usbroute::linux_ {

/// Hints for a recorded tree, where no udev speaks: inotify watches on the directories that were read
/// (docs/decisions/0003-root-trees-are-watched.md). Where watches cannot be had, every drain says "everything".
class TreeHints final : public observe::HintSource {
public:
    /// `root` ends with a slash.
    explicit TreeHints(std::string root);

    [[nodiscard]] int fd() const override { return blind_ ? -1 : fd_.get(); }
    [[nodiscard]] observe::Hints drain() override;

    [[nodiscard]] bool hears_everything() const override { return !blind_ && !is_kernels_; }

    /// From now on a change in `directory` (without a leading slash) is told; where there is no such directory, its
    /// appearance is.
    void watch(std::string directory);

private:
    [[nodiscard]] bool try_watch(const std::string& directory);
    void take(int watch, unsigned what, std::string_view name, observe::Hints& hints);

    std::string root_;
    UniqueFd fd_;
    bool is_kernels_ =
        false;           ///< its sysfs is a real one, where inotify tells nothing of what the kernel does
    bool blind_ = false; ///< the user's limit is reached, or there is no inotify
    std::unordered_set<std::string> watched_;
    std::unordered_map<int, std::string> directories_; ///< by watch descriptor
};

/// The tree, with a watch put on every directory before it is read: what changes after the look is told.
class WatchedTree final : public observe::KernelTree {
public:
    WatchedTree(const LiveTree& tree, TreeHints& hints) : tree_(tree), hints_(hints) {}

    [[nodiscard]] std::expected<std::vector<std::string>, observe::Errno>
    list(const std::string& directory) const override;
    [[nodiscard]] std::expected<std::vector<topology::Listed>, observe::Errno>
    entries(const std::string& directory) const override;
    [[nodiscard]] std::optional<std::uint64_t> entry_number(const std::string& path) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> read(const std::string& file,
                                                                  std::size_t limit) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> link(const std::string& path) const override;
    [[nodiscard]] std::optional<std::string> block_number(const std::string& path) const override
    {
        return tree_.block_number(path);
    }

private:
    const LiveTree& tree_;
    TreeHints& hints_;
};

} // namespace usbroute::linux_
