// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "cli/guest_handover.hpp"
#include "cli/screen.hpp"

namespace usbroute::cli {

using plan::Reason;

namespace {

int bind_one(const GuestCall& call, const GuestName& guest, const std::vector<Reason>& passing)
{
    const auto& options = call.invocation.options;
    const auto decision = [&](bool move_first) {
        return [&options, &guest, move_first](const plan::HandoverSituation& situation) {
            return plan::plan_bind(situation, {.guest = guest, .yes = options.yes, .move_first = move_first});
        };
    };
    auto handover = handover_in(decide_until(call, decision(options.move_first), passing));
    if (!handover) return fail(handover.error(), options.json);
    if (options.dry_run) return show_handover(options, *handover);
    if (const auto may = check_rights(call, *handover); !may) return fail(may.error(), options.json);
    if (!handover->moves.empty()) {
        handover = step_aside(call, *handover, decision(false));
        if (!handover) return fail(handover.error(), options.json);
    }
    if (const auto done = carry_out(call, *handover); !done) return fail(done.error(), options.json);
    return say_done(options, *handover, format("{} can have it now", guest.text()));
}

/// Early at boot a controller, its group or vfio-pci itself may come a little later than this command.
int bind_at_boot(const GuestCall& call)
{
    const std::vector<Reason> late{Reason::controller_not_there, Reason::iommu_off, Reason::vfio_not_loaded};
    int worst = exit_done;
    bool any = false;
    for (const auto& guest : call.settings.guests) {
        if (guest.bind != config::BindAt::boot) continue;
        any = true;
        if (const int code = bind_one(call, guest.name, late); worst == exit_done) worst = code;
    }
    if (!any) note(call.invocation.options, "no guest in the configuration has bind = \"boot\"");
    return worst;
}

} // namespace

int run_guest_bind(const GuestCall& call)
{
    return call.guest == nullptr ? bind_at_boot(call) : bind_one(call, call.guest->name, {});
}

int run_guest_release(const GuestCall& call)
{
    const auto& options = call.invocation.options;
    const auto& guest = call.guest->name;
    const auto handover = handover_in(decide(call, [&](const plan::HandoverSituation& situation) {
        return plan::plan_release(situation, guest);
    }));
    if (!handover) return fail(handover.error(), options.json);
    if (options.dry_run) return show_handover(options, *handover);
    if (const auto may = check_rights(call, *handover); !may) return fail(may.error(), options.json);
    if (const auto done = carry_out(call, *handover); !done) return fail(done.error(), options.json);
    return say_done(options, *handover, "the host has it again");
}

} // namespace usbroute::cli
