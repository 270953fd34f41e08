// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/entrance.hpp"
#include "wire/answer.hpp"
#include "wire/command.hpp"
#include "wire/lines.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace usbroute::daemon {

/// What a command's answer may depend on, and which may have to be waited for.
enum class Need : std::uint8_t {
    devices, ///< the machine as it is now: a look
    claims,  ///< what the kernel says of disks that could go
};

/// What answers commands.
class Desk {
public:
    virtual ~Desk() = default;
    /// Whether that is known, as far as this command needs it; if not, the client waits for it.
    [[nodiscard]] virtual bool is_known(Need need, const wire::Command& command) = 0;
    using Answered = std::function<void(const wire::Answer&)>;
    /// Carries the command out. What it needs is known, and the entrance's rights cover it. Calls back once: from within
    /// unless the command changes something that has to be waited for.
    virtual void answer(const Entrance& entrance, const wire::Command& command, const std::string& who,
                        Answered answered) = 0;
    struct Asker {
        const Entrance& entrance;
        std::optional<uid_t> user; ///< the peer's, where there is one to be told
    };
    /// The rights of an entrance, and of who has come through it; nothing: the command is allowed.
    [[nodiscard]] virtual std::optional<std::string> why_not(const Asker& asker,
                                                             const wire::Command& command) = 0;
    /// What need not keep the client waiting: log lines, events.
    virtual void after_answer() = 0;
    /// Whether a keyboard could be called back over a guest's line may be another answer now: somebody has spoken on it, has
    /// gone, or has said too much.
    virtual void line_changed(const Entrance& entrance) = 0;
    /// Something that the administrator should see, though not a hundred times a second.
    virtual void complain(Entrance& entrance, std::string_view what) = 0;
};

/// The state of a dialogue after a turn.
enum class Turn : std::uint8_t {
    idle,      ///< every whole line has been answered
    more,      ///< there are more lines, and others want their turn too
    waiting,   ///< for a fresh look
    later,     ///< another process holds the lock on changes: `go_on` in a moment
    asking,    ///< waits for what the kernel says of disks
    under_way, ///< its change is being carried out; `when_answered` tells of the end
    over,      ///< to be closed when the output is written
};

/// One client's talk: bytes in, bytes out. Knows no sockets.
class Dialogue {
public:
    /// Lines of one client that are handled before others have their turn.
    static constexpr int lines_a_turn = 16;
    /// How long a command waits for the lock on changes before its client is told who holds it.
    static constexpr std::chrono::milliseconds longest_wait_for_the_lock{2000};

    /// `user`: the peer's, where there is one to be told.
    Dialogue(Entrance& entrance, Desk& desk, std::string who, std::optional<uid_t> user = std::nullopt)
        : entrance_(&entrance), desk_(&desk), who_(std::move(who)), user_(user)
    {}

    /// `now` is steady time, here and below.
    [[nodiscard]] Turn take(std::string_view bytes, std::chrono::milliseconds now);
    /// After `more` or `later`.
    [[nodiscard]] Turn go_on(std::chrono::milliseconds now);
    /// After `waiting` and `asking`: it is there, or it could not be had.
    [[nodiscard]] Turn answer_now(std::chrono::milliseconds now);
    [[nodiscard]] Turn answer_that_nothing_can_be_seen(std::chrono::milliseconds now);
    /// After `under_way`: what is called when the answer is there, to go on with `go_on_after_answer`. It may destroy this.
    void when_answered(std::function<void()> call) { when_answered_ = std::move(call); }
    [[nodiscard]] Turn go_on_after_answer(std::chrono::milliseconds now);
    /// The client will send nothing more, and still reads: a line without its end is answered, and not carried out.
    [[nodiscard]] Turn finish(std::chrono::milliseconds now);
    /// The connection has ended.
    void end();

    /// What is to be sent; the sender removes it.
    [[nodiscard]] std::string& output() { return output_; }
    [[nodiscard]] bool is_all_sent() const { return output_.empty(); }
    [[nodiscard]] std::optional<wire::Form> subscription() const { return subscription_; }
    /// When a whole command came last; nothing: none has. Bytes, empty lines and what is no command are no talk, so that
    /// nobody keeps a seat with them, and one that comes more often than allowed does not count either.
    [[nodiscard]] std::optional<std::chrono::milliseconds> last_command() const { return last_command_; }
    /// True for what `nc 127.0.0.1 PORT <<< toggle` leaves behind: it has the answer to its one line and waits for us
    /// to close.
    [[nodiscard]] bool may_be_netcat() const;
    [[nodiscard]] const Entrance& entrance() const { return *entrance_; }
    [[nodiscard]] const std::string& who() const { return who_; }
    [[nodiscard]] Desk& desk() const { return *desk_; }

private:
    [[nodiscard]] Turn answer_line(const wire::LineCutter::Line& line);
    [[nodiscard]] Turn answer_blank();
    void answer_begun();
    [[nodiscard]] Turn answer_foreign(const wire::NotACommand& no);
    [[nodiscard]] Turn answer_command(wire::Command command);
    [[nodiscard]] Turn answer_when_known(wire::Command command);
    [[nodiscard]] Turn answer_when_free(wire::Command command);
    void answered(const wire::Answer& answer);
    [[nodiscard]] Turn still_needed(const wire::Command& command);
    void say(const wire::Answer& answer, wire::Form form);
    void count_noise(std::uint64_t LineCounts::* kind = nullptr);
    [[nodiscard]] bool is_admitted(Weight weight, wire::Form form);
    void has_spoken();

    Entrance* entrance_;
    Desk* desk_;
    std::string who_;
    std::optional<uid_t> user_;
    wire::LineCutter lines_;
    SerialLife serial_;                ///< for a guest's line only
    std::chrono::milliseconds now_{0}; ///< of this turn
    std::optional<std::chrono::milliseconds> last_command_;
    std::string input_; ///< bytes of lines that wait for the next turn
    std::string output_;
    std::optional<wire::Command> held_;      ///< waits for what it needs, or for the lock on changes
    std::optional<wire::Command> under_way_; ///< is being carried out
    /// Only one that is still there is told of its answer.
    std::shared_ptr<const bool> life_ = std::make_shared<const bool>(true);
    bool is_asking_ = false;           ///< the desk, and it has not returned yet
    std::optional<wire::Answer> late_; ///< came after that
    std::function<void()> when_answered_;
    std::optional<std::chrono::milliseconds> locked_out_since_;
    Turn held_for_ = Turn::idle;
    int waits_ = 0; ///< how often it was asked what is still needed
    std::optional<wire::Form> subscription_;
    std::size_t answered_ = 0; ///< lines
    bool spoke_json_ = false;
    bool has_spoken_ = false; ///< a command that its rights cover
};

} // namespace usbroute::daemon
