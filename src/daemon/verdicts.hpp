// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/verify.hpp"
#include "daemon/machine.hpp"
#include "linux/loop.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace usbroute::daemon {

/// Watches what comes of a move: a write that was read back is not yet a keyboard that works. Speaks once for each
/// move, when the devices have settled or when waiting longer would tell nothing new.
class Verdicts {
public:
    using Speak = std::function<void(const std::vector<apply::Judgement>&)>;

    Verdicts(linux_::Loop& loop, Machine& machine, Speak speak);

    /// A later move takes the place of one that is still being watched.
    void begin(std::shared_ptr<const plan::Plan> plan, std::shared_ptr<const topology::Snapshot> before);
    /// After each look.
    void look_again();

private:
    struct Case {
        std::shared_ptr<const plan::Plan> plan;
        std::shared_ptr<const topology::Snapshot> before;
    };
    [[nodiscard]] std::vector<apply::Judgement> judge() const;
    void conclude();

    Machine& machine_;
    Speak speak_;
    linux_::Timer timer_;
    std::optional<Case> open_;
};

} // namespace usbroute::daemon
