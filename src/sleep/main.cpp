// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// usbroute-sleep: one job. Asks logind to wait a moment before the host sleeps, and tells usbrouted, which speaks no D-Bus,
// when that is near and when it is over. docs/decisions/0050

#include "base/format.hpp"
#include "linux/command_line.hpp"
#include "linux/listen.hpp"
#include "linux/locations.hpp"
#include "linux/serving.hpp"
#include "sleep/vigil.hpp"

#include <string>
#include <string_view>

#include <unistd.h>

namespace usbroute::sleep {
namespace {

constexpr std::string_view help_text =
    "usbroute-sleep: makes the host wait before it sleeps until usbrouted has taken devices back\n"
    "\n"
    "Without an option it serves the client on standard input, for a service manager's socket.\n"
    "\n"
    "      --listen       listen without a service manager\n"
    "      --user NAME    serve this user too, beside root (default: usbroute)\n"
    "  -V, --version\n"
    "  -h, --help\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 usage.\n";

// Those of usbroute.
enum Exit : int { done = 0, failed = 1 };

constexpr int most_clients = 2; // a daemon, and the one that follows it

struct Options {
    bool listens = false;
    std::string user = "usbroute";
};

constexpr linux_::Program program{.name = "usbroute-sleep", .help = help_text};

int fail(Exit code, const std::string& text) { return linux_::say_why(program, code, text); }

Result<void> serve(int client, const std::string& user)
{
    const auto peer = linux_::peer_of(client);
    if (!peer) return std::unexpected(peer.error());
    if (!linux_::is_root_or(user, peer->user))
        return failure(format("user {} has come, and is not allowed to", peer->user));
    return keep_vigil(client);
}

int work(const Options& options)
{
    if (options.listens) {
        const auto ended =
            linux_::serve_each(linux_::locate({}).sleep, options.user, most_clients,
                               [&](int client) { return serve(client, options.user).has_value(); });
        return fail(failed, ended.message());
    }
    const auto served = serve(STDIN_FILENO, options.user);
    return served ? done : fail(failed, served.error().message());
}

int run(int argc, char** argv)
{
    Options options;
    const auto arguments = linux_::read_command_line(
        argc, argv, program,
        {{.name = "listen", .said = [&](const char*) { options.listens = true; }},
         {.name = "user", .takes_word = true, .said = [&](const char* name) { options.user = name; }}});
    return arguments ? work(options) : arguments.error();
}

} // namespace
} // namespace usbroute::sleep

int main(int argc, char** argv)
{
    using namespace usbroute;
    return linux_::run_whole(sleep::program, [&] { return sleep::run(argc, argv); });
}
