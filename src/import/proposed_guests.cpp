// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/draft.hpp"
#include "import/readers.hpp"

#include <algorithm>

namespace usbroute::import_ {

namespace {

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
    });
}

/// What libvirt takes for the name of a domain, as far as it can be written.
bool is_domain(std::string_view text)
{
    constexpr std::size_t longest = 250; // libvirt keeps it as NAME.xml
    return is_ascii(text) && text.size() <= longest && text.front() != ' ' && text.back() != ' ' &&
           text.find('/') == std::string_view::npos;
}

/// What a Unix socket can be bound to (unix(7)), as far as it can be written.
bool is_socket_path(std::string_view text)
{
    constexpr std::size_t longest = 107;
    return is_ascii(text) && text.starts_with('/') && text.size() <= longest;
}

/// What another file tells of a guest that is known already.
void join_guest(Draft& draft, ToldGuest& known, const ToldGuest& more)
{
    if (known.qmp.empty())
        known.qmp = more.qmp;
    else if (!more.qmp.empty() && known.qmp != more.qmp)
        draft.say(more.origin, Weight::warning,
                  format("{} has two QMP sockets, {} and {}; using the first", said(more.name),
                         said(known.qmp), said(more.qmp)));
    if (known.libvirt.empty()) known.libvirt = more.libvirt;
    if (known.origin.file == more.origin.file) return;
    known.functions.insert(known.functions.end(), more.functions.begin(), more.functions.end());
    known.slots.insert(known.slots.end(), more.slots.begin(), more.slots.end());
}

/// A guest of which a file has nothing but the name.
void gather_named_guest(Draft& draft, const Entry& entry)
{
    if (entry.guest.empty() || draft.guests.contains(entry.guest)) return;
    draft.guests.emplace(entry.guest, ToldGuest{.name = entry.guest,
                                                .origin = entry.origin,
                                                .qmp = {},
                                                .libvirt = {},
                                                .functions = {},
                                                .slots = {},
                                                .no_monitor = {}});
    draft.guest_order.push_back(entry.guest);
}

/// The functions of the PCI bus that a guest was given; of slots all functions that are there.
std::vector<std::pair<PciAddress, Origin>> told_functions(const Here& here, const ToldGuest& told)
{
    auto wanted = told.functions;
    for (const auto& [slot, origin] : told.slots) {
        bool any = false;
        for (const auto& function : here.functions)
            if (function.address.domain == slot.domain && function.address.bus == slot.bus &&
                function.address.device == slot.device) {
                wanted.emplace_back(function.address, origin);
                any = true;
            }
        if (!any) wanted.emplace_back(slot, origin);
    }
    return wanted;
}

/// What leaves the host together with a controller.
std::vector<std::string> others_of_group(const Here& here, const topology::PciController& controller)
{
    constexpr std::uint32_t pci_bridge = 0x0604; // stays with the host
    std::vector<std::string> others;
    for (const auto& one : here.functions)
        if (controller.iommu_group && one.iommu_group == controller.iommu_group &&
            one.address != controller.address && one.class_code >> 8 != pci_bridge)
            others.push_back(one.address.text());
    return others;
}

/// Guests, once sockets and rules are known.
class GuestProposer {
public:
    explicit GuestProposer(Draft& draft) : draft_(draft) {}

    void propose(const ToldGuest& told)
    {
        ProposedGuest guest;
        guest.called = told.name;
        guest.settings.name = GuestName(draft_.guest_names.of(told.name, "guest"));
        if (guest.settings.name.text() != told.name)
            draft_.say(told.origin, Weight::note,
                       format("{} becomes {}: names consist of letters, digits, -, _ and .", said(told.name),
                              guest.settings.name.text()));
        name_domain(told, guest);
        name_qmp(told, guest);
        for (const auto& [address, origin] : told_functions(draft_.here, told))
            give_function(told, guest, address, origin);
        if (guest.settings.qmp.empty() && guest.libvirt.empty()) find_way(told, guest);
        draft_.proposal.guests.push_back(std::move(guest));
    }

private:
    void name_domain(const ToldGuest& told, ProposedGuest& guest)
    {
        if (told.libvirt.empty()) return;
        if (is_domain(told.libvirt)) {
            guest.libvirt = told.libvirt;
            return;
        }
        draft_.say(told.origin, Weight::left,
                   format("{} cannot be written as a domain name; use the domain's UUID: libvirt = \"UUID\"",
                          said(told.libvirt)));
    }

    void name_qmp(const ToldGuest& told, ProposedGuest& guest)
    {
        if (told.qmp.empty()) return;
        if (is_socket_path(told.qmp)) {
            guest.settings.qmp = told.qmp;
            return;
        }
        draft_.say(told.origin, Weight::left, format("{} is not a valid path for qmp", said(told.qmp)));
    }

    void give_function(const ToldGuest& told, ProposedGuest& guest, const PciAddress& address,
                       const Origin& origin)
    {
        const auto& here = draft_.here;
        const auto* controller = here.snapshot.controller_at(address);
        if (controller == nullptr) {
            if (std::ranges::find(here.functions, address, &chips::PciFunction::address) ==
                here.functions.end())
                draft_.say(origin, Weight::left,
                           format("this machine has no PCI function {}", address.text()));
            return;
        }
        if (!given_.insert(address).second)
            return draft_.say(origin, Weight::left,
                              format("{} is already assigned; a controller has one owner", address.text()));
        guest.settings.controllers.push_back(address);
        draft_.say(
            origin, Weight::note,
            format(
                "{} is an entire USB controller: {} gets it with every socket on it; see `usbroute guest show {}`",
                address.text(), said(told.name), guest.settings.name.text()));
        if (const auto others = others_of_group(here, *controller); !others.empty())
            draft_.say(origin, Weight::warning,
                       format("{} shares its IOMMU group with {}: they can only be assigned together",
                              address.text(), listed(others)));
    }

    [[nodiscard]] bool takes_devices(const ToldGuest& told) const
    {
        return std::ranges::any_of(draft_.slots, [&](const Slot& slot) { return slot.guest == told.name; }) ||
               std::ranges::any_of(draft_.rules,
                                   [&](const RuleWish& rule) { return rule.entry.guest == told.name; });
    }

    /// A QMP socket for a guest that no file gives a way to.
    void find_way(const ToldGuest& told, ProposedGuest& guest)
    {
        if (!told.no_monitor.empty()) draft_.say(told.origin, Weight::left, told.no_monitor);
        if (!takes_devices(told) && !guest.settings.controllers.empty()) return;
        guest.settings.qmp = format("/run/usbroute/{}.qmp", guest.settings.name.text());
        guest.qmp_is_ours = true;
        if (told.no_monitor.empty())
            draft_.say(
                told.origin, Weight::warning,
                format(
                    "the files do not say how to reach {}: start its QEMU with -qmp unix:{},server=on,wait=off, or set its libvirt domain",
                    said(told.name), guest.settings.qmp));
    }

    Draft& draft_;
    std::set<PciAddress> given_;
};

} // namespace

void gather_guests(Draft& draft)
{
    for (const auto& file : draft.found) {
        for (const auto& guest : file.guests) {
            const auto [known, is_new] = draft.guests.emplace(guest.name, guest);
            if (is_new)
                draft.guest_order.push_back(guest.name);
            else
                join_guest(draft, known->second, guest);
        }
        for (const auto& entry : file.entries) gather_named_guest(draft, entry);
    }
}

void propose_guests(Draft& draft)
{
    GuestProposer proposer(draft);
    for (const auto& name : draft.guest_order) proposer.propose(draft.guests.at(name));
}

} // namespace usbroute::import_
