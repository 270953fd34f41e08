// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace usbroute::libvirt {

/// Why a question comes to nothing; the words of docs/libvirt-line.md.
enum class Code : std::uint8_t {
    bad_question,
    busy,
    not_connected,
    no_domain,
    no_device,
    in_use,
    alias_in_use,
    port_in_use,
    no_room,
    not_allowed,
    unsupported,
    still_there,
    timed_out,
    failed,
};
[[nodiscard]] std::string_view word_of(Code code);

struct Refused {
    Code code = Code::failed;
    std::string message;
    bool operator==(const Refused&) const = default;
};

enum class State : std::uint8_t { undefined, shut_off, running, paused, suspended };
[[nodiscard]] std::string_view word_of(State state);
/// Whether it can have devices.
[[nodiscard]] constexpr bool is_active(State state) { return state > State::shut_off; }

struct UsbController {
    std::uint32_t index = 0;
    std::string alias;
    std::string model; ///< "qemu-xhci", "ich9-ehci1"
    std::optional<std::uint32_t> usb2_ports;
    std::optional<std::uint32_t> superspeed_ports;
    bool operator==(const UsbController&) const = default;
};
/// A USB device of the host that a domain has. Numbers of the host are 0 where it was missing.
struct GivenDevice {
    std::string alias;
    std::uint32_t bus = 0;
    std::uint32_t device = 0;
    std::optional<std::uint32_t> guest_bus;
    std::string guest_port; ///< "1", "1.4"; empty: not told
    bool by_descriptor = false;
    bool operator==(const GivenDevice&) const = default;
};
/// Any other thing on a port of the guest's.
struct OtherUsb {
    std::string alias;
    std::string type; ///< "tablet", "disk"
    std::optional<std::uint32_t> guest_bus;
    std::string guest_port;
    bool operator==(const OtherUsb&) const = default;
};
/// A PCI function of the host that a domain has.
struct GivenFunction {
    std::string alias;
    std::string pci; ///< "0000:03:00.0"
    bool operator==(const GivenFunction&) const = default;
};

/// What a domain has, as its live definition says.
struct Contents {
    std::vector<UsbController> controllers;
    std::vector<GivenDevice> devices;
    std::vector<OtherUsb> others;
    std::vector<GivenFunction> functions;
    std::vector<std::string> aliases; ///< of all its devices
    std::uint32_t free_root_ports = 0;
    bool is_pci_express = false; ///< its root takes nothing while it runs: only root ports do
    bool operator==(const Contents&) const = default;
};

struct Looked {
    std::string domain; ///< the word that was asked with
    State state = State::undefined;
    std::string uuid; ///< empty: there is no such domain
    std::string qemu; ///< "7.2.22"
    Contents has;     ///< only where it is active
    bool operator==(const Looked&) const = default;
};
struct Done {
    std::optional<std::uint32_t> index; ///< of a controller that was added
    bool operator==(const Done&) const = default;
};
/// The guest was asked to let go of it, and has not yet.
struct Underway {
    bool operator==(const Underway&) const = default;
};

using Answer = std::variant<Refused, Done, Underway, Looked>;

// Lines, with their end.
[[nodiscard]] std::string greeting_line(std::string_view uri, bool is_connected, std::string_view why);
/// A look that would be longer than a line may be is refused in its place.
[[nodiscard]] std::string answer_line(std::optional<std::uint64_t> id, const Answer& answer);
[[nodiscard]] std::string hypervisor_line(bool is_connected, std::string_view why);
[[nodiscard]] std::string domain_line(std::string_view domain, State state);
[[nodiscard]] std::string added_line(std::string_view domain, std::string_view alias);
[[nodiscard]] std::string removed_line(std::string_view domain, std::string_view alias);

} // namespace usbroute::libvirt
