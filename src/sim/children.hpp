// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace usbroute::sim {

/// The processes inside the board. Those whose parents ended become ours too, so that nothing outlives the
/// board's directory.
class Children {
public:
    Children();
    ~Children() = default;
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    /// `output`: a file for what it prints; empty: where ours goes.
    [[nodiscard]] Result<pid_t> start(const std::vector<std::string>& command,
                                      const std::string& output = {});
    /// Collects those that have ended; the exit status of `which` (128 + signal where a signal ended it) once
    /// it is among them.
    [[nodiscard]] std::optional<int> collect(pid_t which);
    void send(int signal) const;
    /// Asks all to end, and ends by force what is left after two seconds.
    void end_all();
    /// Those that have not been collected yet.
    [[nodiscard]] static std::vector<pid_t> all();
};

} // namespace usbroute::sim
