// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "observe/kernel_tree.hpp"

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace usbroute::fakes {

/// A file, a symbolic link or a directory of a fake kernel tree, written as one nested expression so that a test
/// shows the whole machine on one screen.
struct Entry;
using Entries = std::vector<Entry>;
struct Entry {
    std::string name;
    std::variant<std::string, Entries> content;
    bool is_link = false;
};
[[nodiscard]] Entry file(std::string name, std::string text);
[[nodiscard]] Entry link(std::string name, std::string target);
[[nodiscard]] Entry dir(std::string name, Entries entries);

/// Works, in memory. Can be told that a path fails, and counts what was read.
class FakeTree : public observe::KernelTree {
public:
    explicit FakeTree(const Entries& entries);

    [[nodiscard]] std::expected<std::vector<std::string>, observe::Errno>
    list(const std::string& directory) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> read(const std::string& file,
                                                                  std::size_t limit) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> link(const std::string& path) const override;
    [[nodiscard]] std::optional<std::string> block_number(const std::string& path) const override;

    /// The path is the node of a block device, "8:16".
    void node(const std::string& path, const std::string& number) { nodes_[path] = number; }
    /// From now on everything at and below this path answers with that errno.
    void fail(const std::string& path, int errno_value) { failures_[path] = errno_value; }
    /// Removes a path and all below it: somebody pulled the plug.
    void remove(const std::string& path);
    /// The directories above come with it.
    void add(const std::string& directory, const Entry& entry);

private:
    void put(const std::string& directory, const Entry& entry);
    [[nodiscard]] int failure_of(const std::string& path) const;
    /// Follows the links in a path, as the kernel does.
    [[nodiscard]] std::string walked(const std::string& path) const;

    std::map<std::string, std::string> files_;
    std::map<std::string, std::string> links_;
    std::map<std::string, std::string> nodes_;
    std::map<std::string, bool> directories_;
    std::map<std::string, int> failures_;
};

} // namespace usbroute::fakes
