// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/resolve.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/homecoming.hpp"
#include "plan/way_back.hpp"
#include "plan/whole_controller.hpp"
#include "plan/whole_moves.hpp"
#include "route/wiring.hpp"

#include <algorithm>

namespace usbroute::plan {

using config::ProfileSettings;
using config::Settings;
using config::Target;
using config::ToHost;
using topology::Connector;
using topology::SeatId;
using topology::Side;

namespace {

template <class T> using OrRefusal = std::expected<T, Refusal>;

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known,
                         std::string_view otherwise)
{
    const auto near = nearest(word, known);
    return near ? format("did you mean {}?", *near) : std::string(otherwise);
}

Refusal no_such_connector(const Board& board, const ConnectorName& name)
{
    std::vector<std::string> known;
    for (const auto& connector : board.connectors) known.push_back(connector.spec.name.text());
    return {Reason::no_such_connector, printable(name.text(), 64),
            format("there is no connector {}", printable(name.text(), 64)),
            did_you_mean(name.text(), known, "`usbroute status` lists them")};
}

template <class Things> std::vector<std::string> names_of(const Things& things)
{
    std::vector<std::string> names;
    for (const auto& thing : things) names.push_back(thing.name.text());
    return names;
}

Refusal no_such_profile(const Settings& settings, const ProfileName& name)
{
    return {Reason::no_such_profile, printable(name.text(), 64),
            format("there is no profile {}", printable(name.text(), 64)),
            did_you_mean(name.text(), names_of(settings.profiles), "`usbroute config show` lists them")};
}

Refusal no_such_guest(const GuestName& name, const Settings& settings)
{
    auto known = names_of(settings.guests);
    known.insert(known.end(), {"host", "ehci", "xhci"});
    return {Reason::no_such_guest, printable(name.text(), 64),
            format("there is no guest {}", printable(name.text(), 64)),
            did_you_mean(name.text(), known, "guests are [guest.NAME] in the configuration")};
}

/// The command that hands a guest's controllers to vfio-pci, for a remedy that can be typed. Without an IOMMU it would be
/// refused.
std::string how_to_give(const config::GuestSettings& guest, const topology::Controller& controller)
{
    if (!controller.iommu_group)
        return "no IOMMU is in use, so it cannot be given yet: `usbroute doctor` says what is missing";
    return format("give it first: sudo usbroute guest {} {}",
                  guest.bind == config::BindAt::running ? "assign" : "bind", guest.name.text());
}

OrRefusal<Wanted> to_guest(const Connector& connector, const GuestName& guest_name, const Settings& settings,
                           const Board& board)
{
    const auto* guest = settings.guest(guest_name);
    const auto& name = connector.spec.name.text();
    if (guest == nullptr) return std::unexpected(no_such_guest(guest_name, settings));
    const auto has = [&](const topology::PciController* c) {
        return c != nullptr && std::ranges::find(guest->controllers, c->address) != guest->controllers.end();
    };
    for (const auto side : {Side::ehci, Side::xhci}) {
        const auto* controller = connector.controller_at(side);
        if (!has(controller)) continue;
        if (!is_given_to_guest(*controller))
            return std::unexpected(Refusal{
                Reason::guest_not_given, name,
                format("{} has not been given to {}: its driver is {}{}", in_words(board, connector, side),
                       guest_name.text(),
                       controller->driver.empty() ? "none" : printable(controller->driver, 32),
                       controller->hold() == topology::Hold::stub ? ", from which nobody has it" : ""),
                how_to_give(*guest, *controller)});
        return Wanted{.connector = &connector, .seat = side, .superspeed = {}, .target = guest_name};
    }
    const auto& twin = route::wiring_of(board.mux, connector.spec)->ehci;
    if (twin && connector.controller_at(Side::ehci) == nullptr)
        return std::unexpected(
            Refusal{Reason::nobody_behind_route, name,
                    format("{} would go to EHCI #{}, which is not on the bus", name, twin->controller),
                    "firmware hides it: set its xHCI mode to Auto, Smart Auto or Manual"});
    const auto reaches = format("{} can reach {} and {}", name, in_words(board, connector, Side::ehci),
                                in_words(board, connector, Side::xhci));
    if (guest->controllers.empty())
        return std::unexpected(Refusal{
            Reason::not_the_guests_controller, name,
            format("{}; {} was given no controller", reaches, guest_name.text()),
            format("name the EHCI in controllers of [guest.{}], or choose a socket that no mux reaches",
                   guest_name.text())});
    return std::unexpected(Refusal{
        Reason::not_the_guests_controller, name,
        format("{}; {} was given {}", reaches, guest_name.text(), join(texts_of(guest->controllers), ", ")),
        "add that controller to the guest, or choose a connector of the one it has"});
}

/// A connector whose devices are given.
OrRefusal<Wanted> to_taker(const Connector& connector, const Target& target, const Settings& settings)
{
    const auto& name = connector.spec.name.text();
    const auto at = [&](SeatId seat) {
        return Wanted{.connector = &connector, .seat = std::move(seat), .superspeed = {}, .target = target};
    };
    // It is that guest's already, with its whole controller.
    if (owner_of_whole(connector, settings)) return at(connector.at.value_or(topology::OwnController{}));
    if (std::holds_alternative<ToHost>(target)) return at(topology::OwnController{});
    if (std::holds_alternative<config::ToNobody>(target)) return at(topology::Parked{});
    const auto* guest = std::get_if<GuestName>(&target);
    if (guest == nullptr)
        return std::unexpected(
            Refusal{Reason::connector_without_bit, name,
                    format("{} is on no wires that go to {}", name, config::text_of(target)),
                    "say host, none or a guest"});
    if (settings.guest(*guest) == nullptr) return std::unexpected(no_such_guest(*guest, settings));
    if (connector.seat(*guest) == nullptr)
        return std::unexpected(Refusal{
            Reason::not_the_guests_controller, name,
            format("what is in {} is given to a guest by its monitor or by libvirt, and {} has neither", name,
                   guest->text()),
            format("add qmp = \"/run/usbroute/{0}.qmp\" to [guest.{0}], and the lines that "
                   "`usbroute guest lines {0}` prints; or libvirt = \"DOMAIN\" where libvirt runs it",
                   guest->text())});
    return at(*guest);
}

/// A connector that goes with its whole controller.
OrRefusal<Wanted> to_whole(const Connector& connector, const Target& target, const Settings& settings)
{
    const auto& name = connector.spec.name.text();
    const auto& guest = *connector.whole_for;
    const auto at = [&](SeatId seat) {
        return Wanted{.connector = &connector, .seat = std::move(seat), .superspeed = {}, .target = target};
    };
    if (std::holds_alternative<ToHost>(target)) return at(topology::OwnController{});
    if (const auto* wanted = std::get_if<GuestName>(&target)) {
        if (*wanted == guest) return at(guest);
        if (settings.guest(*wanted) == nullptr) return std::unexpected(no_such_guest(*wanted, settings));
    }
    return std::unexpected(
        Refusal{Reason::not_the_guests_controller, name,
                format("{} goes with its whole controller {}, to {} or back to the host", name,
                       connector.controller_at(topology::OwnController{})->name, guest.text()),
                format("left out of on_move in [guest.{}] its devices go one by one", guest.text())});
}

Refusal not_to_nobody(const Connector& connector)
{
    const auto& name = connector.spec.name.text();
    return {
        Reason::connector_without_bit, name,
        format("the mux moves the wires of {} from one controller to the other, and none is nobody's", name),
        "unplug what is in there"};
}

OrRefusal<Wanted> to_target(const Connector& connector, const Target& target, const Settings& settings,
                            const Board& board)
{
    if (means_of(connector) == Means::assign) return to_whole(connector, target, settings);
    if (means_of(connector) == Means::attach) return to_taker(connector, target, settings);
    if (std::holds_alternative<config::ToNobody>(target)) return std::unexpected(not_to_nobody(connector));
    if (const auto* side = std::get_if<Side>(&target))
        return Wanted{.connector = &connector, .seat = *side, .superspeed = {}, .target = target};
    if (const auto* guest = std::get_if<GuestName>(&target))
        return to_guest(connector, *guest, settings, board);
    return to_host(connector, settings, board);
}

/// Before its means are asked, which know no more than that the host does not drive its controller.
std::optional<Refusal> why_not_at_all(const topology::Snapshot& snapshot, const Settings& settings,
                                      const Board& board, const Connector& connector, const Target& target)
{
    if (auto refusal = why_only_whole(connector, target, settings, board)) return refusal;
    if (owner_of_whole(connector, settings)) return std::nullopt; // it is there, with its controller
    return why_not_by_its_means(snapshot, board, connector);
}

OrRefusal<Resolved> resolve_move(const MoveRequest& request, const Situation& s, const Board& board)
{
    Resolved resolved;
    resolved.title = text_of(Wish(request));
    for (const auto& name : request.connectors) {
        const auto* connector = board.find(name);
        if (connector == nullptr) return std::unexpected(no_such_connector(board, name));
        if (const auto* guest = std::get_if<GuestName>(&request.to);
            guest != nullptr && s.settings.guest(*guest) == nullptr)
            return std::unexpected(no_such_guest(*guest, s.settings));
    }
    for (const auto& name : request.connectors) {
        const auto& connector = *board.find(name);
        if (std::ranges::find(resolved.wanted, &connector, &Wanted::connector) != resolved.wanted.end())
            continue;
        if (auto refusal = why_not_at_all(s.snapshot, s.settings, board, connector, request.to))
            return std::unexpected(*refusal);
        auto wanted = to_target(connector, request.to, s.settings, board);
        if (!wanted) return std::unexpected(wanted.error());
        resolved.wanted.push_back(*wanted);
        resolved.asked.emplace_back(connector.spec.name, request.to);
    }
    return resolved;
}

const config::ProfileEntry* entry_for(const ProfileSettings& profile, const ConnectorName& name)
{
    const auto found = std::ranges::find(profile.entries, name, &config::ProfileEntry::connector);
    return found == profile.entries.end() ? nullptr : &*found;
}

OrRefusal<Resolved> resolve_profile(const ProfileSettings& profile, const topology::Snapshot& snapshot,
                                    const Settings& settings, const Board& board)
{
    Resolved resolved;
    resolved.profile = profile.name;
    resolved.may_take_last_keyboard = profile.may_take_last_keyboard;
    for (const auto& entry : profile.entries) {
        if (board.find(entry.connector) == nullptr)
            return std::unexpected(no_such_connector(board, entry.connector));
        resolved.asked.emplace_back(entry.connector, entry.target);
    }
    for (std::size_t i = 0; i < board.connectors.size(); ++i) {
        const auto& connector = board.connectors[i];
        const auto* entry = entry_for(profile, connector.spec.name);
        // Sockets nobody named are left alone unless the profile asks for them.
        if (entry == nullptr && (i >= board.configured || means_of(connector) == Means::none)) continue;
        if (entry == nullptr && owner_of_whole(connector, settings))
            continue; // goes only with its controller
        const auto target = entry == nullptr ? Target(ToHost{}) : entry->target;
        if (auto refusal = why_not_at_all(snapshot, settings, board, connector, target))
            return std::unexpected(*refusal);
        auto wanted = to_target(connector, target, settings, board);
        if (!wanted) return std::unexpected(wanted.error());
        wanted->named = entry != nullptr;
        wanted->keyboard_may_go = profile.may_take_last_keyboard;
        resolved.wanted.push_back(*wanted);
    }
    return resolved;
}

/// The round that a toggle walks. A single profile takes turns with "everything to the host", and comes first:
/// where neither holds, it is what was asked for.
using Round = std::vector<ProfileSettings>;

OrRefusal<Round> toggle_round(const ToggleRequest& request, const Settings& settings)
{
    const auto names = request.profiles.empty() ? settings.toggle_order() : request.profiles;
    if (names.empty())
        return std::unexpected(Refusal{Reason::nothing_to_toggle, "toggle", "no profile is configured",
                                       "write one: [profile.NAME] with a list of connectors for a guest"});
    Round round;
    for (const auto& name : names) {
        const auto* profile = settings.profile(name);
        if (profile == nullptr) return std::unexpected(no_such_profile(settings, name));
        round.push_back(*profile);
    }
    if (round.size() == 1) {
        ProfileSettings all_host;
        all_host.name = ProfileName("host");
        round.push_back(all_host);
    }
    return round;
}

/// The one in force: of two that mean the same wires that which was asked for last.
Round::const_iterator current_in(const Round& round, const Situation& s, const Board& board)
{
    const auto is_in_force = [&](const ProfileSettings& profile) {
        return holds(s.snapshot, board, s.settings, profile);
    };
    const auto applied = std::ranges::find_if(
        round, [&](const ProfileSettings& profile) { return profile.name == s.snapshot.applied; });
    return applied != round.end() && is_in_force(*applied) ? applied
                                                           : std::ranges::find_if(round, is_in_force);
}

/// The next that changes something. Where none does, the next; where none is in force, the first, which is the safe one in
/// every example.
Round::const_iterator next_in(const Round& round, const Situation& s, const Board& board)
{
    const auto current = current_in(round, s, board);
    if (current == round.end()) return round.begin();
    const auto after = [&](Round::const_iterator one) {
        return one + 1 == round.end() ? round.begin() : one + 1;
    };
    for (auto next = after(current); next != current; next = after(next))
        if (!holds(s.snapshot, board, s.settings, *next)) return next;
    return after(current);
}

OrRefusal<Resolved> resolve_toggle(const ToggleRequest& request, const Situation& s, const Board& board)
{
    const auto round = toggle_round(request, s.settings);
    if (!round) return std::unexpected(round.error());
    const auto& next = *next_in(*round, s, board);
    auto resolved = resolve_profile(next, s.snapshot, s.settings, board);
    if (resolved) resolved->title = format("toggle to {}", next.name.text());
    return resolved;
}

OrRefusal<Resolved> resolve_apply(const ApplyRequest& request, const Situation& s, const Board& board)
{
    const auto* profile = s.settings.profile(request.profile);
    if (profile == nullptr) return std::unexpected(no_such_profile(s.settings, request.profile));
    auto resolved = resolve_profile(*profile, s.snapshot, s.settings, board);
    if (resolved) resolved->title = format("apply {}", profile->name.text());
    return resolved;
}

/// What was said of a socket before the boot, and is remembered.
bool is_said_of(const topology::Snapshot& snapshot, const topology::ConnectorSpec& spec)
{
    const auto keys = topology::place_keys(spec);
    return std::ranges::any_of(snapshot.assigned, [&](const topology::Placed& placed) {
        return std::ranges::find(keys, placed.key) != keys.end();
    });
}

/// Who has asked for a socket since the boot was there first, whenever the controllers came.
OrRefusal<Resolved> resolve_start(const StartRequest& request, const Situation& s, const Board& board)
{
    auto resolved = resolve_apply({request.profile}, s, board);
    if (!resolved) return resolved;
    resolved->title = text_of(Wish(request));
    const bool has_moves = s.standing && is_of_this_board(*s.standing, board);
    const auto is_asked_for = [&](const Wanted& wanted) {
        const auto& spec = wanted.connector->spec;
        return (has_moves && s.standing->moves(spec)) || is_said_of(s.snapshot, spec);
    };
    if (std::erase_if(resolved->wanted, is_asked_for) == 0) return resolved;
    resolved->profile.reset();
    std::erase_if(resolved->asked, [&](const auto& asked) {
        return std::ranges::none_of(resolved->wanted,
                                    [&](const Wanted& w) { return w.connector->spec.name == asked.first; });
    });
    return resolved;
}

} // namespace

std::string in_words(const Board& board, const Connector& connector, const SeatId& seat)
{
    const auto* controller = connector.controller_at(seat);
    if (seat != SeatId(Side::ehci))
        return format("xHCI {}", controller == nullptr ? "(absent)" : controller->name);
    const auto* wiring = route::wiring_of(board.mux, connector.spec);
    const int number = wiring != nullptr && wiring->ehci ? wiring->ehci->controller : 0;
    return controller == nullptr ? format("EHCI #{} (hidden)", number)
                                 : format("EHCI #{} {}", number, controller->name);
}

std::expected<Wanted, Refusal> to_host(const Connector& connector, const Settings& settings,
                                       const Board& board)
{
    if (means_of(connector) == Means::attach || means_of(connector) == Means::assign)
        return Wanted{
            .connector = &connector, .seat = topology::OwnController{}, .superspeed = {}, .target = ToHost{}};
    const auto home = home_seat(connector, settings);
    const auto& name = connector.spec.name.text();
    if (!home)
        return std::unexpected(Refusal{Reason::no_driver, name,
                                       format("the host drives neither controller behind {}", name),
                                       "bind xhci_hcd or ehci-pci to one of them"});
    Wanted wanted{.connector = &connector, .seat = *home, .superspeed = {}, .target = ToHost{}};
    const bool movable = (board.mux->movable_bits() & connector.spec.bit->mask()) != 0;
    if (!movable && connector.at && *connector.at != *home && is_host(owner_now(connector, settings))) {
        // Firmware pins it there, and the host owns it there all the same.
        wanted.seat = *connector.at;
        wanted.superspeed = connector.superspeed_on;
    }
    return wanted;
}

std::optional<Refusal> why_not_switchable(const Connector& connector, const Board& board)
{
    const auto& name = connector.spec.name.text();
    const auto& family = *board.mux->family;
    if (connector.behind)
        return Refusal{Reason::connector_without_bit, name,
                       format("{} is behind {}: the mux moves both with bit {}, and neither alone", name,
                              connector.behind->text(), board.find(*connector.behind)->spec.bit->value),
                       format("move {}, and {} goes with it", connector.behind->text(), name)};
    if (connector.spec.behind)
        return Refusal{Reason::connector_without_bit, name,
                       format("{} is behind {}, which no bit of the mux moves", name,
                              connector.spec.behind->socket.text()),
                       "it moves only with its controller"};
    if (!connector.spec.bit)
        return Refusal{Reason::connector_without_bit, name,
                       format("{} is named by controller and port ({}), not by a mux bit", name,
                              connector.spec.is_by_place() ? connector.spec.places_told().front() : "none"),
                       "give it a mux_bit in the configuration if the mux reaches it"};
    if (route::wiring_of(board.mux, connector.spec) == nullptr) {
        const bool usb_r = family.usb_r_bit == connector.spec.bit->value;
        return Refusal{
            Reason::no_such_bit, name,
            usb_r ? format("bit {} of XUSB2PR is USB-R, the management engine's port, and never moved",
                           connector.spec.bit->value)
                  : format("{} has mux_bit = {}, but the {} chipset routes ports with bits 0 to {}", name,
                           connector.spec.bit->value, family.name, family.routes.back().bit),
            "correct the configuration: `usbroute mask` shows the bits"};
    }
    if (connector.spec.superspeed && (connector.spec.superspeed->mask() & family.superspeed_bits) == 0)
        return Refusal{Reason::no_such_superspeed_port, name,
                       format("{} has superspeed = {}, but the {} chipset has SuperSpeed ports 1 to {}", name,
                              connector.spec.superspeed->value, family.name, family.superspeed_ports()),
                       "correct the configuration"};
    return std::nullopt;
}

bool is_of_this_board(const Change& change, const Board& board)
{
    return change.controller == (board.mux ? board.mux->xhci->address : PciAddress{});
}

bool holds(const topology::Snapshot& snapshot, const Board& board, const Settings& settings,
           const ProfileSettings& profile)
{
    const auto resolved = resolve_profile(profile, snapshot, settings, board);
    return resolved && std::ranges::all_of(resolved->wanted, [](const Wanted& w) { return w.is_there(); });
}

namespace {

OrRefusal<Resolved> resolve_wish(const Situation& situation, const Board& board, const Wish& wish)
{
    if (const auto* move = std::get_if<MoveRequest>(&wish)) return resolve_move(*move, situation, board);
    if (const auto* apply = std::get_if<ApplyRequest>(&wish)) return resolve_apply(*apply, situation, board);
    if (const auto* toggle = std::get_if<ToggleRequest>(&wish))
        return resolve_toggle(*toggle, situation, board);
    if (const auto* start = std::get_if<StartRequest>(&wish)) return resolve_start(*start, situation, board);
    if (std::holds_alternative<UndoRequest>(wish)) return resolve_undo(situation, board);
    if (const auto* home = std::get_if<ReturnRequest>(&wish)) return resolve_return(*home, situation, board);
    if (const auto* revert = std::get_if<RevertRequest>(&wish))
        return resolve_revert(*revert, situation, board);
    if (const auto* recover = std::get_if<RecoverRequest>(&wish))
        return resolve_recovery(*recover, situation, board);
    return resolve_restore(situation, board);
}

/// Of a whole controller none goes without the others.
bool goes_with(const Wanted& wanted, const std::vector<ConnectorName>& only, const Board& board)
{
    const auto* controller = whole_controller_of(*wanted.connector);
    return std::ranges::any_of(only, [&](const ConnectorName& name) {
        if (name == wanted.connector->spec.name) return true;
        const auto* other = controller == nullptr ? nullptr : board.find(name);
        return other != nullptr && whole_controller_of(*other) == controller;
    });
}

/// What the request leaves out of its wish.
void narrow(Resolved& resolved, const Board& board, const Request& request)
{
    if (!request.only.empty()) {
        std::erase_if(resolved.wanted, [&](const Wanted& w) { return !goes_with(w, request.only, board); });
        const auto is_out = [&](const ConnectorName& name) {
            return std::ranges::find(request.only, name) == request.only.end() &&
                   std::ranges::none_of(resolved.wanted,
                                        [&](const Wanted& w) { return w.connector->spec.name == name; });
        };
        std::erase_if(resolved.asked, [&](const auto& asked) { return is_out(asked.first); });
        std::erase_if(resolved.staying, [&](const Stay& stay) { return is_out(stay.connector); });
    }
    if (!request.wires_alone) return;
    for (auto& wanted : resolved.wanted) {
        wanted.superspeed = wanted.connector->superspeed_on;
        wanted.named = false;
    }
}

} // namespace

std::expected<Resolved, Refusal> resolve(const Situation& situation, const Board& board,
                                         const Request& request)
{
    auto resolved = resolve_wish(situation, board, request.wish);
    if (resolved) narrow(*resolved, board, request);
    return resolved;
}

} // namespace usbroute::plan
