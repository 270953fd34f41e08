// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/session.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

namespace usbroute::sim {

/// The socket through which `usbroute-sim do` reaches the running board.
class Control {
public:
    [[nodiscard]] static Result<std::unique_ptr<Control>> listen_at(const std::string& path);
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    void add_to(std::vector<pollfd>& waiting) const;
    /// Takes new clients and what they sent, runs it, and answers.
    void serve(Simulation& simulation, Simulation::Clock::time_point now);
    [[nodiscard]] std::optional<Simulation::Clock::time_point> deadline() const;

private:
    struct Client {
        int fd = -1;
        std::string unsent;
        Session session{Session::Answers::each, [this](const std::string& text) { unsent += text; }};
        bool has_ended = false; ///< sends no more
    };

    explicit Control(int fd) : fd_(fd) {}
    void take_clients();
    [[nodiscard]] static bool serve(Client& client, Simulation& simulation,
                                    Simulation::Clock::time_point now);

    int fd_;
    std::vector<std::unique_ptr<Client>> clients_;
};

/// The client's side: sends the lines, prints the answers. The exit status is 1 if any of them failed, 3 if
/// no board answers.
[[nodiscard]] int tell_board(const std::string& path, const std::string& lines);

} // namespace usbroute::sim
