// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/farewell.hpp"
#include "base/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Whole controllers in a guest that runs: what its machine has, and what is done about it.
namespace usbroute::assign {

/// QEMU's id of a controller that usbroute gives, "usbroute-00-1d-0": the same however many devices there are, for device_del and
/// for the person in the monitor. Without dots, which libvirt's aliases cannot have.
[[nodiscard]] std::string object_of(const PciAddress& function);

/// A PCI function of the host that a guest's machine has.
struct HeldFunction {
    PciAddress function;
    std::string object; ///< QEMU's id; empty: it was given none
    std::string place;  ///< the root port that it is on, "rp1"; empty: not known, or another bus
    Farewell farewell = Farewell::none;
    bool operator==(const HeldFunction&) const = default;

    [[nodiscard]] bool is_ours() const { return object == object_of(function); }
};

/// Whether a guest's machine can be asked.
enum class MachineState : std::uint8_t {
    away,   ///< it does not run
    silent, ///< it may run, and nobody can ask it: what it has is not known
    there,
};
/// "away", "silent", "there".
[[nodiscard]] std::string_view text_of(MachineState state);
[[nodiscard]] std::optional<MachineState> machine_state_from(std::string_view word);

/// What a guest's machine has of the host's functions, as of one look.
struct InGuest {
    MachineState machine = MachineState::away;
    std::string why;           ///< it is silent, or does not run, in words; may be empty
    std::uint32_t process = 0; ///< of its QEMU; 0: not known
    std::vector<HeldFunction> held;
    /// Names of PCI Express root ports with nothing on them. The guest needs one for each controller, and none can be added while
    /// it runs.
    std::vector<std::string> free_places;
    bool chooses_places = false; ///< libvirt does, and only counts them: their names are not known
    bool operator==(const InGuest&) const = default;

    [[nodiscard]] const HeldFunction* find(const PciAddress& function) const;
};

/// A domain of libvirt's as a person names it to virsh; both are empty where QEMU itself is asked.
struct DomainName {
    std::string uri; ///< "qemu:///system"
    std::string name;
    bool operator==(const DomainName&) const = default;
};

/// A function that is on vfio-pci goes into a guest that runs.
struct PlugIn {
    GuestName guest;
    PciAddress function;
    std::string place;      ///< the root port; empty: libvirt chooses it
    DomainName domain = {}; ///< for the line that a person could type
    bool operator==(const PlugIn&) const = default;
};

/// A guest that runs lets go of a function.
struct TakeOut {
    GuestName guest;
    PciAddress function;
    std::string place;      ///< where it was, for the way back
    DomainName domain = {}; ///< as of PlugIn
    bool operator==(const TakeOut&) const = default;
};

/// Whether what is seen of the guest shows that it is done. A guest that is silent may still have everything.
[[nodiscard]] bool is_done(const PlugIn& plug, const InGuest& seen);
[[nodiscard]] bool is_done(const TakeOut& out, const InGuest& seen);
/// What is seen in its place, one sentence; to be asked of what is not done.
[[nodiscard]] std::string why_undone(const PlugIn& plug, const InGuest& seen);
[[nodiscard]] std::string why_undone(const TakeOut& out, const InGuest& seen);

/// What does the same by hand: in the monitor of the guest's QEMU, or by virsh in the running domain alone.
[[nodiscard]] std::string shell_line(const PlugIn& plug);
[[nodiscard]] std::string shell_line(const TakeOut& out);

/// What ends it when a guest does not let go, for people.
[[nodiscard]] std::string what_ends_silence(const GuestName& guest);

/// Something about the controllers in a guest that is asked of the daemon, by root's own command.
struct Ask {
    enum class What : std::uint8_t { look, plug_in, take_out };

    GuestName guest;
    What what = What::look;
    PciAddress function = {}; ///< of all but `look`
    std::string place = {};   ///< of `plug_in`; empty: libvirt chooses it
    bool operator==(const Ask&) const = default;
};
/// "look", "plug-in", "take-out".
[[nodiscard]] std::string_view text_of(Ask::What what);
[[nodiscard]] std::optional<Ask::What> what_is_asked(std::string_view word);

} // namespace usbroute::assign
