// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// usbroute-bind: one job. Binds, as root, the controllers that root's configuration names in on_move of a guest to vfio-pci and back,
// for usbrouted, which has no right to do it itself. docs/decisions/0061

#include "base/format.hpp"
#include "binder/binding.hpp"
#include "binder/conversation.hpp"
#include "linux/command_line.hpp"
#include "linux/locations.hpp"

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <unistd.h>

namespace usbroute::binder {
namespace {

constexpr std::string_view help_text =
    "usbroute-bind: binds controllers to vfio-pci and back, for usbrouted\n"
    "\n"
    "Without an option it answers the client on standard input, for a service manager's socket.\n"
    "Only controllers that on_move of a [guest.NAME] names are bound.\n"
    "\n"
    "      --listen       listen without a service manager\n"
    "      --show         print a line for each controller that may be asked for\n"
    "      --user NAME    answer this user too, beside root (default: usbroute)\n"
    "  -V, --version\n"
    "  -h, --help\n"
    "\n"
    "Exit codes: 0 done, 1 failed or refused, 2 usage, 5 not root.\n";

// Those of usbroute.
enum Exit : int { done = 0, failed = 1, not_permitted = 5 };

enum class Job : std::uint8_t { answer, listen, show };

struct Options {
    Job job = Job::answer;
    std::string user = "usbroute";
};

constexpr linux_::Program program{.name = "usbroute-bind", .help = help_text};

int fail(Exit code, const std::string& text) { return linux_::say_why(program, code, text); }

int work(const Options& options)
{
    const auto where = linux_::locate({});
    if (options.job == Job::show) {
        const auto text = in_words(where);
        if (!text) return fail(failed, text.error().message());
        return std::fputs(text->c_str(), stdout) < 0 ? failed : done;
    }
    if (::geteuid() != 0) return fail(not_permitted, "only root may bind drivers; run it with sudo");
    const auto act = [&](const wire::BindQuestion& question) { return carry_out(where, question); };
    if (options.job == Job::answer) {
        const auto talked = talk(STDIN_FILENO, options.user, act);
        return talked ? done : fail(failed, talked.error().message());
    }
    return fail(failed, serve(where.bind, options.user, act).message());
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
} // namespace usbroute::binder

int main(int argc, char** argv)
{
    using namespace usbroute;
    return linux_::run_whole(binder::program, [&] { return binder::run(argc, argv); });
}
