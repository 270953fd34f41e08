// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"

namespace usbroute::cli {

int run_reload(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const Session session(options);
    if (session.works_alone())
        return fail(
            usage_error(
                "reload needs the daemon, whose configuration it is: leave out --direct; with --root, name the daemon's socket too (--socket)"),
            options.json);
    const auto answer = session.reload();
    if (!answer) return fail(answer.error(), options.json);
    if (options.json) {
        print(wire::to_line(*answer, wire::Form::json) + "\n");
        return exit_done;
    }
    for (const auto& warning : answer->warnings) warn(options, warning);
    note(options, answer->message);
    return exit_done;
}

} // namespace usbroute::cli
