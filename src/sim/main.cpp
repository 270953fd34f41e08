// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/board_run.hpp"
#include "sim/control.hpp"
#include "sim/inside.hpp"
#include "sim/options.hpp"
#include "sim/qemu_process.hpp"
#include "sim/shell.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

using namespace usbroute;

int complain(const Error& error)
{
    std::fprintf(stderr, "usbroute-sim: %s\n", error.message().c_str());
    return error.kind() == ErrorKind::usage ? 2 : 1;
}

/// `usbroute-sim do WORD...`: one command for the board around us; without words, lines from standard input.
int tell(const std::vector<std::string>& words)
{
    const char* directory = std::getenv("USBROUTE_SIM");
    if (directory == nullptr) {
        std::fputs("usbroute-sim: not inside a simulated board; `usbroute-sim` starts one\n", stderr);
        return 3;
    }
    std::string lines = join(words, " ") + "\n";
    if (words.empty()) {
        lines.clear();
        char buffer[4096];
        for (ssize_t got = 0; (got = ::read(STDIN_FILENO, buffer, sizeof buffer)) > 0;)
            lines.append(buffer, static_cast<std::size_t>(got));
    }
    return sim::tell_board(sim::control_path(directory), lines);
}

/// `usbroute-sim shell`: from inside, the person's shell with the prompt that tells where it is.
int become_shell()
{
    const char* directory = std::getenv("USBROUTE_SIM");
    if (directory == nullptr || !sim::is_inside()) {
        std::fputs("usbroute-sim: not inside a simulated board; `usbroute-sim` starts one\n", stderr);
        return 3;
    }
    const auto command = sim::shell_command(sim::FileTree(directory));
    if (!command) return complain(command.error());
    std::vector<char*> words;
    for (const auto& word : *command) words.push_back(const_cast<char*>(word.c_str())); // NOLINT: exec's form
    words.push_back(nullptr);
    ::execvp(words.front(), words.data());
    return complain(Error(ErrorKind::failed, "cannot start " + command->front(), errno));
}

int run(const std::vector<std::string>& arguments)
{
    if (!arguments.empty() && arguments.front() == "do")
        return tell({arguments.begin() + 1, arguments.end()});
    if (arguments.size() == 1 && arguments.front() == "shell") return become_shell();
    if (arguments.size() == 3 && arguments.front() == sim::guest_argument && sim::is_inside())
        return sim::run_guest(arguments[1], arguments[2]);
    if (arguments.size() == 1 && arguments.front() == sim::inside_check) return sim::is_inside() ? 0 : 1;

    const auto options = sim::parse_options(arguments);
    if (!options) return complain(options.error());
    if (options->wants_help) {
        std::fputs(sim::help_text().c_str(), stdout);
        return 0;
    }
    if (options->wants_version) {
        std::puts("usbroute-sim " USBROUTE_VERSION);
        return 0;
    }
    const auto status = sim::run_board(*options);
    return status ? *status : complain(status.error());
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "usbroute-sim: %s\n", error.what());
        return 1;
    }
}
