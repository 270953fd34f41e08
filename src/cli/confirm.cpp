// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/action.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"

namespace usbroute::cli {

int run_confirm(const Invocation& invocation)
{
    if (Session(invocation.options).works_alone())
        return fail(
            usage_error(
                "confirm needs the daemon, which keeps the trial: leave out --direct; with --root, name the daemon's socket too (--socket)"),
            invocation.options.json);
    return show_done(invocation.options, Session(invocation.options).confirm(), "kept");
}

} // namespace usbroute::cli
