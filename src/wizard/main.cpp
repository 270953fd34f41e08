// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/program.hpp"
#include "cli/screen.hpp"
#include "wizard/conversation.hpp"

using namespace usbroute;

int main(int argc, char** argv)
{
    return cli::run_part(argc, argv, "map", [](const cli::Invocation& asked) {
        const auto ended = wizard::converse(asked.options);
        return ended ? cli::exit_done : cli::fail(ended.error(), asked.options.json);
    });
}
