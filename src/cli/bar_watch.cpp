// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/bar_watch.hpp"

#include "cli/daemon_link.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "linux/signals.hpp"
#include "report/bar_line.hpp"
#include "report/json.hpp"
#include "wire/answer.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>

#include <poll.h>
#include <unistd.h>

namespace usbroute::cli {

namespace {

/// Until the next try where no daemon answers. A bar is looked at by people.
constexpr std::chrono::milliseconds until_next_try{2000};

/// A daemon that tells of changes on one connection, and is asked on another what holds then.
struct Daemon {
    DaemonLink events;
    DaemonLink questions;
};

Result<Daemon> find_daemon(const Session& session)
{
    auto events = session.connect();
    if (!events) return std::unexpected(std::move(events.error()));
    auto questions = session.connect();
    if (!questions) return std::unexpected(std::move(questions.error()));
    const auto answer = events->ask(wire::to_line({{.verb = config::Verb::subscribe}}));
    if (!answer) return std::unexpected(answer.error());
    if (auto subscribed = wire::read_ok(*answer); !subscribed)
        return std::unexpected(std::move(subscribed.error()));
    return Daemon{.events = std::move(*events), .questions = std::move(*questions)};
}

Result<report::BarView> look(DaemonLink& questions)
{
    const auto answer = questions.ask(wire::to_line({{.verb = config::Verb::status}, wire::Form::json}));
    if (!answer) return std::unexpected(answer.error());
    const auto view = report::status_in(*answer);
    if (!view) return std::unexpected(view.error());
    return report::bar_view(*view);
}

class BarWatch {
public:
    BarWatch(const Session& session, report::BarFormat format, linux_::UniqueFd signals)
        : session_(session), format_(std::move(format)), signals_(std::move(signals))
    {}

    /// Until somebody ends it, or the bar no longer reads.
    [[nodiscard]] Result<void> run()
    {
        for (;;) {
            if (auto shown = show(seen()); !shown) return shown;
            if (!wait()) return {};
        }
    }

private:
    /// What holds now; without a daemon that nobody answers.
    report::BarView seen()
    {
        if (!daemon_) {
            auto found = find_daemon(session_);
            if (!found) return report::bar_offline(found.error().message());
            daemon_ = std::move(*found);
        }
        // First what came is taken, then it is looked: what comes after that is another reason to look.
        for (;;) {
            const auto line = daemon_->events.line_at_hand();
            if (!line) return gone(line.error());
            if (!*line) break;
        }
        auto bar = look(daemon_->questions);
        return bar ? std::move(*bar) : gone(bar.error());
    }

    report::BarView gone(const Error& error)
    {
        daemon_.reset();
        return report::bar_offline(error.message());
    }

    Result<void> show(const report::BarView& view)
    {
        auto line = report::bar_line(view, format_) + "\n";
        if (line == shown_) return {};
        print(line);
        if (std::fflush(stdout) != 0) return failure("cannot write the output", errno);
        shown_ = std::move(line);
        return {};
    }

    /// For news, or the next try. False: it is over.
    bool wait()
    {
        // Of a pipe whose reader has gone, poll tells unasked: a bar that was killed leaves nothing running.
        std::array<pollfd, 3> wanted{
            {{.fd = signals_.get(), .events = POLLIN, .revents = 0},
             {.fd = STDOUT_FILENO, .events = 0, .revents = 0},
             {.fd = daemon_ ? daemon_->events.fd() : -1, .events = POLLIN, .revents = 0}}};
        const int longest = daemon_ ? -1 : static_cast<int>(until_next_try.count());
        while (::poll(wanted.data(), wanted.size(), longest) < 0)
            if (errno != EINTR) return false;
        return !linux_::asked_to_end(signals_) && (wanted[1].revents & (POLLERR | POLLHUP)) == 0;
    }

    const Session& session_;
    report::BarFormat format_;
    linux_::UniqueFd signals_;
    std::optional<Daemon> daemon_;
    std::string shown_;
};

Result<void> watch_for_bar(const Options& options)
{
    if (options.json || !options.exec.empty() || options.quiet)
        return std::unexpected(usage_error(
            "--format is for a status bar and goes with none of --json, --exec and --quiet: leave them out"));
    auto format = report::read_bar_format(options.format);
    if (!format) return std::unexpected(std::move(format.error()));
    const Session session(options);
    if (session.works_alone())
        return std::unexpected(usage_error(
            "watch needs the daemon, which reports changes: leave out --direct; with --root, name the daemon's socket too (--socket)"));
    auto signals = linux_::open_signals({SIGINT, SIGTERM});
    if (!signals) return std::unexpected(std::move(signals.error()));
    return BarWatch(session, std::move(*format), std::move(*signals)).run();
}

} // namespace

int watch_for_a_bar(const Options& options)
{
    const auto ended = watch_for_bar(options);
    return ended ? exit_done : fail(ended.error(), options.json);
}

} // namespace usbroute::cli
