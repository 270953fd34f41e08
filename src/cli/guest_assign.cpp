// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "apply/assign_backend.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/daemon_guest.hpp"
#include "cli/guest_handover.hpp"
#include "cli/screen.hpp"
#include "linux/files.hpp"
#include "observe/handover.hpp"
#include "plan/assigning.hpp"

#include <algorithm>
#include <memory>
#include <thread>

namespace usbroute::cli {

using assign::InGuest;
using plan::Handover;

namespace {

/// QEMU closes a group a moment after it has said that the device is gone; a QEMU that ends, when the kernel has torn it down.
constexpr std::chrono::seconds until_closed{5};
constexpr std::chrono::milliseconds between_closing_looks{100};

/// The process that has a function's group open; nothing: none that can be seen.
std::optional<topology::GroupHolder> holder_of(const linux_::Locations& where, const PciAddress& function)
{
    const linux_::LiveTree tree(where.root);
    const auto look = observe::look_at_handover(tree);
    const auto* there = look.function_at(function);
    if (there == nullptr || !there->iommu_group) return std::nullopt;
    const auto holders = observe::look_at_holders(tree);
    const auto found = std::ranges::find(holders.holders, *there->iommu_group, &topology::GroupHolder::group);
    return found == holders.holders.end() ? std::nullopt : std::optional(*found);
}

std::optional<Error> why_still_held(const linux_::Locations& where, const PciAddress& function)
{
    const auto until = std::chrono::steady_clock::now() + until_closed;
    while (true) {
        const auto holder = holder_of(where, function);
        if (!holder) return std::nullopt;
        if (std::chrono::steady_clock::now() >= until)
            return Error(ErrorKind::failed,
                         format("process {} ({}) still has IOMMU group {} of {} open: the kernel would wait "
                                "until it lets go",
                                holder->process, printable(holder->command, 32), holder->group,
                                function.text()))
                .with_code("guest-running");
        std::this_thread::sleep_for(between_closing_looks);
    }
}

Result<void> carry_out_in_guest(const GuestCall& call, const Handover& handover, DaemonGuest& guest)
{
    return carry_out(call, handover, [&](apply::Backend& drivers) {
        return std::make_unique<apply::AssignBackend>(
            drivers, handover.plan.made_for.in_guest ? &guest : nullptr,
            [&](const PciAddress& function) { return why_still_held(call.where, function); });
    });
}

Error with_what_goes_on(Error error, std::string_view command)
{
    if (error.code() != "guest-silent") return error;
    return Error(error.kind(), format("{}; `sudo usbroute guest {}` goes on then", error.message(), command))
        .with_code(error.code());
}

/// A guest that cannot be asked, for want of a daemon, may have everything that it has been given.
InGuest unasked(const Error& why) { return {.machine = assign::MachineState::silent, .why = why.message()}; }

} // namespace

int run_guest_assign(const GuestCall& call)
{
    const auto& options = call.invocation.options;
    const auto& name = call.guest->name;
    DaemonGuest guest(options, name, patience_of(options));
    const auto seen =
        call.guest->takes_devices() && !call.guest->controllers.empty() ? guest.seen() : InGuest{};
    if (!seen) return fail(seen.error(), options.json);
    const auto decision = [&](bool move_first) {
        return [&, move_first](const plan::HandoverSituation& situation) {
            return plan::plan_assign(situation, {.guest = name, .yes = options.yes, .move_first = move_first},
                                     *seen);
        };
    };
    auto handover = handover_in(decide(call, decision(options.move_first)));
    if (!handover) return fail(handover.error(), options.json);
    if (options.dry_run) return show_handover(options, *handover);
    if (const auto may = check_rights(call, *handover); !may) return fail(may.error(), options.json);
    if (!handover->moves.empty()) {
        handover = step_aside(call, *handover, decision(false));
        if (!handover) return fail(handover.error(), options.json);
    }
    if (const auto done = carry_out_in_guest(call, *handover, guest); !done)
        return fail(done.error(), options.json);
    return say_done(options, *handover, format("{} has it now", name.text()));
}

int run_guest_unassign(const GuestCall& call)
{
    const auto& options = call.invocation.options;
    const auto& name = call.guest->name;
    DaemonGuest guest(options, name, patience_of(options));
    auto seen = call.guest->takes_devices() ? guest.seen() : InGuest{};
    if (!seen && seen.error().kind() != ErrorKind::unreachable) return fail(seen.error(), options.json);
    if (!seen) seen = unasked(seen.error());
    const auto handover = handover_in(decide(call, [&](const plan::HandoverSituation& situation) {
        return plan::plan_unassign(situation, name, *seen);
    }));
    if (!handover) return fail(handover.error(), options.json);
    if (options.dry_run) return show_handover(options, *handover);
    if (const auto may = check_rights(call, *handover); !may) return fail(may.error(), options.json);
    if (const auto done = carry_out_in_guest(call, *handover, guest); !done)
        return fail(with_what_goes_on(done.error(), format("unassign {}", name.text())), options.json);
    return say_done(options, *handover, "the host has it again");
}

} // namespace usbroute::cli
