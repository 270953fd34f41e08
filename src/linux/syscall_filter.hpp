// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <cstdint>

namespace usbroute::linux_ {

enum class Filter : std::uint8_t {
    installed,
    not_built, ///< this program was built without libseccomp
};

/// Forbids this process, for good, every system call that the daemon never makes: to start a program, to become
/// somebody else, to mount, to load, to trace. The list with its reasons is the table in the source. A call that is not in
/// it fails with ENOSYS, so that a C library which tries a newer call first finds its way to the older one. To be called
/// before there is a second thread. An error: the kernel has no such filters; nothing has changed.
[[nodiscard]] Result<Filter> forbid_other_system_calls();

} // namespace usbroute::linux_
