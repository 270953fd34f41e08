// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/guest_usb.hpp"
#include "attach/host_device.hpp"
#include "attach/seen.hpp"
#include "base/ids.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace usbroute::attach {

/// Keeps the host's drivers from what is plugged into a port, or no longer (USBDEVFS_CLAIM_PORT, USBDEVFS_RELEASE_PORT).
struct ClaimPort {
    topology::PortPath port;
    bool operator==(const ClaimPort&) const = default;
};
struct ReleasePort {
    topology::PortPath port;
    bool operator==(const ReleasePort&) const = default;
};

/// Lets a hub in a port that was claimed work: without a configuration nothing behind it is seen.
struct WakeHub {
    HostDevice hub;
    bool operator==(const WakeHub&) const = default;
};

/// Gives one device to a guest. With `Way::descriptor`, and with `Way::by_libvirt` where its node can be opened, it is given a
/// configuration if it has none; QEMU does not.
struct Give {
    GuestName guest;
    HostDevice device;
    GuestPort to;
    Way way = Way::descriptor;
    std::optional<Domain> domain = std::nullopt; ///< with `Way::by_libvirt`
    bool operator==(const Give&) const = default;

    [[nodiscard]] ObjectId object() const;
};

/// Takes an object of ours from a guest, whether its device is still there or not.
struct Take {
    GuestName guest;
    ObjectId object;
    std::optional<Domain> domain = std::nullopt; ///< as in Give
    bool operator==(const Take&) const = default;
};

/// Gives a device back to the host's drivers (USBDEVFS_SETCONFIGURATION, USBDEVFS_CONNECT).
struct BringHome {
    HostDevice device;
    bool operator==(const BringHome&) const = default;
};

/// Takes a device from the host's drivers, and gives it to nobody (USBDEVFS_DISCONNECT).
struct Park {
    HostDevice device;
    bool operator==(const Park&) const = default;
};

/// Plugs a controller with 15 ports into an empty root port of a guest that runs, since it has no port left. The guest keeps it
/// until it ends: its driver would have to let go of it. For `SeenGuest::can_be_given_a_controller`.
struct AddController {
    /// hw/usb/hcd-xhci.h: XHCI_MAXPORTS_2 and _3.
    static constexpr std::uint8_t ports = 15;

    GuestName guest;
    ControllerId controller;
    std::string root_port;
    topology::PortPath place; ///< of the device that needs it first
    bool operator==(const AddController&) const = default;

    [[nodiscard]] GuestController as_it_will_be() const;
};

/// One thing that this means does.
using Action = std::variant<ClaimPort, ReleasePort, WakeHub, Give, Take, BringHome, Park, AddController>;

[[nodiscard]] bool is_done(const ClaimPort& action, const Seen& seen);
[[nodiscard]] bool is_done(const ReleasePort& action, const Seen& seen);
[[nodiscard]] bool is_done(const WakeHub& action, const Seen& seen);
[[nodiscard]] bool is_done(const Give& action, const Seen& seen);
[[nodiscard]] bool is_done(const Take& action, const Seen& seen);
[[nodiscard]] bool is_done(const BringHome& action, const Seen& seen);
[[nodiscard]] bool is_done(const Park& action, const Seen& seen);
[[nodiscard]] bool is_done(const AddController& action, const Seen& seen);

/// What is seen in its place, one sentence; to be asked of what is not done.
[[nodiscard]] std::string why_undone(const ClaimPort& action, const Seen& seen);
[[nodiscard]] std::string why_undone(const ReleasePort& action, const Seen& seen);
[[nodiscard]] std::string why_undone(const WakeHub& action, const Seen& seen);
[[nodiscard]] std::string why_undone(const Give& action, const Seen& seen);
[[nodiscard]] std::string why_undone(const Take& action, const Seen& seen);
[[nodiscard]] std::string why_undone(const BringHome& action, const Seen& seen);
[[nodiscard]] std::string why_undone(const Park& action, const Seen& seen);
[[nodiscard]] std::string why_undone(const AddController& action, const Seen& seen);

/// "give 3-2.1 to windows, on port 1 of usbroute0.0".
[[nodiscard]] std::string in_words(const ClaimPort& action);
[[nodiscard]] std::string in_words(const ReleasePort& action);
[[nodiscard]] std::string in_words(const WakeHub& action);
[[nodiscard]] std::string in_words(const Give& action);
[[nodiscard]] std::string in_words(const Take& action);
[[nodiscard]] std::string in_words(const BringHome& action);
[[nodiscard]] std::string in_words(const Park& action);
[[nodiscard]] std::string in_words(const AddController& action);
/// What shows afterwards that it is done, half a sentence.
[[nodiscard]] std::string expectation_of(const ClaimPort& action);
[[nodiscard]] std::string expectation_of(const ReleasePort& action);
[[nodiscard]] std::string expectation_of(const WakeHub& action);
[[nodiscard]] std::string expectation_of(const Give& action);
[[nodiscard]] std::string expectation_of(const Take& action);
[[nodiscard]] std::string expectation_of(const BringHome& action);
[[nodiscard]] std::string expectation_of(const Park& action);
[[nodiscard]] std::string expectation_of(const AddController& action);

/// What a person types to have the same: lines for the guest's monitor, or shell commands; what no command does is said.
[[nodiscard]] std::string shell_line(const ClaimPort& action);
[[nodiscard]] std::string shell_line(const ReleasePort& action);
[[nodiscard]] std::string shell_line(const WakeHub& action);
[[nodiscard]] std::string shell_line(const Give& action);
[[nodiscard]] std::string shell_line(const Take& action);
[[nodiscard]] std::string shell_line(const BringHome& action);
[[nodiscard]] std::string shell_line(const Park& action);
[[nodiscard]] std::string shell_line(const AddController& action);

} // namespace usbroute::attach
