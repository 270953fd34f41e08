// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/refusal.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <utility>

namespace usbroute::plan {

std::string_view code_of(Reason reason)
{
    switch (reason) {
    case Reason::no_such_connector: return "no-such-connector";
    case Reason::several_devices: return "several-devices";
    case Reason::no_question: return "no-question";
    case Reason::several_questions: return "several-questions";
    case Reason::not_offered: return "not-offered";
    case Reason::not_lasting: return "not-lasting";
    case Reason::always_host: return "always-host";
    case Reason::no_such_profile: return "no-such-profile";
    case Reason::no_such_guest: return "no-such-guest";
    case Reason::nothing_to_toggle: return "nothing-to-toggle";
    case Reason::nothing_to_undo: return "nothing-to-undo";
    case Reason::changed_since: return "changed-since";
    case Reason::not_the_guests_change: return "not-the-guests-change";
    case Reason::owner_changed: return "owner-changed";
    case Reason::no_mux: return "no-mux";
    case Reason::several_muxes: return "several-muxes";
    case Reason::read_only_chip: return "read-only-chip";
    case Reason::registers_unreadable: return "registers-unreadable";
    case Reason::connector_without_bit: return "connector-without-bit";
    case Reason::no_such_bit: return "no-such-bit";
    case Reason::no_such_superspeed_port: return "no-such-superspeed-port";
    case Reason::bit_not_movable: return "bit-not-movable";
    case Reason::no_twin: return "no-twin";
    case Reason::nobody_behind_route: return "nobody-behind-route";
    case Reason::no_driver: return "no-driver";
    case Reason::not_authorized: return "not-authorized";
    case Reason::guest_not_given: return "guest-not-given";
    case Reason::not_the_guests_controller: return "not-the-guests-controller";
    case Reason::last_keyboard: return "last-keyboard";
    case Reason::not_seen_yet: return "not-seen-yet";
    case Reason::disk_in_use: return "disk-in-use";
    case Reason::not_expected: return "not-expected";
    case Reason::whole_controller: return "whole-controller";
    case Reason::no_controllers: return "no-controllers";
    case Reason::controller_not_there: return "controller-not-there";
    case Reason::not_a_usb_controller: return "not-a-usb-controller";
    case Reason::iommu_off: return "iommu-off";
    case Reason::group_shared: return "group-shared";
    case Reason::vfio_not_loaded: return "vfio-not-loaded";
    case Reason::guest_running: return "guest-running";
    case Reason::no_monitor: return "no-monitor";
    case Reason::guest_not_running: return "guest-not-running";
    case Reason::guest_silent: return "guest-silent";
    case Reason::no_root_port: return "no-root-port";
    case Reason::not_ours: return "not-ours";
    case Reason::no_binder: return "no-binder";
    }
    std::unreachable();
}

ErrorKind kind_of(Reason reason)
{
    switch (reason) {
    case Reason::no_such_connector:
    case Reason::several_devices:
    case Reason::no_such_profile:
    case Reason::no_such_guest:
    case Reason::nothing_to_toggle: return ErrorKind::not_found;
    case Reason::registers_unreadable: return ErrorKind::not_permitted;
    default: return ErrorKind::refused;
    }
}

std::string text_of(const Refusal& refusal)
{
    auto text = refusal.sentence;
    if (!refusal.evidence.empty()) text += format(" ({})", join(refusal.evidence, "; "));
    if (!refusal.remedy.empty()) text += "; " + refusal.remedy;
    return text;
}

Error error_from(const Refusal& refusal)
{
    return Error(kind_of(refusal.reason), text_of(refusal)).with_code(std::string(code_of(refusal.reason)));
}

} // namespace usbroute::plan
