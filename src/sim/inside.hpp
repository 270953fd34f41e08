// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>

namespace usbroute::sim {

/// The board's own directory: root of what programs inside see, and home of sockets and configuration.
class BoardDirectory {
public:
    /// Empty `wanted`: a temporary one, removed with the object. Otherwise a new or empty directory, which
    /// stays.
    [[nodiscard]] static Result<BoardDirectory> make(const std::string& wanted);
    ~BoardDirectory();
    BoardDirectory(BoardDirectory&& other) noexcept;
    BoardDirectory(const BoardDirectory&) = delete;
    BoardDirectory& operator=(const BoardDirectory&) = delete;
    BoardDirectory& operator=(BoardDirectory&&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    BoardDirectory(std::string path, bool is_kept) : path_(std::move(path)), is_kept_(is_kept) {}

    std::string path_;
    bool is_kept_;
};

/// Path of the control socket below a board's directory.
[[nodiscard]] std::string control_path(const std::string& directory);

/// Sets what children inherit: libumockdev's preload and the board's directory, where usbroute finds its
/// configuration, socket and state, and our programs first in PATH.
void set_environment(const std::string& directory, std::uint16_t port);

/// A file that exists only in the simulated /sys.
inline constexpr const char* inside_mark = "sys/usbroute-sim";
/// Whether this process is inside a board: /sys is the simulated one.
[[nodiscard]] bool is_inside();

/// A free TCP port of 127.0.0.1: 1410 if it can be had.
[[nodiscard]] std::uint16_t free_port();

/// Directory of this program's file.
[[nodiscard]] std::string own_directory();

} // namespace usbroute::sim
