// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/program.hpp"

#include "base/format.hpp"
#include "cli/arguments.hpp"
#include "cli/command_table.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"

#include <cerrno>
#include <cstdio>
#include <exception>

namespace usbroute::cli {

namespace {

/// `command` empty: any.
int read_and_run(const std::vector<std::string>& arguments, std::string_view command,
                 int (*run)(const Invocation&))
{
    const auto read = read_arguments(arguments);
    if (const auto* error = std::get_if<Error>(&read)) return fail(*error, wants_json(arguments));
    if (const auto* help = std::get_if<HelpAsked>(&read)) {
        print(help->text);
        return exit_done;
    }
    const auto& invocation = std::get<Invocation>(read);
    if (!command.empty() && invocation.command->name != command)
        return fail(usage_error(format("this program is a part of usbroute; type `usbroute {}`", command)),
                    invocation.options.json);
    if (const auto wrong = why_not_a_root(invocation.options)) return fail(*wrong, invocation.options.json);
    return run(invocation);
}

/// A full disk or a closed pipe must not look like success.
int flushed(int code)
{
    if (std::fflush(stdout) == 0 || code != exit_done) return code;
    return fail(Error(ErrorKind::failed, "cannot write the output", errno), false);
}

} // namespace

int run_program(int argc, char** argv, int (*run)(const Invocation&))
{
    return run_part(argc, argv, {}, run);
}

int run_part(int argc, char** argv, std::string_view command, int (*run)(const Invocation&))
{
    try {
        return flushed(read_and_run({argv + (argc > 0 ? 1 : 0), argv + argc}, command, run));
    } catch (const std::exception& error) {
        // Ours throws nothing; this is memory that ran out, or a library's bug.
        std::fprintf(stderr, "usbroute: unexpected: %s\n", error.what());
        return 1;
    }
}

} // namespace usbroute::cli
