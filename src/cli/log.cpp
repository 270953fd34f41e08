// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/log.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "cli/user_names.hpp"
#include "report/json.hpp"

#include <chrono>

namespace usbroute::cli {

namespace {

Result<report::LogPart> part_wanted(const Options& options)
{
    report::LogPart part{.most = options.newest};
    if (options.since.empty()) return part;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    part.since = report::moment_meant(options.since, now);
    if (!part.since)
        return std::unexpected(usage_error(format(
            "--since {}: write how long ago, such as 10m, 2h or 3d, or when: 16:00, yesterday, 2026-11-22 or \"2026-11-22 16:00\"",
            printable(options.since, 64))));
    return part;
}

} // namespace

int run_log(const Invocation& invocation)
{
    const auto& options = invocation.options;
    const auto part = part_wanted(options);
    if (!part) return fail(part.error(), options.json);
    const Session session(options);
    auto all = session.log();
    if (!all) return fail(all.error(), options.json);
    const bool is_empty = all->entries.empty();
    const auto view = report::part_of(std::move(*all), *part);
    if (options.json) {
        print(report::to_json(view) + "\n");
        return exit_done;
    }
    if (view.entries.empty())
        note(options, is_empty
                          ? "nothing was moved since the machine started"
                          : "nothing was moved in that time; `usbroute log` shows what was moved before");
    print(report::log_text(view, style_of_terminal(options), names_of_users(session.where())));
    return exit_done;
}

} // namespace usbroute::cli
