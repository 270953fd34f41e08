// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::plan {

/// Why a request is not carried out. Each has a stable word for scripts and the protocol.
enum class Reason : std::uint8_t {
    no_such_connector,
    several_devices,   ///< what names a device can mean several
    no_question,       ///< nobody is asked who is to have it
    several_questions, ///< more than one is open, and it was not said which
    not_offered,       ///< the rule that asks does not have this answer
    not_lasting,       ///< no rule could be for just this device
    always_host,       ///< a rule says that the device never leaves the host
    no_such_profile,
    no_such_guest,
    nothing_to_toggle,         ///< no profiles are configured
    nothing_to_undo,           ///< no change is remembered
    changed_since,             ///< the wires are not where the change to be undone left them
    not_the_guests_change,     ///< a guest would undo, or take off a trial, other sockets than its own
    owner_changed,             ///< a controller that a way back leads to has another owner by now
    no_mux,                    ///< no xHCI of the chip table on this machine
    several_muxes,             ///< more than one: which registers are the right ones cannot be told
    read_only_chip,            ///< the family is known, its bit map was never seen at work
    registers_unreadable,      ///< the kernel shows only 64 bytes, or an error
    connector_without_bit,     ///< named by controller and port chain: the mux does not reach it
    no_such_bit,               ///< the chip has no such bit in XUSB2PR (or it is USB-R)
    no_such_superspeed_port,   ///< the chip has no such bit in USB3_PSSEN
    bit_not_movable,           ///< outside XUSB2PRM: firmware does not let us
    no_twin,                   ///< no EHCI of this chipset has a port for the bit
    nobody_behind_route,       ///< that controller is not on the bus
    no_driver,                 ///< it is on the bus and nothing drives it
    not_authorized,            ///< the kernel was told not to use the root hub or a hub on the way
    guest_not_given,           ///< the guest's controller is still the host's
    not_the_guests_controller, ///< the guest was given other controllers
    last_keyboard,
    not_seen_yet, ///< what is plugged in there may be the only keyboard, and the kernel has not found it yet
    disk_in_use,
    not_expected,     ///< what is plugged in there is not what the configuration expects there
    whole_controller, ///< it goes only with its whole controller, which is another's or has to be given
    // Of a whole controller that is to change hands.
    no_controllers,       ///< the guest takes devices, and is given no controller
    controller_not_there, ///< it is not on the bus, or was in only one of two looks
    not_a_usb_controller,
    iommu_off,       ///< it is in no IOMMU group
    group_shared,    ///< its group has functions that the host or another guest uses
    vfio_not_loaded, ///< nothing that it could be bound to
    guest_running,   ///< somebody has its group open: the kernel would wait for him
    // Of one that goes into a running guest, or out of it.
    no_monitor,        ///< the guest has none
    guest_not_running, ///< there is nobody to get it
    guest_silent,      ///< it may run, and cannot be asked; or it was asked to let go, and has not
    no_root_port,      ///< it has no empty one to put it on
    not_ours,          ///< it has it, and usbroute did not put it there
    no_binder,         ///< root's program that binds drivers for usbrouted is not there
};

/// "no", with nothing touched: what was asked, what stands against it, what can be done.
struct Refusal {
    Reason reason;
    std::string subject;                    ///< the connector, profile, ... it is about
    std::string sentence;                   ///< one sentence without the remedy
    std::string remedy;                     ///< what to do; empty where there is nothing
    std::vector<std::string> evidence = {}; ///< what says so, where the sentence does not have it
    bool operator==(const Refusal&) const = default;
};

[[nodiscard]] std::string_view code_of(Reason reason);
[[nodiscard]] ErrorKind kind_of(Reason reason);
/// Sentence, evidence and remedy, one line.
[[nodiscard]] std::string text_of(const Refusal& refusal);
/// The same as an error, for whoever cannot go on without.
[[nodiscard]] Error error_from(const Refusal& refusal);

} // namespace usbroute::plan
