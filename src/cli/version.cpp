// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "report/views.hpp"

namespace usbroute::cli {

int run_version(const Invocation& invocation)
{
    if (invocation.options.json)
        print(format("{{\"version\":\"{}\",\"schema\":{}}}\n", USBROUTE_VERSION, report::schema));
    else
        print(format("usbroute {}\n", USBROUTE_VERSION));
#ifdef __VERSION__
    if (invocation.options.verbose && !invocation.options.json)
        print(format("compiler {}, C++ {}, JSON schema {}\n", __VERSION__, __cplusplus, report::schema));
#endif
    return exit_done;
}

} // namespace usbroute::cli
