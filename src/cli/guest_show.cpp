// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/check.hpp"
#include "cli/daemon_guest.hpp"
#include "cli/guest_look.hpp"
#include "cli/guest_verbs.hpp"
#include "cli/screen.hpp"
#include "report/guests.hpp"

#include <algorithm>

namespace usbroute::cli {

int run_guest_list(const GuestCall& call)
{
    const auto& options = call.invocation.options;
    const auto looked = look_at_guests(call.where);
    const auto view = report::guests_view(looked.with(call.settings));
    print(options.json ? report::to_json(view) + "\n"
                       : report::guests_text(view, style_of_terminal(options)));
    return exit_done;
}

int run_guest_show(const GuestCall& call)
{
    const auto& options = call.invocation.options;
    const auto looked = look_at_guests(call.where);
    auto view = report::guests_view(looked.with(call.settings));
    const auto guest = std::ranges::find(view.guests, call.guest->name.text(), &report::GuestView::name);
    USBROUTE_CHECK(guest != view.guests.end());
    const bool has_whole = !call.guest->controllers.empty() || !call.guest->on_move.empty();
    if (call.guest->takes_devices() && has_whole && !call.where.recorded) {
        // Where the daemon cannot be asked, or not by this user, what the kernel tells has to do.
        const auto seen = DaemonGuest(options, call.guest->name, options.timeout).seen();
        if (seen) report::show_in_guest(*guest, *seen);
    }
    print(options.json ? report::to_json(*guest, view.holders_seen) + "\n"
                       : report::guest_text(*guest, view.holders_seen, style_of_terminal(options)));
    return exit_done;
}

} // namespace usbroute::cli
