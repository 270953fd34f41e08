// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// usbroute-claims: one job. Asks the kernel, as root, which of the block devices behind USB somebody has claimed or holds
// open, for usbrouted, which has no rights left to do it itself. docs/decisions/0033

#include "base/format.hpp"
#include "claims/conversation.hpp"
#include "claims/server.hpp"
#include "linux/block_claims.hpp"
#include "linux/command_line.hpp"
#include "linux/locations.hpp"
#include "wire/claims.hpp"

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <unistd.h>

namespace usbroute::claims {
namespace {

constexpr std::string_view help_text =
    "usbroute-claims: asks the kernel which disks behind USB are in use, for usbrouted\n"
    "\n"
    "Without an option it answers the client on standard input, for a service manager's socket.\n"
    "\n"
    "      --listen       listen without a service manager\n"
    "      --show         print a line for each disk and partition\n"
    "      --user NAME    answer this user too, beside root (default: usbroute)\n"
    "  -V, --version\n"
    "  -h, --help\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 usage, 5 not root.\n";

// Those of usbroute.
enum Exit : int { done = 0, failed = 1, not_permitted = 5 };

enum class Job : std::uint8_t { answer, listen, show };

struct Options {
    Job job = Job::answer;
    std::string user = "usbroute";
};

constexpr linux_::Program program{.name = "usbroute-claims", .help = help_text};

int fail(Exit code, const std::string& text) { return linux_::say_why(program, code, text); }

int show()
{
    const auto claims = linux_::ask_kernel_as_root();
    if (claims.answer != topology::ClaimsAnswer::given) return fail(failed, claims.why);
    std::string text;
    for (const auto& under : claims.under) text += wire::in_words(under) + "\n";
    for (const auto& claim : claims.claims) text += wire::in_words(claim) + "\n";
    if (claims.is_cut) text += "there are too many open files to go through\n";
    return std::fputs(text.c_str(), stdout) < 0 ? failed : done;
}

int work(const Options& options)
{
    if (::geteuid() != 0) return fail(not_permitted, "only root may ask the kernel; run it with sudo");
    if (options.job == Job::show) return show();
    const auto answer = [] { return linux_::ask_kernel_itself(); };
    if (options.job == Job::answer) {
        const auto talked = talk(STDIN_FILENO, options.user, answer);
        return talked ? done : fail(failed, talked.error().message());
    }
    const auto ended = serve(linux_::locate({}).claims, options.user, answer);
    return fail(failed, ended.message());
}

int run(int argc, char** argv)
{
    Options options;
    const auto arguments = linux_::read_command_line(
        argc, argv, program,
        {{.name = "listen", .said = [&](const char*) { options.job = Job::listen; }},
         {.name = "show", .said = [&](const char*) { options.job = Job::show; }},
         {.name = "user", .takes_word = true, .said = [&](const char* name) { options.user = name; }}});
    return arguments ? work(options) : arguments.error();
}

} // namespace
} // namespace usbroute::claims

int main(int argc, char** argv)
{
    using namespace usbroute;
    return linux_::run_whole(claims::program, [&] { return claims::run(argc, argv); });
}
