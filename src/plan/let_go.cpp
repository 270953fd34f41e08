// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/let_go.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/handover_policy.hpp"
#include "plan/ownership.hpp"

#include <algorithm>

namespace usbroute::plan {

using chips::PciFunction;
using config::GuestSettings;
using topology::BlockName;
using topology::PciController;

namespace {

bool is_on(const topology::Mount& mount, const BlockName& block)
{
    const auto name = std::string_view(mount.source).substr(mount.source.rfind('/') + 1);
    return (!block.number.empty() && mount.number == block.number) ||
           (mount.source.starts_with("/dev/") &&
            (name == block.name || (!block.mapper_name.empty() && name == block.mapper_name)));
}

bool is_swap(const BlockName& block, const topology::HostUse& use)
{
    return std::ranges::any_of(use.swaps, [&](const std::string& swap) {
        const auto name = std::string_view(swap).substr(swap.rfind('/') + 1);
        return swap.starts_with("/dev/") && (name == block.name || name == block.mapper_name);
    });
}

/// "/", "/boot", "swap": the shortest first, for "/" is what counts.
std::vector<std::string> uses_of(const std::vector<BlockName>& blocks, const topology::HostUse& use)
{
    std::vector<std::string> uses;
    for (const auto& mount : use.mounts)
        if (std::ranges::any_of(blocks, [&](const BlockName& block) { return is_on(mount, block); }))
            uses.push_back(printable(mount.point, 64));
    std::ranges::sort(uses, {}, [](const std::string& point) { return std::pair(point.size(), point); });
    const auto again = std::ranges::unique(uses);
    uses.erase(again.begin(), again.end());
    // Nothing more needs to be said when everything is on it.
    if (!uses.empty() && uses.front() == "/") return {"/"};
    constexpr std::size_t most_shown = 3;
    if (uses.size() > most_shown) uses.resize(most_shown);
    if (std::ranges::any_of(blocks, [&](const BlockName& block) { return is_swap(block, use); }))
        uses.emplace_back("swap");
    return uses;
}

std::string words_for_blocks(const std::vector<BlockName>& blocks, const topology::HostUse& use)
{
    // The disk stands before its partitions.
    auto text = format("has {}", printable(blocks.front().name, 32));
    const auto uses = uses_of(blocks, use);
    if (!uses.empty()) text += format(", {} {} on it", join(uses, ", "), uses.size() == 1 ? "is" : "are");
    return text;
}

/// A keyboard that hangs on this function and not on USB, as a laptop's on I2C.
std::string keyboard_on(const HandoverSituation& situation, const PciFunction& function)
{
    if (!situation.use.inputs) return {};
    for (const auto& input : situation.use.inputs->devices)
        if (topology::can_type(input.keys) &&
            input.syspath.find("/" + function.address.text() + "/") != std::string::npos)
            return printable(input.name, 48);
    return {};
}

/// The members of the controller's group that are in the way of this guest.
std::vector<const PciFunction*> in_the_way(const HandoverSituation& situation, const GuestSettings& guest,
                                           const PciController& controller)
{
    std::vector<const PciFunction*> found;
    for (const auto& member : situation.look.functions)
        if (member.iommu_group == controller.iommu_group && member.address != controller.address &&
            !why_in_the_way(member, guest, situation.settings).empty())
            found.push_back(&member);
    return found;
}

const GuestSettings* guest_with(const config::Settings& settings, const PciAddress& controller)
{
    const auto found = std::ranges::find_if(
        settings.guests, [&](const GuestSettings& guest) { return gets(guest, controller); });
    return found == settings.guests.end() ? nullptr : &*found;
}

/// What would come of it if the guest were to get these.
HandoverOutcome tried(const HandoverSituation& situation, const BindRequest& request,
                      const std::vector<PciAddress>& controllers)
{
    auto settings = situation.settings;
    for (auto& guest : settings.guests)
        if (guest.name == request.guest) guest.controllers = controllers;
    const HandoverSituation other{.snapshot = situation.snapshot,
                                  .look = situation.look,
                                  .settings = settings,
                                  .use = situation.use,
                                  .holders = situation.holders};
    return plan_bind_plainly(other, request);
}

/// Whether nothing else is in its group.
bool is_alone(const HandoverSituation& situation, const PciController& controller)
{
    return std::ranges::none_of(situation.look.functions, [&](const PciFunction& member) {
        constexpr std::uint32_t bridge_between_buses = 0x0604; // PCI code and ID assignment
        return member.iommu_group == controller.iommu_group && member.address != controller.address &&
               member.class_code >> 8u != bridge_between_buses;
    });
}

/// "give 0000:30:00.3 instead, ...": another controller of which only the plan itself can say that it may go.
std::string another_controller(const HandoverSituation& situation, const BindRequest& request)
{
    std::string second_best;
    for (const auto& controller : situation.snapshot.controllers) {
        if (!controller.iommu_group || !controller.is_driven_by_host() ||
            guest_with(situation.settings, controller.address) != nullptr)
            continue;
        const auto outcome = tried(situation, request, {controller.address});
        const auto offer = format("give {} instead{}: controllers = [\"{}\"] of [guest.{}]", controller.name,
                                  is_alone(situation, controller) ? ", which is alone in its group" : "",
                                  controller.name, request.guest.text());
        const auto* refusal = std::get_if<Refusal>(&outcome);
        if (refusal == nullptr) return offer;
        const bool may_be_cleared =
            refusal->reason == Reason::last_keyboard || refusal->reason == Reason::disk_in_use;
        if (may_be_cleared && second_best.empty())
            second_best = format("{} (in the way then: {})", offer, refusal->sentence);
    }
    return second_best.empty() ? "a USB card in another slot can be given instead" : second_best;
}

/// The rest of the group's USB controllers given too, and what comes of it.
std::string give_them_too(const HandoverSituation& situation, const BindRequest& request,
                          const std::vector<PciAddress>& missing)
{
    auto controllers = situation.settings.guest(request.guest)->controllers;
    controllers.insert(controllers.end(), missing.begin(), missing.end());
    auto text = format("give {} to the same guest too: add {} to controllers of [guest.{}]",
                       listed(texts_of(missing)), missing.size() == 1 ? "it" : "them", request.guest.text());
    const auto outcome = tried(situation, request, controllers);
    if (const auto* refusal = std::get_if<Refusal>(&outcome);
        refusal && refusal->reason != Reason::group_shared)
        text += format(" (in the way then: {})", refusal->sentence);
    return text;
}

} // namespace

std::string why_it_stays(const HandoverSituation& situation, const PciFunction& function)
{
    std::vector<std::string> reasons;
    if (const auto* load = situation.look.load_of(function.address)) {
        if (!load->blocks.empty()) reasons.push_back(words_for_blocks(load->blocks, situation.use));
        for (const auto& carrier : load->route_carriers)
            reasons.push_back(format("has {}, {} is on it", printable(carrier.name, 32), carrier.carries));
        if (load->drives_the_screen) reasons.emplace_back("drives the screen");
    }
    if (const auto keyboard = keyboard_on(situation, function); !keyboard.empty())
        reasons.push_back(format("has the keyboard {}", keyboard));
    return join(reasons, "; ");
}

std::string remedy_for_group(const HandoverSituation& situation, const BindRequest& request,
                             const PciController& controller)
{
    const auto& guest = *situation.settings.guest(request.guest);
    std::vector<PciAddress> missing;
    std::vector<std::string> steps;
    std::vector<std::string> commands;
    bool is_hopeless = false;
    for (const auto* member : in_the_way(situation, guest, controller)) {
        const auto address = member->address.text();
        if (const auto* other = guest_with(situation.settings, member->address)) {
            steps.push_back(format("remove {} from controllers of [guest.{}]: one guest gets all of a group",
                                   address, other->name.text()));
            if (member->is_usb_controller()) missing.push_back(member->address);
        } else if (member->is_usb_controller()) {
            missing.push_back(member->address);
        } else if (const auto why = why_it_stays(situation, *member); !why.empty()) {
            steps.push_back(format("{} {}: it cannot be let go", address, why));
            is_hopeless = true;
        } else {
            commands.push_back(
                format("echo {} > /sys/{}", address, assign::unbind_file(member->driver).substr(4)));
        }
    }
    if (!commands.empty() && !is_hopeless)
        steps.push_back(
            format("unbind {} if the host can do without {}: {}; a card can be put into another slot",
                   commands.size() == 1 ? "its driver" : "their drivers",
                   commands.size() == 1 ? "it" : "them", join(commands, "; ")));
    if (is_hopeless) {
        // Half of a way that ends at the root file system is no way.
        std::erase_if(steps, [](const std::string& step) { return !step.ends_with("it cannot be let go"); });
        steps.push_back(another_controller(situation, request));
    } else if (!missing.empty()) {
        steps.push_back(give_them_too(situation, request, missing));
    }
    return join(steps, "; ");
}

} // namespace usbroute::plan
