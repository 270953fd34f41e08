// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/lending.hpp"
#include "linux/register_values.hpp"

#include <cstdint>
#include <optional>

namespace usbroute::linux_ {

enum class Filter : std::uint8_t {
    installed,
    not_built, ///< this program was built without libseccomp
};

/// Descriptors of configuration spaces have numbers of their own, from `first_register_number()`; the filter knows them by
/// these. What has one of these numbers, or a higher one, can be read, closed and replaced, and nothing can be written to it
/// but values of the routing registers.
inline constexpr int register_numbers = 8;
/// The highest multiple of eight below the limit of open files (RLIMIT_NOFILE) that leaves room for all of them. Nothing:
/// this program was built without libseccomp, or may open too few files.
[[nodiscard]] std::optional<int> first_register_number();

/// The number under which a file is lent.
[[nodiscard]] constexpr int lending_number(int first_register_number) { return first_register_number - 1; }

/// Which trees this process reads. Inside a recorded machine it opens files by openat2, whose mode no filter sees.
enum class OpensInside : std::uint8_t { the_machine_itself, a_recorded_machine };

/// Forbids this process, for good and in all its threads, every system call that the daemon never makes: to start a
/// program, to become somebody else, to mount, to load, to trace, to map executable memory, to hand a descriptor on; and of
/// those it makes, what it never asks for. The list with its reasons is in the source. A call that is not in it fails with
/// ENOSYS, so that a C library which tries a newer call first finds its way to the older one. An error: the kernel has no
/// such filters; nothing has changed.
///
/// RegisterValues has to be in place, and everything that a name service loads has to be loaded. `lending`: this
/// process gives devices to guests by their nodes (linux/usb_node.hpp). It may send this one message with a file, and claim
/// ports, set configurations and give interfaces back; null: nothing of this.
[[nodiscard]] Result<Filter> forbid_other_system_calls(int first_register_number, OpensInside opens_inside,
                                                       const LendingMessage* lending = nullptr);

/// Narrows it once more, for good: through all the numbers of registers only values within these limits are written, and
/// within those of all calls before. Through all, because a descriptor can be given any of the numbers. What is beyond
/// fails with EPERM.
[[nodiscard]] Result<void> forbid_other_values(int first_register_number, const ValueLimit& usb2,
                                               const ValueLimit& superspeed);

} // namespace usbroute::linux_
