// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/driver_backend.hpp"
#include "linux/files.hpp"

#include <chrono>
#include <string>

namespace usbroute::linux_ {

/// The files of this machine. Each write runs in a process of its own: one that hangs in the kernel cannot be ended, not
/// even by SIGKILL, and must not hang its caller.
class BoundDrivers final : public apply::DriverFiles {
public:
    /// `patience`: how long a write may take, and how long a driver may let wait for itself.
    explicit BoundDrivers(std::chrono::milliseconds patience);

    [[nodiscard]] Result<void> write(const std::string& file, std::string_view text) override;
    [[nodiscard]] Result<std::string> override_of(const PciAddress& function) override;
    [[nodiscard]] std::string driver_when(const PciAddress& function,
                                          const std::function<bool(std::string_view)>& is_it) override;

private:
    [[nodiscard]] std::string driver_of(const PciAddress& function) const;

    LiveTree tree_;
    std::chrono::milliseconds patience_;
};

/// Whether this process may write a file, tried without writing; `file` is below the root, without a leading slash.
[[nodiscard]] Result<void> may_write(const std::string& file);

} // namespace usbroute::linux_
