// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/lookout.hpp"
#include "daemon/machine.hpp"
#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"
#include "topology/claims.hpp"

#include <functional>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// Asks usbroute-claims, root's program with one job, what the kernel says of the disks behind USB; a new connection for each
/// question. Never waits: the answer, or the lack of one after three seconds, comes to the machine, and those who wait
/// are told. docs/decisions/0033
class ClaimLine {
public:
    /// `answered` is called after each answer, for those that do not wait as clients do.
    ClaimLine(linux_::Loop& loop, Machine& machine, std::string path, std::function<void()> answered);
    ~ClaimLine() = default;
    ClaimLine(const ClaimLine&) = delete;
    ClaimLine& operator=(const ClaimLine&) = delete;

    /// Begins to ask, unless the question is under way. Where nobody listens the machine knows it at once.
    void ask();
    /// Is told when there is an answer, or none. To be called while the machine awaits its claims.
    void wait(Waiter& waiter);
    void forget(const Waiter& waiter);

private:
    [[nodiscard]] int connect_now();
    void read();
    void take(topology::Claims claims);
    void tell();

    linux_::Loop& loop_;
    Machine& machine_;
    std::string path_;
    std::function<void()> answered_;
    linux_::UniqueFd fd_; // before watch_: what is watched outlives its watch
    linux_::FdWatch watch_;
    linux_::Timer patience_;
    linux_::Timer staleness_;
    std::string received_;
    std::vector<Waiter*> waiting_;
    std::vector<Waiter*> telling_; ///< just now; null: has gone meanwhile
};

} // namespace usbroute::daemon
