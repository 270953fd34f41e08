// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "diagnose/whole_controllers.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "diagnose/attempt.hpp"
#include "diagnose/iommu_advice.hpp"
#include "diagnose/next_steps.hpp"

#include <algorithm>
#include <tuple>

namespace usbroute::diagnose {

using chips::PciFunction;
using config::GuestSettings;
using config::Settings;
using topology::PciController;

namespace {

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
    if (is_on_bus_0(function) || function.vendor == chips::intel_vendor) return {};
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
} // namespace usbroute::diagnose
