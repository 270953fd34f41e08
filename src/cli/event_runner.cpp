// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/event_runner.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::cli {

namespace {

constexpr std::size_t most_waiting = 64;
constexpr std::size_t most_running = 8;
constexpr std::chrono::seconds longest_run{10};

/// Ours without earlier USBROUTE_EVENT variables, and those of the event.
std::vector<char*> environment_with(std::vector<std::string>& variables)
{
    std::vector<char*> all;
    for (char** entry = environ; *entry != nullptr; ++entry)
        if (std::strncmp(*entry, "USBROUTE_EVENT", std::strlen("USBROUTE_EVENT")) != 0) all.push_back(*entry);
    for (auto& variable : variables) all.push_back(variable.data());
    all.push_back(nullptr);
    return all;
}

} // namespace

std::string words_of(const wire::Event& event)
{
    auto line = wire::to_line(event, wire::Form::text);
    if (line.starts_with("event ")) line.erase(0, std::strlen("event "));
    return printable(line, 2000);
}

std::vector<std::string> variables_for(const wire::Event& event)
{
    std::string owners;
    for (const auto& [owner, connectors] : event.owners) {
        if (!owners.empty()) owners += ' ';
        owners += format("{}={}", owner, join(connectors, ","));
    }
    const auto asks = event.asks.value_or(wire::QuestionNews{});
    const auto of_question = [&](std::string text) { return event.asks ? std::move(text) : std::string(); };
    return {format("USBROUTE_EVENT={}", words_of(event)),
            format("USBROUTE_EVENT_KIND={}", wire::text_of(event.kind)),
            format("USBROUTE_EVENT_CONNECTOR={}", printable(event.connector, 128)),
            format("USBROUTE_EVENT_WORD={}", printable(event.word, 128)),
            format("USBROUTE_EVENT_TEXT={}", printable(event.text, 2000)),
            format("USBROUTE_EVENT_PROFILE={}", printable(event.profile.value_or(""), 128)),
            format("USBROUTE_EVENT_OWNERS={}", printable(owners, 2000)),
            format("USBROUTE_EVENT_STATE={}", of_question(std::string(wire::text_of(asks.turn)))),
            format("USBROUTE_EVENT_ANSWERS={}", printable(join(asks.answers, " "), 2000)),
            format("USBROUTE_EVENT_SECONDS={}", asks.turn == wire::QuestionTurn::asked
                                                    ? of_question(format("{}", asks.seconds))
                                                    : std::string()),
            format("USBROUTE_EVENT_OWNER={}", printable(asks.owner, 128))};
}

bool EventRunner::add(const wire::Event& event, Clock::time_point now)
{
    const bool room = waiting_.size() < most_waiting;
    if (!room) waiting_.pop_front();
    waiting_.push_back(variables_for(event));
    look_after(now);
    return room;
}

void EventRunner::look_after(Clock::time_point now)
{
    // Each by its own id: waiting for "any child" would take those of somebody else in this process.
    std::erase_if(running_,
                  [](const Running& running) { return ::waitpid(running.process, nullptr, WNOHANG) != 0; });
    while (!waiting_.empty() && may_start(now)) {
        start(std::move(waiting_.front()), now);
        waiting_.pop_front();
    }
}

bool EventRunner::may_start(Clock::time_point now) const
{
    if (running_.size() >= most_running) return false;
    return std::ranges::all_of(running_,
                               [now](const Running& running) { return now - running.since >= longest_run; });
}

std::optional<EventRunner::Clock::time_point> EventRunner::deadline() const
{
    if (waiting_.empty() || running_.empty() || running_.size() >= most_running) return std::nullopt;
    return std::ranges::max(running_, {}, &Running::since).since + longest_run;
}

void EventRunner::start(std::vector<std::string> variables, Clock::time_point now)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&files);
    // We block the signals that we read from a descriptor; the command starts without that.
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    // In a group of its own, Ctrl-C ends the watching and not the command.
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);

    std::string shell = "sh", flag = "-c", command = command_;
    char* const arguments[] = {shell.data(), flag.data(), command.data(), nullptr};
    auto environment = environment_with(variables);
    pid_t process = -1;
    const int failed = ::posix_spawn(&process, "/bin/sh", &files, &attributes, arguments, environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (failed == 0) running_.push_back({.process = process, .since = now});
}

} // namespace usbroute::cli
