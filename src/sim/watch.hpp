// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/file_tree.hpp"

#include <memory>
#include <string>
#include <vector>

namespace usbroute::sim {

/// Wakes the loop when somebody writes to a file of the board, or begins to listen for uevents. It does not say
/// which: the loop looks at all of them.
class Watch {
public:
    [[nodiscard]] static Result<std::unique_ptr<Watch>> make(const FileTree& tree);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    [[nodiscard]] int fd() const { return fd_; }
    void drain() const;
    /// Watches these directories too; those that are gone are forgotten, and can come back.
    void add(const FileTree& tree, const std::vector<std::string>& directories) const;

private:
    explicit Watch(int fd) : fd_(fd) {}

    int fd_;
};

} // namespace usbroute::sim
