// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/files.hpp"
#include "observe/kernel_tree.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::fakes {

/// A recorded machine, kept in memory once it has been asked for.
class KeptTree final : public observe::KernelTree {
public:
    explicit KeptTree(const std::string& root) : tree_(root) {}

    [[nodiscard]] std::expected<std::vector<std::string>, observe::Errno>
    list(const std::string& directory) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> read(const std::string& file,
                                                                  std::size_t limit) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> link(const std::string& path) const override;
    /// Every path that somebody has asked for.
    [[nodiscard]] std::vector<std::string> asked() const;

private:
    template <class T> using Kept = std::map<std::string, std::expected<T, observe::Errno>>;

    linux_::LiveTree tree_;
    mutable Kept<std::vector<std::string>> lists_;
    mutable Kept<std::string> files_;
    mutable Kept<std::string> links_;
};

/// Another tree, with some of its paths replaced, controllers taken from it and others added.
class EditedTree final : public observe::KernelTree {
public:
    explicit EditedTree(const observe::KernelTree& tree) : tree_(tree) {}

    /// The path holds `text` from now on, or gives an error.
    void edit(std::string path, int errno_value, std::string text);
    /// A controller without an address: a root hub and one device, below sys/devices/platform/NAME.
    void add_controller(const std::string& name, int bus);
    void remove_controller(const std::string& name) { added_.erase(name); }
    /// A function of the PCI bus leaves, with its buses and all that is plugged in there; or comes back.
    void take_off_the_bus(const std::string& address) { gone_.insert(address); }
    void put_on_the_bus(const std::string& address) { gone_.erase(address); }
    /// A directory with nothing in it that the recording has not.
    void add_directory(const std::string& path) { directories_.insert(path); }
    [[nodiscard]] bool is_on_the_bus(const std::string& address) const { return !gone_.contains(address); }

    [[nodiscard]] std::expected<std::vector<std::string>, observe::Errno>
    list(const std::string& directory) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> read(const std::string& file,
                                                                  std::size_t limit) const override;
    [[nodiscard]] std::expected<std::string, observe::Errno> link(const std::string& path) const override;

private:
    struct Edit {
        int errno_value = 0; ///< 0: `text` stands there
        std::string text;
    };
    /// Below a function that is gone.
    [[nodiscard]] bool is_gone(std::string_view path) const;

    const observe::KernelTree& tree_;
    std::map<std::string, Edit> edits_;
    std::map<std::string, int> added_; ///< controllers without an address, with their buses
    std::set<std::string> gone_;
    std::set<std::string> directories_;
};

} // namespace usbroute::fakes
