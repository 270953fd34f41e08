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
    RegisterNews(const Machine& machine, std::function<bool()> begin)
        : machine_(machine), begin_(std::move(begin))
    {}

    /// After each look.
    void look_again();
    /// False: what needs the registers has to wait.
    [[nodiscard]] bool can_read() const { return has_begun_ && said_ == topology::RegisterAccess::own; }

private:
    const Machine& machine_;
    std::function<bool()> begin_;
    bool has_begun_ = false;
    topology::RegisterAccess said_ = topology::RegisterAccess::own;
};

} // namespace usbroute::daemon
