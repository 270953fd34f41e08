// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "daemon/bind_line.hpp"
#include "daemon/controllers.hpp"
#include "daemon/machine.hpp"
#include "linux/loop.hpp"
#include "observe/kernel_tree.hpp"
#include "plan/controllers_known.hpp"
#include "plan/plan.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>

namespace usbroute::daemon {

/// What is known of controllers that moves bring to guests whole, and what carries that part of a plan out: usbroute-bind for
/// drivers, the kept line to a guest's machine for the rest. Belongs to the loop's thread.
class WholeControllers {
public:
    struct Parts {
        linux_::Loop& loop;
        const observe::KernelTree& tree;
        const Machine& machine;
        Controllers& controllers;
        std::string binder; ///< socket of usbroute-bind; empty: there is none
        /// A guest has others than before, or could not be asked before.
        std::function<void()> changed;
    };

    explicit WholeControllers(Parts parts);
    WholeControllers(const WholeControllers&) = delete;
    WholeControllers& operator=(const WholeControllers&) = delete;
    ~WholeControllers() = default;

    /// Valid until the next call.
    [[nodiscard]] const plan::ControllersKnown& known();
    [[nodiscard]] std::unique_ptr<apply::Backend> means(const plan::Plan& plan);
    /// Asks guests what they have; to be called when one has come or gone, or may have let go.
    void look_again();

private:
    class Drivers;
    class Guest;
    class Means;

    void know(const GuestName& guest, const assign::InGuest& seen);

    Parts parts_;
    BindLine binder_;
    plan::ControllersKnown known_;
    std::shared_ptr<const topology::Snapshot> looked_with_; ///< null: the drivers may be others by now
    std::set<GuestName> being_asked_;
    linux_::Timer again_; ///< while a guest may still let go: nobody tells when
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace usbroute::daemon
