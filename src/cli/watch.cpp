// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/bar_watch.hpp"
#include "cli/commands.hpp"
#include "cli/daemon_link.hpp"
#include "cli/event_runner.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "linux/signals.hpp"
#include "wire/answer.hpp"
#include "wire/event.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include <poll.h>

namespace usbroute::cli {

namespace {

using Clock = EventRunner::Clock;

class Watch {
public:
    Watch(const Options& options, DaemonLink link, linux_::UniqueFd signals)
        : options_(options), link_(std::move(link)), signals_(std::move(signals)), runner_(options.exec)
    {}

    /// Until somebody ends it, which is no error, or the daemon goes, which is one.
    [[nodiscard]] Result<void> run()
    {
        for (;;) {
            if (auto told = tell_what_came(); !told) return told;
            std::array<pollfd, 2> wanted{{{.fd = link_.fd(), .events = POLLIN, .revents = 0},
                                          {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
            if (::poll(wanted.data(), wanted.size(), milliseconds_to_wait()) < 0 && errno != EINTR)
                return failure("cannot wait", errno);
            if (linux_::asked_to_end(signals_)) return {};
            runner_.look_after(Clock::now());
        }
    }

private:
    Result<void> tell_what_came()
    {
        for (;;) {
            const auto line = link_.line_at_hand();
            if (!line) return std::unexpected(line.error());
            if (!*line) return {};
            if (auto told = tell(**line); !told) return told;
        }
    }

    Result<void> tell(const std::string& line)
    {
        const auto event = wire::read_event(line);
        if (options_.json)
            print(printable(line, line.size()) + "\n");
        else if (event && !options_.quiet)
            print(words_of(*event) + "\n");
        if (!event) return {}; // of a newer daemon
        if (std::fflush(stdout) != 0) return failure("cannot write the output", errno);
        if (!options_.exec.empty() && !runner_.add(*event, Clock::now()))
            warn(options_, "the command is too slow: an event was dropped");
        return {};
    }

    [[nodiscard]] int milliseconds_to_wait() const
    {
        const auto deadline = runner_.deadline();
        if (!deadline) return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
        return left < 0 ? 0 : static_cast<int>(left);
    }

    const Options& options_;
    DaemonLink link_;
    linux_::UniqueFd signals_;
    EventRunner runner_;
};

Result<void> subscribe(DaemonLink& link, bool json)
{
    const auto form = json ? wire::Form::json : wire::Form::text;
    const auto line = link.ask(wire::to_line({{.verb = config::Verb::subscribe}, form}));
    if (!line) return std::unexpected(line.error());
    if (const auto answer = wire::read_ok(*line); !answer) return std::unexpected(answer.error());
    return {};
}

Result<void> watch(const Options& options)
{
    const Session session(options);
    if (session.works_alone())
        return std::unexpected(usage_error(
            "watch needs the daemon, which reports changes: leave out --direct; with --root, name the daemon's socket too (--socket)"));
    // SIGINT and SIGTERM end the watching, SIGCHLD says that a command has ended.
    auto signals = linux_::open_signals({SIGINT, SIGTERM, SIGCHLD});
    if (!signals) return std::unexpected(signals.error());
    auto link = session.connect();
    if (!link) return std::unexpected(link.error());
    if (auto subscribed = subscribe(*link, options.json); !subscribed) return subscribed;
    return Watch(options, std::move(*link), std::move(*signals)).run();
}

} // namespace

int run_watch(const Invocation& invocation)
{
    if (invocation.options.format_said) return watch_for_a_bar(invocation.options);
    const auto ended = watch(invocation.options);
    return ended ? exit_done : fail(ended.error(), invocation.options.json);
}

} // namespace usbroute::cli
