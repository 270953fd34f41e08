// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/assign_backend.hpp"
#include "cli/session.hpp"

#include <chrono>

namespace usbroute::cli {

/// A guest that runs, asked through the daemon, which keeps the only line to its machine.
class DaemonGuest final : public apply::GuestLine {
public:
    /// `how_long`: the guest may take to let go. Both outlive it.
    DaemonGuest(const Options& options, const GuestName& name, std::chrono::milliseconds how_long)
        : options_(options), guest_(name), patience_(how_long)
    {}

    [[nodiscard]] Result<assign::InGuest> seen() const;

    // All of them answer from within.
    void look(Told told) override { told(seen()); }
    void plug_in(const assign::PlugIn& plug, Told told) override { told(plugged(plug)); }
    /// Asks again and again until the guest has let go, has said no, or patience or the user has run out; says on stderr what it
    /// waits for.
    void take_out(const assign::TakeOut& out, Told told) override { told(taken(out)); }

private:
    [[nodiscard]] Result<assign::InGuest> plugged(const assign::PlugIn& plug) const;
    [[nodiscard]] Result<assign::InGuest> taken(const assign::TakeOut& out) const;
    [[nodiscard]] Result<assign::InGuest> ask(const assign::Ask& ask) const;

    const Options& options_;
    const GuestName& guest_;
    std::chrono::milliseconds patience_;
};

} // namespace usbroute::cli
