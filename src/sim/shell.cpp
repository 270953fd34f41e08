// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/shell.hpp"

#include "base/text.hpp"
#include "sim/inside.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include <termios.h>
#include <unistd.h>

namespace usbroute::sim {

bool is_screen_taken(pid_t command)
{
    termios modes{};
    if (::tcgetattr(STDERR_FILENO, &modes) != 0 || (modes.c_lflag & static_cast<tcflag_t>(ICANON)) != 0)
        return false;
    // An interactive shell is the leader of its own group, and is in the foreground while it reads.
    const auto foreground = ::tcgetpgrp(STDERR_FILENO);
    return foreground > 0 && foreground != command;
}

bool has_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

void start_daemon(Children& children, const FileTree& tree)
{
    const auto log = tree.full("usbrouted.log");
    const auto started = children.start({"usbrouted"}, log);
    if (!started)
        std::fprintf(stderr, "usbroute-sim: %s; the command starts without it\n",
                     started.error().message().c_str());
}

std::vector<std::string> once_the_daemon_answers(std::vector<std::string> command)
{
    // Five seconds at most: the command says better than this what is wrong with a daemon that does not start.
    constexpr std::string_view wait =
        R"(n=0; until [ -S "$USBROUTE_SOCKET" ] || [ $n -ge 100 ]; do n=$((n + 1)); sleep 0.05; done; exec "$@")";
    std::vector<std::string> waiting{"/bin/sh", "-c", std::string(wait), "usbroute-sim"};
    std::ranges::move(command, std::back_inserter(waiting));
    return waiting;
}

Result<std::vector<std::string>> shell_command(const FileTree& tree)
{
    const char* wanted = std::getenv("SHELL");
    const std::string shell = wanted == nullptr || *wanted == '\0' ? "/bin/sh" : wanted;
    const bool is_bash = std::string_view(shell).ends_with("bash");
    // Read by bash as its start file, by the plain shells because of ENV.
    const auto file = tree.full("shellrc");
    const std::string text = is_bash ? "[ -r ~/.bashrc ] && . ~/.bashrc\nPS1=\"(simulated board) $PS1\"\n"
                                     : "PS1='(simulated board) $ '\n";
    if (auto done = tree.write("shellrc", text); !done) return std::unexpected(done.error());
    ::setenv("ENV", file.c_str(), 1);
    ::setenv("PS1", "(simulated board) $ ", 1);

    const char* port = std::getenv("USBROUTE_SIM_PORT");
    const auto title = tree.read(inside_mark).value_or("machine\n");
    std::fprintf(stderr,
                 "A simulated %s; what you do here touches no real hardware (sudo would).\n"
                 "  usbroute status, usbroute toggle, printf 'toggle\\n' | nc -N 127.0.0.1 %s\n"
                 "  usbroute-sim do show, usbroute-sim do plug SOCKET webcam, usbroute-sim do help\n"
                 "  usbrouted writes to %s\n"
                 "  exit ends the board.\n",
                 std::string(trim(title)).c_str(), port == nullptr ? "1410" : port,
                 tree.full("usbrouted.log").c_str());
    if (is_bash) return std::vector<std::string>{shell, "--rcfile", file, "-i"};
    return std::vector<std::string>{shell, "-i"};
}

} // namespace usbroute::sim
