// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "assign/in_guest.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"

#include <functional>
#include <optional>

namespace usbroute::apply {

/// Whoever can ask a guest that runs. All of it waits; what is not done is an error.
class GuestLine {
public:
    virtual ~GuestLine() = default;

    [[nodiscard]] virtual Result<assign::InGuest> look() = 0;
    [[nodiscard]] virtual Result<assign::InGuest> plug_in(const assign::PlugIn& plug) = 0;
    /// Returns when the guest has let go, or has ended. An error of kind `timed_out` says that it may still do so.
    [[nodiscard]] virtual Result<assign::InGuest> take_out(const assign::TakeOut& out) = 0;
};

/// Assigns to a guest that runs: binds functions through `drivers`, and has the guest take and give them through `guest`.
///
/// Nothing is unbound from vfio-pci that somebody has open, whatever the guest has said: the kernel would wait for him without end
/// (drivers/vfio/vfio_main.c, `vfio_unregister_group_dev`).
class AssignBackend final : public Backend {
public:
    /// Why a function may not leave vfio-pci now; waits for a moment for whoever is just closing it.
    using WhyHeld = std::function<std::optional<Error>(const PciAddress&)>;

    /// `guest`: null where the plan was made without one. All of them must outlive it.
    AssignBackend(Backend& drivers, GuestLine* guest, WhyHeld why_held)
        : drivers_(drivers), guest_(guest), why_held_(std::move(why_held))
    {}

    void look(Seen seen) override;
    void act(const plan::Action& action, Seen seen) override;

private:
    void take(Result<assign::InGuest> told, const Seen& seen);
    [[nodiscard]] std::optional<Error> why_not(const plan::Action& action) const;

    Backend& drivers_;
    GuestLine* guest_;
    WhyHeld why_held_;
    plan::Reading now_;
};

} // namespace usbroute::apply
