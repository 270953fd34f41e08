// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/given_sockets.hpp"

#include "base/format.hpp"
#include "plan/board.hpp"
#include "plan/giving.hpp"
#include "plan/whole_moves.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::plan {

using attach::Waits;
using topology::Connector;
using topology::PortPath;

namespace {

struct WaitWords {
    std::string_view code;
    const char* in_general;
};
constexpr std::array<WaitWords, 10> wait_words{{
    {"guest-off", "it waits until the guest runs"},
    {"not-started", "the guest was not started for it"},
    {"monitor-silent", "it waits until the guest's monitor answers"},
    {"guest-paused", "it waits until the guest goes on"},
    {"no-port", "the host has it: no USB port of the guest is free"},
    {"held-by-other", "somebody else has it"},
    {"failed", "the host has it: giving it has failed twice"},
    {"kept", "the host keeps it"},
    {"under-way", "it is about to be given"},
    {"no-right", "the host may not offer it to its drivers"},
}};

std::string code_of_wait(Waits why)
{
    switch (why) {
    case Waits::no_monitor: return "monitor-silent";
    case Waits::no_port: return "no-port";
    case Waits::held_by_other: return "held-by-other";
    case Waits::failed: return "failed";
    case Waits::stays: return "kept";
    case Waits::no_right: return "no-right";
    }
    return {};
}

bool is_reserved_for(const GuestName& name, const attach::Seen& seen, const config::Settings& settings)
{
    const auto* guest = seen.guest(name);
    const auto* known = settings.guest(name);
    const bool is_off = guest == nullptr || (!guest->usb && guest->is_gone);
    return is_off && known != nullptr && known->when_off == config::WhenOff::reserve;
}

/// What whatever comes into a socket of this guest waits for.
std::optional<SocketWait> wait_of(const GuestName& name, attach::Way way, const attach::Seen& seen,
                                  const config::Settings& settings)
{
    const auto* guest = seen.guest(name);
    if (guest == nullptr || (!guest->usb && guest->is_gone)) {
        return SocketWait{.place = {},
                          .code = "guest-off",
                          .sentence =
                              format("{}: what is plugged in is {} until it does",
                                     guest == nullptr || !guest->silence ? name.text() + " does not run"
                                                                         : guest->silence->why,
                                     is_reserved_for(name, seen, settings) ? "nobody's" : "the host's"),
                          .errors = {}};
    }
    if (!guest->usb)
        return SocketWait{
            .place = {},
            .code = "monitor-silent",
            .sentence = format("{}: what is plugged in waits",
                               !guest->silence ? format("there is no connection to {}'s monitor", name.text())
                                               : guest->silence->why),
            .errors = {}};
    const auto& controllers = guest->usb->controllers;
    if (guest->domain && std::ranges::none_of(controllers, &attach::GuestController::is_xhci))
        return SocketWait{.place = {},
                          .code = code_of_wait(Waits::no_port),
                          .sentence = no_port_in(*guest->domain, "USB"),
                          .errors = {}};
    if (!guest->usb->is_running && way == attach::Way::by_place)
        return SocketWait{.place = {},
                          .code = "guest-paused",
                          .sentence =
                              format("{} is paused: its QEMU looks at the port once it goes on", name.text()),
                          .errors = {}};
    return std::nullopt;
}

std::string device_shown_at(const topology::Snapshot& snapshot, const PortPath& path)
{
    const auto* device = snapshot.device_at(path);
    return device == nullptr ? path.text() : device->shown();
}

bool is_in(const std::vector<PortPath>& places, const PortPath& path)
{
    return std::ranges::any_of(places, [&](const PortPath& place) { return place.contains(path); });
}

attach::Way way_of(const attach::SeenGuest* guest, const std::vector<PortPath>& places,
                   const topology::Snapshot& snapshot, const attach::Ways& ways)
{
    const auto is_by_place = [&](const PortPath& path) { return ways.at(path) == attach::Way::by_place; };
    if (guest != nullptr && guest->domain && !guest->domain->by_descriptor) return attach::Way::by_libvirt;
    if (std::ranges::any_of(places, is_by_place)) return attach::Way::by_place;
    for (const auto& device : snapshot.devices)
        if (is_in(places, device->path) && is_by_place(device->path)) return attach::Way::by_place;
    return ways.usual;
}

/// What the whole controller of a socket waits for, which is for the guest or comes back from it.
std::vector<SocketWait> waits_of_controller(const Connector& connector, const attach::Seen& seen,
                                            const Plan& controllers, const FailedControllers& failed)
{
    std::vector<SocketWait> waits;
    const auto add = [&](const char* code, std::string sentence) {
        waits.push_back({.place = {}, .code = code, .sentence = std::move(sentence), .errors = {}});
    };
    const auto& guest = *connector.whole_for;
    const auto& controller = *whole_controller_of(connector);
    const bool is_for_guest = connector.at == topology::SeatId(guest);
    const auto* there = seen.guest(guest);
    const bool is_off = there == nullptr || (!there->usb && there->is_gone);
    if (is_for_guest && is_off)
        add("guest-off", format("{} does not run: {} is {} until it does", guest.text(), controller.name,
                                is_given_to_guest(controller) ? "nobody's" : "the host's"));
    else if (is_for_guest && !there->usb)
        add("monitor-silent", there->silence
                                  ? there->silence->why
                                  : format("there is no connection to {}'s monitor", guest.text()));
    const auto stays = std::ranges::find(controllers.staying, connector.spec.name, &Stay::connector);
    const auto due = controllers_in(controllers);
    if (const auto why = failed.find(controller.address); why != failed.end())
        add("failed", why->second);
    else if (stays != controllers.staying.end())
        add("kept", text_of(stays->why));
    else if (std::ranges::find(due, controller.address) != due.end())
        add("under-way", format("{} is about to go to {}", controller.name,
                                is_for_guest && !is_off ? guest.text() : "the host"));
    return waits;
}

GivenSocket socket_given_to(const GuestName& guest, const Connector& connector, const Board& board,
                            const Plan& followed, const topology::Snapshot& snapshot,
                            const config::Settings& settings)
{
    const auto is_told_elsewhere = [&](const PortPath& path) {
        return !connector.spec.device && board.apart_at(path) != nullptr;
    };
    const auto& seen = *followed.made_for.devices;
    const auto& places = connector.seat(topology::OwnController{})->places;
    GivenSocket socket{.connector = connector.spec.name,
                       .guest = guest,
                       .way = way_of(seen.guest(guest), places, snapshot, seen.ways),
                       .waits = {},
                       .is_reserved = is_reserved_for(guest, seen, settings)};
    if (auto wait = wait_of(guest, socket.way, seen, settings)) socket.waits.push_back(std::move(*wait));
    std::vector<PortPath> kept_at;
    for (const auto& kept : followed.kept) {
        if (!is_in(places, kept.device.path) || is_told_elsewhere(kept.device.path)) continue;
        kept_at.push_back(kept.device.path);
        socket.waits.push_back({.place = kept.device.path,
                                .code = code_of_wait(Waits::stays),
                                .sentence = text_of(kept.why),
                                .errors = {}});
    }
    for (const auto& waiting : followed.waiting) {
        const auto& path = waiting.device.path;
        // Of the first the socket itself says it, of the second it is said already, with the reason.
        if (!is_in(places, path) || is_told_elsewhere(path) || waiting.why == Waits::no_monitor ||
            std::ranges::find(kept_at, path) != kept_at.end())
            continue;
        socket.waits.push_back({.place = path,
                                .code = code_of_wait(waiting.why),
                                .sentence = in_words(waiting, snapshot),
                                .errors = waiting.errors});
    }
    for (const auto& path : followed.to_be_given)
        if (is_in(places, path))
            socket.waits.push_back({.place = path,
                                    .code = "under-way",
                                    .sentence = format("{} is about to be given to {}",
                                                       device_shown_at(snapshot, path), guest.text()),
                                    .errors = {}});
    return socket;
}

} // namespace

std::vector<GivenSocket> given_sockets(const Plan& followed, const topology::Snapshot& snapshot,
                                       const config::Settings& settings)
{
    std::vector<GivenSocket> sockets;
    if (!followed.made_for.devices) return sockets;
    const auto board = look_at_board(snapshot, settings);
    for (const auto* connector : board.all()) {
        if (means_of(*connector) != Means::attach || !connector->at) continue;
        if (const auto* guest = std::get_if<GuestName>(&*connector->at))
            sockets.push_back(socket_given_to(*guest, *connector, board, followed, snapshot, settings));
    }
    return sockets;
}

std::vector<GivenSocket> whole_sockets(const Plan& devices, const Plan& controllers,
                                       const FailedControllers& failed, const topology::Snapshot& snapshot,
                                       const config::Settings& settings)
{
    std::vector<GivenSocket> sockets;
    if (!devices.made_for.devices) return sockets;
    const auto& seen = *devices.made_for.devices;
    const auto board = look_at_board(snapshot, settings);
    for (const auto& connector : board.connectors) {
        if (whole_controller_of(connector) == nullptr) continue;
        const auto& guest = *connector.whole_for;
        auto waits = waits_of_controller(connector, seen, controllers, failed);
        if (connector.at != topology::SeatId(guest) && waits.empty()) continue;
        sockets.push_back({.connector = connector.spec.name,
                           .guest = guest,
                           .waits = std::move(waits),
                           .goes_whole = true});
    }
    return sockets;
}

void add_not_started(std::vector<GivenSocket>& sockets, const GuestName& guest, const std::string& why)
{
    for (auto& socket : sockets)
        if (socket.guest == guest)
            socket.waits.push_back({.place = {}, .code = "not-started", .sentence = why, .errors = {}});
}

std::string wait_in_general_words(std::string_view code)
{
    const auto* const words = std::ranges::find(wait_words, code, &WaitWords::code);
    return words == wait_words.end() ? "it waits" : words->in_general;
}

} // namespace usbroute::plan
