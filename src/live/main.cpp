#include "cli/arguments.hpp"
#include "cli/command_table.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "live/live.hpp"

#include <cstdio>
#include <exception>

using namespace usbroute;

namespace {

/// The command line is that of `usbroute live`, word for word, so that it is read by the same rules.
int run(const std::vector<std::string>& arguments)
{
    auto read = cli::read_arguments(arguments);
    if (const auto* error = std::get_if<Error>(&read)) return cli::fail(*error, cli::wants_json(arguments));
    if (const auto* help = std::get_if<cli::HelpAsked>(&read)) {
        cli::print(help->text);
        return cli::exit_done;
    }
    const auto& invocation = std::get<cli::Invocation>(read);
    if (invocation.command->name != "live")
        return cli::fail(Error(ErrorKind::usage, "this program is a part of usbroute; type `usbroute live`")
                             .with_code("usage"),
                         false);
    if (const auto wrong = cli::why_not_a_root(invocation.options))
        return cli::fail(*wrong, invocation.options.json);
    const auto ended = live::run(invocation.options);
    return ended ? cli::exit_done : cli::fail(ended.error(), invocation.options.json);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return run({argv + (argc > 0 ? 1 : 0), argv + argc});
    } catch (const std::exception& error) {
        // Ours throws nothing; this is memory that ran out, or a library's bug.
        std::fprintf(stderr, "usbroute-live: unexpected: %s\n", error.what());
        return 1;
    }
}
