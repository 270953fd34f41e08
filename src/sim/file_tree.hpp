// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace usbroute::sim {

/// Files below one directory, which the programs inside take for `/`. Paths have no leading slash.
class FileTree {
public:
    explicit FileTree(std::string root) : root_(std::move(root)) {}

    [[nodiscard]] const std::string& root() const { return root_; }
    [[nodiscard]] std::string full(std::string_view path) const;

    /// Makes the directories above. A program that has the file open sees the new content, and never an empty file.
    /// A path that ends in a slash makes a directory.
    [[nodiscard]] Result<void> write(std::string_view path, std::string_view content) const;
    /// Some bytes of a file that exists.
    [[nodiscard]] Result<void> write_at(std::string_view path, std::uint16_t offset,
                                        std::string_view bytes) const;
    [[nodiscard]] Result<std::string> read(std::string_view path) const;
    [[nodiscard]] bool has(std::string_view path) const;
    /// A relative link, as sysfs has them; replaces an older one.
    [[nodiscard]] Result<void> link(std::string_view path, std::string_view target) const;
    /// A node below dev, "bus/usb/003/004", as libumockdev-preload takes it for one: a file with that content, and a link that
    /// has its number, "189:259".
    [[nodiscard]] Result<void> write_node(std::string_view name, std::string_view number,
                                          std::string_view content) const;
    void remove_node(std::string_view name) const;
    /// A file, a link or a directory with all that is in it. What is absent is no failure.
    void remove(std::string_view path) const;

private:
    std::string root_;
};

} // namespace usbroute::sim
