// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "config/parse.hpp"
#include "linux/locations.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace usbroute::linux_ {

/// What somebody who reads the configuration does with it.
enum class Purpose : std::uint8_t {
    to_look,  ///< shows or checks it
    to_act,   ///< changes the machine by it, in one command
    to_serve, ///< the daemon, as any user
};
/// Which part of the way to a file has to be safe from others.
enum class Judged : std::uint8_t {
    nothing,   ///< no privilege, or a recorded machine: it may read what it likes
    file,      ///< its mode; a file that somebody names to have it checked
    all_of_it, ///< owner and mode of the file, and of all directories and links above it
};
/// Pure. `user` is the effective one.
[[nodiscard]] Judged judged(const Locations& locations, Purpose reading, uid_t user);

/// Reads usbroute.toml, connectors.toml and rules.toml. Files that are not there count as empty, unless one was named on the
/// command line. Files that others could write are refused where they decide what root or the daemon does: only root, who
/// reads, and `own_user`, as which the daemon goes on, are trusted.
/// The error lists every problem, a line each.
[[nodiscard]] Result<config::Settings> load_settings(const Locations& locations, Purpose reading,
                                                     std::optional<uid_t> own_user = std::nullopt);

/// The texts of usbroute.toml, connectors.toml and rules.toml, in this order; empty for one that is not there.
[[nodiscard]] Result<std::vector<config::SourceText>>
read_settings_files(const Locations& locations, Purpose reading,
                    std::optional<uid_t> own_user = std::nullopt);

/// The files that were there, for `config show`.
[[nodiscard]] std::vector<std::string> settings_files(const Locations& locations);

} // namespace usbroute::linux_
