// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/draft.hpp"
#include "import/routing.hpp"
#include "plan/reach.hpp"

#include <algorithm>

namespace usbroute::import_ {

using config::ProfileEntry;

namespace {

/// Whether the mux brings that socket to the guest.
bool reaches_guest(Draft& draft, const Slot& slot, const ProfileEntry& entry)
{
    const auto& name = std::get<GuestName>(entry.target);
    const auto& mux = *draft.spots.mux();
    const auto* route = mux.family->route_of(*slot.spot.bit);
    const auto* ehci = route != nullptr && route->ehci ? mux.ehci(route->ehci->controller) : nullptr;
    for (const auto& guest : draft.proposal.guests)
        if (guest.settings.name == name)
            for (const auto& address : guest.settings.controllers)
                if (address == mux.xhci->address || (ehci != nullptr && address == ehci->address))
                    return true;
    const auto what = ehci == nullptr ? std::string("it has no EHCI on the other side")
                                      : format("give {} controllers = [\"{}\"], or use another socket",
                                               name.text(), ehci->address.text());
    draft.say(
        slot.origin, Weight::left,
        format(
            "{} is a mux socket, which can be moved only between controllers, not to a guest: {}; its line in the profile is written as a comment",
            entry.connector.text(), what));
    return false;
}

bool has_line(const std::vector<ProfileEntry>& entries, const ConnectorName& connector)
{
    return std::ranges::find(entries, connector, &ProfileEntry::connector) != entries.end();
}

/// What the guests had, all at the same time.
void propose_imported_profile(Draft& draft)
{
    ProposedProfile given;
    given.settings.name = ProfileName(draft.profile_names.free("imported"));
    given.remark = "everything the old tools gave to guests, at the same time";
    for (const auto& slot : draft.slots) {
        if (slot.guest.empty()) continue;
        const ProfileEntry entry{.connector = ConnectorName(slot.name),
                                 .target = GuestName(draft.guest_names.of(slot.guest, "guest"))};
        if (has_line(given.settings.entries, entry.connector) ||
            has_line(given.out_of_reach, entry.connector))
            continue;
        const bool is_reached = !slot.spot.bit || reaches_guest(draft, slot, entry);
        (is_reached ? given.settings.entries : given.out_of_reach).push_back(entry);
    }
    if (!given.settings.entries.empty() || !given.out_of_reach.empty())
        draft.proposal.profiles.push_back(std::move(given));
}

/// The proposal as `config check` would read it.
config::Settings settings_of(const Proposal& proposal)
{
    config::Settings settings;
    for (const auto& connector : proposal.connectors) settings.connectors.push_back(connector.settings);
    for (const auto& guest : proposal.guests) {
        settings.guests.push_back(guest.settings);
        // Through libvirt or through QEMU, it takes devices.
        if (!guest.libvirt.empty() && guest.settings.qmp.empty())
            settings.guests.back().libvirt = config::LibvirtSettings{.domain = guest.libvirt};
    }
    for (const auto& profile : proposal.profiles) settings.profiles.push_back(profile.settings);
    return settings;
}

void leave_profile(Draft& draft, ProposedProfile& profile, const std::string& why)
{
    draft.say(
        {.file = draft.found.empty() ? std::string() : draft.found.front().file, .line = 1, .column = 1},
        Weight::left,
        format("profile {}: {}; the profile is written as a comment", profile.settings.name.text(), why));
    auto& entries = profile.settings.entries;
    profile.out_of_reach.insert(profile.out_of_reach.end(), entries.begin(), entries.end());
    entries.clear();
    profile.why_out_of_reach = why;
}

void leave_controllers(Draft& draft, ProposedGuest& guest, const std::string& why)
{
    auto& settings = guest.settings;
    draft.say(draft.guests.at(guest.called).origin, Weight::left,
              format("guest {}: {}; its controllers are written as a comment", settings.name.text(), why));
    std::vector<std::string> had;
    for (const auto& address : settings.controllers) had.push_back("\"" + address.text() + "\"");
    guest.remarks.push_back(format("controllers = [{}]", join(had, ", ")));
    settings.controllers.clear();
    if (settings.qmp.empty() && guest.libvirt.empty()) {
        settings.qmp = format("/run/usbroute/{}.qmp", settings.name.text());
        guest.qmp_is_ours = true;
    }
}

/// Profiles that are comments by now cannot be cycled through.
void leave_empty_toggles(Proposal& proposal)
{
    std::erase_if(proposal.toggle, [&](const std::string& name) {
        return std::ranges::none_of(proposal.profiles, [&](const ProposedProfile& profile) {
            return profile.settings.name.text() == name && !profile.settings.entries.empty();
        });
    });
    if (proposal.toggle.size() < 2) proposal.toggle.clear();
}

/// What `config check` would refuse on this machine becomes a comment.
void leave_what_cannot_be(Draft& draft)
{
    for (const auto& out : plan::out_of_reach(draft.here.snapshot, settings_of(draft.proposal))) {
        for (auto& profile : draft.proposal.profiles)
            if (out.subject == "profile " + profile.settings.name.text())
                leave_profile(draft, profile, out.sentence);
        for (auto& guest : draft.proposal.guests)
            if (out.subject == "guest " + guest.settings.name.text())
                leave_controllers(draft, guest, out.sentence);
    }
    leave_empty_toggles(draft.proposal);
}

} // namespace

void propose_profiles(Draft& draft)
{
    propose_imported_profile(draft);
    propose_routing(draft.here, draft.spots, draft.found, draft.connector_names, draft.profile_names,
                    draft.proposal);
    leave_what_cannot_be(draft);
}

} // namespace usbroute::import_
