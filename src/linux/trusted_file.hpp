// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <optional>
#include <span>
#include <string>

#include <sys/stat.h>

/// Files that decide what root, or the daemon, does: nobody else may be able to write them, or to put others in their place.
namespace usbroute::linux_ {

/// Why a file, or what is in a directory, cannot be trusted by a process that acts on it, and what to type. Nothing:
/// only the `trusted` users can change it. Writing of a group is refused whichever it is, as the mode shows what an
/// access list gives there. A directory with the sticky bit is safe, as others cannot take away what is in it. Pure.
[[nodiscard]] std::optional<std::string> why_not_trusted(const std::string& path, const struct stat& status,
                                                         std::span<const uid_t> trusted);

/// Whether any user of the machine can have made what is called `path`: its directory takes files of everybody, also with the
/// sticky bit, or one above it lets everybody exchange what is in it.
[[nodiscard]] bool can_be_anybodys(const std::string& path);

/// A whole file of at most `limit` bytes, each directory and link on the way to it judged as it is opened, and the file by
/// the descriptor that is read: nothing can be exchanged in between. The error has the code "config-writable" where it
/// is not trusted, and an errno value otherwise.
[[nodiscard]] Result<std::string> read_trusted(const std::string& path, std::size_t limit,
                                               std::span<const uid_t> trusted);

} // namespace usbroute::linux_
