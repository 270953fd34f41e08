// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "plan/handover.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace usbroute::apply {

/// The files by which the kernel binds a driver to a function.
class DriverFiles {
public:
    virtual ~DriverFiles() = default;

    /// One write of the whole text. A write to `unbind` returns when everything below the function has been torn
    /// down, and may never: then the error's kind is `timed_out`, and the write is still under way.
    [[nodiscard]] virtual Result<void> write(const std::string& file, std::string_view text) = 0;
    /// What driver_override holds; empty: nothing.
    [[nodiscard]] virtual Result<std::string> override_of(const PciAddress& function) = 0;
    /// The driver that has the function, as soon as `is_it` agrees, or when patience has run out; empty: none. Kernels
    /// may bind some time after the write that caused it.
    [[nodiscard]] virtual std::string driver_when(const PciAddress& function,
                                                  const std::function<bool(std::string_view)>& is_it) = 0;
};

/// Carries a handover out, function by function: writes, reads back, and looks whether the driver is the right one.
/// Decides nothing; `moves` are not its business.
///
/// What could not be carried out is taken back, last function first, and the error says how the machine was left: its
/// kind is `timed_out` where a write hangs in the kernel (that function is as it is; the others are as before), `half_way`
/// where something could not be taken back, with the lines that do it, and else that of the cause: then all is as before.
[[nodiscard]] Result<void> execute(const plan::Handover& handover, DriverFiles& files);

} // namespace usbroute::apply
