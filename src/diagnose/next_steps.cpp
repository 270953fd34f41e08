// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/next_steps.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/handover.hpp"
#include "plan/ownership.hpp"
#include "plan/plan.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace usbroute::diagnose {

using chips::PciFunction;
using config::GuestSettings;
using config::Settings;
using topology::PciController;

namespace {

plan::Outcome planned(const Examination& examination, const Settings& settings, plan::MoveRequest move)
{
    const auto& facts = examination.facts;
    return plan::make_plan({.snapshot = facts.snapshot,
                            .settings = settings,
                            .use = facts.use,
                            .last_change = {},
                            .standing = {}},
                           {.wish = std::move(move), .yes = false, .force_disks = {}});
}

/// What `usbroute guest bind` would come to.
plan::HandoverOutcome bind_planned(const Examination& examination, const Settings& settings,
                                   const plan::BindRequest& request, bool vfio_driver)
{
    const auto& facts = examination.facts;
    const topology::HandoverLook look{
        .functions = facts.condition.functions, .controllers = {}, .vfio_driver = vfio_driver};
    const topology::HolderLook holders{.holders = facts.holders, .complete = false};
    return plan::plan_bind({.snapshot = facts.snapshot,
                            .look = look,
                            .settings = settings,
                            .use = facts.use,
                            .holders = holders},
                           request);
}

bool keeps_a_controller(const topology::Snapshot& snapshot, const plan::Handover& handover)
{
    return std::ranges::any_of(snapshot.controllers, [&](const PciController& controller) {
        return controller.is_driven_by_host() &&
               std::ranges::none_of(handover.rebinds(), [&](const assign::Rebind* given) {
                   return controller.address == given->function();
               });
    });
}

/// A refusal's remedy as far as it harms nobody: not how to take the last keyboard anyway, nothing of what
/// shares a group, because only a person can tell whether the host can do without it, and nothing of an IOMMU, of which
/// a diagnosis says more.
std::string safe_remedy(const plan::Refusal& refusal)
{
    if (refusal.reason == plan::Reason::last_keyboard) return "; give the host another keyboard first";
    const bool is_left_out =
        refusal.reason == plan::Reason::group_shared || refusal.reason == plan::Reason::iommu_off;
    return is_left_out || refusal.remedy.empty() ? std::string() : "; " + refusal.remedy;
}

/// What the host loses by a handover that is planned anyway; nobody should be led into it without warning.
struct Costs {
    bool leaves_no_controller = false;
    std::optional<topology::CarriedRoute> route;

    [[nodiscard]] bool none() const { return !leaves_no_controller && !route; }
};

Costs costs_of(const topology::Snapshot& snapshot, const plan::Handover& handover)
{
    if (handover.plan.steps.empty()) return {};
    Costs costs{.leaves_no_controller = !keeps_a_controller(snapshot, handover), .route = {}};
    if (!handover.routes.empty()) costs.route = handover.routes.front();
    return costs;
}

/// What would come of a bind, as the command itself decides it.
struct Attempt {
    std::string why_not; ///< empty: it is planned
    bool gives_something = false;
    Costs costs;
};

Attempt attempt(const Examination& examination, const Settings& settings, const plan::BindRequest& request)
{
    const auto outcome = bind_planned(examination, settings, request, true);
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome))
        return {.why_not = refusal->sentence + safe_remedy(*refusal), .gives_something = false, .costs = {}};
    const auto& handover = std::get<plan::Handover>(outcome);
    return {.why_not = {},
            .gives_something = !handover.plan.steps.empty(),
            .costs = costs_of(examination.facts.snapshot, handover)};
}

constexpr std::uint16_t amd_vendor = 0x1022;
constexpr std::uint16_t intel_vendor = 0x8086;

bool is_on_bus_0(const PciFunction& function)
{
    return function.address.bus == 0 && function.address.domain == 0;
}

bool is_in_the_slot_of(const PciFunction& one, const PciFunction& other)
{
    return one.address.domain == other.address.domain && one.address.bus == other.address.bus &&
           one.address.device == other.address.device;
}

/// Where a function is, as far as its vendor and bus tell: AMD's processors and chipsets have theirs behind bridges, too,
/// and Intel's that are off bus 0 are Thunderbolt controllers, on the board or on a card.
std::string place_of(const PciFunction& function)
{
    if (is_on_bus_0(function) || function.vendor == intel_vendor) return {};
    return function.vendor == amd_vendor ? "of the processor or chipset" : "a card";
}

std::string words_for(const PciFunction& function, std::string_view more = {})
{
    const auto place = place_of(function);
    return format("{} ({}{}{}{}{})", function.address.text(), kind_of(function), place.empty() ? "" : ", ",
                  place, more.empty() ? "" : ", ", more);
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

/// Tried with a guest that is to have just these; the rest of the configuration does not count.
void try_to_spare(const Examination& examination, WholeControllers& whole)
{
    Settings settings;
    GuestSettings guest;
    guest.name = GuestName("guest");
    for (const auto* function : whole.functions) guest.controllers.push_back(function->address);
    settings.guests.push_back(guest);
    const auto tried = attempt(examination, settings, {.guest = guest.name});
    whole.why_not = tried.why_not;
    if (tried.costs.leaves_no_controller)
        whole.why_not = "that would leave the host without any USB controller";
    if (const auto& route = tried.costs.route)
        whole.cost = format("takes {} ({}) with it", route->carries, printable(route->name, 32));
}

std::string if_no_controller_goes(const Examination& examination)
{
    if (examination.attaches) return "move single sockets, whose devices are given one by one";
    return "let QEMU take single devices, by socket (-device usb-host,hostbus=,hostport=)";
}

/// Said of whole controllers, which are themselves the second choice where single sockets can be moved.
std::string alternative(const Examination& examination, std::string_view joint)
{
    return examination.attaches ? std::string() : std::string(joint) + if_no_controller_goes(examination);
}

bool gets_all(const GuestSettings& guest, const WholeControllers& whole)
{
    return std::ranges::all_of(whole.functions, [&](const PciFunction* function) {
        return std::ranges::find(guest.controllers, function->address) != guest.controllers.end();
    });
}

/// How the first of them comes to the guest: the configuration has it already, or has to.
std::string how_to_give(const Examination& examination, const WholeControllers& first)
{
    const auto& guests = examination.facts.settings.guests;
    for (const auto& guest : guests)
        if (const auto way = way_to_bind(examination, guest); way.leads)
            if (way.is_free || gets_all(guest, first)) return way.command;
    std::vector<std::string> quoted;
    for (const auto* function : first.functions) quoted.push_back(format("\"{}\"", function->address.text()));
    const auto name = guests.empty() ? std::string("NAME") : guests.front().name.text();
    return format(
        "write controllers = [{}] into [guest.{}] of usbroute.toml, then sudo usbroute guest bind {}",
        join(quoted, ", "), name, name);
}

/// Those that can go without a loss, or, where there are none, those that can go with one.
struct Offer {
    std::vector<std::string> free;
    std::vector<std::string> costly; ///< "0000:30:00.3 (xHCI) takes the default route (eth1) with it"
    const WholeControllers* first = nullptr;
};

Offer offer_of(const std::vector<WholeControllers>& all)
{
    Offer offer;
    for (const auto& whole : all) {
        if (!whole.why_not.empty()) continue;
        if (offer.first == nullptr) offer.first = &whole;
        if (whole.cost.empty())
            offer.free.push_back(whole.text_with_keyboard());
        else
            offer.costly.push_back(format("{} {}", whole.text_with_keyboard(), whole.cost));
    }
    return offer;
}

/// Of AMD's chipset: bridge, disks and USB are functions of one device, which share a group.
bool is_of_a_chipset(const std::vector<PciFunction>& functions, const PciFunction& function)
{
    return function.vendor == amd_vendor && std::ranges::any_of(functions, [&](const PciFunction& other) {
               constexpr std::uint32_t storage = 0x01; // PCI code and ID assignment
               return is_in_the_slot_of(other, function) &&
                      (is_bridge(other) || other.class_code >> 16u == storage);
           });
}

/// The machine as it may be with an IOMMU: what is in one slot is one group, and each function of AMD's processors is one,
/// for these isolate them. What the chipset has may share its group with anything: no group is assumed there.
Facts as_if_in_groups(const Facts& facts)
{
    auto assumed = facts;
    auto& functions = assumed.condition.functions;
    std::uint32_t next = 0;
    for (auto& function : functions) {
        if (is_on_bus_0(function) || function.iommu_group || is_of_a_chipset(functions, function)) continue;
        const auto group = next++;
        for (auto& other : functions)
            if (other.address == function.address ||
                (function.vendor != amd_vendor && is_in_the_slot_of(other, function)))
                other.iommu_group = group;
    }
    for (auto& controller : assumed.snapshot.controllers.edit()) {
        const auto function = std::ranges::find(functions, controller.address, &PciFunction::address);
        if (function != functions.end()) controller.iommu_group = function->iommu_group;
    }
    return assumed;
}

/// Without groups nothing can be tried but what the host would lose.
std::string once_there_is_an_iommu(const Examination& examination)
{
    const auto facts = as_if_in_groups(examination.facts);
    const Examination assumed{.facts = facts,
                              .chipset = examination.chipset,
                              .guest_sign = examination.guest_sign,
                              .board = plan::look_at_board(facts.snapshot, facts.settings),
                              .findings = {},
                              .attaches = examination.attaches};
    const auto all = whole_controllers(assumed);
    if (all.empty()) return {};
    const auto offer = offer_of(all);
    const auto remedy = how_to_get_an_iommu(examination).remedy;
    const auto otherwise = alternative(examination, "; without one, ");
    if (!offer.free.empty())
        return format("once an IOMMU is in use, {} can probably be given to the guest whole: {}{}",
                      listed(offer.free), remedy, otherwise);
    if (!offer.costly.empty())
        return format(
            "once an IOMMU is in use, a controller can probably be given to the guest whole, but {}: {}{}",
            listed(offer.costly), remedy, otherwise);
    return format(
        "{} could be given to the guest whole once an IOMMU is in use ({}), but not as things are now: {}{}",
        all.front().text(), remedy, all.front().why_not, otherwise);
}

/// The kernel's word that switches this maker's IOMMU off; empty: there is none.
std::string word_against(const std::vector<std::string>& kernel_words, bool amd)
{
    for (const auto& word : kernel_words)
        if (word == "iommu=off" ||
            (amd ? word.starts_with("amd_iommu=off") : word.starts_with("intel_iommu=off")))
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
    const auto names = texts_of(functions, [](const auto* function) { return function->address.text(); });
    return listed(names) + " together";
}

std::string WholeControllers::text_with_keyboard() const
{
    if (!has_keyboard) return text();
    return functions.size() == 1 ? words_for(*functions.front(), "has a keyboard")
                                 : text() + " (has a keyboard)";
}

FirstMove first_move(const Examination& examination)
{
    const auto& settings = examination.facts.settings;
    FirstMove refused;
    for (const auto& connector : examination.board.connectors) {
        const bool is_the_hosts =
            !connector.at || *connector.at == topology::SeatId(topology::OwnController{});
        const bool can_hold_something = connector.missing.empty(); // its hub is there
        if (plan::means_of(connector) != plan::Means::attach || !is_the_hosts || !can_hold_something)
            continue;
        const auto& name = connector.spec.name;
        for (const auto& guest : settings.guests) {
            if (!guest.takes_devices()) continue;
            const auto outcome = planned(examination, settings, {.connectors = {name}, .to = guest.name});
            if (std::holds_alternative<plan::Plan>(outcome))
                return {.command = format("usbroute move {} --to {}", name.text(), guest.name.text()),
                        .sentence = format("{} can be given to {}", name.text(), guest.name.text())};
            if (!refused.sentence.empty()) continue;
            const auto& refusal = std::get<plan::Refusal>(outcome);
            refused.sentence =
                format("{} cannot be given to {} now: {}", name.text(), guest.name.text(), refusal.sentence);
            refused.remedy = refusal.reason == plan::Reason::last_keyboard
                                 ? "give the host another keyboard first"
                                 : refusal.remedy;
        }
    }
    return refused;
}

WayToBind way_to_bind(const Examination& examination, const GuestSettings& guest)
{
    const auto& settings = examination.facts.settings;
    const bool loaded = examination.facts.condition.vfio_driver;
    const auto command =
        format("{}sudo usbroute guest bind {}", loaded ? "" : "sudo modprobe vfio-pci; ", guest.name.text());
    const auto plainly = attempt(examination, settings, {.guest = guest.name});
    if (plainly.why_not.empty() && plainly.costs.none())
        return {.leads = plainly.gives_something, .text = command, .command = command};
    const auto leads_at_a_price = [](const std::string& way, const Costs& costs) {
        auto text = way;
        if (costs.leaves_no_controller) text += ", which leaves the host without any USB controller";
        // A command that would cut the host off is never the first step.
        if (const auto& route = costs.route)
            text = format("plug what carries {} ({}) into a socket of another controller, then {}",
                          route->carries, printable(route->name, 32), text);
        return WayToBind{.leads = true, .is_free = costs.none(), .text = std::move(text), .command = way};
    };
    const auto moved =
        attempt(examination, settings, {.guest = guest.name, .yes = false, .move_first = true});
    if (moved.why_not.empty() && (moved.costs.none() || !plainly.why_not.empty()))
        return leads_at_a_price(command + " --move-first", moved.costs);
    if (plainly.why_not.empty()) return leads_at_a_price(command, plainly.costs);
    return {.leads = false, .is_free = false, .text = plainly.why_not};
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
        try_to_spare(examination, whole);
        whole.has_keyboard = std::ranges::any_of(
            whole.functions, [&](const auto* one) { return has_a_keyboard(facts.snapshot, *one); });
        spare.push_back(std::move(whole));
    }
    std::ranges::sort(spare, {}, [](const WholeControllers& whole) {
        return std::tuple(!whole.cost.empty(), whole.has_keyboard, whole.functions.front());
    });
    return spare;
}

std::string instead_of_a_mux(const Examination& examination)
{
    const auto& condition = examination.facts.condition;
    if (!condition.iommu_groups && condition.hypervisor != "xen")
        if (auto text = once_there_is_an_iommu(examination); !text.empty()) return text;
    const auto all = whole_controllers(examination);
    if (const auto offer = offer_of(all); offer.first != nullptr)
        return format("{}give the guest a whole controller with vfio-pci; {}: {}{}",
                      examination.attaches ? "another way: " : "",
                      offer.free.empty() ? format("one can go, but {}", listed(offer.costly))
                                         : join(offer.free, ", ") + " can go",
                      how_to_give(examination, *offer.first), alternative(examination, "; or "));
    std::vector<std::string> given;
    for (const auto& function : condition.functions)
        if (function.is_usb_controller() && is_given(examination.facts.snapshot, function))
            given.push_back(words_for(function));
    if (!given.empty())
        return format("{} {} already given as a whole; for more, add a USB card{}", listed(given),
                      given.size() == 1 ? "is" : "are", alternative(examination, ", or "));
    auto otherwise =
        format("{}add a USB card and give the whole card to the guest with vfio-pci{}",
               examination.attaches && all.empty() ? "another way: " : "", alternative(examination, ", or "));
    if (!all.empty())
        return format("{} could be given to the guest whole, but not as things are now: {}; otherwise {}",
                      all.front().text(), all.front().why_not, otherwise);
    return otherwise;
}

std::string instead_of_a_group(const Examination& examination)
{
    const auto all = whole_controllers(examination);
    const auto offer = offer_of(all);
    if (!offer.free.empty()) return format("give another controller: {} can go", join(offer.free, " or "));
    if (!offer.costly.empty()) return format("another controller can go, but {}", listed(offer.costly));
    const auto otherwise =
        format("add a USB card where there is a slot, or {}", if_no_controller_goes(examination));
    if (all.empty()) return format("no other USB controller of this machine can go: {}", otherwise);
    return format("{} could go, but not as things are now: {}; otherwise {}", all.front().text(),
                  all.front().why_not, otherwise);
}

std::string why_not_together(const Examination& examination, const std::vector<const PciFunction*>& functions)
{
    WholeControllers whole{.functions = functions};
    try_to_spare(examination, whole);
    return whole.why_not;
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
        const auto* made = std::get_if<plan::Plan>(&outcome);
        const auto* shift = made == nullptr ? nullptr : made->change.of(*spec.superspeed);
        if (shift != nullptr && shift->to == route::word_on)
            ways.push_back(format("usbroute move {} --to host", spec.name.text()));
    }
    return ways;
}

bool is_amds(const Examination& examination)
{
    constexpr std::uint16_t ati_vendor = 0x1002; // made AMD's bridges up to SR5690 and RD890
    const auto& functions = examination.facts.condition.functions;
    const auto bridge = std::ranges::find_if(functions, [](const PciFunction& function) {
        return function.class_code >> 8u == 0x0600; // PCI code and ID assignment
    });
    if (bridge == functions.end()) return examination.chipset.name == "AMD";
    return bridge->vendor == amd_vendor || bridge->vendor == ati_vendor;
}

IommuAdvice how_to_get_an_iommu(const Examination& examination)
{
    const auto& condition = examination.facts.condition;
    const bool amd = is_amds(examination);
    const auto* const option = amd ? "IOMMU (AMD-Vi)" : "VT-d";
    const auto kernel_words = condition.kernel_words.value_or(std::vector<std::string>{});
    const bool asked_for = amd || std::ranges::any_of(kernel_words, [](const auto& word) {
                               return word.starts_with("intel_iommu=on");
                           });
    if (const auto against = word_against(kernel_words, amd); !against.empty())
        return {.remedy = format("remove {} from the kernel's command line and reboot", against),
                .inferred = false};
    if (condition.firmware_iommu == true && asked_for)
        return {
            .remedy = format(
                "see why the kernel does not use the IOMMU: `sudo dmesg | grep -i {}`; firmware has {} on, so the kernel was built without its driver ({}), or that driver failed",
                amd ? "-e amd-vi -e ivrs" : "dmar", option, amd ? "CONFIG_AMD_IOMMU" : "CONFIG_INTEL_IOMMU"),
            .inferred = true};
    if (condition.firmware_iommu == false || asked_for)
        return {
            .remedy = format(
                "switch {} on in the firmware set-up; if there is no such option, the processor or the board lacks it",
                option),
            .inferred = condition.firmware_iommu != false};
    if (condition.firmware_iommu == true)
        return {.remedy = "add intel_iommu=on to the kernel's command line and reboot", .inferred = false};
    return {
        .remedy = format(
            "add intel_iommu=on to the kernel's command line and reboot; if that changes nothing, switch {} on in the firmware set-up",
            option),
        .inferred = true};
}

} // namespace usbroute::diagnose
