// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "live/live.hpp"

#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "linux/signals.hpp"
#include "live/conversation.hpp"
#include "live/model.hpp"
#include "live/terminal.hpp"
#include "report/json.hpp"
#include "wire/answer.hpp"
#include "wire/event.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>

namespace usbroute::live {

namespace {

using Clock = Conversation::Clock;

/// While there is no daemon, its socket is tried this often.
constexpr auto try_again_after = std::chrono::seconds(1);
/// While a trial is under way its seconds are shown. Nothing else in the live view is done by the clock.
constexpr auto look_again_after = std::chrono::seconds(1);

class Live {
public:
    Live(std::string socket, std::chrono::milliseconds timeout, Conversation conversation,
         linux_::UniqueFd signals, Terminal terminal, report::Style style)
        : socket_(std::move(socket)),
          timeout_(timeout),
          conversation_(std::move(conversation)),
          signals_(std::move(signals)),
          terminal_(std::move(terminal)),
          model_(style)
    {}

    [[nodiscard]] Result<void> run()
    {
        model_.resize(terminal_.size());
        carry_out({Look{}});
        while (!ended_) {
            terminal_.show(model_.screen());
            if (!wait()) return failure("cannot wait", errno);
            take_signals();
            take_keys();
            listen();
        }
        if (fatal_) return std::unexpected(std::move(*fatal_));
        return {};
    }

private:
    [[nodiscard]] bool wait()
    {
        const int events = conversation_ ? conversation_->events_fd() : -1;
        const int answers = conversation_ ? conversation_->answers_fd() : -1;
        std::array<pollfd, 4> wanted{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                      {.fd = signals_.get(), .events = POLLIN, .revents = 0},
                                      {.fd = events, .events = POLLIN, .revents = 0},
                                      {.fd = answers, .events = POLLIN, .revents = 0}}};
        const int ready = ::poll(wanted.data(), wanted.size(), milliseconds_to_wait());
        // A terminal that was closed is always ready and has nothing to read.
        ended_ = ended_ || (wanted[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
        return ready >= 0 || errno == EINTR;
    }

    [[nodiscard]] int milliseconds_to_wait() const
    {
        auto deadline = conversation_ ? conversation_->deadline() : std::optional(next_try_);
        if (conversation_ && model_.counts_down())
            deadline = deadline ? std::min(*deadline, next_look_) : next_look_;
        if (!deadline) return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
        return left < 0 ? 0 : static_cast<int>(left);
    }

    void take_signals()
    {
        signalfd_siginfo signal{};
        while (::read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
            if (signal.ssi_signo != SIGWINCH) {
                ended_ = true;
                continue;
            }
            terminal_.resize();
            model_.resize(terminal_.size());
        }
    }

    void take_keys()
    {
        while (const auto key = terminal_.key()) carry_out(model_.press(*key));
        ended_ = ended_ || terminal_.is_gone();
    }

    void listen()
    {
        const auto now = Clock::now();
        if (!conversation_) {
            if (now >= next_try_) try_again(now);
            return;
        }
        auto heard = conversation_->listen(now);
        if (!heard) return lose(heard.error());
        for (const auto& [kind, line] : *heard) take(kind, line);
        if (!conversation_ || !model_.counts_down() || now < next_look_) return;
        next_look_ = now + look_again_after;
        carry_out({Look{}});
    }

    void take(Conversation::Kind kind, const std::string& line)
    {
        if (kind == Conversation::Kind::event) {
            // What is no event is one of a newer daemon.
            if (const auto event = wire::read_event(line)) carry_out(model_.hear(*event));
            return;
        }
        if (kind == Conversation::Kind::acted) return carry_out(model_.hear(wire::read_answer(line)));
        auto view = report::status_in(line);
        if (!view) return lose(view.error());
        model_.see(std::move(*view));
    }

    void carry_out(const std::vector<Intent>& intents)
    {
        for (const auto& intent : intents) {
            if (std::holds_alternative<Quit>(intent)) ended_ = true;
            if (!conversation_) continue;
            const auto* act = std::get_if<Act>(&intent);
            auto sent = act != nullptr ? conversation_->act(act->command, Clock::now())
                        : std::holds_alternative<Look>(intent) ? conversation_->look(Clock::now())
                                                               : Result<void>();
            if (!sent) lose(sent.error());
        }
    }

    /// A daemon that is not there may come back; one that says no will say it again.
    void lose(const Error& error)
    {
        conversation_.reset();
        if (error.kind() == ErrorKind::not_permitted || error.kind() == ErrorKind::usage) {
            fatal_ = error;
            ended_ = true;
        }
        next_try_ = Clock::now() + try_again_after;
        model_.lose(error);
    }

    void try_again(Clock::time_point now)
    {
        next_try_ = now + try_again_after;
        auto conversation = Conversation::begin(socket_, timeout_);
        if (!conversation) return;
        conversation_ = std::move(*conversation);
        carry_out({Look{}});
    }

    std::string socket_;
    std::chrono::milliseconds timeout_;
    std::optional<Conversation> conversation_;
    linux_::UniqueFd signals_;
    Terminal terminal_;
    Model model_;
    Clock::time_point next_try_{};
    Clock::time_point next_look_{};
    bool ended_ = false;
    std::optional<Error> fatal_; ///< why it could not go on
};

std::optional<Error> why_not(const cli::Options& options, const cli::Session& session)
{
    const auto usage = [](const char* text) { return usage_error(text); };
    if (options.json)
        return usage("live is for people; `usbroute watch --json` reports changes to a program");
    if (session.works_alone())
        return usage(
            "live needs the daemon, which reports changes: leave out --direct; with --root, name the daemon's socket too (--socket)");
    return std::nullopt;
}

} // namespace

Result<void> run(const cli::Options& options)
{
    const cli::Session session(options);
    if (auto error = why_not(options, session)) return std::unexpected(std::move(*error));
    const auto& socket = session.where().socket;
    // Before the screen is taken: what is wrong with the daemon is printed where the person looks afterwards.
    auto conversation = Conversation::begin(socket, options.timeout);
    if (!conversation) return std::unexpected(std::move(conversation.error()));
    auto style = cli::style_of_terminal(options);
    style.unicode = style.unicode && write_utf8();
    // Ctrl-Z is left to ncurses, which gives the terminal back for as long as we are stopped.
    auto signals = linux_::open_signals({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH});
    if (!signals) return std::unexpected(std::move(signals.error()));
    auto terminal = Terminal::take(style.colour);
    if (!terminal) return std::unexpected(std::move(terminal.error()));
    style.colour = terminal->has_colour();
    return Live(socket, options.timeout, std::move(*conversation), std::move(*signals), std::move(*terminal),
                style)
        .run();
}

} // namespace usbroute::live
