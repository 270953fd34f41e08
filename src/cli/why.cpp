// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/why.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "cli/user_names.hpp"
#include "report/json.hpp"

namespace usbroute::cli {

int run_why(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const auto& word = invocation.words.front();
    if (!can_name_a_device(word))
        return fail(
            Error(ErrorKind::not_found,
                  format("there is no connector {}; `usbroute status` lists them", printable(word, 64)))
                .with_code("no-such-connector"),
            options.json);
    const Session session(options);
    const auto view = session.why(ConnectorName(word));
    if (!view) return fail(view.error(), options.json);
    print(options.json
              ? report::to_json(*view) + "\n"
              : report::why_text(*view, style_of_terminal(options), names_of_users(session.where())));
    return exit_done;
}

} // namespace usbroute::cli
