// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/next_steps.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/handover.hpp"
#include "plan/ownership.hpp"
#include "plan/plan.hpp"

#include <algorithm>
#include <expected>
#include <span>
#include <utility>

namespace usbroute::plan {

using config::GuestSettings;
using config::Settings;
using topology::PciController;
using topology::PciFunction;

namespace {

Outcome planned(const Examination& examination, const Settings& settings, MoveRequest move)
{
    const auto& facts = examination.facts;
    return make_plan({.snapshot = facts.snapshot,
                      .settings = settings,
                      .use = facts.use,
                      .last_change = {},
                      .standing = {}},
                     {.wish = std::move(move), .yes = false, .force_disks = {}});
}

/// What `usbroute guest bind` would come to.
HandoverOutcome bind_planned(const Examination& examination, const Settings& settings,
                             const BindRequest& request, bool vfio_driver)
{
    const auto& facts = examination.facts;
    const topology::HandoverLook look{
        .functions = facts.condition.functions, .controllers = {}, .vfio_driver = vfio_driver};
    const topology::HolderLook holders{.holders = facts.holders, .complete = false};
    return plan_bind({.snapshot = facts.snapshot,
                      .look = look,
                      .settings = settings,
                      .use = facts.use,
                      .holders = holders},
                     request);
}

bool keeps_a_controller(const topology::Snapshot& snapshot, const Handover& handover)
{
    return std::ranges::any_of(snapshot.controllers, [&](const PciController& controller) {
        return controller.is_driven_by_host() &&
               std::ranges::none_of(handover.functions, [&](const FunctionHandover& given) {
                   return controller.address == given.function;
               });
    });
}

bool moves_are_possible(const Examination& examination, const Settings& settings, const Handover& handover)
{
    return std::ranges::all_of(handover.moves, [&](const MoveBefore& move) {
        return std::holds_alternative<Plan>(
            planned(examination, settings, {.connectors = move.connectors, .to = move.to}));
    });
}

/// A refusal's remedy as far as it harms nobody: no word of how to take the last keyboard all the same, and nothing of what
/// shares a group, for only a person can tell whether the host can do without it.
std::string safe_remedy(const HandoverRefusal& refusal)
{
    if (refusal.code == "last-keyboard") return "; give the host another keyboard first";
    return refusal.code == "group-shared" || refusal.remedy.empty() ? std::string() : "; " + refusal.remedy;
}

/// The handover, if it is planned and does no harm; else why not.
std::expected<Handover, std::string> harmless(const Examination& examination, const Settings& settings,
                                              const BindRequest& request, bool vfio_driver)
{
    auto outcome = bind_planned(examination, settings, request, vfio_driver);
    if (const auto* refusal = std::get_if<HandoverRefusal>(&outcome)) {
        return std::unexpected(refusal->sentence + safe_remedy(*refusal));
    }
    auto& handover = std::get<Handover>(outcome);
    if (!keeps_a_controller(examination.facts.snapshot, handover))
        return std::unexpected(std::string("that would leave the host without any USB controller"));
    if (!moves_are_possible(examination, settings, handover))
        return std::unexpected(
            format("the sockets on its controllers cannot all step aside: `usbroute guest bind {} "
                   "--move-first --dry-run` says which",
                   request.guest.text()));
    return std::move(handover);
}

/// A card in a slot, or soldered beside the chipset: not one of its own functions on bus 0.
bool is_a_card(const PciFunction& function)
{
    return function.address.bus != 0 || function.address.domain != 0;
}

std::string words_for(const PciFunction& function)
{
    return format("{} ({}{})", function.address.text(), kind_of(function),
                  is_a_card(function) ? ", a card" : "");
}

bool is_given(const topology::Snapshot& snapshot, const PciFunction& function)
{
    const auto* controller = snapshot.controller_at(function.address);
    return controller != nullptr && controller->is_given_away();
}

bool has_a_keyboard(const topology::Snapshot& snapshot, const PciFunction& function)
{
    const auto* controller = snapshot.controller_at(function.address);
    return controller != nullptr && std::ranges::any_of(snapshot.devices, [&](const auto& device) {
               return device->is_keyboard() && controller->has_bus(device->path.bus());
           });
}

/// The USB functions of one group; none where something else than bridges is in it, too.
std::vector<const PciFunction*> usb_alone_in(const std::vector<PciFunction>& functions, std::uint32_t group)
{
    std::vector<const PciFunction*> usb;
    for (const auto& function : functions) {
        if (function.iommu_group != group || is_bridge(function)) continue;
        if (!function.is_usb_controller()) return {};
        usb.push_back(&function);
    }
    return usb;
}

/// Tried with a guest that is to have just these; what else the configuration says stands aside. Empty: it can be spared.
std::string why_not_spared(const Examination& examination, const std::vector<const PciFunction*>& functions)
{
    Settings settings;
    GuestSettings guest;
    guest.name = GuestName("guest");
    for (const auto* function : functions) guest.controllers.push_back(function->address);
    settings.guests.push_back(guest);
    const auto tried = harmless(examination, settings, {.guest = guest.name}, true);
    return tried ? std::string() : tried.error();
}

std::string if_no_controller_goes()
{
    return "let QEMU take single devices by socket (-device usb-host,hostbus=,hostport=)";
}

/// How the first of them comes to the guest: the configuration has it already, or has to.
std::string how_to_give(const Examination& examination, const WholeControllers& first)
{
    const auto& guests = examination.facts.settings.guests;
    for (const auto& guest : guests)
        if (const auto way = way_to_bind(examination, guest); way.leads) return way.text;
    std::vector<std::string> quoted;
    for (const auto* function : first.functions) quoted.push_back(format("\"{}\"", function->address.text()));
    const auto name = guests.empty() ? std::string("NAME") : guests.front().name.text();
    return format(
        "write controllers = [{}] into [guest.{}] of usbroute.toml, then sudo usbroute guest bind {}",
        join(quoted, ", "), name, name);
}

/// Without groups nothing can be tried. A card is the best guess.
std::string once_there_is_an_iommu(const Examination& examination)
{
    std::vector<std::string> cards;
    for (const auto& function : examination.facts.condition.functions)
        if (function.is_usb_controller() && is_a_card(function)) cards.push_back(words_for(function));
    if (cards.empty()) return {};
    return format("{} can probably go to the guest whole, once an IOMMU is in use: {}; without one, {}",
                  listed(cards), how_to_get_an_iommu(examination).remedy, if_no_controller_goes());
}

/// The kernel's word that switches the IOMMU off; empty: there is none.
std::string word_against(const topology::Condition& condition)
{
    for (const auto& word : condition.kernel_words.value_or(std::vector<std::string>{}))
        if (word == "iommu=off" || word.starts_with("intel_iommu=off") || word == "amd_iommu=off")
            return word;
    return {};
}

} // namespace

std::string_view kind_of(const PciFunction& function)
{
    switch (function.class_code & 0xff) {
    case 0x00: return "UHCI";
    case 0x10: return "OHCI";
    case 0x20: return "EHCI";
    case 0x30: return "xHCI";
    default: return "USB device";
    }
}

bool is_bridge(const PciFunction& function) { return function.class_code >> 16 == 0x06; }

std::string WholeControllers::text() const
{
    if (functions.size() == 1) return words_for(*functions.front());
    std::vector<std::string> names;
    for (const auto* function : functions) names.push_back(function->address.text());
    return listed(names) + " together";
}

WayToBind way_to_bind(const Examination& examination, const GuestSettings& guest)
{
    const auto& settings = examination.facts.settings;
    const auto command = format("sudo usbroute guest bind {}", guest.name.text());
    const bool loaded = examination.facts.condition.vfio_driver;
    const auto before = loaded ? std::string() : std::string("sudo modprobe vfio-pci; ");
    BindRequest request{.guest = guest.name};
    const auto plainly = harmless(examination, settings, request, true);
    if (plainly) return {.leads = !plainly->functions.empty(), .text = before + command};
    request.move_first = true;
    if (harmless(examination, settings, request, true))
        return {.leads = true, .text = before + command + " --move-first"};
    return {.leads = false, .text = plainly.error()};
}

std::vector<WholeControllers> whole_controllers(const Examination& examination)
{
    const auto& facts = examination.facts;
    const auto& functions = facts.condition.functions;
    std::vector<WholeControllers> spare;
    std::vector<std::uint32_t> seen;
    for (const auto& function : functions) {
        if (!function.is_usb_controller() || !function.iommu_group) continue;
        if (std::ranges::find(seen, *function.iommu_group) != seen.end()) continue;
        seen.push_back(*function.iommu_group);
        WholeControllers whole{.functions = usb_alone_in(functions, *function.iommu_group)};
        const auto is_the_muxs = [&](const PciFunction* one) {
            const auto& mux = examination.board.mux;
            return mux && (mux->xhci->address == one->address ||
                           std::ranges::any_of(mux->ehcis, [&](const PciController* ehci) {
                               return ehci != nullptr && ehci->address == one->address;
                           }));
        };
        if (whole.functions.empty() || std::ranges::any_of(whole.functions, is_the_muxs)) continue;
        if (std::ranges::any_of(whole.functions,
                                [&](const auto* one) { return is_given(facts.snapshot, *one); }))
            continue;
        whole.why_not = why_not_spared(examination, whole.functions);
        whole.has_keyboard = std::ranges::any_of(
            whole.functions, [&](const auto* one) { return has_a_keyboard(facts.snapshot, *one); });
        spare.push_back(std::move(whole));
    }
    std::ranges::sort(spare, {}, [](const WholeControllers& whole) {
        return std::pair(whole.has_keyboard, whole.functions.front());
    });
    return spare;
}

std::vector<WholeControllers> controllers_to_spare(const Examination& examination)
{
    auto all = whole_controllers(examination);
    std::erase_if(all, [](const WholeControllers& whole) { return !whole.why_not.empty(); });
    return all;
}

std::string instead_of_a_mux(const Examination& examination)
{
    const auto& condition = examination.facts.condition;
    if (!condition.iommu_groups && condition.hypervisor != "xen")
        if (auto text = once_there_is_an_iommu(examination); !text.empty()) return text;
    const auto spare = controllers_to_spare(examination);
    if (!spare.empty()) {
        std::vector<std::string> texts;
        for (const auto& whole : spare)
            texts.push_back(whole.text() + (whole.has_keyboard ? " (has a keyboard)" : ""));
        return format("give a controller whole to the guest with vfio-pci; {} can go: {}; or {}",
                      join(texts, ", "), how_to_give(examination, spare.front()), if_no_controller_goes());
    }
    std::vector<std::string> given;
    for (const auto& function : condition.functions)
        if (function.is_usb_controller() && is_given(examination.facts.snapshot, function))
            given.push_back(words_for(function));
    if (!given.empty())
        return format("{} {} given whole already; for more, add a USB card, or {}", listed(given),
                      given.size() == 1 ? "is" : "are", if_no_controller_goes());
    auto otherwise = format("add a USB card and give that whole to the guest with vfio-pci, or {}",
                            if_no_controller_goes());
    if (const auto all = whole_controllers(examination); !all.empty())
        return format("{} could go to the guest whole, but not as it is now: {}; else {}", all.front().text(),
                      all.front().why_not, otherwise);
    return otherwise;
}

std::vector<std::string> ways_to_superspeed(const Examination& examination, std::uint32_t off)
{
    std::vector<std::string> ways;
    const auto& board = examination.board;
    for (std::size_t i = 0; i < board.configured; ++i) {
        const auto& spec = board.connectors[i].spec;
        if (!spec.superspeed || (spec.superspeed->mask() & off) == 0) continue;
        const auto outcome = planned(examination, examination.facts.settings,
                                     {.connectors = {spec.name}, .to = config::ToHost{}});
        const auto* plan = std::get_if<Plan>(&outcome);
        if (plan != nullptr && (plan->change.superspeed.after & spec.superspeed->mask()) != 0)
            ways.push_back(format("usbroute move {} --to host", spec.name.text()));
    }
    return ways;
}

IommuAdvice how_to_get_an_iommu(const Examination& examination)
{
    const auto& condition = examination.facts.condition;
    const bool amd = examination.chipset.name == "AMD";
    const auto* const option = amd ? "IOMMU (AMD-Vi)" : "VT-d";
    const auto words = condition.kernel_words.value_or(std::vector<std::string>{});
    const bool asked_for =
        std::ranges::any_of(words, [](const auto& word) { return word.starts_with("intel_iommu=on"); });
    if (const auto against = word_against(condition); !against.empty())
        return {.remedy = format("take {} off the kernel's command line and start again", against),
                .inferred = false};
    if (condition.firmware_iommu == false || amd || asked_for)
        return {.remedy = format(
                    "switch {} on in the firmware set-up; if there is no such option, processor or board "
                    "lacks it",
                    option),
                .inferred = condition.firmware_iommu != false};
    if (condition.firmware_iommu == true)
        return {.remedy = "add intel_iommu=on to the kernel's command line and start again",
                .inferred = false};
    return {.remedy = format(
                "add intel_iommu=on to the kernel's command line and start again; if that changes nothing, "
                "switch {} on in the firmware set-up",
                option),
            .inferred = true};
}

} // namespace usbroute::plan
