// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/command_line.hpp"

#include "base/format.hpp"

#include <cstdio>
#include <exception>

#include <getopt.h>

namespace usbroute::linux_ {

namespace {

// Those of usbroute.
constexpr int exit_done = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

constexpr int first_own_option = 256; // above every letter

int put(const std::string& text)
{
    return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? exit_failed : exit_done;
}

} // namespace

int say_why(const Program& program, int code, std::string_view text)
{
    std::fputs(format("{}: {}\n", program.name, text).c_str(), stderr);
    return code;
}

std::expected<std::vector<std::string>, int> read_command_line(int argc, char** argv, const Program& program,
                                                               const std::vector<ProgramOption>& options)
{
    std::vector<option> known{{"version", no_argument, nullptr, 'V'}, {"help", no_argument, nullptr, 'h'}};
    int own = first_own_option;
    for (const auto& one : options)
        known.push_back({one.name, one.takes_word ? required_argument : no_argument, nullptr, own++});
    known.push_back({nullptr, 0, nullptr, 0});
    for (;;) {
        const int found =
            ::getopt_long(argc, argv, "Vh", known.data(), nullptr); // NOLINT(concurrency-mt-unsafe)
        if (found == -1) break;
        if (found == 'V') return std::unexpected(put(format("{} {}\n", program.name, USBROUTE_VERSION)));
        if (found == 'h') return std::unexpected(put(std::string(program.help)));
        if (found < first_own_option) return std::unexpected(exit_usage); // getopt has said what
        options.at(static_cast<std::size_t>(found - first_own_option)).said(optarg);
    }
    std::vector<std::string> arguments(argv + optind, argv + argc);
    if (arguments.size() > program.most_arguments)
        return std::unexpected(say_why(program, exit_usage, format("{}; see --help", program.too_many)));
    return arguments;
}

int run_whole(const Program& program, const std::function<int()>& run)
{
    try {
        return run();
    } catch (const std::exception& error) {
        return say_why(program, exit_failed, error.what());
    }
}

} // namespace usbroute::linux_
