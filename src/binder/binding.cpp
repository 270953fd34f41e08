// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "binder/binding.hpp"

#include "apply/driver_backend.hpp"
#include "apply/execution.hpp"
#include "base/format.hpp"
#include "linux/driver_files.hpp"
#include "linux/files.hpp"
#include "linux/host_use.hpp"
#include "linux/settings_files.hpp"
#include "observe/handover.hpp"
#include "observe/scan.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

namespace usbroute::binder {

using plan::Handover;
using wire::BindQuestion;
using Clock = std::chrono::steady_clock;

namespace {

/// A tree of disks takes seconds to be torn down. The daemon waits longer than all of this.
constexpr std::chrono::seconds for_each_write{12};
/// QEMU closes a group a moment after it has said that the device is gone; a QEMU that ends, when the kernel has torn it down.
constexpr std::chrono::seconds until_closed{5};
constexpr std::chrono::milliseconds between_looks{100};

struct Looked {
    topology::Snapshot snapshot;
    topology::HandoverLook look;
    topology::HostUse use;
    topology::HolderLook holders;
};

Looked look_at(const linux_::Locations& where)
{
    const linux_::LiveTree tree(where.root);
    return {.snapshot = observe::scan(tree, observe::Ports::skip),
            .look = observe::look_at_handover(tree),
            .use = linux_::look_at_host_use(where, {.disks = true, .inputs = true}),
            .holders = observe::look_at_holders(tree)};
}

const config::GuestSettings* guest_for(const config::Settings& settings, const PciAddress& function)
{
    const auto found = std::ranges::find_if(settings.guests, [&](const config::GuestSettings& guest) {
        return std::ranges::find(guest.on_move, function) != guest.on_move.end();
    });
    return found == settings.guests.end() ? nullptr : &*found;
}

/// A group is given whole, one function after the other: what of it is named for the same guest is not in the way.
std::vector<PciAddress> of_its_group(const plan::HandoverSituation& situation,
                                     const config::GuestSettings& guest, const PciAddress& function)
{
    std::vector<PciAddress> group{function};
    const auto* asked = situation.look.function_at(function);
    if (asked == nullptr || !asked->iommu_group) return group;
    for (const auto& address : guest.on_move) {
        const auto* there = situation.look.function_at(address);
        if (address != function && there != nullptr && there->iommu_group == asked->iommu_group)
            group.push_back(address);
    }
    return group;
}

/// Of a plan for several what is about one.
void keep_only(Handover& handover, const PciAddress& function)
{
    auto& plan = handover.plan;
    std::erase_if(plan.steps,
                  [&](const plan::Step& step) { return plan::function_of(step.action) != function; });
    if (plan.made_for.bindings)
        std::erase_if(*plan.made_for.bindings,
                      [&](const assign::Binding& binding) { return binding.function != function; });
    std::erase_if(plan.expected,
                  [&](const topology::Placed& placed) { return placed.key != topology::Key(function); });
}

} // namespace

Result<Handover> decide(const plan::HandoverSituation& situation, const BindQuestion& question)
{
    const auto* named = guest_for(situation.settings, question.function);
    if (named == nullptr)
        return std::unexpected(
            Error(ErrorKind::refused,
                  format("the configuration names {} in on_move of no guest, so it is not bound here",
                         question.function.text()))
                .with_code("not-named"));
    const bool is_given = question.what == BindQuestion::What::give;
    auto settings = situation.settings;
    for (auto& guest : settings.guests)
        if (guest.name == named->name)
            guest.controllers = is_given ? of_its_group(situation, *named, question.function)
                                         : std::vector<PciAddress>{question.function};
    const plan::HandoverSituation asked{.snapshot = situation.snapshot,
                                        .look = situation.look,
                                        .settings = settings,
                                        .use = situation.use,
                                        .holders = situation.holders};
    auto outcome = is_given ? plan::plan_bind(asked, {.guest = named->name, .yes = true})
                            : plan::plan_release(asked, named->name);
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome))
        return std::unexpected(plan::error_from(*refusal));
    auto handover = std::get<Handover>(std::move(outcome));
    keep_only(handover, question.function);
    return handover;
}

Result<void> carry_out(const linux_::Locations& where, const BindQuestion& question)
{
    const auto settings = linux_::load_settings(where, linux_::Purpose::to_act);
    if (!settings) return std::unexpected(settings.error());
    const auto until = Clock::now() + until_closed;
    std::optional<Result<Handover>> handover;
    while (true) {
        const auto looked = look_at(where);
        handover = decide({.snapshot = looked.snapshot,
                           .look = looked.look,
                           .settings = *settings,
                           .use = looked.use,
                           .holders = looked.holders},
                          question);
        const bool is_being_closed = !*handover && handover->error().code() == "guest-running";
        if (!is_being_closed || Clock::now() >= until) break;
        std::this_thread::sleep_for(between_looks);
    }
    if (!*handover) return std::unexpected(handover->error());
    const auto& plan = (*handover)->plan;
    if (plan.steps.empty()) return {};
    linux_::BoundDrivers drivers(for_each_write);
    apply::DriverBackend backend(drivers, plan);
    apply::NoJournal unwritten;
    auto done = apply::execute(plan, backend, unwritten);
    if (!done) return std::unexpected(std::move(done.error()));
    return {};
}

Result<std::string> in_words(const linux_::Locations& where)
{
    const auto settings = linux_::load_settings(where, linux_::Purpose::to_look);
    if (!settings) return std::unexpected(settings.error());
    const linux_::LiveTree tree(where.root);
    const auto snapshot = observe::scan(tree, observe::Ports::skip);
    std::string text;
    for (const auto& guest : settings->guests)
        for (const auto& address : guest.on_move) {
            const auto* controller = snapshot.controller_at(address);
            const auto driver = controller == nullptr        ? std::string("not-there")
                                : controller->driver.empty() ? std::string("no-driver")
                                                             : controller->driver;
            text += format("{} {} {}\n", address.text(), guest.name.text(), driver);
        }
    return text;
}

} // namespace usbroute::binder
