#include "cli/arguments.hpp"
#include "cli/screen.hpp"
#include "wizard/conversation.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>

using namespace usbroute;

namespace {

/// `usbroute` has read the same words and found them right; who starts this by hand may say "map" or leave it out.
int run(const std::vector<std::string>& typed)
{
    const std::string word = "map";
    std::vector<std::string> arguments;
    if (std::ranges::find(typed, word) == typed.end()) arguments.push_back(word);
    std::ranges::copy(typed, std::back_inserter(arguments));
    auto read = cli::read_arguments(arguments);
    if (const auto* error = std::get_if<Error>(&read)) return cli::fail(*error, cli::wants_json(arguments));
    if (const auto* help = std::get_if<cli::HelpAsked>(&read)) {
        cli::print(help->text);
        return cli::exit_done;
    }
    const auto& options = std::get<cli::Invocation>(read).options;
    const auto ended = wizard::converse(options);
    return ended ? cli::exit_done : cli::fail(ended.error(), options.json);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return run({argv + (argc > 0 ? 1 : 0), argv + argc});
    } catch (const std::exception& error) {
        // Ours throws nothing; this is memory that ran out, or a library's bug.
        std::fprintf(stderr, "usbroute: unexpected: %s\n", error.what());
        return 1;
    }
}
