// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/listeners.hpp"
#include "daemon/lookout.hpp"
#include "daemon/machine.hpp"
#include "daemon/own_nodes.hpp"
#include "daemon/service.hpp"
#include "linux/clock_steps.hpp"
#include "linux/locations.hpp"
#include "linux/notify.hpp"
#include "linux/uv_loop.hpp"

#include <string>
#include <vector>

namespace usbroute::daemon {

/// The life of the program: signals, configuration, sleep and waking, and what the service manager is told.
class Daemon {
public:
    struct Parts {
        linux_::UvLoop& loop;
        const linux_::Locations& locations;
        Machine& machine;
        Lookout& lookout;
        Listeners& listeners;
        OwnNodes& nodes;
        linux_::ServiceManager& manager;
        Service& service;
    };

    explicit Daemon(Parts parts) : parts_(parts) {}

    /// Runs until a signal ends it. An error: it could not begin.
    [[nodiscard]] Result<void> run();

private:
    [[nodiscard]] Result<void> open_listeners();
    using Answered = Desk::Answered;
    /// All of the new configuration, or all of the old; the answer says which, and what of it is new.
    wire::Answer reload();
    void reload_soon(Answered answered);
    void reload_for_all();
    void adopt(config::Settings settings, wire::Answer& answer);
    [[nodiscard]] Result<config::Settings> load_again() const;
    [[nodiscard]] bool needs_restart() const;
    void stop();
    void watch_the_clock();
    void say_alive();

    Parts parts_;
    std::vector<std::string> read_files_; ///< of the configuration in force
    linux_::ClockSteps clock_;
    linux_::FdWatch clock_watch_;
    std::vector<Answered> wait_for_reload_;
    linux_::Timer reload_turn_;
    linux_::Timer alive_; ///< runs only where the service manager asks for it
};

} // namespace usbroute::daemon
