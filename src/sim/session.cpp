// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/session.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::sim {

namespace {
/// More than any script's line, so that a client cannot fill the memory.
constexpr std::size_t longest_partial = 65536;
} // namespace

void Session::feed(std::string_view bytes)
{
    partial_ += bytes;
    for (std::size_t end = 0; (end = partial_.find('\n')) != std::string::npos;) {
        lines_.push_back(partial_.substr(0, end));
        partial_.erase(0, end + 1);
    }
    if (partial_.size() > longest_partial) partial_.resize(longest_partial);
}

void Session::close()
{
    if (!partial_.empty()) lines_.push_back(std::exchange(partial_, {}));
}

void Session::run(Simulation& simulation, Simulation::Clock::time_point now)
{
    while (true) {
        if (wait_) {
            if (!is_over(*wait_, simulation, now)) return;
            wait_.reset();
            quiet_until_.reset();
            answer(std::string());
        }
        if (lines_.empty()) return;
        const auto line = std::move(lines_.front());
        lines_.pop_front();
        ++line_number_;
        const auto command = parse_command(line);
        if (!command)
            answer(std::unexpected(command.error()));
        else
            begin(*command, simulation, now);
    }
}

void Session::begin(const Command& command, Simulation& simulation, Simulation::Clock::time_point now)
{
    // What was written before it was asked to settle has to be seen, also if it was written while the board was busy.
    if (std::holds_alternative<command::Settle>(command) || std::holds_alternative<command::Quiet>(command))
        simulation.look(now);
    if (const auto* wait = std::get_if<command::Wait>(&command))
        wait_ = WaitFor{.until = now + wait->time, .began = now};
    else if (std::holds_alternative<command::Settle>(command))
        wait_ = WaitFor{.settled = true, .began = now};
    else if (const auto* quiet = std::get_if<command::Quiet>(&command))
        wait_ = WaitFor{.settled = true, .quiet = quiet->time, .began = now};
    else if (std::holds_alternative<command::Start>(command)) {
        has_met_start_ = true;
        answer(std::string());
    } else if (!std::holds_alternative<command::Nothing>(command)) {
        answer(simulation.execute(command, now));
    }
}

bool Session::is_over(const WaitFor& wait, const Simulation& simulation, Simulation::Clock::time_point now)
{
    if (wait.until) return now >= *wait.until;
    if (wait.settled && !simulation.is_settled()) return false;
    if (!wait.quiet) return true;
    quiet_until_ = std::max(simulation.last_move(), wait.began) + *wait.quiet;
    return now >= *quiet_until_;
}

std::optional<Simulation::Clock::time_point> Session::deadline() const
{
    if (!wait_) return std::nullopt;
    return wait_->until ? wait_->until : quiet_until_;
}

void Session::answer(const Result<std::string>& outcome)
{
    const bool is_client = answers_ == Answers::each;
    if (outcome) {
        const auto text = *outcome + (is_client ? "ok\n" : "");
        if (!text.empty()) emit_(text);
        return;
    }
    has_failed_ = true;
    emit_(is_client ? format("error: {}\n", outcome.error().message())
                    : format("line {}: {}\n", line_number_, outcome.error().message()));
}

} // namespace usbroute::sim
