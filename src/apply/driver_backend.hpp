// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

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

/// Assigns: gives functions to another driver and takes them back, write by write; looks after each whether the driver is
/// the right one. Waits, and calls back from within.
class DriverBackend final : public Backend {
public:
    /// Looks at the functions of this plan.
    DriverBackend(DriverFiles& files, const plan::Plan& plan);

    void look(Seen seen) override;
    void act(const plan::Action& action, Seen seen) override;

private:
    [[nodiscard]] Result<assign::Bindings> bindings();
    [[nodiscard]] Result<void> carry_out(const assign::Rebind& rebind);
    [[nodiscard]] Result<void> carry_out(const assign::PutBack& back);
    [[nodiscard]] Result<void> read_back(const assign::Rebind& rebind, const assign::FileWrite& write);

    DriverFiles& files_;
    std::vector<PciAddress> functions_;
};

} // namespace usbroute::apply
