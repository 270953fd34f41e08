// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

namespace usbroute::observe {

/// The part of a file that a look makes use of, for files whose rest is private: the kernel's command line,
/// other people's scripts, udev's database, mounts. Looks see such a file only through this function, so a recording
/// that keeps the part answers as the whole did: kept_part(f, kept_part(f, t)) is kept_part(f, t).
[[nodiscard]] std::string kept_part(std::string_view file, std::string_view text);

} // namespace usbroute::observe
