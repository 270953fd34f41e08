// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

#include <algorithm>

namespace usbroute::cli {

int run_regs(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const auto view = Session(options).registers();
    if (!view) return fail(view.error(), options.json);
    print(options.json ? report::to_json(*view) + "\n"
                       : report::registers_text(*view, style_of_terminal(options)));
    const auto unread =
        std::ranges::find_if(view->controllers, [](const auto& c) { return !c.unreadable.empty(); });
    if (unread == view->controllers.end()) return exit_done;
    return fail(Error(ErrorKind::not_permitted,
                      format("cannot read the registers of {}: {}", unread->controller, unread->unreadable))
                    .with_code("registers-unreadable"),
                options.json);
}

} // namespace usbroute::cli
