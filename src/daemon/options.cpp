// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/options.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <array>
#include <cstdlib>

#include <getopt.h>

namespace usbroute::daemon {

std::string_view help_text()
{
    return "usbrouted: moves USB sockets between the controllers of a PC, for `usbroute` and for guests\n"
           "\n"
           "  usbrouted                          serve this machine; stays in the foreground\n"
           "  usbrouted --root tests/machines/X  serve a recorded machine instead of /\n"
           "\n"
           "      --root DIR     read DIR/sys, DIR/proc and DIR/etc\n"
           "      --config FILE  instead of /etc/usbroute/usbroute.toml\n"
           "      --socket PATH  the socket of the listener control\n"
           "      --user NAME    become this user, without capabilities, once what needs root is open;\n"
           "                     default: usbroute if it exists; root to stay root\n"
           "      --foreground   the only mode there is\n"
           "  -v, --verbose      say more\n"
           "  -V, --version\n"
           "  -h, --help\n"
           "\n"
           "`usbroute reload` and SIGHUP have it read the configuration again, SIGTERM ends it. See usbrouted(8) and usbroute.toml(5).\n";
}

std::expected<Options, std::string> read_options(int argc, char** argv)
{
    enum : int { root = 256, config, socket, user, foreground };
    static constexpr std::array<option, 9> known = {{
        {"root", required_argument, nullptr, root},
        {"config", required_argument, nullptr, config},
        {"socket", required_argument, nullptr, socket},
        {"user", required_argument, nullptr, user},
        {"foreground", no_argument, nullptr, foreground},
        {"verbose", no_argument, nullptr, 'v'},
        {"version", no_argument, nullptr, 'V'},
        {"help", no_argument, nullptr, 'h'},
        {nullptr, 0, nullptr, 0},
    }};
    Options options;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before there is another thread
    if (const char* named = std::getenv("USBROUTE_USER"); named != nullptr && *named != '\0')
        options.user = named;
    opterr = 0;
    for (;;) {
        switch (getopt_long(argc, argv, "vVh", known.data(), nullptr)) { // NOLINT(concurrency-mt-unsafe)
        case -1:
            if (optind < argc)
                return std::unexpected(format("{} is not an option", printable(argv[optind], 64)));
            return options;
        case root: options.locations.root = optarg; break;
        case config: options.locations.config = optarg; break;
        case socket: options.locations.socket = optarg; break;
        case user: options.user = optarg; break;
        case foreground: break;
        case 'v': options.verbose = true; break;
        case 'V': options.job = Job::show_version; break;
        case 'h': options.job = Job::show_help; break;
        default:
            return std::unexpected(
                format("{} is not an option, or its value is missing", printable(argv[optind - 1], 64)));
        }
    }
}

} // namespace usbroute::daemon
