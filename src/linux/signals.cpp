// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/signals.hpp"

#include <cerrno>

#include <sys/signalfd.h>
#include <unistd.h>

namespace usbroute::linux_ {

SignalsHeld::SignalsHeld()
{
    sigset_t held;
    ::sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&held, signal);
    ::sigprocmask(SIG_BLOCK, &held, &before_);
}

bool SignalsHeld::is_asked_to_end()
{
    sigset_t waiting;
    ::sigemptyset(&waiting);
    ::sigpending(&waiting);
    return ::sigismember(&waiting, SIGINT) == 1 || ::sigismember(&waiting, SIGTERM) == 1 ||
           ::sigismember(&waiting, SIGHUP) == 1;
}

SignalsHeld::~SignalsHeld() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

Result<UniqueFd> open_signals(std::initializer_list<int> signals)
{
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int signal : signals) ::sigaddset(&wanted, signal);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    UniqueFd fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd.is_open()) return failure("cannot receive signals", errno);
    return fd;
}

bool asked_to_end(const UniqueFd& signals)
{
    signalfd_siginfo signal{};
    bool end = false;
    while (::read(signals.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal))
        end = end || signal.ssi_signo == SIGINT || signal.ssi_signo == SIGTERM;
    return end;
}

} // namespace usbroute::linux_
