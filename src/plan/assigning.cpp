// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/assigning.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/handover_policy.hpp"
#include "plan/ownership.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace usbroute::plan {

using assign::InGuest;
using assign::MachineState;
using config::GuestSettings;
using topology::GroupHolder;
using topology::HolderLook;

namespace {

constexpr std::size_t most_of_qemus_words = 64;

Refusal no_monitor(const GuestSettings& guest)
{
    const auto& name = guest.name.text();
    return {
        .reason = Reason::no_monitor,
        .subject = name,
        .sentence =
            format("{} has no monitor through which it could be given a controller while it runs", name),
        .remedy = format(
            R"(add qmp = "/run/usbroute/{0}.qmp" to [guest.{0}] and what `usbroute guest lines {0} --qemu` prints to its QEMU, or libvirt = "DOMAIN"; `usbroute guest bind {0}` gives its controllers before it starts)",
            name),
        .evidence = {format("{}: [guest.{}] has neither qmp nor libvirt", guest.origin.text(), name)}};
}

/// Said of a guest that has to be asked.
std::optional<Refusal> check_machine(const GuestSettings& guest, const InGuest& seen)
{
    const auto& name = guest.name.text();
    std::vector<std::string> evidence;
    if (!seen.why.empty()) evidence.push_back(printable(seen.why, 200));
    if (seen.machine == MachineState::away)
        return Refusal{
            .reason = Reason::guest_not_running,
            .subject = name,
            .sentence = format("{} does not run", name),
            .remedy = format("start it; or give it its controllers before: usbroute guest bind {}", name),
            .evidence = std::move(evidence)};
    if (seen.machine == MachineState::silent)
        return Refusal{.reason = Reason::guest_silent,
                       .subject = name,
                       .sentence =
                           format("nobody can ask {} now, and it may run: what it has is not known", name),
                       .remedy = "see `usbroute status`; its monitor serves one client at a time",
                       .evidence = std::move(evidence)};
    return std::nullopt;
}

std::optional<Refusal> check_leaving(const GuestSettings& guest, const InGuest& seen)
{
    for (const auto& held : seen.held)
        if (gets(guest, held.function) && assign::is_awaited(held.farewell))
            return Refusal{.reason = Reason::guest_silent,
                           .subject = held.function.text(),
                           .sentence = format("{} was asked to let go of {}, and has not done so yet",
                                              guest.name.text(), held.function.text()),
                           .remedy = assign::what_ends_silence(guest.name)};
    return std::nullopt;
}

std::string shortage_of_root_ports(const GuestName& guest, std::size_t there, std::size_t wanted)
{
    return format(
        "{} has {} empty PCI Express root port{}, and {} {} needed: none can be added while it runs",
        guest.text(), there == 0 ? "no" : std::to_string(there), there == 1 ? "" : "s", wanted,
        wanted == 1 ? "is" : "are");
}

std::string how_to_add_root_ports(bool is_of_libvirt, std::size_t count)
{
    auto lines =
        is_of_libvirt ? std::vector(count, std::string(root_port_of_libvirt)) : root_ports_for_qemu(count);
    if (!is_of_libvirt)
        for (auto& line : lines) line.insert(0, "-device ");
    return format("before its next start add {}: {}",
                  is_of_libvirt ? "to <devices> of its domain" : "to its QEMU", join(lines, " "));
}

std::optional<Refusal> check_places(const GuestSettings& guest, const InGuest& seen, std::size_t wanted)
{
    const auto there = seen.free_places.size();
    if (there >= wanted) return std::nullopt;
    return Refusal{.reason = Reason::no_root_port,
                   .subject = guest.name.text(),
                   .sentence = shortage_of_root_ports(guest.name, there, wanted),
                   .remedy = how_to_add_root_ports(guest.libvirt.has_value(), wanted - there)};
}

std::optional<std::uint32_t> group_of(const HandoverSituation& situation, const PciAddress& function)
{
    const auto* there = situation.look.function_at(function);
    return there == nullptr ? std::nullopt : there->iommu_group;
}

/// Whether it is this guest that has the group open: its process, or, where that is not known, whoever has it if the guest has a
/// function of it.
bool is_held_by(const HandoverSituation& situation, const InGuest& seen, const GroupHolder& holder)
{
    if (seen.process != 0) return holder.process == seen.process;
    return std::ranges::any_of(seen.held, [&](const assign::HeldFunction& held) {
        return group_of(situation, held.function) == holder.group;
    });
}

/// The group of one that is on vfio-pci already may be another guest's.
std::optional<Refusal> check_other_holders(const HandoverSituation& situation, const GuestSettings& guest,
                                           const InGuest& seen)
{
    for (const auto& address : guest.controllers)
        for (const auto& holder : situation.holders.holders) {
            if (group_of(situation, address) != holder.group || is_held_by(situation, seen, holder)) continue;
            return Refusal{
                .reason = Reason::guest_running,
                .subject = address.text(),
                .sentence =
                    format("another process than {}'s has {} open", guest.name.text(), address.text()),
                .remedy = "one guest gets all of a group: end that process, or take the controller out of it",
                .evidence = {format("process {} ({}) has IOMMU group {} open", holder.process,
                                    printable(holder.command, 32), holder.group)}};
        }
    return std::nullopt;
}

/// What is of the same group and stays in the guest keeps the group in its hands.
std::optional<Refusal> check_partners(const HandoverSituation& situation, const GuestSettings& guest,
                                      const InGuest& seen)
{
    for (const auto& stays : seen.held) {
        if (gets(guest, stays.function)) continue;
        const auto group = group_of(situation, stays.function);
        for (const auto& address : guest.controllers)
            if (group && seen.find(address) != nullptr && group_of(situation, address) == group)
                return Refusal{
                    .reason = Reason::group_shared,
                    .subject = address.text(),
                    .sentence = format(
                        "{} shares IOMMU group {} with {}, which {} has too, and a group is given back whole",
                        address.text(), *group, stays.function.text(), guest.name.text()),
                    .remedy = "shut the guest down, or take that out of it first"};
    }
    return std::nullopt;
}

/// What usbroute did not give it does not take.
std::optional<Refusal> check_ours(const GuestSettings& guest, const InGuest& seen)
{
    for (const auto& held : seen.held) {
        if (!gets(guest, held.function) || held.is_ours()) continue;
        const auto name = printable(held.object, most_of_qemus_words);
        return Refusal{
            .reason = Reason::not_ours,
            .subject = held.function.text(),
            .sentence = format("{} has {} by somebody else's doing{}", guest.name.text(),
                               held.function.text(), name.empty() ? "" : ", as " + name),
            .remedy = format(
                "take it out as it was put in (device_del in its monitor, virsh detach-device), or shut the guest down; `usbroute guest release {}` gives it back then",
                guest.name.text()),
            .evidence = {format("usbroute's own would be {}", assign::object_of(held.function))}};
    }
    return std::nullopt;
}

/// A guest that dies takes no leave of a controller.
void add_reset_warnings(Plan& plan, const HandoverSituation& situation, const PciAddress& function)
{
    const auto* state = situation.look.state_of(function);
    if (state == nullptr) return;
    const bool has_none =
        state->reset_methods ? state->reset_methods->empty() : state->function_level_reset == false;
    if (has_none)
        plan.warnings.push_back(format(
            "the kernel knows no way to reset {}: it goes as it is, and one that a guest leaves in a bad state may need a reboot of the host",
            function.text()));
}

assign::DomainName domain_of(const GuestSettings& guest)
{
    if (!guest.libvirt) return {};
    return {.uri = std::string(guest.libvirt->uri()), .name = guest.libvirt->domain};
}

void add_plug(Handover& handover, const GuestSettings& guest, const PciAddress& function,
              const std::string& place)
{
    const auto domain = domain_of(guest);
    const assign::PlugIn plug{
        .guest = handover.guest, .function = function, .place = place, .domain = domain};
    const assign::TakeOut back{
        .guest = handover.guest, .function = function, .place = place, .domain = domain};
    handover.plan.steps.push_back(
        {.action = plug,
         .inverse = back,
         .reason =
             format("{} gets {}{}", handover.guest.text(), function.text(),
                    place.empty() ? "" : " on its root port " + printable(place, most_of_qemus_words))});
}

void add_out(Handover& handover, const GuestSettings& guest, const assign::HeldFunction& held)
{
    const auto domain = domain_of(guest);
    const assign::TakeOut out{
        .guest = handover.guest, .function = held.function, .place = held.place, .domain = domain};
    const assign::PlugIn back{
        .guest = handover.guest, .function = held.function, .place = held.place, .domain = domain};
    handover.plan.steps.push_back(
        {.action = out,
         .inverse = back,
         .reason = format("{} is asked to let go; nothing is bound to a driver of the host before it has",
                          handover.guest.text())});
}

/// What the guest's own process holds does not stand in the way of its letting go.
HolderLook without_this_guest(const HandoverSituation& situation, const InGuest& seen)
{
    auto others = situation.holders;
    std::erase_if(others.holders,
                  [&](const GroupHolder& holder) { return is_held_by(situation, seen, holder); });
    return others;
}

} // namespace

std::vector<std::string> root_ports_for_qemu(std::size_t count)
{
    // chassis and slot have to be nobody else's: libvirt and people begin at 1.
    constexpr std::size_t first_chassis = 200;
    std::vector<std::string> lines;
    for (std::size_t i = 1; i <= count; ++i)
        lines.push_back(format("pcie-root-port,id=usbroute-rp{},chassis={}", i, first_chassis + i));
    return lines;
}

std::string words_for_root_ports(const GuestName& guest, bool is_of_libvirt, const InGuest& seen,
                                 std::size_t wanted)
{
    const auto there = seen.free_places.size();
    return format("{}; {}", shortage_of_root_ports(guest, there, wanted),
                  how_to_add_root_ports(is_of_libvirt, wanted - there));
}

HandoverOutcome plan_assign(const HandoverSituation& situation, const BindRequest& request,
                            const InGuest& seen)
{
    auto outcome = plan_bind(situation, request);
    const auto* guest = situation.settings.guest(request.guest);
    if (guest == nullptr || guest->controllers.empty()) return outcome;
    if (!guest->takes_devices()) return no_monitor(*guest);
    if (auto refusal = check_machine(*guest, seen)) return *refusal;
    if (auto refusal = check_leaving(*guest, seen)) return *refusal;
    std::vector<PciAddress> missing;
    std::vector<PciAddress> already;
    for (const auto& address : guest->controllers)
        (seen.find(address) == nullptr ? missing : already).push_back(address);
    // Said first, because only a new start of the guest puts it right.
    if (auto refusal = check_places(*guest, seen, missing.size())) return *refusal;
    auto* handover = std::get_if<Handover>(&outcome);
    if (handover == nullptr) return outcome;
    if (auto refusal = check_other_holders(situation, *guest, seen)) return *refusal;

    handover->plan.title =
        format("give {} to {}, which runs", listed(texts_of(guest->controllers)), guest->name.text());
    handover->plan.made_for.in_guest = seen;
    handover->already = std::move(already);
    for (std::size_t i = 0; i < missing.size(); ++i) {
        add_plug(*handover, *guest, missing[i], seen.free_places[i]);
        add_reset_warnings(handover->plan, situation, missing[i]);
    }
    return outcome;
}

HandoverOutcome plan_unassign(const HandoverSituation& situation, const GuestName& name, const InGuest& seen)
{
    const auto* guest = situation.settings.guest(name);
    if (guest == nullptr || seen.machine == MachineState::away) return plan_release(situation, name);
    if (seen.machine == MachineState::silent) {
        auto outcome = plan_release(situation, name);
        const auto* refusal = std::get_if<Refusal>(&outcome);
        if (refusal == nullptr || refusal->reason != Reason::guest_running) return outcome;
        auto why = *check_machine(*guest, seen);
        why.evidence.insert(why.evidence.end(), refusal->evidence.begin(), refusal->evidence.end());
        return why;
    }
    if (auto refusal = check_ours(*guest, seen)) return *refusal;
    if (auto refusal = check_partners(situation, *guest, seen)) return *refusal;
    const auto others = without_this_guest(situation, seen);
    auto outcome = plan_release({.snapshot = situation.snapshot,
                                 .look = situation.look,
                                 .settings = situation.settings,
                                 .use = situation.use,
                                 .holders = others},
                                name);
    auto* handover = std::get_if<Handover>(&outcome);
    if (handover == nullptr) return outcome;
    auto rebinds = std::exchange(handover->plan.steps, {});
    for (const auto& address : guest->controllers)
        if (const auto* held = seen.find(address)) add_out(*handover, *guest, *held);
    if (!handover->plan.steps.empty())
        handover->plan.title = format("take {} out of {}, which runs, for the host",
                                      listed(texts_of(guest->controllers)), guest->name.text());
    std::ranges::move(rebinds, std::back_inserter(handover->plan.steps));
    handover->plan.made_for.in_guest = seen;
    return outcome;
}

} // namespace usbroute::plan
