// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/screen.hpp"
#include "cli/session.hpp"
#include "linux/settings_files.hpp"
#include "report/awaited.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace usbroute::cli {

namespace {

using Clock = std::chrono::steady_clock;

/// A look at the daemon's status each time.
constexpr std::chrono::milliseconds between_questions{250};
constexpr std::size_t most_reasons = 16;

/// The daemon is not there yet, or busy.
bool is_worth_another_try(const Error& error)
{
    return error.kind() == ErrorKind::unreachable || error.kind() == ErrorKind::timed_out ||
           error.code() == "busy";
}

Error too_late(std::vector<std::string> missing, std::chrono::milliseconds limit)
{
    if (missing.size() > most_reasons) missing.resize(most_reasons);
    return Error(ErrorKind::timed_out, format("after {} ms: {}", limit.count(), join(missing, "; ")))
        .with_code("not-there-yet");
}

/// The guest whose start is waited for. Nothing: none is.
Result<std::optional<config::GuestSettings>> guest_meant(const Options& options, const Session& session)
{
    if (options.start_of.empty()) return std::nullopt;
    const auto settings = linux_::load_settings(session.where(), linux_::Purpose::to_look);
    if (!settings) return std::unexpected(settings.error());
    const auto* guest =
        is_plain_name(options.start_of) ? settings->guest(GuestName(options.start_of)) : nullptr;
    if (guest == nullptr)
        return std::unexpected(
            Error(ErrorKind::not_found, format("there is no guest {}; `usbroute guest` lists them",
                                               printable(options.start_of, 64)))
                .with_code("no-such-guest"));
    return *guest;
}

} // namespace

int run_wait(const Invocation& invocation)
{
    auto options = invocation.options;
    const Session session(options);
    if (session.works_alone())
        return fail(
            usage_error(
                "wait needs the daemon: leave out --direct; with --root, name its socket too (--socket)"),
            options.json);
    const auto guest = guest_meant(options, session);
    if (!guest) return fail(guest.error(), options.json);
    const auto end = Clock::now() + options.wait_for;
    for (;;) {
        // Not longer than there is time.
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        options.timeout = std::clamp(left, between_questions, invocation.options.timeout);
        const auto view = session.status_of_daemon();
        if (!view && !is_worth_another_try(view.error())) return fail(view.error(), options.json);
        std::optional<Error> why;
        if (view) {
            auto missing = *guest ? report::not_ready_for(*view, **guest, invocation.words)
                                  : report::not_there_yet(*view, invocation.words);
            if (!missing) return fail(missing.error(), options.json);
            if (missing->empty()) return exit_done;
            why = too_late(std::move(*missing), options.wait_for);
        } else {
            why = view.error();
        }
        if (Clock::now() + between_questions >= end) return fail(*why, options.json);
        std::this_thread::sleep_for(between_questions);
    }
}

} // namespace usbroute::cli
