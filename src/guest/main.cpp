// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/posix_border.hpp"
#include "guest/program.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <vector>

namespace {

int run(int count, char** arguments)
{
    const std::vector<std::string_view> words(arguments + (count > 0 ? 1 : 0), arguments + count);
    usbroute::guest::PosixBorder border;
    const auto said = usbroute::guest::run(words, border);
    std::fputs(said.out.c_str(), stdout);
    std::fputs(said.err.c_str(), stderr);
    if (const int number = usbroute::guest::PosixBorder::signal_that_came();
        said.was_stopped && number != 0) {
        // The port is as it was; now end as the signal wanted, so that a shell sees it.
        (void)std::signal(number, SIG_DFL);
        sigset_t only;
        sigemptyset(&only);
        sigaddset(&only, number);
        (void)std::raise(number);
        ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    }
    return static_cast<int>(said.code);
}

} // namespace

int main(int count, char** arguments)
{
    try {
        return run(count, arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "usbroute-guest: %s\n", error.what());
        return 1;
    }
}
