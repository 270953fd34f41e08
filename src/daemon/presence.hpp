// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/peer_process.hpp"

#include <cstddef>
#include <vector>

namespace usbroute::daemon {

/// Whether a guest's machine is there, from what was seen of it. Pure.
///
/// It is there as long as a process of it lives or a line of it is open. A closed line alone says nothing: QEMU closes one
/// and opens it again. Neither does an ended process whose line is still open: somebody else holds it.
class Presence {
public:
    using Id = linux_::ProcessId;

    /// Also of a process that is known already.
    void process_came(const Id& id);
    void process_ended(const Id& id);
    void line_opened(const Id& id);
    void line_closed(const Id& id);
    /// QEMU says that the machine was switched off, or has closed its monitor: gone, whatever the process does.
    void switched_off();
    /// QEMU's monitor answers, and the machine runs: known so even where its process cannot be seen.
    void switched_on();

    [[nodiscard]] bool is_there() const;
    /// Of a process that lives, or whose line is still open.
    [[nodiscard]] bool knows(const Id& id) const;

private:
    struct Known {
        Id id;
        bool is_alive = true;
        std::size_t lines = 0;
    };
    [[nodiscard]] Known& known(const Id& id);
    void forget_the_gone();

    std::vector<Known> known_;
    bool is_off_ = false;       ///< by its monitor
    bool is_answering_ = false; ///< its monitor
};

} // namespace usbroute::daemon
