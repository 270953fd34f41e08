// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "cli/daemon_link.hpp"
#include "cli/options.hpp"
#include "linux/locations.hpp"
#include "report/log.hpp"
#include "report/views.hpp"
#include "report/why.hpp"
#include "wire/answer.hpp"
#include "wire/command.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::cli {

/// Where a command does its work: through the daemon, or alone (--direct, a recorded machine, or reading where no
/// daemon answers).
class Session {
public:
    explicit Session(const Options& options);

    [[nodiscard]] const linux_::Locations& where() const { return where_; }
    [[nodiscard]] bool works_alone() const { return alone_; }
    [[nodiscard]] Result<DaemonLink> connect() const { return connect(options_.timeout); }
    /// `patience`: how long an answer may take.
    [[nodiscard]] Result<DaemonLink> connect(std::chrono::milliseconds patience) const;

    /// Carries out an action. What is not "ok" is an error.
    [[nodiscard]] Result<wire::Answer> act(plan::Request request) const;
    /// Keeps what is on trial: only a daemon has one.
    [[nodiscard]] Result<wire::Answer> confirm() const;

    /// Has the daemon read its configuration again, and waits for that.
    [[nodiscard]] Result<wire::Answer> reload() const;

    [[nodiscard]] Result<report::StatusView> status() const;
    /// The daemon's, or an error.
    [[nodiscard]] Result<report::StatusView> status_of_daemon() const;
    [[nodiscard]] Result<report::RegistersView> registers() const;
    [[nodiscard]] Result<report::WhyView> why(const ConnectorName& connector) const;
    [[nodiscard]] Result<report::LogView> log() const;
    [[nodiscard]] Result<report::PlanView> plan(plan::Request request) const;

    /// The names of sockets, where panels are among them ("front/*"). Others come back as they are, and nobody is asked.
    [[nodiscard]] Result<std::vector<std::string>>
    without_panels(const std::vector<std::string>& words) const;

private:
    [[nodiscard]] Result<wire::Answer> say(const wire::Command& command) const;
    /// What the daemon says, or this process itself sees.
    template <class View>
    [[nodiscard]] Result<View> seen_by_daemon(plan::Deed deed, Result<View> (*in)(std::string_view)) const;
    template <class View>
    [[nodiscard]] Result<View> look(plan::Deed deed, Result<View> (*in)(std::string_view),
                                    const std::function<Result<View>()>& alone) const;
    [[nodiscard]] bool may_look_alone_after(const Error& error) const;

    const Options& options_;
    linux_::Locations where_;
    bool alone_ = false;
};

/// A root that is no directory would look like a machine without USB.
[[nodiscard]] std::optional<Error> why_not_a_root(const Options& options);

} // namespace usbroute::cli
