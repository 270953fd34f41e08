// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/program.hpp"
#include "cli/screen.hpp"
#include "live/live.hpp"

using namespace usbroute;

int main(int argc, char** argv)
{
    return cli::run_part(argc, argv, "live", [](const cli::Invocation& asked) {
        const auto ended = live::run(asked.options);
        return ended ? cli::exit_done : cli::fail(ended.error(), asked.options.json);
    });
}
