// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/machine.hpp"

#include <functional>
#include <optional>

namespace usbroute::daemon {

/// Says when the registers cannot be read for want of rights, and when they can again. What has to wait until they can
/// be read is begun then, until `begin` says that it has.
class RegisterNews {
public:
    /// `recover` is called at the beginning and whenever the registers have come within reach: a change that was cut short
    /// can have waited for them. False: it cannot be ended yet, to be called again. `begin` is called once, after the first of these.
    RegisterNews(const Machine& machine, std::function<bool()> recover, std::function<void()> begin)
        : machine_(machine), recover_(std::move(recover)), begin_(std::move(begin))
    {}

    /// After each look.
    void look_again();
    /// False: what needs the registers has to wait.
    [[nodiscard]] bool can_read() const { return has_begun_ && said_ == topology::RegisterAccess::own; }

private:
    const Machine& machine_;
    std::function<bool()> recover_;
    std::function<void()> begin_;
    bool has_begun_ = false;
    bool is_in_reach_ = false; ///< a mux, and its registers
    topology::RegisterAccess said_ = topology::RegisterAccess::own;
};

} // namespace usbroute::daemon
