// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"
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
#include <string>
#include <string_view>

namespace usbroute::vmm {

/// Why a command has no return value.
struct QmpFailure {
    enum class Kind : std::uint8_t {
        refused,     ///< QEMU said no, and has done nothing
        away,        ///< there is no connection: nothing was sent
        busy,        ///< too many commands wait: nothing was sent
        not_sent,    ///< QEMU did not read before the deadline: nothing was sent
        no_answer,   ///< sent, and QEMU did not answer before the deadline: it may still carry it out
        ended,       ///< sent or about to be, and the connection has ended: QEMU may have carried it out
        cannot_lend, ///< the open file could not be passed: nothing was sent
    };
    Kind kind = Kind::refused;
    std::string error_class; ///< QEMU's, where it refused
    std::string text;        ///< QEMU's words, not made safe to print; or ours
    bool operator==(const QmpFailure&) const = default;
};

/// The payload as JSON, for the readers of wire/qmp.hpp.
using QmpReply = std::expected<std::string, QmpFailure>;

/// One kept connection to the monitor of a guest's QEMU. It connects when it can, and again after it has ended.
///
/// A QEMU that breaks the protocol (no JSON, a line that is too long, an answer to nothing) is trusted no longer: the
/// connection ends, and is tried again with the pauses of linux_::Connecting. A greeting is waited for without a deadline,
/// because a monitor that serves somebody else says nothing until that one has left.
///
/// Nobody is called back from within their own call, and after the destruction nobody is. Who is called back may ask again
/// or destroy the session.
class QmpSession {
public:
    static constexpr std::chrono::milliseconds usual_deadline = std::chrono::seconds(10);
    /// Commands without an answer, those that nobody waits for any more included; and bytes of those not sent yet.
    static constexpr std::size_t most_commands = 256;
    static constexpr std::size_t most_waiting_bytes = std::size_t{256} * 1024;

    struct Tell {
        /// QEMU has greeted, and takes commands from now on.
        std::function<void(const attach::QemuVersion&)> ready;
        std::function<void(const wire::QmpEvent&)> event;
        /// No longer; in words, whose fault it was. Only after `ready`, and after the commands that were open.
        std::function<void(std::string_view why)> ended;
        /// A connection that did not come so far, as one to something else than a monitor. May be empty.
        std::function<void(std::string_view why)> did_not_begin = {};
    };
    using Done = std::function<void(QmpReply)>;
    struct Request {
        wire::QmpCommand command;
        linux_::UniqueFd file; ///< goes along (SCM_RIGHTS), and is closed when it is sent or will not be
        std::chrono::milliseconds deadline = usual_deadline; ///< from now on
        /// Is told the answer where it comes after `done` was told that there is none. May be empty.
        Done late = {};
    };
    /// How an open file gets to the other end of the connection.
    using Lend = std::function<linux_::Transfer(int socket, int file)>;

    QmpSession(linux_::Loop& loop, std::string path, Tell tell, Lend lend = linux_::lend);
    ~QmpSession() = default;
    QmpSession(const QmpSession&) = delete;
    QmpSession& operator=(const QmpSession&) = delete;

    void begin() { connecting_.begin(); }
    /// `done` is called once, with what has become of it.
    void ask(Request request, Done done);

    /// For an answer that needs no QEMU: `done` is called, but not from within this call.
    void later(std::function<void()> done);

    /// Somebody has taken the connection: its process lives, also where it says nothing.
    [[nodiscard]] bool is_connected() const { return phase_ != Phase::away; }
    [[nodiscard]] bool is_ready() const { return phase_ == Phase::ready; }
    [[nodiscard]] const attach::QemuVersion& qemu() const { return qemu_; }
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
    void put_off(Done done, QmpFailure failure);
    void tell_what_was_put_off();

    void ready_for(linux_::Ready what);
    void read();
    void take(std::string_view bytes);
    void take_line(const std::string& line);
    void take_greeting(const wire::QmpGreeting& greeting);
    void take_answer(std::optional<std::uint64_t> id, QmpReply reply);
    void take_event(const wire::QmpEvent& event);

    void write();
    enum class Lent : std::uint8_t { done, waits, failed };
    [[nodiscard]] Lent lend_file(Open& open);
    void give_up(std::size_t index);
    [[nodiscard]] bool send_rest(Open& open);
    [[nodiscard]] bool is_file_on_its_way() const;
    void want();

    void pass_deadlines();
    void start_deadline();
    void end(std::string_view why);

    linux_::Loop& loop_;
    std::shared_ptr<const Tell> tell_; // shared with its callbacks, which may destroy the session
    Lend lend_;
    linux_::Connecting connecting_;
    linux_::UniqueFd fd_; // before watch_: what is watched outlives its watch
    linux_::FdWatch watch_;
    linux_::Timer deadline_;
    linux_::Timer soon_;
    wire::LineCutter lines_{wire::longest_qmp_line};
    Phase phase_ = Phase::away;
    attach::QemuVersion qemu_;
    int peer_ = 0;
    std::deque<Open> open_; ///< in the order of their ids
    std::size_t waiting_bytes_ = 0;
    std::uint64_t last_id_ = 0;
    std::deque<std::function<void()>> put_off_;
    std::shared_ptr<const bool> connection_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace usbroute::vmm
