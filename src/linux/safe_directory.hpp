// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/unique_fd.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include <sys/stat.h>

/// Directories that may lie below another user's directory, who can exchange every name there at any moment. They are
/// opened once, and what is done in them is done by that descriptor.
namespace usbroute::linux_ {

/// Whether a symbolic link on the way to a directory is followed: only where nobody but root and `self` can have put it
/// there. `above` is the directory that it lies in. Pure.
[[nodiscard]] bool is_link_followed(const struct stat& link, const struct stat& above, uid_t self);
/// Whether `self` may write into a directory: it is its own, root's, of whom owns the one above it too, or it lies where
/// only root and `self` can have put it. Pure.
[[nodiscard]] bool is_directory_taken(const struct stat& directory, const struct stat& above, uid_t self);

/// A directory as an O_PATH descriptor, for openat(2) and its kind. With `missing`, those that are not there are made: the
/// last one with that mode, those above it with 0755.
///
/// The error is an errno value: ELOOP for a link that is not followed, EPERM for a directory that is not taken, ENOTDIR for
/// what is none.
[[nodiscard]] std::expected<UniqueFd, int> open_directory(const std::string& path,
                                                          std::optional<mode_t> missing = std::nullopt);

/// The same directory open for reading, as fsync(2), fchmod(2) and its list need it. Not open: `errno` says why.
[[nodiscard]] UniqueFd readable(const UniqueFd& directory);

} // namespace usbroute::linux_
