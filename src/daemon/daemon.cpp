// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/daemon.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/differences.hpp"
#include "daemon/log.hpp"
#include "linux/settings_files.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace usbroute::daemon {

namespace {

constexpr std::string_view restart_to_attach =
    "the new configuration gives devices to a guest one by one, and usbrouted started without the right to open their nodes: "
    "restart usbrouted; until then QEMU has to open them itself";

} // namespace

Result<void> Daemon::run()
{
    read_files_ = linux_::settings_files(parts_.locations);
    if (auto opened = open_listeners(); !opened) return opened;
    if (auto begun = parts_.lookout.begin(); !begun) return begun;
    watch_the_clock();
    parts_.loop.on_signal(SIGHUP, [this] { (void)reload(); });
    reload_turn_ = parts_.loop.timer([this] { reload_for_all(); });
    parts_.service.reload_with([this](Answered answered) { reload_soon(std::move(answered)); });
    parts_.loop.on_signal(SIGTERM, [this] { stop(); });
    parts_.loop.on_signal(SIGINT, [this] { stop(); });
    alive_ = parts_.loop.timer([this] { say_alive(); });
    say_alive();
    parts_.manager.ready("serving");
    log::debug("ready");
    parts_.loop.run();
    return {};
}

Result<void> Daemon::open_listeners()
{
    const auto problems =
        parts_.listeners.adopt(listeners_here(parts_.machine.settings().listeners, parts_.locations));
    for (const auto& problem : problems) {
        // Two daemons on one set of registers would undo each other's work.
        if (problem.code() == "in-use" || parts_.listeners.count() == 0) return std::unexpected(problem);
        log::error(problem.message());
    }
    return {};
}

/// A file that was there and is gone was hardly deleted to give all sockets and guests up.
Result<config::Settings> Daemon::load_again() const
{
    const auto there = linux_::settings_files(parts_.locations);
    for (const auto& file : read_files_)
        if (std::ranges::find(there, file) == there.end())
            return failure(
                format("{} was there and is gone; put it back, or restart usbrouted to do without it",
                       printable(file)));
    return linux_::load_settings(parts_.locations, linux_::Purpose::to_serve);
}

wire::Answer Daemon::reload()
{
    wire::Answer answer;
    parts_.manager.reloading();
    if (auto settings = load_again()) {
        adopt(std::move(*settings), answer);
        parts_.manager.ready(needs_restart() ? restart_to_attach : "serving");
    } else {
        const auto lines = split(settings.error().message(), '\n');
        for (const auto line : lines) log::error(line);
        log::error("the new configuration is not used; the old one stays in force");
        answer = {.status = wire::Status::failed,
                  .code = "config",
                  .message = format("{}; the old configuration stays in force",
                                    join(texts_of(lines, [](const auto line) { return trim(line); }), "; "))};
        parts_.manager.ready("serving with the old configuration: the new one is wrong");
    }
    return answer;
}

void Daemon::adopt(config::Settings settings, wire::Answer& answer)
{
    const auto new_in_it = config::differences(parts_.machine.settings(), settings);
    read_files_ = linux_::settings_files(parts_.locations);
    parts_.machine.adopt(std::move(settings));
    for (const auto& problem :
         parts_.listeners.adopt(listeners_here(parts_.machine.settings().listeners, parts_.locations))) {
        log::error(problem.message());
        answer.warnings.push_back(problem.message());
    }
    parts_.lookout.doubt_everything(); // what waited for the configuration goes on after a look
    log::info("the configuration was read again");
    answer.message = new_in_it.empty()
                         ? std::string("the configuration was read again; it says what it said before")
                         : "the configuration was read again; " + new_in_it;
    if (!needs_restart()) return;
    log::warning(restart_to_attach);
    answer.warnings.emplace_back(restart_to_attach);
}

void Daemon::reload_soon(Answered answered)
{
    wait_for_reload_.push_back(std::move(answered));
    reload_turn_.start(std::chrono::milliseconds(0));
}

void Daemon::reload_for_all()
{
    const auto waiting = std::exchange(wait_for_reload_, {});
    const auto answer = reload();
    for (const auto& answered : waiting) answered(answer);
}

/// A filter of system calls is never widened.
bool Daemon::needs_restart() const
{
    return parts_.machine.settings().gives_devices() && parts_.nodes.is_shut_by_filter();
}

void Daemon::stop()
{
    parts_.manager.stopping();
    parts_.loop.stop();
}

/// By the loop itself, twice in each period: a loop that hangs says nothing.
void Daemon::say_alive()
{
    const auto period = parts_.manager.watchdog();
    if (!period) return;
    parts_.manager.alive();
    alive_.start(
        std::max(std::chrono::milliseconds(1), std::chrono::floor<std::chrono::milliseconds>(*period / 2)));
}

void Daemon::watch_the_clock()
{
    if (clock_.fd() < 0) return;
    auto watch = parts_.loop.watch(clock_.fd(), [this](linux_::Ready) {
        if (!clock_.drain()) return;
        log::debug("the clock was set or the machine has slept; looking at everything again");
        parts_.lookout.doubt_everything();
    });
    if (!watch) return log::warning(watch.error().message());
    clock_watch_ = std::move(*watch);
    clock_watch_.want(linux_::Ready::readable);
}

} // namespace usbroute::daemon
