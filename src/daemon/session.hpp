// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/claim_line.hpp"
#include "daemon/dialogue.hpp"
#include "daemon/lookout.hpp"
#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"
#include "wire/event.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace usbroute::daemon {

class Session;

/// Keeps the sessions.
class SessionOwner {
public:
    virtual ~SessionOwner() = default;
    /// Destroys it.
    virtual void ended(Session& session) = 0;
};

/// One client's socket. Reads only while nothing waits to be written, so that a client that does not read costs a
/// bounded amount of memory.
class Session final : public Waiter {
public:
    /// More unread output than this, and the client is closed.
    static constexpr std::size_t most_output = 256UL * 1024;
    /// With more than this waiting, a subscriber misses events, and is told so.
    static constexpr std::size_t most_events = 64UL * 1024;

    struct Parts {
        linux_::Loop& loop;
        Lookout& lookout;
        ClaimLine& claims;
        SessionOwner& owner;
    };

    Session(Parts parts, linux_::UniqueFd fd, Dialogue dialogue);
    ~Session() override;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] Result<void> begin();
    /// Each of these may end the session, and then it is gone.
    void looked(Look look) override;
    void tell(std::string_view line);

    [[nodiscard]] const Dialogue& dialogue() const { return dialogue_; }
    /// When a command came last; before the first one when it was connected.
    [[nodiscard]] std::chrono::milliseconds last_heard() const
    {
        return dialogue_.last_command().value_or(came_);
    }
    /// A command of its own is under way, and waits for us. One whose answer is not read waits for the client.
    [[nodiscard]] bool is_served() const { return turn_ != Turn::idle && dialogue_.is_all_sent(); }

private:
    void ready(linux_::Ready what);
    void read();
    template <class Talk> void talk(const Talk& talk);
    void go_on_after(Turn turn);
    [[nodiscard]] bool flush();
    void end();

    Parts parts_;
    linux_::UniqueFd fd_; // before watch_: what is watched outlives its watch
    Dialogue dialogue_;
    linux_::FdWatch watch_;
    linux_::Timer next_turn_;
    linux_::Timer silence_;
    linux_::Timer opening_;
    std::chrono::milliseconds came_{};
    bool has_just_come_ = true;
    std::size_t taken_later_ = 0; ///< bytes that were looked at and are still in the socket
    bool missed_events_ = false;
    bool at_end_ = false;     ///< the client will send nothing more
    bool is_waiting_ = false; ///< the lookout or the claim line knows of it
    bool is_talking_ = false; ///< a command of its own is being carried out
    Turn turn_ = Turn::idle;
};

} // namespace usbroute::daemon
