// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/children.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usbroute::sim {

namespace {

constexpr auto grace = std::chrono::seconds(2);

int status_of(int wait_status)
{
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

} // namespace

Children::Children() { (void)::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

Result<pid_t> Children::start(const std::vector<std::string>& command, const std::string& output)
{
    std::vector<char*> arguments;
    for (const auto& word : command)
        arguments.push_back(const_cast<char*>(word.c_str())); // NOLINT: exec's form
    arguments.push_back(nullptr);

    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
    sigset_t none;
    ::sigemptyset(&none);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!output.empty()) {
        ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    }
    pid_t pid = 0;
    const int why =
        ::posix_spawnp(&pid, command.front().c_str(), &actions, &attributes, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (why != 0) return failure(format("cannot start {}", printable(command.front())), why);
    return pid;
}

std::optional<int> Children::collect(pid_t which)
{
    std::optional<int> found;
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == which) found = status_of(status);
    return found;
}

std::vector<pid_t> Children::all()
{
    // One thread, so one list; processes that became ours by their parents' end are in it.
    std::vector<pid_t> pids;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
        std::fopen(format("/proc/self/task/{}/children", ::getpid()).c_str(), "re"), &std::fclose);
    char text[4096];
    const auto size = file ? std::fread(text, 1, sizeof text, file.get()) : 0;
    for (const auto word : words(std::string_view(text, size)))
        if (const auto pid = parse_decimal(word); pid && *pid > 1) pids.push_back(static_cast<pid_t>(*pid));
    return pids;
}

void Children::send(int signal) const
{
    for (const auto pid : all()) ::kill(pid, signal);
}

void Children::end_all()
{
    for (const int signal : {SIGTERM, SIGKILL}) {
        const auto until = std::chrono::steady_clock::now() + grace;
        std::vector<pid_t> asked;
        while (std::chrono::steady_clock::now() < until) {
            (void)collect(0);
            const auto pids = all();
            if (pids.empty()) return;
            // A process that becomes ours while we wait is asked too, each once.
            for (const auto pid : pids) {
                if (std::ranges::find(asked, pid) != asked.end()) continue;
                ::kill(pid, signal);
                if (signal == SIGTERM) ::kill(pid, SIGCONT); // a stopped one could not end
                asked.push_back(pid);
            }
            (void)::poll(nullptr, 0, 10);
        }
    }
}

} // namespace usbroute::sim
