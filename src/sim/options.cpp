// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/options.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/script.hpp"

#include <algorithm>

namespace usbroute::sim {

namespace {

constexpr std::uint32_t longest_delay_ms = 60'000;

std::unexpected<Error> usage(std::string text)
{
    return std::unexpected(Error(ErrorKind::usage, std::move(text)));
}

} // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments)
{
    Options options;
    auto word = arguments.begin();
    const auto rest = [&] { return std::vector<std::string>(word, arguments.end()); };
    while (word != arguments.end() && word->starts_with('-')) {
        const auto name = *word++;
        if (name == "--") break;
        if (name == "-h" || name == "--help")
            options.wants_help = true;
        else if (name == "--version")
            options.wants_version = true;
        else if (name == "-q" || name == "--quiet")
            options.is_quiet = true;
        else if (name == "-d" || name == "--daemon")
            options.wants_daemon = true;
        else if (name == "--board" || name == "--dir" || name == "--script" || name == "--trace" ||
                 name == "--delay") {
            if (word == arguments.end()) return usage(format("{} needs a value", name));
            const auto value = *word++;
            if (name == "--board")
                options.board = value;
            else if (name == "--dir")
                options.directory = value;
            else if (name == "--script")
                options.script = value;
            else if (name == "--trace")
                options.trace = value;
            else {
                const auto delay = parse_decimal(value);
                if (!delay || *delay > longest_delay_ms)
                    return usage(format("--delay takes milliseconds, 0 to {}, not {}", longest_delay_ms,
                                        printable(value)));
                options.delay = std::chrono::milliseconds(*delay);
            }
        } else {
            return usage(format("unknown option {}; try --help", printable(name)));
        }
    }
    options.command = rest();
    return options;
}

std::string help_text()
{
    return format(
        "A simulated board, an ASRock Z97E-ITX/ac unless --board names another: programs inside\n"
        "see its /sys, /proc and uevents, and writing the routing registers really moves its\n"
        "devices.\n"
        "\n"
        "  usbroute-sim                          a shell inside, with usbrouted running\n"
        "  usbroute-sim -d -- usbroute status    one command inside, beside usbrouted\n"
        "  usbroute-sim do plug front-1 webcam   from inside: act on the running board\n"
        "  usbroute-sim shell                    from inside: a shell with a prompt that says so\n"
        "  usbroute-sim --script FILE            commands from a file, \"-\" for standard input\n"
        "\n"
        "  --board DIR    a recorded machine, as `usbroute record` makes it, with a mux or without\n"
        "  --dir DIR      put the board's files there and keep them (an empty or new directory)\n"
        "  --script FILE  run these lines first; after a line `start` the rest runs beside COMMAND\n"
        "  --delay MS     time between a device's leaving and its arrival (default 20)\n"
        "  --trace FILE   write each uevent and each line to a guest's monitor there, with its time\n"
        "  -d, --daemon   run usbrouted beside COMMAND, which begins when it can be asked\n"
        "  -q, --quiet    do not announce moves on standard error\n"
        "  --version\n"
        "\n"
        "Lines of a script, and words after `do`:\n{}Programs that libumockdev cannot reach see the real machine: static ones, and those\n"
        "that run with other rights (sudo, setuid).\n",
        command_summary());
}

} // namespace usbroute::sim
