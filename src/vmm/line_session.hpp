// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/connecting.hpp"
#include "linux/lending.hpp"
#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"
#include "wire/lines.hpp"
#include "wire/qmp.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace usbroute::vmm {

/// Why a command has no return value.
struct LineFailure {
    enum class Kind : std::uint8_t {
        refused,     ///< the other end said no, and has done nothing
        away,        ///< there is no connection: nothing was sent
        busy,        ///< too many commands wait: nothing was sent
        not_sent,    ///< the other end did not read before the deadline: nothing was sent
        no_answer,   ///< sent, and not answered before the deadline: it may still be carried out
        ended,       ///< sent or about to be, and the connection has ended: it may have been carried out
        cannot_lend, ///< the open file could not be passed: nothing was sent
    };
    Kind kind = Kind::refused;
    std::string error_class; ///< the other end's, where it refused
    std::string text;        ///< its words, not made safe to print; or ours
    bool operator==(const LineFailure&) const = default;
};

/// The payload as JSON, for the readers of wire/qmp.hpp and wire/libvirt_line.hpp.
using LineReply = std::expected<std::string, LineFailure>;

/// What the other end says first. `why_not`: nothing more is to be said to it; empty: it will do.
struct LineGreeting {
    std::string why_not;
};
using LineMessage = std::variant<wire::NoQmp, LineGreeting, wire::QmpReturn, wire::QmpError, wire::QmpEvent>;

/// One kept connection over which commands are asked and answered by lines of JSON, with events in between. It connects when it
/// can, and again after it has ended.
///
/// Whoever breaks the protocol (no JSON, a line that is too long, an answer to nothing) is trusted no longer: the connection
/// ends, and is tried again with the pauses of linux_::Connecting.
///
/// Nobody is called back from within their own call, and after the destruction nobody is. Who is called back may ask again
/// or destroy the session.
class LineSession {
public:
    static constexpr std::chrono::milliseconds usual_deadline = std::chrono::seconds(10);
    /// Bytes of commands that are not sent yet.
    static constexpr std::size_t most_waiting_bytes = std::size_t{256} * 1024;

    /// In which order commands are answered. `of_the_commands`: once a later one is answered, an earlier one never will be.
    /// `any`: each is answered in time, and who does not keep that has broken the protocol.
    enum class Answers : std::uint8_t { of_the_commands, any };

    /// What one protocol has of its own.
    struct Dialect {
        std::string_view other_end; ///< "QEMU"
        std::string_view door;      ///< "monitor"
        std::string_view protocol;  ///< "QMP"
        std::size_t longest_line = 0;
        std::size_t most_commands = 0; ///< without an answer, those that nobody waits for any more included
        Answers answers = Answers::of_the_commands;
        /// How long the greeting may take. Nothing: for ever, as at a monitor that serves somebody else.
        std::optional<std::chrono::milliseconds> greeting;
        std::optional<wire::QmpCommand> first; ///< asked after the greeting, before it is ready
        std::function<LineMessage(std::string_view line)> read;
        std::function<std::string(const wire::QmpCommand&, std::uint64_t id)> write;
    };
    struct Tell {
        /// The other end has greeted, and takes commands from now on.
        std::function<void()> ready;
        std::function<void(const wire::QmpEvent&)> event;
        /// No longer; in words, whose fault it was. Only after `ready`, and after the commands that were open.
        std::function<void(std::string_view why)> ended;
        /// A connection that did not come so far. May be empty.
        std::function<void(std::string_view why)> did_not_begin = {};
    };
    using Done = std::function<void(LineReply)>;
    struct Request {
        wire::QmpCommand command;
        linux_::UniqueFd file; ///< goes along (SCM_RIGHTS), and is closed when it is sent or will not be
        std::chrono::milliseconds deadline = usual_deadline; ///< from now on
        /// Is told the answer where it comes after `done` was told that there is none. May be empty.
        Done late = {};
    };
    /// How an open file gets to the other end of the connection.
    using Lend = std::function<linux_::Transfer(int socket, int file)>;

    LineSession(linux_::Loop& loop, std::string path, Dialect dialect, Tell tell, Lend lend = linux_::lend);
    ~LineSession() = default;
    LineSession(const LineSession&) = delete;
    LineSession& operator=(const LineSession&) = delete;

    void begin() { connecting_.begin(); }
    /// `done` is called once, with what has become of it.
    void ask(Request request, Done done);

    /// For an answer that needs nobody: `done` is called, but not from within this call.
    void later(std::function<void()> done);

    /// Somebody has taken the connection: its process lives, also where it says nothing.
    [[nodiscard]] bool is_connected() const { return phase_ != Phase::away; }
    [[nodiscard]] bool is_ready() const { return phase_ == Phase::ready; }
    [[nodiscard]] const std::string& path() const { return connecting_.path(); }
    /// The process at the other end of the connection, or of the last one; 0: not known.
    [[nodiscard]] int peer() const { return peer_; }

private:
    enum class Phase : std::uint8_t { away, connected, negotiating, ready };
    struct Open {
        std::uint64_t id = 0;
        std::string line; ///< until it is sent
        linux_::UniqueFd file;
        bool has_file = false;
        bool is_begun = false; ///< a part of it is on its way, so the rest has to follow
        bool is_sent = false;
        std::chrono::milliseconds due{};
        Done done; ///< empty: nobody waits any more
        Done late;
    };
    /// Expires when the connection, or the session, has ended.
    using Life = std::weak_ptr<const bool>;

    void connected(linux_::UniqueFd fd);
    void add(Request request, Done done);
    void put_off(Done done, LineFailure failure);
    void tell_what_was_put_off();

    void ready_for(linux_::Ready what);
    void read();
    void take(std::string_view bytes);
    void take_line(const std::string& line);
    void take_greeting(const LineGreeting& greeting);
    void take_answer(std::optional<std::uint64_t> id, LineReply reply);
    void take_event(const wire::QmpEvent& event);
    void be_ready();

    void write();
    enum class Lent : std::uint8_t { done, waits, failed };
    [[nodiscard]] Lent lend_file(Open& open);
    void give_up(std::size_t index);
    [[nodiscard]] bool send_rest(Open& open);
    [[nodiscard]] bool is_file_on_its_way() const;
    void want();

    void pass_deadlines();
    void start_deadline();
    [[nodiscard]] std::string has_closed() const;
    void end(std::string_view why);

    linux_::Loop& loop_;
    Dialect dialect_;
    std::shared_ptr<const Tell> tell_; // shared with its callbacks, which may destroy the session
    Lend lend_;
    linux_::Connecting connecting_;
    linux_::UniqueFd fd_; // before watch_: what is watched outlives its watch
    linux_::FdWatch watch_;
    linux_::Timer deadline_;
    linux_::Timer greeting_;
    linux_::Timer soon_;
    wire::LineCutter lines_;
    Phase phase_ = Phase::away;
    int peer_ = 0;
    std::deque<Open> open_; ///< in the order of their ids
    std::size_t waiting_bytes_ = 0;
    std::uint64_t last_id_ = 0;
    std::deque<std::function<void()>> put_off_;
    std::shared_ptr<const bool> connection_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace usbroute::vmm
