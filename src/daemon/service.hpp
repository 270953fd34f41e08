// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/clients.hpp"
#include "daemon/dialogue.hpp"
#include "daemon/entrance.hpp"
#include "daemon/guests.hpp"
#include "daemon/lookout.hpp"
#include "daemon/machine.hpp"
#include "daemon/restorer.hpp"
#include "daemon/trials.hpp"
#include "daemon/verdicts.hpp"
#include "linux/loop.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace usbroute::daemon {

/// Turns commands into what happens, and what happens into answers, events and log lines.
class Service final : public Desk {
public:
    struct Parts {
        linux_::Loop& loop;
        Machine& machine;
        Lookout& lookout;
        Verdicts& verdicts;
        Restorer& restorer;
        Trials& trials;
        Audience& audience;
        const Entrances& entrances;
        Guests& guests;
    };

    explicit Service(Parts parts) : parts_(parts) {}

    [[nodiscard]] bool is_known(Need need, const wire::Command& command) override;
    [[nodiscard]] wire::Answer answer(const wire::Command& command, const std::string& who) override;
    [[nodiscard]] std::optional<std::string> why_not(const Entrance& entrance,
                                                     const wire::Command& command) override;
    void after_answer() override;
    void carried(const Entrance& entrance, const wire::Command& command) override;
    void complain(Entrance& entrance, std::string_view what) override;

private:
    /// A change that was answered and is still to be told of.
    struct News {
        Done done;
        wire::Answer answer;
        std::string who;
        std::shared_ptr<const topology::Snapshot> before;
    };

    [[nodiscard]] wire::Answer carry_out(const wire::Command& command, const std::string& who);
    [[nodiscard]] wire::Answer why(const wire::Command& command) const;
    [[nodiscard]] wire::Answer plan(const wire::Command& command) const;
    [[nodiscard]] wire::Answer status(wire::Form form) const;
    [[nodiscard]] wire::Answer registers(wire::Form form) const;

    Parts parts_;
    std::vector<News> news_;
    std::vector<Drift> drifts_;
};

} // namespace usbroute::daemon
