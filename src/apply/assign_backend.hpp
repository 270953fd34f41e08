// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/backend.hpp"
#include "assign/in_guest.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace usbroute::apply {

/// Whoever can ask a guest that runs. Each question is answered once, from within or later, with the guest as it is then; what is
/// not done is an error.
class GuestLine {
public:
    using Told = std::function<void(Result<assign::InGuest>)>;

    virtual ~GuestLine() = default;

    virtual void look(Told told) = 0;
    virtual void plug_in(const assign::PlugIn& plug, Told told) = 0;
    /// Answered when the guest has let go, or has ended. An error of kind `timed_out` says that it may still do so.
    virtual void take_out(const assign::TakeOut& out, Told told) = 0;
};

/// Why a guest that was asked to let go still has it; nothing: it has not. `how_long`: "in 8 s", "so far". The kind is `timed_out`
/// where it may still let go.
[[nodiscard]] std::optional<Error> why_not_let_go(const assign::TakeOut& out, const assign::InGuest& seen,
                                                  std::string_view how_long);

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
