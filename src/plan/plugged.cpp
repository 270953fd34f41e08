// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/plugged.hpp"

#include "attach/actions.hpp"
#include "base/format.hpp"
#include "plan/board.hpp"

#include <algorithm>

namespace usbroute::plan {

using attach::HostDevice;

namespace {

attach::GuestUsb of_an_imagined_guest()
{
    attach::GuestUsb usb;
    usb.is_running = true;
    usb.status = "running";
    usb.controllers.push_back(attach::AddController{}.as_it_will_be());
    return usb;
}

std::string for_a_shell(std::string_view text)
{
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

/// What could not be given was a plug all the same: whether the attempts were quicker than the call decides nothing.
bool is_kept(const Plan& as_if, const HostDevice& device)
{
    const auto is_it = [&](const auto& one) { return one.device == device; };
    return std::ranges::any_of(as_if.kept, is_it) ||
           std::ranges::any_of(as_if.waiting, [&](const attach::Waiting& one) {
               return is_it(one) && one.why != attach::Waits::failed;
           });
}

} // namespace

attach::Seen as_if_guests_run(attach::Seen seen)
{
    for (auto& guest : seen.guests) {
        if (guest.usb) continue;
        guest.usb = of_an_imagined_guest();
        guest.is_gone = false;
        guest.is_changing = false;
        guest.silence.reset();
    }
    return seen;
}

std::vector<Plugged> for_guests(const std::vector<HostDevice>& devices, const Plan& as_if,
                                const topology::Snapshot& snapshot, const config::Settings& settings)
{
    std::vector<Plugged> found;
    const auto board = look_at_board(snapshot, settings);
    for (const auto& one : devices) {
        const auto* device = snapshot.device_at(one.path);
        if (device == nullptr || device->number != one.number) continue;
        if (attach::seen(*device).is_hub() || is_kept(as_if, one)) continue;
        const auto* connector = board.connector_of(one.path);
        if (connector == nullptr || means_of(*connector) != Means::attach || !connector->at) continue;
        if (const auto* guest = std::get_if<GuestName>(&*connector->at))
            found.push_back({.device = one, .connector = connector->spec.name, .guest = *guest});
    }
    return found;
}

/// QEMU's words of a machine that stands still, and libvirt's: "paused", "suspended". What others there are, a plug does not end.
Runs runs(const attach::SeenGuest& guest)
{
    if (guest.usb) {
        if (guest.usb->status.empty()) return Runs::unknown;
        if (guest.usb->status == "paused") return Runs::paused;
        return guest.usb->status == "suspended" ? Runs::asleep : Runs::yes;
    }
    const bool is_told = !guest.silence || guest.silence->code == "no-domain";
    return guest.is_gone && !guest.is_changing && is_told ? Runs::no : Runs::unknown;
}

PlugCalls plug_calls(config::OnPlug on_plug, Runs runs)
{
    if (on_plug == config::OnPlug::nothing || runs == Runs::yes) return PlugCalls::nothing;
    if (runs == Runs::unknown) return PlugCalls::waiting;
    if (on_plug == config::OnPlug::ask) return PlugCalls::asking;
    if (runs != Runs::no) return PlugCalls::resuming;
    return on_plug == config::OnPlug::start ? PlugCalls::starting : PlugCalls::nothing;
}

std::string to_have_it_run(const config::GuestSettings& guest, Runs runs)
{
    if (!guest.libvirt) {
        if (runs == Runs::paused) return "type cont in another monitor of its QEMU";
        if (runs == Runs::asleep) return "type system_wakeup in another monitor of its QEMU";
        return "start its QEMU";
    }
    const auto* const command = runs == Runs::paused   ? "resume"
                                : runs == Runs::asleep ? "dompmwakeup"
                                                       : "start";
    const auto whose =
        guest.libvirt->user.empty() ? std::string() : format(" (as user {})", guest.libvirt->user);
    return format("virsh -c {} {} {}{}", guest.libvirt->uri(), command, for_a_shell(guest.libvirt->domain),
                  whose);
}

std::string_view text_of(Runs runs)
{
    switch (runs) {
    case Runs::yes: return "running";
    case Runs::no: return "off";
    case Runs::paused: return "paused";
    case Runs::asleep: return "suspended";
    case Runs::unknown: return "unknown";
    }
    return {};
}

std::string_view in_words(Runs runs)
{
    switch (runs) {
    case Runs::yes: return "runs";
    case Runs::no: return "does not run";
    case Runs::paused: return "is paused";
    case Runs::asleep: return "is asleep";
    case Runs::unknown: return "cannot be asked";
    }
    return {};
}

} // namespace usbroute::plan
