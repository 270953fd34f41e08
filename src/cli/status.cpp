// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "report/json.hpp"
#include "report/text.hpp"

namespace usbroute::cli {

namespace {

/// The picture is for people: what is piped has lines of one kind, for grep and awk.
std::string shown_text(const report::StatusView& view, const Options& options)
{
    const auto detail = options.verbose ? report::Detail::full : report::Detail::brief;
    const auto style = style_of_terminal(options);
    return stdout_is_a_terminal() ? report::status_text(view, style, detail, rows_of_terminal())
                                  : report::status_text(view, style, detail);
}

} // namespace

int run_status(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const auto view = Session(options).status();
    if (!view) return fail(view.error(), options.json);
    print(options.json ? report::to_json(*view) + "\n" : shown_text(*view, options));
    if (view->unreadable.empty()) return exit_done;
    // What is known has been shown; the exit code says that it is not all.
    return fail(Error(ErrorKind::not_permitted, view->unreadable).with_code("registers-unreadable"),
                options.json);
}

} // namespace usbroute::cli
