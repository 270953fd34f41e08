// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/alarm.hpp"
#include "daemon/going_back.hpp"
#include "daemon/machine.hpp"
#include "daemon/moved.hpp"
#include "linux/first_move.hpp"
#include "linux/journal_file.hpp"
#include "wire/answer.hpp"
#include "wire/event.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// Changes that go back by themselves unless somebody confirms them. The journal knows of a trial from before its first
/// write, so it ends in time even if the client, the daemon or both die. Its sockets go back one by one; what cannot
/// go when the time has come is tried again until it can (docs/decisions/0020 and 0032).
class Trials {
public:
    struct Parts {
        Machine& machine;
        linux_::JournalFile& journal;
        Alarm& alarm;
        linux_::FirstMove& first_move;
    };
    struct Tell {
        TellMoved reverted; ///< what took it back
        std::function<void(const wire::Event&)> event;
    };

    Trials(Parts parts, Tell tell) : parts_(parts), tell_(std::move(tell)) {}

    /// After the first look: a trial that an earlier daemon began goes on, or ends if its time has come.
    void resume();
    /// Nothing: this request begins no trial. The first move on a machine is one unasked.
    ///
    /// `through` is the listener that it came through, here and below; none: the host's own. A caller that may not
    /// confirm the trial under way does not move its end either: the change joins it as it is.
    [[nodiscard]] std::optional<apply::TrialTerms>
    terms_for(const plan::Request& request, const config::ListenerSettings* through = nullptr) const;
    /// After a request was carried out: says in the answer what goes back, and when.
    void settle(const plan::Request& request, const Done& done, wire::Answer& answer,
                const config::ListenerSettings* through = nullptr);
    [[nodiscard]] wire::Answer confirm(const std::string& who);
    /// Nothing: this listener may confirm the trial under way, or there is none.
    [[nodiscard]] std::optional<std::string>
    why_not_confirmed_by(const config::ListenerSettings& through) const;

    /// What is left of the trial under way; nothing: there is none.
    struct Left {
        std::chrono::seconds seconds{};
        std::string way_back;
        std::string why_out; ///< its time is over, and why this is still out; empty: it is not over
    };
    [[nodiscard]] std::optional<Left> left() const;

    [[nodiscard]] bool has_news() const { return !news_.empty(); }
    void tell_news();
    /// The alarm rang.
    void ring();
    /// After a look: what could not go back may go now.
    void look_again();

private:
    [[nodiscard]] bool is_unasked_trial(const plan::Request& request) const;
    [[nodiscard]] std::string words_for_way_back() const;
    enum class Occasion : std::uint8_t { alarm, look };
    void revert(Occasion occasion);
    void went_back(Occasion occasion, const plan::Change& way,
                   const std::shared_ptr<const topology::Snapshot>& before, WentBack gone);
    void keep_trying(const std::string& why, Occasion occasion);
    void end();
    void try_again_when_free(const std::string& why);
    void forget_first_move();
    /// `about`: whose sockets it concerns.
    void note(std::string_view word, std::string text, const plan::Change& about);

    Parts parts_;
    Tell tell_;
    /// The trial as people were told of it last. The trial itself is the machine's.
    std::optional<apply::Trial> told_;
    /// Who has a part in it. A name that no listener has is that of an earlier daemon.
    std::vector<ListenerName> through_;
    Patience patience_;          ///< until the next attempt to take it back
    bool has_failed_ = false;    ///< the last attempt, at a write
    std::string why_out_;        ///< of that attempt; the same is not said again
    bool is_locked_out_ = false; ///< at the last attempt, by another process
    bool is_reverting_ = false;  ///< its way back is under way
    std::vector<wire::Event> news_;
};

} // namespace usbroute::daemon
