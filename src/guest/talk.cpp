// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/talk.hpp"

#include "base/text.hpp"
#include "guest/reply.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

namespace usbroute::guest {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

/// Between two tries to open a port.
constexpr auto between_tries = 250ms;
/// A request of another run of this program takes a few milliseconds.
constexpr auto busy_patience = 1000ms;
/// For an answer to one probe, before the next.
constexpr auto probe_patience = 1000ms;
/// A line that has been silent for so long has brought all it had: at 115200 baud a byte takes 87 microseconds, and
/// a virtual machine may be held up for a moment.
constexpr auto quiet = 30ms;
/// The answers to all probes come in a burst when the daemon begins to read.
constexpr auto quiet_after_probes = 200ms;
/// A console that talks without end must not keep us from asking.
constexpr auto longest_drain = 500ms;
constexpr std::string_view probe = "status";

std::string text_of(milliseconds time)
{
    const auto count = time.count();
    if (count % 60'000 == 0) return std::to_string(count / 60'000) + " m";
    return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

/// Why no answer came.
enum class Silence : std::uint8_t { time_is_up, closed, stopped };

class Talk {
public:
    Talk(const Request& request, Border& border)
        : request_(request), border_(border), begun_(border.now()), deadline_(begun_ + request.timeout)
    {}

    Outcome run()
    {
        for (bool was_closed = false;;) {
            if (auto problem = open()) return *problem;
            clear(quiet_before_request());
            if (!request_.wait) break;
            const auto ready = wait_for_daemon();
            if (ready == Silence::stopped) return stopped();
            if (ready == Silence::time_is_up) return was_closed ? closed_before_asking() : no_answer(false);
            if (!ready) break;
            // Closed: the host's end is not there yet.
            was_closed = true;
            line_.reset();
            if (!border_.pause(std::min(between_tries, left()))) return stopped();
        }
        if (auto problem = say(request_.line)) return was_silent(*problem, false);
        auto answer = hear(left());
        if (const auto* silence = std::get_if<Silence>(&answer)) return was_silent(*silence, true);
        return finish(std::get<Reply>(std::move(answer)));
    }

private:
    [[nodiscard]] milliseconds left() const { return std::max(deadline_ - border_.now(), 0ms); }
    /// A connection of our own can hold nothing that is not for us.
    [[nodiscard]] milliseconds quiet_before_request() const { return line_->is_shared() ? quiet : 0ms; }

    static Outcome stopped() { return {.code = ExitCode::failed, .message = {}, .was_stopped = true}; }

    std::optional<Outcome> open()
    {
        for (;;) {
            auto opened = border_.open(request_.port, left());
            if (opened) {
                line_ = std::move(*opened);
                return std::nullopt;
            }
            auto& failure = opened.error();
            const bool may_be_free_soon = failure.is_busy && border_.now() - begun_ < busy_patience;
            const bool is_worth_waiting = request_.wait && (failure.may_pass || failure.is_busy);
            if (left() == 0ms || !(may_be_free_soon || is_worth_waiting))
                return Outcome{.code = failure.code, .message = std::move(failure.message)};
            if (!border_.pause(std::min(between_tries, left()))) return stopped();
        }
    }

    /// Throws away what is there, until it has been quiet for so long. Late answers to earlier requests go this way.
    void clear(milliseconds quiet_time)
    {
        const auto end = border_.now() + longest_drain;
        while (border_.now() < end &&
               line_->receive(bytes_, std::min(quiet_time, left())).came == Came::bytes) {}
        rest_ = {};
        cutter_ = {};
    }

    std::optional<Silence> say(std::string_view line)
    {
        // A boot message or a prompt may be half-sent on the way to the daemon; it ends here.
        auto text = std::string(line_->is_shared() ? "\n" : "") + std::string(line) + "\n";
        switch (line_->send(text, left())) {
        case Came::bytes: return std::nullopt;
        case Came::nothing: return Silence::time_is_up;
        case Came::closed: return Silence::closed;
        case Came::stopped: return Silence::stopped;
        }
        return Silence::closed;
    }

    /// The next line of the daemon.
    std::variant<Reply, Silence> hear(std::optional<milliseconds> patience)
    {
        const auto end = border_.now() + patience.value_or(0ms);
        for (bool is_first_look = true;; is_first_look = false) {
            while (auto reply = cutter_.next(rest_))
                if (!line_->is_shared() || !is_about_blank_line(*reply)) return std::move(*reply);
            // By the clock alone: noise without end is no reason to stay longer than was said.
            const auto time = patience ? std::max(end - border_.now(), 0ms) : 1000ms;
            if (patience && time == 0ms && !is_first_look) return Silence::time_is_up;
            const auto received = line_->receive(bytes_, time);
            if (received.came == Came::closed) return Silence::closed;
            if (received.came == Came::stopped) return Silence::stopped;
            if (received.came == Came::bytes) rest_ = {bytes_.data(), received.count};
        }
    }

    /// Nothing: it answers.
    std::optional<Silence> wait_for_daemon()
    {
        while (left() > 0ms) {
            if (auto problem = say(probe)) return problem;
            const auto answer = hear(std::min(probe_patience, left()));
            if (const auto* silence = std::get_if<Silence>(&answer)) {
                if (*silence == Silence::time_is_up) continue;
                return *silence;
            }
            // Earlier probes may be answered late, and must not be taken for the answer to the request.
            clear(quiet_after_probes);
            return std::nullopt;
        }
        return Silence::time_is_up;
    }

    Outcome finish(Reply answer)
    {
        while (answer.kind == Reply::Kind::event) {
            auto next = hear(left());
            if (const auto* silence = std::get_if<Silence>(&next)) return was_silent(*silence, true);
            answer = std::get<Reply>(std::move(next));
        }
        if (answer.code != ExitCode::done)
            return {.code = answer.code,
                    .message = answer.is_json ? std::move(answer.line) : std::move(answer.message),
                    .is_json = answer.is_json};
        if (!request_.quiet) border_.show(answer.line);
        return is_subscription(request_.line) ? follow() : Outcome{};
    }

    /// Events, until somebody ends it.
    Outcome follow()
    {
        for (;;) {
            auto heard = hear(std::nullopt);
            if (const auto* silence = std::get_if<Silence>(&heard)) {
                if (*silence == Silence::stopped) return stopped();
                return {.code = ExitCode::unreachable,
                        .message = "the line on " + port() + " was closed by the host"};
            }
            const auto& reply = std::get<Reply>(heard);
            if (reply.kind == Reply::Kind::event) border_.show(reply.line);
        }
    }

    [[nodiscard]] std::string port() const { return printable(request_.port, 200); }

    Outcome was_silent(Silence silence, bool was_sent) const
    {
        if (silence == Silence::stopped) return stopped();
        if (silence == Silence::time_is_up) return was_sent ? no_answer(true) : not_taken();
        if (!was_sent) return closed_before_asking();
        return {.code = ExitCode::unreachable,
                .message = "the line on " + port() +
                           " was closed before an answer came; `usbroute-guest status` shows the state now"};
    }

    [[nodiscard]] Outcome closed_before_asking() const
    {
        return {.code = ExitCode::unreachable,
                .message = "nobody is at the host's end of " + port() +
                           ": start usbrouted there; nothing was asked"};
    }

    /// The port took no bytes.
    [[nodiscard]] Outcome not_taken() const
    {
        return {.code = ExitCode::timed_out,
                .message = port() + " took no bytes within " + text_of(request_.timeout) +
                           ": nobody reads at the host's end; nothing was asked"};
    }

    [[nodiscard]] Outcome no_answer(bool was_asked) const
    {
        auto message = "no answer on " + port() + " within " + text_of(request_.timeout) +
                       ": is usbrouted running on the host, and does this port lead to its listener?";
        if (cutter_.noise() > 0)
            message += " " + std::to_string(cutter_.noise()) +
                       " bytes came that were no answer: a console or a login prompt on this port?";
        if (!was_asked)
            message += " Nothing was asked.";
        else if (const auto doubt = doubt_about(request_.line); !doubt.empty())
            message += " " + doubt + ".";
        else
            message += " `usbroute-guest status` shows the state now.";
        return {.code = ExitCode::timed_out, .message = std::move(message)};
    }

    const Request& request_;
    Border& border_;
    milliseconds begun_;
    milliseconds deadline_;
    std::unique_ptr<Line> line_;
    ReplyCutter cutter_;
    std::array<char, 4096> bytes_{};
    std::string_view rest_; ///< of bytes_: not yet cut
};

} // namespace

Outcome talk(const Request& request, Border& border) { return Talk(request, border).run(); }

} // namespace usbroute::guest
