// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "sim/children.hpp"
#include "sim/file_tree.hpp"

#include <map>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace usbroute::sim {

/// The guests' machines that run beside the board.
class Guests {
public:
    virtual ~Guests() = default;
    [[nodiscard]] virtual Result<void> start(const std::string& name) = 0;
    /// As SIGTERM: it gives back what it has.
    [[nodiscard]] virtual Result<void> quit(const std::string& name) = 0;
    /// As SIGKILL: it gives nothing back.
    [[nodiscard]] virtual Result<void> kill(const std::string& name) = 0;
    /// Its system hangs from now on; or, with `reset`, as by the reset button.
    [[nodiscard]] virtual Result<void> hang(const std::string& name, bool reset) = 0;
    /// The guest whose machine a process is; empty: none's.
    [[nodiscard]] virtual std::string name_of(pid_t process) const = 0;
    /// Those that were started answer, and those that were told to end have ended.
    [[nodiscard]] virtual bool is_settled() const = 0;
};

/// A process each, inside the board, with the monitor that the board's configuration gives the guest. It is read at each
/// start.
class GuestProcesses final : public Guests {
public:
    GuestProcesses(Children& children, const FileTree& tree) : children_(children), tree_(tree) {}

    [[nodiscard]] Result<void> start(const std::string& name) override;
    [[nodiscard]] Result<void> quit(const std::string& name) override;
    [[nodiscard]] Result<void> kill(const std::string& name) override;
    [[nodiscard]] Result<void> hang(const std::string& name, bool reset) override;
    [[nodiscard]] std::string name_of(pid_t process) const override;
    [[nodiscard]] bool is_settled() const override;

private:
    struct Machine {
        pid_t process = 0;
        std::string monitor;
        bool is_ending = false;
    };

    [[nodiscard]] Result<std::string> monitor_of(const std::string& name) const;
    [[nodiscard]] Result<void> signal(const std::string& name, int signal);
    [[nodiscard]] Result<void> end(const std::string& name, int signal);

    Children& children_;
    const FileTree& tree_;
    std::map<std::string, Machine> machines_;
};

} // namespace usbroute::sim
