#include "base/format.hpp"
#include "cli/arguments.hpp"
#include "cli/command_table.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"

#include <cerrno>
#include <cstdio>
#include <exception>

using namespace usbroute;

namespace {

int run(const std::vector<std::string>& arguments)
{
    auto read = cli::read_arguments(arguments);
    if (const auto* error = std::get_if<Error>(&read)) return cli::fail(*error, cli::wants_json(arguments));
    if (const auto* help = std::get_if<cli::HelpAsked>(&read)) {
        cli::print(help->text);
        return cli::exit_done;
    }
    auto& invocation = std::get<cli::Invocation>(read);
    invocation.typed = arguments;
    if (const auto wrong = cli::why_not_a_root(invocation.options))
        return cli::fail(*wrong, invocation.options.json);
    return invocation.command->run(invocation);
}

/// A full disk or a closed pipe must not look like success.
int flushed(int code)
{
    if (std::fflush(stdout) == 0 || code != cli::exit_done) return code;
    return cli::fail(Error(ErrorKind::failed, "cannot write the output", errno), false);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return flushed(run({argv + (argc > 0 ? 1 : 0), argv + argc}));
    } catch (const std::exception& error) {
        // Ours throws nothing; this is memory that ran out, or a library's bug.
        std::fprintf(stderr, "usbroute: unexpected: %s\n", error.what());
        return 1;
    }
}
