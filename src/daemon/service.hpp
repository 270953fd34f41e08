// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/clients.hpp"
#include "daemon/controllers.hpp"
#include "daemon/dialogue.hpp"
#include "daemon/entrance.hpp"
#include "daemon/guests.hpp"
#include "daemon/last_seen.hpp"
#include "daemon/lookout.hpp"
#include "daemon/machine.hpp"
#include "daemon/moved.hpp"
#include "daemon/plugs.hpp"
#include "daemon/questions.hpp"
#include "daemon/trials.hpp"
#include "linux/loop.hpp"
#include "plan/given_sockets.hpp"
#include "plan/sight.hpp"
#include "report/views.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::daemon {

/// Turns commands into what happens, and what happens into answers, events and log lines.
class Service final : public Desk {
public:
    struct Parts {
        linux_::Loop& loop;
        Machine& machine;
        Lookout& lookout;
        Trials& trials;
        Audience& audience;
        const Entrances& entrances;
        const Guests& guests;
        Controllers& controllers;
        Plugs& plugs;
        const Questions& questions;
        const LastSeen& last_seen;
        TellMoved tell_moved;
        /// What somebody else has written was told of, and can be brought back.
        std::function<void()> restore;
        /// May be empty, where no controller goes whole.
        std::function<plan::FailedControllers()> failed_controllers = {};
    };

    explicit Service(Parts parts) : parts_(std::move(parts)) {}

    /// What reads the configuration again. It answers later, when no client's line is being read: listeners may go with it.
    void reload_with(std::function<void(Answered)> reload) { reload_ = std::move(reload); }

    [[nodiscard]] bool is_known(Need need, const wire::Command& command) override;
    void answer(const Entrance& entrance, const wire::Command& command, const std::string& who,
                Answered answered) override;
    [[nodiscard]] std::optional<std::string> why_not(const Asker& asker,
                                                     const wire::Command& command) override;
    void after_answer() override;
    void line_changed(const Entrance& entrance) override;
    void complain(Entrance& entrance, std::string_view what) override;

private:
    using Through = config::ListenerSettings;

    [[nodiscard]] wire::Answer look_up(const Through& through, const wire::Command& command);
    void carry_out(const Through& through, const wire::Command& command, const std::string& who,
                   Answered answered);
    /// A client's change on its way. What takes time keeps copies of its own: a listener may be gone before it is done.
    struct Asked {
        struct Kept {
            plan::Request request;
            Through through;
            std::string who;
        };
        const plan::Request* request = nullptr;
        const Through* through = nullptr;
        const std::string* who = nullptr;
        std::shared_ptr<const topology::Snapshot> before;
        std::optional<Kept> kept;
        bool is_over = false;

        void keep();
    };
    [[nodiscard]] wire::Answer carried(const Asked& asked, Carried carried);
    [[nodiscard]] wire::Answer done(const Through& through, wire::Answer answer) const;
    [[nodiscard]] wire::Answer not_done(const Through& through, const NotDone& why) const;
    [[nodiscard]] wire::Answer confirm(const Through& through, const std::string& who);
    [[nodiscard]] wire::Answer why(const Through& through, const wire::Command& command) const;
    [[nodiscard]] wire::Answer log_of_changes(wire::Form form) const;
    [[nodiscard]] wire::Answer plan(const Through& through, const wire::Command& command) const;
    [[nodiscard]] std::vector<plan::GivenSocket> given_now() const;
    void add_whole_sockets(std::vector<plan::GivenSocket>& given, const plan::Plan& devices) const;
    [[nodiscard]] std::vector<report::QuestionView> questions_for(const Through& through) const;
    [[nodiscard]] wire::Answer status(const Through& through, wire::Form form) const;
    [[nodiscard]] wire::Answer registers(wire::Form form) const;

    /// Nothing: everything may be told.
    [[nodiscard]] std::optional<plan::Sight> sight_of(const Through& through) const;
    struct TrialWords {
        std::chrono::seconds seconds{};
        std::string way_back;
        std::string why_out = {}; ///< what could not go back yet, and why; for the host's own eyes
    };
    /// Of the trial under way, as far as it may be told; nothing: there is none, or it is nobody's business here.
    [[nodiscard]] std::optional<TrialWords> trial_for(const std::optional<plan::Sight>& sight) const;

    Parts parts_;
    std::function<void(Answered)> reload_ = [](const Answered& answered) {
        answered({.status = wire::Status::failed,
                  .code = "not-now",
                  .message = "usbrouted has not begun to serve: try again"});
    };
    // Answered, and still to be told of.
    std::vector<Moved> moved_;
    bool is_telling_ = false;
    bool is_asking_ = false; ///< the machine, and it has not returned yet
    std::vector<Drift> drifts_;
};

} // namespace usbroute::daemon
