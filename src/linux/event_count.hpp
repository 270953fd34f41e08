// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/unique_fd.hpp"
#include "observe/hints.hpp"

#include <string>

namespace usbroute::linux_ {

/// The kernel's number of its latest uevent (/sys/kernel/uevent_seqnum,
/// kernel/ksysfs.c), through a descriptor that is opened once. Anybody may read it.
///
/// Tells nothing where `root` is a recorded tree, which changes without the kernel counting. A simulated machine's "/" has a
/// count of its own.
class KernelEventCount final : public observe::EventCount {
public:
    /// `root` ends with a slash.
    explicit KernelEventCount(const std::string& root);

    [[nodiscard]] std::optional<std::uint64_t> now() const override;

private:
    UniqueFd fd_;
};

/// Whether the file system at `path` is the kernel's sysfs. False also where it cannot be told.
[[nodiscard]] bool is_sysfs(const std::string& path);

} // namespace usbroute::linux_
