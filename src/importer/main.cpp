// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/program.hpp"
#include "importer/command.hpp"

using namespace usbroute;

int main(int argc, char** argv) { return cli::run_part(argc, argv, "import", importer::run); }
