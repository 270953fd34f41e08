// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "observe/recording.hpp"

#include <string>
#include <string_view>

namespace usbroute::linux_ {

/// Writes a recording and its README into a directory, which must not exist or be empty. All or nothing: it is made
/// beside it under another name and renamed at the end.
[[nodiscard]] Result<void> write_recording(const observe::Recording& recording, std::string_view readme,
                                           const std::string& directory);

/// Why `directory` cannot take a recording, before anything is looked at; nothing where it can.
[[nodiscard]] Result<void> may_record_into(const std::string& directory);

} // namespace usbroute::linux_
