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
#include "report/spoken.hpp"

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
    const auto names = session.without_panels({word});
    if (!names) return fail(names.error(), options.json);
    if (options.json && names->size() > 1)
        return fail(usage_error(format("why --json tells of one connector, and {} is {}: name one", word,
                                       join(*names, ", "))),
                    options.json);
    for (const auto& name : *names) {
        const auto view = session.why(ConnectorName(name));
        if (!view) return fail(view.error(), options.json);
        const auto text = options.json ? report::to_json(*view) + "\n"
                                       : report::why_text(*view, style_of_terminal(options),
                                                          names_of_users(session.where()));
        print((&name == &names->front() ? "" : "\n") + report::as_options(text));
    }
    return exit_done;
}

} // namespace usbroute::cli
