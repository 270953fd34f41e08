// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "sim/simulation.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace usbroute::sim {

/// Lines of commands from one source, run in their order; a line that waits holds up the rest of its source
/// only.
class Session {
public:
    /// What is said after each command: to a client "ok" or "error: ..."; to a script nothing but failures,
    /// with the number of the line.
    enum class Answers { each, failures };
    using Emit = std::function<void(const std::string& text)>;

    Session(Answers answers, Emit emit) : answers_(answers), emit_(std::move(emit)) {}

    void feed(std::string_view bytes);
    /// No more bytes come: the last line need not end with a newline.
    void close();
    /// Runs until a line has to wait.
    void run(Simulation& simulation, Simulation::Clock::time_point now);
    /// When a waiting line wants to be asked again; nothing if only a device's arrival can end its wait.
    [[nodiscard]] std::optional<Simulation::Clock::time_point> deadline() const;

    [[nodiscard]] bool is_done() const { return lines_.empty() && !wait_; }
    [[nodiscard]] bool has_failed() const { return has_failed_; }
    [[nodiscard]] bool has_met_start() const { return has_met_start_; }

private:
    struct WaitFor {
        bool settled = false;
        std::optional<Simulation::Clock::time_point> until;
        std::optional<std::chrono::milliseconds> quiet;
        Simulation::Clock::time_point began;
    };

    void begin(const Command& command, Simulation& simulation, Simulation::Clock::time_point now);
    [[nodiscard]] bool is_over(const WaitFor& wait, const Simulation& simulation,
                               Simulation::Clock::time_point now);
    void answer(const Result<std::string>& outcome);

    Answers answers_;
    Emit emit_;
    std::string partial_;
    std::deque<std::string> lines_;
    std::size_t line_number_ = 0;
    std::optional<WaitFor> wait_;
    std::optional<Simulation::Clock::time_point> quiet_until_;
    bool has_failed_ = false;
    bool has_met_start_ = false;
};

} // namespace usbroute::sim
