// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/command_table.hpp"
#include "cli/program.hpp"

using namespace usbroute;

int main(int argc, char** argv)
{
    return cli::run_program(argc, argv,
                            [](const cli::Invocation& asked) { return asked.command->run(asked); });
}
